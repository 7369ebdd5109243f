//! Configs, and what they do and cost.

use attune_core::facts::Facts;
use attune_core::plan::{Edit, Plan};
use attune_core::space::{Config, Space, Value};
use attune_core::technique::{Baseline, Cost, FailureKind};
use attune_vocabulary::ModelFacts;

use super::BadOutput;
use super::names;
use super::setting::settings_in;
use crate::limits;
use crate::own_edits::KnownEdits;
use crate::wire;

/// A config that is a point of the space, budgets aside.
pub(crate) fn config_in(config: wire::Config, space: &Space) -> Result<Config, BadOutput> {
    let config =
        Config::new(config.into_iter().map(|cells| cells.into_iter().map(value).collect()).collect());
    let config = space.canonical(config);
    space.check_domains(&config).map_err(|violation| BadOutput(violation.to_string()))?;
    Ok(config)
}

fn value(value: wire::Value) -> Value {
    match value {
        wire::Value::Index(index) => Value::Index(index),
        wire::Value::Int(number) => Value::Int(number),
        wire::Value::Real(number) => Value::Real(number),
        wire::Value::Indices(indices) => Value::Indices(indices),
        wire::Value::Reals(numbers) => Value::Reals(numbers),
    }
}

pub(crate) fn config_out(config: &Config) -> wire::Config {
    let cell = |value: &Value| match value {
        Value::Index(index) => wire::Value::Index(*index),
        Value::Int(number) => wire::Value::Int(*number),
        Value::Real(number) => wire::Value::Real(*number),
        Value::Indices(indices) => wire::Value::Indices(indices.clone()),
        Value::Reals(numbers) => wire::Value::Reals(numbers.clone()),
    };
    config.dimensions().iter().map(|cells| cells.iter().map(cell).collect()).collect()
}

/// A plan whose edits are `known`, declared, on layers that exist, and do not contradict each other.
pub(crate) fn plan(
    edits: Vec<wire::Open>,
    declared: &[String],
    known: &KnownEdits,
    model: &Facts,
) -> Result<Plan, FailureKind> {
    let (ours, vocabulary) = (attune_vocabulary::model(), known.vocabulary());
    let layers = ModelFacts::of(model).layers;
    if edits.len() > limits::EDITS {
        let found = edits.len();
        let problem = format!("its plan has {found} edits, at most {} are allowed", limits::EDITS);
        return Err(FailureKind::BadOutput(problem));
    }
    let edit = |open: wire::Open| {
        if ours.schema(&open.kind).is_none() {
            // Nobody here has chosen these names.
            let words = std::iter::once(&open.kind).chain(open.args.iter().map(|(argument, _)| argument));
            words.cloned().try_for_each(|word| names::name("an edit or its argument", word).map(drop))?;
        }
        let args = settings_in(&format!("edit `{}`", open.kind), open.args)?;
        let edit = known.accept(Edit { kind: open.kind, args }, declared)?;
        let layer = ours.group(&edit);
        // What others count in groups is theirs to check.
        if layer >= layers && ours.schema(&edit.kind).is_some() {
            return Err(FailureKind::BadOutput(format!(
                "edit {edit} touches layer {layer}, but model `{}` has layers 0 to {}",
                model.name,
                i64::from(layers) - 1
            )));
        }
        Ok(edit)
    };
    let plan = vocabulary.arrange(edits.into_iter().map(edit).collect::<Result<Vec<Edit>, FailureKind>>()?);
    // Every two edits of a layer are compared below, and by whoever applies them.
    let layers = plan.edits().chunk_by(|one, other| vocabulary.group(one) == vocabulary.group(other));
    if let Some(layer) = layers.into_iter().find(|layer| layer.len() > limits::LAYER_EDITS) {
        return Err(FailureKind::BadOutput(format!(
            "its plan has {} edits in layer {}, at most {} are allowed",
            layer.len(),
            vocabulary.group(&layer[0]),
            limits::LAYER_EDITS
        )));
    }
    match vocabulary.conflict(&plan) {
        Some((one, other)) => {
            Err(FailureKind::BadOutput(format!("edits {one} and {other} contradict each other")))
        }
        None => Ok(plan),
    }
}

fn at_most(what: &str, found: usize) -> Result<(), BadOutput> {
    if found > limits::DESCRIBED {
        return Err(BadOutput(format!("it has {found} {what}, at most {} are allowed", limits::DESCRIBED)));
    }
    Ok(())
}

/// Costs that are numbers, each resource once.
pub(crate) fn costs(costs: Vec<wire::ResourceCost>) -> Result<Vec<Cost>, BadOutput> {
    at_most("costs", costs.len())?;
    let mut known: Vec<Cost> = Vec::with_capacity(costs.len());
    for wire::ResourceCost { resource, unit, value, dense } in costs {
        let (resource, unit) = (names::name("a resource", resource)?, names::unit(unit)?);
        if !value.is_finite() || !dense.is_finite() {
            return Err(BadOutput(format!("the cost in `{resource}` is {value} {unit}, dense {dense}")));
        }
        if known.iter().any(|cost| cost.resource == resource) {
            return Err(BadOutput(format!("it has two costs in `{resource}`")));
        }
        known.push(Cost { resource, unit, value, dense });
    }
    Ok(known)
}

/// Baselines in their domains, each name once.
pub(crate) fn baselines(baselines: Vec<wire::Baseline>, space: &Space) -> Result<Vec<Baseline>, BadOutput> {
    at_most("baselines", baselines.len())?;
    let mut known: Vec<Baseline> = Vec::with_capacity(baselines.len());
    for wire::Baseline { name, help, config } in baselines {
        let name = names::baseline(name)?;
        let config = config_in(config, space)
            .map_err(|BadOutput(problem)| BadOutput(format!("baseline `{name}`: {problem}")))?;
        if known.iter().any(|baseline| baseline.name == name) {
            return Err(BadOutput(format!("it has two baselines named `{name}`")));
        }
        known.push(Baseline { name, help, config });
    }
    Ok(known)
}
