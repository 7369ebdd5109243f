//! Names of tensors that belong to no layer, and how those of layers begin.

/// What a family calls them. Names of norms behind the last layer are in [`super::NormRule`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Names {
    /// The embedding, `[vocab, hidden]`.
    pub embedding: &'static str,
    /// The output matrix where it is not the embedding, `[vocab, hidden]`.
    pub output: &'static str,
    /// What comes before the number of a layer.
    pub layers: &'static str,
    /// Tensors under the attention of a layer that older versions wrote and nobody needs: masks.
    pub buffers: &'static [&'static str],
}

impl Names {
    /// As Llama has them.
    pub const LLAMA: Self = Self {
        embedding: "model.embed_tokens.weight",
        output: "lm_head.weight",
        layers: "model.layers.",
        buffers: &[],
    };
}
