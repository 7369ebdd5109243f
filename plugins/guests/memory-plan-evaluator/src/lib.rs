//! Scores memory plans: how many bytes an order of allocation, a search with its constants, or a planner with its own needs for traces of allocations.

mod edits;
mod traces;

use attune_guest::evaluator::{
    Description, Edit, Evaluation, Evaluator, Failure, KnownBound, Metric, OpenFailure, Opening, OptionSpec,
    Subject, TaskSpec,
};
use attune_memory_plan::{Instance, caching, check, peak};

struct MemoryPlan {
    selection: Vec<Instance>,
    report: Vec<Instance>,
    /// Whether the plan is for exactly these traces.
    given: bool,
}

fn metrics(task: TaskSpec) -> TaskSpec {
    task.reads("csv")
        .metric(Metric::minimise("peak", "× live bytes"))
        .metric(Metric::minimise("peak-bytes", "bytes"))
        .metric(Metric::minimise("fragmentation", "share"))
        .metric(Metric::minimise("of-pytorch", "× reserved"))
        .option(OptionSpec::int("seed", "what traces are generated from", 0..=1_000_000, 0))
        .option(OptionSpec::int("buffers", "buffers of a generated packing", 4..=2000, 150))
        .option(OptionSpec::int("layers", "layers of a generated training trace", 1..=96, 8))
        .option(OptionSpec::one_of(
            "traces",
            "what is generated: packings without a gap, whose optimum is known, or training of Megatron-LM, regular, with sequences \
             of their own length, or with experts",
            &["packings", "regular", "lengths", "experts"],
        ))
}

impl Evaluator for MemoryPlan {
    fn describe() -> Description {
        let given = "A plan for exactly these traces (.csv, .json or .pickle). The report is of the same traces, checked by a sweep over \
                     time that no planner shares: it says that the plan holds, and nothing of other traces.";
        let planner =
            "Constants of a planner that plans any trace: the report is of other traces than the selection.";
        let [order, search, planner_edit] = edits::schemas();
        Description::new(
            "memory-plan",
            "0.1.0",
            "Offsets for tensors with lifetimes, so that the peak is least.",
        )
        .task(metrics(TaskSpec::new("given", given)))
        .task(metrics(TaskSpec::new("planner", planner)))
        .edit(order)
        .edit(search)
        .edit(planner_edit)
        .unedited("online best fit: each tensor takes the tightest gap as it comes")
        .fact("memory-counts", "buffers of each trace that is tuned on, one trace after the other")
        .fact("memory-sizes", "bytes of each buffer")
        .fact("memory-starts", "when each buffer is allocated")
        .fact("memory-ends", "when each buffer is freed")
        .fact("memory-phases", "moments at which phases of a trace begin, with its number before each")
    }

    fn open(opening: &Opening) -> Result<Self, OpenFailure> {
        let given = opening.task == "given";
        let (selection, report) = if given { traces::given(opening)? } else { traces::disjoint(opening)? };
        Ok(Self { selection, report, given })
    }

    fn subject(&self) -> Subject {
        let subject = Subject::new(if self.given { "given traces" } else { "traces" })
            .items("selection", self.selection.len() as u32)
            .items("report", self.report.len() as u32);
        let all = |value: fn(&attune_memory_plan::Buffer) -> u64| -> Vec<i64> {
            let buffers = self.selection.iter().flat_map(Instance::buffers);
            buffers.map(|buffer| value(buffer) as i64).collect()
        };
        let traces = self.selection.iter().enumerate();
        let phases =
            traces.flat_map(|(trace, of)| of.phases().iter().flat_map(move |&at| [trace as i64, at as i64]));
        subject
            .ints("memory-counts", self.selection.iter().map(|trace| trace.len() as i64).collect())
            .ints("memory-sizes", all(|buffer| buffer.size))
            .ints("memory-starts", all(|buffer| buffer.start))
            .ints("memory-ends", all(|buffer| buffer.end))
            .ints("memory-phases", phases.collect())
    }

    fn check(&self, plan: &[Edit]) -> Result<(), Failure> {
        edits::check(plan, &self.selection, self.given)
    }

    fn evaluate(&self, plan: &[Edit], split: &str, items: &[u32]) -> Result<Evaluation, Failure> {
        self.check(plan)?;
        let mut columns: [Vec<f64>; 4] = Default::default();
        let mut work = 0;
        for &item in items {
            let instance = &self.split(split)[item as usize];
            let (offsets, looked_at) = edits::offsets(plan, item as usize, instance)?;
            let bytes = if split == "selection" {
                peak(instance, &offsets)
            } else {
                check::peak(instance, &offsets).map_err(|error| Failure::internal(error.to_string()))?
            };
            let bound = instance.bound() as f64;
            let scores = [
                bytes as f64 / bound,
                bytes as f64,
                1.0 - bound / bytes as f64,
                bytes as f64 / caching::run(instance).bytes as f64,
            ];
            columns.iter_mut().zip(scores).for_each(|(column, score)| column.push(score));
            work += looked_at;
        }
        let [relative, bytes, fragmentation, of_pytorch] = columns;
        Ok(Evaluation::new()
            .metric("peak", relative)
            .metric("peak-bytes", bytes)
            .metric("fragmentation", fragmentation)
            .metric("of-pytorch", of_pytorch)
            .work(work))
    }

    fn known_bounds(&self, split: &str, items: &[u32]) -> Vec<KnownBound> {
        let of = |value: fn(&Instance) -> f64| -> Vec<Option<f64>> {
            items.iter().map(|&item| Some(value(&self.split(split)[item as usize]))).collect()
        };
        vec![
            KnownBound::new("peak", of(|_| 1.0)),
            KnownBound::new("peak-bytes", of(|instance| instance.bound() as f64)),
            KnownBound::new("fragmentation", of(|_| 0.0)),
            KnownBound::new(
                "of-pytorch",
                of(|trace| trace.bound() as f64 / caching::run(trace).bytes as f64),
            ),
        ]
    }
}

impl MemoryPlan {
    fn split(&self, split: &str) -> &[Instance] {
        if split == "report" { &self.report } else { &self.selection }
    }
}

attune_guest::export_evaluator!(MemoryPlan);

#[cfg(test)]
mod tests;
