//! Generated traces.

use attune_guest::evaluator::{Evaluator, Opening, Setting};
use attune_memory_plan::Instance;

use super::MemoryPlan;

const LAYERS: usize = 4;

fn open(task: &str, traces: &str, wanted: u32) -> MemoryPlan {
    let mut opening = Opening::new::<MemoryPlan>(task)
        .task_option("traces", Setting::Text(traces.into()))
        .task_option("layers", Setting::Int(LAYERS as i64));
    opening.splits.iter_mut().for_each(|split| split.wanted = wanted);
    MemoryPlan::open(&opening).unwrap()
}

/// How a trace was trained, told from its buffers: their lifetimes follow from chunks and recomputation, and a layer's weights of 24·h²/t bytes from the width
/// of its input, of 2·2048·h bytes, and the ranks that share it.
fn training(trace: &Instance) -> (Vec<(u64, u64)>, u64) {
    let buffers = trace.buffers();
    let width = buffers[2 * LAYERS].size / 4096;
    let lifetimes = buffers.iter().map(|buffer| (buffer.start, buffer.end)).collect();
    (lifetimes, 24 * width * width / buffers[0].size)
}

#[test]
fn both_halves_have_traces_of_the_same_trainings() {
    let evaluator = open("planner", "regular", 0);
    let of = |traces: &[Instance]| traces.iter().map(training).collect::<Vec<_>>();
    let (selection, report) = (of(&evaluator.selection), of(&evaluator.report));
    assert_eq!(selection, report);
    // What is made again takes buffers of its own.
    let mut counts: Vec<usize> = evaluator.selection.iter().map(Instance::len).collect();
    counts.sort_unstable();
    counts.dedup();
    assert_eq!(counts.len(), 2, "with recomputation and without: {counts:?}");
    let ranks: Vec<u64> = selection.iter().map(|(_, ranks)| *ranks).collect();
    assert!(ranks.contains(&1) && ranks.contains(&2), "{ranks:?}");
    assert_eq!(of(&open("given", "regular", 0).selection), selection);
}

#[test]
fn no_generated_trace_is_in_both_halves() {
    for traces in ["packings", "regular", "lengths", "experts"] {
        let evaluator = open("planner", traces, 30);
        assert_eq!((evaluator.selection.len(), evaluator.report.len()), (30, 30));
        assert!(evaluator.report.iter().all(|trace| !evaluator.selection.contains(trace)), "{traces}");
    }
}
