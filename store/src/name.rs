//! Names of studies, which become names of files.

use attune_core::store::StoreError;

const MAX_LENGTH: usize = 100;

/// Refuses a name that cannot be a file name everywhere.
///
/// # Errors
/// [`StoreError::BadName`], saying what is wrong.
pub fn check_name(name: &str) -> Result<(), StoreError> {
    let reason = if name.is_empty() {
        "it is empty"
    } else if name.len() > MAX_LENGTH {
        "it is too long"
    } else if name.starts_with('.') {
        "it starts with a dot"
    } else if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte)) {
        "it has other characters than letters, digits, `.`, `_` and `-`"
    } else {
        return Ok(());
    };
    Err(StoreError::BadName { name: name.to_owned(), reason })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_could_leave_the_folder_are_refused() {
        for good in ["quickstart", "kv-bits_2.1", "0", "a".repeat(100).as_str()] {
            check_name(good).unwrap();
        }
        for bad in ["", ".", "..", ".hidden", "a/b", "../a", "a\\b", "a b", "ü", "a\n", &"a".repeat(101)] {
            assert!(matches!(check_name(bad), Err(StoreError::BadName { .. })), "{bad}");
        }
    }
}
