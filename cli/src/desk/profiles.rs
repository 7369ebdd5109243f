//! Profiles in the working directory and in its folder `profiles`.

use std::path::{Path, PathBuf};

use attune_core::profile::Profile;
use attune_tui::desk::ProfileRow;

/// Where profiles are looked for, in this order.
const FOLDERS: [&str; 2] = ["", "profiles"];
/// A profile is a page of text; something larger is something else.
const LARGEST: u64 = 1 << 20;

/// Every profile, and every file that wants to be one.
pub(super) fn find() -> Vec<ProfileRow> {
    let rows = files().into_iter().filter_map(|file| {
        let (path, text) = read(&file)?;
        match Profile::parse(&path, &text, &[]) {
            Ok(profile) => Some(ProfileRow { summary: summary(&text), name: profile.name, path }),
            // Other programs keep RON too: only what looks like a profile is worth a complaint.
            Err(error) if text.contains("technique") && text.contains("version") => {
                Some(ProfileRow { summary: error.to_string(), name: String::new(), path })
            }
            Err(_) => None,
        }
    });
    rows.collect()
}

/// The profile that describes a study: the first one with its name.
pub(super) fn of_study(study: &str) -> Option<(String, Profile)> {
    files().into_iter().find_map(|file| {
        let (path, text) = read(&file)?;
        let profile = Profile::parse(&path, &text, &[]).ok()?;
        (profile.name == study).then_some((path, profile))
    })
}

fn files() -> Vec<PathBuf> {
    FOLDERS
        .iter()
        .flat_map(|folder| super::models::entries(Path::new(folder)))
        .filter(|file| is_ron(file))
        .collect()
}

fn is_ron(file: &Path) -> bool {
    let small = || file.metadata().is_ok_and(|metadata| metadata.is_file() && metadata.len() <= LARGEST);
    file.extension().is_some_and(|extension| extension == "ron") && small()
}

fn read(file: &Path) -> Option<(String, String)> {
    Some((file.display().to_string(), std::fs::read_to_string(file).ok()?))
}

/// The sentence that a profile begins with.
fn summary(text: &str) -> String {
    let comments = text.lines().map(str::trim).map_while(|line| line.strip_prefix("//"));
    let words = comments.map(str::trim).take_while(|line| !line.is_empty()).collect::<Vec<_>>().join(" ");
    match words.split_once(". ") {
        Some((first, _)) => format!("{first}."),
        None => words,
    }
}

#[cfg(test)]
mod tests {
    use super::summary;

    #[test]
    fn a_profile_is_summed_up_by_its_first_sentence() {
        assert_eq!(
            summary("// Keeps half of\n// the experts. Paths are relative.\n(\n"),
            "Keeps half of the experts."
        );
        assert_eq!(summary("(version: 1)"), "");
    }
}
