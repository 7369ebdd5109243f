//! Names of techniques.

use crate::error::AuthorError;

/// Most letters of a name: it stands in tables and in names of files.
const LONGEST: usize = 64;
/// What cargo gives a meaning of its own.
const RESERVED: [&str; 6] = ["attune-guest", "attune-grids", "test", "core", "std", "alloc"];

/// Refuses what is no name of a technique, or of a crate.
pub(crate) fn check(name: &str) -> Result<(), AuthorError> {
    let allowed = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-';
    let problem = match name {
        "" => "it is empty",
        _ if name.len() > LONGEST => "it is too long",
        _ if !name.starts_with(|first: char| first.is_ascii_lowercase()) => {
            "it does not begin with a lower-case letter"
        }
        _ if name.ends_with('-') => "it ends with a hyphen",
        _ if !name.chars().all(allowed) => "it has other characters",
        _ if RESERVED.contains(&name) => "it means something else to Rust, or to the project",
        _ => return Ok(()),
    };
    Err(AuthorError::Name { name: name.to_owned(), problem })
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn names_are_those_of_techniques_and_crates() {
        for name in ["a", "local-heads", "x2", "fn"] {
            check(name).unwrap();
        }
        let long = "x".repeat(65);
        for name in
            ["", "2x", "Local", "local_heads", "-x", "x-", "../x", "test", "attune-guest", long.as_str()]
        {
            let message = check(name).unwrap_err().to_string();
            assert!(message.contains(&format!("`{name}` cannot be the name of a project: it ")), "{message}");
        }
    }
}
