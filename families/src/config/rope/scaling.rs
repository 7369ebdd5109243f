//! The numbers of each type of rotation.

use super::{Fields, Found, KIND, KNOWN, OLD_KIND, ORIGINAL, above_zero};
use crate::error::ConfigError;
use crate::rope::Scaling;

/// What a rotation is called, under the newer name or the older one.
pub(super) fn kind<'a>(rope: &Fields<'a>) -> Result<Option<&'a str>, ConfigError> {
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

/// The numbers of a rotation that all families read alike.
pub(super) fn scaling(rope: &Fields<'_>, kind: &str, context: usize) -> Result<Scaling, ConfigError> {
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
    Ok(scaling)
}

/// A base that grows once and for all with an `alpha`, or with the sequence without one.
pub(super) fn ntk(rope: &Fields<'_>, context: usize) -> Result<Scaling, ConfigError> {
    match rope.real("alpha")? {
        Found::Is(alpha) if alpha != 0.0 => {
            let alpha = above_zero(rope, "alpha", alpha)?;
            // Written beside it and read by nobody.
            for key in ["beta_fast", "beta_slow", "factor", "mscale", "mscale_all_dim"] {
                rope.raw(key);
            }
            Ok(Scaling::Ntk { alpha })
        }
        _ => scaling(rope, "dynamic", context),
    }
}

fn yarn(rope: &Fields<'_>, factor: f64, context: f64) -> Result<Scaling, ConfigError> {
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
        all_channels: scales.1.filter(|&all| all != 0.0).map_or(1.0, temperature),
    })
}

/// Divisors of every frequency, others beyond the length of the first training (LongRoPE, arXiv 2402.13753).
pub(super) fn longrope(
    fields: &Fields<'_>,
    rope: &Fields<'_>,
    magnitudes: bool,
    context: usize,
) -> Result<Scaling, ConfigError> {
    let original = match fields.real(ORIGINAL)? {
        // The sharper softmax divides by its logarithm.
        Found::Is(value) if value <= 1.0 => {
            return Err(fields.bad(ORIGINAL, value, "a number above 1"));
        }
        Found::Is(value) => value,
        _ => {
            return Err(fields.bad(ORIGINAL, "absent", "a number above 0, for a rotation of type longrope"));
        }
    };
    match rope.real(ORIGINAL)? {
        Found::Is(inside) if inside != original => {
            return Err(rope.bad(ORIGINAL, inside, format!("{original}, as on top of the file")));
        }
        _ => {}
    }
    let list = |key: &'static str| match rope.reals(key)? {
        Found::Is(list) if list.iter().all(|&number| number > 0.0) => Ok(list),
        Found::Is(_) => Err(rope.bad(key, "a list with a number that is not above 0", "numbers above 0")),
        _ => Err(rope.bad(key, "absent", "a list of numbers, one for each pair of channels")),
    };
    let (short, long) = (list("short_factor")?, list("long_factor")?);
    if magnitudes {
        let needed = |key: &'static str| match rope.real(key)? {
            Found::Is(value) => Ok(value),
            Found::Null => Err(rope.bad(key, "null", "a number")),
            Found::Absent => Err(rope.bad(key, "absent", "a number: the factor of cosines and sines")),
        };
        let (attention, _) = (needed("short_mscale")?, needed("long_mscale")?);
        return Ok(Scaling::LongRope { short, long, context: original, attention });
    }
    let ratio = context as f64 / original;
    let factor = match rope.real("factor")? {
        Found::Is(factor) => above_zero(rope, "factor", factor)?,
        _ => ratio,
    };
    let attention = match rope.real("attention_factor")? {
        Found::Is(given) => given,
        _ if factor != ratio => {
            let expected = format!(
                "{ratio}, which `max_position_embeddings` and `{ORIGINAL}` give: versions take one or the other"
            );
            return Err(rope.bad("factor", factor, expected));
        }
        _ if factor <= 1.0 => 1.0,
        _ => (1.0 + factor.ln() / original.ln()).sqrt(),
    };
    Ok(Scaling::LongRope { short, long, context: original, attention })
}
