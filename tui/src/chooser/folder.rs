//! Folders and files, by paths that are relative to the folder of a profile. Nothing here looks at a disk: a backend lists.

use attune::backend::{FolderEntry, FolderEntryKind};

use super::Entry;

/// What is looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// A folder with a model.
    Model,
    /// A file with this extension.
    File(String),
}

/// The folder that is looked at.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Browsing {
    pub(crate) folder: String,
    wanted: Wanted,
    /// A person has gone there.
    pub(crate) moved: bool,
    /// `None` until the backend has answered.
    pub(crate) listing: Option<Result<Vec<FolderEntry>, String>>,
}

impl Browsing {
    pub(super) fn new(folder: &str, wanted: Wanted) -> Self {
        Self { folder: folder.to_owned(), wanted, moved: false, listing: None }
    }

    pub(super) fn go(&mut self, folder: &str) {
        if self.folder != folder {
            *self = Self { moved: self.moved, ..Self::new(folder, self.wanted.clone()) };
        }
    }

    /// The way up, folders, and files that are wanted.
    pub(super) fn entries(&self) -> Vec<Entry> {
        let above = Entry {
            text: "../".to_owned(),
            note: "the folder above".to_owned(),
            bad: false,
            value: None,
            folder: Some(above(&self.folder)),
        };
        let listed = self.listing.iter().flatten().flatten();
        std::iter::once(above).chain(listed.filter_map(|entry| self.entry(entry))).collect()
    }

    fn entry(&self, found: &FolderEntry) -> Option<Entry> {
        let path = joined(&self.folder, &found.name);
        let (value, folder, note) = match (&found.kind, &self.wanted) {
            (FolderEntryKind::Model, Wanted::Model) => (Some(path.clone()), Some(path), "model"),
            (FolderEntryKind::Model | FolderEntryKind::Folder, _) => (None, Some(path), ""),
            (FolderEntryKind::File, Wanted::File(extension)) => {
                let fits = found.name.rsplit_once('.').is_some_and(|(_, found)| found == extension.as_str());
                (fits.then_some(path).map(Some)?, None, "")
            }
            (FolderEntryKind::File, Wanted::Model) => return None,
        };
        let slash = if folder.is_some() { "/" } else { "" };
        Some(Entry {
            text: format!("{}{slash}", found.name),
            note: note.to_owned(),
            bad: false,
            value,
            folder,
        })
    }
}

/// The folder of a path and the name in it.
pub(super) fn split(path: &str) -> (&str, &str) {
    match path.rsplit_once('/') {
        Some(("", name)) => ("/", name),
        Some((folder, name)) => (folder, name),
        None => ("", path),
    }
}

/// What one types of a path to something inside a folder.
pub(super) fn inside(folder: &str) -> String {
    match folder {
        "" => String::new(),
        _ if folder.ends_with('/') => folder.to_owned(),
        _ => format!("{folder}/"),
    }
}

fn joined(folder: &str, name: &str) -> String {
    format!("{}{name}", inside(folder))
}

fn above(folder: &str) -> String {
    let (parent, name) = split(folder);
    match name {
        "" if folder == "/" => "/".to_owned(),
        "" => "..".to_owned(),
        "." | ".." => joined(folder, ".."),
        _ => parent.to_owned(),
    }
}

/// How a file beside the profile `profile` names what the working directory calls `path`; `None` when that cannot be
/// told from the two names.
pub(crate) fn beside(profile: &str, path: &str) -> Option<String> {
    if path.starts_with('/') {
        return Some(path.to_owned());
    }
    let (folder, _) = split(profile);
    let parts: Vec<&str> = folder.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
    if folder.starts_with('/') || parts.contains(&"..") {
        return None;
    }
    Some(format!("{}{path}", "../".repeat(parts.len())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_go_up_and_down() {
        let above = |folder: &str| above(folder);
        assert_eq!(above(""), "..");
        assert_eq!(above(".."), "../..");
        assert_eq!(above("models/tiny"), "models");
        assert_eq!(above("models"), "");
        assert_eq!(above("/data"), "/");
        assert_eq!(above("/"), "/");
        assert_eq!(joined("/", "data"), "/data");
        assert_eq!(joined("", "data"), "data");
        assert_eq!(split("/data"), ("/", "data"));
        assert_eq!(inside(""), "");
    }

    #[test]
    fn a_profile_names_things_from_where_it_is() {
        assert_eq!(beside("a.ron", "models/m").as_deref(), Some("models/m"));
        assert_eq!(beside("profiles/a.ron", "models/m").as_deref(), Some("../models/m"));
        assert_eq!(beside("./x/y/a.ron", "m").as_deref(), Some("../../m"));
        assert_eq!(beside("profiles/a.ron", "/m").as_deref(), Some("/m"));
        assert_eq!(beside("../a.ron", "m"), None);
        assert_eq!(beside("/tmp/a.ron", "m"), None);
    }
}
