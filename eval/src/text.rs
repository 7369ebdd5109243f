//! Tasks on text: items are non-overlapping runs of tokens.

mod disjoint;
mod options;
mod passkey;
mod pieces;
mod reading;
mod source;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use attune_core::evaluator::{Split, TaskInfo};
use attune_core::hash::ContentHash;

use crate::error::TaskError;
use crate::passages::{self, Passages, Progress, ReadingTask, TaskSource};
use crate::tokens::Tokens;
use options::{LENGTH, LENGTHS, PASSKEYS};
use reading::{Text, Wanted};

pub use options::{at_length, task, with_passkey};

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
    /// Items of the selection text that are used; 0 is all that there are. Of a large text, no more is read than they need.
    pub selection_items: u32,
    /// Items of the report texts that are used, likewise.
    pub report_items: u32,
    /// Items of other lengths, made of the report text: how many, by tokens per item.
    pub lengths: BTreeMap<u32, u32>,
    /// Items that hide a pass key and ask for it, likewise.
    pub passkeys: BTreeMap<u32, u32>,
}

/// Texts cut into items, with disjoint selection and report data.
pub struct TextTask {
    splits: BTreeMap<Split, Passages>,
    info: TaskInfo,
}

/// The items of one split.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Items {
    /// Their tokens, one item after the other.
    ids: Vec<u32>,
    /// Tokens per item.
    length: usize,
    /// Tokens at the end of each item that are predicted and scored: all but the first, unless only an answer is.
    scored: usize,
}

impl Items {
    /// As many whole items as `ids` has; every token that has one before it is scored.
    fn of_text(mut ids: Vec<u32>, length: usize) -> Self {
        ids.truncate(ids.len() / length * length);
        Self { ids, length, scored: length - 1 }
    }

    /// How many there are.
    fn count(&self) -> usize {
        self.ids.len() / self.length
    }
}

/// Raised when items or their scores come to mean something else: part of every fingerprint.
const MEANING: &str = "text items of consecutive tokens; kl and nll of tokens 1..; 1";

impl TextTask {
    /// Reads, tokenises and cuts the texts.
    ///
    /// # Errors
    /// Unreadable files, files that hold no text, a tokenizer that does not fit the model, texts shorter than one item, or
    /// selection text that occurs in report text.
    pub fn open(spec: &TextSpec, vocab: usize, context: usize) -> Result<Self, TaskError> {
        Self::open_telling(spec, vocab, context, &|_| ())
    }

    /// [`Self::open`], which says how far it is.
    ///
    /// # Errors
    /// As there.
    pub fn open_telling(
        spec: &TextSpec,
        vocab: usize,
        context: usize,
        tell: &dyn Fn(Progress<'_>),
    ) -> Result<Self, TaskError> {
        let length = spec.length;
        let lengths = spec.lengths.iter().map(|(&tokens, &items)| (tokens, items as usize));
        let passkeys = spec.passkeys.iter().map(|(&tokens, &items)| (tokens, items as usize));
        let of = |option| move |(tokens, _): (u32, usize)| (option, tokens as usize);
        let others = lengths.clone().map(of(LENGTHS)).chain(passkeys.clone().map(of(PASSKEYS)));
        let mut all = std::iter::once((LENGTH, length)).chain(others);
        if let Some((option, length)) = all.find(|(_, length)| !(2..=context).contains(length)) {
            return Err(TaskError::BadLength { option, length, context });
        }
        let tokens = Tokens::open(&spec.tokenizer, vocab)?;
        let model = spec.tokenizer.parent().unwrap_or(Path::new(""));
        let longer = lengths.clone().map(|(tokens, items)| tokens as usize * items).max().unwrap_or(0);
        let wanted = |items: u32, longer: usize| match items as usize * length {
            0 => Wanted::All,
            tokens => Wanted::Tokens(tokens.max(longer)),
        };
        let (selection, report) = (wanted(spec.selection_items, 0), wanted(spec.report_items, longer));
        let elsewhere = spec
            .elsewhere
            .iter()
            .map(|(name, file)| (Split::OutOfDomain(name.clone()), file, wanted(spec.report_items, 0)));
        let files = [(Split::Selection, &spec.selection, selection), (Split::Report, &spec.report, report)]
            .into_iter();
        let mut texts = BTreeMap::new();
        for (split, file, wanted) in files.chain(elsewhere) {
            texts.insert(split.clone(), Text::read(file, model, &tokens, &split, wanted, length, tell)?);
        }
        disjoint::check(&texts)?;
        let files: BTreeMap<Split, PathBuf> =
            texts.iter().map(|(split, text)| (split.clone(), text.file.clone())).collect();
        let items = texts.into_iter().map(|(split, text)| (split, Items::of_text(text.ids, length)));
        let mut splits: BTreeMap<Split, Items> = items.collect();
        disjoint::no_item_twice(&splits, &files, |item| tokens.text(item))?;
        for (length, items) in lengths {
            let split = at_length(length);
            let length = length as usize;
            // Of the report's items, which have been compared with the selection: no token beyond them.
            let mut ids = splits[&Split::Report].ids.clone();
            if ids.len() < items * length {
                let file = files[&Split::Report].clone();
                return Err(TaskError::TooShort {
                    file,
                    split: split.to_string(),
                    tokens: ids.len(),
                    items,
                    length,
                });
            }
            ids.truncate(items * length);
            splits.insert(split, Items::of_text(ids, length));
        }
        for (length, items) in passkeys {
            splits.insert(with_passkey(length), passkey::items(&tokens, length as usize, items)?);
        }
        let info = info(&splits);
        let read = |Items { ids, length, scored }| Passages::alike(ids, length, scored);
        Ok(Self { splits: splits.into_iter().map(|(split, items)| (split, read(items))).collect(), info })
    }
}

impl ReadingTask for TextTask {
    fn info(&self) -> &TaskInfo {
        &self.info
    }

    fn passages(&self, split: &Split) -> Option<&Passages> {
        self.splits.get(split)
    }
}

impl TaskSource for TextSpec {
    fn open(
        &self,
        vocab: usize,
        context: usize,
        tell: &dyn Fn(Progress<'_>),
    ) -> Result<Box<dyn ReadingTask>, TaskError> {
        Ok(Box::new(TextTask::open_telling(self, vocab, context, tell)?))
    }
}

fn info(splits: &BTreeMap<Split, Items>) -> TaskInfo {
    let fingerprint = |items: &Items| {
        let bytes = passages::bytes(&items.ids);
        let (length, scored) = ((items.length as u64).to_le_bytes(), (items.scored as u64).to_le_bytes());
        let mut parts: Vec<&[u8]> = vec![MEANING.as_bytes(), &length, &bytes];
        // Items that are scored whole keep the fingerprint of the time when all were.
        if items.scored + 1 < items.length {
            parts.push(&scored);
        }
        ContentHash::of_parts(parts)
    };
    TaskInfo {
        name: options::KIND.to_owned(),
        metrics: passages::metrics(),
        items: splits.iter().map(|(split, items)| (split.clone(), items.count() as u32)).collect(),
        fingerprints: splits.iter().map(|(split, items)| (split.clone(), fingerprint(items))).collect(),
    }
}
