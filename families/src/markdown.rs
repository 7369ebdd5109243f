//! The families as `docs/families.md` lists them.

use crate::schema::{
    Activation, Arrangement, Family, KvCount, MixtureLayers, NormKind, Over, Pairs, PartRule, PartTensors,
    Placement, Scores, TemperatureRule, Unrotated, WindowRule,
};

/// A Markdown table with a row for each family.
pub fn table(families: &[&Family]) -> String {
    let rows = families.iter().map(|family| {
        let Family { name, models, .. } = family;
        format!(
            "| `{name}` | {models} | {} | {} | {} |\n",
            attention(family),
            feed_forward(family),
            norms(family)
        )
    });
    let head = "| `model_type` | models | attention | feed-forward part | norms |\n| --- | --- | --- | --- | --- |\n";
    format!("{head}{}", rows.collect::<String>())
}

fn attention(family: &Family) -> String {
    let (attention, rotation) = (&family.attention, &family.rotation);
    let mut said: Vec<String> = Vec::new();
    let mut say = |condition: bool, words: &str| {
        if condition {
            said.push(words.to_owned());
        }
    };
    say(
        attention.qk_norm.is_some_and(|norm| matches!(norm.over, Over::Head | Over::EachHead)),
        "queries and keys normalised per head",
    );
    say(
        attention.qk_norm.is_some_and(|norm| norm.over == Over::Projection),
        "queries and keys normalised over all heads",
    );
    say(attention.kv_count == KvCount::NewDecoder, "one key/value head, or some");
    say(attention.latent.is_some(), "keys and values of one latent");
    say(attention.cap != crate::schema::Number::None, "soft-cap");
    say(attention.sinks.is_some(), "sinks");
    say(matches!(attention.windows, WindowRule::Every { .. }), "window");
    say(
        matches!(attention.windows, WindowRule::Switched { .. } | WindowRule::Listed { .. }),
        "window by layer",
    );
    say(matches!(attention.windows, WindowRule::Chunked { .. }), "chunks by layer");
    say(attention.clip != crate::schema::Number::None, "queries, keys and values clipped");
    say(rotation.temperature != TemperatureRule::None, "sharper far into a text");
    say(rotation.pairs == Pairs::Neighbours, "rotates neighbouring channels");
    say(matches!(rotation.part, PartRule::Share(_) | PartRule::Channels(_)), "rotates a part of each head");
    say(rotation.unrotated != Unrotated::None, "some layers without rotation");
    say(rotation.local_base.is_some(), "another rotation in layers with a window");
    if said.is_empty() { "plain".to_owned() } else { said.join(", ") }
}

fn feed_forward(family: &Family) -> String {
    let activation = match family.feed_forward.activation.default {
        Activation::Silu => "SiLU",
        Activation::Gelu | Activation::GeluTanh => "GELU",
        Activation::Relu2 => "ReLU²",
        Activation::ClampedSwiglu => "clamped SwiGLU",
    };
    let gate = if matches!(family.feed_forward.tensors, PartTensors::Plain(_)) { "no gate" } else { "gated" };
    let Some(rule) = &family.mixture else { return format!("{activation}, {gate}") };
    let router = match rule.router.scores {
        Scores::Softmax => "softmax",
        Scores::Sigmoid | Scores::ChosenSigmoid => "sigmoid",
        Scores::SparseMixer { .. } => "SparseMixer",
    };
    let layers = if rule.layers == MixtureLayers::All { "" } else { " in some layers" };
    let shared = if rule.shared.is_some() { ", shared expert" } else { "" };
    format!("experts{layers}, {router} router{shared}; {activation}")
}

fn norms(family: &Family) -> String {
    let kind = match family.norms.kind {
        NormKind::Rms => "RMS",
        NormKind::RmsPlusOne => "RMS, 1 + w",
        NormKind::Layer { plus_one: false, .. } => "layer",
        NormKind::Layer { plus_one: true, .. } => "layer, 1 + w",
        NormKind::BareLayer => "layer, no w",
    };
    let place = match family.norms.placement {
        Placement::Before { .. } => "before",
        Placement::After { .. } => "behind",
        Placement::Both { .. } => "before and behind",
        Placement::Beside { feed_forward: None, .. } => "one before both parts, side by side",
        Placement::Beside { feed_forward: Some(_), .. } => "before, parts side by side",
    };
    let place = match family.norms.arrangement {
        Arrangement::Same => place.to_owned(),
        Arrangement::Switched(..) => format!("{place} or in turn"),
        Arrangement::NewDecoder { .. } => format!("{place}, or two, or in turn"),
    };
    format!("{kind}; {place}")
}
