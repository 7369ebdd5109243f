//! The data of a task: files that the host reads, as named byte strings.

use std::fs;
use std::path::{Path, PathBuf};

use attune_core::evaluator::{OpenFailure, OpenFault, TaskData, TaskSpec};
use attune_core::hash::ContentHash;
use attune_core::options::Settings;
use attune_files::ReadError;

use super::wire;
use crate::limits::DATA_BYTES;

/// What a split is called on the wire beside `selection` and `report`.
pub(super) const ELSEWHERE: &str = "elsewhere:";

/// The data of all splits, as a component gets it, and where each file lies.
#[derive(Debug)]
pub(super) struct Data {
    pub(super) splits: Vec<wire::Split>,
    /// Path of each file that was read, with the name that the component knows it by.
    paths: Vec<(String, PathBuf)>,
}

impl Data {
    /// Reads whatever a task names.
    pub(super) fn read(spec: &TaskSpec, task: &TaskData) -> Result<Self, OpenFailure> {
        let mut data = Self { splits: Vec::new(), paths: Vec::new() };
        let mut left = DATA_BYTES;
        let elsewhere = task.out_of_domain.iter();
        let elsewhere = elsewhere.map(|(name, path)| (format!("{ELSEWHERE}{name}"), path, task.report_items));
        let named = [
            ("selection".to_owned(), &task.selection, task.selection_items),
            ("report".to_owned(), &task.report, task.report_items),
        ];
        for (name, path, wanted) in named.into_iter().chain(elsewhere) {
            let mut files = Vec::new();
            for (file, path) in listed(spec, &name, path)? {
                let bytes = attune_files::bytes(&path, left).map_err(|error| too_much(error, &path))?;
                left -= bytes.len() as u64;
                data.paths.push((file.clone(), path));
                files.push(wire::File { name: file, bytes });
            }
            data.splits.push(wire::Split { name, files, wanted });
        }
        data.disjoint()?;
        Ok(data)
    }

    /// Nothing is tuned on what it is reported on: no file of the selection data is among the report data.
    fn disjoint(&self) -> Result<(), OpenFailure> {
        let [selection, rest @ ..] = &self.splits[..] else { return Ok(()) };
        for other in rest {
            let same = |file: &&wire::File| selection.files.iter().any(|tuned| tuned.bytes == file.bytes);
            if let Some(file) = other.files.iter().find(same) {
                let (name, file) = (&other.name, &file.name);
                let message = format!(
                    "the file `{file}` of the {name} data is also in the selection data, and nothing may be reported on what it \
                     was tuned on; give other files, or no report data where the task cuts it by itself"
                );
                return Err(OpenFailure::new(OpenFault::Split(name.clone()), message));
            }
        }
        Ok(())
    }

    /// The paths of files that a component may mean by a name: two splits may each have one that is called so.
    pub(super) fn paths(&self, name: &str) -> Vec<&Path> {
        self.paths.iter().filter(|(known, _)| known == name).map(|(_, path)| path.as_path()).collect()
    }

    /// Identity of what is computed with: options, names and bytes, and not how many items are wanted, because item *n* is the
    /// same however many there are.
    pub(super) fn fingerprint(&self, task: &TaskData, options: &Settings, of: &str) -> ContentHash {
        let mut text = Vec::new();
        let mut part = |bytes: &[u8]| {
            text.extend((bytes.len() as u64).to_le_bytes());
            text.extend(bytes);
        };
        part(of.as_bytes());
        part(task.kind.as_bytes());
        for settings in [options, &task.options] {
            part(settings.len().to_string().as_bytes());
            for (name, value) in settings {
                part(name.as_bytes());
                part(value.to_string().as_bytes());
            }
        }
        // Data that is not of a split may be cut for it, or be history of it.
        for split in &self.splits {
            part(split.name.as_bytes());
            for file in &split.files {
                part(file.name.as_bytes());
                part(ContentHash::of(&file.bytes).to_string().as_bytes());
            }
        }
        ContentHash::of(&text)
    }
}

/// A file that cannot be read, or is more than what those before it have left.
fn too_much(error: ReadError, path: &Path) -> OpenFailure {
    let message = match error {
        ReadError::TooLarge { path, bytes, .. } => format!(
            "{}: {bytes} bytes, which with the files before it is more than the {DATA_BYTES} bytes that all data of a task may have; \
             give fewer or smaller files",
            path.display()
        ),
        other => other.to_string(),
    };
    OpenFailure::new(OpenFault::File(path.to_owned()), message)
}

/// The files that a path of a profile stands for, by name: itself, or those of a folder with the extension of the task.
fn listed(spec: &TaskSpec, split: &str, path: &Path) -> Result<Vec<(String, PathBuf)>, OpenFailure> {
    if path.as_os_str().is_empty() {
        return Ok(Vec::new());
    }
    let fails = |message: String| Err(OpenFailure::new(OpenFault::Split(split.to_owned()), message));
    if spec.data.is_empty() {
        return fails(format!(
            "{}: task `{}` reads no data, it generates its items; leave the {split} data out",
            path.display(),
            spec.name
        ));
    }
    let name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    if !path.is_dir() {
        return Ok(vec![(name(path), path.to_owned())]);
    }
    let io =
        |source| OpenFailure::new(OpenFault::File(path.to_owned()), format!("{}: {source}", path.display()));
    let mut files = Vec::new();
    for entry in fs::read_dir(path).map_err(io)? {
        let file = entry.map_err(io)?.path();
        let fits = file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case(&spec.data));
        if fits && file.is_file() {
            files.push((name(&file), file));
        }
    }
    if files.is_empty() {
        return fails(format!("{}: the folder holds no file that ends in .{}", path.display(), spec.data));
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(data: &str) -> TaskSpec {
        let name = "place".to_owned();
        TaskSpec {
            name,
            summary: String::new(),
            metrics: Vec::new(),
            data: data.to_owned(),
            size: None,
            options: Vec::new(),
        }
    }

    fn task(selection: &Path, report: &Path) -> TaskData {
        TaskData {
            kind: "place".to_owned(),
            options: Settings::new(),
            base: PathBuf::new(),
            selection: selection.to_owned(),
            report: report.to_owned(),
            out_of_domain: Default::default(),
            selection_items: 3,
            report_items: 4,
        }
    }

    #[test]
    fn files_of_a_folder_come_by_name_and_others_are_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in [("b.csv", "2"), ("a.CSV", "1"), ("notes.txt", "3")] {
            fs::write(folder.path().join(name), text).unwrap();
        }
        let data = Data::read(&spec("csv"), &task(folder.path(), Path::new(""))).unwrap();
        let names: Vec<&str> = data.splits[0].files.iter().map(|file| file.name.as_str()).collect();
        assert_eq!(names, ["a.CSV", "b.csv"]);
        assert_eq!((data.splits[0].wanted, data.splits[1].wanted), (3, 4));
        assert!(data.splits[1].files.is_empty());
        assert_eq!(data.paths("b.csv"), [folder.path().join("b.csv")]);
        let none = Data::read(&spec("json"), &task(folder.path(), Path::new(""))).unwrap_err();
        assert!(none.to_string().ends_with("the folder holds no file that ends in .json"), "{none}");
    }

    #[test]
    fn the_same_file_on_both_sides_is_refused_and_so_is_data_for_a_task_that_reads_none() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::write(path("one.csv"), "same").unwrap();
        fs::write(path("other.csv"), "same").unwrap();
        let twice = Data::read(&spec("csv"), &task(&path("one.csv"), &path("other.csv"))).unwrap_err();
        assert_eq!(twice.about(), &OpenFault::Split("report".to_owned()));
        assert!(
            twice.to_string().starts_with("the file `other.csv` of the report data is also in"),
            "{twice}"
        );
        let unread = Data::read(&spec(""), &task(&path("one.csv"), Path::new(""))).unwrap_err();
        assert!(unread.to_string().contains("task `place` reads no data"), "{unread}");
        let missing = Data::read(&spec("csv"), &task(&path("none.csv"), Path::new(""))).unwrap_err();
        assert_eq!(missing.about(), &OpenFault::File(path("none.csv")));
        // Nothing is read of it: it has no content, only a length.
        fs::File::create(path("vast.csv")).unwrap().set_len(DATA_BYTES).unwrap();
        let vast = Data::read(&spec("csv"), &task(&path("one.csv"), &path("vast.csv"))).unwrap_err();
        assert_eq!(vast.about(), &OpenFault::File(path("vast.csv")));
        assert!(vast.to_string().contains("more than the 134217728 bytes that all data of a task"), "{vast}");
    }

    #[test]
    fn what_is_computed_with_is_told_by_bytes_and_options_and_not_by_how_much_is_wanted() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("one.csv");
        fs::write(&file, "1").unwrap();
        let wanted = task(&file, Path::new(""));
        let hash = |task: &TaskData, options: &Settings| {
            Data::read(&spec("csv"), task).unwrap().fingerprint(task, options, "selection")
        };
        let none = Settings::new();
        let first = hash(&wanted, &none);
        assert_eq!(first, hash(&TaskData { selection_items: 9, ..wanted.clone() }, &none));
        let option = Settings::from([("seed".to_owned(), attune_core::options::OptionValue::Int(1))]);
        assert_ne!(first, hash(&wanted, &option));
        assert_ne!(first, hash(&TaskData { options: option, ..wanted.clone() }, &none));
        fs::write(&file, "2").unwrap();
        assert_ne!(first, hash(&wanted, &none));
    }
}
