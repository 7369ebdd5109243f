//! Passages that run together.

use std::collections::HashMap;

use attune_core::evaluator::{EvalFailure, Request, Split};

use super::{NativeEvaluator, host_parallel};
use crate::decoder::Batch;
use crate::passages::Passages;

/// Tokens per product on a CPU: enough for full-speed products, few enough that activations stay near.
const CPU_TOKENS: usize = 512;

/// Tokens per product on other devices.
const DEVICE_TOKENS: usize = 8192;

/// Some passages of a split, of one length, next to each other in a batch. Which passages are neighbours decides nothing: rows of
/// a batch do not see each other.
#[derive(Clone, Debug)]
pub(super) struct Group {
    pub(super) split: Split,
    pub(super) passages: Vec<u32>,
    /// Where each is among those of the request.
    pub(super) places: Vec<usize>,
    /// Their tokens, passage after passage.
    pub(super) ids: Vec<u32>,
    pub(super) batch: Batch,
    /// Tokens at the end of each passage that are predicted and scored.
    pub(super) scored: usize,
    /// How many items they are: one that is asked in several passages is a part of one in each.
    pub(super) items: f64,
}

/// Which passages of an item are run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Run {
    All,
    /// The one that `kl` and `perplexity` are of.
    Main,
}

/// A passage of a request.
struct Asked {
    passage: u32,
    place: usize,
    /// Share of its item.
    share: f64,
}

impl Group {
    /// Tokens that are predicted and scored.
    pub(super) fn targets(&self) -> Vec<u32> {
        let (tokens, scored) = (self.batch.tokens, self.scored);
        self.ids.chunks_exact(tokens).flat_map(|passage| passage[tokens - scored..].to_vec()).collect()
    }

    /// The group of some of its passages, by position.
    pub(super) fn part(&self, positions: &[usize]) -> Self {
        let tokens = self.batch.tokens;
        Self {
            split: self.split.clone(),
            passages: positions.iter().map(|&at| self.passages[at]).collect(),
            places: positions.iter().map(|&at| self.places[at]).collect(),
            ids: positions.iter().flat_map(|&at| self.ids[at * tokens..][..tokens].to_vec()).collect(),
            batch: Batch { sequences: positions.len(), tokens },
            scored: self.scored,
            items: self.items * positions.len() as f64 / self.passages.len() as f64,
        }
    }
}

impl NativeEvaluator {
    /// Rows that one product should have on this device.
    pub(super) fn product_rows(&self) -> usize {
        if self.model.compute.on_host() { CPU_TOKENS } else { DEVICE_TOKENS }
    }

    /// The data that a request is about, which holds its items.
    pub(super) fn passages(&self, request: &Request) -> Result<&Passages, EvalFailure> {
        let bad = |reason: String| Err(EvalFailure::BadRequest(reason));
        let Some(data) = self.task.passages(&request.split) else {
            return bad(format!("it has no split `{}`", request.split));
        };
        let held = data.items();
        if request.items.is_empty() {
            return bad(format!("no items of split `{}`, which holds {held}", request.split));
        }
        if let Some(item) = request.items.iter().find(|&&item| item as usize >= held) {
            return bad(format!("item {item} of split `{}`, which holds {held}", request.split));
        }
        Ok(data)
    }

    /// The passages of a request in groups of at most `most`.
    pub(super) fn groups(&self, request: &Request, most: usize) -> Result<Vec<Group>, EvalFailure> {
        self.grouped(request, most, Run::All)
    }

    /// The passages that signals are measured on, one of each item: a text, or a question with its right answer.
    pub(super) fn main_groups(&self, request: &Request, most: usize) -> Result<Vec<Group>, EvalFailure> {
        self.grouped(request, most, Run::Main)
    }

    fn grouped(&self, request: &Request, most: usize, run: Run) -> Result<Vec<Group>, EvalFailure> {
        let data = self.passages(request)?;
        let alike = alike(data, &request.items, run);
        let lanes = host_parallel::most(&self.model.compute);
        let mut groups = Vec::new();
        for asked in alike {
            let tokens = data.tokens(asked[0].passage).len();
            // As many groups as can run at once, none larger than products need.
            let size = (self.product_rows() / tokens).min(asked.len().div_ceil(lanes)).min(most).max(1);
            groups.extend(asked.chunks(size).map(|asked| group(data, &request.split, asked)));
        }
        Ok(groups)
    }
}

/// The passages of `items`, those of one form together: as many tokens, as many of them scored. Each form is where its first
/// passage is.
fn alike(data: &Passages, items: &[u32], run: Run) -> Vec<Vec<Asked>> {
    let passages = items.iter().flat_map(|&item| {
        let passages = match run {
            Run::All => data.of(item),
            Run::Main => data.main(item)..data.main(item) + 1,
        };
        let share = 1.0 / passages.len() as f64;
        passages.map(move |passage| (passage, share))
    });
    let mut places: HashMap<(usize, usize), usize> = HashMap::new();
    let mut forms: Vec<Vec<Asked>> = Vec::new();
    for (place, (passage, share)) in passages.enumerate() {
        let form = (data.tokens(passage).len(), data.scored(passage));
        let at = *places.entry(form).or_insert(forms.len());
        if at == forms.len() {
            forms.push(Vec::new());
        }
        forms[at].push(Asked { passage, place, share });
    }
    forms
}

fn group(data: &Passages, split: &Split, asked: &[Asked]) -> Group {
    let first = asked[0].passage;
    Group {
        split: split.clone(),
        passages: asked.iter().map(|one| one.passage).collect(),
        places: asked.iter().map(|one| one.place).collect(),
        ids: asked.iter().flat_map(|one| data.tokens(one.passage)).copied().collect(),
        batch: Batch { sequences: asked.len(), tokens: data.tokens(first).len() },
        scored: data.scored(first),
        items: asked.iter().map(|one| one.share).sum(),
    }
}
