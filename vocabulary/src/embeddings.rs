//! The two matrices that have a row for each token, and the facts of them.

use attune_core::facts::Facts;
use attune_core::options::{OptionValue, Settings};

/// One of the matrices that have a row for each token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Embedding {
    /// What tokens enter the model as, and what logits are products with where a model has one matrix for both.
    Input,
    /// What logits are products with, in a model that has a matrix of its own for it.
    Output,
}

impl Embedding {
    /// Both, in the order of the forward pass.
    pub const ALL: [Self; 2] = [Self::Input, Self::Output];

    /// The name in plans.
    pub fn name(self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::Output => "output",
        }
    }

    /// The matrix of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|embedding| embedding.name() == name)
    }
}

/// `[matrix]` and three whole numbers: rows, channels of a row, and bytes of a stored weight (2 or 4; 0 where it is stored otherwise).
/// The input embedding comes first; a model that has it for both has no other.
pub const EMBEDDINGS: &str = "embeddings";

/// What a model has of such a matrix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EmbeddingMatrix {
    /// Which.
    pub embedding: Embedding,
    /// Rows, as many as tokens.
    pub tokens: u32,
    /// Channels of a row.
    pub channels: u32,
    /// Bytes of a stored weight; 0 where it is not a floating-point number of 2 or 4.
    pub element_bytes: u32,
}

/// The matrices that `facts` tell of; none where they tell of none.
pub fn embeddings(facts: &Facts) -> Vec<EmbeddingMatrix> {
    let Some(OptionValue::Ints(shapes)) = facts.values.get(EMBEDDINGS) else { return Vec::new() };
    let count = |value: i64| u32::try_from(value).ok();
    let matrix = |(shape, embedding): (&[i64], Embedding)| match *shape {
        [tokens, channels, element_bytes] => Some(EmbeddingMatrix {
            embedding,
            tokens: count(tokens)?,
            channels: count(channels)?,
            element_bytes: count(element_bytes)?,
        }),
        _ => None,
    };
    shapes.chunks(3).zip(Embedding::ALL).map(matrix).collect::<Option<_>>().unwrap_or_default()
}

/// Says in facts which matrices there are, the input embedding first.
pub fn say_embeddings(matrices: &[EmbeddingMatrix], values: &mut Settings) {
    let shape =
        |matrix: &EmbeddingMatrix| [matrix.tokens, matrix.channels, matrix.element_bytes].map(i64::from);
    values.insert(EMBEDDINGS.to_owned(), OptionValue::Ints(matrices.iter().flat_map(shape).collect()));
}

#[cfg(test)]
mod tests {
    use attune_core::hash::ContentHash;

    use super::*;

    #[test]
    fn what_was_said_is_heard_and_nonsense_is_not() {
        let input =
            EmbeddingMatrix { embedding: Embedding::Input, tokens: 51, channels: 6, element_bytes: 2 };
        let output = EmbeddingMatrix { embedding: Embedding::Output, element_bytes: 4, ..input };
        let facts = |values| Facts { name: "tiny".to_owned(), fingerprint: ContentHash::of(b"tiny"), values };
        for matrices in [vec![], vec![input], vec![input, output]] {
            let mut values = Settings::new();
            say_embeddings(&matrices, &mut values);
            assert_eq!(embeddings(&facts(values)), matrices);
        }
        for shapes in [vec![51, 6], vec![-1, 6, 2]] {
            let values = Settings::from([(EMBEDDINGS.to_owned(), OptionValue::Ints(shapes))]);
            assert_eq!(embeddings(&facts(values)), []);
        }
    }
}
