//! On what an evaluator is tried: the model and the data of a profile, or what a person names in their place.

use std::path::{Path, PathBuf};

use attune_core::profile::{EvaluatorChoice, Profile};

use super::{example, of_profile};
use crate::error::{Error, OtherEvaluator};
use crate::factory::{TORCH, beside, is_component, is_component_file, is_native};
use crate::setup::ReadProfile;

/// The evaluator of this build whose example a language model in another process is tried on.
const TEXT: &str = "native";

/// Which evaluator is tried, on what.
#[derive(Clone, Debug, Default)]
pub struct TrialOptions {
    /// The evaluator; paths in its command are relative to the working directory.
    pub evaluator: EvaluatorChoice,
    /// A profile, whose model and task are meant.
    pub profile: Option<PathBuf>,
    /// The model, or what the evaluator takes in its place.
    pub model: Option<String>,
    /// Data in the place of the selection data.
    pub selection: Option<String>,
    /// Data in the place of the report data.
    pub report: Option<String>,
    /// Values of keys of the profile, as `--set KEY=VALUE` gives them.
    pub sets: Vec<(String, String)>,
}

/// A study that nobody runs: what is in no profile has to be said.
const BARE: &str = r#"(
    version: 1, name: "check", model: "", technique: (name: "kv-bits"),
    task: (selection: "", report: ""), trials: 1, items: 8,
)"#;

/// The profile that an evaluator is tried with, and its file, which need not exist.
///
/// # Errors
/// When there is nothing to try it on, or it does not take what is there.
pub fn trial(options: &TrialOptions) -> Result<(Profile, PathBuf), Error> {
    let TrialOptions { evaluator, profile, model, selection, report, sets } = options;
    let own = [("model", model), ("task.selection", selection), ("task.report", report)];
    let own = own.into_iter().filter_map(|(key, value)| Some((key, value.as_ref()?)));
    let mut all: Vec<(String, String)> = own.map(|(key, value)| (key.to_owned(), from_here(value))).collect();
    let named = !all.is_empty();
    if !evaluator.command.is_empty() {
        let words = beside(&evaluator.command, Path::new(""));
        all.push(("evaluator.command".to_owned(), format!("{words:?}")));
    }
    if !evaluator.name.is_empty() {
        let name = match is_component_file(&evaluator.name) {
            true => from_here(&evaluator.name),
            false => evaluator.name.clone(),
        };
        all.push(("evaluator.name".to_owned(), name));
    }
    all.extend(sets.iter().cloned());
    let native = is_native(evaluator);
    let file = match profile {
        Some(file) => Some(file.clone()),
        None if named => None,
        None if native => Some(example(&evaluator.name)?),
        None if evaluator.name == TORCH => Some(example(TEXT)?),
        // One that generates its data needs no profile.
        None if is_component(evaluator) => example(&evaluator.name).ok(),
        None => None,
    };
    let read = match &file {
        Some(file) if native => {
            // Said before the model is read, which takes long: what the profile is for by itself.
            let meant = of_profile(&ReadProfile::of_file(file, sets.clone())?.checked()?, file)?;
            if meant != evaluator.name {
                let (file, wanted) = (file.clone(), evaluator.name.clone());
                return Err(Error::input(OtherEvaluator { file, meant, wanted }));
            }
            ReadProfile::of_file(file, all)?
        }
        Some(file) => ReadProfile::of_file(file, all)?,
        None => {
            ReadProfile::of_text(Path::new("check.ron"), "what is checked".to_owned(), BARE.to_owned(), all)?
        }
    };
    Ok((read.checked()?, file.unwrap_or_else(|| PathBuf::from("check.ron"))))
}

/// The absolute path of what is there, seen from the working directory; anything else as it is.
fn from_here(text: &str) -> String {
    let absolute = Path::new(text).canonicalize().ok();
    absolute.and_then(|path| path.to_str().map(str::to_owned)).unwrap_or_else(|| text.to_owned())
}
