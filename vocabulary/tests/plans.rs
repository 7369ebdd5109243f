//! Plans of neural models: canonical form, hashes, contradictions, open form.

use attune_core::plan::{Edit, Plan};
use attune_vocabulary::edits::{
    ActivationBits, AttentionSpan, CombineCheckpoints, DropBlock, ExpertsPerToken, Grid, Half, KeepExperts,
    KvBits, MergeExperts, Range, RouteExperts, WeightBits,
};
use attune_vocabulary::{
    CacheGrid, ChannelOrder, Grouping, ModelEdit as _, Module, NumberGrid, Rounding, arrange, layer, model,
};
use proptest::prelude::*;

fn keep(layer: u32, experts: &[u32]) -> Edit {
    Edit::from(KeepExperts { layer, experts: experts.to_vec() })
}

#[test]
fn order_of_edits_and_of_experts_does_not_matter() {
    let a = arrange([keep(1, &[3, 0]), keep(0, &[2, 1, 1])]);
    let b = arrange([keep(0, &[1, 2]), keep(1, &[0, 3]), keep(1, &[0, 3])]);
    assert_eq!(a, b);
    assert_eq!(a.hash(), b.hash());
    assert_ne!(a.hash(), Plan::empty().hash());
}

#[test]
fn two_edits_for_one_place_are_a_conflict() {
    let plan = arrange([keep(0, &[1]), keep(0, &[2])]);
    assert!(model().conflict(&plan).is_some());
    assert!(model().conflict(&arrange([keep(0, &[1]), keep(1, &[1])])).is_none());
}

fn bits(layer: u32, kv_head: Option<u32>) -> KvBits {
    KvBits { layer, kv_head, keys: 4, values: 2, group_size: 64, sink: 1, recent: 16, ..KvBits::default() }
}

#[test]
fn a_layer_and_one_of_its_heads_are_a_conflict() {
    let plan = |places: &[(u32, Option<u32>)]| {
        arrange(places.iter().map(|&(layer, kv_head)| Edit::from(bits(layer, kv_head))))
    };
    assert!(model().conflict(&plan(&[(1, Some(0)), (1, Some(1)), (2, None)])).is_none());
    for places in [[(1, None), (1, Some(0))], [(1, Some(1)), (1, None)], [(1, Some(7)), (1, None)]] {
        let plan = plan(&[places[0], (1, Some(3)), (0, None), places[1]]);
        let (one, other) = model().conflict(&plan).unwrap();
        assert!(model().contradict(one, other) && layer(one) == 1, "{places:?}");
    }
    let (mut one, mut other) = (bits(1, Some(2)), bits(1, Some(2)));
    (one.keys, other.keys) = (2, 3);
    assert!(model().conflict(&arrange([Edit::from(one), Edit::from(other)])).is_some());
}

#[test]
fn arguments_that_say_nothing_leave_the_text_as_it_was() {
    let old = "kv-bits(group-size:64,keys:4,layer:1,recent:16,sink:1,values:2)\n";
    let text = |edit: KvBits| arrange([Edit::from(edit)]).canonical();
    let plain = bits(1, None);
    assert_eq!(text(plain.clone()), old);
    assert_eq!(text(KvBits { smoothing: Some(0.0), ..plain.clone() }), old);
    let shrunk = KvBits { keys: 16, values: 4, shrink_from: Some(4), ..plain.clone() };
    assert_eq!(text(shrunk.clone()), text(KvBits { shrink_from: None, ..shrunk }));
    let exact = KvBits { keys: 16, smoothing: Some(0.5), ..plain.clone() };
    assert_eq!(text(exact.clone()), text(KvBits { smoothing: None, ..exact }));
    let full = KvBits { kv_head: Some(3), smoothing: Some(0.75), shrink_from: Some(16), ..plain.clone() };
    assert_eq!(
        text(full.clone()),
        "kv-bits(group-size:64,keys:4,kv-head:3,layer:1,recent:16,shrink-from:16,sink:1,smoothing:0.75,\
         values:2)\n"
    );
    for edit in [plain, full] {
        let edit = Edit::from(edit);
        assert_eq!(model().accept(&edit), Ok(edit));
    }
}

#[test]
fn dropped_experts_cannot_be_mixed_and_zero_has_no_sign() {
    let matrix = |zero| vec![1.0, zero];
    let merge = |layer, zero| Edit::from(MergeExperts { layer, rows: 1, matrix: matrix(zero) });
    let route = Edit::from(RouteExperts { layer: 0, rows: 1, matrix: matrix(0.5) });
    let bits = Edit::from(bits(0, None));
    let one = Edit::from(ExpertsPerToken { layer: 0, count: 1 });
    // Something else of the layer stands between the two.
    for mixing in [merge(0, 0.0), route.clone()] {
        let plan = arrange([mixing.clone(), bits.clone(), keep(0, &[1]), one.clone()]);
        assert_eq!(model().conflict(&plan), Some((&keep(0, &[1]), &mixing)));
    }
    assert_eq!(model().conflict(&arrange([merge(0, 0.0), route, one, keep(1, &[0])])), None);
    assert_eq!(arrange([merge(0, -0.0)]).hash(), arrange([merge(0, 0.0)]).hash());
}

#[test]
fn weights_of_one_expert_and_of_all_are_a_conflict() {
    let gate = |expert, bits| {
        let module = Module::Gate;
        Edit::from(WeightBits { layer: 1, module, expert, bits, group_size: 8, grid: None, rounding: None })
    };
    let up = Edit::from(WeightBits {
        layer: 1,
        module: Module::Up,
        expert: Some(2),
        bits: 3,
        group_size: 8,
        grid: None,
        rounding: None,
    });
    let apart = arrange([gate(Some(2), 4), gate(Some(3), 2), up.clone()]);
    assert_eq!(model().conflict(&apart), None);
    let overlapping = arrange([gate(None, 4), up, gate(Some(2), 16)]);
    assert_eq!(model().conflict(&overlapping), Some((&gate(None, 4), &gate(Some(2), 16))));
}

#[test]
fn merged_experts_have_no_bits_of_their_own() {
    let merge = Edit::from(MergeExperts { layer: 1, rows: 1, matrix: vec![0.5, 0.5] });
    let bits = |module, layer| {
        Edit::from(WeightBits {
            layer,
            module,
            expert: None,
            bits: 4,
            group_size: 8,
            grid: None,
            rounding: None,
        })
    };
    let plan = arrange([merge.clone(), bits(Module::Up, 1)]);
    assert_eq!(model().conflict(&plan), Some((&merge, &bits(Module::Up, 1))));
    assert_eq!(model().conflict(&arrange([merge, bits(Module::Query, 1), bits(Module::Up, 0)])), None);
}

#[test]
fn the_hash_is_pinned() {
    // Cached results are found by this hash: changing the canonical form loses them all.
    let plan = arrange([
        keep(0, &[0, 2]),
        Edit::from(bits(1, None)),
        Edit::from(AttentionSpan { layer: 1, kv_head: 0, sink: 4, alpha: 32.0, beta: 0.25 }),
        Edit::from(MergeExperts { layer: 2, rows: 2, matrix: vec![1.0, -0.5, 0.0, 1e-7] }),
        Edit::from(RouteExperts { layer: 2, rows: 1, matrix: vec![1.0, 0.25] }),
        Edit::from(ExpertsPerToken { layer: 2, count: 1 }),
        Edit::from(WeightBits {
            layer: 1,
            module: Module::Query,
            expert: None,
            bits: 4,
            group_size: 64,
            grid: None,
            rounding: None,
        }),
        Edit::from(WeightBits {
            layer: 1,
            module: Module::Down,
            expert: Some(3),
            bits: 2,
            group_size: 32,
            grid: None,
            rounding: None,
        }),
    ]);
    assert_eq!(
        plan.canonical(),
        "keep-experts(experts:[0, 2],layer:0)\n\
         attention-span(alpha:32.0,beta:0.25,kv-head:0,layer:1,sink:4)\n\
         kv-bits(group-size:64,keys:4,layer:1,recent:16,sink:1,values:2)\n\
         weight-bits(bits:4,group-size:64,layer:1,module:\"q\")\n\
         weight-bits(bits:2,expert:3,group-size:32,layer:1,module:\"down\")\n\
         experts-per-token(count:1,layer:2)\n\
         merge-experts(layer:2,matrix:[1.0, -0.5, 0.0, 1e-7],rows:2)\n\
         route-experts(layer:2,matrix:[1.0, 0.25],rows:1)\n"
    );
}

#[test]
fn a_plan_without_a_grid_is_written_and_hashed_as_before_there_were_any() {
    let bits = WeightBits {
        layer: 1,
        module: Module::Query,
        expert: None,
        bits: 4,
        group_size: 64,
        grid: None,
        rounding: None,
    };
    let plan = arrange([Edit::from(bits.clone())]);
    assert_eq!(plan.canonical(), "weight-bits(bits:4,group-size:64,layer:1,module:\"q\")\n");
    let hash = "5698309c8d62dc0fa11810856d655effe7206c60c773eb0805966097bb3141c2";
    assert_eq!(plan.hash().to_string(), hash);
    let other = arrange([Edit::from(WeightBits { grid: Some(NumberGrid::Symmetric), ..bits.clone() })]);
    let text = "weight-bits(bits:4,grid:\"symmetric\",group-size:64,layer:1,module:\"q\")\n";
    assert_eq!(other.canonical(), text);
    assert_ne!(other.hash(), plan.hash());
    // A module that stays exact is on no grid.
    let exact = WeightBits { bits: 16, ..bits };
    let on_grid = Edit::from(WeightBits { grid: Some(NumberGrid::Q4_0), ..exact.clone() });
    assert_eq!(model().accept(&on_grid), Ok(Edit::from(exact)));
}

#[test]
fn a_grid_says_which_bits_and_groups_it_has() {
    let edit = |bits, group_size, grid: &str| {
        let edit = Edit::new("weight-bits").int("layer", 0).text("module", "q").text("grid", grid);
        model().accept(&edit.int("bits", bits).int("group-size", group_size))
    };
    let refusal = |bits, group, grid| edit(bits, group, grid).unwrap_err().to_string();
    assert_eq!(
        refusal(3, 32, "q4_0"),
        "argument `bits` of edit `weight-bits` is 3, expected 4 where `grid` is \"q4_0\""
    );
    assert_eq!(
        refusal(4, 64, "q4_0"),
        "argument `group-size` of edit `weight-bits` is 64, expected 32 where `grid` is \"q4_0\""
    );
    assert!(refusal(4, 32, "q4").contains("is \"q4\", expected one of affine-int, symmetric, q4_0"));
    for grid in NumberGrid::ALL {
        let group = if let Grouping::Of(own) = grid.grouping() { own } else { 96 };
        for &bits in grid.bits() {
            let accepted = edit(i64::from(bits), i64::from(group), grid.name()).unwrap();
            assert_eq!(WeightBits::of(&accepted).unwrap().grid, Some(grid));
        }
    }
}

#[test]
fn a_rounding_is_written_only_where_it_is_meant_and_says_nothing_of_exact_modules() {
    let (module, rounding) = (Module::Down, Some(Rounding::Gptq));
    let bits = WeightBits { layer: 1, module, expert: None, bits: 3, group_size: 32, grid: None, rounding };
    let plan = arrange([Edit::from(bits.clone())]);
    let text = "weight-bits(bits:3,group-size:32,layer:1,module:\"down\",rounding:\"gptq\")\n";
    assert_eq!(plan.canonical(), text);
    assert_eq!(model().describe(&plan), ["layer 1: down 3 bits in groups of 32, rounded by gptq"]);
    assert_eq!(WeightBits::of(&plan.edits()[0]), Some(bits.clone()));
    let exact = Edit::from(WeightBits { bits: 16, ..bits.clone() });
    let unrounded = WeightBits { bits: 16, rounding: None, ..bits.clone() };
    assert_eq!(model().accept(&exact), Ok(Edit::from(unrounded)));
    let slip = model().accept(&Edit::from(bits).text("rounding", "awq")).unwrap_err().to_string();
    assert_eq!(slip, "argument `rounding` of edit `weight-bits` is \"awq\", expected one of gptq");
    for grid in NumberGrid::ALL {
        let fits = Rounding::Gptq.check(Some(grid)).is_ok();
        assert_eq!(fits, matches!(grid, NumberGrid::AffineInt | NumberGrid::Symmetric), "{}", grid.name());
    }
}

#[test]
fn keys_and_values_have_grids_of_their_own() {
    let (key_grid, value_grid) = (Some(CacheGrid::Q8_0), Some(CacheGrid::Q4_0));
    let both = KvBits { keys: 8, values: 4, group_size: 32, key_grid, value_grid, ..bits(0, None) };
    let edit = Edit::from(both.clone());
    assert_eq!(model().accept(&edit), Ok(edit.clone()));
    assert_eq!(model().describe(&arrange([edit.clone()])), ["layer 0: keys 8 bits q8_0, values 4 bits q4_0"]);
    // 64 channels: two blocks of 34 bytes and two of 18.
    assert_eq!(both.bytes(64, 64, 2), 68 + 36);
    assert_eq!(bits(0, None).bytes(64, 64, 2), 32 + 4 + 16 + 4);
    let refused = model().accept(&edit.int("values", 5)).unwrap_err().to_string();
    assert_eq!(
        refused,
        "argument `values` of edit `kv-bits` is 5, expected 4 where `value-grid` is \"q4_0\""
    );
    let exact = KvBits { keys: 16, key_grid: None, ..both.clone() };
    let idle = KvBits { key_grid, ..exact.clone() };
    assert_eq!(model().accept(&Edit::from(idle)), Ok(Edit::from(exact.clone())));
    // An order of channels says something where keys are cut into groups.
    let key_order = Some(ChannelOrder::Interleaved);
    let ordered = Edit::from(KvBits { key_order, ..both.clone() });
    assert_eq!(model().accept(&ordered), Ok(ordered.clone()));
    assert_eq!(
        model().describe(&arrange([ordered.clone()])),
        ["layer 0: keys 8 bits q8_0, channels interleaved, values 4 bits q4_0"]
    );
    let whole = KvBits { key_grid: Some(CacheGrid::Fp8E4m3), ..both };
    for unordered in [exact, whole] {
        let idle = Edit::from(KvBits { key_order, ..unordered.clone() });
        assert_eq!(model().accept(&idle), Ok(Edit::from(unordered)));
    }
    let refused = model().accept(&ordered.text("key-order", "reversed")).unwrap_err().to_string();
    assert_eq!(
        refused,
        "argument `key-order` of edit `kv-bits` is \"reversed\", expected one of interleaved"
    );
}

#[test]
fn bytes_of_a_module_follow_from_its_edit_and_its_shape() {
    let bits = |bits, grid| WeightBits {
        layer: 0,
        module: Module::Up,
        expert: None,
        bits,
        group_size: 32,
        grid,
        rounding: None,
    };
    assert_eq!(bits(16, None).bytes(6, 96, 2), 6 * 96 * 2);
    // MLX: 96 codes of 3 bits are 9 words; a scale and a minimum for each of 3 groups.
    assert_eq!(bits(3, None).bytes(6, 96, 4), 6 * (36 + 3 * 8));
    assert_eq!(bits(4, Some(NumberGrid::Q4_0)).bytes(6, 96, 4), 6 * 3 * 18);
}

#[test]
fn every_edit_survives_its_open_form_and_slips_are_named() {
    let open = Edit::new("keep-experts").int("layer", 2).ints("experts", vec![1, 3]);
    let edit = model().accept(&open).unwrap();
    assert_eq!(edit, open);

    let unknown = model().accept(&Edit::new("keep-expert")).unwrap_err();
    assert!(unknown.to_string().contains("did you mean `keep-experts`?"), "{unknown}");

    let missing = model().accept(&Edit::new("keep-experts").int("layer", 2)).unwrap_err();
    assert_eq!(missing.to_string(), "edit `keep-experts` lacks the argument `experts`");

    let extra = model().accept(&open.clone().int("group", 1)).unwrap_err();
    assert_eq!(extra.to_string(), "edit `keep-experts` has no argument `group`");

    let merge = |rows, matrix: Vec<f64>| {
        Edit::new("merge-experts").int("layer", 2).int("rows", rows).reals("matrix", matrix)
    };
    let open_merge = merge(2, vec![0.5, -1.0, 0.0, 2.0]);
    assert_eq!(model().accept(&open_merge).unwrap(), open_merge);
    for (rows, matrix) in [(3, vec![1.0; 4]), (0, vec![1.0]), (1, vec![]), (1, vec![f64::NAN])] {
        let error = model().accept(&merge(rows, matrix)).unwrap_err().to_string();
        assert!(error.contains("argument `matrix` of edit `merge-experts` is ["), "{error}");
        assert!(error.contains(&format!("with {rows} rows, expected finite real numbers")), "{error}");
    }

    let weights = Edit::new("weight-bits").int("layer", 2).int("bits", 4).int("group-size", 64);
    for open in [weights.clone().text("module", "q"), weights.clone().text("module", "up").int("expert", 3)] {
        assert_eq!(model().accept(&open).unwrap(), open);
    }
    let unknown = model().accept(&weights.text("module", "w1")).unwrap_err().to_string();
    assert_eq!(
        unknown,
        "argument `module` of edit `weight-bits` is \"w1\", expected one of q-a, q-b, q, kv-a, kv-b, k, v, o, gate, up, \
         down"
    );

    let negative = model().accept(&open.int("layer", -1)).unwrap_err();
    assert!(negative.to_string().contains("is -1, expected a whole number from 0"), "{negative}");
}

#[test]
fn plans_read_as_sentences() {
    let words = |edit: Edit| model().describe(&arrange([edit])).remove(0);
    assert_eq!(words(keep(3, &[7, 0, 2, 5])), "layer 3 keeps experts 0 2 5 7");
    assert_eq!(model().describe(&Plan::empty()), ["the dense model"]);
    let matrix = vec![0.0, 1.0, 0.0, 0.5, 0.0, -0.25];
    let merge = MergeExperts { layer: 0, rows: 2, matrix: matrix.clone() };
    assert_eq!(words(merge.into()), "layer 0: 2 experts, merged of (1) (0.5000·0 + -0.2500·2)");
    let route = RouteExperts { layer: 0, rows: 2, matrix };
    assert_eq!(words(route.into()), "layer 0: router mapped to (1) (0.5000·0 + -0.2500·2)");
    assert_eq!(words(ExpertsPerToken { layer: 2, count: 1 }.into()), "layer 2: 1 experts per token");
    assert_eq!(words(bits(1, None).into()), "layer 1: keys 4 bits, values 2 bits");
    let full = KvBits { smoothing: Some(0.75), shrink_from: Some(16), ..bits(1, Some(3)) };
    let expected = "layer 1, KV head 3: keys 4 bits, values 2 bits, shrunk from 16, keys smoothed by 0.75";
    assert_eq!(words(full.into()), expected);
    let span = AttentionSpan { layer: 1, kv_head: 0, sink: 4, alpha: 32.0, beta: 0.25 };
    assert_eq!(words(span.into()), "layer 1, KV head 0: sees 4 first tokens and the last 32 + 0.25·N");
    let weights = |expert| WeightBits {
        layer: 1,
        module: Module::Down,
        expert,
        bits: 2,
        group_size: 32,
        grid: None,
        rounding: None,
    };
    assert_eq!(words(weights(Some(3)).into()), "layer 1: down of expert 3 2 bits in groups of 32");
    assert_eq!(words(weights(None).into()), "layer 1: down 2 bits in groups of 32");
    let on_grid = WeightBits { grid: Some(NumberGrid::Symmetric), ..weights(None) };
    assert_eq!(words(on_grid.into()), "layer 1: down 2 bits in groups of 32, symmetric");
    let mix = |layer| CombineCheckpoints { layer, coefficients: vec![1.5, -0.5] };
    assert_eq!(words(mix(None).into()), "the whole model: checkpoints mixed by +1.500 -0.5000");
    assert_eq!(words(mix(Some(2)).into()), "layer 2: checkpoints mixed by +1.500 -0.5000");
    let drop = |part| DropBlock { layer: 3, part };
    assert_eq!(words(drop(None).into()), "layer 3: the whole block is skipped");
    assert_eq!(words(drop(Some(Half::FeedForward)).into()), "layer 3: the feed-forward half is skipped");
    let activations = |module, group_size| ActivationBits {
        layer: 1,
        module,
        bits: 8,
        range: Range::Token,
        grid: Grid::Symmetric,
        group_size,
    };
    let all = "layer 1: all inputs in 8 bits, symmetric, a range per token";
    assert_eq!(words(activations(None, None).into()), all);
    let one = "layer 1: inputs of down in 8 bits, symmetric, a range per token and 64 channels";
    assert_eq!(words(activations(Some(Module::Down), Some(64)).into()), one);
    let unknown = Edit::new("fold-space").int("layer", 1);
    assert_eq!(words(unknown), "fold-space(layer:1)");
}

#[test]
fn a_block_and_one_half_of_it_are_a_conflict() {
    let drop = |layer, part| Edit::from(DropBlock { layer, part });
    let halves = [drop(1, Some(Half::FeedForward)), drop(1, Some(Half::Attention)), drop(0, None)];
    let plan = arrange(halves);
    assert_eq!(model().conflict(&plan), None);
    let text = "drop-block(layer:0)\ndrop-block(layer:1,part:\"attention\")\n\
                drop-block(layer:1,part:\"feed-forward\")\n";
    assert_eq!(plan.canonical(), text);
    let both = arrange([drop(1, None), drop(1, Some(Half::Attention))]);
    assert!(model().conflict(&both).is_some());
    for edit in both.edits() {
        assert_eq!(DropBlock::of(edit).map(Edit::from).as_ref(), Some(edit));
    }
    let slip = model().accept(&Edit::new("drop-block").int("layer", 1).text("part", "mlp")).unwrap_err();
    assert!(slip.to_string().contains("is \"mlp\", expected one of attention, feed-forward"), "{slip}");
}

fn any_edit() -> impl Strategy<Value = Edit> {
    let option = || prop::option::of(0_u32..2);
    let module = || prop::sample::select(vec![Module::Query, Module::Up]);
    prop_oneof![
        (0_u32..2, module(), option()).prop_map(|(layer, module, expert)| {
            WeightBits { layer, module, expert, bits: 4, group_size: 8, grid: None, rounding: None }.into()
        }),
        (0_u32..2, option()).prop_map(|(layer, kv_head)| bits(layer, kv_head).into()),
        (0_u32..2).prop_map(|layer| keep(layer, &[0])),
        (0_u32..2).prop_map(|layer| MergeExperts { layer, rows: 1, matrix: vec![0.5] }.into()),
        (0_u32..2, prop::option::of(prop::sample::select(Half::ALL.to_vec())))
            .prop_map(|(layer, part)| DropBlock { layer, part }.into()),
    ]
}

proptest! {
    #[test]
    fn a_conflict_is_the_first_pair_that_contradicts_each_other(edits in prop::collection::vec(any_edit(), 0..7)) {
        let plan = arrange(edits);
        let edits = plan.edits();
        let pairs = (0..edits.len()).flat_map(|one| (one + 1..edits.len()).map(move |other| (one, other)));
        let first = pairs
            .map(|(one, other)| (&edits[one], &edits[other]))
            .find(|(one, other)| layer(one) == layer(other) && model().contradict(one, other));
        prop_assert_eq!(model().conflict(&plan), first);
    }
}
