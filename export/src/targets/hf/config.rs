//! config.json of a fold: the numbers of experts, in all layers and per token.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

use attune_core::exporter::{ExportError, ModelFiles};
use attune_families::schema::{Flag, MixtureRule, Scores};
use attune_vocabulary::ModelFacts;

use super::fold::{Fold, refuse};
use crate::checkpoint::{self, CONFIG, bad, config_text};

/// The text of config.json for what `fold` leaves, and how many layers behind the last it spoke of, which predict tokens
/// further on: their experts were never scored, so they are left out.
pub(super) fn patched(
    files: &dyn ModelFiles,
    model: &ModelFacts,
    fold: &Fold,
) -> Result<(String, u32), ExportError> {
    let text = config_text(files)?;
    let keys: BTreeMap<String, &RawValue> = serde_json::from_str(&text)
        .map_err(|error| bad(CONFIG, error.to_string(), "a JSON object, as Transformers writes it"))?;
    expect(&keys, "model_type", &format!("\"{}\"", fold.family().name))?;
    const PACKED: &str = "quantization_config";
    if keys.get(PACKED).is_some_and(|value| value.get() != "null") {
        let expected = "a model whose weights are not in few bits: dequantise it first, or use `--to plan`";
        return Err(bad(CONFIG, format!("`{PACKED}`"), expected));
    }
    let Some(rule) = fold.family().mixture else { return Ok((text, 0)) };
    renormalised(&keys, rule, fold)?;
    let mut changes: Vec<(&str, u32, u32)> = Vec::new();
    let mut change = |names: &[&'static str], before: u32, after: u32| {
        let there: Vec<&'static str> =
            names.iter().copied().filter(|name| keys.contains_key(*name)).collect();
        // Where it is absent, the family's default was read.
        let names = if there.is_empty() { names[..1].to_vec() } else { there };
        changes.extend(names.into_iter().map(|name| (name, before, after)));
    };
    change(rule.experts.keys, model.experts, fold.count());
    if fold.per_token != model.experts_per_token {
        change(rule.per_token.keys, model.experts_per_token, fold.per_token);
    }
    for (key, before, _) in &changes {
        if keys.contains_key(*key) {
            expect(&keys, key, &before.to_string())?;
        }
    }
    let mut predictors = 0;
    for &key in fold.family().predictors {
        let Some(value) = keys.get(key).filter(|value| value.get() != "null") else { continue };
        let count: u32 = value.get().parse().map_err(|_| {
            bad(
                CONFIG,
                format!("`{key}` is {}", value.get()),
                "a number of layers that predict tokens further on",
            )
        })?;
        predictors = predictors.max(count);
        changes.push((key, count, 0));
    }
    let changes = changes.into_iter().map(|(key, _, after)| (key, after.to_string())).collect();
    Ok((checkpoint::patched(&text, &changes)?, predictors))
}

/// Whether what the plan does to the router is a matter of its rows.
fn renormalised(
    keys: &BTreeMap<String, &RawValue>,
    rule: MixtureRule,
    fold: &Fold,
) -> Result<(), ExportError> {
    // A sigmoid is the same whoever stands beside it.
    let apart = matches!(rule.router.scores, Scores::Sigmoid | Scores::ChosenSigmoid);
    let Some(edit) = fold.mapped().filter(|_| !apart) else { return Ok(()) };
    let (rescaled, why) = match rule.router.renormalised {
        Flag::Always(rescaled) => (rescaled, format!("in a {}", fold.family().name)),
        Flag::Key(key, default) => {
            let rescaled = keys.get(key).map_or(default, |value| value.get() == "true");
            (rescaled, format!("with `{key}` false"))
        }
    };
    if rescaled {
        return Ok(());
    }
    let reason = format!(
        "{why} the weights of the chosen experts are shares of all experts, which a router with other rows does not give; \
         use keep-experts alone, or `--to plan`"
    );
    Err(refuse(edit, reason))
}

fn expect(keys: &BTreeMap<String, &RawValue>, key: &str, expected: &str) -> Result<(), ExportError> {
    let found = keys.get(key).map(|value| value.get());
    match found {
        Some(value) if value == expected => Ok(()),
        Some(value) => Err(bad(CONFIG, format!("`{key}` is {value}"), expected)),
        None => Err(bad(CONFIG, format!("`{key}` is missing"), format!("`{key}`: {expected}"))),
    }
}
