//! `expert-pruning`: space, plan, memory, baselines and EEP's operators.

use std::collections::BTreeSet;

use attune_core::plan::{Edit, KeepExperts, Plan};
use attune_core::setting::{Setting, Settings};
use attune_core::space::{Config, Count, Domain, Value};
use attune_core::technique::{FailureKind, Technique as _};

use crate::models::{EXPERT_PRUNING, dense, expert_signal, mixture, options, subsets};

fn refusal(model: &attune_core::facts::ModelFacts, given: &Settings) -> String {
    match EXPERT_PRUNING.space(model, given).unwrap_err().kind {
        FailureKind::Refused(words) => words,
        other => panic!("{other:?}"),
    }
}

#[test]
fn half_of_the_experts_stay_unless_told_otherwise() {
    let technique = &*EXPERT_PRUNING;
    let space = technique.space(&mixture(), &Settings::new()).unwrap();
    let kept = &space.dimensions()[0];
    assert_eq!((kept.name.as_str(), kept.axes[0].name.as_str(), kept.cells()), ("kept-experts", "layer", 4));
    assert_eq!(kept.domain, Domain::Subset { of: 8, min: 4, max: 4 });
    assert_eq!(space.count(), Count::Exact(70_u128.pow(4)));

    let grouped = options(&[("keep", Setting::Int(2)), ("groups", Setting::Int(2))]);
    let space = technique.space(&mixture(), &grouped).unwrap();
    assert_eq!(space.dimensions()[0].axes[0].name, "group");
    assert_eq!(space.count(), Count::Exact(28 * 28));
}

#[test]
fn models_and_numbers_that_do_not_fit_are_refused_with_a_way_out() {
    assert_eq!(
        refusal(&dense(), &Settings::new()),
        "model `dense` (family llama) has no experts to prune; expert-pruning needs a mixture of experts"
    );
    assert_eq!(
        refusal(&mixture(), &options(&[("keep", Setting::Int(1))])),
        "keeping 1 of 8 experts leaves fewer than the 2 that model `mixture` routes every token to; \
         set `keep` to 2 or more"
    );
    assert!(refusal(&mixture(), &options(&[("keep", Setting::Int(8))])).contains("set `keep` below 8"));
    assert!(refusal(&mixture(), &options(&[("groups", Setting::Int(5))])).contains("has 4 layers"));
}

#[test]
fn layers_of_a_group_keep_the_same_experts() {
    let grouped = options(&[("keep", Setting::Int(2)), ("groups", Setting::Int(2))]);
    let config = subsets(&[&[0, 3], &[5, 7]]);
    let plan = EXPERT_PRUNING.lower(&mixture(), &grouped, &config).unwrap();
    let keep = |layer, experts: &[u32]| Edit::KeepExperts(KeepExperts { layer, experts: experts.to_vec() });
    assert_eq!(plan, Plan::new([keep(0, &[0, 3]), keep(1, &[0, 3]), keep(2, &[5, 7]), keep(3, &[5, 7])]));
}

#[test]
fn memory_counts_dropped_experts_and_their_router_rows() {
    let keep = options(&[("keep", Setting::Int(3))]);
    let config = subsets(&[&[0, 1, 2]; 4].map(|kept| &kept[..]));
    let costs = EXPERT_PRUNING.cost(&mixture(), &keep, &config).unwrap();
    assert_eq!((costs[0].resource.as_str(), costs[0].unit.as_str()), ("memory", "bytes"));
    assert_eq!(costs[0].dense, 8_000_000.0);
    assert_eq!(costs[0].value, 2.0 * (4_000_000.0 - 4.0 * 5.0 * (100_000.0 + 256.0)));
}

#[test]
fn baselines_take_the_largest_signals_and_break_ties_downwards() {
    let technique = &*EXPERT_PRUNING;
    let model = attune_core::facts::ModelFacts { layers: 2, experts: 4, ..mixture() };
    let frequency = expert_signal("expert-frequency", 2, &[0.1, 0.4, 0.4, 0.1, 0.3, 0.3, 0.3, 0.1]);
    let soft = expert_signal("expert-soft-activation", 2, &[0.0, 0.0, 1.0, 2.0, 9.0, 0.0, 0.0, 8.0]);
    let named = |given: &Settings, signals: &[_]| {
        let baselines = technique.baselines(&model, given, signals).unwrap();
        baselines.into_iter().map(|baseline| (baseline.name, baseline.config)).collect::<Vec<_>>()
    };
    let signals = [frequency, soft];
    assert_eq!(
        named(&Settings::new(), &signals),
        [
            ("default".to_owned(), subsets(&[&[0, 1], &[0, 1]])),
            ("frequency".to_owned(), subsets(&[&[1, 2], &[0, 1]])),
            ("soft-activation".to_owned(), subsets(&[&[2, 3], &[0, 3]])),
        ]
    );
    // One group: frequencies sum to 0.4, 0.7, 0.7, 0.2 and soft activations to 9, 0, 1, 10.
    let grouped = named(&options(&[("groups", Setting::Int(1))]), &signals);
    assert_eq!(grouped[1].1, subsets(&[&[1, 2]]));
    assert_eq!(grouped[2].1, subsets(&[&[0, 3]]));
    assert_eq!(named(&Settings::new(), &[]).len(), 1);

    let short = expert_signal("expert-frequency", 1, &[0.1, 0.4, 0.4, 0.1]);
    let failure = technique.baselines(&model, &Settings::new(), &[short]).unwrap_err();
    assert!(failure.to_string().contains("signal `expert-frequency` has axes"), "{failure}");
}

/// Layers in which two configs differ, and experts that were replaced in all of them.
fn difference(parent: &Config, child: &Config) -> (usize, usize) {
    let set = |value: &Value| match value {
        Value::Indices(indices) => indices.iter().copied().collect::<BTreeSet<u32>>(),
        other => panic!("{other:?}"),
    };
    let replaced = parent.dimensions()[0]
        .iter()
        .zip(&child.dimensions()[0])
        .map(|(old, new)| set(new).difference(&set(old)).count());
    replaced.fold((0, 0), |(layers, experts), count| (layers + usize::from(count > 0), experts + count))
}

#[test]
fn children_stay_in_the_space_and_always_differ_from_their_parent() {
    let technique = &*EXPERT_PRUNING;
    let parent = subsets(&[&[0, 1, 2, 3], &[2, 3, 4, 5], &[4, 5, 6, 7], &[0, 2, 4, 6]]);
    let space = technique.space(&mixture(), &Settings::new()).unwrap();
    let children: Vec<Config> = (0..300)
        .map(|seed| technique.vary(&mixture(), &Settings::new(), &[&parent], seed).unwrap())
        .collect();
    for child in &children {
        space.check(child).unwrap();
        assert_ne!(*child, parent);
    }
    let distinct: BTreeSet<_> = children.iter().map(Config::hash).collect();
    // One expert of one layer can be replaced in 4 · 4 · 4 = 64 ways; chance alone finds most of them.
    assert!(distinct.len() > 80, "only {} distinct children of 300", distinct.len());

    // Of 16 kept experts, 16 · 0.25 / (1 − 0.75⁴) · 0.15 = 0.88 are replaced on average, and never fewer
    // than one: P(none) = Σ over open groups of 0.85^(4·groups) ≈ 0.44, so 0.88 + 0.44 ≈ 1.3 in all. The
    // same expert may return to a set that lost it, which lowers the number of visible replacements a little.
    let replaced: usize = children.iter().map(|child| difference(&parent, child).1).sum();
    let mean = replaced as f64 / children.len() as f64;
    assert!((1.15..1.45).contains(&mean), "{mean}");
    assert!(children.iter().any(|child| difference(&parent, child).0 > 1), "never two layers at once");
}

#[test]
fn children_depend_on_the_seed_and_on_nothing_else() {
    let technique = &*EXPERT_PRUNING;
    let parent = subsets(&[&[0, 1, 2, 3]; 4].map(|kept| &kept[..]));
    let child = |seed| technique.vary(&mixture(), &Settings::new(), &[&parent], seed).unwrap();
    assert_eq!(child(7), child(7));
    assert!((0..20).any(|seed| child(seed) != child(7)));
}
