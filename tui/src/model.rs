//! The state of the screens.

use std::collections::BTreeMap;
use std::time::Duration;

use attune::backend::{Catalogue, Request};

use crate::compare::Compare;
use crate::draft::Draft;
use crate::effect::Effect;
use crate::home::Home;
use crate::modal::Modal;
use crate::study::Study;
use crate::theme::Theme;

/// What the screens are told when they open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setup {
    /// The store's folder when it is not the usual one: command lines name it.
    pub store: Option<String>,
    /// What `--device` would be.
    pub device: String,
    /// Whether colours are wanted: false when `NO_COLOR` is set.
    pub colour: bool,
    /// Whether the terminal has a mouse to be asked for.
    pub mouse: bool,
}

impl Default for Setup {
    fn default() -> Self {
        Self { store: None, device: "auto".to_owned(), colour: true, mouse: true }
    }
}

/// Which screen is open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Screen {
    Home,
    Draft,
    /// Waiting for a study to open; what is being waited for.
    Opening(String),
    Live(String),
    Result(String),
    /// One trial of a study.
    Trial(String),
    /// Two studies side by side.
    Compare,
}

/// One sentence at the bottom, until the next key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Notice {
    pub(crate) text: String,
    pub(crate) bad: bool,
}

/// The state of the screens.
#[derive(Clone, Debug)]
pub struct Model {
    pub(crate) setup: Setup,
    pub(crate) now: Duration,
    pub(crate) size: (u16, u16),
    pub(crate) screen: Screen,
    /// The last one is on top and gets the keys.
    pub(crate) modals: Vec<Modal>,
    pub(crate) home: Home,
    pub(crate) draft: Option<Draft>,
    /// Forms that were opened: answers to one are none to the next.
    pub(crate) drafts: u32,
    pub(crate) catalogue: Option<Catalogue>,
    /// Studies that are open or run in this process, by name.
    pub(crate) studies: BTreeMap<String, Study>,
    /// Two studies side by side, while that screen is open.
    pub(crate) compare: Option<Compare>,
    pub(crate) notice: Option<Notice>,
    /// A person asked to quit as soon as the studies of this process have stopped.
    pub(crate) leaving: bool,
}

impl Model {
    /// The home screen of a terminal of this many columns and rows, and what it asks for first.
    pub fn new(setup: Setup, size: (u16, u16)) -> (Self, Vec<Effect>) {
        let model = Self {
            setup,
            now: Duration::ZERO,
            size,
            screen: Screen::Home,
            modals: Vec::new(),
            home: Home::default(),
            draft: None,
            drafts: 0,
            catalogue: None,
            studies: BTreeMap::new(),
            compare: None,
            notice: None,
            leaving: false,
        };
        let first = [Request::Studies, Request::Profiles, Request::Catalogue];
        (model, first.map(Effect::Ask).into())
    }

    /// Whether a dialog is open or a line is being edited: Escape closes it.
    pub fn has_modal(&self) -> bool {
        !self.modals.is_empty()
            || self.home.filtering
            || matches!(&self.screen, Screen::Trial(name)
                if self.studies.get(name).is_some_and(|study| study.detail.asking.is_some()))
            || self.draft.as_ref().is_some_and(|draft| draft.editing.is_some())
    }

    /// Whether something moves without keys, so that the clock is worth a redraw.
    pub(crate) fn is_lively(&self) -> bool {
        match &self.screen {
            Screen::Home | Screen::Opening(_) => true,
            Screen::Live(name) => self.studies.get(name).is_some_and(Study::runs),
            Screen::Draft => self.draft.as_ref().is_some_and(|draft| draft.timing_since.is_some()),
            Screen::Result(_) | Screen::Trial(_) | Screen::Compare => false,
        }
    }

    pub(crate) fn theme(&self) -> Theme {
        Theme { colour: self.setup.colour }
    }

    pub(crate) fn say(&mut self, text: impl Into<String>) {
        self.notice = Some(Notice { text: text.into(), bad: false });
    }

    pub(crate) fn complain(&mut self, text: impl Into<String>) {
        self.notice = Some(Notice { text: text.into(), bad: true });
    }

    /// Names of the studies that this process runs.
    pub(crate) fn running_here(&self) -> Vec<String> {
        self.studies.values().filter(|study| study.runs_here()).map(|study| study.name().to_owned()).collect()
    }
}
