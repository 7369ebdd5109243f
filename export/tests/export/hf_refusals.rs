//! Plans that a Hugging Face checkpoint cannot say exactly.

use attune_core::exporter::{Exactness, Exporter as _};
use attune_core::facts::Facts;
use attune_core::options::OptionValue;
use attune_core::plan::{Edit, Plan};
use attune_export::HfExporter;
use attune_vocabulary::ModelFacts;
use attune_vocabulary::arrange;
use attune_vocabulary::edits::{AttentionSpan, KvBits};

use crate::checkpoint::{facts, keep, merge, per_token, route};

fn refusal(plan: Plan, model: &Facts) -> String {
    HfExporter.check(&plan, model).unwrap_err().to_string()
}

fn kv_bits(layer: u32) -> Edit {
    Edit::from(KvBits { layer, keys: 4, values: 2, group_size: 3, sink: 1, recent: 16, ..KvBits::default() })
}

#[test]
fn other_edits_are_refused_by_name() {
    assert_eq!(
        refusal(arrange([keep(0, &[0, 1]), kv_bits(1)]), &facts()),
        "`--to hf` cannot express the edit kv-bits(group-size:3,keys:4,layer:1,recent:16,sink:1,values:2): \
         the Hugging Face layout has no per-layer format of the KV cache; use `--to plan`"
    );
    let span = AttentionSpan { layer: 0, kv_head: 0, sink: 4, alpha: 32.0, beta: 0.25 };
    assert_eq!(
        refusal(arrange([Edit::from(span)]), &facts()),
        "`--to hf` cannot express the edit attention-span(alpha:32.0,beta:0.25,kv-head:0,layer:0,sink:4): \
         the Hugging Face layout has no attention span per head; use `--to plan`"
    );
}

#[test]
fn layers_with_different_counts_are_refused() {
    assert_eq!(
        refusal(arrange([keep(0, &[0, 1]), keep(1, &[0, 1, 3])]), &facts()),
        "`--to hf` cannot express the edit keep-experts(experts:[0, 1, 3],layer:1): the plan keeps 2 \
         of 4 experts of layer 0 but keeps 3 of 4 experts of layer 1, and config.json has one \
         `num_local_experts` for all layers; search with the same number of experts in every layer, or use `--to plan`"
    );
    // A layer without an edit keeps all of its experts, so that every other layer has to as well.
    assert_eq!(
        refusal(arrange([keep(0, &[0, 1])]), &facts()),
        "`--to hf` cannot express the edit keep-experts(experts:[0, 1],layer:0): the plan keeps 2 of \
         4 experts of layer 0 but keeps all 4 experts of layer 1, which has no edit, and config.json has one \
         `num_local_experts` for all layers; search with the same number of experts in every layer, or use \
         `--to plan`"
    );
    assert!(HfExporter.check(&arrange([keep(0, &[0, 1, 2, 3])]), &facts()).is_ok());
}

#[test]
fn fewer_experts_than_the_router_picks_are_refused() {
    for experts in [&[3][..], &[]] {
        let count = experts.len();
        let both = arrange([keep(0, experts), keep(1, experts)]);
        let message = refusal(both, &facts());
        let reason = format!(
            "it keeps {count} of layer 0's experts, and the router picks 2 per token; keep at least as many"
        );
        assert!(message.ends_with(&reason), "{message}");
    }
}

#[test]
fn a_mapping_behind_the_softmax_is_refused_with_the_row_and_a_way_out() {
    let dense = [1.0, 0.0, 0.0, 0.0, 0.0, 0.75, 0.0, -0.5];
    let both = |layer| [route(layer, 2, &dense), merge(layer, 2, &dense)];
    let message = refusal(arrange([both(0), both(1)].into_iter().flatten()), &facts());
    assert!(message.contains("express the edit route-experts(layer:0,matrix:[1.0, 0.0"), "{message}");
    assert!(message.contains("row 1 of its matrix makes 0.75·1 + -0.50·3 of the probabilities"), "{message}");
    assert!(message.contains("option `routing` of expert-pruning"), "{message}");
    let identity: Vec<f64> = (0..16).map(|place| f64::from(u8::from(place % 5 == 0))).collect();
    let same = |layer| route(layer, 4, &identity);
    assert!(HfExporter.check(&arrange([same(0), same(1)]), &facts()).is_ok());
    let scaled: Vec<f64> = identity.iter().map(|number| 2.0 * number).collect();
    assert!(refusal(arrange([route(0, 4, &scaled)]), &facts()).contains("makes 2.00·0"));
}

#[test]
fn counts_that_do_not_fit_together_are_refused() {
    let eight = [0.5; 8];
    let message = refusal(arrange([merge(0, 2, &eight), merge(1, 2, &eight)]), &facts());
    assert!(message.contains("layer 0 would have 4 rows in its router and 2 experts"), "{message}");
    assert!(refusal(arrange([merge(0, 3, &eight)]), &facts()).contains("8 numbers, expected 3 rows of 4"));
    let message = refusal(arrange([per_token(0, 1)]), &facts());
    assert!(message.contains("layer 0 routes each token to 1 experts and layer 1 to 2"), "{message}");
    let message = refusal(arrange([per_token(0, 5), per_token(1, 5)]), &facts());
    assert!(message.ends_with("layer 0 has 4 experts; route each token to 1 to 4 of them"), "{message}");
    let message = refusal(arrange([merge(0, 4, &[0.5; 16]), keep(1, &[0, 1])]), &facts());
    assert!(message.contains("leaves 4 experts in layer 0 but keeps 2 of 4 experts of layer 1"), "{message}");
    // One expert is enough when no token needs two.
    let one = |layer| [keep(layer, &[3]), per_token(layer, 1)];
    assert!(HfExporter.check(&arrange([one(0), one(1)].into_iter().flatten()), &facts()).is_ok());
    let message = refusal(arrange([keep(0, &[0, 1]), route(0, 4, &[0.0; 16])]), &facts());
    assert!(message.contains("the plan also holds route-experts(layer:0"), "{message}");
}

#[test]
fn places_that_the_model_does_not_have_are_refused() {
    let message = refusal(arrange([keep(0, &[0, 1]), keep(2, &[0, 1])]), &facts());
    assert!(message.contains("layer:2): the model has 2 layers, counted from 0"), "{message}");
    let message = refusal(arrange([keep(0, &[0, 4])]), &facts());
    assert!(
        message.ends_with("there is no expert 4: the model has 4 per layer, counted from 0"),
        "{message}"
    );
}

#[test]
fn a_plan_without_meaning_or_without_edits_is_refused() {
    let message = refusal(arrange([keep(0, &[0, 1]), keep(0, &[1, 2])]), &facts());
    assert!(
        message.contains("the plan also holds keep-experts(experts:[1, 2],layer:0), and both cannot"),
        "{message}"
    );
    let message = refusal(Plan::empty(), &facts());
    assert!(message.contains("the result would be the dense model"), "{message}");
}

#[test]
fn families_without_experts_are_refused_and_every_mixture_is_taken() {
    let of = |family: &str| Facts::from(ModelFacts { family: family.into(), ..ModelFacts::of(&facts()) });
    let plan = || arrange([keep(0, &[0, 1]), keep(1, &[0, 1])]);
    for family in ["mixtral", "qwen2_moe", "qwen3_moe", "granitemoe", "gpt_oss"] {
        assert_eq!(HfExporter.check(&plan(), &of(family)).unwrap(), Exactness::Exact, "{family}");
    }
    let message = refusal(plan(), &of("llama"));
    assert!(message.ends_with("and this one is of llama; use `--to plan`"), "{message}");
    assert!(
        message.contains("experts are folded for models of ") && message.contains("qwen3_moe"),
        "{message}"
    );
    let message = refusal(plan(), &of("gpt2"));
    assert!(message.ends_with("and this one is of gpt2; use `--to plan`"), "{message}");
}

#[test]
fn layers_without_experts_count_for_nothing() {
    let mut some = facts();
    some.values.insert("expert-layers".to_owned(), OptionValue::Ints(vec![1]));
    assert_eq!(HfExporter.check(&arrange([keep(1, &[0, 1])]), &some).unwrap(), Exactness::Exact);
    let message = refusal(arrange([keep(1, &[0, 1])]), &facts());
    assert!(message.contains("in every layer"), "{message}");
}
