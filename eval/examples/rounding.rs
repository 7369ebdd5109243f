//! What error feedback is worth: every linear module of a model in few bits, rounded to the nearest and by GPTQ, on report items.
//!
//! `cargo run --release -p attune-eval --example rounding -- MODEL TEXTS ITEMS LENGTH GROUP [ELSEWHERE]`, where TEXTS is the path of texts
//! without `.selection.txt` and `.report.txt`, and ELSEWHERE that of texts of another kind, whose report text is scored too: codes
//! are made with the selection text of TEXTS. Prints the mean KL to the dense model, nats per token, and the paired difference with its
//! 95 % interval by three seeds of the bootstrap.
#![expect(clippy::print_stdout, reason = "an experiment for people at a terminal")]

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::Path;
use std::time::Instant;

use attune_core::evaluator::{Evaluator, Fidelity, Request, Split};
use attune_core::plan::{Edit, Plan};
use attune_core::scores::MetricScore;
use attune_core::stats::{self, Support};
use attune_eval::compute::Precision;
use attune_eval::native::{NativeEvaluator, NativeSpec, REFERENCE_MEMORY};
use attune_eval::text::TextSpec;
use attune_vocabulary::edits::WeightBits;
use attune_vocabulary::{ModelFacts, Module, NumberGrid, Rounding, arrange};

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let (given, elsewhere) = args.split_at(args.len().min(5));
    let [model, texts, items, length, group] = given else {
        return Err("expected MODEL TEXTS ITEMS LENGTH GROUP [ELSEWHERE]".into());
    };
    let model = Path::new(model);
    let elsewhere =
        elsewhere.first().map(|texts| ("elsewhere".to_owned(), format!("{texts}.report.txt").into()));
    let evaluator = NativeEvaluator::open(&NativeSpec {
        model,
        device: "cpu",
        precision: Precision::F32,
        task: &TextSpec {
            tokenizer: model.join("tokenizer.json"),
            selection: format!("{texts}.selection.txt").into(),
            report: format!("{texts}.report.txt").into(),
            lengths: BTreeMap::new(),
            passkeys: BTreeMap::new(),
            selection_items: 0,
            report_items: items.parse()?,
            elsewhere: elsewhere.iter().cloned().collect(),
            length: length.parse()?,
        },
        reference_memory: REFERENCE_MEMORY,
        activation_memory: None,
    })?;
    let layers = ModelFacts::of(evaluator.model()).layers;
    let group_size: u32 = group.parse()?;
    let splits = [Split::Report].into_iter().chain(elsewhere.map(|(name, _)| Split::OutOfDomain(name)));
    for split in splits {
        let count = evaluator.task().items.get(&split).copied().unwrap_or(0).min(items.parse()?);
        let request = Request::new(split.clone(), Fidelity { items: count }.all());
        println!("{split}, {count} items of {length} tokens, groups of {group_size}");
        for grid in [None, Some(NumberGrid::AffineInt), Some(NumberGrid::Symmetric)] {
            for bits in [2, 3, 4] {
                let plan = |rounding| uniform(&evaluator, layers, bits, group_size, grid, rounding);
                let nearest = kl(&evaluator, plan(None), &request)?;
                let start = Instant::now();
                let fed_back = kl(&evaluator, plan(Some(Rounding::Gptq)), &request)?;
                let seconds = start.elapsed().as_secs_f64();
                let apart = (0..3).map(|seed| stats::difference(Support::Any, &fed_back, &nearest, seed));
                let apart: Vec<String> = apart
                    .map(|found| found.map(|found| format!("[{:+.4}, {:+.4}]", found.low, found.high)))
                    .collect::<Result<_, _>>()?;
                println!(
                    "{:10} {bits} bits  nearest {:.6}  gptq {:.6}  difference {:+.4} {}  {seconds:.1} s",
                    grid.map_or("(none)", NumberGrid::name),
                    nearest.value(),
                    fed_back.value(),
                    fed_back.value() - nearest.value(),
                    apart.join(" "),
                );
            }
        }
    }
    Ok(())
}

/// Every module that the evaluator takes, at one level.
fn uniform(
    evaluator: &NativeEvaluator,
    layers: u32,
    bits: u32,
    group_size: u32,
    grid: Option<NumberGrid>,
    rounding: Option<Rounding>,
) -> Plan {
    let edit = |layer, module| {
        Edit::from(WeightBits { layer, module, expert: None, bits, group_size, grid, rounding })
    };
    let all = (0..layers).flat_map(|layer| Module::ALL.map(|module| edit(layer, module)));
    arrange(all.filter(|edit| evaluator.check(&arrange([edit.clone()])).is_ok()))
}

fn kl(evaluator: &NativeEvaluator, plan: Plan, request: &Request) -> Result<MetricScore, Failure> {
    let mut found = None;
    evaluator.evaluate(&[plan], request, &mut |_, outcome| {
        found = Some(outcome.map(|evaluation| evaluation.scores.metrics["kl"].clone()));
        ControlFlow::Continue(())
    })?;
    Ok(found.ok_or("the evaluator did not answer")??)
}
