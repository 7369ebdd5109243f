//! The promises of the `Evaluator` trait, on a small mixture.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::time::Duration;

use attune_core::evaluator::{EvalFailure, Evaluation, Evaluator, Fidelity, Request, Split};
use attune_core::plan::{Edit, KeepExperts, KvBits, Plan};
use attune_core::scores::Aggregate;
use attune_eval::compute::Precision;
use attune_eval::native::{NativeEvaluator, NativeSpec, REFERENCE_MEMORY};
use attune_eval::text::TextSpec;
use tempfile::TempDir;

use crate::made::{self, EXPERTS, LAYERS, VOCAB};

pub(crate) const LENGTH: usize = 40;

/// A model, a tokenizer and three texts in a temporary folder.
pub(crate) struct Fixture {
    pub(crate) folder: TempDir,
}

impl Fixture {
    pub(crate) fn new() -> Self {
        let (folder, _) = made::mixture();
        made::write_tokenizer(folder.path());
        for (seed, name) in [(1, "selection"), (2, "report"), (3, "other")] {
            std::fs::write(folder.path().join(name), made::text(seed, 1500)).unwrap();
        }
        Self { folder }
    }

    pub(crate) fn spec(&self) -> TextSpec {
        let file = |name: &str| self.folder.path().join(name);
        TextSpec {
            tokenizer: file("tokenizer.json"),
            selection: file("selection"),
            report: file("report"),
            elsewhere: BTreeMap::from([("other".to_owned(), file("other"))]),
            length: LENGTH,
        }
    }

    pub(crate) fn open(&self) -> NativeEvaluator {
        self.open_with("cpu", REFERENCE_MEMORY)
    }

    pub(crate) fn open_with(&self, device: &str, reference_memory: u64) -> NativeEvaluator {
        let spec = NativeSpec {
            model: self.folder.path(),
            device,
            precision: Precision::F32,
            task: self.spec(),
            reference_memory,
            activation_memory: None,
        };
        NativeEvaluator::open(&spec).unwrap()
    }
}

pub(crate) fn keep(layer: u32, experts: &[u32]) -> Edit {
    Edit::KeepExperts(KeepExperts { layer, experts: experts.to_vec() })
}

pub(crate) fn bits(layer: u32, keys: u32, values: u32) -> Edit {
    Edit::KvBits(KvBits { layer, keys, values, group_size: 8, sink: 1, recent: 4 })
}

pub(crate) fn some_plans() -> Vec<Plan> {
    vec![
        Plan::dense(),
        Plan::new([keep(0, &[0, 1, 2])]),
        Plan::new([keep(0, &[0, 1, 2]), keep(1, &[3, 4, 5])]),
        Plan::new([bits(1, 2, 4)]),
        Plan::new([keep(1, &[1, 5]), bits(0, 3, 16), bits(1, 4, 4)]),
        Plan::new([keep(1, &[1, 4])]),
    ]
}

pub(crate) fn all(evaluator: &dyn Evaluator, plans: &[Plan], split: Split, items: u32) -> Vec<Evaluation> {
    on(evaluator, plans, split, Fidelity { items }.all())
}

pub(crate) fn on(
    evaluator: &dyn Evaluator,
    plans: &[Plan],
    split: Split,
    items: Vec<u32>,
) -> Vec<Evaluation> {
    let request = Request { split, items, deadline: None };
    let mut found: Vec<Option<Evaluation>> = vec![None; plans.len()];
    evaluator
        .evaluate(plans, &request, &mut |index, outcome| {
            assert!(found[index].replace(outcome.unwrap()).is_none(), "plan {index} came twice");
            ControlFlow::Continue(())
        })
        .unwrap();
    found.into_iter().map(Option::unwrap).collect()
}

#[test]
fn scores_are_what_the_logits_say() {
    let fixture = Fixture::new();
    let evaluator = fixture.open();
    let plan = Plan::new([keep(0, &[0, 1, 2])]);
    let evaluation = &all(&evaluator, std::slice::from_ref(&plan), Split::Report, 3)[0];
    let scores = &evaluation.scores;
    let model = made::load(fixture.folder.path());
    for (item, ids) in made::ids(2, 3 * LENGTH).chunks(LENGTH).enumerate() {
        let rows = |plan: &Plan| -> Vec<Vec<f64>> {
            let log_softmax = |row: &[f32]| {
                let sum = row.iter().map(|&x| f64::from(x).exp()).sum::<f64>().ln();
                row.iter().map(|&x| f64::from(x) - sum).collect()
            };
            made::logits(&model, plan, ids).chunks(VOCAB).map(log_softmax).collect()
        };
        let (dense, candidate) = (rows(&Plan::dense()), rows(&plan));
        let (mut kl, mut nll) = (0.0, 0.0);
        for at in 0..LENGTH - 1 {
            kl += dense[at].iter().zip(&candidate[at]).map(|(d, c)| d.exp() * (d - c)).sum::<f64>();
            nll -= candidate[at][ids[at + 1] as usize];
        }
        let tokens = (LENGTH - 1) as f64;
        assert!((scores.metrics["kl"].items[item] - kl / tokens).abs() < 1e-5);
        assert!((scores.metrics["perplexity"].items[item] - nll / tokens).abs() < 1e-5);
    }
    assert_eq!(scores.metrics["perplexity"].aggregate, Aggregate::ExpMean);
    assert_eq!(scores.metrics["kl"].weights, [39.0; 3]);
    assert_eq!(evaluation.work.computed, (3 * LENGTH * LAYERS) as u64);
}

#[test]
fn the_dense_plan_has_no_divergence_at_all() {
    let scores = &all(&Fixture::new().open(), &[Plan::dense()], Split::Selection, 37)[0].scores;
    assert_eq!(scores.metrics["kl"].items, [0.0; 37]);
}

#[test]
fn scores_do_not_depend_on_company_fidelity_or_memory() {
    let fixture = Fixture::new();
    let plans = some_plans();
    let evaluator = fixture.open();
    let together = all(&evaluator, &plans, Split::Selection, 37);
    for (index, plan) in plans.iter().enumerate().rev() {
        let alone = &all(&evaluator, std::slice::from_ref(plan), Split::Selection, 37)[0];
        assert_eq!(alone.scores, together[index].scores, "plan {index} alone");
    }
    // Nothing of the dense model kept: plans share a pass over its logits.
    for memory in [0, 200_000] {
        let forgetful = all(&fixture.open_with("cpu", memory), &plans, Split::Selection, 37);
        for (index, (found, expected)) in forgetful.iter().zip(&together).enumerate() {
            assert_eq!(found.scores, expected.scores, "plan {index} within {memory} bytes");
        }
    }
    let fewer = all(&evaluator, &plans, Split::Selection, 15);
    for (found, expected) in fewer.iter().zip(&together) {
        assert_eq!(found.scores.metrics["kl"].items, expected.scores.metrics["kl"].items[..15]);
    }
}

#[test]
fn refusals_go_to_the_sink_and_the_sink_can_stop() {
    let evaluator = Fixture::new().open();
    let plans = [Plan::new([keep(7, &[0, 1])]), Plan::dense(), Plan::new([keep(0, &[0, 1])])];
    let request = Request { split: Split::Selection, items: Fidelity { items: 2 }.all(), deadline: None };
    let mut seen = Vec::new();
    evaluator
        .evaluate(&plans, &request, &mut |index, outcome| {
            seen.push((index, outcome.is_ok()));
            if index > 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })
        .unwrap();
    // Which of the others comes first is the evaluator's business.
    assert_eq!((seen[0], seen[1].1, seen.len()), ((0, false), true, 2));
    assert!(matches!(evaluator.check(&plans[0]), Err(EvalFailure::Unsupported { .. })));
    assert_eq!(evaluator.check(&plans[2]), Ok(()));
}

#[test]
fn a_deadline_ends_a_plan_and_not_the_batch() {
    let evaluator = Fixture::new().open();
    let deadline = Some(Duration::from_nanos(1));
    let request = Request { split: Split::Selection, items: Fidelity { items: 30 }.all(), deadline };
    let mut failures = 0;
    evaluator
        .evaluate(&some_plans(), &request, &mut |_, outcome| {
            assert_eq!(outcome, Err(EvalFailure::Deadline(Duration::from_nanos(1))));
            failures += 1;
            ControlFlow::Continue(())
        })
        .unwrap();
    assert_eq!(failures, some_plans().len());
}

#[test]
fn numbers_that_overflow_are_a_failure_with_an_address() {
    let fixture = Fixture::new();
    let mut tensors = made::weights(EXPERTS);
    // Finite weights whose products are not.
    for value in &mut tensors.get_mut("model.layers.1.self_attn.o_proj.weight").unwrap().1 {
        *value *= 1e38;
    }
    made::write(fixture.folder.path(), made::MIXTRAL, &tensors);
    let request = Request { split: Split::Report, items: Fidelity { items: 2 }.all(), deadline: None };
    let mut outcome = None;
    fixture
        .open()
        .evaluate(&[Plan::dense()], &request, &mut |_, found| {
            outcome = Some(found);
            ControlFlow::Continue(())
        })
        .unwrap();
    assert!(matches!(outcome, Some(Err(EvalFailure::NotFinite { item: 0, .. }))), "{outcome:?}");
}

#[test]
fn facts_and_task_are_described() {
    let fixture = Fixture::new();
    let evaluator = fixture.open();
    let (facts, task) = (evaluator.model(), evaluator.task());
    assert_eq!((facts.experts, facts.experts_per_token, facts.head_dim, facts.kv_heads), (6, 2, 8, 2));
    let stored: usize = made::weights(EXPERTS).values().map(|(_, values)| values.len()).sum();
    assert_eq!(facts.parameters, stored as u64);
    assert_eq!(facts.bytes_per_parameter, 4.0);
    assert_eq!(task.items[&Split::Selection], 37);
    assert_eq!(task.items.len(), 3);
    assert_ne!(task.fingerprints[&Split::Selection], task.fingerprints[&Split::Report]);
    assert_eq!(evaluator.info().edits.len(), Edit::KINDS.len());
}
