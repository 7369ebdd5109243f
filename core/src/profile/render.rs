//! The text form of a resolved profile.

use std::fmt::Write as _;

use super::schema::{self, Identity, Key, Kind};
use super::{Profile, ProfileError, Value};
impl Profile {
    /// What is kept with a study: every resolved key but `name` and `trials`, as canonical RON, one key per line.
    ///
    /// Two profiles are the same study when they [`agree`](Self::agreement).
    pub fn identity(&self) -> String {
        self.written("version", Key::is_part)
    }

    /// What makes two profiles the same study: their [`identity`](Self::identity) without what means nothing to the result,
    /// [paths](Self::without_paths) and notes.
    pub fn agreement(self) -> String {
        self.without_paths()
            .written("version", |key, value| key.identity != Identity::Kept && key.is_part(value))
    }

    /// What is kept with a study that a program describes, whose evaluator brings its model and its data: of a profile, what
    /// else makes it the study that it is, under the word `program` in the place of a version.
    pub fn program_identity(&self) -> String {
        let brought = |key: &Key| {
            let group = key.path.split_once('.').map_or(key.path, |(group, _)| group);
            matches!(group, "model" | "evaluator" | "task" | "start" | "deadline_seconds")
                // Of recipes and tables, the header has hashes of what they say.
                || matches!(key.path, "report.baselines" | "strategy.sensitivities")
        };
        self.written("program", |key, _| {
            matches!(key.identity, Identity::Part | Identity::PartUnlessDefault) && !brought(key)
        })
    }

    /// The whole profile as RON that [`Profile::parse`] reads back, one key per line.
    pub fn to_ron(&self) -> String {
        with_raw_keys(&self.written("version", |_, _| true))
    }

    /// The profile that an [`identity`](Self::identity) is of, under a name and with a number of trials, which are not part
    /// of it.
    ///
    /// # Errors
    /// [`ProfileError`], for a text that is none, or one of a newer version.
    pub fn from_identity(identity: &str, name: &str, trials: u64) -> Result<Self, ProfileError> {
        let rest = format!("version: 1, name: {name:?}, trials: {trials},");
        Self::parse(
            "the profile in the journal",
            &with_raw_keys(&identity.replacen("version: 1,", &rest, 1)),
            &[],
        )
    }

    /// The keys that `wanted` says yes to, as RON whose first key, `head`, is 1.
    pub(super) fn written(&self, head: &str, wanted: impl Fn(&Key, &Value) -> bool) -> String {
        let mut lines: Vec<(&str, Vec<String>)> = Vec::new();
        for key in schema::keys() {
            let Some(value) = key.value(self).filter(|value| wanted(key, value)) else { continue };
            let (group, name) = key.parts();
            if group.is_empty() {
                lines.push((name, vec![value.ron()]));
                continue;
            }
            let inside = match value {
                // What counts nothing is not written, so that studies from before it was there stay the same studies.
                Value::Options(options) if key.kind == Kind::Settings => {
                    let said = options.into_iter().filter(|(_, value)| !value.counts_nothing());
                    said.map(|(name, value)| format!("{name}: {value}")).collect()
                }
                value => vec![format!("{name}: {}", value.ron())],
            };
            match lines.last_mut().filter(|(last, _)| *last == group) {
                Some((_, keys)) => keys.extend(inside),
                None => lines.push((group, inside)),
            }
        }
        let mut text = format!("(\n    {head}: 1,\n");
        for (name, values) in lines {
            let value = values.join(", ");
            let grouped = schema::group(name).is_some();
            let written = match grouped {
                true => writeln!(text, "    {name}: ({value}),"),
                false => writeln!(text, "    {name}: {value},"),
            };
            debug_assert!(written.is_ok(), "writing to a string does not fail");
        }
        text.push_str(")\n");
        text
    }
}

/// `text`, which [`Profile::written`] wrote, with a raw identifier for every key that is no plain one: an option of a task may be called
/// `max-tokens`, and journals have such a name as it is.
fn with_raw_keys(text: &str) -> String {
    let in_name = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-');
    let mut written = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '"' => quoted_length(rest),
            _ if in_name(first) => rest.find(|letter| !in_name(letter)).unwrap_or(rest.len()),
            _ => first.len_utf8(),
        };
        let (part, after) = rest.split_at(length);
        if first.is_ascii_alphabetic() && part.contains('-') && after.starts_with(':') {
            written.push_str("r#");
        }
        written.push_str(part);
        rest = after;
    }
    written
}

/// Bytes of the text in quotes that `text` begins with.
fn quoted_length(text: &str) -> usize {
    let mut escaped = false;
    let end = text.char_indices().skip(1).find(|(_, letter)| {
        let ends = !escaped && *letter == '"';
        escaped = !escaped && *letter == '\\';
        ends
    });
    end.map_or(text.len(), |(at, _)| at + 1)
}

#[cfg(test)]
mod tests {
    use super::super::{Profile, ProfileError};
    use crate::objective::{Direction, Objective};
    use crate::options::OptionValue;

    const MINIMAL: &str = r#"(
        version: 1,
        name: "quick",
        model: "m",
        technique: (name: "expert-pruning", options: {"keep": 4, "share": 0.5, "levels": [2, 4]}),
        task: (selection: "a.txt", report: "b.txt", length: 64),
        trials: 10,
        items: 4,
    )"#;

    fn parse(text: &str) -> Result<Profile, ProfileError> {
        Profile::parse("p.ron", text, &[])
    }

    fn message(from: &str, to: &str) -> String {
        assert!(MINIMAL.contains(from), "{from}");
        parse(&MINIMAL.replace(from, to)).unwrap_err().to_string()
    }

    #[test]
    fn defaults_are_filled_in_and_the_identity_parses_to_the_same_profile() {
        let profile = parse(MINIMAL).unwrap();
        assert_eq!(profile.strategy.name, "evolution");
        assert_eq!(profile.report.random, 16);
        assert_eq!(profile.technique.options["keep"], OptionValue::Int(4));
        assert_eq!(profile.technique.options["share"], OptionValue::Real(0.5));
        assert_eq!(profile.technique.options["levels"], OptionValue::Ints(vec![2, 4]));
        assert_eq!(Profile::from_identity(&profile.identity(), "quick", 10).unwrap(), profile);
    }

    #[test]
    fn a_key_that_is_no_plain_name_is_read_from_a_journal_and_written_as_a_profile_can_have_it() {
        let text = MINIMAL.replace("length: 64", r##"r#max-tokens: 64, stop: "a \\\" b-c: 1", share: 1e-5"##);
        let profile = parse(&text).unwrap();
        assert_eq!(profile.task.options["max-tokens"], OptionValue::Int(64));
        assert_eq!(profile.task.options["stop"], OptionValue::Text("a \\\" b-c: 1".to_owned()));
        let identity = profile.identity();
        assert!(identity.contains(" max-tokens: 64"), "studies of before go on: {identity}");
        assert_eq!(Profile::from_identity(&identity, "quick", 10).unwrap(), profile);
        let written = profile.to_ron();
        assert!(written.contains(" r#max-tokens: 64"), "{written}");
        assert_eq!(parse(&written).unwrap(), profile);
    }

    #[test]
    fn paths_are_hints_and_everything_else_is_not() {
        let bare = |from: &str, to: &str| {
            assert!(MINIMAL.contains(from), "{from}");
            parse(&MINIMAL.replace(from, to)).unwrap().without_paths().identity()
        };
        let same = bare("quick", "quick");
        for (from, to) in [("\"m\"", "\"/moved/m\""), ("a.txt", "data/a.txt"), ("b.txt", "data/b.txt")] {
            assert_eq!(bare(from, to), same, "{to}");
        }
        for (from, to) in
            [("length: 64", "length: 65"), ("\"keep\": 4", "\"keep\": 5"), ("expert-pruning", "x")]
        {
            assert_ne!(bare(from, to), same, "{to}");
        }
        let elsewhere = |name: &str, file: &str| {
            bare("length: 64", &format!("length: 64, elsewhere: {{{name:?}: {file:?}}}"))
        };
        assert_eq!(elsewhere("code", "c.txt"), elsewhere("code", "d.txt"));
        assert_ne!(elsewhere("code", "c.txt"), elsewhere("prose", "c.txt"));
        assert_eq!(bare("expert-pruning", "a.wasm"), bare("expert-pruning", "b.wasm"));
    }

    #[test]
    fn the_identity_of_a_text_task_is_that_of_the_first_version() {
        // Studies in a store are found by it.
        let mut profile = parse(MINIMAL).unwrap();
        profile.task.kind = Some("text".to_owned());
        profile.task.options.insert("lengths".to_owned(), OptionValue::Counts([(512, 4)].into()));
        profile.task.options.insert("passkeys".to_owned(), OptionValue::Counts([].into()));
        profile.objectives.push(Objective { metric: "kl".to_owned(), direction: Direction::Minimise });
        let expected = r#"(
    version: 1,
    model: "m",
    technique: (name: "expert-pruning", options: {"keep": 4, "levels": [2, 4], "share": 0.5}),
    task: (kind: "text", selection: "a.txt", report: "b.txt", elsewhere: {}, length: 64, lengths: {512: 4}),
    objectives: [(metric: "kl", direction: minimise)],
    strategy: (name: "evolution", options: {}),
    items: 4,
    deadline_seconds: 600,
    seed: 0,
    report: (items: 0, random: 16),
)
"#;
        assert_eq!(profile.identity(), expected);
    }

    #[test]
    fn races_and_starts_are_written_as_in_the_first_version() {
        let more = "items: 4, racing: (keep: 1), start: (study: \"prune\"),";
        let identity = parse(&MINIMAL.replace("items: 4,", more)).unwrap().identity();
        let expected = "    items: 4,\n    start: (study: \"prune\"),\n    racing: (first: 4, error: 0.05, floor: 0.0),\n";
        assert!(identity.contains(expected), "{identity}");
        let identity =
            parse(&MINIMAL.replace("items: 4,", &more.replace("keep: 1", "keep: 0.5"))).unwrap().identity();
        assert!(identity.contains("floor: 0.0, keep: 0.5)"), "{identity}");
    }

    #[test]
    fn the_identity_of_a_program_is_that_of_the_first_version() {
        // Studies in a store are found by it.
        let mut profile =
            parse(&MINIMAL.replace("items: 4,", "items: 4, racing: (first: 2), notes: \"n\",")).unwrap();
        profile.objectives.push(Objective { metric: "value".to_owned(), direction: Direction::Maximise });
        let expected = r#"(
    program: 1,
    technique: (name: "expert-pruning", options: {"keep": 4, "levels": [2, 4], "share": 0.5}),
    objectives: [(metric: "value", direction: maximise)],
    strategy: (name: "evolution", options: {}),
    items: 4,
    racing: (first: 2, error: 0.05, floor: 0.0, keep: 1.0),
    seed: 0,
    report: (items: 0, random: 16),
)
"#;
        assert_eq!(profile.program_identity(), expected);
    }

    #[test]
    fn a_program_that_evaluates_needs_no_files_and_where_it_lies_is_no_identity() {
        let text = |evaluator: &str| {
            let rest = r#"technique: (name: "t"), task: (kind: "formula"), trials: 1, items: 4"#;
            format!("(version: 1, name: \"n\", {rest}, evaluator: {evaluator})")
        };
        let program = parse(&text(r#"(command: ["python", "a.py"], options: {"scale": 2})"#)).unwrap();
        assert_eq!((program.model.as_str(), program.task.selection.as_str()), ("", ""));
        // Named once it has said its name, as a journal keeps it.
        let mut kept = program.clone();
        kept.evaluator.as_mut().unwrap().name = "own".to_owned();
        let written = r#"    evaluator: (name: "own", command: ["python", "a.py"], options: {"scale": 2}),"#;
        assert!(kept.identity().contains(written), "{}", kept.identity());
        assert_eq!(Profile::from_identity(&kept.identity(), "n", 1).unwrap(), kept);
        let mut moved = kept.clone();
        moved.evaluator.as_mut().unwrap().command = vec!["/elsewhere/own".to_owned()];
        assert_eq!(moved.clone().agreement(), kept.clone().agreement());
        moved.evaluator.as_mut().unwrap().name = "other".to_owned();
        assert_ne!(moved.agreement(), kept.agreement());

        let refused = |text: &str| parse(text).unwrap_err().to_string();
        assert!(refused(&text("(command: [])")).contains("evaluator.command is [], expected at least"));
        assert!(refused(&text("()")).contains("evaluator.name is \"\""));
        let alone = text("()").replace(", evaluator: ()", "");
        assert!(refused(&alone).contains("the key `model` is missing"), "{}", refused(&alone));
        let half = alone
            .replace("(kind: \"formula\")", "(selection: \"a\")")
            .replace("name: \"n\"", "name: \"n\", model: \"m\"");
        assert!(refused(&half).contains("the key `report` is missing"), "{}", refused(&half));
    }

    #[test]
    fn a_start_is_part_of_the_identity() {
        let start = |text: &str| parse(&MINIMAL.replace("items: 4,", &format!("items: 4, start: {text},")));
        let profile = start("(study: \"prune\", trial: 7)").unwrap();
        assert_eq!(profile.start.as_ref().unwrap().trial, Some(7));
        let whole = profile.identity().replace("version: 1,", "version: 1, name: \"quick\", trials: 10,");
        assert_eq!(parse(&whole).unwrap(), profile);
        assert_ne!(start("(study: \"prune\")").unwrap().identity(), profile.identity());
        let error = start("(study: \"\")").unwrap_err().to_string();
        assert_eq!(error, "p.ron:8:27: start.study is \"\", expected the name of a study in the store");
        let set = [("start.study", "prune"), ("start.trial", "7")].map(|(k, v)| (k.to_owned(), v.to_owned()));
        assert_eq!(Profile::parse("p.ron", MINIMAL, &set).unwrap(), profile);
    }

    #[test]
    fn the_version_is_read_before_anything_else() {
        assert_eq!(
            message("version: 1,", "version: 2, novelty: true,"),
            "p.ron: version is 2, expected 1; a newer attune wrote it: upgrade"
        );
        assert_eq!(message("version: 1,", ""), "p.ron: version is missing, expected 1; add `version: 1`");
    }

    #[test]
    fn unknown_keys_are_refused_with_the_nearest_name_and_the_place() {
        let error = message("trials: 10", "trails: 10");
        assert!(error.starts_with("p.ron:7:"), "{error}");
        assert!(error.contains("unknown key `trails`; did you mean `trials`?"), "{error}");
        let error = message("name: \"expert", "nmae: \"expert");
        assert!(
            error.contains("unknown key `nmae`; did you mean `name`?; known here: name, options"),
            "{error}"
        );
        let error = message("trials: 10,", "");
        assert!(error.contains("the key `trials` is missing"), "{error}");
    }

    #[test]
    fn semantic_errors_name_their_path() {
        assert_eq!(message("trials: 10", "trials: 0"), "p.ron:7:9: trials is 0, expected at least 1");
        let set = Profile::parse("p.ron", MINIMAL, &[("trials".to_owned(), "0".to_owned())]);
        assert_eq!(set.unwrap_err().to_string(), "--set: trials is 0, expected at least 1");
        let typed = Profile { trials: 0, ..parse(MINIMAL).unwrap() };
        assert_eq!(
            typed.checked("the study").unwrap_err().to_string(),
            "the study: trials is 0, expected at least 1"
        );
        assert_eq!(
            message("b.txt", "a.txt"),
            "p.ron:6:36: task.report is \"a.txt\", expected another file than task.selection: never tune on the data you report"
        );
        let error = message("\"keep\": 4", "\"keep\": {\"a\": 1}");
        assert!(error.starts_with("p.ron:5:"), "{error}");
        assert!(error.contains(": technique.options[\"keep\"] is "), "{error}");
    }

    #[test]
    fn overrides_reach_every_kind_of_key() {
        let set =
            |key: &str, value: &str| Profile::parse("p.ron", MINIMAL, &[(key.to_owned(), value.to_owned())]);
        assert_eq!(set("trials", "7").unwrap().trials, 7);
        assert_eq!(
            set("technique.options.keep", "2").unwrap().technique.options["keep"],
            OptionValue::Int(2)
        );
        let word = set("strategy.options.operators", "domain").unwrap();
        assert_eq!(word.strategy.options["operators"], OptionValue::Text("domain".into()));
        let error = set("trails", "7").unwrap_err().to_string();
        assert_eq!(error, "--set trails: there is no such key in a profile; did you mean `trials`?");
        assert!(set("trials", "many").is_err());
    }
}
