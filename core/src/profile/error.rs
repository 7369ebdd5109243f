//! Errors of profiles.

use ron::error::{Error as RonError, SpannedError};

use crate::printable::{MESSAGE, QUOTED, line, quoted};
use crate::suggest::hint;

/// A profile that cannot be used. Every message names the file and the place in it.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ProfileError {
    /// Not RON, or not of this shape.
    #[error("{file}:{line}:{column}: {problem}")]
    Syntax {
        /// Path of the file, as the message names it.
        file: String,
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
        /// What was found and what was expected.
        problem: String,
    },
    /// No version, or one that this build does not read.
    #[error("{file}: version is {found}, expected 1; {advice}")]
    Version {
        /// Path of the file, as the message names it.
        file: String,
        /// What was found.
        found: String,
        /// What to do.
        advice: &'static str,
    },
    /// A value without meaning.
    #[error("{file}: {path} is {found}, expected {expected}")]
    Invalid {
        /// Path of the file, as the message names it.
        file: String,
        /// Path inside it, for example `technique.options["keep"]`.
        path: String,
        /// What was found.
        found: String,
        /// What was expected.
        expected: String,
    },
    /// `--set` with a key that profiles do not have.
    #[error("--set {key}: there is no such key in a profile{hint}")]
    UnknownKey {
        /// What was given.
        key: String,
        /// Nearest known key, ready to print.
        hint: String,
    },
    /// `--set` with a value that does not parse.
    #[error("--set {key}={value}: {problem}")]
    BadValue {
        /// The key.
        key: String,
        /// The value as given.
        value: String,
        /// What was expected.
        problem: String,
    },
}

impl ProfileError {
    pub(super) fn invalid(file: String, path: &str, found: &str, expected: &str) -> Self {
        let found = line(found, QUOTED).into_owned();
        Self::Invalid { file, path: path.to_owned(), found, expected: expected.to_owned() }
    }

    pub(super) fn syntax(file: &str, error: SpannedError) -> Self {
        let start = error.span.start;
        let problem = problem(&error.code);
        Self::Syntax { file: file.to_owned(), line: start.line, column: start.col, problem }
    }
}

/// A RON error in words, with the nearest known name where one was expected.
pub(super) fn problem(code: &RonError) -> String {
    match code {
        RonError::NoSuchStructField { expected, found, .. } => {
            format!(
                "unknown key `{}`{}; known here: {}",
                quoted(found),
                hint(found, expected.iter().copied()),
                expected.join(", ")
            )
        }
        RonError::NoSuchEnumVariant { expected, found, .. } => {
            format!(
                "unknown word `{}`{}; known here: {}",
                quoted(found),
                hint(found, expected.iter().copied()),
                expected.join(", ")
            )
        }
        RonError::MissingStructField { field, .. } => format!("the key `{field}` is missing"),
        RonError::DuplicateStructField { field, .. } => format!("the key `{field}` is given twice"),
        RonError::ExpectedNamedStructLike(_) | RonError::ExpectedStructLike => {
            "expected an opening `(`, as of `(version: 1, …)`".to_owned()
        }
        RonError::ExpectedDifferentStructName { found, .. } => {
            format!("`{}` stands before an opening `(`; leave that word out", quoted(found))
        }
        RonError::InvalidValueForType { expected, found } => {
            // The library names types of this program, which nobody has to know.
            let expected =
                if expected.starts_with("struct ") { "`(key: value, …)`" } else { expected.as_str() };
            format!("found {}, expected {expected}", line(found, QUOTED))
        }
        RonError::ExceededRecursionLimit => "it is nested deeper than any profile".to_owned(),
        other => line(&other.to_string(), MESSAGE).into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use crate::profile::Profile;

    const PROFILE: &str = r#"(
    version: 1,
    name: "n",
    model: "m",
    technique: (name: "t", options: {"keep": [1, 2.5]}),
    task: (selection: "a", report: "b", length: 8, lengths: {16: 2}),
    objectives: [(metric: "kl", direction: minimise)],
    strategy: (name: "random"),
    racing: (first: 2),
    start: (study: "s"),
    report: (items: 4),
)"#;

    /// The profile with something wrong at every place.
    fn broken() -> impl Iterator<Item = String> {
        let places = PROFILE.char_indices().map(|(at, _)| at);
        places.flat_map(|at| {
            let (before, after) = PROFILE.split_at(at);
            let without = &after[after.chars().next().map_or(0, char::len_utf8)..];
            let insertions = ["(", "[", "x", "-1.5", "\"", "{1: ()}", "Some(", "\u{202e}", "()"].into_iter();
            let inserted = insertions.map(move |piece| format!("{before}{piece}{after}"));
            inserted.chain([before.to_owned(), format!("{before}{without}")])
        })
    }

    #[test]
    fn numbers_that_cannot_be_computed_with_and_depths_are_refused() {
        let set = |key: &str, value: &str| {
            let text = PROFILE.replace("report: (items: 4)", "report: (items: 4), trials: 5, items: 2");
            Profile::parse("a.ron", &text, &[(key.to_owned(), value.to_owned())])
        };
        assert!(set("trials", "1000000000").is_ok());
        for (key, value) in [
            ("trials", "18446744073709551615"),
            ("deadline_seconds", "18446744073709551615"),
            ("report.random", "4000000000"),
        ] {
            let message = set(key, value).unwrap_err().to_string();
            assert!(message.contains(key) && message.contains("expected at most"), "{message}");
        }
        let deep = PROFILE.replace("[1, 2.5]", &("[".repeat(50_000) + &"]".repeat(50_000)));
        let message = Profile::parse("a.ron", &deep, &[]).unwrap_err().to_string();
        assert!(message.contains("nested deeper") && !message.contains("serde"), "{message}");
    }

    #[test]
    fn messages_speak_of_profiles_and_not_of_the_types_behind_them() {
        let mut refused = 0;
        for text in broken() {
            let Err(error) = Profile::parse("a.ron", &text, &[]) else { continue };
            refused += 1;
            let message = error.to_string();
            for internal in ["Raw", "VersionOnly", "struct ", "Some(", "Number(", "Seq(", "Map("] {
                let quoted = text.contains("Some(") && internal == "Some(";
                assert!(quoted || !message.contains(internal), "{internal} in: {message}");
            }
            assert!(message.len() < 1_000, "{message}");
        }
        assert!(refused > 1_000, "{refused}");
    }
}
