//! Pages for people: what they link to and the files that they name are there.

use std::path::{Path, PathBuf};

/// Folders that hold pages, below the root; those in other folders belong to what stands beside them.
const FOLDERS: [&str; 9] = [
    "",
    "docs",
    "docs/book",
    "docs/book/techniques",
    "docs/book/strategies",
    "docs/extending",
    "plugins",
    "tests/golden",
    "models",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn pages() -> Vec<PathBuf> {
    let root = root();
    let mut pages = Vec::new();
    for folder in FOLDERS {
        for entry in std::fs::read_dir(root.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "md") {
                pages.push(path);
            }
        }
    }
    assert!(pages.len() > 10, "{pages:?}");
    pages
}

/// What stands between every `before` and the next `after`, on one line.
fn between<'a>(text: &'a str, before: &str, after: char) -> Vec<&'a str> {
    let parts = text.split(before).skip(1).filter_map(|part| part.split_once(after));
    parts.map(|(inside, _)| inside).filter(|inside| !inside.contains('\n')).collect()
}

/// How GitHub names the heading of a section.
fn anchor(heading: &str) -> String {
    let kept = heading.trim().to_lowercase().replace(' ', "-");
    kept.chars().filter(|letter| letter.is_alphanumeric() || "-_".contains(*letter)).collect()
}

#[test]
fn links_between_pages_lead_somewhere() {
    for page in pages() {
        let text = std::fs::read_to_string(&page).unwrap();
        for link in between(&text, "](", ')') {
            if link.contains("://") {
                continue;
            }
            let (file, section) = link.split_once('#').map_or((link, None), |(file, at)| (file, Some(at)));
            let target = if file.is_empty() { page.clone() } else { page.parent().unwrap().join(file) };
            assert!(target.exists(), "{} links to {link}, which is not there", page.display());
            if let Some(section) = section {
                let there = std::fs::read_to_string(&target).unwrap();
                let found = there.lines().filter(|line| line.starts_with('#'));
                let found =
                    found.map(|line| anchor(line.trim_start_matches('#'))).any(|name| name == section);
                assert!(found, "{} links to {link}, which has no such section", page.display());
            }
        }
    }
}

/// A source file or a folder with one is named from the root, in backticks.
#[test]
fn files_that_pages_name_are_there() {
    let root = root();
    let history = root.join("CHANGELOG.md");
    for page in pages().into_iter().filter(|page| *page != history) {
        let text = std::fs::read_to_string(&page).unwrap();
        for name in
            text.split('`').skip(1).step_by(2).filter(|name| name.ends_with(".rs") || name.ends_with(".py"))
        {
            let Some((folder, _)) = name.split_once('/') else { continue };
            if root.join(folder).is_dir() && !name.contains(['*', ' ', '…']) {
                assert!(root.join(name).exists(), "{} names {name}, which is not there", page.display());
            }
        }
    }
}
