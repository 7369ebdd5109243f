//! Edits that attune does not have: what there is to say of them where no evaluator brings their schemas.

use std::collections::{BTreeMap, BTreeSet};

use attune_core::facts::Facts;
use attune_core::options::Settings;
use attune_core::plan::{Edit, Vocabulary};
use attune_core::printable::quoted;
use attune_core::rng;
use attune_core::suggest::hint;
use attune_core::technique::Technique;
use attune_testkit::technique::Finding;

/// Configs whose plans are looked at.
const DRAWS: u64 = 20;
/// Seed of the draws; any would do.
const SEED: u64 = 1;

/// What plans of a model hold of each kind of edit that the technique declares and attune does not have: its arguments, which are what
/// the schema of an evaluator has to have.
pub(super) fn findings(technique: &dyn Technique, model: &Facts) -> Vec<Finding> {
    let ours = attune_vocabulary::model();
    let foreign: Vec<&String> =
        technique.info().edits.iter().filter(|kind| ours.schema(kind).is_none()).collect();
    let options = Settings::new();
    let (false, Ok(space)) = (foreign.is_empty(), technique.space(model, &options)) else {
        return Vec::new();
    };
    let configs = (0..DRAWS).filter_map(|draw| space.sample(&mut rng::derive(SEED, "foreign", &[draw])).ok());
    let plans: Vec<_> = configs.filter_map(|config| technique.lower(model, &options, &config).ok()).collect();
    let edits = || plans.iter().flat_map(|plan| plan.edits());
    let finding = |kind: &String| Finding {
        model: model.name.clone(),
        what: about(kind),
        outcome: Ok(format!(
            "attune does not have it{}; an evaluator that brings its schema has to score it: {}",
            hint(kind, ours.kinds()),
            arguments(edits().filter(|edit| edit.kind == *kind)),
        )),
    };
    foreign.into_iter().map(finding).collect()
}

/// Whether a finding says that nobody brings an edit which `edits` has.
pub(super) fn is_about(finding: &Finding, edits: &Vocabulary) -> bool {
    edits.kinds().any(|kind| finding.what == about(kind))
}

fn about(kind: &str) -> String {
    format!("edit {}", quoted(kind))
}

/// The arguments of edits of one kind, with what they are.
fn arguments<'a>(edits: impl Iterator<Item = &'a Edit>) -> String {
    let mut arguments: BTreeMap<&str, (BTreeSet<&str>, usize)> = BTreeMap::new();
    let mut all = 0;
    for edit in edits {
        all += 1;
        for (name, value) in &edit.args {
            let (kinds, count) = arguments.entry(name).or_default();
            kinds.insert(value.kind());
            *count += 1;
        }
    }
    if all == 0 {
        return format!("no plan of {DRAWS} random configs holds one");
    }
    let words = arguments.into_iter().map(|(name, (kinds, count))| {
        let kinds = kinds.into_iter().collect::<Vec<_>>().join(" or ");
        let sometimes = if count < all { ", not always" } else { "" };
        format!("`{name}` ({kinds}{sometimes})")
    });
    let words: Vec<String> = words.collect();
    if words.is_empty() {
        "it has no arguments".to_owned()
    } else {
        format!("arguments {}", words.join(", "))
    }
}
