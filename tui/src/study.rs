//! One study as the live and result screens know it: everything that its events said, and what a person
//! has selected.

pub(crate) mod config_text;
mod detail;
pub(crate) mod difference;
mod effort;
mod front;
pub(crate) mod grid;
mod ingest;
mod log;
pub(crate) mod members;
mod order;
mod pace;

use std::collections::BTreeMap;
use std::time::Duration;

use attune::backend::{Opening, RunLocation};
use attune::replay::{self, Replay};
use attune_core::event::{Command, Finished, Progress};
use attune_core::objective::Objective;
use attune_core::plan::{Plan, Vocabulary};
use attune_core::remaining::Remaining;
use attune_core::space::Count;
use attune_core::store::StudyHeader;
use attune_core::strategy::Origin;
use attune_core::trial::Trial;

pub(crate) use detail::Detail;

use effort::Efforts;
use front::Front;
use log::Log;
use order::{Order, SortBy};
use pace::Pace;

/// What a study is doing.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Phase {
    /// Nobody works on it.
    Resting,
    /// It is being set up or searched.
    Searching,
    /// A statistic of the dense model is being measured.
    Measuring(String),
    /// The strategy plans with sensitivities.
    Planning,
    /// The result table is being made.
    Reporting { what: String, done: usize, total: usize },
    /// It stopped and can be continued.
    Interrupted,
    /// It is over.
    Finished,
    /// It broke.
    Failed(String),
}

/// The panels of the live screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Panel {
    Curves,
    Trials,
    Map,
    Now,
    Log,
}

impl Panel {
    pub(crate) const ALL: [Self; 5] = [Self::Curves, Self::Trials, Self::Map, Self::Now, Self::Log];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Curves => "Curves",
            Self::Trials => "Trials",
            Self::Map => "Map",
            Self::Now => "Now",
            Self::Log => "Log",
        }
    }
}

/// A finished trial and the numbers that lists and plots sort and place it by.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) trial: Trial,
    /// First loss, NaN without one.
    pub(crate) loss: f64,
    /// Value of the metric that plots show, NaN without one.
    pub(crate) quality: f64,
    /// First cost, NaN without one.
    pub(crate) cost: f64,
}

/// A new best, and when it came.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Improvement {
    /// Trials that had finished.
    pub(crate) trials: u64,
    /// Layer work that had been computed; 0 throughout where no run noted it.
    pub(crate) work: f64,
    /// Value of the metric that plots show.
    pub(crate) quality: f64,
}

/// One study.
#[derive(Clone, Debug)]
pub(crate) struct Study {
    pub(crate) header: StudyHeader,
    /// What says its plans in words.
    pub(crate) edits: Vocabulary,
    pub(crate) objectives: Vec<Objective>,
    pub(crate) layers: u32,
    pub(crate) place: RunLocation,
    pub(crate) profile: Option<String>,
    pub(crate) device: String,
    /// As `--device`, when it was started here.
    pub(crate) asked_device: Option<String>,
    pub(crate) space: Option<Count>,
    pub(crate) phase: Phase,
    pub(crate) paused: bool,
    /// The last command that a person gave and that no event has answered yet.
    pub(crate) asked: Option<Command>,
    pub(crate) progress: Progress,
    pub(crate) rows: Vec<Row>,
    pub(crate) order: Order,
    pub(crate) best: Option<usize>,
    /// The best, at every improvement.
    pub(crate) curve: Vec<Improvement>,
    pub(crate) front: Front,
    /// Trials that are being evaluated.
    pub(crate) running: BTreeMap<u64, Plan>,
    pub(crate) log: Log,
    pub(crate) pace: Pace,
    /// The time left, the report included; knows nothing of a study of another process.
    pub(crate) remaining: Remaining,
    /// Time since the screens opened, as this study last heard of it.
    pub(crate) clock: Duration,
    pub(crate) finished: Option<Box<Finished>>,
    pub(crate) panel: Panel,
    /// Position in `rows`; `None` follows the best.
    pub(crate) selected: Option<usize>,
    /// Dimension that the map shows.
    pub(crate) dimension: usize,
    pub(crate) map_scroll: usize,
    pub(crate) log_scroll: usize,
    pub(crate) result_scroll: usize,
    /// Member of the front that is chosen on the result screen; `None` is the winner.
    pub(crate) front_choice: Option<usize>,
    /// What the screen of one trial shows.
    pub(crate) detail: Detail,
}

impl Study {
    /// A study as it stands when it is opened.
    pub(crate) fn new(opening: Opening, now: Duration) -> Self {
        let Opening {
            header,
            edits,
            objectives,
            budget,
            layers,
            place,
            failure,
            profile,
            device,
            trials,
            notes,
            finished,
        } = opening;
        let phase = match place {
            RunLocation::Here | RunLocation::Elsewhere => Phase::Searching,
            RunLocation::Nobody => Phase::Resting,
            RunLocation::Done => Phase::Finished,
            RunLocation::Failed => Phase::Failed(failure.unwrap_or_default()),
        };
        let mut study = Self {
            device: header.device.clone(),
            asked_device: device,
            header,
            edits,
            layers,
            place,
            profile,
            space: None,
            phase,
            paused: false,
            asked: None,
            progress: Progress { budget, ..Progress::default() },
            rows: Vec::new(),
            order: Order::new(SortBy::Number),
            best: None,
            curve: Vec::new(),
            front: Front::default(),
            running: BTreeMap::new(),
            log: Log::default(),
            pace: Pace::default(),
            remaining: Remaining::default(),
            clock: now,
            finished,
            panel: Panel::Curves,
            selected: None,
            dimension: 0,
            map_scroll: 0,
            log_scroll: 0,
            result_scroll: 0,
            front_choice: None,
            detail: Detail::default(),
            objectives,
        };
        let mut replay = Replay::new(study.objectives.clone(), budget);
        let mut efforts = Efforts::new(&notes);
        for trial in trials {
            let best = replay.count(&trial);
            study.progress = replay.progress();
            study.progress.work.computed = efforts.until(&trial);
            study.add(trial, best);
        }
        replay.work_of(&notes);
        study.progress = replay.progress();
        study.pace.begin(now, &study.progress);
        study
    }

    /// Whether its subject is a model; something else that is evaluated lies nowhere.
    pub(crate) fn is_of_a_model(&self) -> bool {
        !self.header.model_path.is_empty()
    }

    pub(crate) fn name(&self) -> &str {
        &self.header.study
    }

    /// Whether this process works on it.
    pub(crate) fn runs_here(&self) -> bool {
        self.place == RunLocation::Here
    }

    /// Whether somebody works on it.
    pub(crate) fn runs(&self) -> bool {
        matches!(self.place, RunLocation::Here | RunLocation::Elsewhere)
    }

    /// The metric that plots show: the first objective that is measured and not computed from the config.
    pub(crate) fn metric(&self) -> &str {
        let cost = |name: &str| {
            self.rows.first().is_some_and(|row| row.trial.costs.iter().any(|cost| cost.resource == name))
        };
        let named = self.objectives.iter().map(|objective| objective.metric.as_str());
        let mut measured = named.clone().filter(|name| !cost(name));
        measured.next().or_else(|| named.clone().next()).unwrap_or("")
    }

    /// The trial under the cursor: the chosen one, else the best, else the last.
    pub(crate) fn cursor(&self) -> Option<usize> {
        self.selected.or(self.best).or(self.rows.len().checked_sub(1))
    }

    /// The uniform configuration, or the nearest thing to it that the study began with.
    pub(crate) fn uniform(&self) -> Option<(&str, usize)> {
        let start = |wanted: Option<&str>| {
            self.rows.iter().take(64).enumerate().find_map(|(position, row)| match &row.trial.origin {
                Origin::Start(name) if wanted.is_none_or(|wanted| wanted == name) => {
                    Some((name.as_str(), position))
                }
                _ => None,
            })
        };
        start(Some("uniform")).or_else(|| start(Some("default"))).or_else(|| start(None))
    }

    /// Share of layer work that was not computed because candidates share it, from 0 to 1.
    pub(crate) fn saved(&self) -> Option<f64> {
        let work = self.progress.work;
        (work.naive > 0).then(|| 1.0 - work.computed as f64 / work.naive as f64)
    }

    fn row(&self, trial: Trial) -> Row {
        let loss = replay::loss(&self.objectives, &trial);
        let quality = replay::value(&trial, self.metric());
        let cost = trial.costs.first().map_or(f64::NAN, |cost| cost.value);
        Row { trial, loss, quality, cost }
    }
}
