//! The text form of a resolved profile.

use std::fmt::Write as _;

use super::{Profile, ProfileError, Racing, Selected, Start, TaskKind};
use crate::objective::Direction;

impl Profile {
    /// What makes two profiles the same study: every resolved key but `name` and `trials`, as canonical
    /// RON, one key per line.
    pub fn identity(&self) -> String {
        let mut text = String::from("(\n    version: 1,\n");
        let mut line = |key: &str, value: String| {
            let written = writeln!(text, "    {key}: {value},");
            debug_assert!(written.is_ok(), "writing to a string does not fail");
        };
        line("model", format!("{:?}", self.model));
        line("technique", choice(&self.technique));
        let (kind, items) = match &self.task.kind {
            TaskKind::Text { length, lengths, passkeys } => {
                // What is empty is not written, so that studies from before it was there stay the same studies.
                let more = [("lengths", lengths), ("passkeys", passkeys)];
                let more = more.iter().filter(|(_, items)| !items.is_empty());
                let more: String = more.map(|(key, items)| format!(", {key}: {items:?}")).collect();
                ("text", format!("length: {length}{more}"))
            }
            TaskKind::Images { classifier, samples } => {
                ("images", format!("classifier: {classifier:?}, samples: {samples}"))
            }
        };
        line(
            "task",
            format!(
                "(kind: {kind:?}, selection: {:?}, report: {:?}, elsewhere: {:?}, {items})",
                self.task.selection, self.task.report, self.task.elsewhere
            ),
        );
        let objectives: Vec<String> = self
            .objectives
            .iter()
            .map(|objective| {
                let direction = match objective.direction {
                    Direction::Minimise => "minimise",
                    Direction::Maximise => "maximise",
                };
                format!("(metric: {:?}, direction: {direction})", objective.metric)
            })
            .collect();
        line("objectives", format!("[{}]", objectives.join(", ")));
        line("strategy", choice(&self.strategy));
        line("items", self.items.to_string());
        if let Some(Start { study, trial }) = &self.start {
            let trial = trial.map(|trial| format!(", trial: {trial}")).unwrap_or_default();
            line("start", format!("(study: {study:?}{trial})"));
        }
        if let Some(Racing { first, error, floor, keep }) = self.racing {
            // Where it says nothing it is not written, so that studies from before it was there stay the same studies.
            let keep = if keep < 1.0 { format!(", keep: {keep:?}") } else { String::new() };
            line("racing", format!("(first: {first}, error: {error:?}, floor: {floor:?}{keep})"));
        }
        line("deadline_seconds", self.deadline_seconds.to_string());
        line("seed", self.seed.to_string());
        line("report", format!("(items: {}, random: {})", self.report.items, self.report.random));
        text.push_str(")\n");
        text
    }

    /// The profile that an [`identity`](Self::identity) is of, under a name and with a number of trials, which are not part
    /// of it.
    ///
    /// # Errors
    /// [`ProfileError`], for a text that is none, or one of a newer version.
    pub fn from_identity(identity: &str, name: &str, trials: u64) -> Result<Self, ProfileError> {
        let rest = format!("version: 1, name: {name:?}, trials: {trials},");
        Self::parse("the profile in the journal", &identity.replacen("version: 1,", &rest, 1), &[])
    }

    /// The profile without what is only a hint to where its things are: fingerprints say what they are.
    #[must_use]
    pub fn without_paths(mut self) -> Self {
        let Self { model, technique, task, .. } = &mut self;
        let classifier = match &mut task.kind {
            TaskKind::Images { classifier, .. } => Some(classifier),
            TaskKind::Text { .. } => None,
        };
        let component = Some(&mut technique.name).filter(|name| name.ends_with(".wasm"));
        let paths = [model, &mut task.selection, &mut task.report].into_iter();
        paths.chain(classifier).chain(component).chain(task.elsewhere.values_mut()).for_each(String::clear);
        self
    }
}

fn choice(choice: &Selected) -> String {
    let options: Vec<String> =
        choice.options.iter().map(|(name, value)| format!("{name:?}: {value}")).collect();
    format!("(name: {:?}, options: {{{}}})", choice.name, options.join(", "))
}

#[cfg(test)]
mod tests {
    use super::super::{Profile, ProfileError, TaskKind};
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
        let identity = parse(MINIMAL).unwrap().identity();
        let task =
            r#"    task: (kind: "text", selection: "a.txt", report: "b.txt", elsewhere: {}, length: 64),"#;
        assert!(identity.lines().any(|line| line == task), "{identity}");
    }

    #[test]
    fn a_task_on_images_has_keys_of_its_own() {
        let images =
            r#"task: (kind: "images", selection: "a.txt", report: "b.txt", classifier: "c", samples: 256)"#;
        let text = r#"task: (selection: "a.txt", report: "b.txt", length: 64)"#;
        let profile = parse(&MINIMAL.replace(text, images)).unwrap();
        let kind = TaskKind::Images { classifier: "c".into(), samples: 256 };
        assert_eq!((&profile.task.kind, profile.objectives[0].metric.as_str()), (&kind, "frechet"));
        let whole = profile.identity().replace("version: 1,", "version: 1, name: \"quick\", trials: 10,");
        assert_eq!(parse(&whole).unwrap(), profile);

        let wrong = |from: &str, to: &str| message(text, &images.replace(from, to));
        assert_eq!(
            wrong("samples: 256", "samples: 256, length: 64"),
            "p.ron: task.length is 64, expected no such key in a task of kind \"images\""
        );
        assert!(
            wrong("samples: 256", "samples: 256, passkeys: {64: 1}").contains("task.passkeys is {64: 1}")
        );
        assert!(wrong("samples: 256", "samples: 1").contains("task.samples is 1, expected at least 2"));
        assert!(wrong(r#"classifier: "c", "#, "").contains("task.classifier is missing"));
        assert!(wrong("images", "sounds").contains("expected \"text\" or \"images\""));
        assert!(message("length: 64", "samples: 64").contains("task.samples is 64, expected no such key"));
        assert!(message(", length: 64", "").contains("task.length is missing"));
    }

    #[test]
    fn other_lengths_and_pass_keys_are_reported_beside_other_domains() {
        let text = r#"elsewhere: {"code": "c.txt"}, lengths: {512: 4, 2048: 1}, passkeys: {1024: 8}"#;
        let longer = |text: &str| parse(&MINIMAL.replace("length: 64", &format!("length: 64, {text}")));
        let profile = longer(text).unwrap();
        let expected = ["code", "512 tokens", "2048 tokens", "pass key in 1024 tokens"];
        assert_eq!(profile.task.domains(), expected);
        let whole = profile.identity().replace("version: 1,", "version: 1, name: \"quick\", trials: 10,");
        assert_eq!(parse(&whole).unwrap(), profile);
        let set = [("task.lengths", "{512: 4, 2048: 1}"), ("task.passkeys", "{1024: 8}")];
        let set = set.map(|(k, v)| (k.to_owned(), v.to_owned()));
        assert_eq!(Profile::parse("p.ron", MINIMAL, &set).unwrap().task.kind, profile.task.kind);

        let refused = |text: &str| longer(text).unwrap_err().to_string();
        assert_eq!(
            refused("passkeys: {512: 0}"),
            "p.ron: task.passkeys is {512: 0}, expected at least 2 tokens per item, and at least 1 item"
        );
        let twice = refused(r#"elsewhere: {"512 tokens": "c.txt"}, lengths: {512: 4}"#);
        assert!(twice.contains("task.elsewhere is \"512 tokens\", expected another name"), "{twice}");
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
        assert_eq!(error, "p.ron: start.study is \"\", expected the name of a study in the store");
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
        let error = message("length: 64", "lenght: 64");
        assert!(error.contains("did you mean `length`?"), "{error}");
        let error = message("trials: 10,", "");
        assert!(error.contains("the key `trials` is missing"), "{error}");
    }

    #[test]
    fn semantic_errors_name_their_path() {
        assert_eq!(message("trials: 10", "trials: 0"), "p.ron: trials is 0, expected at least 1");
        assert_eq!(
            message("b.txt", "a.txt"),
            "p.ron: task.report is \"a.txt\", expected another file than task.selection: never tune on the data you report"
        );
        let error = message("\"keep\": 4", "\"keep\": {\"a\": 1}");
        assert!(error.starts_with("p.ron: technique.options[\"keep\"] is "), "{error}");
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
