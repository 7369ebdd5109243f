//! Questions: how a record is read, and which tokens it makes.

use attune_core::evaluator::Split;

use super::continuation;
use super::form::Form;
use super::records::{Record, kind};
use super::worth::Choices;
use crate::error::TaskError;
use crate::tokens::Tokens;

/// Where the question stands in a prompt.
pub(super) const QUESTION: &str = "{question}";

/// A question as tokens.
#[derive(Debug)]
pub(super) struct Question {
    /// Of each choice, what comes before it and what is scored.
    pub(super) passages: Vec<(Vec<u32>, Vec<u32>)>,
    pub(super) choices: Choices,
    /// What is asked, as it was read.
    pub(super) text: String,
    /// What makes it the same as another one.
    pub(super) form: Form,
    /// File and line.
    pub(super) place: String,
}

/// How questions become tokens.
pub(super) struct Asking<'a> {
    pub(super) tokens: &'a Tokens,
    /// The longest sequence of the model.
    pub(super) context: usize,
    pub(super) prompt: &'a str,
    pub(super) delimiter: &'a str,
}

impl Asking<'_> {
    /// The question of a record: `question` is a string, `choices` at least two strings that are not empty, `answer` the place of
    /// the right one, counted from 0, or its text.
    ///
    /// # Errors
    /// A record that is none, with its line, or what the tokenizer says.
    pub(super) fn question(&self, record: &Record, split: &Split) -> Result<Question, TaskError> {
        let (text, choices) = (record.text("question")?, record.texts("choices")?);
        if choices.len() < 2 {
            return Err(record.refuse("`choices` has one choice, expected two or more".to_owned()));
        }
        if let Some(empty) = choices.iter().position(|choice| choice.is_empty()) {
            return Err(record.refuse(format!("choice {empty} is empty")));
        }
        let right = right(record, &choices)?;
        let before = self.prompt.replace(QUESTION, text);
        let mut passages = Vec::with_capacity(choices.len());
        for (number, choice) in choices.iter().enumerate() {
            let pair = continuation::encode_pair(
                self.tokens,
                split,
                &before,
                &format!("{}{choice}", self.delimiter),
            )?
            .map_err(|none| record.refuse(format!("choice {number}: {none}")))?;
            let tokens = pair.0.len() + pair.1.len();
            if tokens > self.context {
                let found = format!(
                    "question and choice {number} have {tokens} tokens, more than the model's context of {}",
                    self.context
                );
                return Err(record.refuse_with(found, "shorten the question or leave it out"));
            }
            passages.push(pair);
        }
        let characters = choices.iter().map(|choice| choice.chars().count() as u32).collect();
        let form = Form::new(text, &choices);
        let text = [&[text][..], &choices].concat().join("\n");
        Ok(Question { passages, choices: Choices { right, characters }, text, form, place: record.place() })
    }
}

/// The place of the right choice.
fn right(record: &Record, choices: &[&str]) -> Result<usize, TaskError> {
    let expected = "the place of the right choice, counted from 0, or its text";
    let answer = record.field("answer");
    if let Some(text) = answer.and_then(|answer| answer.as_str()) {
        let places: Vec<usize> = (0..choices.len()).filter(|&place| choices[place] == text).collect();
        return match places[..] {
            [place] => Ok(place),
            [] => {
                Err(record
                    .refuse(format!("`answer` is the text of none of the choices; expected {expected}")))
            }
            _ => {
                let found = "`answer` is the text of more than one of the choices";
                Err(record.refuse(format!("{found}; expected {expected}")))
            }
        };
    }
    match answer {
        Some(answer) if answer.is_i64() || answer.is_u64() => {
            let place = answer.as_u64().and_then(|place| usize::try_from(place).ok());
            place.filter(|&place| place < choices.len()).ok_or_else(|| {
                record.refuse(format!("`answer` is {answer}; expected 0 to {}", choices.len() - 1))
            })
        }
        other => {
            let found = other.map_or("missing", kind);
            Err(record.refuse(format!("`answer` is {found}; expected {expected}")))
        }
    }
}
