//! Where the tensors of the model lie among its parameters.

use std::ops::Range;

use crate::saves::Class;
use attune_random::Random;

/// Bytes of ASCII.
pub const VOCABULARY: usize = 128;

/// Sizes of a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Channels.
    pub width: usize,
    /// Heads, each `width / heads` channels.
    pub heads: usize,
    /// Blocks.
    pub layers: usize,
    /// Bytes of a sequence.
    pub context: usize,
}

/// A tensor of the model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// What it is called.
    pub name: String,
    /// What it belongs to.
    pub class: Class,
    /// Its parameters.
    pub range: Range<usize>,
}

/// Parameters of one block by what they are.
pub(crate) struct Block {
    pub(crate) attention_norm: Range<usize>,
    /// Query, key, value, output, each `width × width`, inputs first.
    pub(crate) projections: [Range<usize>; 4],
    pub(crate) mlp_norm: Range<usize>,
    pub(crate) up: Range<usize>,
    pub(crate) down: Range<usize>,
}

impl Layout {
    /// Channels within the feed-forward parts.
    pub(crate) fn inner(&self) -> usize {
        4 * self.width
    }

    pub(crate) fn tokens(&self) -> Range<usize> {
        0..VOCABULARY * self.width
    }

    pub(crate) fn positions(&self) -> Range<usize> {
        let start = self.tokens().end;
        start..start + self.context * self.width
    }

    pub(crate) fn block(&self, layer: usize) -> Block {
        let (width, square) = (self.width, self.width * self.width);
        let mut at = self.positions().end + layer * (2 * width + 12 * square);
        let mut take = |count: usize| {
            at += count;
            at - count..at
        };
        Block {
            attention_norm: take(width),
            projections: [take(square), take(square), take(square), take(square)],
            mlp_norm: take(width),
            up: take(4 * square),
            down: take(4 * square),
        }
    }

    pub(crate) fn last_norm(&self) -> Range<usize> {
        let start = self.positions().end + self.layers * (2 * self.width + 12 * self.width * self.width);
        start..start + self.width
    }

    /// How many parameters there are.
    pub fn parameters(&self) -> usize {
        self.last_norm().end
    }

    /// All tensors, in the order of the parameters.
    pub fn parts(&self) -> Vec<Part> {
        let part = |name: String, class, range| Part { name, class, range };
        let mut parts = vec![
            part("embedding.tokens".to_owned(), Class::Embedding, self.tokens()),
            part("embedding.positions".to_owned(), Class::Embedding, self.positions()),
        ];
        for layer in 0..self.layers {
            let block = self.block(layer);
            let named = |name: &str| format!("layers.{layer}.{name}");
            parts.push(part(named("attention-norm"), Class::Norm, block.attention_norm));
            for (name, range) in ["query", "key", "value", "output"].into_iter().zip(block.projections) {
                parts.push(part(named(&format!("attention.{name}")), Class::Attention, range));
            }
            parts.push(part(named("mlp-norm"), Class::Norm, block.mlp_norm));
            parts.push(part(named("mlp.up"), Class::Mlp, block.up));
            parts.push(part(named("mlp.down"), Class::Mlp, block.down));
        }
        parts.push(part("norm".to_owned(), Class::Norm, self.last_norm()));
        parts
    }

    /// Parameters to begin with: gains of 1, and else uniform numbers whose variance is that of the inputs' inverse.
    pub fn initial(&self, random: &mut Random) -> Vec<f32> {
        let mut parameters = vec![0.0; self.parameters()];
        for part in self.parts() {
            let inputs = match part.class {
                Class::Norm => {
                    parameters[part.range].fill(1.0);
                    continue;
                }
                // Small, as the embedding is the output matrix as well.
                Class::Embedding => 16 * self.width,
                Class::Mlp if part.name.ends_with("down") => self.inner(),
                _ => self.width,
            };
            let most = (3.0 / inputs as f64).sqrt();
            parameters[part.range].fill_with(|| random.between(-most, most) as f32);
        }
        parameters
    }
}
