//! What a person may have meant by a file that is not there.

use std::path::Path;

use attune_core::suggest;

/// Names in a folder that are looked through.
const MOST: usize = 1000;

/// `; did you mean …?` when a missing file's folder has a name like it, else what of its path is missing, or nothing.
pub fn nearest(file: &Path) -> String {
    if file.exists() {
        return String::new();
    }
    let folder = match file.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    let Ok(entries) = std::fs::read_dir(folder) else {
        return if folder.exists() {
            String::new()
        } else {
            format!("; there is no folder {}", folder.display())
        };
    };
    let names = entries.take(MOST).flatten().map(|entry| entry.file_name().to_string_lossy().into_owned());
    let names: Vec<String> = names.collect();
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    suggest::hint(&name, names.iter().map(String::as_str))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_answered_with_the_name_that_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str| folder.path().join(name);
        std::fs::write(file("report.txt"), "").unwrap();
        assert_eq!(nearest(&file("reprot.txt")), "; did you mean `report.txt`?");
        assert_eq!(nearest(&file("elsewhere.txt")), "");
        assert_eq!(nearest(&file("report.txt")), "");
        let none = folder.path().join("none");
        assert_eq!(nearest(&none.join("report.txt")), format!("; there is no folder {}", none.display()));
    }
}
