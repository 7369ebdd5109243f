//! What config.json says about a decoder, checked.

mod experts;
mod family;
mod fields;
mod heads;
mod ignored;
pub mod json;
mod keys;
mod latent;
mod placement;
mod rope;
mod temperature;
mod unrotated;
mod values;
mod windows;
mod wrapper;

pub use experts::{Mixture, Shared};
pub use keys::{Keys, quoted};
pub use latent::Latent;
pub use temperature::Temperature;
pub use windows::{Window, Windows};

use std::path::Path;

use attune_vocabulary::Module;
use fields::{Fields, Found};
use rope::Rotations;

use crate::error::ConfigError;
use crate::rope::{Rope, Scaling};
use crate::schema::{
    Activation, Family, Flag, NormKind, Number, Over, Pairs, PartRule, PartTensors, Placement, QkPlace,
    Wrapper,
};

/// The most layers that are believed: hundreds of times those of the deepest models.
const MOST_LAYERS: usize = 1 << 16;

/// The shape of a decoder.
#[derive(Clone, Debug, PartialEq)]
pub struct DecoderConfig {
    /// Family.
    pub family: &'static Family,
    /// Width of the residual stream.
    pub hidden: usize,
    /// Inner width of a feed-forward part, or of one expert in a mixture.
    pub feed_forward: usize,
    /// Inner width of the feed-forward part of layers without experts.
    pub dense_feed_forward: usize,
    /// Transformer blocks.
    pub layers: usize,
    /// Query heads.
    pub heads: usize,
    /// Key/value heads; divides `heads`.
    pub kv_heads: usize,
    /// Channels per head of queries and keys; even.
    pub head_dim: usize,
    /// What keys and values are made of, where that is a latent.
    pub latent: Option<Latent>,
    /// Entries of the vocabulary.
    pub vocab: usize,
    /// Longest context in tokens.
    pub context: usize,
    /// Where the norms of a block stand.
    pub placement: Placement,
    /// Added to the mean square before the root in every norm.
    pub norm_eps: f32,
    /// Rotary position embedding.
    pub rope: Rope,
    /// Rotary position embedding of layers with a window, where it is another one.
    pub local_rope: Option<Rope>,
    /// Channels of a head that are rotated, its first ones, or its last ones in latent attention; even.
    pub rotated: usize,
    /// Which of them turn together.
    pub pairs: Pairs,
    /// Layers without rotation.
    pub unrotated: Vec<bool>,
    /// Whether the output matrix is the embedding.
    pub tied: bool,
    /// Whether logits have a bias.
    pub logit_bias: bool,
    /// Whether queries, keys and values have biases.
    pub qkv_bias: bool,
    /// Whether the attention output has a bias.
    pub output_bias: bool,
    /// Whether the feed-forward part has biases.
    pub mlp_bias: bool,
    /// Over what queries and keys are normalised, if they are; see [`Layer::qk_norm`].
    pub qk_norm: Option<Over>,
    /// Bound of the magnitudes of queries, keys and values.
    pub clip: Option<f64>,
    /// How queries far into a text are scaled; see [`Layer::temperature`].
    pub temperature: Option<Temperature>,
    /// What scores are multiplied by; `None`: one divided by the root of `head_dim`.
    pub attention_scale: Option<f64>,
    /// Soft-cap of the scores.
    pub attention_cap: Option<f64>,
    /// Sliding window of each layer, or the chunks that it attends within.
    pub windows: Windows,
    /// The function between the matrices of feed-forward parts.
    pub activation: Activation,
    /// Experts, in a mixture.
    pub mixture: Option<Mixture>,
    /// What embeddings are multiplied by.
    pub embedding_scale: Option<f64>,
    /// What attention and the feed-forward part add is multiplied by.
    pub residual_scale: Option<f64>,
    /// What logits are multiplied by.
    pub logit_scale: Option<f64>,
    /// Soft-cap of the logits.
    pub logit_cap: Option<f64>,
    /// Layers behind the last one whose tensors are not read: they predict tokens further on.
    pub predictors: usize,
    /// The model of several parts that it is the language model of.
    pub wrapper: Option<Wrapper>,
}

/// What is different from layer to layer.
#[derive(Clone, Copy, Debug)]
pub struct Layer<'a> {
    config: &'a DecoderConfig,
    number: usize,
}

impl<'a> Layer<'a> {
    /// Its experts; none where it has an ordinary feed-forward part.
    pub fn mixture(self) -> Option<&'a Mixture> {
        self.config.mixture.as_ref().filter(|mixture| mixture.in_layer(self.number))
    }

    /// Its sliding window, or the chunks that it attends within.
    pub fn window(self) -> Option<Window> {
        self.config.windows.of(self.number)
    }

    /// Over what it normalises queries and keys, if it does.
    pub fn qk_norm(self) -> Option<Over> {
        let over = self.config.qk_norm?;
        let after =
            self.config.family.attention.qk_norm.is_some_and(|norm| norm.place == QkPlace::AfterRotation);
        (!after || self.rope().is_some()).then_some(over)
    }

    /// How it scales queries far into a text, if it does.
    pub fn temperature(self) -> Option<Temperature> {
        self.config.temperature.filter(|temperature| !temperature.unrotated || self.rope().is_none())
    }

    /// Its rotation; none in layers without one.
    pub fn rope(self) -> Option<&'a Rope> {
        if self.config.unrotated.get(self.number).copied().unwrap_or(false) {
            return None;
        }
        let local = self.config.local_rope.as_ref().filter(|_| self.window().is_some());
        Some(local.unwrap_or(&self.config.rope))
    }

    /// Inner width of its feed-forward part, or of one of its experts.
    pub fn feed_forward(self) -> usize {
        match self.mixture() {
            Some(_) => self.config.feed_forward,
            None => self.config.dense_feed_forward,
        }
    }

    /// Input channels of a linear module.
    pub fn inputs(self, module: Module) -> usize {
        match module {
            Module::Output => self.config.heads * self.config.value_dim(),
            Module::Down => self.feed_forward(),
            Module::QueryUp => self.config.latent.and_then(|latent| latent.query_rank).unwrap_or(0),
            Module::KeyValueUp => self.config.latent.map_or(0, |latent| latent.rank),
            Module::QueryDown
            | Module::Query
            | Module::KeyValueDown
            | Module::Key
            | Module::Value
            | Module::Gate
            | Module::Up => self.config.hidden,
        }
    }

    /// Output channels of a linear module.
    pub fn outputs(self, module: Module) -> usize {
        match module {
            Module::QueryDown => self.config.latent.and_then(|latent| latent.query_rank).unwrap_or(0),
            Module::Query | Module::QueryUp => self.config.heads * self.config.head_dim,
            Module::Key | Module::Value => self.config.kv_heads * self.config.head_dim,
            Module::KeyValueDown => self.config.latent.map_or(0, |latent| latent.cached()),
            Module::KeyValueUp => {
                self.config.latent.map_or(0, |latent| self.config.heads * (latent.unrotated + latent.value))
            }
            Module::Output | Module::Down => self.config.hidden,
            Module::Gate | Module::Up => self.feed_forward(),
        }
    }

    /// The linear modules that it has, in the order of the forward pass: a family whose feed-forward part has no gate
    /// lacks [`Module::Gate`], and only latent attention has latents.
    pub fn modules(self) -> impl Iterator<Item = Module> {
        let gated = self.config.is_gated();
        let latent = self.config.latent;
        let query_latent = latent.is_some_and(|latent| latent.query_rank.is_some());
        Module::ALL.into_iter().filter(move |&module| match module {
            Module::QueryDown | Module::QueryUp => query_latent,
            Module::Query => !query_latent,
            Module::KeyValueDown | Module::KeyValueUp => latent.is_some(),
            Module::Key | Module::Value => latent.is_none(),
            Module::Gate => gated,
            Module::Output | Module::Up | Module::Down => true,
        })
    }
}

/// Most bytes of a config.json: the largest that are published have some hundred thousand.
pub(crate) const LARGEST_FILE: u64 = 16 << 20;
/// What a config.json is, for messages.
pub(crate) const WHAT: &str = "config.json of the Hugging Face layout";

/// The bytes of the config.json of a folder.
///
/// # Errors
/// [`ConfigError::Io`].
pub fn bytes(folder: &Path) -> Result<Vec<u8>, ConfigError> {
    attune_files::bytes(&folder.join("config.json"), LARGEST_FILE)
        .map_err(|source| ConfigError::Io { source, expected: WHAT })
}

impl DecoderConfig {
    /// What is different in layer `number`.
    pub fn layer(&self, number: usize) -> Layer<'_> {
        Layer { config: self, number }
    }

    /// Whether attention and the feed-forward part of a block stand side by side: both read what enters it.
    pub fn is_parallel(&self) -> bool {
        matches!(self.placement, Placement::Beside { .. })
    }

    /// Whether feed-forward parts have a gate.
    pub fn is_gated(&self) -> bool {
        !matches!(self.family.feed_forward.tensors, PartTensors::Plain(_))
    }

    /// Channels per head of values.
    pub fn value_dim(&self) -> usize {
        self.latent.map_or(self.head_dim, |latent| latent.value)
    }

    /// Heads of the cache, which edits name: all heads share what a latent leaves there.
    pub fn cache_heads(&self) -> usize {
        if self.latent.is_some() { 1 } else { self.kv_heads }
    }

    /// Whether every layer turns whole heads, in pairs of channels half a head apart.
    pub fn turns_halves(&self) -> bool {
        self.pairs == Pairs::Halves && self.rotated == self.head_dim && !self.unrotated.contains(&true)
    }

    /// Reads and checks `file`. Every key is read, known to be without effect, or refused.
    ///
    /// # Errors
    /// See [`ConfigError`].
    pub fn read(file: &Path) -> Result<Self, ConfigError> {
        Self::of(file, &json::read(file)?)
    }

    /// The same of what `file` holds.
    ///
    /// # Errors
    /// [`ConfigError::BadConfig`].
    pub fn of(file: &Path, value: &serde_json::Value) -> Result<Self, ConfigError> {
        let keys = Keys { file };
        match value.as_object() {
            Some(object) => match wrapper::language_model(keys, object)? {
                None => Self::check(&Fields::new(keys, "", object)),
                Some((wrapper, text)) => {
                    let config = Self::check(&Fields::new(keys, wrapper::WITHIN, &text))?;
                    Ok(Self { wrapper: Some(wrapper), ..config })
                }
            },
            None => Err(keys.bad("model_type", quoted(value), "an object of keys")),
        }
    }

    fn check(fields: &Fields<'_>) -> Result<Self, ConfigError> {
        // First of all: the keys of other families mean other things.
        let family = Family::read(fields)?;
        let Family { attention, rotation, feed_forward, scales, .. } = family;
        let activation = fields.activation(&feed_forward.activation)?;
        let hidden = fields.size("hidden_size")?;
        let layers = fields.size("num_hidden_layers")?;
        // What is said of each layer is listed before the files are looked at.
        if layers > MOST_LAYERS {
            return Err(fields.bad("num_hidden_layers", layers, format!("at most {MOST_LAYERS}")));
        }
        let (heads, kv_heads) = heads::heads(fields, attention)?;
        let context = fields.size_or("max_position_embeddings", family.context)?;
        let number = |number: Number| fields.number(number, hidden);
        let (qkv_bias, output_bias) = (fields.of(attention.qkv_bias)?, fields.of(attention.output_bias)?);
        let mlp_bias = fields.of(feed_forward.bias)?;
        let qk_norm = match attention.qk_norm {
            Some(norm) => fields.of(norm.present)?.then_some(norm.over),
            None => None,
        };
        let Rotations { rope, local, share, temperature, context } =
            Rotations::read(fields, rotation, context)?;
        let computed =
            matches!(rope.scaling, Scaling::Dynamic { .. } | Scaling::Ntk { .. } | Scaling::Yarn { .. });
        if attention.head_dim.needed_by_scaling
            && computed
            && !matches!(fields.whole("head_dim")?, Found::Is(_))
        {
            let expected = "a whole number: transformers cannot compute this rotation without it";
            return Err(fields.bad("head_dim", "absent", format!("{expected} (beside `rope_scaling`)")));
        }
        let latent = match attention.latent {
            Some(rule) => Some(Latent::read(fields, rule, (heads, kv_heads))?),
            None => None,
        };
        let (head_dim, rotated) = match (&latent, rotation.part) {
            (Some(latent), _) => {
                heads::divides(fields, attention.head_dim, hidden, heads)?;
                (latent.head_dim(), latent.rotated)
            }
            (None, part) => {
                let head_dim = heads::head_dim(fields, attention.head_dim, hidden, heads)?;
                let rotated = match part {
                    PartRule::Whole => head_dim,
                    PartRule::Share(usual) => {
                        heads::rotated(fields, rotation.part_key, head_dim, share.unwrap_or(usual))?
                    }
                    PartRule::Channels(key) => {
                        heads::rotated_channels(fields, (key, rotation.part_key), head_dim, share)?
                    }
                };
                (head_dim, rotated)
            }
        };
        let attention_scale = match (number(attention.scale)?, rope.latent_scale()) {
            (None, sharper) if latent.is_some() && sharper != 1.0 => Some(sharper / (head_dim as f64).sqrt()),
            (scale, _) => scale,
        };
        let pairs = match rotation.neighbours_key {
            None => rotation.pairs,
            Some(key) => match fields.flag_or(key, rotation.pairs == Pairs::Neighbours)? {
                true => Pairs::Neighbours,
                false => Pairs::Halves,
            },
        };
        let rope = rope.of_channels(fields, rotated)?;
        let windows = Windows::read(fields, attention.windows, rotation.unrotated, layers)?;
        // A mixture of which no layer has experts is none.
        let mixture = Mixture::read(fields, family, hidden, layers)?
            .filter(|mixture| mixture.layers().next().is_some());
        let dense_layers = match &mixture {
            Some(mixture) => (0..layers).any(|layer| !mixture.in_layer(layer)),
            None => true,
        };
        let dense = match &mixture {
            // The key is written for models that have no such layer, too.
            Some(mixture) if !dense_layers => {
                fields.raw(feed_forward.inner);
                mixture.inner
            }
            _ => fields.inner(feed_forward, hidden)?,
        };
        if let Scaling::LongRope { short, long, .. } = &rope.scaling
            && let Some(list) = [short, long].into_iter().find(|list| list.len() != rotated / 2)
        {
            let expected = format!("{} numbers, one for each pair of rotated channels", rotated / 2);
            return Err(fields.bad("rope_scaling", format!("a list of {}", list.len()), expected));
        }
        let config = Self {
            family,
            hidden,
            feed_forward: mixture.as_ref().map_or(dense, |mixture| mixture.inner),
            dense_feed_forward: dense,
            layers,
            heads,
            kv_heads,
            head_dim,
            latent,
            vocab: fields.size("vocab_size")?,
            context,
            placement: placement::read(fields, &family.norms)?,
            norm_eps: match family.norms.kind {
                NormKind::BareLayer => family.norms.eps,
                _ => fields.eps(family.norms.eps_key, family.norms.eps)?,
            } as f32,
            local_rope: local,
            rope,
            rotated,
            pairs,
            unrotated: unrotated::unrotated(fields, rotation.unrotated, &windows, layers)?,
            tied: fields.of(Flag::Key("tie_word_embeddings", family.tied))?,
            logit_bias: fields.of(family.logit_bias)?,
            qkv_bias,
            output_bias,
            mlp_bias,
            qk_norm,
            clip: number(attention.clip)?,
            temperature: match temperature {
                Some(temperature) => Some(temperature),
                None => Temperature::of_unrotated(fields, rotation.temperature, hidden)?,
            },
            attention_scale,
            attention_cap: number(attention.cap)?,
            windows,
            activation,
            mixture,
            embedding_scale: number(scales.embedding)?,
            residual_scale: number(scales.residual)?,
            logit_scale: number(scales.logits)?,
            logit_cap: number(scales.cap)?,
            predictors: predictors(fields, family)?,
            wrapper: None,
        };
        ignored::nothing_is_overlooked(fields, family, config.vocab)?;
        Ok(config)
    }
}

/// Layers behind the last one that predict tokens further on.
fn predictors(fields: &Fields<'_>, family: &Family) -> Result<usize, ConfigError> {
    let counts = family.predictors.iter().map(|&key| Ok(fields.whole(key)?.value().unwrap_or(0)));
    Ok(counts.collect::<Result<Vec<_>, ConfigError>>()?.into_iter().max().unwrap_or(0))
}

impl PartialEq for Family {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Family {}
