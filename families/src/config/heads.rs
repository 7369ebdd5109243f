//! Heads, their channels, and which of them turn.

use super::fields::{Fields, Found};
use super::placement::is_new_decoder;
use crate::error::ConfigError;
use crate::schema::{Attention, HeadDim, KvCount, KvHeads, Null};

/// Query heads and key/value heads.
pub(super) fn heads(fields: &Fields<'_>, rule: &Attention) -> Result<(usize, usize), ConfigError> {
    let heads = fields.size("num_attention_heads")?;
    let kv_heads = match rule.kv_count {
        KvCount::Key(key) => kv_heads(fields, key, rule.kv_heads, heads)?,
        KvCount::Queries => heads,
        KvCount::NewDecoder => falcon(fields, rule.kv_heads, heads)?,
    };
    Ok((heads, kv_heads))
}

fn kv_heads(
    fields: &Fields<'_>,
    key: &'static str,
    rule: KvHeads,
    heads: usize,
) -> Result<usize, ConfigError> {
    let kv_heads = match fields.whole(key)? {
        Found::Null if rule.null == Null::Absent => heads,
        _ => fields.size_or(key, rule.default.or(Some(heads)))?,
    };
    if !heads.is_multiple_of(kv_heads) {
        return Err(fields.bad(key, kv_heads, format!("a divisor of the {heads} heads")));
    }
    Ok(kv_heads)
}

/// The number at the key counts in new decoders alone; in old ones that share no keys it is there in vain.
fn falcon(fields: &Fields<'_>, rule: KvHeads, heads: usize) -> Result<usize, ConfigError> {
    const KEY: &str = "num_kv_heads";
    let (new, multi) = (is_new_decoder(fields)?, fields.flag_or("multi_query", true)?);
    let given = kv_heads(fields, KEY, rule, heads)?;
    match (new, multi) {
        (true, _) => Ok(given),
        (false, true) => Ok(1),
        (false, false) if given == heads => Ok(heads),
        (false, false) => Err(fields.bad(KEY, given, format!("{heads}, as many as query heads"))),
    }
}

/// Whether the query heads divide the width of the residual stream; an error where they have to.
pub(super) fn divides(
    fields: &Fields<'_>,
    rule: HeadDim,
    hidden: usize,
    heads: usize,
) -> Result<bool, ConfigError> {
    let divides = hidden.is_multiple_of(heads);
    if (rule.always_divides || rule.derived) && !divides {
        return Err(fields.bad("hidden_size", hidden, format!("a multiple of the {heads} heads")));
    }
    Ok(divides)
}

/// Channels of a head.
pub(super) fn head_dim(
    fields: &Fields<'_>,
    rule: HeadDim,
    hidden: usize,
    heads: usize,
) -> Result<usize, ConfigError> {
    let divides = divides(fields, rule, hidden, heads)?;
    let head_dim = match fields.whole("head_dim")? {
        Found::Null if rule.null == Null::Refused => return Err(fields.null("head_dim", "a whole number")),
        Found::Is(_) => fields.size("head_dim")?,
        Found::Absent | Found::Null => match rule.default {
            Some(default) => default,
            None if divides => hidden / heads,
            None => {
                let expected = format!("a multiple of the {heads} heads, or `head_dim`");
                return Err(fields.bad("hidden_size", hidden, expected));
            }
        },
    };
    if rule.derived && head_dim != hidden / heads {
        let expected = format!("{}: `hidden_size` divided by the {heads} heads", hidden / heads);
        return Err(fields.bad("head_dim", head_dim, expected));
    }
    if head_dim % 2 != 0 {
        return Err(fields.bad("head_dim", head_dim, "an even number: rotary embedding turns pairs"));
    }
    Ok(head_dim)
}

/// Channels of a head that are rotated, by the share of them.
pub(super) fn rotated(
    fields: &Fields<'_>,
    key: &str,
    head_dim: usize,
    share: f64,
) -> Result<usize, ConfigError> {
    let rotated = (head_dim as f64 * share) as usize;
    if rotated == 0 || !rotated.is_multiple_of(2) || rotated > head_dim {
        let expected = format!("a share of the {head_dim} channels of a head that is an even number of them");
        return Err(fields.bad(key, share, expected));
    }
    Ok(rotated)
}

/// The same by a number of channels at `key`, of which the share at `part_key` says the same where it is given.
pub(super) fn rotated_channels(
    fields: &Fields<'_>,
    (key, part_key): (&'static str, &str),
    head_dim: usize,
    share: Option<f64>,
) -> Result<usize, ConfigError> {
    let channels = match fields.whole(key)? {
        Found::Absent => return rotated(fields, part_key, head_dim, share.unwrap_or(1.0)),
        Found::Null => return Err(fields.null(key, "a whole number")),
        Found::Is(channels) => channels,
    };
    let own = channels as f64 / head_dim as f64;
    match share {
        Some(share) if share != own => {
            let expected = format!("{} of {head_dim}, as `{part_key}` says", share * head_dim as f64);
            Err(fields.bad(key, channels, expected))
        }
        _ if channels == 0 || channels > head_dim || !channels.is_multiple_of(2) => {
            Err(fields.bad(key, channels, format!("an even number of the {head_dim} channels of a head")))
        }
        _ => rotated(fields, part_key, head_dim, own),
    }
}

/// Layers without rotation that the file lists, or every so many-th.
pub(super) fn listed(fields: &Fields<'_>, interval: usize, layers: usize) -> Result<Vec<bool>, ConfigError> {
    let interval = fields.size_or("no_rope_layer_interval", Some(interval))?;
    let Found::Is(listed) = fields.wholes("no_rope_layers")? else {
        return Ok((1..=layers).map(|layer| layer % interval == 0).collect());
    };
    if listed.len() != layers {
        let expected = format!("{layers}, one per layer");
        return Err(fields.bad("no_rope_layers", format!("{} entries", listed.len()), expected));
    }
    Ok(listed.into_iter().map(|rotated| rotated == 0).collect())
}
