//! The keys.

use super::super::value::Held;
use super::super::{DEFAULT_STRATEGY, EvaluatorChoice, Racing, Start};
use super::{FormField, Identity, Key, Kind, Section, Silence};
use crate::profile::{Profile, Value};

/// Most that a 32-bit count holds.
const MOST: u64 = u32::MAX as u64;
/// Trials of a study: a thousand times what anybody has run, and a number that can be computed with.
const MOST_TRIALS: u64 = 1_000_000_000;
/// Seconds of one trial: thirty years.
const LONGEST_DEADLINE: u64 = 1_000_000_000;
/// Random configs in a report, all of which are kept and many of which are scored.
const MOST_RANDOM: u64 = 10_000;

/// Every key, in a profile's order.
pub fn keys() -> &'static [Key] {
    KEYS
}

/// Reads and writes a field of [`Profile`]; one of a group that need not be there as `group? field`.
macro_rules! held {
    ($($field:ident).+) => {
        (|profile: &Profile| profile.$($field).+.value(), |profile: &mut Profile, value| profile.$($field).+.hold(value))
    };
    ($group:ident? $field:ident: $silent:expr) => {
        (
            |profile: &Profile| profile.$group.as_ref().and_then(|group| group.$field.value()),
            |profile: &mut Profile, value| profile.$group.get_or_insert($silent).$field.hold(value),
        )
    };
}

type Accessors = (fn(&Profile) -> Option<Value>, fn(&mut Profile, Value));

/// What [`held`] fills in anew, key by key.
const NO_EVALUATOR: EvaluatorChoice = EvaluatorChoice::silent();
const NO_START: Start = Start { study: String::new(), trial: None };
const NO_RACING: Racing = Racing { first: 0, error: 0.0, floor: 0.0, keep: 0.0 };

/// A program brings its name: then it need not be said.
const EVALUATOR_NAME: Accessors = (
    |profile| {
        let said = |evaluator: &&EvaluatorChoice| !evaluator.name.is_empty() || evaluator.command.is_empty();
        profile.evaluator.as_ref().filter(said).and_then(|evaluator| evaluator.name.value())
    },
    |profile, value| profile.evaluator.get_or_insert(NO_EVALUATOR).name.hold(value),
);

const KEYS: &[Key] = &[
    Key::new("name", Kind::Text, Section::Report, "study name", held!(name))
        .help("Name of the study in the store.")
        .example("half-the-experts")
        .no_identity(),
    Key::new("notes", Kind::Text, Section::Report, "notes", held!(notes))
        .silence("no notes")
        .help("What the study is for, in your own words: kept with it from its beginning and shown by `attune show`.")
        .example("is a level per layer worth it?")
        .kept()
        .advanced(),
    Key::new("model", Kind::Folder, Section::Model, "model", held!(model))
        .help("Folder of the model in the Hugging Face layout, relative to the profile.")
        .example("../models/tiny-moe")
        .freed_by("evaluator"),
    Key::new("evaluator.name", Kind::Component, Section::Model, "evaluator", EVALUATOR_NAME)
        .silence("the model's folder decides, or the command")
        .wants("the name of an evaluator, which `attune evaluator list` has, or the path of a .wasm file")
        .help("Who applies plans to the model, or to whatever else is searched, and scores them: built in or a .wasm file.")
        .example("native")
        .off("Empty: the model's folder decides, or the command.")
        .advanced(),
    Key::new("evaluator.command", Kind::Command, Section::Model, "evaluator command", held!(evaluator? command: NO_EVALUATOR))
        .silence("the evaluator of that name, as it is found")
        .help(
            "A program that is an evaluator (evaluator-protocol.md), with its arguments. A path that is there beside the profile \
             is relative to it. `model` may then be what the program takes in its place, as the id of a model on a hub, or empty, \
             and so may the data. Where a program lies means nothing to a result; its name, version and numerics do.",
        )
        .example(r#"["python", "my_eval.py"]"#)
        .off("Empty: an evaluator is known by its name.")
        .kept()
        .advanced(),
    Key::new("evaluator.options", Kind::Options, Section::Model, "", held!(evaluator? options: NO_EVALUATOR))
        .defaults("{}")
        .help("Its options; `attune evaluator show NAME` lists them.")
        .example("{}"),
    Key::new("technique.name", Kind::Component, Section::Technique, "technique", held!(technique.name))
        .help("What is searched: a compression method, built in or a .wasm file.")
        .example("expert-pruning"),
    Key::new("technique.options", Kind::Options, Section::Technique, "", held!(technique.options))
        .defaults("{}")
        .help("Its options; `attune technique show NAME` lists them.")
        .example(r#"{"keep": 4}"#),
    Key::new("target", Kind::Text, Section::Technique, "target", held!(target))
        .silence("nothing is limited")
        .help(
            "The engine that is to load the result: the search keeps to what it can express, and `attune export` goes there. \
             `attune target list` has them.",
        )
        .example("mlx")
        .wants("the name of a target; `attune target list` has them")
        .comment("The search keeps to what this engine can express.")
        .order(1)
        .advanced(),
    Key::new("task.kind", Kind::Text, Section::Data, "task", held!(task.kind))
        .silence("the first task of the evaluator")
        .help("What is measured; `attune evaluator show NAME` lists the tasks of an evaluator.")
        .example("images")
        .order(1)
        .advanced(),
    Key::new("task.selection", Kind::Data, Section::Data, "tune on", held!(task.selection))
        .help("Data that the search tunes on.")
        .example("../models/tiny-moe/data/code.selection.txt")
        .comment("The search tunes on `selection`; the table is made on `report`, which it never sees.")
        .freed_by("evaluator"),
    Key::new("task.report", Kind::Data, Section::Data, "report on", held!(task.report))
        .help("Data that the result is reported on; the search never sees it, so it is another file.")
        .example("../models/tiny-moe/data/code.report.txt")
        .freed_by("evaluator"),
    Key::new("task.elsewhere", Kind::Files, Section::Report, "report also on", held!(task.elsewhere))
        .defaults("{}")
        .help("Report data of other domains, by name: what the tuning costs there.")
        .example(r#"{"prose": "../models/tiny-moe/data/prose.report.txt"}"#)
        .advanced()
        .quiet()
        .comment("What the tuning costs on other text."),
    Key::new("task", Kind::Settings, Section::Data, "", held!(task.options))
        .defaults("{}")
        .help("Options of the task, each a key of its own; the evaluator says which there are.")
        .example("128"),
    Key::new("objectives", Kind::Objectives, Section::Search, "objective", held!(objectives))
        .silence("the first metric of the task, in its own direction")
        .help("What counts, most important first.")
        .example(r#"[(metric: "kl", direction: minimise), (metric: "memory", direction: minimise)]"#),
    Key::new("strategy.name", Kind::Text, Section::Search, "strategy", held!(strategy.name))
        .defaults(DEFAULT_STRATEGY)
        .help("The search algorithm.")
        .example("random"),
    Key::new("strategy.options", Kind::Options, Section::Search, "", held!(strategy.options))
        .defaults("{}")
        .help("Its options; the search algorithm says which there are.")
        .example(r#"{"generation": 8}"#)
        .order(1),
    Key::new("strategy.sensitivities", Kind::File, Section::Search, "sensitivities", held!(sensitivities))
        .silence("measured, where the search algorithm plans with some")
        .help(
            "A sensitivity table that was measured before, for `profiling` and `hybrid` (interchange.md): a CSV as `attune \
             sensitivities` writes it, a JSON of `mlx_lm.dynamic_quant`, or a measurement.json of ExLlamaV3. What it says is not \
             measured again.",
        )
        .example("sensitivities.csv")
        .order(1)
        .advanced()
        .quiet(),
    Key::new("trials", Kind::Whole { min: 1, max: MOST_TRIALS }, Section::Search, "trials", held!(trials))
        .unit("configs")
        .help("How many configs are tried: the budget.")
        .example("200")
        .suggest("200")
        .no_identity(),
    Key::new("items", Kind::Whole { min: 1, max: MOST }, Section::Search, "items per trial", held!(items))
        .unit("items of the selection data")
        .help("Pieces of data that score a trial. Few are fast, and the search fits noise.")
        .example("32")
        .suggest("32"),
    Key::new("start.study", Kind::Text, Section::Search, "start from study", held!(start? study: NO_START))
        .help("A study of this store whose winner the search starts from as well, as merging starts from pruning.")
        .example("quickstart")
        .wants("the name of a study in the store")
        .order(1)
        .advanced()
        .comment("The search starts from this as well.")
        .off("Empty: none."),
    Key::new("start.trial", Kind::Whole { min: 0, max: u64::MAX }, Section::Search, "start from trial", held!(start? trial: NO_START))
        .silence("the winner")
        .unit("")
        .help("Number of the trial to start from.")
        .example("7")
        .order(1)
        .advanced(),
    Key::new("racing.first", Kind::Whole { min: 1, max: MOST }, Section::Search, "race after items", held!(racing? first: NO_RACING))
        .defaults("4")
        .unit("items")
        .help("Items after which a trial that cannot win any more is dropped; then twice as many, and so on.")
        .example("8")
        .order(1)
        .advanced()
        .comment("A trial that cannot win any more is dropped after so many items, twice as many, and so on.")
        .off("0 scores every trial on all items. Needs one objective that is minimised."),
    Key::new(
        "racing.error",
        Kind::Share { zero: false, one: false, of: "a probability" },
        Section::Search, "race error", held!(racing? error: NO_RACING),
    )
    .defaults("0.05")
    .help("Largest probability of dropping a trial that is as good as the one it races against.")
    .example("0.01")
    .order(1)
    .advanced(),
    Key::new("racing.floor", Kind::Share { zero: true, one: true, of: "a share" }, Section::Search, "race floor", held!(racing? floor: NO_RACING))
        .defaults("0.0")
        .help(
            "Share of its rival's loss that no trial is assumed to undercut on any item; 0 assumes nothing and drops less.",
        )
        .example("0.5")
        .order(1)
        .advanced(),
    Key::new("racing.keep", Kind::Share { zero: false, one: true, of: "a share" }, Section::Search, "keep after stages", held!(racing? keep: NO_RACING))
        .defaults("1.0")
        .help(
            "Share of a generation that goes on after each stage, the best so far. 1 drops nobody but who loses a race; 0.5 \
             is much cheaper and may drop a good trial.",
        )
        .example("0.5")
        .identity_unless_default()
        .quiet()
        .order(1)
        .advanced(),
    Key::new("deadline_seconds", Kind::Whole { min: 1, max: LONGEST_DEADLINE }, Section::Search, "seconds per trial", held!(deadline_seconds))
        .defaults("600")
        .unit("seconds")
        .help("A trial that takes longer has failed.")
        .example("60")
        .quiet()
        .order(3)
        .advanced(),
    Key::new("seed", Kind::Whole { min: 0, max: u64::MAX }, Section::Search, "seed", held!(seed))
        .defaults("0")
        .help("The same seed gives the same study.")
        .example("1")
        .order(2)
        .advanced(),
    Key::new("report.items", Kind::Whole { min: 0, max: MOST }, Section::Report, "report items", held!(report.items))
        .defaults("0")
        .unit("items of the report data")
        .help("Pieces of the report data; 0 takes all.")
        .example("128")
        .advanced(),
    // The mean of 16 is known to a quarter of what configs differ by; of 30 to a fifth, for twice the work.
    Key::new("report.random", Kind::Whole { min: 0, max: MOST_RANDOM }, Section::Report, "random configs", held!(report.random))
        .defaults("16")
        .unit("configs")
        .help("Random configs that the result is compared with.")
        .example("30")
        .advanced(),
    Key::new("report.baselines", Kind::Files, Section::Report, "against recipes", held!(baselines))
        .defaults("{}")
        .help(
            "Recipes of other quantisers that the result is compared with, by the names of their rows (interchange.md): AutoRound's \
             `layer_config`, ModelOpt's `hf_quant_config.json`, a GGUF file for its types, a file for `llama-quantize \
             --tensor-type-file`, or a plan of attune.",
        )
        .example(r#"{"autoround": "layer_config.json"}"#)
        .identity_unless_default()
        .advanced()
        .quiet()
        .comment("What others chose, scored beside the winner."),
];

impl Key {
    /// A key that has to be named and is part of the identity.
    const fn new(
        path: &'static str,
        kind: Kind,
        section: Section,
        label: &'static str,
        (get, put): Accessors,
    ) -> Self {
        let (silence, identity) = (Silence::Refused, Identity::Part);
        let field = FormField {
            section,
            label,
            advanced: false,
            order: 0,
            suggestion: "",
            comment: "",
            off: "",
            quiet: false,
        };
        Self {
            path,
            kind,
            unit: "",
            silence,
            help: "",
            example: "",
            freed_by: "",
            wants: "",
            field,
            identity,
            get,
            put,
        }
    }

    const fn defaults(self, value: &'static str) -> Self {
        Self { silence: Silence::Default(value), ..self }
    }

    const fn silence(self, means: &'static str) -> Self {
        Self { silence: Silence::Means(means), ..self }
    }

    const fn unit(self, unit: &'static str) -> Self {
        Self { unit, ..self }
    }

    const fn help(self, help: &'static str) -> Self {
        Self { help, ..self }
    }

    const fn example(self, example: &'static str) -> Self {
        Self { example, ..self }
    }

    const fn freed_by(self, freed_by: &'static str) -> Self {
        Self { freed_by, ..self }
    }

    const fn wants(self, wants: &'static str) -> Self {
        Self { wants, ..self }
    }

    const fn no_identity(self) -> Self {
        Self { identity: Identity::No, ..self }
    }

    const fn kept(self) -> Self {
        Self { identity: Identity::Kept, ..self }
    }

    const fn identity_unless_default(self) -> Self {
        Self { identity: Identity::PartUnlessDefault, ..self }
    }

    const fn advanced(mut self) -> Self {
        self.field.advanced = true;
        self
    }

    const fn order(mut self, order: u8) -> Self {
        self.field.order = order;
        self
    }

    const fn comment(mut self, comment: &'static str) -> Self {
        self.field.comment = comment;
        self
    }

    const fn off(mut self, off: &'static str) -> Self {
        self.field.off = off;
        self
    }

    const fn suggest(mut self, suggestion: &'static str) -> Self {
        self.field.suggestion = suggestion;
        self
    }

    const fn quiet(mut self) -> Self {
        self.field.quiet = true;
        self
    }
}
