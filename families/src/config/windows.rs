//! Which layers have a sliding window.

use super::fields::{Fields, Found};
use crate::error::ConfigError;
use crate::schema::WindowRule;

/// The sliding window of each layer, in tokens, the query's own included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Windows {
    tokens: Option<usize>,
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
        self.tokens.is_some()
    }

    /// The window of a layer; `None`: every token sees all before it.
    pub fn of(&self, layer: usize) -> Option<usize> {
        let has = match &self.layers {
            Layers::From(first) => layer >= *first,
            Layers::Listed(has) => has.get(layer).copied().unwrap_or(false),
        };
        self.tokens.filter(|_| has)
    }

    pub(super) fn read(fields: &Fields<'_>, rule: WindowRule, layers: usize) -> Result<Self, ConfigError> {
        let types = types(fields, layers)?;
        match rule {
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
                let tokens = tokens.filter(|_| used);
                match (tokens, types) {
                    (Some(_), Some(listed)) => Ok(Self { tokens, layers: Layers::Listed(listed) }),
                    (_, types) => {
                        Self { tokens, layers: Layers::From(first) }.agreeing(fields, types, layers)
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
                Ok(Self { tokens, layers: Layers::Listed(listed) })
            }
        }
    }

    fn everywhere(tokens: Option<usize>) -> Self {
        Self { tokens, layers: Layers::From(0) }
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
                    Some(tokens) => (
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

/// Whether each layer is said to have a window.
fn types(fields: &Fields<'_>, layers: usize) -> Result<Option<Vec<bool>>, ConfigError> {
    // Null is as good as absent, in every family and version.
    let Found::Is(types) = fields.words("layer_types")? else { return Ok(None) };
    if types.len() != layers {
        let expected = format!("{layers}, one per layer");
        return Err(fields.bad("layer_types", format!("{} entries", types.len()), expected));
    }
    let has = |kind: &&str| match *kind {
        // The second is what hybrids call it.
        "full_attention" | "attention" => Ok(false),
        "sliding_attention" => Ok(true),
        other => Err(fields.bad("layer_types", other, "full_attention or sliding_attention")),
    };
    types.iter().map(has).collect::<Result<_, _>>().map(Some)
}
