//! The result of a study: the winner beside everything that it has to beat, on data that no strategy saw.

use std::collections::BTreeMap;

use crate::bounds::{Gaps, KnownBounds};
use crate::objective::{Direction, Objective};
use crate::plan::Plan;
use crate::scores::Scores;
use crate::space::Config;
use crate::stats::Estimate;
use crate::technique::Cost;

/// Metric name → value with interval.
pub type Estimates = BTreeMap<String, Estimate>;

/// Name of the contender without edits, in every report that was ever stored.
pub const UNEDITED: &str = "dense";

/// What evaluators of neural models call a plan without edits: its row is [`UNEDITED`] on screens as well.
pub const UNEDITED_WORDS: &str = "the dense model";

/// Rows of every result, whose names no baseline has.
pub const ROWS: [&str; 4] = [UNEDITED, "random", "random-best", "found"];

/// Whether a name is that of a row of every result: the row of the winner is `found (trial 7)`.
pub fn is_row(name: &str) -> bool {
    let plain = name.to_lowercase();
    ROWS.contains(&plain.split([' ', '(']).next().unwrap_or_default())
}

/// One line of the result table.
#[derive(Clone, Debug, PartialEq)]
pub struct Contender {
    /// `dense`, `uniform`, `random`, `random-best`, `frequency`, …
    pub name: String,
    /// Where it comes from, in one sentence.
    pub help: String,
    /// What it costs; for a mean over several configs, the mean cost.
    pub costs: Vec<Cost>,
    /// Scores on the report split. For `random` each item is the mean over the drawn configs.
    pub report: Scores,
    /// Scores on other domains, by domain.
    pub out_of_domain: BTreeMap<String, Scores>,
    /// Its estimates on the report split.
    pub estimates: Estimates,
    /// best − this one, paired over items, on the report split.
    pub delta: Estimates,
    /// best − this one on other domains.
    pub out_of_domain_delta: BTreeMap<String, Estimates>,
    /// How far it is from the known bounds of the report split.
    pub gaps: Gaps,
}

/// The found config.
#[derive(Clone, Debug, PartialEq)]
pub struct Best {
    /// The trial that found it.
    pub trial: u64,
    /// The config.
    pub config: Config,
    /// What it does.
    pub plan: Plan,
    /// What it costs.
    pub costs: Vec<Cost>,
    /// Aggregated metrics on the selection split: what the search saw.
    pub search: BTreeMap<String, f64>,
    /// Scores on the report split.
    pub report: Scores,
    /// Its estimates on the report split.
    pub estimates: Estimates,
    /// Estimates on other domains, by domain.
    pub out_of_domain: BTreeMap<String, Estimates>,
    /// How far it is from the known bounds of the report split.
    pub gaps: Gaps,
    /// How far it is from those of other domains, by domain; none where no bound is known.
    pub out_of_domain_gaps: BTreeMap<String, Gaps>,
    /// How far it is from those of the selection split, on the items that the search scored every config on.
    pub search_gaps: Gaps,
}

/// A config of the front: no other trial is at least as good in every objective and better in one.
#[derive(Clone, Debug, PartialEq)]
pub struct FrontMember {
    /// The trial that found it.
    pub trial: u64,
    /// The config.
    pub config: Config,
    /// What it does.
    pub plan: Plan,
    /// What it costs.
    pub costs: Vec<Cost>,
    /// Aggregated metrics on the selection split: what the search saw, and what put it on the front.
    pub search: BTreeMap<String, f64>,
    /// Scores on the report split.
    pub report: Scores,
    /// Its estimates on the report split.
    pub estimates: Estimates,
    /// This one − dense, paired over items, on the report split.
    pub delta: Estimates,
    /// How far it is from the known bounds of the report split.
    pub gaps: Gaps,
}

/// What a study with several objectives found.
#[derive(Clone, Debug, PartialEq)]
pub struct Front {
    /// Trials on the front, those that are not listed included.
    pub size: u64,
    /// All of them or, of many, a set that is spread over the front; by the first objective, best first.
    pub members: Vec<FrontMember>,
}

/// The end of a study.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// How many trials the study had when this report was made.
    pub trials: u64,
    /// The winner; with several objectives, the best by the first one.
    pub best: Best,
    /// Of a study with several objectives: what is best by all of them.
    pub front: Option<Front>,
    /// What it is compared with, in table order.
    pub baselines: Vec<Contender>,
    /// Values that no plan can beat on the report split, as far as its evaluator knows them.
    pub bounds: KnownBounds,
    /// What was searched for, the first one first; none in reports from before this was kept.
    pub objectives: Vec<Objective>,
    /// The evaluator's own words, where its subject is no neural model.
    pub words: Option<Words>,
}

/// What an evaluator calls things that views have no words for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    /// A plan without edits, for example `caches as they are shipped`.
    pub unedited: String,
    /// The found plan, a line for each edit.
    pub found: Vec<String>,
}

impl Report {
    /// What a view calls the row without edits, and what stands in its place elsewhere: `vs dense`.
    pub fn unedited(&self) -> &str {
        if self.words.is_some() { "unedited" } else { UNEDITED }
    }

    /// What a view calls a row.
    pub fn row_name<'a>(&'a self, contender: &'a Contender) -> &'a str {
        if contender.name == UNEDITED { self.unedited() } else { &contender.name }
    }

    /// The metric that a result is judged by, and which way is better: the first objective that is no cost. Of reports that do not say,
    /// the first metric, of which less is better.
    pub fn judged_by(&self) -> Option<Objective> {
        let measured = |objective: &&Objective| self.best.estimates.contains_key(&objective.metric);
        let first = || {
            let metric = self.best.estimates.keys().next()?.clone();
            Some(Objective { metric, direction: Direction::Minimise })
        };
        self.objectives.iter().find(measured).cloned().or_else(first)
    }
}
