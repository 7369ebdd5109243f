use tempfile::TempDir;

use super::*;

const MANIFEST: &str = "attune-export.json";

/// Weights, configuration and manifest, as exporters write them.
fn files(study: &str, weights: &str) -> Vec<(&'static str, String)> {
    let written = format!(
        r#"[{{"name": "weights", "bytes": {}}}, {{"name": "config.json", "bytes": 2}}]"#,
        weights.len()
    );
    let manifest = format!(r#"{{"provenance": {{"study": "{study}"}}, "written": {written}}}"#);
    vec![("weights", weights.to_owned()), ("config.json", "{}".to_owned()), (MANIFEST, manifest)]
}

fn staged(out: &Path, study: &str, weights: &str, count: usize) -> Result<Staging, String> {
    let mut staging = Staging::begin(out, study).map_err(|error| error.to_string())?;
    for (name, text) in files(study, weights).into_iter().take(count) {
        staging.write(name, text.as_bytes()).unwrap();
    }
    Ok(staging)
}

fn exported(out: &Path, study: &str, weights: &str) -> Result<usize, String> {
    let staging = staged(out, study, weights, 3)?;
    staging.finish().map(|written| written.len()).map_err(|error| error.to_string())
}

/// What a killed process leaves: its files, and no lock.
fn kill(staging: Staging) {
    staging.lock.unlock().unwrap();
    std::mem::forget(staging);
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn whole(out: &Path, weights: &str) {
    assert_eq!(names(out), [MANIFEST, "config.json", "weights"]);
    assert_eq!(fs::read_to_string(out.join("weights")).unwrap(), weights);
}

#[test]
fn a_new_folder_appears_whole_or_not_at_all() {
    let place = TempDir::new().unwrap();
    let out = place.path().join("below/out");
    for count in 0..=3 {
        kill(staged(&out, "s", "torn", count).unwrap());
        assert!(!out.exists(), "killed after {count} files");
    }
    assert_eq!(exported(&out, "s", "whole"), Ok(3));
    whole(&out, "whole");
    assert_eq!(names(out.parent().unwrap()), ["out"], "nothing is left beside it");
}

#[test]
fn in_a_folder_that_exists_files_appear_when_all_of_them_are_whole() {
    let place = TempDir::new().unwrap();
    let out = place.path();
    for count in 0..=3 {
        kill(staged(out, "s", "torn", count).unwrap());
        assert_eq!(names(out), [PART], "killed after {count} files");
    }
    assert_eq!(exported(out, "s", "whole"), Ok(3));
    whole(out, "whole");
}

#[test]
fn the_same_study_replaces_what_it_wrote_and_nobody_else_does() {
    let place = TempDir::new().unwrap();
    let out = place.path();
    exported(out, "s", "first").unwrap();
    assert_eq!(exported(out, "s", "second, and longer"), Ok(3));
    whole(out, "second, and longer");

    let message = exported(out, "other", "x").unwrap_err();
    assert!(
        message.ends_with("it holds an export of study `s`; choose a new folder with --out"),
        "{message}"
    );
    fs::write(out.join("weights"), "edited").unwrap();
    let message = exported(out, "s", "x").unwrap_err();
    assert!(message.contains("weights was changed since it was exported"), "{message}");
    exported(&out.join("new"), "s", "x").unwrap();
    let message = exported(out, "s", "x").unwrap_err();
    assert!(message.contains("new is not from an export of attune"), "{message}");
    assert_eq!(fs::read_to_string(out.join("weights")).unwrap(), "edited");
    assert!(!out.join(PART).exists());
}

#[test]
fn an_export_that_broke_off_while_files_were_moved_is_put_right_by_the_next_one() {
    let place = TempDir::new().unwrap();
    let out = place.path();
    exported(out, "s", "first").unwrap();
    let staging = staged(out, "s", "second", 3).unwrap();
    // The second file to be moved finds a folder in its place.
    fs::remove_file(out.join("config.json")).unwrap();
    fs::create_dir_all(out.join("config.json/x")).unwrap();
    let message = staging.finish().map(|_| ()).unwrap_err().to_string();
    assert!(message.starts_with("cannot replace "), "{message}");
    fs::remove_dir_all(out.join("config.json")).unwrap();
    assert_eq!(names(out), [PART, MANIFEST]);

    let staging = staged(out, "s", "third", 3).unwrap();
    fs::create_dir_all(out.join("config.json/x")).unwrap();
    assert!(staging.finish().is_err());
    fs::remove_dir_all(out.join("config.json")).unwrap();
    assert_eq!(names(out), [PART, "weights"], "moved, and the manifest was not");
    assert_eq!(exported(out, "s", "fourth"), Ok(3));
    whole(out, "fourth");
}

#[test]
fn a_failure_leaves_nothing() {
    let place = TempDir::new().unwrap();
    let new = place.path().join("new");
    let mut staging = Staging::begin(&new, "s").unwrap();
    staging.write("weights", b"abc").unwrap();
    assert!(staging.write("no such folder/x", b"").is_err());
    drop(staging);
    assert!(names(place.path()).is_empty());
}

#[test]
fn two_exports_to_one_folder_do_not_mix() {
    let place = TempDir::new().unwrap();
    let first = staged(place.path(), "s", "first", 1).unwrap();
    let message = exported(place.path(), "s", "second").unwrap_err();
    assert!(message.starts_with("another process is exporting to "), "{message}");
    drop(first);
    assert_eq!(exported(place.path(), "s", "second"), Ok(3));
}

#[test]
fn a_link_to_an_empty_folder_stays_a_link() {
    let place = TempDir::new().unwrap();
    let (target, link) = (place.path().join("target"), place.path().join("link"));
    fs::create_dir(&target).unwrap();
    std::os::unix::fs::symlink("target", &link).unwrap();
    assert_eq!(exported(&link, "s", "x"), Ok(3));
    assert!(link.is_symlink());
    whole(&target, "x");

    let file = place.path().join("file");
    fs::write(&file, "").unwrap();
    let message = exported(&file, "s", "x").unwrap_err();
    assert!(message.ends_with("file: it is a file; choose a new folder with --out"), "{message}");
    let message = exported(&file.join("below"), "s", "x").unwrap_err();
    assert!(message.starts_with(&format!("cannot create {}", file.join("below").display())), "{message}");
    std::os::unix::fs::symlink("nowhere", place.path().join("lost")).unwrap();
    let message = exported(&place.path().join("lost"), "s", "x").unwrap_err();
    assert!(message.contains("it is a link that leads nowhere"), "{message}");
}
