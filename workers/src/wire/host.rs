//! What the host says.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Edit, Value};

/// One line of the host.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum HostLine {
    /// Something that is answered.
    Request(Request),
    /// Something that is not.
    Note(Note),
}

/// Something that the worker answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Request {
    /// Its number, never used twice.
    pub id: u64,
    /// What is asked.
    #[serde(flatten)]
    pub call: Call,
}

/// What the worker is asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "method", rename_all = "kebab-case")]
pub enum Call {
    /// Who it is.
    Hello {
        /// `attune-evaluator/1`.
        protocol: String,
        /// Who asks, for example `attune 0.2.0`.
        host: String,
    },
    /// To look at the subject and to read the data of the task.
    Open(Box<OpenCall>),
    /// To load the subject.
    Load {},
    /// Whether a plan can be honoured.
    Check {
        /// Its edits, in canonical order.
        plan: Vec<Edit>,
    },
    /// To score plans.
    Evaluate {
        /// Their edits, in canonical order.
        plans: Vec<Vec<Edit>>,
        /// Which data: `selection`, `report` or `elsewhere:NAME`.
        split: String,
        /// Which items of it; scores list them in this order.
        items: Vec<u32>,
        /// Seconds that one plan may take; `null` waits.
        deadline: Option<f64>,
    },
    /// To measure a statistic of the subject without edits.
    Signal {
        /// Which.
        name: String,
        /// Its arguments; those that are absent have their defaults.
        args: BTreeMap<String, Value>,
        /// Which data.
        split: String,
        /// Which items of it.
        items: Vec<u32>,
    },
    /// What the subject computes under a plan, before anything is scored; of workers that say so in `hello`.
    Outputs {
        /// Its edits, in canonical order.
        plan: Vec<Edit>,
        /// Which data.
        split: String,
        /// Which items of it; outputs come in this order.
        items: Vec<u32>,
        /// Positions of each sequence, at most, evenly spread.
        positions: u32,
    },
    /// What it chooses for edits of a plan by its calibration data, as it does where it scores the plan; of workers that say so in
    /// `hello`.
    Choices {
        /// Its edits, in canonical order.
        plan: Vec<Edit>,
    },
    /// Values that no plan can beat on items, where they are known; of workers that say so in `hello`.
    Bounds {
        /// Which data.
        split: String,
        /// Which items of it; bounds are listed in this order.
        items: Vec<u32>,
    },
    /// To end.
    Close {},
}

/// What the worker opens.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct OpenCall {
    /// The folder of the model, absolute, or what the profile says in its place; empty where it names none.
    pub model: String,
    /// What `--device` says: `auto`, `cpu`, …
    pub device: String,
    /// The evaluator's options, all of them.
    pub options: BTreeMap<String, Value>,
    /// The task.
    pub task: TaskCall,
    /// Bytes that kept results may take; `null`: as the worker sees fit.
    pub memory: Option<u64>,
}

/// The data of a task, and what a profile says of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub struct TaskCall {
    /// Which of the worker's tasks.
    pub kind: String,
    /// Its options, all of them.
    pub options: BTreeMap<String, Value>,
    /// The folder of the profile.
    pub base: String,
    /// The data that a search tunes on. Paths are absolute.
    pub selection: String,
    /// The data that results are reported on.
    pub report: String,
    /// Report data of other domains, by name.
    pub elsewhere: BTreeMap<String, String>,
    /// Items of the selection data that the study wants; 0 is all that there are. A split has at least so many, where the data
    /// has them, and may have more.
    pub selection_items: u32,
    /// Items of each report data that the study wants, likewise.
    pub report_items: u32,
}

/// What is said without an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "method", rename_all = "kebab-case")]
pub enum Note {
    /// A request is to end soon, with its result or the error `interrupted`, also while the worker waits.
    Cancel {
        /// The request.
        request: u64,
    },
    /// Whatever runs waits at the next good place.
    Pause {},
    /// It goes on.
    Resume {},
}
