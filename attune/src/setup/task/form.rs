//! What is asked of a chosen task before there is a study: the outline of its model, and which option a fault is of.

use std::path::Path;

use attune_core::evaluator::{Split, TaskOption};
use attune_core::options::OptionKind;
use attune_eval::error::LoadError;
use attune_eval::registry::Outline;

use super::ChosenTask;

impl ChosenTask {
    /// The option that adds the data of this split to the report.
    pub(crate) fn reporting(&self, split: &str) -> Option<&str> {
        let adds = |option: &TaskOption| {
            let names = option.reported(&self.options).into_iter();
            names.map(|name| Split::OutOfDomain(name).to_string()).any(|name| name == split)
        };
        self.find(adds)
    }

    /// The option that names a folder.
    pub(crate) fn folder(&self) -> Option<&str> {
        self.find(|option| option.spec.kind == OptionKind::Folder)
    }

    fn find(&self, wanted: impl Fn(&TaskOption) -> bool) -> Option<&str> {
        self.spec.options.iter().find(|option| wanted(option)).map(|option| option.spec.name.as_str())
    }

    /// What the folder of a model says about it.
    ///
    /// # Errors
    /// When it is no model for this evaluator.
    pub(crate) fn outline(&self, model: &Path) -> Result<Box<dyn Outline>, LoadError> {
        self.factory.outline(model)
    }
}
