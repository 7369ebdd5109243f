//! Profiles in the working directory, in its folder `profiles`, and those that come with attune.

use std::path::{Path, PathBuf};

use attune_core::profile::Profile;

use crate::backend::ProfileRow;
use crate::factory;
use crate::setup::{self, PROFILE_BYTES};

/// Where profiles of one's own are looked for, in this order.
const FOLDERS: [&str; 2] = ["", PROFILES];
const PROFILES: &str = "profiles";
/// The profile that the book begins with.
const FIRST: &str = "quickstart";
/// The folder with the `profiles`, and the models that they name, that come with attune; a package says where it put them.
const SHARE: &str = "ATTUNE_SHARE";
/// Where archives and containers have it: a program in `bin` has it beside that folder.
const INSTALLED: &str = "share/attune";
/// Where it is otherwise: `cargo install --path cli` leaves the checkout in its place.
const CHECKOUT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// Every profile, and every file that wants to be one.
pub(super) fn find() -> Vec<ProfileRow> {
    let own = files();
    let mut shipped = shipped().map_or_else(Vec::new, |folder| profiles_in(&folder));
    // Opening one that was copied here would go on with the copy.
    shipped.retain(|file| own.iter().all(|own| own.file_name() != file.file_name()));
    let rows = own.into_iter().chain(shipped).filter_map(|file| {
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

/// A profile for the form, and the file that the form writes. One that comes with attune becomes a file of the working
/// directory, and then names its files by absolute paths.
pub(super) fn for_form(path: &str, profile: Profile) -> (String, Profile) {
    let path = Path::new(path);
    let from = path.parent().and_then(|folder| folder.canonicalize().ok());
    match (from.filter(|from| shipped().as_ref() == Some(from)), path.file_name()) {
        (Some(from), Some(name)) => (name.display().to_string(), anchored(profile, &from)),
        _ => (path.display().to_string(), profile),
    }
}

/// The profile with absolute paths for those that are relative to `base`.
fn anchored(profile: Profile, base: &Path) -> Profile {
    let model = profile.model.clone();
    let own = profile.evaluator.is_some() && !base.join(&model).exists();
    let mut anchored = profile.with_paths(&setup::tasks(), |path| {
        // A file that is missing keeps a path that says where it was looked for.
        let joined = base.join(path);
        joined.canonicalize().unwrap_or(joined).display().to_string()
    });
    if own {
        // An evaluator may take something else than a folder.
        anchored.model = model;
    }
    if let Some(evaluator) = &mut anchored.evaluator {
        evaluator.command = factory::beside(&evaluator.command, base);
    }
    anchored
}

/// Where the profiles that come with attune should be, and how many are there.
pub fn come_with_attune() -> (PathBuf, usize) {
    let (folder, files) = that_come_with_attune();
    (folder, files.len())
}

/// Where the profiles that come with attune should be, and those that are there, in name order.
pub(crate) fn that_come_with_attune() -> (PathBuf, Vec<PathBuf>) {
    let said = std::env::var_os(SHARE).map(PathBuf::from);
    let share = said.or_else(|| installed(&std::env::current_exe().ok()?));
    let folder = share.unwrap_or_else(|| PathBuf::from(CHECKOUT)).join(PROFILES);
    let folder = folder.canonicalize().unwrap_or(folder);
    let files = profiles_in(&folder);
    (folder, files)
}

/// What was installed with a program, where that has profiles. A link to a program is not where it was installed.
fn installed(program: &Path) -> Option<PathBuf> {
    let program = program.canonicalize().ok()?;
    let share = program.parent()?.parent()?.join(INSTALLED);
    share.join(PROFILES).is_dir().then_some(share)
}

/// The folder of the profiles that come with attune, unless it is the working directory's own.
fn shipped() -> Option<PathBuf> {
    let (folder, count) = come_with_attune();
    if count == 0 {
        return None;
    }
    let is_own = |own: &str| {
        let own = if own.is_empty() { "." } else { own };
        Path::new(own).canonicalize().is_ok_and(|own| own == folder)
    };
    if FOLDERS.into_iter().any(is_own) { None } else { Some(folder) }
}

fn files() -> Vec<PathBuf> {
    FOLDERS.iter().flat_map(|folder| profiles_in(Path::new(folder))).collect()
}

/// Those of a folder in name order, but for the one to begin with.
fn profiles_in(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> =
        super::models::entries(folder).into_iter().filter(|file| is_ron(file)).collect();
    files.sort_by_key(|file| file.file_stem().is_none_or(|name| name != FIRST));
    files
}

fn is_ron(file: &Path) -> bool {
    let small =
        || file.metadata().is_ok_and(|metadata| metadata.is_file() && metadata.len() <= PROFILE_BYTES);
    file.extension().is_some_and(|extension| extension == "ron") && small()
}

fn read(file: &Path) -> Option<(String, String)> {
    Some((file.display().to_string(), attune_files::text(file, PROFILE_BYTES).ok()?))
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
    use std::path::Path;

    use attune_core::profile::Profile;

    use super::{anchored, installed, summary};

    #[cfg(unix)]
    #[test]
    fn what_was_installed_with_the_program_is_found_through_links() {
        let prefix = tempfile::tempdir().unwrap();
        let at = |path: &str| prefix.path().join(path);
        std::fs::create_dir_all(at("opt/bin")).unwrap();
        std::fs::write(at("opt/bin/attune"), "").unwrap();
        std::os::unix::fs::symlink(at("opt/bin/attune"), at("attune")).unwrap();
        assert_eq!(installed(&at("attune")), None, "there are no profiles");
        std::fs::create_dir_all(at("opt/share/attune/profiles")).unwrap();
        let share = at("opt/share/attune").canonicalize().unwrap();
        assert_eq!(installed(&at("attune")), Some(share.clone()));
        assert_eq!(installed(&at("opt/bin/attune")), Some(share));
        assert_eq!(installed(&at("elsewhere")), None);
    }

    #[test]
    fn what_a_profile_leaves_empty_stays_so_wherever_it_is_opened() {
        let text = r#"(version: 1, name: "n", model: "", evaluator: (command: ["python3", "rules.py"]),
            technique: (name: "kv-bits"), task: (selection: "", report: "r.txt", elsewhere: {"o": ""}), trials: 1, items: 1)"#;
        let profile = Profile::parse("n.ron", text, &[]).unwrap();
        let moved = anchored(profile, Path::new("/share/profiles"));
        assert_eq!((moved.model.as_str(), moved.task.selection.as_str()), ("", ""));
        assert_eq!(moved.task.report, "/share/profiles/r.txt");
        assert_eq!(moved.task.elsewhere["o"], "");
    }

    #[test]
    fn a_profile_is_summed_up_by_its_first_sentence() {
        assert_eq!(
            summary("// Keeps half of\n// the experts. Paths are relative.\n(\n"),
            "Keeps half of the experts."
        );
        assert_eq!(summary("(version: 1)"), "");
    }
}
