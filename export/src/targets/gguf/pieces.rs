//! Which tensors the file has, and what each is made of.

use attune_families::schema::NormKind;
use attune_families::tensors::{self, LayerTensors, LinearPart, LinearTensors, MatrixSlice, NormTensors};
use attune_families::{DecoderConfig, Scaling};
use attune_vocabulary::{Embedding, Module, NumberGrid};

use super::request::Request;
use crate::ggml::stem;

/// One tensor of the file.
pub(super) struct Piece {
    pub(super) name: String,
    pub(super) made: Made,
    /// The outermost axis first.
    pub(super) shape: Vec<usize>,
    /// Whether these are the weights of a linear module.
    pub(super) of_module: bool,
}

/// What a tensor is made of.
pub(super) enum Made {
    /// Matrices, one after the other.
    Matrices {
        /// Where they lie.
        from: Vec<MatrixSlice>,
        /// How they are stored.
        stored: Stored,
        /// Rows of a head, where the two that turn together are put side by side.
        heads_of: Option<usize>,
    },
    /// A stored vector, each number with something added, in float32.
    Vector {
        /// Where it lies.
        from: MatrixSlice,
        /// What is added.
        plus: f32,
        /// As above.
        heads_of: Option<usize>,
    },
    /// These numbers, in float32.
    Numbers(Vec<f32>),
}

/// How matrices are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stored {
    /// In the type that they have.
    AsTheyAre,
    /// In float32: routers, which llama.cpp reads in nothing else.
    Floats,
    /// In blocks.
    Blocks(NumberGrid),
}

/// All tensors of the file.
pub(super) fn all(config: &DecoderConfig, request: &Request) -> Vec<Piece> {
    let names = &config.family.names;
    let table = |name: &str| MatrixSlice::whole(name.to_owned(), config.vocab, config.hidden);
    let mut pieces = Pieces { config, neighbours: request.architecture.neighbours, pieces: Vec::new() };
    let stored =
        |matrix| request.embeddings.get(&matrix).map_or(Stored::AsTheyAre, |grid| Stored::Blocks(*grid));
    pieces.matrix("token_embd.weight", table(names.embedding), stored(Embedding::Input));
    pieces.norm("output_norm", Some(tensors::last_norm(config)));
    if !config.tied || !request.architecture.falls_back {
        let output = if config.tied { names.embedding } else { names.output };
        pieces.matrix("output.weight", table(output), stored(Embedding::Output));
    }
    if let Scaling::Llama3 { .. } = config.rope.scaling {
        pieces.divisors();
    }
    for (new, &old) in request.layers.iter().enumerate() {
        pieces.layer(new, old, request);
    }
    pieces.pieces
}

struct Pieces<'a> {
    config: &'a DecoderConfig,
    neighbours: bool,
    pieces: Vec<Piece>,
}

impl Pieces<'_> {
    fn layer(&mut self, new: usize, old: u32, request: &Request) {
        let (config, place) = (self.config, format!("blk.{new}"));
        let layer = LayerTensors::new(config, old as usize);
        self.norm(&format!("{place}.attn_norm"), layer.attention_norm());
        self.norm(&format!("{place}.post_attention_norm"), layer.after_attention_norm());
        self.norm(&format!("{place}.ffn_norm"), layer.feed_forward_norm());
        self.norm(&format!("{place}.post_ffw_norm"), layer.after_feed_forward_norm());
        if let Some([queries, keys]) = layer.qk_norms() {
            self.norm(&format!("{place}.attn_q_norm"), Some(queries));
            self.norm(&format!("{place}.attn_k_norm"), Some(keys));
        }
        if let Some(router) = layer.router() {
            let kept = request.experts.get(&old);
            self.router(&format!("{place}.ffn_gate_inp.weight"), &router.matrix, kept);
        }
        if let Some((part, gate)) = layer.shared() {
            for (linear, names) in
                [(part.inner, &["ffn_gate_shexp", "ffn_up_shexp"][..]), (part.down, &["ffn_down_shexp"])]
            {
                for (part, name) in linear.parts.into_iter().zip(names) {
                    self.matrix(&format!("{place}.{name}.weight"), part.weight, Stored::AsTheyAre);
                }
            }
            for gate in gate.iter().flat_map(LinearTensors::weights) {
                self.matrix(&format!("{place}.ffn_gate_inp_shexp.weight"), gate.clone(), Stored::Floats);
            }
        }
        self.modules(&place, old, request);
    }

    /// Linear modules; those of experts one after the other.
    fn modules(&mut self, place: &str, old: u32, request: &Request) {
        let all = tensors::modules(self.config, old as usize);
        for module in Module::ALL {
            let of = || all.iter().filter(|found| found.module == module);
            let Some(first) = of().next() else { continue };
            let stored =
                request.grids.get(&(old, module)).map_or(Stored::AsTheyAre, |grid| Stored::Blocks(*grid));
            let name = format!("{place}.{}", stem(module));
            if first.expert.is_none() {
                self.linear(&name, &first.part, stored, module);
                continue;
            }
            let parts: Vec<&MatrixSlice> = of().map(|found| &found.part.weight).collect();
            let from: Vec<MatrixSlice> = match request.experts.get(&old) {
                Some(kept) => kept.iter().map(|&expert| parts[expert as usize].clone()).collect(),
                None => parts.into_iter().cloned().collect(),
            };
            let shape = vec![from.len(), first.part.weight.outputs, first.part.weight.inputs];
            let made = Made::Matrices { from, stored, heads_of: None };
            self.pieces.push(Piece { name: format!("{name}_exps.weight"), made, shape, of_module: true });
        }
    }

    fn linear(&mut self, name: &str, part: &LinearPart, stored: Stored, module: Module) {
        let turned = self.neighbours && matches!(module, Module::Query | Module::Key);
        let heads_of = turned.then_some(self.config.head_dim);
        let shape = vec![part.weight.outputs, part.weight.inputs];
        let made = Made::Matrices { from: vec![part.weight.clone()], stored, heads_of };
        self.pieces.push(Piece { name: format!("{name}.weight"), made, shape, of_module: true });
        if let Some(bias) = &part.bias {
            let made = Made::Vector { from: bias.clone(), plus: 0.0, heads_of };
            self.push(format!("{name}.bias"), made, vec![bias.outputs]);
        }
    }

    fn matrix(&mut self, name: &str, from: MatrixSlice, stored: Stored) {
        let shape = vec![from.outputs, from.inputs];
        let made = Made::Matrices { from: vec![from], stored, heads_of: None };
        self.push(name.to_owned(), made, shape);
    }

    /// The rows of the experts that stay, in their new order.
    fn router(&mut self, name: &str, router: &LinearTensors, kept: Option<&Vec<u32>>) {
        for whole in router.weights() {
            let rows = kept.map(|kept| kept.iter().map(|&row| whole.rows(row as usize..row as usize + 1)));
            let from: Vec<MatrixSlice> = rows.map_or_else(|| vec![whole.clone()], Iterator::collect);
            let shape = vec![from.iter().map(|rows| rows.outputs).sum(), whole.inputs];
            let made = Made::Matrices { from, stored: Stored::Floats, heads_of: None };
            self.push(name.to_owned(), made, shape);
        }
    }

    /// A norm's weight; `1 + w` where the family multiplies by that, because llama.cpp multiplies by what is stored.
    fn norm(&mut self, name: &str, norm: Option<NormTensors>) {
        let plus = if self.config.family.norms.kind == NormKind::RmsPlusOne { 1.0 } else { 0.0 };
        let Some((tensor, shape)) = norm.and_then(|norm| norm.weight) else { return };
        let from = MatrixSlice::bias(tensor, shape.iter().product());
        let made = Made::Vector { from, plus, heads_of: None };
        self.push(format!("{name}.weight"), made, shape);
    }

    /// What the frequencies of rotation are divided by (Llama 3.1).
    fn divisors(&mut self) {
        let rope = &self.config.rope;
        let plain = attune_families::Rope { scaling: Scaling::None, ..rope.clone() };
        let frequencies = |rope: &attune_families::Rope| rope.frequencies(self.config.rotated, 1).0;
        let divisors: Vec<f32> =
            frequencies(&plain).iter().zip(frequencies(rope)).map(|(plain, scaled)| plain / scaled).collect();
        let shape = vec![divisors.len()];
        self.push("rope_freqs.weight".to_owned(), Made::Numbers(divisors), shape);
    }

    /// Something that is no module.
    fn push(&mut self, name: String, made: Made, shape: Vec<usize>) {
        self.pieces.push(Piece { name, made, shape, of_module: false });
    }
}
