//! Ways out, none of which loses anything.

use attune::backend::{Request, RunLocation};
use attune_core::event::Command;

use crate::effect::Effect;
use crate::modal::Modal;
use crate::model::{Model, Screen};

/// `q` and Ctrl-C: closes at once when nothing runs here, asks otherwise; asked twice, closes at once.
pub(super) fn leave(model: &mut Model) -> Vec<Effect> {
    let asked = model.leaving || model.modals.last() == Some(&Modal::Leave);
    if asked || model.running_here().is_empty() {
        return vec![Effect::Quit];
    }
    model.modals.push(Modal::Leave);
    Vec::new()
}

/// The terminal is gone: what runs stops at once.
pub(super) fn hang_up(model: &mut Model) -> Vec<Effect> {
    let mut effects = stop_all(model, Command::StopNow);
    effects.push(Effect::Quit);
    effects
}

/// Tells every study of this process to stop.
pub(super) fn stop_all(model: &mut Model, command: Command) -> Vec<Effect> {
    let names = model.running_here();
    for study in model.studies.values_mut().filter(|study| study.runs_here()) {
        study.asked = Some(command);
    }
    names.into_iter().map(|study| Effect::Ask(Request::Command { study, command })).collect()
}

/// Back to the list. A study that another process runs is watched no more, one of this process goes on.
pub(super) fn go_home(model: &mut Model) -> Vec<Effect> {
    let mut effects = Vec::new();
    if let Screen::Live(name) | Screen::Result(name) | Screen::Trial(name) = &model.screen {
        match model.studies.get(name).map(|study| study.place) {
            Some(RunLocation::Here) | None => {}
            Some(place) => {
                if place == RunLocation::Elsewhere {
                    effects.push(Effect::Ask(Request::Leave { study: name.clone() }));
                }
                model.studies.remove(name);
            }
        }
    }
    model.screen = Screen::Home;
    model.home.asked = true;
    effects.extend([Request::Studies, Request::Profiles].map(Effect::Ask));
    effects
}
