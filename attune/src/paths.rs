//! Paths of profiles: places on this machine.

#[cfg(feature = "native")]
use std::path::Path;

#[cfg(feature = "native")]
use crate::error::{Error, PathError};

/// Why a text is no path on this machine; `None` when it may be one. A URL given as a path would become a folder of that
/// name, and the study would look elsewhere for what it needs.
pub fn elsewhere(text: &str) -> Option<String> {
    let advice = if let Some((scheme, rest)) = text.split_once("://").filter(|(scheme, _)| is_scheme(scheme))
    {
        match scheme.to_ascii_lowercase().as_str() {
            "file" => format!("write the path itself, `/{}`", rest.trim_start_matches('/')),
            "hf" => {
                "download the model first (`hf download OWNER/MODEL --local-dir FOLDER`) and give that folder"
                    .to_owned()
            }
            "http" | "https" => "download it first and give the path of what was downloaded".to_owned(),
            _ => "copy it to this machine, or mount it, and give the path of that".to_owned(),
        }
    } else if is_remote(text) {
        format!(
            "copy it to this machine, or mount it, and give the path of that (`./{text}` names a file that is called so)"
        )
    } else {
        return None;
    };
    Some(format!("it names a place on another machine, expected a path on this one; {advice}"))
}

/// A path as a study keeps it. One that is no text would be kept as another one, where nothing is.
///
/// # Errors
/// When it is no UTF-8.
#[cfg(feature = "native")]
pub(crate) fn text(path: &Path) -> Result<String, Error> {
    path.to_str().map(str::to_owned).ok_or_else(|| Error::input(PathError::NotText(path.to_owned())))
}

/// `letters, digits, + - .` from a letter on, as RFC 3986 has it.
fn is_scheme(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.chars().all(|character| character.is_ascii_alphanumeric() || "+-.".contains(character))
}

/// `user@host:path`, as scp and rsync have it.
fn is_remote(text: &str) -> bool {
    let Some((user, rest)) = text.split_once('@') else { return false };
    let Some((host, _)) = rest.split_once(':') else { return false };
    let plain = |word: &str| !word.is_empty() && !word.contains(['/', '\\', ' ']);
    plain(user) && plain(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_on_other_machines_are_no_paths() {
        for (text, advice) in [
            ("ssh://host/models", "mount"),
            ("s3://bucket/model", "mount"),
            ("HTTPS://example.com/a", "download it first"),
            ("hf://owner/model", "hf download"),
            ("file:///data/model", "`/data/model`"),
            ("me@host:models", "mount"),
        ] {
            assert!(elsewhere(text).is_some_and(|problem| problem.contains(advice)), "{text}");
        }
    }

    #[test]
    fn odd_names_of_files_are_paths() {
        for text in [
            "a:b",
            "./ssh://x",
            "../me@host/a:b",
            "C:\\models",
            "models/a@b",
            "10:30.txt",
            "1://x",
            "a b@c:d",
        ] {
            assert_eq!(elsewhere(text), None, "{text}");
        }
    }
}
