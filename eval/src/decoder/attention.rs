//! Grouped-query attention over what each head sees, with a cache of any bit width.

use std::ops::Range;

use attune_core::plan::{KvBits, Module};
use burn_tensor::Tensor;

use super::product::Owners;
use super::{Batch, Positions};
use crate::edits::{LayerEdits, Look};
use crate::model::{Model, Site};
use crate::ops::heads::{HeadLayout, HeadNorms, Heads, split_heads};
use crate::ops::mix::ExactColumns;
use crate::ops::quantise::quantise;
use crate::ops::softmax::{Block, visible_softmax};

/// Queries per block on a CPU: scores of a block stay in the second-level cache, and keys after the
/// block's last query, half of all, are never multiplied.
const CPU_QUERIES: usize = 64;

/// Scores per block on other devices: 256 MiB in float32.
const DEVICE_SCORES: usize = 1 << 26;

/// What queries meet: keys and values as they are, and as a low-bit cache gives them back.
struct Cache {
    exact: (Tensor<3>, Tensor<3>),
    /// `None` where nothing is quantised.
    keys: Option<Tensor<3>>,
    /// The quantised values, and by how much the exact ones differ from them.
    values: Option<(Tensor<3>, Tensor<3>)>,
    sink: usize,
    recent: usize,
}

impl Model {
    /// The attention part of a block: normed rows in, as many for each entry of `edits`, what is added to the
    /// residual out. Candidates side by side that attend alike run as one.
    pub(super) fn attention(
        &self,
        number: usize,
        normed: Tensor<2>,
        batch: Batch,
        edits: &[&LayerEdits],
        positions: &Positions,
    ) -> Tensor<2> {
        let (config, layer) = (&self.config, &self.weights.layers[number]);
        let layout = HeadLayout {
            sequences: batch.sequences,
            tokens: batch.tokens,
            kv_heads: config.kv_heads,
            group: config.heads / config.kv_heads,
            head_dim: config.head_dim,
        };
        let norms = HeadNorms { queries: layer.query_norm.as_ref(), keys: layer.key_norm.as_ref() };
        let owners = Owners::evenly(edits, batch.sequences * batch.tokens);
        let site = |module| Site { layer: number, expert: 0, module };
        let parts = [Module::Query, Module::Key, Module::Value];
        let qkv = self.product(&layer.qkv, site(Module::Query), &parts, normed, &owners);
        let Heads { queries, keys, values } = split_heads(&self.compute, qkv, layout, &norms, positions);
        let heads = Heads { queries, keys, values };
        let each = batch.sequences / edits.len();
        let mut runs = Vec::new();
        let mut first = 0;
        for alike in edits.chunk_by(|one, other| one.attends_like(other)) {
            let sequences = alike.len() * each;
            let part = if sequences == batch.sequences {
                heads.clone()
            } else {
                heads.narrow(first * config.kv_heads, sequences * config.kv_heads)
            };
            runs.push(self.attend(number, part, HeadLayout { sequences, ..layout }, alike[0]));
            first += sequences;
        }
        let mixed = if runs.len() == 1 { runs.swap_remove(0) } else { Tensor::cat(runs, 0) };
        self.product(&layer.attention_output, site(Module::Output), &[Module::Output], mixed, &owners)
    }

    /// Attention of candidates that attend alike: `[sequences·tokens, heads·head_dim]`.
    fn attend(&self, number: usize, heads: Heads, layout: HeadLayout, edits: &LayerEdits) -> Tensor<2> {
        let config = &self.config;
        let Heads { queries, keys, values } = heads;
        let HeadLayout { sequences, tokens, .. } = layout;
        let cache = self.cache(keys, values, edits.cache.as_ref(), tokens);
        let looks = edits.looks(config.kv_heads, config.windows[number], tokens);
        let step = if self.compute.on_host() {
            CPU_QUERIES
        } else {
            (DEVICE_SCORES / (sequences * config.heads * tokens)).max(1)
        };
        let blocks = (0..tokens)
            .step_by(step)
            .map(|first| self.block(&queries, &cache, &looks, layout, first..(first + step).min(tokens)))
            .collect();
        let width = config.heads * config.head_dim;
        Tensor::cat(blocks, 1).reshape([sequences * tokens, width])
    }

    fn cache(&self, keys: Tensor<3>, values: Tensor<3>, bits: Option<&KvBits>, tokens: usize) -> Cache {
        let exact = (keys.clone(), values.clone());
        // A sink or a window that covers the sequence leaves nothing to quantise.
        let Some(bits) = bits.filter(|bits| (bits.sink.max(bits.recent) as usize) < tokens) else {
            return Cache { exact, keys: None, values: None, sink: 0, recent: 0 };
        };
        let group = bits.group_size as usize;
        let stored = |x: Tensor<3>, bits| (bits < 16).then(|| quantise(&self.compute, x, bits, group));
        Cache {
            keys: stored(keys, bits.keys),
            values: stored(values.clone(), bits.values).map(|quantised| {
                let rest = values - quantised.clone();
                (quantised, rest)
            }),
            exact,
            sink: bits.sink as usize,
            recent: bits.recent as usize,
        }
    }

    /// Attention of some queries: `[sequences, queries, heads·head_dim]`.
    fn block(
        &self,
        queries: &Tensor<4>,
        cache: &Cache,
        looks: &[Look],
        layout: HeadLayout,
        at: Range<usize>,
    ) -> Tensor<3> {
        let HeadLayout { sequences, kv_heads, group, head_dim, .. } = layout;
        let heads = sequences * kv_heads;
        let asked =
            queries.clone().narrow(2, at.start, at.len()).reshape([heads, group * at.len(), head_dim]);
        let first_key = looks.iter().map(|look| first_visible(look, at.start)).min().unwrap_or(0);
        let seen = first_key..at.end;
        let against = |keys: &Tensor<3>, columns: &Range<usize>| {
            let keys = keys.clone().narrow(1, columns.start, columns.len());
            asked.clone().matmul(keys.swap_dims(1, 2))
        };
        let mut scores = against(cache.keys.as_ref().unwrap_or(&cache.exact.0), &seen);
        let exact_columns = cache.exact_columns(&at, &seen);
        let marked = |columns: &Range<usize>| ExactColumns {
            first_query: at.start,
            queries: at.len(),
            first_key: columns.start,
            sink: cache.sink,
            recent: cache.recent,
        };
        if cache.keys.is_some() {
            for columns in &exact_columns {
                let place = [0..heads, 0..group * at.len(), shift(columns, first_key)];
                let exact = against(&cache.exact.0, columns);
                let chosen =
                    marked(columns).choose(&self.compute, exact, scores.clone().slice(place.clone()));
                scores = scores.slice_assign(place, chosen);
            }
        }
        let block = Block { first_query: at.start, queries: at.len(), first_key, looks };
        let weights = visible_softmax(&self.compute, scores, block);
        let over = |values: &Tensor<3>, columns: &Range<usize>| {
            values.clone().narrow(1, columns.start, columns.len())
        };
        let mixed = match &cache.values {
            None => weights.matmul(over(&cache.exact.1, &seen)),
            Some((quantised, rest)) => {
                // A·(v' + exact∘(v − v')): only columns with exact positions are multiplied twice.
                let mixed = weights.clone().matmul(over(quantised, &seen));
                exact_columns.iter().fold(mixed, |mixed, columns| {
                    let part = shift(columns, first_key);
                    let part = weights.clone().narrow(2, part.start, part.len());
                    let exact = marked(columns).only_exact(&self.compute, part);
                    mixed + exact.matmul(over(rest, columns))
                })
            }
        };
        mixed.reshape([sequences, kv_heads * group, at.len(), head_dim]).swap_dims(1, 2).reshape([
            sequences,
            at.len(),
            kv_heads * group * head_dim,
        ])
    }
}

impl Cache {
    /// The columns of `seen` that are exact for any query of `at`, without overlap.
    fn exact_columns(&self, at: &Range<usize>, seen: &Range<usize>) -> Vec<Range<usize>> {
        let recent = if self.recent == 0 { at.end } else { (at.start + 1).saturating_sub(self.recent) };
        let recent = recent.max(seen.start)..seen.end;
        let sink = seen.start..self.sink.min(recent.start);
        [sink, recent].into_iter().filter(|columns| !columns.is_empty()).collect()
    }
}

/// The first position that query `i` or any later one may see.
fn first_visible(look: &Look, i: usize) -> usize {
    let [sinks, local] = look.ranges(i);
    if sinks.is_empty() { local.start } else { sinks.start }
}

fn shift(columns: &Range<usize>, by: usize) -> Range<usize> {
    columns.start - by..columns.end - by
}
