//! Removing, renaming and cloning a study: what is asked before, and what is said after.

use attune::backend::{Request, RunLocation};

use crate::effect::Effect;
use crate::home::Change;
use crate::key::Key;
use crate::line_edit::LineEdit;
use crate::modal::Modal;
use crate::model::Model;
use crate::study::Study;

/// Opens the question; `None` when the key asks for no change.
pub(super) fn ask(model: &mut Model, key: Key) -> Option<()> {
    let study = model.home.chosen_study()?.clone();
    let change = match key {
        Key::Char('D') | Key::Delete => Change::Remove,
        Key::Char('R') => Change::Rename(LineEdit::new(&study.name)),
        Key::Char('C') => Change::Clone(LineEdit::new(&format!("{}-2", study.name))),
        _ => return None,
    };
    let works = matches!(study.place, RunLocation::Here | RunLocation::Elsewhere);
    if works && !matches!(change, Change::Clone(_)) {
        model.complain(format!("{} is running: stop it first", study.name));
    } else {
        model.modals.push(Modal::Change { study: study.name, change });
    }
    Some(())
}

/// The person has agreed.
pub(super) fn agreed(model: &mut Model, study: String, change: &Change) -> Vec<Effect> {
    let to = change.line().map(|line| line.text().trim().to_owned()).unwrap_or_default();
    let (request, done) = match change {
        Change::Remove => (Request::Remove { study: study.clone() }, format!("{study} is deleted")),
        Change::Rename(_) => {
            let done = format!("{study} is now {to}");
            (Request::Rename { study: study.clone(), to }, done)
        }
        Change::Clone(_) => {
            let done = format!("{to} is a copy of {study}");
            (Request::Clone { study: study.clone(), to }, done)
        }
    };
    // What was read of it is no longer so.
    if !model.studies.get(&study).is_some_and(Study::runs_here) {
        model.studies.remove(&study);
    }
    model.home.changing.insert(study, done);
    vec![Effect::Ask(request)]
}
