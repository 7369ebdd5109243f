//! The export dialog: which targets can express a plan exactly, which only approximately, and why not.

use attune::backend::{Request, Target, Verdict, Written};

use crate::effect::Effect;
use crate::key::Key;
use crate::line_edit::LineEdit;

/// Where an export stands.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Stage {
    /// Choosing a target and a folder.
    Choosing,
    /// The backend writes.
    Writing,
    /// These files are there.
    Done(Vec<Written>),
    /// Nothing was exported.
    Failed(String),
}

/// The dialog.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Export {
    pub(crate) study: String,
    /// `None` is the winner.
    pub(crate) trial: Option<u64>,
    /// `None` until the backend has answered.
    pub(crate) targets: Option<Result<Vec<Target>, String>>,
    pub(crate) chosen: usize,
    pub(crate) out: LineEdit,
    /// The folder is being edited.
    pub(crate) editing: bool,
    /// A person chose the folder: it follows the target no more.
    named: bool,
    pub(crate) stage: Stage,
}

impl Export {
    /// The dialog for a trial, or for the winner.
    pub(crate) fn new(study: &str, trial: Option<u64>) -> Self {
        Self {
            study: study.to_owned(),
            trial,
            targets: None,
            chosen: 0,
            out: LineEdit::default(),
            editing: false,
            named: false,
            stage: Stage::Choosing,
        }
    }

    pub(crate) fn target(&self) -> Option<&Target> {
        self.targets.as_ref()?.as_ref().ok()?.get(self.chosen)
    }

    /// Whether no engine loads what the chosen target writes: it is `plan`, and every engine's own target refuses.
    pub(crate) fn is_only_a_record(&self) -> bool {
        let Some(Ok(targets)) = &self.targets else { return false };
        let refused = |target: &Target| matches!(target.verdict, Verdict::Refused(_));
        self.target().is_some_and(|target| target.name == "plan")
            && targets.iter().all(|target| target.name == "plan" || refused(target))
    }

    pub(crate) fn paste(&mut self, text: &str) {
        if self.editing {
            self.named = true;
            self.out.paste(text);
        }
    }

    pub(crate) fn targets_arrived(
        &mut self,
        study: &str,
        trial: Option<u64>,
        targets: Result<Vec<Target>, String>,
    ) {
        if self.study == study && self.trial == trial {
            self.targets = Some(targets);
            self.follow();
        }
    }

    pub(crate) fn written(&mut self, study: &str, written: Result<Vec<Written>, String>) {
        if self.study == study && self.stage == Stage::Writing {
            self.stage = written.map_or_else(Stage::Failed, Stage::Done);
        }
    }

    /// A key other than Escape, which closes the dialog.
    pub(crate) fn press(&mut self, key: Key) -> Vec<Effect> {
        if self.stage == Stage::Writing {
            return Vec::new();
        }
        if self.editing && key != Key::Enter && key != Key::Tab {
            self.named |= self.out.press(key);
            return Vec::new();
        }
        let targets = self.targets.as_ref().and_then(|targets| targets.as_ref().ok()).map_or(0, Vec::len);
        if let Some(moved) = key.moved(self.chosen, targets, 10) {
            self.chosen = moved;
            self.stage = Stage::Choosing;
            self.follow();
            return Vec::new();
        }
        match key {
            Key::Tab => self.editing = !self.editing,
            Key::Enter if self.editing => self.editing = false,
            Key::Enter => return self.begin(),
            _ => {}
        }
        Vec::new()
    }

    fn begin(&mut self) -> Vec<Effect> {
        let Some(target) = self.target() else { return Vec::new() };
        if let Verdict::Refused(_) = target.verdict {
            return Vec::new();
        }
        let request = Request::Export {
            study: self.study.clone(),
            trial: self.trial,
            to: target.name.clone(),
            out: self.out.text().to_owned(),
            approximate: matches!(target.verdict, Verdict::Approximate(_)),
        };
        self.stage = Stage::Writing;
        vec![Effect::Ask(request)]
    }

    /// The folder is named after study and target until a person names it.
    fn follow(&mut self) {
        if self.named {
            return;
        }
        let Some(target) = self.target() else { return };
        let trial = self.trial.map_or(String::new(), |trial| format!("-{trial}"));
        self.out = LineEdit::new(&format!("{}{trial}-{}", self.study, target.name));
    }
}
