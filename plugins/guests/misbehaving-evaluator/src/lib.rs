//! Does what an evaluator must not do, as the edit `misbehave` and the option `opening` say: the host has to survive it.

use std::cell::{Cell, RefCell};
use std::hint::black_box;

use attune_guest::evaluator::{
    Args, Argument, Description, Edit, EditSchema, Evaluation, Evaluator, Failure, KnownBound, Metric,
    OpenFailure, Opening, OptionSpec, Subject, TaskSpec, info, warn,
};

/// What a plan can make it do.
const WAYS: [&str; 23] = [
    "loop",
    "spin",
    "panic",
    "panic-later",
    "allocate",
    "hoard",
    "recurse",
    "chatter",
    "huge-output",
    "nan",
    "too-few",
    "too-many",
    "unknown-metric",
    "metric-twice",
    "no-metric",
    "beyond-share",
    "negative-weight",
    "zero-weights",
    "wrong-weights",
    "remember",
    "no-such-edit",
    "internal",
    "warn",
];

/// What opening can do.
const OPENINGS: [&str; 10] = [
    "well",
    "refuse",
    "bad-file",
    "panic",
    "spin",
    "no-items",
    "strange-split",
    "bad-name",
    "beaten-bound",
    "odd-bound",
];

struct Misbehaving {
    opening: String,
    /// Names and texts of all files.
    files: String,
}

thread_local! {
    /// What is left behind from call to call.
    static CALLS: Cell<u32> = const { Cell::new(0) };
    static HOARD: RefCell<Vec<Vec<u8>>> = const { RefCell::new(Vec::new()) };
}

impl Evaluator for Misbehaving {
    fn describe() -> Description {
        let task = TaskSpec::new("misbehave", "Does as it is told.")
            .metric(Metric::minimise("harm", "points"))
            .metric(Metric::maximise("grace", "share"))
            .option(OptionSpec::one_of("opening", "what to do wrong while it is opened", &OPENINGS));
        let mut together = task.clone().reads("txt").items_share_work();
        together.name = "together".to_owned();
        let edit = EditSchema::new("misbehave", "Does something wrong.")
            .with(Argument::word("how", &WAYS, "what"))
            .once();
        let count = EditSchema::new("harm", "Does some harm.")
            .with(Argument::int("points", 1..=9, "how much"))
            .once();
        Description::new("misbehaving-evaluator", "0.1.0", "A fixture of the host's tests.")
            .task(task)
            .task(together)
            .fact("files", "names and texts of all files")
            .edit(edit)
            .edit(count)
    }

    fn open(opening: &Opening) -> Result<Self, OpenFailure> {
        let mut files = String::new();
        for split in &opening.splits {
            for file in &split.files {
                files.push_str(&format!("{} {}: {}\n", split.name, file.name, file.text()?.trim()));
            }
        }
        match opening.task_options.text("opening") {
            "bad-file" => Err(OpenFailure::file(&opening.selection().files[0].name, "line 1: no number")),
            "refuse" => Err(OpenFailure::task_option("opening", "not like this; choose another")),
            "panic" => panic!("it does not open today"),
            "spin" => spin(),
            other => Ok(Self { opening: other.to_owned(), files }),
        }
    }

    fn subject(&self) -> Subject {
        let name = if self.opening == "bad-name" { "\x1b[2J" } else { "nothing" };
        let subject = Subject::new(name).text("files", &self.files).items("selection", 4);
        match self.opening.as_str() {
            "no-items" => subject,
            "strange-split" => subject.items("report", 4).items("elsewhere:moon", 1),
            _ => subject.items("report", 4),
        }
    }

    fn check(&self, _: &[Edit]) -> Result<(), Failure> {
        Ok(())
    }

    fn evaluate(&self, plan: &[Edit], _: &str, items: &[u32]) -> Result<Evaluation, Failure> {
        let points = Args::find(plan, "harm").map_or(Ok(0), |harm| harm.int("points"))? as f64;
        let harm: Vec<f64> = items.iter().map(|&item| points + f64::from(item)).collect();
        let grace = vec![0.5; items.len()];
        let well = Evaluation::new().metric("harm", harm.clone()).metric("grace", grace.clone()).work(1);
        let Some(edit) = Args::find(plan, "misbehave") else { return Ok(well) };
        let with = |weights: Vec<f64>| {
            Ok(Evaluation::new().weighted("harm", harm.clone(), weights).metric("grace", grace.clone()))
        };
        match edit.word("how")? {
            "loop" => loop {
                black_box(());
            },
            "spin" => spin(),
            "panic" => panic!("item {items:?} is too much"),
            "panic-later" if items.iter().any(|&item| item > 0) => panic!("the first of {items:?} breaks it"),
            "allocate" => {
                let mut hoard = Vec::new();
                loop {
                    hoard.push(black_box(vec![1_u8; 1 << 20]));
                }
            }
            // Each call alone is well within the limit.
            "hoard" => {
                HOARD.with_borrow_mut(|hoard| hoard.push(black_box(vec![1; 150 << 20])));
                Ok(well)
            }
            "recurse" => Err(Failure::internal(format!("reached depth {}", recurse(0)))),
            "chatter" => {
                (0..100_000).for_each(|_| info(&"x".repeat(1000)));
                Ok(well)
            }
            "huge-output" => Ok(Evaluation::new().metric("harm", vec![0.0; 4 << 20])),
            "nan" => Ok(Evaluation::new().metric("harm", vec![f64::NAN; items.len()]).metric("grace", grace)),
            "too-few" => Ok(Evaluation::new().metric("harm", Vec::new()).metric("grace", grace)),
            "too-many" => {
                Ok(Evaluation::new().metric("harm", vec![1.0; items.len() + 1]).metric("grace", grace))
            }
            "unknown-metric" => Ok(well.metric("charm", harm)),
            "metric-twice" => Ok(well.metric("harm", harm)),
            "no-metric" => Ok(Evaluation::new().metric("harm", harm)),
            "beyond-share" => {
                Ok(Evaluation::new().metric("harm", harm).metric("grace", vec![1.5; items.len()]))
            }
            "negative-weight" => with(vec![-1.0; items.len()]),
            "zero-weights" => with(vec![0.0; items.len()]),
            "wrong-weights" => with(vec![1.0; items.len() + 1]),
            "remember" => {
                let calls = CALLS.get();
                CALLS.set(calls + 1);
                let harm = harm.iter().map(|harm| harm + f64::from(calls)).collect();
                Ok(Evaluation::new().metric("harm", harm).metric("grace", grace))
            }
            "no-such-edit" => Err(Failure::unsupported(99, "there is none")),
            "internal" => Err(Failure::internal("it is tired")),
            "warn" => {
                warn("this is not what you want");
                Ok(well)
            }
            _ => Ok(well),
        }
    }

    fn known_bounds(&self, _: &str, items: &[u32]) -> Vec<KnownBound> {
        match self.opening.as_str() {
            "beaten-bound" => vec![KnownBound::new("harm", vec![Some(1.0); items.len()])],
            "odd-bound" => vec![KnownBound::new("harm", vec![Some(0.0); items.len() + 1])],
            _ => vec![KnownBound::new("harm", items.iter().map(|&item| Some(f64::from(item))).collect())],
        }
    }
}

/// Works without end, and uses up instructions as fast as a processor has them.
fn spin() -> ! {
    let mut state = 1_u64;
    loop {
        for _ in 0..64 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).rotate_left(7) ^ 0x9e37_79b9;
        }
        black_box(state);
    }
}

/// Deep enough for any stack; what is added after the call keeps it from becoming a loop.
fn recurse(depth: u64) -> u64 {
    let below = if depth == u64::MAX { 0 } else { recurse(black_box(depth + 1)) };
    below + black_box(1)
}

attune_guest::export_evaluator!(Misbehaving);
