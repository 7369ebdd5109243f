//! What the backend answers.

use attune::backend::{Answer, Opening, Request, RunLocation};

use super::{compare, draft};
use crate::effect::Effect;
use crate::modal::Modal;
use crate::model::{Model, Screen};
use crate::study::Study;

pub(super) fn receive(model: &mut Model, answer: Answer) -> Vec<Effect> {
    match answer {
        Answer::Studies(studies) => model.home.set_studies(studies),
        Answer::Profiles(profiles) => model.home.set_profiles(profiles),
        Answer::Catalogue(Ok(catalogue)) => {
            model.catalogue = Some(*catalogue);
            return draft::catalogue_arrived(model);
        }
        Answer::Catalogue(Err(reason)) => model.complain(reason),
        Answer::Model { path, evaluator, found } => {
            return draft::model_arrived(model, &path, &evaluator, found);
        }
        Answer::Evaluator { evaluator, found } => {
            return draft::evaluator_arrived(model, &evaluator, found);
        }
        Answer::Technique { name, found } => return draft::technique_arrived(model, &name, found),
        Answer::Folder { folder, listing } => {
            if let Some(Modal::Choose(chooser)) = model.modals.last_mut() {
                chooser.listed(&folder, listing);
            }
        }
        Answer::Profile { path, found } => return draft::profile_arrived(model, &path, found),
        Answer::Checked { ticket, check } => draft::checked(model, ticket, check),
        Answer::Counted { ticket, space } => draft::counted(model, ticket, space),
        Answer::Timed { ticket, timing } => draft::timed(model, ticket, timing),
        Answer::Saved { path, result } => return draft::saved(model, &path, result),
        Answer::Opened(Ok(opening)) => opened(model, *opening),
        Answer::Opened(Err(reason)) => {
            if model.screen == Screen::Compare {
                (model.screen, model.compare) = (Screen::Home, None);
            }
            if let Screen::Opening(_) = model.screen {
                model.screen = if model.draft.is_some() { Screen::Draft } else { Screen::Home };
            }
            model.complain(reason);
        }
        Answer::Event { study, event } => {
            let now = model.now;
            if let Some(study) = model.studies.get_mut(&study) {
                study.hear(event, now);
            }
        }
        Answer::Ended { study, failure } => {
            let now = model.now;
            if let Some(study) = model.studies.get_mut(&study) {
                study.end(failure, now);
            }
        }
        Answer::Changed { study, result } => match result {
            Ok(()) => {
                if let Some(done) = model.home.changing.remove(&study) {
                    model.say(done);
                }
                model.home.asked = true;
                return vec![Effect::Ask(Request::Studies)];
            }
            Err(reason) => {
                model.home.changing.remove(&study);
                model.complain(format!("{study}: {reason}"));
            }
        },
        Answer::Targets { study, trial, targets } => {
            if let Some(Modal::Export(export)) = model.modals.last_mut() {
                export.targets_arrived(&study, trial, targets);
            }
        }
        Answer::Exported { study, written } => {
            if let Some(Modal::Export(export)) = model.modals.last_mut() {
                export.written(&study, written);
            } else {
                match written {
                    Ok(files) => model.say(format!("exported {study}: {} files", files.len())),
                    Err(reason) => model.complain(reason),
                }
            }
        }
    }
    Vec::new()
}

/// A study is open: shown when somebody waits for it, kept when it runs here, dropped otherwise.
fn opened(model: &mut Model, opening: Opening) {
    let Some(opening) = compare::opened(model, opening) else { return };
    let name = opening.header.study.clone();
    let waited_for = matches!(model.screen, Screen::Opening(_));
    if !waited_for && opening.place != RunLocation::Here {
        return;
    }
    let finished = opening.finished.is_some();
    // One that runs here is known already, with everything that its events said.
    if !model.studies.get(&name).is_some_and(Study::runs_here) {
        model.studies.insert(name.clone(), Study::new(opening, model.now));
    }
    if waited_for {
        model.draft = None;
        model.screen = if finished { Screen::Result(name) } else { Screen::Live(name) };
    }
}
