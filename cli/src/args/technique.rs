//! What is done with techniques.

use std::path::PathBuf;

use attune_author::{Language, Template};
use clap::Subcommand;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap_complete::engine::ArgValueCandidates;

use crate::{completions, paths};

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

impl TechniqueCommand {
    /// Whether standard output is for scripts.
    pub(super) fn is_json(&self) -> bool {
        match self {
            Self::List { json } | Self::Show { json, .. } => *json,
            Self::New { .. } | Self::Build { .. } | Self::Check { .. } => false,
        }
    }
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
