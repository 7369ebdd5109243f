//! What config.json says about a mixture.

use super::fields::{Fields, Found};
use crate::error::ConfigError;
use crate::schema::{
    Family, GroupSwitch, MixtureLayers, MixtureRule, Number, SPARSEMIXER_EPS, Scores, SharedExpert,
    SharedInner,
};

/// Experts of a mixture-of-experts decoder.
#[derive(Clone, Debug, PartialEq)]
pub struct Mixture {
    /// Experts per layer.
    pub experts: usize,
    /// Experts that each token is routed to.
    pub per_token: usize,
    /// Inner width of one expert.
    pub inner: usize,
    /// What the router makes of its logits.
    pub scores: Scores,
    /// Whether the weights of the chosen experts are rescaled to a sum of 1.
    pub renormalised: bool,
    /// What they are multiplied by.
    pub scale: Option<f64>,
    /// ε of [`Scores::SparseMixer`].
    pub sparsemixer_eps: f64,
    /// How many groups the experts are in, and from how many a token chooses.
    pub groups: Option<(usize, usize)>,
    /// An expert that answers for every token.
    pub shared: Option<Shared>,
    /// For each layer, whether it has experts.
    layers: Vec<bool>,
}

/// An expert that answers for every token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shared {
    /// How its tensors are stored.
    pub rule: SharedExpert,
    /// Its inner width.
    pub inner: usize,
}

impl Mixture {
    /// Whether a layer has experts.
    pub fn in_layer(&self, layer: usize) -> bool {
        self.layers.get(layer).copied().unwrap_or(false)
    }

    /// Layers that have experts.
    pub fn layers(&self) -> impl Iterator<Item = usize> {
        (0..self.layers.len()).filter(|&layer| self.layers[layer])
    }

    pub(super) fn read(
        fields: &Fields<'_>,
        family: &'static Family,
        hidden: usize,
        layers: usize,
    ) -> Result<Option<Self>, ConfigError> {
        let Some(rule) = &family.mixture else { return Ok(None) };
        let experts = fields.count_by_layer(rule.experts, family.by_layer, layers)?;
        let per_token = fields.count_by_layer(rule.per_token, family.by_layer, layers)?;
        if per_token > experts {
            let expected = format!("at most the {experts} experts");
            return Err(fields.bad(rule.per_token.keys[0], per_token, expected));
        }
        let sparsemixer_eps = match rule.router.scores {
            Scores::SparseMixer { key } => {
                if per_token != 2 {
                    let expected = "2: this router chooses two experts, whatever the number says";
                    return Err(fields.bad(rule.per_token.keys[0], per_token, expected));
                }
                match fields.number(Number::Key(key, SPARSEMIXER_EPS), hidden)? {
                    Some(eps) if eps < 0.0 => {
                        return Err(fields.bad(key, eps, "a number that is not negative"));
                    }
                    eps => eps.unwrap_or(SPARSEMIXER_EPS),
                }
            }
            _ => 0.0,
        };
        let inner = fields.count(rule.inner)?;
        Ok(Some(Self {
            experts,
            per_token,
            inner,
            scores: rule.router.scores,
            renormalised: fields.of(rule.router.renormalised)?,
            scale: fields.number(rule.router.scale, hidden)?,
            sparsemixer_eps,
            groups: groups(fields, rule, experts, per_token)?,
            shared: shared(fields, rule, inner)?,
            layers: in_layers(fields, rule.layers, layers)?,
        }))
    }
}

/// The groups of the experts; one group is none.
fn groups(
    fields: &Fields<'_>,
    rule: &MixtureRule,
    experts: usize,
    per_token: usize,
) -> Result<Option<(usize, usize)>, ConfigError> {
    let Some(groups) = &rule.router.groups else { return Ok(None) };
    if let Some(switch) = groups.switch
        && !is_on(fields, switch)?
    {
        fields.raw(groups.count.keys[0]);
        fields.raw(groups.kept.keys[0]);
        return Ok(None);
    }
    let (count, kept) = (fields.count(groups.count)?, fields.count(groups.kept)?);
    let least = rule.router.scores.group_members();
    if !experts.is_multiple_of(count) || (count > 1 && experts / count < least) {
        let expected = format!("a divisor of the {experts} experts with at least {least} in each group");
        return Err(fields.bad(groups.count.keys[0], count, expected));
    }
    if kept > count || experts / count * kept < per_token {
        let expected = format!("at most {count} groups, which hold the {per_token} experts of a token");
        return Err(fields.bad(groups.kept.keys[0], kept, expected));
    }
    Ok((count > 1).then_some((count, kept)))
}

/// Whether groups are used.
fn is_on(fields: &Fields<'_>, switch: GroupSwitch) -> Result<bool, ConfigError> {
    let GroupSwitch { key, on, off } = switch;
    match fields.word(key)? {
        Found::Absent => Ok(false),
        Found::Is(word) if word == off => Ok(false),
        Found::Is(word) if word == on => Ok(true),
        Found::Is(word) => Err(fields.bad(key, word, format!("{off} or {on}"))),
        Found::Null => Err(fields.null(key, &format!("{off} or {on}"))),
    }
}

fn shared(fields: &Fields<'_>, rule: &MixtureRule, inner: usize) -> Result<Option<Shared>, ConfigError> {
    let Some(rule) = rule.shared else { return Ok(None) };
    let whole = |key, default| match fields.whole(key)? {
        Found::Absent => Ok(default),
        Found::Null => Ok(0),
        Found::Is(_) if fields.raw(key) == Found::Is(&0.into()) => Ok(0),
        Found::Is(_) => fields.size(key),
    };
    let inner = match rule.inner {
        SharedInner::AsExpert => inner,
        SharedInner::Key { key, default } => whole(key, default)?,
        SharedInner::Times { key, default } => whole(key, default)?.saturating_mul(inner),
    };
    Ok((inner > 0).then_some(Shared { rule, inner }))
}

fn in_layers(fields: &Fields<'_>, rule: MixtureLayers, layers: usize) -> Result<Vec<bool>, ConfigError> {
    match rule {
        MixtureLayers::All => Ok(vec![true; layers]),
        MixtureLayers::From { key, default } => {
            let first = match fields.whole(key)? {
                Found::Absent => default,
                Found::Is(first) => first,
                Found::Null => return Err(fields.null(key, "a whole number")),
            };
            Ok((0..layers).map(|layer| layer >= first).collect())
        }
        MixtureLayers::Span => {
            let first = match fields.whole("moe_layer_start_index")? {
                Found::Absent => 1,
                Found::Is(first) => first,
                Found::Null => return Err(fields.null("moe_layer_start_index", "a whole number")),
            };
            let last = match fields.raw("moe_layer_end_index") {
                Found::Absent => layers - 1,
                Found::Is(value) if value.as_i64() == Some(-1) => layers - 1,
                _ => match fields.whole("moe_layer_end_index")? {
                    Found::Is(last) => last,
                    _ => return Err(fields.null("moe_layer_end_index", "a whole number or -1")),
                },
            };
            let every = fields.size_or("moe_layer_interval", Some(1))?;
            Ok((0..layers).map(|layer| (first..=last).contains(&layer) && (layer + 1) % every == 0).collect())
        }
        MixtureLayers::Listed { key, from } => {
            let Found::Is(words) = fields.words(key)? else {
                return Ok((0..layers).map(|layer| layer >= from).collect());
            };
            if words.len() != layers {
                let expected = format!("{layers}, one per layer");
                return Err(fields.bad(key, format!("{} entries", words.len()), expected));
            }
            let has = |word: &&str| match *word {
                "sparse" => Ok(true),
                "dense" => Ok(false),
                other => Err(fields.bad(key, other, "dense or sparse")),
            };
            words.iter().map(has).collect()
        }
        MixtureLayers::Interleaved => {
            let step = fields.size_or("interleave_moe_layer_step", Some(1))?;
            let listed = fields.wholes("moe_layers")?.value();
            let has = |layer: usize| match &listed {
                Some(listed) => listed.contains(&layer),
                None => (layer + 1).is_multiple_of(step),
            };
            Ok((0..layers).map(has).collect())
        }
        MixtureLayers::Every => {
            let step = fields.size_or("decoder_sparse_step", Some(1))?;
            let dense = fields.wholes("mlp_only_layers")?.value().unwrap_or_default();
            Ok((0..layers).map(|layer| (layer + 1) % step == 0 && !dense.contains(&layer)).collect())
        }
    }
}
