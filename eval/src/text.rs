//! Tasks on text: items are non-overlapping runs of tokens.

mod disjoint;
mod tokens;

use std::collections::BTreeMap;
use std::path::PathBuf;

use attune_core::evaluator::{MetricInfo, Split, TaskInfo};
use attune_core::hash::ContentHash;
use attune_core::objective::Direction;

use crate::error::TaskError;
use tokens::Tokens;

/// Where the text of a task is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextSpec {
    /// tokenizer.json of the model.
    pub tokenizer: PathBuf,
    /// Text that a search tunes on.
    pub selection: PathBuf,
    /// Text that results are reported on.
    pub report: PathBuf,
    /// Report texts of other domains, by name.
    pub elsewhere: BTreeMap<String, PathBuf>,
    /// Tokens per item.
    pub length: usize,
}

/// Texts cut into items, with disjoint selection and report data.
pub struct TextTask {
    length: usize,
    splits: BTreeMap<Split, Vec<u32>>,
    info: TaskInfo,
}

/// Raised when items or their scores come to mean something else: part of every fingerprint.
const MEANING: &str = "text items of consecutive tokens; kl and nll of tokens 1..; 1";

impl TextTask {
    /// Reads, tokenises and cuts the texts.
    ///
    /// # Errors
    /// Unreadable files, a tokenizer that does not fit the model, texts shorter than one item, or
    /// selection text that occurs in report text.
    pub fn open(spec: &TextSpec, vocab: usize, context: usize) -> Result<Self, TaskError> {
        let length = spec.length;
        if length < 2 || length > context {
            return Err(TaskError::BadLength { length, context });
        }
        let tokens = Tokens::open(&spec.tokenizer, vocab)?;
        let elsewhere = spec.elsewhere.iter().map(|(name, file)| (Split::Elsewhere(name.clone()), file));
        let files = [(Split::Selection, &spec.selection), (Split::Report, &spec.report)];
        let mut splits = BTreeMap::new();
        for (split, file) in files.into_iter().chain(elsewhere) {
            let mut ids = tokens.read(file, &split)?;
            if ids.len() < length {
                return Err(TaskError::TooShort { split: split.to_string(), tokens: ids.len(), length });
            }
            ids.truncate(ids.len() / length * length);
            splits.insert(split, ids);
        }
        disjoint::check(&splits, length, |run| tokens.text(run))?;
        Ok(Self { length, info: info(&splits, length), splits })
    }

    /// Tokens per item.
    pub(crate) fn length(&self) -> usize {
        self.length
    }

    /// What is measured, on how many items.
    pub fn info(&self) -> &TaskInfo {
        &self.info
    }

    /// The tokens of all items of a split, one after the other.
    pub(crate) fn tokens(&self, split: &Split) -> Option<&[u32]> {
        self.splits.get(split).map(Vec::as_slice)
    }
}

/// What every text task measures, the usual objective first.
pub fn metrics() -> Vec<MetricInfo> {
    let metric = |name: &str, unit: &str| MetricInfo {
        name: name.to_owned(),
        direction: Direction::Minimise,
        unit: unit.to_owned(),
    };
    vec![metric("kl", "nats/token"), metric("perplexity", "")]
}

fn info(splits: &BTreeMap<Split, Vec<u32>>, length: usize) -> TaskInfo {
    let fingerprint = |ids: &[u32]| {
        let bytes: Vec<u8> = ids.iter().flat_map(|id| id.to_le_bytes()).collect();
        ContentHash::of_parts([MEANING.as_bytes(), &(length as u64).to_le_bytes(), &bytes])
    };
    TaskInfo {
        name: "text".to_owned(),
        metrics: metrics(),
        items: splits.iter().map(|(split, ids)| (split.clone(), (ids.len() / length) as u32)).collect(),
        fingerprints: splits.iter().map(|(split, ids)| (split.clone(), fingerprint(ids))).collect(),
    }
}
