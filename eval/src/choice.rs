//! Multiple choice by log-likelihood: the choice that the model finds likeliest behind the question is its answer.
//!
//! Requests, their tokens and both accuracies are those of lm-evaluation-harness (`multiple_choice`, `acc`, `acc_norm`; Gao et al.,
//! 10.5281/zenodo.10256836); `docs/tasks.md` has the formulas.

mod continuation;
mod disjoint;
mod form;
mod options;
mod question;
mod records;
mod worth;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use attune_core::evaluator::{Split, TaskInfo};
use attune_core::hash::ContentHash;

use crate::error::TaskError;
use crate::passages::{Passages, Progress, Read, ReadingTask, TaskSource, bytes};
use crate::tokens::Tokens;
use options::PROMPT;
use question::{Asking, QUESTION, Question};
use worth::Choices;

pub use options::task;

/// Raised when items or their scores come to mean something else: part of every fingerprint.
const MEANING: &str = "questions with choices; likelihoods of choices, kl and nll of the right one; 1";

/// Where the questions of a task are, and how they are asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChoiceSpec {
    /// tokenizer.json of the model; what other files beside it say of its special tokens counts too.
    pub tokenizer: PathBuf,
    /// Questions that a search tunes on, in JSON Lines.
    pub selection: PathBuf,
    /// Questions that results are reported on.
    pub report: PathBuf,
    /// Questions of other domains, by name.
    pub elsewhere: BTreeMap<String, PathBuf>,
    /// What stands before a choice; `{question}` is the question.
    pub prompt: String,
    /// What stands between the prompt and a choice.
    pub delimiter: String,
}

/// Questions with choices, none of the selection's among those of another split.
pub struct ChoiceTask {
    splits: BTreeMap<Split, Passages>,
    /// What is right, question by question.
    choices: BTreeMap<Split, Vec<Choices>>,
    info: TaskInfo,
}

impl ChoiceTask {
    /// Reads and tokenises the questions; `tell` hears which file is read.
    ///
    /// # Errors
    /// Unreadable files, records that are no questions, a tokenizer that does not fit the model, a question longer than
    /// `context` tokens, or one of the selection that another split asks too.
    pub fn open(
        spec: &ChoiceSpec,
        vocab: usize,
        context: usize,
        tell: &dyn Fn(Progress<'_>),
    ) -> Result<Self, TaskError> {
        if !spec.prompt.contains(QUESTION) {
            let (found, expected) = (spec.prompt.clone(), "a text with `{question}` in it");
            return Err(TaskError::BadOption { option: PROMPT, found, expected });
        }
        let tokens = Tokens::open(&spec.tokenizer, vocab)?;
        let asking = Asking { tokens: &tokens, context, prompt: &spec.prompt, delimiter: &spec.delimiter };
        let elsewhere =
            spec.elsewhere.iter().map(|(name, file)| (Split::OutOfDomain(name.clone()), file.as_path()));
        let files: [(Split, &Path); 2] = [(Split::Selection, &spec.selection), (Split::Report, &spec.report)];
        let mut asked: BTreeMap<Split, Vec<Question>> = BTreeMap::new();
        for (split, file) in files.into_iter().chain(elsewhere) {
            tell(Progress { file, share: 0.0 });
            let records = records::read(file)?;
            let questions: Result<_, _> =
                records.iter().map(|record| asking.question(record, &split)).collect();
            asked.insert(split, questions?);
        }
        disjoint::check(&asked)?;
        let fingerprints = asked.iter().map(|(split, asked)| (split.clone(), fingerprint(asked)));
        let info = TaskInfo {
            name: options::KIND.to_owned(),
            metrics: options::metrics(),
            items: asked.iter().map(|(split, asked)| (split.clone(), asked.len() as u32)).collect(),
            fingerprints: fingerprints.collect(),
        };
        let passages = |asked: &[Question]| {
            let mut passages = Passages::default();
            for question in asked {
                passages.push(&question.passages, question.choices.right);
            }
            passages
        };
        let splits = asked.iter().map(|(split, asked)| (split.clone(), passages(asked))).collect();
        let choices = |asked: Vec<Question>| asked.into_iter().map(|question| question.choices).collect();
        let choices = asked.into_iter().map(|(split, asked)| (split, choices(asked))).collect();
        Ok(Self { splits, choices, info })
    }
}

impl ReadingTask for ChoiceTask {
    fn info(&self) -> &TaskInfo {
        &self.info
    }

    fn passages(&self, split: &Split) -> Option<&Passages> {
        self.splits.get(split)
    }

    fn values(&self, split: &Split, item: u32, read: &[Read]) -> Vec<f64> {
        let likelihoods: Vec<f64> = read.iter().map(|read| -read.nll).collect();
        let choices = self.choices.get(split).and_then(|choices| choices.get(item as usize));
        choices.map_or_else(Vec::new, |choices| choices.worth(&likelihoods))
    }
}

impl TaskSource for ChoiceSpec {
    fn open(
        &self,
        vocab: usize,
        context: usize,
        tell: &dyn Fn(Progress<'_>),
    ) -> Result<Box<dyn ReadingTask>, TaskError> {
        Ok(Box::new(ChoiceTask::open(self, vocab, context, tell)?))
    }
}

/// The identity of questions and of what is right.
fn fingerprint(asked: &[Question]) -> ContentHash {
    let mut parts = vec![MEANING.as_bytes().to_vec()];
    for Question { passages, choices, .. } in asked {
        for (before, scored) in passages {
            parts.push(bytes(&[&[scored.len() as u32][..], before, scored].concat()));
        }
        parts.push(bytes(&[&[choices.right as u32][..], &choices.characters].concat()));
    }
    ContentHash::of_parts(parts.iter().map(Vec::as_slice))
}
