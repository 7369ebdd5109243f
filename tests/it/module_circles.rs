//! Modules do not go round in circles: of two neighbours at most one needs the other, so each can be read, and moved, after
//! those that it needs.

mod graph;
mod reading;

use std::path::{Path, PathBuf};

use graph::circles;

#[test]
fn neighbours_do_not_need_each_other() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut found: Vec<String> = Vec::new();
    for (name, file) in crates(root) {
        for (parent, circle) in circles(&reading::read(&file)) {
            found.push(line(&name, &parent.join("::"), &circle));
        }
    }
    assert!(found.is_empty(), "modules that need each other in circles: {found:#?}");
}

fn line(name: &str, parent: &str, circle: &[impl AsRef<str>]) -> String {
    let circle: Vec<&str> = circle.iter().map(AsRef::as_ref).collect();
    format!("{name}, in `{parent}`: {}", circle.join(", "))
}

/// Folder and root file of every crate of the workspace.
fn crates(root: &Path) -> Vec<(String, PathBuf)> {
    let folders = std::fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path());
    let mut crates: Vec<(String, PathBuf)> = folders
        .filter(|folder| folder.join("Cargo.toml").exists())
        .map(|folder| {
            let library = folder.join("src/lib.rs");
            let file = if library.exists() { library } else { folder.join("src/main.rs") };
            (folder.file_name().unwrap().to_string_lossy().into_owned(), file)
        })
        .filter(|(_, file)| file.exists())
        .collect();
    crates.sort();
    crates
}

/// The circles of a made-up crate.
fn circles_of(files: &[(&str, &str)]) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let circles = circles(&reading::read(&folder.path().join("lib.rs")));
    circles.iter().map(|(parent, circle)| line("made", &parent.join("::"), circle)).collect()
}

#[test]
fn circles_are_found_through_reexports_and_nested_modules() {
    let files = [
        ("lib.rs", "mod one; mod two; mod three; pub use three::inner::Deep;"),
        ("one.rs", "use crate::two::Two; pub struct One(Two);"),
        // Through the front of the crate, in a path of a macro.
        ("two.rs", "pub struct Two; fn two() { assert_eq!(crate::Deep, 1); }"),
        ("three.rs", "pub mod inner;"),
        ("three/inner.rs", "pub struct Deep; fn deep(_: super::super::one::One) {}"),
    ];
    assert_eq!(circles_of(&files), ["made, in ``: one, three, two"]);
}

#[test]
fn a_parent_its_children_and_tests_make_no_circle() {
    let files = [
        ("lib.rs", "mod parent; mod other;"),
        (
            "parent.rs",
            "mod child; pub struct Parent; fn parent() { child::child(); } use crate::other::other;",
        ),
        ("parent/child.rs", "use super::Parent; pub fn child() -> Parent { Parent }"),
        ("other.rs", "pub fn other() {} #[cfg(test)] mod tests { use crate::parent::Parent; }"),
    ];
    assert_eq!(circles_of(&files), [""; 0]);
}
