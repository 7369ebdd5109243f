//! Opening two studies side by side, and keys of their screen.

use attune::backend::{Opening, Request, RunLocation};

use super::leave::go_home;
use crate::compare::Compare;
use crate::effect::Effect;
use crate::key::Key;
use crate::model::{Model, Screen};
use crate::study::Study;
use crate::view;

/// Opens the screen; both studies are read anew.
pub(super) fn open(model: &mut Model, names: [String; 2]) -> Vec<Effect> {
    let asks = names.clone().map(|study| Effect::Ask(Request::Open { study }));
    model.compare = Some(Compare { names, studies: [None, None], scroll: 0 });
    model.screen = Screen::Compare;
    asks.into()
}

/// Takes a study that this screen waits for; gives it back otherwise.
pub(super) fn opened(model: &mut Model, opening: Opening) -> Option<Opening> {
    let now = model.now;
    let waiting = model.compare.as_mut().filter(|_| model.screen == Screen::Compare);
    let place = waiting.and_then(|compare| {
        let at = compare.names.iter().position(|name| *name == opening.header.study)?;
        Some(&mut compare.studies[at])
    });
    match place {
        Some(place) => {
            *place = Some(Box::new(Study::new(opening, now)));
            None
        }
        None => Some(opening),
    }
}

/// A key on the screen.
pub(super) fn press(model: &mut Model, key: Key) -> Vec<Effect> {
    let (theme, columns) = (model.theme(), usize::from(model.size.0));
    let Some(compare) = &mut model.compare else { return go_home(model) };
    let lines = view::compare::lines(theme, compare, columns).len();
    if let Some(moved) = key.moved(compare.scroll, lines, 10) {
        compare.scroll = moved;
        return Vec::new();
    }
    if key != Key::Esc {
        return Vec::new();
    }
    let studies = model.compare.take().into_iter().flat_map(|compare| compare.studies).flatten();
    // Nobody looks at those of other processes any more.
    let watched = studies.filter(|study| study.place == RunLocation::Elsewhere);
    let mut effects: Vec<Effect> =
        watched.map(|study| Effect::Ask(Request::Leave { study: study.name().to_owned() })).collect();
    effects.extend(go_home(model));
    effects
}
