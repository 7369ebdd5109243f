//! Answers of the backend to a draft. Those about something that has changed since are dropped.

use attune::backend::{Check, ModelFound, SaveError, Timing};
use attune_core::evaluator::EvaluatorSpec;
use attune_core::profile::{EvaluatorChoice, Profile};
use attune_core::space::Count;
use attune_core::technique::TechniqueInfo;

use super::steps;
use crate::draft::{Checked, Draft, fields, said_by};
use crate::effect::Effect;
use crate::modal::Modal;
use crate::model::{Model, Screen};

pub(crate) fn catalogue_arrived(model: &mut Model) -> Vec<Effect> {
    match &mut model.draft {
        None => Vec::new(),
        Some(draft) => {
            // Techniques that it describes need not be asked about.
            draft.technique_name = String::new();
            steps::settle(model)
        }
    }
}

pub(crate) fn model_arrived(
    model: &mut Model,
    path: &str,
    evaluator: &Option<EvaluatorChoice>,
    found: Result<Box<ModelFound>, String>,
) -> Vec<Effect> {
    let asked = |draft: &&mut Draft| draft.model_path == path && draft.model_for == *evaluator;
    let Some(draft) = model.draft.as_mut().filter(asked) else {
        return Vec::new();
    };
    draft.model = Some(found.map(|found| *found));
    steps::settle(model)
}

pub(crate) fn evaluator_arrived(
    model: &mut Model,
    evaluator: &EvaluatorChoice,
    found: Result<Box<EvaluatorSpec>, String>,
) -> Vec<Effect> {
    let asked = |draft: &&mut Draft| draft.worker.as_ref() == Some(evaluator);
    let Some(draft) = model.draft.as_mut().filter(asked) else {
        return Vec::new();
    };
    draft.evaluator = Some(found.map(|found| *found));
    steps::settle(model)
}

pub(crate) fn technique_arrived(
    model: &mut Model,
    name: &str,
    found: Result<Box<TechniqueInfo>, String>,
) -> Vec<Effect> {
    let Some(draft) = model.draft.as_mut().filter(|draft| draft.technique_name == name) else {
        return Vec::new();
    };
    match found {
        Ok(info) => {
            draft.technique = Some(info.options);
            draft.summary = info.summary;
            steps::settle(model)
        }
        Err(reason) => {
            steps::blame(draft, fields::TECHNIQUE, &reason);
            Vec::new()
        }
    }
}

/// A profile was read: its fields open.
pub(crate) fn profile_arrived(
    model: &mut Model,
    path: &str,
    found: Result<(String, Box<Profile>), String>,
) -> Vec<Effect> {
    // From the list, or after it was edited.
    let edited = model.draft.as_ref().is_some_and(|draft| draft.file == path && !draft.changed());
    if model.screen != Screen::Home && !(model.screen == Screen::Draft && edited) {
        return Vec::new();
    }
    let (file, profile) = match found {
        Ok(found) => found,
        Err(reason) => {
            model.complain(reason);
            return Vec::new();
        }
    };
    let is_its_own = file == path;
    let said = said_by(&profile);
    steps::open(model, file, said.clone());
    let effects = steps::settle(model);
    if let Some(draft) = &mut model.draft {
        draft.incomplete = !draft.says_all_of(&profile);
        draft.saved = is_its_own.then_some(said);
    }
    effects
}

pub(crate) fn checked(model: &mut Model, ticket: u64, check: Check) {
    let Some(draft) = model.draft.as_mut().filter(|draft| draft.ticket == ticket) else { return };
    draft.checked = if check.faults.is_empty() { Checked::Yes(None) } else { Checked::No };
    for fault in check.faults {
        steps::blame(draft, &fault.path, &fault.message);
    }
}

pub(crate) fn counted(model: &mut Model, ticket: u64, space: Count) {
    let Some(draft) = model.draft.as_mut().filter(|draft| draft.ticket == ticket) else { return };
    if let Checked::Yes(counted) = &mut draft.checked {
        *counted = Some(space);
    }
}

pub(crate) fn timed(model: &mut Model, ticket: u64, timing: Result<Timing, String>) {
    let Some(draft) = model.draft.as_mut().filter(|draft| draft.ticket == ticket) else { return };
    draft.timing_since = None;
    draft.timing = Some(timing);
}

pub(crate) fn saved(model: &mut Model, path: &str, result: Result<(), SaveError>) -> Vec<Effect> {
    let Some(draft) = model.draft.as_mut().filter(|draft| draft.file == path) else { return Vec::new() };
    match result {
        Ok(()) => {
            draft.saved = Some(draft.said.clone());
            draft.file_named = true;
            if std::mem::take(&mut draft.launching) {
                return steps::launch_saved(model);
            }
            model.say(format!("wrote {path}"));
        }
        Err(SaveError::Exists) => model.modals.push(Modal::Replace { path: path.to_owned() }),
        Err(SaveError::Failed(reason)) => {
            draft.launching = false;
            model.complain(reason);
        }
    }
    Vec::new()
}
