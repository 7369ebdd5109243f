//! Gradients on every item of a request.

use attune_core::evaluator::{EvalFailure, Request};
use attune_core::options::{OptionKind, OptionSpec, OptionValue, Settings};
use burn_tensor::DType;

use super::Asked;
use crate::gradient::{Attended, Wish, generate, sweep};
use crate::native::limit::{Clock, Limit, in_time};
use crate::native::share::Share;
use crate::native::{NativeEvaluator, host_parallel};

/// Which loss is differentiated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Loss {
    /// Cross-entropy of the dense model's own greedy answers: the first half of an item is the prompt, and only the
    /// answer counts (MoA, arXiv 2406.14909, §4.1, where aligned answers make the difference).
    Answers,
    /// Cross-entropy of all tokens of the item but the first.
    Text,
}

const ANSWERS: &str = "answers";
const TEXT: &str = "text";

impl Loss {
    pub(super) fn argument(default: Self) -> OptionSpec {
        let word = |loss| match loss {
            Self::Answers => ANSWERS,
            Self::Text => TEXT,
        };
        OptionSpec {
            name: "loss".to_owned(),
            help: "cross-entropy of the model's own greedy answers to the first half of each item, or of the text"
                .to_owned(),
            kind: OptionKind::OneOf([ANSWERS, TEXT].map(str::to_owned).to_vec()),
            default: OptionValue::Text(word(default).to_owned()),
        }
    }

    pub(super) fn of(args: &Settings) -> Self {
        match args.get("loss") {
            Some(OptionValue::Text(word)) if word == ANSWERS => Self::Answers,
            _ => Self::Text,
        }
    }
}

/// An argument that counts positions.
pub(super) fn positions_argument(name: &str, help: &str, default: i64) -> OptionSpec {
    let kind = OptionKind::Int { min: 0, max: i64::from(u32::MAX) };
    OptionSpec { name: name.to_owned(), help: help.to_owned(), kind, default: OptionValue::Int(default) }
}

/// The whole number `name` of complete arguments.
pub(super) fn count(args: &Settings, name: &str) -> usize {
    match args.get(name) {
        Some(OptionValue::Int(value)) => usize::try_from(*value).unwrap_or(0),
        _ => 0,
    }
}

impl NativeEvaluator {
    /// Tokens of what is read for each item.
    ///
    /// # Errors
    /// [`EvalFailure::BadRequest`] for items of different lengths.
    pub(super) fn one_length(&self, signal: &str, request: &Request) -> Result<usize, EvalFailure> {
        let groups = self.main_groups(request, 1)?;
        let length = groups.first().map_or(0, |group| group.batch.tokens);
        match groups.iter().all(|group| group.batch.tokens == length) {
            true => Ok(length),
            false => Err(EvalFailure::BadRequest(format!(
                "signal `{signal}` is measured on texts of one length; choose the task `text`"
            ))),
        }
    }

    /// Sums `values` numbers that `read` adds to, layer by layer, over the items of a request, and divides by their
    /// number. Items run side by side and are added in order, so the mean does not depend on the number of
    /// threads. Returns the work in layer-tokens too: a backward pass counts as two forward passes.
    pub(super) fn mean_over_items(
        &self,
        asked: &Asked<'_>,
        loss: Loss,
        wish: Wish,
        values: usize,
        read: &(dyn Fn(usize, Attended, &mut [f64]) + Sync),
    ) -> Result<(Vec<f64>, u64), EvalFailure> {
        if self.model.compute.dtype() != DType::F32 {
            return Err(EvalFailure::BadRequest(
                "gradients are computed in float32 only; run without `--precision f16`".to_owned(),
            ));
        }
        let (config, request) = (&self.model.config, &asked.request);
        let tokens = self.one_length(asked.name, request)?;
        let positions = self.positions(tokens);
        let mut texts: Vec<Vec<u32>> =
            self.main_groups(request, 1)?.into_iter().map(|group| group.ids).collect();
        let mut scored = 1..tokens;
        let mut computed = 0;
        let limit = Limit::new(request, 1, Clock::start(&request.stop));
        // An answer is a pass for every one of its tokens; each is short, so they take about as long as the gradients.
        let whole = Share::new(&request.progress, texts.len() as f64);
        let (answering, sweeping) = whole.split(if loss == Loss::Answers { 1.0 } else { 0.0 }, 1.0);
        if loss == Loss::Answers {
            scored = (tokens / 2).max(1)..tokens;
            let prompts: Vec<&[u32]> = texts.iter().map(|text| &text[..scored.start]).collect();
            // Alone on the device, but not alone in the process: panics are caught there.
            let answered = host_parallel::run(&self.model.compute, 1, |_| {
                generate::greedy(&self.model, &prompts, tokens, &positions, &|parts, all| {
                    answering.done(parts, all);
                    in_time(limit)
                })
            })?;
            computed += (prompts.len() * (tokens - 1) * config.layers) as u64;
            texts = answered.into_iter().flatten().collect();
        }
        let parts = host_parallel::run(&self.model.compute, texts.len(), |item| {
            in_time(limit)?;
            let mut sums = vec![0.0; values];
            let mut visit = |layer, attended| read(layer, attended, &mut sums);
            let loss = sweep(&self.model, &texts[item], scored.clone(), &positions, wish, &mut visit);
            if !loss.is_finite() || sums.iter().any(|sum| !sum.is_finite()) {
                return Err(EvalFailure::Internal(format!(
                    "the loss of the dense model on item {item} is {loss}, or its gradients are no numbers"
                )));
            }
            sweeping.done(1, texts.len());
            Ok(sums)
        })?;
        // Forward, each layer once more for its graph, backward.
        computed += (4 * texts.len() * tokens * config.layers) as u64;
        let mut mean = vec![0.0; values];
        for part in &parts {
            mean.iter_mut().zip(part).for_each(|(mean, value)| *mean += value / parts.len() as f64);
        }
        Ok((mean, computed))
    }
}
