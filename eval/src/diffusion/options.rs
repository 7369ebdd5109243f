//! What a profile may say of a task on images.

use attune_core::evaluator::{ItemSize, TaskData, TaskOption, TaskSpec};
use attune_core::options::{OptionKind, OptionSpec, OptionValue};

use super::ImageSpec;
use super::task::KIND;

const CLASSIFIER: &str = "classifier";
const SAMPLES: &str = "samples";

/// The task on images: its options, their defaults and meaning.
pub fn task() -> TaskSpec {
    let option = |name: &str, label: &str, kind: OptionKind, default: OptionValue, help: &str| TaskOption {
        spec: OptionSpec { name: name.to_owned(), help: help.to_owned(), kind, default },
        label: label.to_owned(),
        advanced: false,
        reports: None,
    };
    let samples = option(
        SAMPLES,
        "images per item",
        OptionKind::Int { min: 2, max: u32::MAX.into() },
        OptionValue::Int(256),
        "Generated images of one item.",
    );
    TaskSpec {
        name: KIND.to_owned(),
        summary: "How far generated images are from real ones.".to_owned(),
        metrics: super::metrics(),
        data: "safetensors".to_owned(),
        size: Some(ItemSize { option: SAMPLES.to_owned(), unit: "images".to_owned() }),
        options: vec![
            option(
                CLASSIFIER,
                "features of",
                OptionKind::Folder,
                OptionValue::Text(String::new()),
                "Folder of the classifier whose features of generated and real images are compared.",
            ),
            TaskOption { advanced: true, ..samples },
        ],
    }
}

impl ImageSpec {
    /// The data of a task whose options were checked against [`task`].
    pub fn of(task: &TaskData) -> Self {
        Self {
            classifier: match task.options.get(CLASSIFIER) {
                Some(OptionValue::Text(folder)) => task.base.join(folder),
                _ => task.base.clone(),
            },
            selection: task.selection.clone(),
            report: task.report.clone(),
            elsewhere: task.out_of_domain.clone(),
            samples: match task.options.get(SAMPLES) {
                Some(OptionValue::Int(samples)) => usize::try_from(*samples).unwrap_or(0),
                _ => 0,
            },
        }
    }
}
