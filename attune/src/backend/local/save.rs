//! Profiles to disk.

use std::io::{self, Write as _};
use std::path::Path;

use crate::backend::SaveError;

/// Writes a profile: whole or not at all.
pub(super) fn save(path: &Path, text: &str, replace: bool) -> Result<(), SaveError> {
    let write = || {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        if replace {
            let mut new = path.as_os_str().to_owned();
            new.push(".new");
            std::fs::write(&new, text)?;
            return std::fs::rename(&new, path);
        }
        // Asking first and writing then would replace a file that appears in between.
        std::fs::File::create_new(path)?.write_all(text.as_bytes())
    };
    write().map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists if !replace => SaveError::Exists,
        _ => SaveError::Failed(format!("cannot write {}: {error}", path.display())),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_only_when_that_was_allowed() {
        let folder = std::env::temp_dir().join(format!("attune-save-{}", std::process::id()));
        let path = folder.join("deep/a.ron");
        assert_eq!(save(&path, "one", false), Ok(()));
        assert_eq!(save(&path, "two", false), Err(SaveError::Exists));
        assert_eq!(save(&path, "two", true), Ok(()));
        assert_eq!(std::fs::read_to_string(&path).ok().as_deref(), Some("two"));
        assert!(matches!(save(&folder.join("deep"), "two", true), Err(SaveError::Failed(_))));
        assert!(std::fs::remove_dir_all(&folder).is_ok());
    }
}
