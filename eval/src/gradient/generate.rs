//! Greedy answers of the dense model.

use attune_core::evaluator::EvalFailure;

use crate::decoder::{Caches, Positions};
use crate::model::Model;

/// Sequences that grow together. A number of its own, so that what is generated does not depend on the machine's
/// threads.
const TOGETHER: usize = 8;

/// So many tokens of all have come; says whether to go on.
pub(crate) type Told<'a> = dyn Fn(usize, usize) -> Result<(), EvalFailure> + 'a;

/// Each prompt, all of the same length, with the likeliest tokens after it up to `length`; of equally likely ones
/// the lowest. The end of a text is a token like any other. `told` hears how many of how many tokens have come, and may
/// end it.
pub(crate) fn greedy(
    model: &Model,
    prompts: &[&[u32]],
    length: usize,
    positions: &Positions,
    told: &Told<'_>,
) -> Result<Vec<Vec<u32>>, EvalFailure> {
    let all: usize = prompts.iter().map(|prompt| length - prompt.len()).sum();
    let mut texts = Vec::with_capacity(prompts.len());
    for prompts in prompts.chunks(TOGETHER) {
        texts.extend(together(model, prompts, length, positions, &|parts| told(parts, all))?);
    }
    Ok(texts)
}

fn together(
    model: &Model,
    prompts: &[&[u32]],
    length: usize,
    positions: &Positions,
    told: &dyn Fn(usize) -> Result<(), EvalFailure>,
) -> Result<Vec<Vec<u32>>, EvalFailure> {
    let mut texts: Vec<Vec<u32>> = prompts.iter().map(|prompt| prompt.to_vec()).collect();
    let mut caches = Caches::new(texts.len(), model.config.layers);
    let mut new: Vec<u32> = texts.concat();
    while texts[0].len() < length {
        let finished = model.continue_with(&mut caches, &new, positions);
        let logits = model.logits(finished, 0, model.config.vocab).into_data();
        let logits: Vec<f32> = logits.iter::<f32>().collect();
        new = logits.chunks_exact(model.config.vocab).map(likeliest).collect();
        texts.iter_mut().zip(&new).for_each(|(text, &token)| text.push(token));
        told(new.len())?;
    }
    Ok(texts)
}

fn likeliest(logits: &[f32]) -> u32 {
    let better = |best: (usize, f32), (token, &logit): (usize, &f32)| {
        if logit > best.1 { (token, logit) } else { best }
    };
    logits.iter().enumerate().fold((0, f32::NEG_INFINITY), better).0 as u32
}
