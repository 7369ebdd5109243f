//! Keys of the live screen.

use attune::backend::Request;
use attune_core::event::Command;

use super::leave::go_home;
use super::{export, trial};
use crate::effect::Effect;
use crate::key::Key;
use crate::model::{Model, Screen};
use crate::study::{Panel, Phase, Study};

/// A key on the live screen.
pub(super) fn press(model: &mut Model, name: &str, key: Key) -> Vec<Effect> {
    let Some(study) = model.studies.get_mut(name) else { return go_home(model) };
    if moved(study, key) {
        return Vec::new();
    }
    match key {
        Key::Esc => return go_home(model),
        Key::Char(digit @ '1'..='5') => study.panel = Panel::ALL[digit as usize - '1' as usize],
        Key::Tab => study.panel = neighbour(study.panel, 1),
        Key::BackTab => study.panel = neighbour(study.panel, Panel::ALL.len() - 1),
        Key::Char('o') => study.order.sort(study.order.by.next(), study.order.reversed, &study.rows),
        Key::Char('O') => study.order.sort(study.order.by, !study.order.reversed, &study.rows),
        Key::Char('b') => study.selected = None,
        Key::Char('d') => {
            study.dimension = (study.dimension + 1) % study.header.dimensions.len().max(1);
            study.map_scroll = 0;
        }
        Key::Enter if study.finished.is_some() => model.screen = Screen::Result(name.to_owned()),
        Key::Enter => model.say("there is no result yet: it is made when all trials are done"),
        Key::Char('e') => return export_selected(model, name),
        Key::Char('i') => {
            let position = study.cursor();
            return trial::open(model, name, position);
        }
        Key::Char('p') => {
            let command = if study.paused { Command::Resume } else { Command::Pause };
            return tell(model, name, command);
        }
        Key::Char('s') => return tell(model, name, Command::StopAfterGeneration),
        Key::Char('x') => return tell(model, name, Command::StopNow),
        Key::Char('c') => return go_on(model, name),
        _ => {}
    }
    Vec::new()
}

/// Moves what the panel scrolls; says whether the key was one that moves.
fn moved(study: &mut Study, key: Key) -> bool {
    match (study.panel, key) {
        (Panel::Log, key) => {
            let Some(to) = key.moved(study.log_scroll, study.log.newest().count(), 10) else { return false };
            study.log_scroll = to;
        }
        (Panel::Map, Key::PageUp) => study.map_scroll = study.map_scroll.saturating_sub(8),
        (Panel::Map, Key::PageDown) => {
            let places = study
                .header
                .dimensions
                .get(study.dimension)
                .map_or(0, |dimension| dimension.axes.first().map_or(1, |axis| axis.len as usize));
            study.map_scroll = (study.map_scroll + 8).min(places.saturating_sub(1));
        }
        _ => {
            let rank = study.cursor().and_then(|position| study.order.rank(position)).unwrap_or(0);
            let Some(to) = key.moved(rank, study.rows.len(), 10) else { return false };
            study.selected = study.order.positions().get(to).copied();
        }
    }
    true
}

fn neighbour(panel: Panel, step: usize) -> Panel {
    let at = Panel::ALL.iter().position(|other| *other == panel).unwrap_or(0);
    Panel::ALL[(at + step) % Panel::ALL.len()]
}

/// Sends a command to a study of this process; says why not otherwise.
fn tell(model: &mut Model, name: &str, command: Command) -> Vec<Effect> {
    let Some(study) = model.studies.get_mut(name) else { return Vec::new() };
    if !study.runs_here() {
        let reason = if study.runs() {
            "another process runs this study: pause or stop it there"
        } else {
            "this study is not running"
        };
        model.complain(reason);
        return Vec::new();
    }
    match command {
        Command::Pause => study.paused = true,
        Command::Resume => study.paused = false,
        // A paused study that is to stop does not stay paused.
        Command::StopAfterGeneration | Command::StopNow => {
            study.paused = false;
            study.asked = Some(command);
        }
    }
    vec![Effect::Ask(Request::Command { study: name.to_owned(), command })]
}

/// Runs a resting study again.
fn go_on(model: &mut Model, name: &str) -> Vec<Effect> {
    let Some(study) = model.studies.get(name) else { return Vec::new() };
    match (&study.phase, study.profile.clone()) {
        _ if study.runs() => model.say("it is running already"),
        (Phase::Finished, _) => model.say("it is finished: more trials in its profile extend it"),
        (_, None) => model.complain("the profile of this study is not known; run `attune run PROFILE` again"),
        (_, Some(profile)) => {
            let device = study.asked_device.clone().unwrap_or_else(|| model.setup.device.clone());
            let study = Some(name.to_owned());
            model.screen = Screen::Opening(format!("continuing {name}"));
            return vec![Effect::Ask(Request::Launch { profile, study, device })];
        }
    }
    Vec::new()
}

fn export_selected(model: &mut Model, name: &str) -> Vec<Effect> {
    let Some(study) = model.studies.get(name) else { return Vec::new() };
    let trial = study.cursor().and_then(|position| study.rows.get(position));
    match trial.map(|row| &row.trial) {
        Some(trial) if trial.state().name() == "complete" => {
            let id = trial.id;
            export::open(model, name, Some(id))
        }
        Some(trial) => {
            let text = format!("trial {} is {}: there is nothing to export", trial.id, trial.state().name());
            model.complain(text);
            Vec::new()
        }
        None => {
            model.complain("there is no trial to export yet");
            Vec::new()
        }
    }
}
