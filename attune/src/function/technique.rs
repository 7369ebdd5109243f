//! The technique of a function: its space is the one that is given, and a config means itself.

use attune_core::facts::Facts;
use attune_core::hash::ContentHash;
use attune_core::options::Settings;
use attune_core::plan::Plan;
use attune_core::space::{Config, Space};
use attune_core::technique::{Technique, TechniqueFailure, TechniqueInfo};

use super::code;

/// A technique whose space is given: configs of a function, which cost nothing.
pub struct FunctionTechnique {
    info: TechniqueInfo,
    space: Space,
}

impl FunctionTechnique {
    /// For this space.
    pub fn new(space: Space) -> Self {
        let info = TechniqueInfo {
            name: "function".to_owned(),
            version: "1".to_owned(),
            summary: "The values of a function's arguments.".to_owned(),
            options: Vec::new(),
            signals: Vec::new(),
            edits: code::vocabulary().kinds().map(str::to_owned).collect(),
            has_operators: false,
            operators: Vec::new(),
            target_facts: None,
            // Another space is another study.
            fingerprint: ContentHash::of_parts([b"function 2".as_slice(), space.fingerprint().as_bytes()]),
        };
        Self { info, space }
    }
}

impl Technique for FunctionTechnique {
    fn info(&self) -> &TechniqueInfo {
        &self.info
    }

    fn space(&self, _model: &Facts, _options: &Settings) -> Result<Space, TechniqueFailure> {
        Ok(self.space.clone())
    }

    fn lower(&self, _model: &Facts, _options: &Settings, config: &Config) -> Result<Plan, TechniqueFailure> {
        Ok(code::plan(config))
    }
}
