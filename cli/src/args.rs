//! The command line. Scripts rely on it: options may be added, none may go.

use std::path::PathBuf;

use attune::run_options::{ContinueOptions, ExportOptions};
use attune::{Study, StudyBuilder};
use attune_author::{Language, Template};
use attune_core::profile::EvaluatorChoice;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Parser, Subcommand};
use clap_complete::engine::ArgValueCandidates;

use crate::{completions, paths, topics};

/// What the number says that the program ends with.
const EXIT_CODES: &str = "Exit codes: 0 done, 1 failed while running, 2 wrong usage or bad input, 130 interrupted \
                          (run the same command again to continue).";

/// Find the best compressed configuration of a model by running it, and hand it to your engine.
#[derive(Parser)]
#[command(name = "attune", version, max_term_width = 100, disable_help_subcommand = true)]
#[command(after_help = format!("`attune help` lists topics: chapters of the book.\n\n{EXIT_CODES}"))]
#[command(after_long_help = format!("{}\n{EXIT_CODES}", topics::listed()))]
pub(crate) struct Args {
    /// Where studies are kept.
    #[arg(long, global = true, env = "ATTUNE_STORE", default_value = ".attune", value_name = "DIR")]
    #[arg(hide_env_values = true, value_parser = paths::parser())]
    pub(crate) store: PathBuf,

    /// What to do; without a command, on a terminal, the screens open.
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Run the study that a profile describes, continue it, or print its stored result.
    ///
    /// The same profile resumes where it was interrupted and, when it is finished, prints the stored
    /// result without evaluating anything. Progress goes to stderr, the result to stdout.
    Run(RunArgs),
    /// List the studies in the store; remove, rename or copy one.
    #[command(args_conflicts_with_subcommands = true)]
    Studies {
        /// One JSON object per study.
        #[arg(long)]
        json: bool,
        /// What to do with a study; without it, they are listed.
        #[command(subcommand)]
        command: Option<StudiesCommand>,
    },
    /// Go on with a study where it stands. It holds its profile: nothing has to be typed again.
    Continue(ContinueArgs),
    /// Compare the results of two studies and the configs that they found, side by side.
    Compare {
        /// One study.
        #[arg(add = ArgValueCandidates::new(completions::studies))]
        a: String,
        /// The other one.
        #[arg(add = ArgValueCandidates::new(completions::studies))]
        b: String,
        /// One JSON object with both results.
        #[arg(long)]
        json: bool,
    },
    /// Show the result of a study: the found config, what it costs, and what it was compared with.
    Show {
        /// The study, as `attune studies` lists it.
        #[arg(add = ArgValueCandidates::new(completions::studies))]
        study: String,
        /// The object of the `finished` event of `run --json`.
        #[arg(long)]
        json: bool,
    },
    /// Write the sensitivity table of a study: what every choice of the search does to the loss on its own.
    ///
    /// It is what `profiling` and `hybrid` plan with. What a study has evaluated for it comes from the store, the rest is
    /// evaluated now; no trial is run. A profile takes such a table as `strategy.sensitivities`.
    Sensitivities(SensitivitiesArgs),
    /// Write the winner (or another trial) of a study as files that another engine loads.
    Export(ExportArgs),
    /// List, show, write, build and check techniques.
    #[command(subcommand)]
    Technique(TechniqueCommand),
    /// List, show and check evaluators.
    #[command(subcommand)]
    Evaluator(EvaluatorCommand),
    /// List and show targets: the engines that results are exported to, and what they take.
    #[command(subcommand)]
    Target(TargetCommand),
    /// Check devices, evaluators, techniques, targets and the store.
    Doctor {
        /// Rebuild a damaged database from the journals. The damaged one is moved aside, not deleted.
        #[arg(long)]
        repair: bool,
    },
    /// Explain a command, or a topic: a chapter of the book.
    Help {
        /// A command, with its own commands behind it, or a topic; without it, both are listed.
        #[arg(value_name = "COMMAND|TOPIC", add = ArgValueCandidates::new(completions::topics))]
        about: Vec<String>,
    },
    /// Write man pages: one of every command (section 1) and of every topic of `attune help` (section 7).
    Man {
        /// A folder for the pages, for example `~/.local/share/man/man1`; pages that are there are replaced.
        #[arg(long, value_name = "DIR", value_parser = paths::parser())]
        out: PathBuf,
    },
    /// Print the script that makes a shell complete commands, studies, targets and devices, for example
    /// `source <(attune completions bash)`.
    Completions {
        /// bash, zsh, fish, elvish or powershell.
        shell: clap_complete::Shell,
    },
}

impl Command {
    /// Whether standard output is for scripts: then a failure is an object on it, too.
    pub(crate) fn is_json(&self) -> bool {
        match self {
            Self::Run(run) => run.json,
            Self::Continue(asked) => asked.json,
            Self::Studies { json, .. } | Self::Show { json, .. } | Self::Compare { json, .. } => *json,
            Self::Technique(TechniqueCommand::List { json } | TechniqueCommand::Show { json, .. })
            | Self::Evaluator(EvaluatorCommand::List { json } | EvaluatorCommand::Show { json, .. })
            | Self::Target(TargetCommand::List { json } | TargetCommand::Show { json, .. }) => *json,
            Self::Export(export) => export.json,
            Self::Sensitivities(_) => false,
            Self::Technique(
                TechniqueCommand::New { .. }
                | TechniqueCommand::Build { .. }
                | TechniqueCommand::Check { .. },
            )
            | Self::Evaluator(
                EvaluatorCommand::New { .. }
                | EvaluatorCommand::Build { .. }
                | EvaluatorCommand::Check { .. },
            )
            | Self::Doctor { .. }
            | Self::Help { .. }
            | Self::Man { .. }
            | Self::Completions { .. } => false,
        }
    }

    /// Whether it has to hear of signals: it runs a study, or is about an evaluator, which may be a program. The others do
    /// nothing that is lost when the system ends this process by itself.
    pub(crate) fn needs_signals(&self) -> bool {
        matches!(self, Self::Run(_) | Self::Continue(_) | Self::Sensitivities(_) | Self::Evaluator(_))
    }
}

#[derive(clap::Args)]
pub(crate) struct RunArgs {
    /// The profile: a RON file. Paths inside it are relative to it.
    #[arg(value_parser = paths::parser())]
    pub(crate) profile: PathBuf,
    /// Name of the study in the store [default: the profile's name].
    #[arg(long, value_name = "NAME")]
    pub(crate) study: Option<String>,
    /// The model's folder, instead of the profile's: where it is now. A study goes on with the same model only.
    #[arg(long, value_name = "DIR", value_parser = paths::parser())]
    pub(crate) model: Option<PathBuf>,
    /// Where to evaluate: auto, cpu, vulkan[:N], wgpu[:N], cuda[:N], metal, rocm[:N]. All but cpu need a
    /// build with the cargo feature of that name.
    #[arg(long, default_value = "auto", value_name = "DEVICE", add = ArgValueCandidates::new(completions::devices))]
    pub(crate) device: String,
    /// Seed, instead of the profile's.
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<u64>,
    /// Number of trials, instead of the profile's. More than before extends a finished study.
    #[arg(long, value_name = "N")]
    pub(crate) trials: Option<u64>,
    /// Override one key of the profile, for example `--set items=8` or `--set technique.options.keep=2`.
    #[arg(long = "set", value_name = "KEY=VALUE", value_parser = key_value)]
    #[arg(add = ArgValueCandidates::new(completions::keys))]
    pub(crate) sets: Vec<(String, String)>,
    /// Evaluations at once [default: what the device can use]. The result does not depend on it.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) workers: Option<u16>,
    /// Memory for activations of candidates, and half as much for results of the dense model, for example 512M or 8G
    /// [default: 384M, or four times the weights of a larger model, within a quarter of what is free]. The result does not
    /// depend on it.
    #[arg(long, value_name = "SIZE", value_parser = size)]
    pub(crate) activation_memory: Option<u64>,
    /// One JSON object per event on stdout; the last one is `finished`.
    #[arg(long)]
    pub(crate) json: bool,
}

impl RunArgs {
    /// The study that is asked for.
    pub(crate) fn study(&self) -> StudyBuilder {
        let numbers = [("seed", self.seed), ("trials", self.trials)];
        let numbers =
            numbers.into_iter().filter_map(|(key, number)| Some((key.to_owned(), number?.to_string())));
        let mut study = Study::builder().profile_file(&self.profile).device(&self.device);
        for (key, value) in self.sets.iter().cloned().chain(numbers) {
            study = study.set(key, value);
        }
        if let Some(model) = &self.model {
            study = study.model(model);
        }
        if let Some(name) = &self.study {
            study = study.name(name);
        }
        if let Some(workers) = self.workers {
            study = study.workers(workers);
        }
        match self.activation_memory {
            Some(bytes) => study.activation_memory(bytes),
            None => study,
        }
    }
}

#[derive(Subcommand)]
pub(crate) enum StudiesCommand {
    /// Remove studies. What they evaluated stays in the cache, for others.
    Rm {
        /// The studies, as `attune studies` lists them.
        #[arg(required = true, value_name = "STUDY", add = ArgValueCandidates::new(completions::studies))]
        studies: Vec<String>,
        /// Do not ask.
        #[arg(long, short)]
        yes: bool,
    },
    /// Give a study another name.
    Mv {
        /// The study.
        #[arg(add = ArgValueCandidates::new(completions::studies))]
        study: String,
        /// Its new name.
        to: String,
    },
    /// Copy a study under another name: its trials so far, and from there on a life of its own.
    Cp {
        /// The study.
        #[arg(add = ArgValueCandidates::new(completions::studies))]
        study: String,
        /// The name of the copy.
        to: String,
    },
}

#[derive(clap::Args)]
pub(crate) struct ContinueArgs {
    /// The study.
    #[arg(add = ArgValueCandidates::new(completions::studies))]
    pub(crate) study: String,
    /// The folder that the profile's paths are relative to [default: where the profile was].
    #[arg(long, value_name = "DIR", value_parser = paths::parser())]
    pub(crate) base: Option<PathBuf>,
    /// The model's folder, when it is no longer where the study ran.
    #[arg(long, value_name = "DIR", value_parser = paths::parser())]
    pub(crate) model: Option<PathBuf>,
    /// Where to evaluate, as for `run`.
    #[arg(long, default_value = "auto", value_name = "DEVICE")]
    pub(crate) device: String,
    /// Number of trials [default: what the last run was to reach]. More than before extends a finished study.
    #[arg(long, value_name = "N")]
    pub(crate) trials: Option<u64>,
    /// Evaluations at once, as for `run`.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) workers: Option<u16>,
    /// Memory for activations of candidates, as for `run`.
    #[arg(long, value_name = "SIZE", value_parser = size)]
    pub(crate) activation_memory: Option<u64>,
    /// One JSON object per event on stdout; the last one is `finished`.
    #[arg(long)]
    pub(crate) json: bool,
}

impl ContinueArgs {
    /// How the study is continued.
    pub(crate) fn options(&self) -> ContinueOptions {
        ContinueOptions {
            base: self.base.clone(),
            model: self.model.clone(),
            trials: self.trials,
            workers: self.workers,
            activation_memory: self.activation_memory,
            ..ContinueOptions::new(&self.study, &self.device)
        }
    }
}

#[derive(clap::Args)]
pub(crate) struct SensitivitiesArgs {
    /// A study of the store, or a profile: a RON file.
    #[arg(value_name = "STUDY|PROFILE", add = ArgValueCandidates::new(completions::studies))]
    pub(crate) of: String,
    /// The form: `csv` (a row for each choice), `mlx` (JSON for `mlx_lm.dynamic_quant --sensitivities`) or `exl3`
    /// (measurement.json for ExLlamaV3's `util/optimize.py`).
    #[arg(long, default_value = "csv", value_name = "FORM", value_parser = ["csv", "mlx", "exl3"])]
    pub(crate) format: String,
    /// Of which bits `mlx` (a lower and a higher number) or `exl3` tells [default: all below 16 that are searched].
    #[arg(long, value_name = "N,N", value_delimiter = ',', value_parser = clap::value_parser!(u32).range(1..=16))]
    pub(crate) bits: Vec<u32>,
    /// A file for the table, which is replaced [default: standard output].
    #[arg(long, value_name = "FILE", value_parser = paths::parser())]
    pub(crate) out: Option<PathBuf>,
    /// The folder that the profile's paths are relative to, for a study [default: where the profile was].
    #[arg(long, value_name = "DIR", value_parser = paths::parser())]
    pub(crate) base: Option<PathBuf>,
    /// The model's folder, when it is another one than the profile's.
    #[arg(long, value_name = "DIR", value_parser = paths::parser())]
    pub(crate) model: Option<PathBuf>,
    /// Where to evaluate, as for `run`.
    #[arg(long, default_value = "auto", value_name = "DEVICE", add = ArgValueCandidates::new(completions::devices))]
    pub(crate) device: String,
    /// Override one key of a profile, as for `run`.
    #[arg(long = "set", value_name = "KEY=VALUE", value_parser = key_value)]
    #[arg(add = ArgValueCandidates::new(completions::keys))]
    pub(crate) sets: Vec<(String, String)>,
    /// Evaluations at once, as for `run`.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) workers: Option<u16>,
    /// Memory for activations of candidates, as for `run`.
    #[arg(long, value_name = "SIZE", value_parser = size)]
    pub(crate) activation_memory: Option<u64>,
}

#[derive(clap::Args)]
pub(crate) struct ExportArgs {
    /// The study.
    #[arg(add = ArgValueCandidates::new(completions::studies))]
    pub(crate) study: String,
    /// The target, one of `attune target list`: `plan` (versioned JSON, every technique), `hf`, `gguf`, `mlx`, `vllm` and more
    /// [default: the one that the study was searched for].
    #[arg(long, value_name = "TARGET", add = ArgValueCandidates::new(completions::targets))]
    pub(crate) to: Option<String>,
    /// The model's folder, when it is no longer where the study ran.
    #[arg(long, value_name = "DIR", value_parser = paths::parser())]
    pub(crate) model: Option<PathBuf>,
    /// A new or empty folder for the files, or one with an earlier export of the same study, which is replaced.
    #[arg(long, value_name = "DIR", value_parser = paths::parser())]
    pub(crate) out: PathBuf,
    /// Export this trial instead of the winner.
    #[arg(long, value_name = "ID")]
    pub(crate) trial: Option<u64>,
    /// Export even where the target expresses the plan only approximately.
    #[arg(long)]
    pub(crate) approximate: bool,
    /// Have an engine of the target that is on this machine run what was exported, and compare it with what was scored;
    /// exit code 1 when it computes something else.
    #[arg(long)]
    pub(crate) verify: bool,
    /// Print one JSON object instead of a table.
    #[arg(long)]
    pub(crate) json: bool,
}

impl ExportArgs {
    /// What is exported, and where to.
    pub(crate) fn options(&self) -> ExportOptions {
        ExportOptions {
            study: self.study.clone(),
            to: self.to.clone(),
            model: self.model.clone(),
            out: self.out.clone(),
            trial: self.trial,
            approximate: self.approximate,
        }
    }
}

#[derive(Subcommand)]
pub(crate) enum TechniqueCommand {
    /// List the techniques that come with attune.
    List {
        /// One JSON object with all of them, each as `show --json` has it.
        #[arg(long)]
        json: bool,
    },
    /// Show what a technique does, its options and its defaults.
    Show {
        /// A built-in technique or a `.wasm` file.
        #[arg(add = ArgValueCandidates::new(completions::techniques))]
        name: String,
        /// One JSON object.
        #[arg(long)]
        json: bool,
    },
    /// Write a new project in a folder of its name: a technique, its test, a profile and a page about itself.
    New {
        /// Name of the technique: lower-case letters, digits and hyphens.
        name: String,
        /// What it is written in.
        #[arg(long, value_name = "LANGUAGE", default_value = Language::ALL[0].name(), value_parser = language())]
        lang: Language,
        /// What it begins as.
        #[arg(long, value_name = "TEMPLATE", default_value = Template::ALL[0].name(), value_parser = template())]
        from: Template,
    },
    /// Make the component of a project, write it as NAME.wasm there, and check it.
    ///
    /// The language is that of the project: src/lib.rs, src/technique.py or src/technique.js. What makes the component (cargo,
    /// componentize-py, componentize-qjs) runs what the project tells it to, build scripts included: of a stranger's technique, check
    /// the component.
    Build {
        /// Folder of the project.
        #[arg(default_value = ".", value_name = "DIR", value_parser = paths::parser())]
        folder: PathBuf,
    },
    /// Load a component as a study would and exercise every function it exports; a project is built first, as by `build`.
    Check {
        /// The component, or the folder of a project, which is built first.
        #[arg(default_value = ".", value_name = "FILE", value_parser = paths::parser())]
        file: PathBuf,
        /// Check again after every change of the component, or of the project's sources.
        #[arg(long)]
        watch: bool,
        /// A model to try it on: its folder, or a config.json alone. May be given several times
        /// [default: small ones that are made up].
        #[arg(long = "model", value_name = "PATH", value_parser = paths::parser())]
        models: Vec<PathBuf>,
        /// A component evaluator that brings its edits, by name or as a `.wasm` file: it is tried on what that evaluates.
        #[arg(long, value_name = "EVALUATOR", conflicts_with = "models")]
        #[arg(add = ArgValueCandidates::new(completions::evaluators))]
        evaluator: Option<String>,
    },
}

/// Reads the name of a language.
fn language() -> impl TypedValueParser<Value = Language> {
    PossibleValuesParser::new(Language::ALL.map(Language::name))
        .map(|name| Language::of(&name).unwrap_or(Language::Rust))
}

/// Reads the name of a template.
fn template() -> impl TypedValueParser<Value = Template> {
    let named = |template: Template| PossibleValue::new(template.name()).help(template.summary());
    PossibleValuesParser::new(Template::ALL.map(named))
        .map(|name| Template::of(&name).unwrap_or(Template::Empty))
}

#[derive(Subcommand)]
pub(crate) enum EvaluatorCommand {
    /// List the evaluators that come with attune, and their tasks.
    List {
        /// One JSON object with all of them, each as `show --json` has it.
        #[arg(long)]
        json: bool,
    },
    /// Show what an evaluator does, its edits, its tasks, their metrics, options and defaults.
    Show {
        #[command(flatten)]
        evaluator: EvaluatorArgs,
        /// One JSON object.
        #[arg(long)]
        json: bool,
    },
    /// Write a new project in a folder of its name: an evaluator in Rust that becomes a component, a study of it and a page about itself.
    New {
        /// Name of the evaluator: lower-case letters, digits and hyphens.
        name: String,
    },
    /// Make the component of a project, write it as NAME.wasm there, and check it.
    ///
    /// What makes the component (cargo) runs what the project tells it to, build scripts included: of a stranger's evaluator, check the
    /// component.
    Build {
        /// Folder of the project.
        #[arg(default_value = ".", value_name = "DIR", value_parser = paths::parser())]
        folder: PathBuf,
    },
    /// Open an evaluator as a study would and try everything that evaluators promise, on plans that are made up.
    Check {
        #[command(flatten)]
        evaluator: EvaluatorArgs,
        /// The profile whose model and task it is tried on [default: one that comes with attune].
        #[arg(long, value_name = "FILE", value_parser = paths::parser())]
        profile: Option<PathBuf>,
        /// The model, instead of the profile's: a folder, or what the evaluator takes in its place.
        #[arg(long)]
        model: Option<String>,
        /// Data to tune on, instead of the profile's.
        #[arg(long, value_name = "FILE")]
        selection: Option<String>,
        /// Data to report on, instead of the profile's.
        #[arg(long, value_name = "FILE")]
        report: Option<String>,
        /// Override one key of the profile, as for `run`: `--set evaluator.options.NAME=…`, `--set task.NAME=…`.
        #[arg(long = "set", value_name = "KEY=VALUE", value_parser = key_value)]
        #[arg(add = ArgValueCandidates::new(completions::keys))]
        sets: Vec<(String, String)>,
        /// Where to evaluate, as for `run`.
        #[arg(long, default_value = "cpu", value_name = "DEVICE", add = ArgValueCandidates::new(completions::devices))]
        device: String,
    },
}

#[derive(Subcommand)]
pub(crate) enum TargetCommand {
    /// List the targets, with the edits that they take.
    List {
        /// One JSON object with all of them, each as `show --json` has it.
        #[arg(long)]
        json: bool,
    },
    /// Show what a target takes of which edits, how exactly, and how that was checked.
    Show {
        /// A target, as `attune target list` names it.
        #[arg(add = ArgValueCandidates::new(completions::targets))]
        name: String,
        /// One JSON object.
        #[arg(long)]
        json: bool,
    },
}

/// An evaluator: one that has a name, or a program.
#[derive(clap::Args)]
pub(crate) struct EvaluatorArgs {
    /// An evaluator, as `attune evaluator list` names it, or the path of a `.wasm` file.
    #[arg(add = ArgValueCandidates::new(completions::evaluators))]
    #[arg(required_unless_present = "command", conflicts_with = "command")]
    name: Option<String>,
    /// A program that is an evaluator (docs/evaluator-protocol.md), with its arguments, in the place of a name.
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<String>,
}

impl EvaluatorArgs {
    /// The evaluator that is meant.
    pub(crate) fn choice(&self) -> EvaluatorChoice {
        let (name, command) = (self.name.clone().unwrap_or_default(), self.command.clone());
        EvaluatorChoice { command, ..EvaluatorChoice::named(name) }
    }
}

/// Bytes, with a binary suffix K, M, G or T.
fn size(text: &str) -> Result<u64, String> {
    let text = text.trim();
    let digits = text.trim_end_matches(|last: char| last.is_ascii_alphabetic());
    let power = match text[digits.len()..].to_ascii_uppercase().trim_end_matches("IB").trim_end_matches('B') {
        "" => 0,
        "K" => 1,
        "M" => 2,
        "G" => 3,
        "T" => 4,
        _ => return Err("expected bytes, or a number with K, M, G or T, for example 8G".to_owned()),
    };
    let bytes = digits.parse::<u64>().ok().and_then(|number| number.checked_mul(1 << (10 * power)));
    bytes.ok_or_else(|| "expected bytes, or a number with K, M, G or T, for example 8G".to_owned())
}

fn key_value(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.trim().to_owned(), value.trim().to_owned())),
        _ => Err("expected KEY=VALUE, for example trials=50".to_owned()),
    }
}
