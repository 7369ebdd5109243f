//! What config.json says about rotary embedding.
//!
//! Two forms are met: `rope_scaling` beside `rope_theta` (transformers up to 4), and `rope_parameters` (from 5 on). Each
//! is read as those who write it read it; a file in which both speak, or in which the versions read the same words
//! differently, is refused.

use super::family::Family;
use super::fields::{Fields, Found};
use super::keys::quoted;
use crate::error::LoadError;
use crate::model::rope::{Rope, Scaling};

const KNOWN: &str = "default, linear, dynamic, llama3 or yarn";
const OLD: &str = "rope_scaling";
const NEW: &str = "rope_parameters";
const BASE: &str = "rope_theta";
const KIND: &str = "rope_type";
/// The name of `rope_type` before 2024.
const OLD_KIND: &str = "type";
const ORIGINAL: &str = "original_max_position_embeddings";
const PART: &str = "partial_rotary_factor";

impl Rope {
    /// `context` is `max_position_embeddings`.
    pub(super) fn read(fields: &Fields<'_>, family: Family, context: usize) -> Result<Self, LoadError> {
        whole_heads(fields)?;
        let base = base(fields)?;
        let default = family.defaults().rope_theta;
        // An empty object says nothing.
        let given = |key| -> Result<_, LoadError> {
            Ok(fields.object(key)?.value().filter(|object: &Fields<'_>| !object.is_empty()))
        };
        let rope = match (given(OLD)?, given(NEW)?) {
            (Some(_), Some(_)) => {
                let expected =
                    format!("nothing beside `{NEW}`: the two are one thing under two names; keep one");
                return Err(fields.bad(OLD, "given", expected));
            }
            (None, None) => Self { base: base.unwrap_or(default), scaling: Scaling::None },
            (Some(old), None) => {
                Self { base: old_base(&old, base)?.unwrap_or(default), scaling: old_scaling(&old, context)? }
            }
            (None, Some(new)) => {
                Self { base: new_base(&new, base)?.unwrap_or(default), scaling: new_scaling(&new, context)? }
            }
        };
        rope.agrees(fields)?;
        Ok(rope)
    }

    /// The length of the first training is beside the numbers that need it; on top of the file some versions read it and
    /// some do not.
    fn agrees(&self, fields: &Fields<'_>) -> Result<(), LoadError> {
        let used = match self.scaling {
            Scaling::Llama3 { context, .. } | Scaling::Yarn { context, .. } => Some(context),
            _ => None,
        };
        let expected = || match used {
            Some(used) => format!("{used}, as beside the other numbers of the rotation"),
            None => "no such key: this rotation has no use for it".to_owned(),
        };
        match fields.real(ORIGINAL)? {
            Found::Absent => Ok(()),
            Found::Is(value) if used == Some(value) => Ok(()),
            Found::Is(value) => Err(fields.bad(ORIGINAL, value, expected())),
            Found::Null => Err(fields.bad(ORIGINAL, "null", expected())),
        }
    }
}

fn base(fields: &Fields<'_>) -> Result<Option<f64>, LoadError> {
    match fields.real(BASE)? {
        Found::Absent => Ok(None),
        Found::Null => Err(fields.null(BASE, "a number above 0")),
        Found::Is(base) => above_zero(fields, BASE, base).map(Some),
    }
}

/// The older versions look for the base on top only, the newer ones inside first.
fn old_base(old: &Fields<'_>, top: Option<f64>) -> Result<Option<f64>, LoadError> {
    match base(old)? {
        None => Ok(top),
        Some(inside) if Some(inside) == top => Ok(top),
        Some(inside) => {
            let expected = match top {
                Some(top) => format!("{top}, as `{BASE}` on top of the file"),
                None => format!("it on top of the file, beside `{OLD}`"),
            };
            Err(old.bad(BASE, inside, expected))
        }
    }
}

fn new_base(new: &Fields<'_>, top: Option<f64>) -> Result<Option<f64>, LoadError> {
    match (base(new)?, top) {
        (Some(inside), Some(top)) if inside != top => {
            Err(new.bad(BASE, inside, format!("{top}, as `{BASE}` on top of the file")))
        }
        (inside, top) => Ok(inside.or(top)),
    }
}

fn old_scaling(old: &Fields<'_>, context: usize) -> Result<Scaling, LoadError> {
    match kind(old)? {
        Some(kind) => scaling(old, kind, context),
        None => Err(old.bad(KIND, "absent", KNOWN)),
    }
}

fn new_scaling(new: &Fields<'_>, context: usize) -> Result<Scaling, LoadError> {
    for layers in ["full_attention", "sliding_attention"] {
        if let Found::Is(value) = new.raw(layers) {
            let expected =
                "the numbers themselves: rotations that differ from layer to layer are not computed here";
            return Err(new.bad(layers, quoted(value), expected));
        }
    }
    scaling(new, kind(new)?.unwrap_or("default"), context)
}

fn kind<'a>(rope: &Fields<'a>) -> Result<Option<&'a str>, LoadError> {
    let word = |key| match rope.word(key)? {
        Found::Absent => Ok(None),
        Found::Is(word) => Ok(Some(word)),
        Found::Null => Err(rope.null(key, KNOWN)),
    };
    match (word(KIND)?, word(OLD_KIND)?) {
        (Some(kind), Some(old)) if kind != old => {
            Err(rope.bad(OLD_KIND, old, format!("{kind}, as `{KIND}`")))
        }
        (kind, old) => Ok(kind.or(old)),
    }
}

fn scaling(rope: &Fields<'_>, kind: &str, context: usize) -> Result<Scaling, LoadError> {
    whole_heads(rope)?;
    let needed = |key: &'static str| match rope.real(key)? {
        Found::Is(value) => above_zero(rope, key, value),
        Found::Absent => Err(rope.bad(key, "absent", "a number above 0")),
        Found::Null => Err(rope.bad(key, "null", "a number above 0")),
    };
    let scaling = match kind {
        "default" => Scaling::None,
        "linear" => Scaling::Linear { factor: needed("factor")? },
        "dynamic" => Scaling::Dynamic { factor: needed("factor")?, context: context as f64 },
        "llama3" => {
            let (low, high) = (needed("low_freq_factor")?, needed("high_freq_factor")?);
            // Between the two, one rotation goes over into the other.
            if low > high {
                let expected = format!("at least `low_freq_factor`, which is {low}");
                return Err(rope.bad("high_freq_factor", high, expected));
            }
            Scaling::Llama3 { factor: needed("factor")?, low, high, context: needed(ORIGINAL)? }
        }
        "yarn" => yarn(rope, needed("factor")?, context as f64)?,
        other => return Err(rope.bad(KIND, other, KNOWN)),
    };
    match rope.unread().find(|(_, value)| !value.is_null()) {
        None => Ok(scaling),
        Some((key, value)) => {
            let expected = format!("no such key: a rotation of type {kind} has no use for it");
            Err(rope.bad(key, quoted(value), expected))
        }
    }
}

fn yarn(rope: &Fields<'_>, factor: f64, context: f64) -> Result<Scaling, LoadError> {
    let above_zero = |key: &'static str| match rope.real(key)? {
        Found::Is(value) => above_zero(rope, key, value).map(Some),
        Found::Absent | Found::Null => Ok(None),
    };
    let original = match rope.real(ORIGINAL)? {
        Found::Null => return Err(rope.null(ORIGINAL, "a number above 0")),
        _ => above_zero(ORIGINAL)?.unwrap_or(context),
    };
    let temperature = |scale: f64| if factor <= 1.0 { 1.0 } else { 0.1 * scale * factor.ln() + 1.0 };
    // Zero counts as absent.
    let scales = (rope.real("mscale")?.value(), rope.real("mscale_all_dim")?.value());
    // YaRN §3.4: a sharper softmax, as a factor of cosines and sines.
    let attention = match (rope.real("attention_factor")?.value(), scales) {
        (Some(given), _) => given,
        (None, (Some(one), Some(all))) if one != 0.0 && all != 0.0 => temperature(one) / temperature(all),
        (None, _) => temperature(1.0),
    };
    Ok(Scaling::Yarn {
        factor,
        context: original,
        fast: above_zero("beta_fast")?.unwrap_or(32.0),
        slow: above_zero("beta_slow")?.unwrap_or(1.0),
        truncate: rope.flag_or("truncate", true)?,
        attention,
    })
}

fn above_zero(fields: &Fields<'_>, key: &str, value: f64) -> Result<f64, LoadError> {
    if value > 0.0 { Ok(value) } else { Err(fields.bad(key, value, "a number above 0")) }
}

/// These families rotate whole heads.
fn whole_heads(fields: &Fields<'_>) -> Result<(), LoadError> {
    match fields.real(PART)? {
        Found::Absent => Ok(()),
        Found::Is(1.0) => Ok(()),
        Found::Is(part) => Err(fields.bad(PART, part, "1: these families rotate whole heads")),
        Found::Null => Err(fields.null(PART, "1")),
    }
}
