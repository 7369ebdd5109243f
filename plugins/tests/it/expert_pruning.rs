//! `expert-pruning`: space, plan, memory, baselines and EEP's operators.

use attune_core::facts::Facts;
use std::collections::BTreeSet;

use attune_core::options::{OptionValue, Settings};
use attune_core::plan::Edit;
use attune_core::space::{Axis, Config, Count, Domain, Value};
use attune_core::technique::{FailureKind, Signal, Technique as _};
use attune_vocabulary::arrange;
use attune_vocabulary::edits::{ExpertsPerToken, KeepExperts, MergeExperts, RouteExperts, SilenceExperts};

use crate::models::{EXPERT_PRUNING, dense, expert_signal, mixture, options, some_layers, subsets};

fn refusal(model: &Facts, given: &Settings) -> String {
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

    let grouped = options(&[("keep", OptionValue::Int(2)), ("groups", OptionValue::Int(2))]);
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
        refusal(&mixture(), &options(&[("keep", OptionValue::Int(1))])),
        "keeping 1 of 8 experts leaves fewer than the 2 that model `mixture` routes every token to; \
         set `keep` to 2 or more, or `active` to less"
    );
    assert!(refusal(&mixture(), &options(&[("keep", OptionValue::Int(8))])).contains("set `keep` below 8"));
    assert!(refusal(&mixture(), &options(&[("groups", OptionValue::Int(5))])).contains("has 4 layers"));
}

#[test]
fn layers_of_a_group_keep_the_same_experts() {
    let grouped = options(&[("keep", OptionValue::Int(2)), ("groups", OptionValue::Int(2))]);
    let config = subsets(&[&[0, 3], &[5, 7]]);
    let plan = EXPERT_PRUNING.lower(&mixture(), &grouped, &config).unwrap();
    let keep = |layer, experts: &[u32]| Edit::from(KeepExperts { layer, experts: experts.to_vec() });
    assert_eq!(plan, arrange([keep(0, &[0, 3]), keep(1, &[0, 3]), keep(2, &[5, 7]), keep(3, &[5, 7])]));
}

fn uneven(keep: i64) -> Settings {
    let text = OptionValue::Text("uneven".to_owned());
    options(&[("keep", OptionValue::Int(keep)), ("counts", text)])
}

#[test]
fn uneven_counts_keep_any_number_in_a_layer_and_so_many_on_average() {
    let technique = &*EXPERT_PRUNING;
    // Fewer than a token is routed to may stay.
    let given = uneven(1);
    let space = technique.space(&mixture(), &given).unwrap();
    assert_eq!(space.dimensions()[0].domain, Domain::Subset { of: 8, min: 1, max: 8 });
    let given = uneven(3);
    let space = technique.space(&mixture(), &given).unwrap();
    let config = subsets(&[&[0, 1, 2, 3, 4, 5, 6, 7], &[5], &[2], &[0, 7]]);
    assert!(space.check(&config).is_ok(), "twelve experts in four layers");
    assert!(space.check(&subsets(&[&[0, 1, 2, 3], &[0, 1, 2], &[0, 1, 2], &[0, 1, 2]])).is_err());
    let silence = |layer, experts: &[u32]| Edit::from(SilenceExperts { layer, experts: experts.to_vec() });
    let plan = technique.lower(&mixture(), &given, &config).unwrap();
    let (second, third) = ([0, 1, 2, 3, 4, 6, 7], [0, 1, 3, 4, 5, 6, 7]);
    assert_eq!(plan, arrange([silence(1, &second), silence(2, &third), silence(3, &[1, 2, 3, 4, 5, 6])]));
    let costs = technique.cost(&mixture(), &given, &config).unwrap();
    assert_eq!((costs[0].resource.as_str(), costs[0].value, costs[0].dense), ("experts", 12.0, 32.0));
    // In the place of each of twenty there is a vector, and routers are whole.
    let memory = 2.0 * (4_000_000.0 - 20.0 * (100_000.0 - 256.0));
    assert_eq!((costs[1].resource.as_str(), costs[1].value), ("memory", memory));
    let names: Vec<String> = technique
        .baselines(&mixture(), &given, &[expert_signal("expert-frequency", 4, &[1.0; 32])])
        .unwrap()
        .into_iter()
        .map(|baseline| {
            space.check(&baseline.config).unwrap();
            baseline.name
        })
        .collect();
    assert_eq!(names, ["default", "frequency"]);
    let merging = |mut given: Settings| {
        given.insert("phase".to_owned(), OptionValue::Text("merge".to_owned()));
        given
    };
    assert!(refusal(&mixture(), &merging(uneven(3))).contains("set `phase` to \"prune\""));
    let mut active = uneven(3);
    active.insert("active".to_owned(), OptionValue::Ints(vec![1]));
    assert!(refusal(&mixture(), &active).contains("leave `active`"));
}

#[test]
fn children_of_uneven_counts_differ_and_keep_the_budget() {
    let technique = &*EXPERT_PRUNING;
    for (model, given) in [(mixture(), uneven(3)), (some_layers(), uneven(1))] {
        let space = technique.space(&model, &given).unwrap();
        let mut parent = space.sample(&mut attune_core::rng::derive(1, "uneven", &[])).unwrap();
        let mut counts = BTreeSet::new();
        for seed in 0..200 {
            let child = technique.vary(&model, &given, &[&parent], seed).unwrap();
            space.check(&child).unwrap();
            assert_ne!(child, parent, "{seed}");
            let Value::Indices(first) = &child.dimensions()[0][0] else { panic!() };
            counts.insert(first.len());
            parent = child;
        }
        assert!(given["keep"] == OptionValue::Int(1) || counts.len() > 2, "{counts:?}");
    }
}

#[test]
fn memory_counts_dropped_experts_and_their_router_rows() {
    let keep = options(&[("keep", OptionValue::Int(3))]);
    let config = subsets(&[&[0, 1, 2]; 4].map(|kept| &kept[..]));
    let costs = EXPERT_PRUNING.cost(&mixture(), &keep, &config).unwrap();
    assert_eq!((costs[0].resource.as_str(), costs[0].unit.as_str()), ("memory", "bytes"));
    assert_eq!(costs[0].dense, 8_000_000.0);
    assert_eq!(costs[0].value, 2.0 * (4_000_000.0 - 4.0 * 5.0 * (100_000.0 + 256.0)));
}

#[test]
fn baselines_take_the_largest_signals_and_break_ties_downwards() {
    let technique = &*EXPERT_PRUNING;
    let model = Facts::from(attune_vocabulary::ModelFacts {
        layers: 2,
        experts: 4,
        ..attune_vocabulary::ModelFacts::of(&mixture())
    });
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
    // The second of two kept numbers is asked for: {0, 3} and {1, 2}.
    let sizes = vec![Axis::new("layer", 2), Axis::new("kept", 4), Axis::new("expert", 4)];
    let rows =
        [[0, 1, 0, 0], [1, 0, 0, 1], [1, 1, 0, 1], [1; 4], [0, 0, 0, 1], [0, 1, 1, 0], [0, 1, 1, 1], [1; 4]];
    let values = rows.concat().into_iter().map(f64::from).collect();
    let nearest = Signal { name: "expert-reconstruction".into(), axes: sizes, values };
    let with_naee = named(&Settings::new(), &[nearest]);
    assert_eq!(with_naee[1], ("naee".to_owned(), subsets(&[&[0, 3], &[1, 2]])));
    // One group: frequencies sum to 0.4, 0.7, 0.7, 0.2 and soft activations to 9, 0, 1, 10.
    let grouped = named(&options(&[("groups", OptionValue::Int(1))]), &signals);
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

fn merge(given: &[(&str, OptionValue)]) -> Settings {
    let phase = ("phase", OptionValue::Text("merge".to_owned()));
    options(&[&[phase], given].concat())
}

fn one_hot_routing() -> (&'static str, OptionValue) {
    ("routing", OptionValue::Text("one-hot".to_owned()))
}

fn numbers(config: &Config, dimension: usize, cell: usize) -> Vec<f64> {
    match &config.dimensions()[dimension][cell] {
        Value::Reals(numbers) => numbers.clone(),
        other => panic!("{other:?}"),
    }
}

/// Rows with a single 1 among 8.
fn one_hot(experts: &[u32]) -> Vec<f64> {
    experts.iter().flat_map(|hot| (0..8).map(move |expert| f64::from(u8::from(expert == *hot)))).collect()
}

/// What the merge phase starts from when layer `l` keeps `kept[l]`.
fn started(given: &Settings, kept: &[&[u32]]) -> Config {
    let row = |kept: &&[u32]| {
        (0..8).map(|expert| f64::from(u8::from(kept.contains(&expert)))).collect::<Vec<f64>>()
    };
    let signal =
        expert_signal("start-experts", kept.len() as u32, &kept.iter().flat_map(row).collect::<Vec<_>>());
    let signal = Signal { axes: vec![Axis::new("layer", 4), Axis::new("expert", 8)], ..signal };
    let baselines = EXPERT_PRUNING.baselines(&mixture(), given, &[signal]).unwrap();
    baselines.into_iter().find(|baseline| baseline.name == "start").unwrap().config
}

const KEPT: [&[u32]; 4] = [&[0, 3, 5], &[1, 2, 7], &[0, 1, 2], &[4, 5, 6]];

#[test]
fn merging_starts_at_the_one_hot_rows_of_kept_experts() {
    let given = merge(&[("keep", OptionValue::Int(3))]);
    let space = EXPERT_PRUNING.space(&mixture(), &given).unwrap();
    let names: Vec<&str> = space.dimensions().iter().map(|dimension| dimension.name.as_str()).collect();
    assert_eq!(names, ["router-mapping", "expert-merging"]);
    let matrix = Domain::Matrix { rows: 3, columns: 8, min: -2.0, max: 2.0 };
    assert!(space.dimensions().iter().all(|dimension| dimension.domain == matrix && dimension.cells() == 4));
    let config = started(&given, &KEPT);
    space.check(&config).unwrap();
    let plan = EXPERT_PRUNING.lower(&mixture(), &given, &config).unwrap();
    let pair = |(layer, kept): (u32, &&[u32])| {
        let matrix = one_hot(kept);
        [
            Edit::from(RouteExperts { layer, rows: 3, matrix: matrix.clone() }),
            Edit::from(MergeExperts { layer, rows: 3, matrix }),
        ]
    };
    assert_eq!(plan, arrange((0..).zip(&KEPT).flat_map(pair)));

    // A plan that does not fit says why.
    let failure = |given: &Settings| {
        let row =
            |kept: &&[u32]| (0..8).map(|e| f64::from(u8::from(kept.contains(&e)))).collect::<Vec<f64>>();
        let values: Vec<f64> = KEPT.iter().flat_map(row).collect();
        let axes = vec![Axis::new("layer", 4), Axis::new("expert", 8)];
        let signal = Signal { name: "start-experts".to_owned(), axes, values };
        EXPERT_PRUNING.baselines(&mixture(), given, &[signal]).unwrap_err().to_string()
    };
    let message = failure(&merge(&[("keep", OptionValue::Int(4))]));
    assert!(message.contains("keeps 3 experts in layer 0, and `keep` is 4"), "{message}");
    let message = failure(&merge(&[("keep", OptionValue::Int(3)), ("groups", OptionValue::Int(2))]));
    assert!(message.contains("keeps other experts in layer 1 than in layer 0"), "{message}");
}

#[test]
fn merging_alone_needs_no_pruning_and_pruning_does() {
    let technique = &*EXPERT_PRUNING;
    assert!(technique.space(&mixture(), &merge(&[("keep", OptionValue::Int(8))])).is_ok());
    assert!(refusal(&mixture(), &merge(&[("keep", OptionValue::Int(9))])).contains("set `keep` below 8"));
}

#[test]
fn one_hot_routing_searches_the_kept_experts_beside_their_weights() {
    let given = merge(&[("keep", OptionValue::Int(3)), one_hot_routing()]);
    let config = started(&given, &KEPT);
    let plan = EXPERT_PRUNING.lower(&mixture(), &given, &config).unwrap();
    let tied = merge(&[("keep", OptionValue::Int(3))]);
    assert_eq!(plan, EXPERT_PRUNING.lower(&mixture(), &tied, &started(&tied, &KEPT)).unwrap());
    let space = EXPERT_PRUNING.space(&mixture(), &given).unwrap();
    let mut exchanged = false;
    for seed in 0..300 {
        let child = EXPERT_PRUNING.vary(&mixture(), &given, &[&config], seed).unwrap();
        space.check(&child).unwrap();
        assert_ne!(child, config);
        for (layer, before) in KEPT.iter().enumerate() {
            let Value::Indices(kept) = &child.dimensions()[0][layer] else { panic!("{child:?}") };
            // A row stays with its expert, wherever that stands now; a new one starts as it is. Steps of 0.065
            // leave a row's own expert its largest by far.
            exchanged |= kept != before;
            for (row, expert) in numbers(&child, 1, layer).chunks(8).zip(kept) {
                let most = (0..8).max_by(|&a, &b| row[a].total_cmp(&row[b])).unwrap();
                assert_eq!(most as u32, *expert, "{row:?}");
            }
        }
    }
    assert!(exchanged);
}

#[test]
fn merged_children_take_small_steps_in_some_matrices() {
    let given = merge(&[("keep", OptionValue::Int(3))]);
    let parent = started(&given, &KEPT);
    let space = EXPERT_PRUNING.space(&mixture(), &given).unwrap();
    let (mut open, mut steps, mut normalised) = (0.0, Vec::new(), 0.0);
    let seeds = 400;
    for seed in 0..seeds {
        let child = EXPERT_PRUNING.vary(&mixture(), &given, &[&parent], seed).unwrap();
        space.check(&child).unwrap();
        assert_ne!(child, parent);
        let sums = |row: &[f64]| (row.iter().sum::<f64>() - 1.0).abs() < 1e-12;
        let merged: Vec<Vec<f64>> = (0..4).map(|cell| numbers(&child, 1, cell)).collect();
        let was_normalised = merged.iter().flat_map(|matrix| matrix.chunks(8)).all(sums);
        normalised +=
            f64::from(u8::from(was_normalised && merged.iter().zip(&KEPT).any(|(m, k)| *m != one_hot(k))));
        for (dimension, cell) in (0..2).flat_map(|dimension| (0..4).map(move |cell| (dimension, cell))) {
            let (old, new) = (numbers(&parent, dimension, cell), numbers(&child, dimension, cell));
            open += f64::from(u8::from(old != new));
            // Router mappings are never normalised, so what changed took a step.
            let changed = old.iter().zip(&new).filter(|(old, new)| dimension == 0 && old != new);
            steps.extend(changed.map(|(old, new)| new - old));
        }
    }
    let count = seeds as f64;
    // 8 matrices at 0.25, at least one: 2 / (1 − 0.75⁸) = 2.22 open ones.
    assert!((2.0..2.5).contains(&(open / count)), "{}", open / count);
    let deviation = (steps.iter().map(|step| step * step).sum::<f64>() / steps.len() as f64).sqrt();
    assert!((0.062..0.068).contains(&deviation), "{deviation}");
    // 1.11 open mappings of 24 elements, each at 0.25.
    let changed = steps.len() as f64 / count;
    assert!((6.0..7.4).contains(&changed), "{changed}");
    // One child in ten, unless none of its merging matrices is open.
    assert!((0.04..0.11).contains(&(normalised / count)), "{}", normalised / count);
}

#[test]
fn merged_children_of_two_take_rows_of_both() {
    let given = merge(&[("keep", OptionValue::Int(3))]);
    let other: [&[u32]; 4] = [&[1, 2, 4], &[0, 3, 4], &[3, 4, 5], &[0, 1, 2]];
    let (first, second) = (started(&given, &KEPT), started(&given, &other));
    let mut shares = Vec::new();
    let mut mixed = false;
    for seed in 0..300 {
        let child = EXPERT_PRUNING.vary(&mixture(), &given, &[&first, &second], seed).unwrap();
        for (dimension, cell) in (0..2).flat_map(|dimension| (0..4).map(move |cell| (dimension, cell))) {
            let is_of = |parent: &Config, row: usize| {
                let (child, parent) = (numbers(&child, dimension, cell), numbers(parent, dimension, cell));
                let most = |numbers: &[f64]| (0..8).max_by(|&a, &b| numbers[a].total_cmp(&numbers[b]));
                most(&child[row * 8..][..8]) == most(&parent[row * 8..][..8])
            };
            let of_first: Vec<bool> = (0..3).map(|row| is_of(&first, row)).collect();
            assert!((0..3).all(|row| of_first[row] != is_of(&second, row)), "a row of neither");
            mixed |= of_first.contains(&true) && of_first.contains(&false);
            shares.extend(of_first.into_iter().map(|of_first| f64::from(u8::from(of_first))));
        }
    }
    let share = shares.iter().sum::<f64>() / shares.len() as f64;
    assert!((0.56..0.64).contains(&share) && mixed, "{share}");
}

#[test]
fn active_experts_are_fixed_or_chosen_and_cost_what_they_compute() {
    let technique = &*EXPERT_PRUNING;
    let config = subsets(&[&[0, 1, 2]; 4].map(|kept| &kept[..]));
    let one = options(&[("keep", OptionValue::Int(3)), ("active", OptionValue::Ints(vec![1]))]);
    let plan = technique.lower(&mixture(), &one, &config).unwrap();
    let of = |layer, count| Edit::from(ExpertsPerToken { layer, count });
    assert!((0..4).all(|layer| plan.edits().contains(&of(layer, 1))));
    let costs = technique.cost(&mixture(), &one, &config).unwrap();
    let (expert, row) = (100_000.0, 256.0);
    assert_eq!((costs[1].resource.as_str(), costs[1].unit.as_str()), ("active", "parameters/token"));
    assert_eq!(costs[1].dense, 4_000_000.0 - 4.0 * 6.0 * expert);
    assert_eq!(costs[1].value, 4_000_000.0 - 4.0 * (7.0 * expert + 5.0 * row));
    // The model's own number is no edit, and no cost of its own unless asked for.
    let usual = options(&[("keep", OptionValue::Int(3))]);
    assert_eq!(technique.lower(&mixture(), &usual, &config).unwrap().edits().len(), 4);
    assert_eq!(technique.cost(&mixture(), &usual, &config).unwrap().len(), 1);
    // One active expert allows one kept one.
    let single = options(&[("keep", OptionValue::Int(1)), ("active", OptionValue::Ints(vec![1]))]);
    assert!(technique.space(&mixture(), &single).is_ok());

    let choice = options(&[("keep", OptionValue::Int(3)), ("active", OptionValue::Ints(vec![2, 1, 0]))]);
    let space = technique.space(&mixture(), &choice).unwrap();
    let active = &space.dimensions()[1];
    assert_eq!((active.name.as_str(), active.cells()), ("active-experts", 4));
    assert_eq!(active.domain, Domain::Level { levels: vec![1.0, 2.0] });
    let mut cells = config.dimensions().to_vec();
    cells.push([0, 1, 1, 0].map(Value::Index).to_vec());
    let config = Config::new(cells);
    let plan = technique.lower(&mixture(), &choice, &config).unwrap();
    assert!([0, 3].into_iter().all(|layer| plan.edits().contains(&of(layer, 1))) && plan.edits().len() == 6);
    let costs = technique.cost(&mixture(), &choice, &config).unwrap();
    assert_eq!(costs[1].value, 4_000_000.0 - 4.0 * 5.0 * (expert + row) - 6.0 * expert);
    let children = (0..200).map(|seed| technique.vary(&mixture(), &choice, &[&config], seed).unwrap());
    let stepped = children.filter(|child| child.dimensions()[1] != config.dimensions()[1]).count();
    assert!((25..80).contains(&stepped), "{stepped}");
    // Baselines route as the model does.
    let baselines = technique.baselines(&mixture(), &choice, &[]).unwrap();
    assert_eq!(baselines[0].config.dimensions()[1], vec![Value::Index(1); 4]);
}

#[test]
fn merged_memory_counts_the_mapping_or_the_router_that_is_left() {
    let technique = &*EXPERT_PRUNING;
    let value =
        |given: &Settings| technique.cost(&mixture(), given, &started(given, &KEPT)).unwrap()[0].value;
    let (expert, row) = (100_000.0, 256.0);
    let mapped = value(&merge(&[("keep", OptionValue::Int(3))]));
    assert_eq!(mapped, 2.0 * (4_000_000.0 - 4.0 * (5.0 * expert - 24.0)));
    let folded = value(&merge(&[("keep", OptionValue::Int(3)), one_hot_routing()]));
    assert_eq!(folded, 2.0 * (4_000_000.0 - 4.0 * 5.0 * (expert + row)));
}

#[test]
fn only_layers_with_experts_are_searched_counted_and_compared() {
    let technique = &*EXPERT_PRUNING;
    let keep = options(&[("keep", OptionValue::Int(3))]);
    let space = technique.space(&some_layers(), &keep).unwrap();
    let kept = &space.dimensions()[0];
    assert_eq!((kept.axes[0].name.as_str(), kept.cells()), ("expert-layer", 3));
    let config = subsets(&[&[0, 1, 2], &[1, 2, 3], &[5, 6, 7]]);
    space.check(&config).unwrap();
    let plan = technique.lower(&some_layers(), &keep, &config).unwrap();
    let edit = |layer, experts: &[u32]| Edit::from(KeepExperts { layer, experts: experts.to_vec() });
    assert_eq!(plan, arrange([edit(1, &[0, 1, 2]), edit(2, &[1, 2, 3]), edit(3, &[5, 6, 7])]));
    // Rows of this router have a number more: its correction.
    let costs = technique.cost(&some_layers(), &keep, &config).unwrap();
    assert_eq!(costs[0].value, 2.0 * (4_000_000.0 - 3.0 * 5.0 * (100_000.0 + 257.0)));
    // Signals are of all layers, with zeros where there are no experts.
    let rows = [0.0, 9.0, 9.0, 0.0].map(|most| [0.0, 0.0, 0.0, 0.0, 1.0, 2.0, 3.0, most]).concat();
    let signals = [expert_signal("expert-frequency", 4, &rows)];
    let baselines = technique.baselines(&some_layers(), &keep, &signals).unwrap();
    assert_eq!(baselines[1].config, subsets(&[&[5, 6, 7], &[5, 6, 7], &[4, 5, 6]]));
    // Groups are of layers with experts: of three, two and one.
    let grouped = options(&[("keep", OptionValue::Int(3)), ("groups", OptionValue::Int(2))]);
    let plan = technique.lower(&some_layers(), &grouped, &subsets(&[&[0, 1, 2], &[5, 6, 7]])).unwrap();
    assert_eq!(plan, arrange([edit(1, &[0, 1, 2]), edit(2, &[0, 1, 2]), edit(3, &[5, 6, 7])]));
    let many = options(&[("groups", OptionValue::Int(4))]);
    assert!(refusal(&some_layers(), &many).contains("has 3 layers with experts; set `groups` to 3 or less"));
    // Active experts, merging and its start likewise.
    let one = options(&[("keep", OptionValue::Int(3)), ("active", OptionValue::Ints(vec![1]))]);
    let costs = technique.cost(&some_layers(), &one, &config).unwrap();
    assert_eq!(costs[1].dense, 4_000_000.0 - 3.0 * 6.0 * 100_000.0);
    assert_eq!(costs[1].value, 4_000_000.0 - 3.0 * (7.0 * 100_000.0 + 5.0 * 257.0));
    let merging = merge(&[("keep", OptionValue::Int(3)), one_hot_routing()]);
    let start: Vec<f64> =
        [[1.0; 8], [1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0]].iter().flatten().copied().collect();
    let start = [&start[..8], &start[8..], &start[8..], &start[8..]].concat();
    let signals = [expert_signal("start-experts", 4, &start)];
    let baselines = technique.baselines(&some_layers(), &merging, &signals).unwrap();
    let started = &baselines.iter().find(|baseline| baseline.name == "start").unwrap().config;
    technique.space(&some_layers(), &merging).unwrap().check(started).unwrap();
    let plan = technique.lower(&some_layers(), &merging, started).unwrap();
    assert!(plan.edits().len() == 6 && plan.edits().iter().all(|edit| attune_vocabulary::layer(edit) > 0));
}

#[test]
fn mappings_that_a_router_does_not_define_are_refused() {
    let with = |mapping: &str| {
        let mut facts = mixture();
        facts.values.insert("router-mapping".into(), OptionValue::Text(mapping.into()));
        facts
    };
    let (mapped, one_hot) = (merge(&[]), merge(&[one_hot_routing()]));
    assert!(refusal(&with("one-hot"), &mapped).contains("set `routing` to \"one-hot\""));
    assert!(EXPERT_PRUNING.space(&with("one-hot"), &one_hot).is_ok());
    assert!(refusal(&with("none"), &one_hot).contains("set `phase` to \"prune\""));
    assert!(EXPERT_PRUNING.space(&with("none"), &Settings::new()).is_ok());
}
