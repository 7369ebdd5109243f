//! What is asked of a chosen task before there is a study: the outline of its model, and which option a fault is of.

use std::path::Path;

use attune_core::evaluator::{FolderOutline, OpenFailure, Split, TaskOption};
use attune_core::options::OptionKind;

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

    /// What the folder of a model says about it; `None` when only opening the evaluator tells.
    ///
    /// # Errors
    /// When it is no model for this evaluator.
    pub(crate) fn outline(&self, model: &Path) -> Result<Option<Box<dyn FolderOutline>>, OpenFailure> {
        self.factory.folders().map(|folders| folders.outline(model)).transpose()
    }
}
