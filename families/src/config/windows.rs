//! Which layers have a sliding window, or attend within chunks.

use super::fields::{Fields, Found};
use super::heads;
use crate::error::ConfigError;
use crate::schema::{Unrotated, WindowRule};

const SLIDING: &str = "sliding_attention";
const CHUNKED: &str = "chunked_attention";
const CHUNK: &str = "attention_chunk_size";

/// What bounds how far back a layer's queries see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Window {
    /// So many tokens, the query's own included.
    Sliding(usize),
    /// To the first token of the chunk of so many tokens that the query is in; the first chunk begins at position 0.
    Chunk(usize),
}

/// The window of each layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Windows {
    window: Option<Window>,
    layers: Layers,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Layers {
    /// All from this one on.
    From(usize),
    /// Those that say so.
    Listed(Vec<bool>),
}

impl Windows {
    /// Whether there is a window for layers to have.
    pub fn are_used(&self) -> bool {
        self.window.is_some()
    }

    /// The window of a layer; `None`: every token sees all before it.
    pub fn of(&self, layer: usize) -> Option<Window> {
        let has = match &self.layers {
            Layers::From(first) => layer >= *first,
            Layers::Listed(has) => has.get(layer).copied().unwrap_or(false),
        };
        self.window.filter(|_| has)
    }

    pub(super) fn read(
        fields: &Fields<'_>,
        rule: WindowRule,
        unrotated: Unrotated,
        layers: usize,
    ) -> Result<Self, ConfigError> {
        let types =
            types(fields, layers, if let WindowRule::Chunked { .. } = rule { CHUNKED } else { SLIDING })?;
        match rule {
            WindowRule::Chunked { tokens } => Self::chunked(fields, tokens, types, unrotated, layers),
            WindowRule::None => Self::everywhere(None).agreeing(fields, types, layers),
            WindowRule::Every { tokens, listed } => {
                if let Found::Is(_) | Found::Null = fields.raw("layer_types")
                    && !listed
                {
                    let expected = "no such key: it makes the model a ministral, whose windows differ from layer to layer";
                    return Err(fields.bad("layer_types", "given", expected));
                }
                Self::everywhere(self::tokens(fields, tokens)?).agreeing(fields, types, layers)
            }
            WindowRule::Switched { tokens, first } => {
                let tokens = self::tokens(fields, tokens)?;
                let used = fields.flag_or("use_sliding_window", false)?;
                let first = match first {
                    None => 0,
                    Some(first) => match fields.whole("max_window_layers")? {
                        Found::Is(first) => first,
                        Found::Absent => first,
                        Found::Null => return Err(fields.null("max_window_layers", "a whole number")),
                    },
                };
                let window = tokens.filter(|_| used).map(Window::Sliding);
                match (window, types) {
                    (Some(_), Some(listed)) => Ok(Self { window, layers: Layers::Listed(listed) }),
                    (_, types) => {
                        Self { window, layers: Layers::From(first) }.agreeing(fields, types, layers)
                    }
                }
            }
            WindowRule::Listed { tokens, full_every, every_key } => {
                let tokens = self::tokens(fields, tokens)?;
                let every = match every_key {
                    Some(key) => Some(fields.size_or(key, full_every)?),
                    None => full_every,
                };
                let has = |layer: usize| every.is_none_or(|every| !(layer + 1).is_multiple_of(every));
                let listed = types.unwrap_or_else(|| (0..layers).map(has).collect());
                if tokens.is_none() && listed.contains(&true) {
                    return Err(fields.bad(
                        "sliding_window",
                        "null",
                        "a number of tokens: layers have windows",
                    ));
                }
                Ok(Self { window: tokens.map(Window::Sliding), layers: Layers::Listed(listed) })
            }
        }
    }

    fn everywhere(tokens: Option<usize>) -> Self {
        Self { window: tokens.map(Window::Sliding), layers: Layers::From(0) }
    }

    /// Chunks where `types` says so; without it, in layers with rotation.
    fn chunked(
        fields: &Fields<'_>,
        default: usize,
        types: Option<Vec<bool>>,
        unrotated: Unrotated,
        layers: usize,
    ) -> Result<Self, ConfigError> {
        let tokens = match fields.whole(CHUNK)? {
            Found::Null => None,
            _ => Some(fields.size_or(CHUNK, Some(default))?),
        };
        let still = match unrotated {
            Unrotated::Listed { interval } => heads::listed(fields, interval, layers)?,
            _ => vec![false; layers],
        };
        let listed = types.unwrap_or_else(|| still.iter().map(|still| !still && tokens.is_some()).collect());
        if tokens.is_none() && listed.contains(&true) {
            return Err(fields.bad(CHUNK, "null", "a number of tokens: layers attend within chunks"));
        }
        Ok(Self { window: tokens.map(Window::Chunk), layers: Layers::Listed(listed) })
    }

    /// Windows that do not come from `layer_types`, which then has to say the same: some programs go by one and some by
    /// the other.
    fn agreeing(
        self,
        fields: &Fields<'_>,
        types: Option<Vec<bool>>,
        layers: usize,
    ) -> Result<Self, ConfigError> {
        let Some(types) = types else { return Ok(self) };
        match (0..layers).find(|&layer| types[layer] != self.of(layer).is_some()) {
            None => Ok(self),
            Some(layer) => {
                let (found, expected) = match self.of(layer) {
                    Some(Window::Sliding(tokens) | Window::Chunk(tokens)) => (
                        "full_attention",
                        format!("sliding_attention: `sliding_window` is {tokens} in all layers"),
                    ),
                    None => (
                        "sliding_attention",
                        "full_attention: by `sliding_window` and `use_sliding_window` no window is in use"
                            .to_owned(),
                    ),
                };
                Err(fields.bad("layer_types", format!("{found} in layer {layer}"), expected))
            }
        }
    }
}

fn tokens(fields: &Fields<'_>, default: Option<usize>) -> Result<Option<usize>, ConfigError> {
    match fields.whole("sliding_window")? {
        Found::Absent => Ok(default),
        Found::Null => Ok(None),
        Found::Is(0) => Err(fields.bad("sliding_window", 0, "at least 1, or null")),
        Found::Is(tokens) => Ok(Some(tokens)),
    }
}

/// Whether each layer is said to have a window, which is called `bounded`.
fn types(fields: &Fields<'_>, layers: usize, bounded: &str) -> Result<Option<Vec<bool>>, ConfigError> {
    // Null is as good as absent, in every family and version.
    let Found::Is(types) = fields.words("layer_types")? else { return Ok(None) };
    if types.len() != layers {
        let expected = format!("{layers}, one per layer");
        return Err(fields.bad("layer_types", format!("{} entries", types.len()), expected));
    }
    let has = |kind: &&str| match *kind {
        // The second is what hybrids call it.
        "full_attention" | "attention" => Ok(false),
        other if other == bounded => Ok(true),
        other => Err(fields.bad("layer_types", other, format!("full_attention or {bounded}"))),
    };
    types.iter().map(has).collect::<Result<_, _>>().map(Some)
}
