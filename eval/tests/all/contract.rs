//! The promises of the `Evaluator` trait, on a small mixture.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::atomic::Ordering;
use std::time::Duration;

use attune_core::evaluator::{EvalFailure, Evaluation, Evaluator, Fidelity, Request, Split};
use attune_core::plan::{Edit, Plan};
use attune_core::scores::Aggregate;
use attune_eval::compute::Precision;
use attune_eval::native::{NativeEvaluator, NativeSpec, REFERENCE_MEMORY};
use attune_eval::text::{self, TextSpec};
use attune_vocabulary::edits::{
    ExpertsPerToken, KeepExperts, KvBits, MergeExperts, RouteExperts, WeightBits,
};
use attune_vocabulary::{ModelFacts, Module, NumberGrid, Rounding, arrange};
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
            lengths: BTreeMap::from([(3 * LENGTH as u32, 4)]),
            passkeys: BTreeMap::new(),
            elsewhere: BTreeMap::from([("other".to_owned(), file("other"))]),
            length: LENGTH,
            selection_items: 0,
            report_items: 0,
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
            task: &self.spec(),
            reference_memory,
            activation_memory: None,
        };
        NativeEvaluator::open(&spec).unwrap()
    }
}

pub(crate) fn keep(layer: u32, experts: &[u32]) -> Edit {
    Edit::from(KeepExperts { layer, experts: experts.to_vec() })
}

pub(crate) fn bits(layer: u32, keys: u32, values: u32) -> Edit {
    Edit::from(KvBits { layer, keys, values, group_size: 8, sink: 1, recent: 4, ..KvBits::default() })
}

/// Smoothed keys of one head, codes shrunk from 8 bits.
pub(crate) fn refined(layer: u32, kv_head: u32) -> Edit {
    let (kv_head, smoothing, shrink_from) = (Some(kv_head), Some(0.65), Some(8));
    let (keys, values, group_size, sink, recent) = (2, 4, 4, 2, 3);
    Edit::from(KvBits {
        layer,
        kv_head,
        keys,
        values,
        group_size,
        sink,
        recent,
        smoothing,
        shrink_from,
        ..KvBits::default()
    })
}

/// `rows × EXPERTS` numbers around one-hot rows, of either sign; another matrix for every seed.
pub(crate) fn matrix(seed: u64, rows: u32) -> Vec<f64> {
    let noise = made::ids(seed, rows as usize * EXPERTS).into_iter().map(|id| f64::from(id) / 50.0 - 0.5);
    let hot =
        |place: usize| if place % EXPERTS == (place / EXPERTS + seed as usize) % EXPERTS { 1.0 } else { 0.0 };
    noise.enumerate().map(|(place, noise)| hot(place) + 0.6 * noise).collect()
}

pub(crate) fn merge(layer: u32, rows: u32, matrix: Vec<f64>) -> Edit {
    Edit::from(MergeExperts { layer, rows, matrix })
}

pub(crate) fn route(layer: u32, rows: u32, matrix: Vec<f64>) -> Edit {
    Edit::from(RouteExperts { layer, rows, matrix })
}

pub(crate) fn per_token(layer: u32, count: u32) -> Edit {
    Edit::from(ExpertsPerToken { layer, count })
}

/// Row `j` is expert `experts[j]` and nothing else.
pub(crate) fn one_hot(experts: &[usize]) -> Vec<f64> {
    let row = |&hot: &usize| (0..EXPERTS).map(move |expert| if expert == hot { 1.0 } else { 0.0 });
    experts.iter().flat_map(row).collect()
}

pub(crate) fn some_plans() -> Vec<Plan> {
    vec![
        Plan::empty(),
        arrange([keep(0, &[0, 1, 2])]),
        arrange([keep(0, &[0, 1, 2]), keep(1, &[3, 4, 5])]),
        arrange([bits(1, 2, 4)]),
        arrange([keep(1, &[1, 5]), bits(0, 3, 16), bits(1, 4, 4)]),
        arrange([keep(1, &[1, 4])]),
        arrange([merge(0, 3, matrix(1, 3)), route(0, 3, matrix(2, 3)), bits(1, 2, 4)]),
        // The same merged experts under another router, and a layer before it that others have as well.
        arrange([keep(0, &[0, 1, 2]), merge(1, 3, matrix(1, 3)), route(1, 3, matrix(3, 3))]),
        arrange([merge(1, 3, matrix(1, 3)), route(1, 3, matrix(4, 3)), per_token(1, 1), per_token(0, 4)]),
        arrange([refined(0, 1), refined(1, 0)]),
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
    let request = Request::new(split, items);
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
    let plan = arrange([keep(0, &[0, 1, 2])]);
    let model = made::load(fixture.folder.path());
    // The report text as it is cut, and in items three times as long.
    let longer = text::at_length(3 * LENGTH as u32);
    for (split, items, length) in [(Split::Report, 3, LENGTH), (longer, 4, 3 * LENGTH)] {
        let evaluation = &all(&evaluator, std::slice::from_ref(&plan), split, items)[0];
        let scores = &evaluation.scores;
        let items = items as usize;
        for (item, ids) in made::ids(2, items * length).chunks(length).enumerate() {
            let rows = |plan: &Plan| -> Vec<Vec<f64>> {
                let log_softmax = |row: &[f32]| {
                    let sum = row.iter().map(|&x| f64::from(x).exp()).sum::<f64>().ln();
                    row.iter().map(|&x| f64::from(x) - sum).collect()
                };
                made::logits(&model, plan, ids).chunks(VOCAB).map(log_softmax).collect()
            };
            let (dense, candidate) = (rows(&Plan::empty()), rows(&plan));
            let (mut kl, mut nll) = (0.0, 0.0);
            for at in 0..length - 1 {
                kl += dense[at].iter().zip(&candidate[at]).map(|(d, c)| d.exp() * (d - c)).sum::<f64>();
                nll -= candidate[at][ids[at + 1] as usize];
            }
            let tokens = (length - 1) as f64;
            assert!((scores.metrics["kl"].items[item] - kl / tokens).abs() < 1e-5);
            assert!((scores.metrics["perplexity"].items[item] - nll / tokens).abs() < 1e-5);
        }
        assert_eq!(scores.metrics["perplexity"].aggregate, Aggregate::ExpMean);
        assert_eq!(scores.metrics["kl"].weights, vec![(length - 1) as f64; items]);
        assert_eq!(evaluation.work.computed, (items * length * LAYERS) as u64);
    }
}

#[test]
fn the_dense_plan_has_no_divergence_at_all() {
    let scores = &all(&Fixture::new().open(), &[Plan::empty()], Split::Selection, 37)[0].scores;
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
fn scales_of_smoothed_keys_come_from_selection_data_only() {
    let fixture = Fixture::new();
    let plan = [arrange([refined(0, 0), refined(1, 1)])];
    let report = |fixture: &Fixture| {
        let evaluator = fixture.open();
        let scores = all(&evaluator, &plan, Split::Report, 5).remove(0).scores;
        (scores, evaluator.calibration(&plan[0]).unwrap())
    };
    let (scores, data) = report(&fixture);
    assert_eq!((scores.clone(), data), report(&fixture));
    // Another selection text: other scales, other scores on the same report text, and the cache is told.
    std::fs::write(fixture.folder.path().join("selection"), made::text(9, 1500)).unwrap();
    let (other_scores, other_data) = report(&fixture);
    assert!(scores != other_scores && data != other_data);
    let evaluator = fixture.open();
    assert!(some_plans()[..6].iter().all(|plan| evaluator.calibration(plan).is_none()));
}

#[test]
fn codes_with_error_feedback_come_from_selection_data_only() {
    let fixture = Fixture::new();
    let rounded = |layer, rounding| {
        let (module, grid) = (Module::Down, Some(NumberGrid::Symmetric));
        let edit = WeightBits { layer, module, expert: None, bits: 3, group_size: 8, grid, rounding };
        Edit::from(edit)
    };
    let gptq = Some(Rounding::Gptq);
    let plan = [arrange([rounded(0, gptq), rounded(1, gptq)])];
    let report = |fixture: &Fixture| {
        let evaluator = fixture.open();
        let scores = all(&evaluator, &plan, Split::Report, 5).remove(0).scores;
        (scores, evaluator.calibration(&plan[0]).unwrap())
    };
    let (scores, data) = report(&fixture);
    // However many threads there are.
    let pool = |threads| rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    for threads in [1, 3] {
        assert_eq!((scores.clone(), data), pool(threads).install(|| report(&fixture)), "{threads} threads");
    }
    let evaluator = fixture.open();
    let nearest = arrange([rounded(0, None), rounded(1, None)]);
    assert_eq!(evaluator.calibration(&nearest), None);
    assert_ne!(all(&evaluator, &[nearest], Split::Report, 5).remove(0).scores, scores);
    // In other company, and whichever layer came first.
    let mixed = [arrange([rounded(1, gptq), keep(0, &[0, 1, 2])]), plan[0].clone()];
    assert_eq!(all(&evaluator, &mixed, Split::Report, 5).remove(1).scores, scores);
    // Another selection text: other codes, other scores on the same report text, and the cache is told.
    std::fs::write(fixture.folder.path().join("selection"), made::text(9, 1500)).unwrap();
    let (other_scores, other_data) = report(&fixture);
    assert!(scores != other_scores && data != other_data);
}

#[test]
fn refusals_go_to_the_sink_and_the_sink_can_stop() {
    let evaluator = Fixture::new().open();
    let plans = [arrange([keep(7, &[0, 1])]), Plan::empty(), arrange([keep(0, &[0, 1])])];
    let request = Request::new(Split::Selection, Fidelity { items: 2 }.all());
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
    let request = Request { deadline, ..Request::new(Split::Selection, Fidelity { items: 30 }.all()) };
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
fn an_evaluation_that_is_called_off_ends_in_the_middle_of_a_plan() {
    let evaluator = Fixture::new().open();
    let request = Request::new(Split::Selection, Fidelity { items: 30 }.all());
    request.stop.ask();
    let mut answered = 0;
    let ended = evaluator.evaluate(&some_plans(), &request, &mut |_, _| {
        answered += 1;
        ControlFlow::Continue(())
    });
    assert_eq!((ended, answered), (Err(EvalFailure::Interrupted), 0));
    // The next request does not inherit it.
    assert_eq!(all(&evaluator, &some_plans(), Split::Selection, 2).len(), some_plans().len());
}

#[test]
fn how_far_a_batch_is_can_be_seen_while_it_runs() {
    let evaluator = Fixture::new().open();
    // Whoever sees that something is done calls the rest off; on a busy machine not always before the end.
    let called_off = || {
        let request = Request::new(Split::Selection, Fidelity { items: 30 }.all());
        let over = std::sync::atomic::AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while request.progress.evaluations() == 0.0 && !over.load(Ordering::Relaxed) {
                    std::thread::yield_now();
                }
                request.stop.ask();
            });
            let ended = evaluator.evaluate(&some_plans(), &request, &mut |_, _| ControlFlow::Continue(()));
            over.store(true, Ordering::Relaxed);
            let done = request.progress.evaluations();
            ended == Err(EvalFailure::Interrupted) && done > 0.0 && done < 30.0 * some_plans().len() as f64
        })
    };
    assert!((0..50).any(|_| called_off()));
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
    let request = Request::new(Split::Report, Fidelity { items: 2 }.all());
    let mut outcome = None;
    fixture
        .open()
        .evaluate(&[Plan::empty()], &request, &mut |_, found| {
            outcome = Some(found);
            ControlFlow::Continue(())
        })
        .unwrap();
    assert!(matches!(outcome, Some(Err(EvalFailure::NotFinite { item: 0, .. }))), "{outcome:?}");
}

#[test]
fn edits_that_change_nothing_are_the_dense_model_to_the_bit() {
    let identity = || one_hot(&[0, 1, 2, 3, 4, 5]);
    let plan = arrange([
        merge(0, EXPERTS as u32, identity()),
        route(0, EXPERTS as u32, identity()),
        per_token(0, 2),
        merge(1, EXPERTS as u32, identity()),
    ]);
    let found = &all(&Fixture::new().open(), &[plan], Split::Selection, 9)[0];
    assert_eq!(found.scores.metrics["kl"].items, [0.0; 9]);
}

#[test]
fn one_hot_pairs_are_kept_experts_in_any_order() {
    let kept = arrange([keep(0, &[0, 2, 5]), keep(1, &[1, 3])]);
    let pair = |layer, experts: &[usize]| {
        let rows = experts.len() as u32;
        [route(layer, rows, one_hot(experts)), merge(layer, rows, one_hot(experts))]
    };
    let pairs = arrange([pair(0, &[5, 0, 2]), pair(1, &[3, 1])].into_iter().flatten());
    let found = all(&Fixture::new().open(), &[kept, pairs], Split::Selection, 9);
    let [kept, pairs] = [0, 1].map(|plan: usize| &found[plan].scores.metrics["kl"].items);
    for (kept, pairs) in kept.iter().zip(pairs) {
        assert!(*kept > 0.01 && (kept - pairs).abs() < 1e-5, "{kept} and {pairs}");
    }
}

#[test]
fn a_router_that_wants_nobody_leaves_the_residual_alone() {
    // Nobody answers, so it does not matter who would.
    let silent = |rows: u32| route(0, rows, vec![-1.0; rows as usize * EXPERTS]);
    let plans = [
        arrange([silent(2), merge(0, 2, matrix(1, 2))]),
        arrange([silent(6)]),
        arrange([route(0, 2, vec![0.0; 2 * EXPERTS]), merge(0, 2, matrix(2, 2))]),
    ];
    let found = all(&Fixture::new().open(), &plans, Split::Selection, 9);
    assert_eq!(found[0].scores, found[1].scores);
    assert_eq!(found[0].scores, found[2].scores);
    assert!(found[0].scores.metrics["kl"].items.iter().all(|&kl| kl > 0.01));
}

#[test]
fn facts_and_task_are_described() {
    let fixture = Fixture::new();
    let evaluator = fixture.open();
    let (facts, task) = (ModelFacts::of(evaluator.model()), evaluator.task());
    assert_eq!((facts.experts, facts.experts_per_token, facts.head_dim, facts.kv_heads), (6, 2, 8, 2));
    let stored: usize = made::weights(EXPERTS).values().map(|(_, values)| values.len()).sum();
    assert_eq!(facts.parameters, stored as u64);
    assert_eq!(facts.bytes_per_parameter, 4.0);
    assert_eq!(task.items[&Split::Selection], 37);
    assert_eq!(task.items[&text::at_length(3 * LENGTH as u32)], 4);
    assert_eq!(task.items.len(), 4);
    assert_ne!(task.fingerprints[&Split::Selection], task.fingerprints[&Split::Report]);
    let others: Vec<&str> = attune_vocabulary::model()
        .kinds()
        .filter(|kind| evaluator.info().edits.schema(kind).is_none())
        .collect();
    assert_eq!(others, ["combine-checkpoints"]);
}
