//! What is in a release: paths below its prefix, and the files that they are made of.

use std::fs;
use std::path::{Path, PathBuf};

use super::{DistError, file_name};

/// Completions and manual pages as the wheel has them, below `share`.
const SHARE: &str = "python/attune/attune.data/data/share";
/// Pages and licences.
const PAGES: [&str; 4] = ["README.md", "CHANGELOG.md", "LICENSE-APACHE", "LICENSE-MIT"];
/// The models that come with attune; others are brought by tasks of a checkout.
const MODELS: [&str; 2] = ["tiny-digits", "tiny-moe"];
/// How the models were made is in a checkout.
const RECIPE: &str = "recipe";

/// One file of a release.
#[derive(Debug)]
pub(super) struct Entry {
    /// Below the prefix, with `/`.
    pub(super) path: String,
    /// The file that it is.
    pub(super) source: PathBuf,
    /// Whether it is run.
    pub(super) runs: bool,
}

/// All files, in the order of their paths.
pub(super) fn entries(root: &Path, program: &Path, target: &str) -> Result<Vec<Entry>, DistError> {
    let program =
        Entry { path: format!("bin/{}", file_name(target)), source: program.to_owned(), runs: true };
    let mut entries = vec![program];
    for page in PAGES {
        entries.push(file(format!("share/doc/attune/{page}"), root.join(page)));
    }
    add(&root.join(SHARE), "share", &mut entries)?;
    for model in MODELS {
        add(&root.join("models").join(model), &format!("share/attune/models/{model}"), &mut entries)?;
    }
    for (name, path) in listed(&root.join("profiles"))? {
        if path.is_file() && has_its_models(&path)? {
            entries.push(file(format!("share/attune/profiles/{name}"), path));
        }
    }
    sort(&mut entries);
    Ok(entries)
}

/// Adds manual pages, `NAME.SECTION` each, to the folders of their sections.
pub(super) fn add_manual(folder: &Path, entries: &mut Vec<Entry>) -> Result<(), DistError> {
    for (name, source) in listed(folder)? {
        if let Some((_, section)) = name.rsplit_once('.') {
            entries.push(file(format!("share/man/man{section}/{name}"), source));
        }
    }
    sort(entries);
    Ok(())
}

fn sort(entries: &mut [Entry]) {
    entries.sort_by(|one, other| one.path.cmp(&other.path));
}

fn file(path: String, source: PathBuf) -> Entry {
    Entry { path, source, runs: false }
}

/// Adds a folder with all that is in it.
fn add(folder: &Path, path: &str, entries: &mut Vec<Entry>) -> Result<(), DistError> {
    for (name, source) in listed(folder)? {
        if source.is_file() {
            entries.push(file(format!("{path}/{name}"), source));
        } else if name != RECIPE {
            add(&source, &format!("{path}/{name}"), entries)?;
        }
    }
    Ok(())
}

/// The visible entries of a folder.
fn listed(folder: &Path) -> Result<Vec<(String, PathBuf)>, DistError> {
    let io = |source| DistError::io("read", folder, source);
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(io)? {
        let entry = entry.map_err(io)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if !name.starts_with('.') {
            found.push((name, entry.path()));
        }
    }
    Ok(found)
}

/// Whether all models that a profile names are in the release.
fn has_its_models(profile: &Path) -> Result<bool, DistError> {
    let text = fs::read_to_string(profile).map_err(|source| DistError::io("read", profile, source))?;
    let mut named = text.split("\"../models/").skip(1);
    Ok(named.all(|rest| MODELS.contains(&rest.split(['/', '"']).next().unwrap_or_default())))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{add_manual, entries};

    #[test]
    fn manual_pages_go_where_man_looks_for_their_section() {
        let folder = tempfile::tempdir().unwrap();
        for page in ["attune-run.1", "attune-budgets.7"] {
            std::fs::write(folder.path().join(page), ".TH").unwrap();
        }
        let mut entries = Vec::new();
        add_manual(folder.path(), &mut entries).unwrap();
        let paths: Vec<_> = entries.iter().map(|entry| entry.path.as_str()).collect();
        assert_eq!(paths, ["share/man/man1/attune-run.1", "share/man/man7/attune-budgets.7"]);
    }

    #[test]
    fn a_release_has_the_program_completions_licences_and_what_the_quickstart_needs() {
        let root = crate::root();
        let entries = entries(&root, Path::new("built"), "x86_64-unknown-linux-gnu").unwrap();
        let paths: Vec<&str> = entries.iter().map(|entry| entry.path.as_str()).collect();
        for path in [
            "bin/attune",
            "share/bash-completion/completions/attune",
            "share/zsh/site-functions/_attune",
            "share/fish/vendor_completions.d/attune.fish",
            "share/doc/attune/LICENSE-MIT",
            "share/doc/attune/LICENSE-APACHE",
            "share/doc/attune/README.md",
            "share/attune/profiles/quickstart.ron",
            "share/attune/models/tiny-moe/model.safetensors",
            "share/attune/models/tiny-digits/config.json",
        ] {
            assert!(paths.contains(&path), "{path} is not in {paths:?}");
        }
        let programs: Vec<_> = entries.iter().filter(|entry| entry.runs).collect();
        assert!(programs.len() == 1 && programs[0].source == Path::new("built"), "{programs:?}");
        // Every file that a profile names beside it came along.
        for entry in entries.iter().filter(|entry| entry.path.ends_with(".ron")) {
            let text = std::fs::read_to_string(&entry.source).unwrap();
            for named in text.split("\"../").skip(1).map(|rest| rest.split('"').next().unwrap()) {
                let place = format!("share/attune/{named}");
                assert!(paths.iter().any(|path| path.starts_with(&place)), "{}: {named}", entry.path);
            }
        }
        // What is brought or made later stays behind.
        assert!(!paths.iter().any(|path| path.contains("smollm2") || path.contains("/recipe/")), "{paths:?}");
    }
}
