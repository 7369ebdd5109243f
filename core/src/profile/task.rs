//! A profile's task against what the evaluator says of its tasks.

use super::read;
use super::schema::{self, Key};
use super::{ProfileError, Task};
use crate::evaluator::{TaskOption, TaskSpec};
use crate::options::{OptionValue, Settings};
use crate::printable::{QUOTED, line, quoted};
use crate::suggest::hint;

/// What is wrong with a task: a key of it, what was found there and what was expected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path} is {found}, expected {expected}")]
pub struct TaskFault {
    /// Path of the key, for example `task.length`.
    pub path: String,
    /// What was found.
    pub found: String,
    /// What was expected.
    pub expected: String,
}

impl TaskFault {
    /// The fault as one of the profile in `file`, whose text is `text`: with its place, where the text has the key.
    pub fn of_file(self, file: &str, text: &str) -> ProfileError {
        let file = read::placed(file, text, &self.path);
        self.said_by(file)
    }

    /// The error where `--set` said it, which stands in no file.
    pub fn of_set(self) -> ProfileError {
        self.said_by("--set".to_owned())
    }

    fn said_by(self, file: String) -> ProfileError {
        let Self { path, found, expected } = self;
        ProfileError::Invalid { file, path, found, expected }
    }
}

impl Task {
    /// The task that is meant, of those that the evaluator offers, its default one first.
    ///
    /// # Errors
    /// [`TaskFault`] when it is none of them.
    pub fn spec<'a>(&self, specs: &'a [TaskSpec]) -> Result<&'a TaskSpec, TaskFault> {
        let found = match &self.kind {
            None => specs.first(),
            Some(kind) => specs.iter().find(|spec| spec.name == *kind),
        };
        found.ok_or_else(|| {
            let kind = self.kind.as_deref().unwrap_or_default();
            let names: Vec<String> = specs.iter().map(|spec| format!("{:?}", spec.name)).collect();
            let hint = hint(kind, specs.iter().map(|spec| spec.name.as_str()));
            fault("kind", &format!("{kind:?}"), format!("{}{hint}", names.join(" or ")))
        })
    }

    /// The options, checked against `spec` and completed with defaults.
    ///
    /// # Errors
    /// [`TaskFault`] naming the key, what was found and what was expected.
    pub fn resolved(&self, spec: &TaskSpec) -> Result<Settings, TaskFault> {
        if let Some((name, value)) = self.options.iter().find(|(name, _)| spec.option(name).is_none()) {
            let own = spec.options.iter().map(|option| option.spec.name.as_str());
            let known: Vec<&str> = keys().chain(own).collect();
            let hint = hint(name, known.iter().copied());
            let expected = format!(
                "no such key in a task of kind {:?}{hint}; known here: {}",
                spec.name,
                known.join(", ")
            );
            return Err(fault(name, &value.to_string(), expected));
        }
        let one = |option: &TaskOption| {
            let spec = &option.spec;
            let given = self.options.get(&spec.name);
            let value = spec.accept(given.unwrap_or(&spec.default));
            let value = value.ok_or_else(|| match given {
                Some(OptionValue::Text(path)) if path.is_empty() => missing(option),
                Some(found) => fault(&spec.name, &found.to_string(), spec.kind.to_string()),
                None => missing(option),
            })?;
            Ok((spec.name.clone(), value))
        };
        let options: Settings = spec.options.iter().map(one).collect::<Result<_, _>>()?;
        match spec.reported(&options).into_iter().find(|name| self.elsewhere.contains_key(name)) {
            None => Ok(options),
            Some(twice) => {
                let expected = "another name: an option of the task calls something so".to_owned();
                Err(fault("elsewhere", &format!("{twice:?}"), expected))
            }
        }
    }

    /// Everything that the result is reported on beside the report data, by name, for options that were
    /// [`resolved`](Self::resolved): see [`Split::OutOfDomain`](crate::evaluator::Split::OutOfDomain).
    pub fn domains(&self, spec: &TaskSpec, options: &Settings) -> Vec<String> {
        self.elsewhere.keys().cloned().chain(spec.reported(options)).collect()
    }
}

/// Keys of a task that every profile has.
fn keys<'a>() -> impl Iterator<Item = &'a str> {
    let parts = schema::keys().iter().map(Key::parts);
    parts.filter(|(group, name)| *group == "task" && !name.is_empty()).map(|(_, name)| name)
}

fn missing(option: &TaskOption) -> TaskFault {
    fault(&option.spec.name, "missing", format!("{}: {}", option.spec.kind, option.spec.help))
}

fn fault(name: &str, found: &str, expected: String) -> TaskFault {
    TaskFault {
        path: line(&format!("task.{}", quoted(name)), QUOTED).into_owned(),
        found: line(found, QUOTED).into_owned(),
        expected,
    }
}

#[cfg(test)]
mod tests {
    use super::super::Profile;
    use super::*;
    use crate::evaluator::ItemSize;
    use crate::options::{OptionKind, OptionSpec};

    const TEXT: &str = r#"(
    version: 1, name: "n", model: "m", technique: (name: "t"), trials: 1, items: 4,
    task: (selection: "a.txt", report: "b.txt", length: 64),
)"#;

    fn option(name: &str, kind: OptionKind, default: OptionValue, reports: Option<&str>) -> TaskOption {
        let spec = OptionSpec { name: name.to_owned(), help: format!("what {name} is"), kind, default };
        TaskOption { spec, label: name.to_owned(), advanced: false, reports: reports.map(str::to_owned) }
    }

    fn specs() -> Vec<TaskSpec> {
        let counts = || OptionKind::Counts { min: 2, max: u32::MAX, of: "tokens".to_owned() };
        let none = || OptionValue::Counts([].into());
        let whole = || OptionKind::Int { min: 2, max: u32::MAX.into() };
        let task = |name: &str, unit: &str, options: Vec<TaskOption>| TaskSpec {
            name: name.to_owned(),
            summary: String::new(),
            metrics: Vec::new(),
            data: "txt".to_owned(),
            size: Some(ItemSize { option: options[0].spec.name.clone(), unit: unit.to_owned() }),
            options,
        };
        let length = option("length", whole(), OptionValue::Int(128), None);
        let lengths = option("lengths", counts(), none(), Some("{} tokens"));
        let passkeys = option("passkeys", counts(), none(), Some("pass key in {} tokens"));
        let samples = option("samples", whole(), OptionValue::Int(256), None);
        let classifier = option("classifier", OptionKind::Folder, OptionValue::Text(String::new()), None);
        vec![
            task("text", "tokens", vec![length, lengths, passkeys]),
            task("images", "images", vec![samples, classifier]),
        ]
    }

    fn profile(task: &str) -> (String, Profile) {
        let text = TEXT.replace("length: 64", task);
        let profile = Profile::parse("p.ron", &text, &[]).unwrap();
        (text, profile)
    }

    fn refused(task: &str) -> String {
        let (text, profile) = profile(task);
        let specs = specs();
        let fault = profile.task.spec(&specs).and_then(|spec| profile.task.resolved(spec)).unwrap_err();
        fault.of_file("p.ron", &text).to_string()
    }

    #[test]
    fn options_of_a_task_are_completed_and_counted() {
        let (_, profile) =
            profile(r#"elsewhere: {"code": "c"}, lengths: {2048: 1, 512: 4}, passkeys: {1024: 8}"#);
        let specs = specs();
        let spec = profile.task.spec(&specs).unwrap();
        let options = profile.task.resolved(spec).unwrap();
        assert_eq!((spec.name.as_str(), spec.item(&options)), ("text", Some("128 tokens".to_owned())));
        let expected = ["code", "512 tokens", "2048 tokens", "pass key in 1024 tokens"];
        assert_eq!(profile.task.domains(spec, &options), expected);
    }

    #[test]
    fn slips_in_a_task_are_named_with_their_place_and_what_was_meant() {
        assert_eq!(
            refused("lenght: 64"),
            "p.ron:3:49: task.lenght is 64, expected no such key in a task of kind \"text\"; did you mean `length`?; known \
             here: kind, selection, report, elsewhere, length, lengths, passkeys"
        );
        assert_eq!(
            refused("length: 1"),
            "p.ron:3:49: task.length is 1, expected a whole number from 2 to 4294967295"
        );
        assert_eq!(
            refused("passkeys: {512: 0}"),
            "p.ron:3:49: task.passkeys is {512: 0}, expected counts as `{tokens: items}`, at least 2 tokens and 1 item"
        );
        assert_eq!(
            refused("kind: \"image\""),
            "p.ron:3:49: task.kind is \"image\", expected \"text\" or \"images\"; did you mean `images`?"
        );
        let missing = "p.ron: task.classifier is missing, expected the path of a folder: what classifier is";
        assert_eq!(refused("kind: \"images\""), missing);
        assert_eq!(refused("kind: \"images\", classifier: \"\""), missing.replace("p.ron", "p.ron:3:65"));
        let twice = refused(r#"elsewhere: {"512 tokens": "c.txt"}, lengths: {512: 4}"#);
        assert!(twice.contains("task.elsewhere is \"512 tokens\", expected another name"), "{twice}");
        let foreign = refused(r#"kind: "images", classifier: "c", length: 64"#);
        assert!(
            foreign.contains("task.length is 64, expected no such key in a task of kind \"images\""),
            "{foreign}"
        );
    }

    #[test]
    fn keys_that_may_be_left_out_may_be_written_as_such() {
        let (_, said) = profile("length: Some(64), lengths: None, kind: None");
        assert_eq!((said.task.kind.as_deref(), &said.task.options["length"]), (None, &OptionValue::Int(64)));
        assert_eq!(said.task.options.len(), 1);
    }

    #[test]
    fn paths_are_those_of_the_task_as_well() {
        let (_, profile) = profile(r#"kind: "images", classifier: "c", samples: 4, elsewhere: {"o": "e"}"#);
        let paths = profile.paths(&specs());
        let named: Vec<(&str, &str)> =
            paths.iter().map(|(key, path)| (key.as_str(), path.as_str())).collect();
        let expected = [
            ("model", "m"),
            ("task.selection", "a.txt"),
            ("task.report", "b.txt"),
            ("task.elsewhere", "e"),
            ("task.classifier", "c"),
        ];
        assert_eq!(named, expected);
        let moved = profile.with_paths(&specs(), |path| format!("/x/{path}"));
        assert_eq!(moved.task.options["classifier"], OptionValue::Text("/x/c".to_owned()));
        assert_eq!(moved.technique.name, "t");

        let silent = Profile { model: String::new(), ..moved };
        assert!(silent.paths(&specs()).iter().all(|(key, _)| key != "model"), "an empty path is none");
        assert_eq!(silent.with_paths(&specs(), |path| format!("/y/{path}")).model, "");
    }
}
