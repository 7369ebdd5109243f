//! Answers of the desk to a draft. Those about something that has changed since are dropped.

use attune_core::profile::Profile;
use attune_core::space::Count;
use attune_core::technique::TechniqueInfo;

use super::{Checked, fields, fill, steps};
use crate::desk::{Catalogue, Check, ModelFound, SaveError, Timing};
use crate::effect::Effect;
use crate::modal::Modal;
use crate::model::{Model, Screen};

pub(crate) fn catalogue_arrived(model: &mut Model) -> Vec<Effect> {
    let Some(draft) = &model.draft else { return Vec::new() };
    let untouched = draft.saved.is_some() && !draft.changed();
    steps::choose_first(model);
    let effects = steps::after_change(model, "technique.name");
    // A profile that was read first is written in other words now, and is still what is on disk.
    if let Some(draft) = model.draft.as_mut().filter(|_| untouched) {
        draft.saved = Some(draft.profile_text());
    }
    effects
}

pub(crate) fn model_arrived(
    model: &mut Model,
    path: &str,
    found: Result<Box<ModelFound>, String>,
) -> Vec<Effect> {
    let Some(draft) = model.draft.as_mut().filter(|draft| draft.text("model") == path) else {
        return Vec::new();
    };
    draft.model = Some(found.map(|found| *found));
    // A text that was made for selection and another one for the report are the usual choice.
    if let Some(Ok(found)) = &draft.model {
        let texts = found.texts.clone();
        for (field, word) in [("task.selection", "selection"), ("task.report", "report")] {
            let fits = |text: &&String| text.rsplit('/').next().is_some_and(|file| file.contains(word));
            if draft.text(field).is_empty()
                && let Some(text) = texts.iter().find(fits)
            {
                draft.set(field, text);
            }
        }
    }
    let refused = match &draft.model {
        Some(Err(reason)) => Some(reason.clone()),
        _ => None,
    };
    let effects = steps::after_change(model, "");
    if let (Some(draft), Some(reason)) = (&mut model.draft, refused) {
        draft.checked = Checked::No;
        steps::blame(draft, "model", &reason);
        return Vec::new();
    }
    effects
}

pub(crate) fn technique_arrived(
    model: &mut Model,
    name: &str,
    found: Result<Box<TechniqueInfo>, String>,
) -> Vec<Effect> {
    let none = Catalogue::default();
    let catalogue = model.catalogue.as_ref().unwrap_or(&none);
    let Some(draft) = model.draft.as_mut().filter(|draft| draft.text("technique.name") == name) else {
        return Vec::new();
    };
    match found {
        Ok(info) => {
            let untouched = draft.saved.is_some() && !draft.changed();
            draft.technique = Some(info.options);
            draft.summary = info.summary;
            fields::generate(draft, catalogue, &model.setup.device);
            if untouched {
                draft.saved = Some(draft.profile_text());
            }
            steps::check(draft).into_iter().collect()
        }
        Err(reason) => {
            steps::blame(draft, "technique.name", &reason);
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
    if model.screen != Screen::Home {
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
    steps::open(model, file);
    if let Some(draft) = &mut model.draft {
        draft.name_given = true;
        fill::fill(draft, &profile);
    }
    // Now that technique and strategy are known, their options have fields; they keep what was filled in.
    let effects = steps::after_change(model, "technique.name");
    if let Some(draft) = &mut model.draft {
        fill::fill(draft, &profile);
        draft.incomplete = !draft.says_all_of(&profile);
        draft.saved = is_its_own.then(|| draft.profile_text());
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
            draft.saved = Some(draft.profile_text());
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
