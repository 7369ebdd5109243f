//! A table with what is known of where its damages come from: what people read and keep.

use std::collections::BTreeMap;

use super::SensitivityTable;
use crate::space::{Config, Slot};

/// Where a damage comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A config was evaluated.
    Measured,
    /// A few cells were measured at this level and stand for all.
    Predicted,
    /// The config could not be evaluated: twice the worst damage stands for it.
    Failed,
    /// It was measured elsewhere.
    Given,
    /// The technique estimates it.
    Estimated,
    /// It is the option of the reference, whose damage is none.
    Reference,
}

impl Origin {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Measured, Self::Predicted, Self::Failed, Self::Given, Self::Estimated, Self::Reference];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Measured => "measured",
            Self::Predicted => "predicted",
            Self::Failed => "failed",
            Self::Given => "given",
            Self::Estimated => "estimated",
            Self::Reference => "reference",
        }
    }
}

/// What is known of one option beside its damages, each by objective.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    /// Where they come from.
    pub origin: Origin,
    /// The 95 % interval of the damage, paired over items.
    pub intervals: Vec<Option<(f64, f64)>>,
}

/// A table and how it came about.
#[derive(Clone, Debug, PartialEq)]
pub struct MeasuredTable {
    /// The damages.
    pub table: SensitivityTable,
    /// The config that they are told against.
    pub reference: Config,
    /// Its losses, where it was evaluated.
    pub at_reference: Option<Vec<f64>>,
    /// The objectives, each with whether evaluating tells it; costs are counted.
    pub objectives: Vec<(String, bool)>,
    /// Items of the selection split that were evaluated.
    pub items: u32,
    /// By cell and option (or element).
    pub told: BTreeMap<(Slot, u32), Told>,
    /// The best config that a study may choose of those that were evaluated for it, where nothing limits one.
    pub best: Option<Config>,
}
