//! The paths that a profile names: of files and folders, relative to its own file.

use super::schema::{self, Kind};
use super::{Profile, Value};
use crate::evaluator::TaskSpec;
use crate::options::{OptionKind, OptionValue};

/// How the file of a component ends.
const COMPONENT: &str = ".wasm";

impl Profile {
    /// Every path that it names, with the key that names it; an empty one is none. `tasks` say which options of a task are paths.
    pub fn paths(&self, tasks: &[TaskSpec]) -> Vec<(String, String)> {
        let mut paths = Vec::new();
        self.clone().each_path(&|name| is_path(tasks, name), &mut |key, path| {
            paths.push((key.to_owned(), path.clone()));
        });
        paths
    }

    /// The profile with other paths. `tasks` say which options of a task are paths.
    #[must_use]
    pub fn with_paths(mut self, tasks: &[TaskSpec], mut path: impl FnMut(&str) -> String) -> Self {
        self.each_path(&|name| is_path(tasks, name), &mut |_, old| *old = path(old));
        self
    }

    /// The profile without what is only a hint to where its things are: fingerprints say what they are, and what the texts
    /// among a task's options mean for its scores.
    #[must_use]
    pub fn without_paths(mut self) -> Self {
        self.each_path(&|_| true, &mut |_, path| path.clear());
        self
    }

    /// Calls `each` with the key and the text of every path; `option` says which options of the task are paths when they are
    /// texts.
    fn each_path(&mut self, option: &dyn Fn(&str) -> bool, each: &mut dyn FnMut(&str, &mut String)) {
        let mut each = |key: &str, path: &mut String| {
            // What a profile leaves to its evaluator is not the folder of the profile.
            if !path.is_empty() {
                each(key, path);
            }
        };
        for key in schema::keys() {
            let Some(mut value) = key.value(self) else { continue };
            match (key.kind, &mut value) {
                (Kind::Folder | Kind::Data | Kind::File, Value::Text(path)) => each(key.path, path),
                (Kind::Component, Value::Text(name)) if name.ends_with(COMPONENT) => each(key.path, name),
                (Kind::Files, Value::Files(files)) => {
                    files.values_mut().for_each(|path| each(key.path, path));
                }
                (Kind::Settings, Value::Options(options)) => {
                    for (name, value) in options {
                        match value {
                            OptionValue::Text(path) if option(name) => each(&key.option_path(name), path),
                            _ => {}
                        }
                    }
                }
                _ => continue,
            }
            (key.put)(self, value);
        }
    }
}

fn is_path(tasks: &[TaskSpec], name: &str) -> bool {
    tasks.iter().filter_map(|task| task.option(name)).any(|option| option.spec.kind == OptionKind::Folder)
}
