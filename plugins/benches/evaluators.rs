//! What it costs that an evaluator is a component: `cargo bench -p attune-plugins --bench evaluators [-- NAME…]`.
//!
//! The native code is the same evaluator, compiled for this machine (`plugins/guests/native`, which this bench builds). Both score the
//! same plans, made up from the schemas as the conformance suite does, on the same items, and have to give the same values to the bit.
//! Some evaluators keep what they have computed, so a plan that is *new*, as those of a search are, and one that is scored *again* are
//! two columns. Times are of the processor, one core at a time, so they hold on a machine that has other things to do.
#![expect(clippy::print_stdout, reason = "a bench prints its results")]

use std::error::Error;
use std::io::Write as _;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Instant;

use attune_core::evaluator::{Evaluator, EvaluatorFactory as _, Opening, Request, Split, TaskData};
use attune_core::options::{OptionValue, Settings};
use attune_core::plan::{Edit, Plan};
use attune_plugins::ComponentEvaluator;
use cpu_time::ProcessTime;

/// Seconds of an evaluation that is new and of one that is not, and the bits of the values of every plan.
struct Timed {
    new: f64,
    again: f64,
    values: Vec<Vec<u64>>,
}

/// Seconds of an evaluation, and the bits of the values of every plan.
type Pass = (f64, Vec<Vec<u64>>);

/// Evaluators and their components. To add one is a line here and one in `plugins/guests/native`.
const EVALUATORS: &[(&str, &str)] = &[
    ("checkpoint-codec", "dist/checkpoint-codec-evaluator.wasm"),
    ("frame-rate", "dist/frame-rate-evaluator.wasm"),
    ("memory-plan", "dist/memory-plan-evaluator.wasm"),
    ("node-sleep", "dist/node-sleep-evaluator.wasm"),
    ("queue-policy", "dist/queue-policy-evaluator.wasm"),
    ("toy-scheduler", "fixtures/toy-scheduler.wasm"),
];
/// Plans and items that are scored, at most.
const PLANS: usize = 8;
const ITEMS: u32 = 20;
/// Seconds for which each is repeated.
const PATIENCE: f64 = 2.0;
/// How often a task is opened anew, to score plans for the first time.
const OPENINGS: usize = 5;

fn main() -> Result<(), Box<dyn Error>> {
    let wanted: Vec<String> =
        std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let native = build()?;
    println!(
        "| evaluator | loads in | opens in | new: native | component | ratio | again: native | component | ratio | component, new ones per second and core |"
    );
    println!("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
    for (name, file) in
        EVALUATORS.iter().filter(|(name, _)| wanted.is_empty() || wanted.iter().any(|one| one == name))
    {
        let began = Instant::now();
        let component = ComponentEvaluator::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join(file))?;
        let loading = began.elapsed().as_secs_f64();
        let began = Instant::now();
        let evaluator = open(&component)?;
        let opening = began.elapsed().as_secs_f64();
        let mut plans = attune_testkit::evaluator::plans::of(&*evaluator);
        plans.truncate(PLANS);
        let held = evaluator.task().items.get(&Split::Selection).copied().unwrap_or(0);
        let items: Vec<u32> = (0..held.min(ITEMS)).collect();
        let found = component_scores(&component, evaluator.as_ref(), &plans, &items)?;
        let bare = native_scores(&native, name, &evaluator.task().name, &plans, items.len())?;
        for (plan, (values, expected)) in plans.iter().zip(found.values.iter().zip(&bare.values)) {
            if let Some((one, other)) = values.iter().zip(expected).find(|(one, other)| one != other) {
                let [one, other] = [one, other].map(|bits| f64::from_bits(*bits));
                return Err(format!(
                    "`{name}` gives {one:e}, and {other:e} as native code, for {}",
                    plan.canonical()
                )
                .into());
            }
        }
        println!(
            "| {name} | {loading:.2} s | {:.1} ms | {:.1} µs | {:.1} µs | {} | {:.1} µs | {:.1} µs | {} | {:.0} |",
            opening * 1e3,
            bare.new * 1e6,
            found.new * 1e6,
            ratio(found.new, bare.new),
            bare.again * 1e6,
            found.again * 1e6,
            ratio(found.again, bare.again),
            1.0 / found.new
        );
    }
    Ok(())
}

/// The program with the native code of all evaluators.
fn build() -> Result<PathBuf, Box<dyn Error>> {
    let guests = Path::new(env!("CARGO_MANIFEST_DIR")).join("guests");
    let target = std::env::temp_dir().join("attune-native-evaluators");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args(["build", "--locked", "--release", "--package", "native", "--target-dir"])
        .arg(&target)
        .current_dir(guests)
        .status()?;
    if !status.success() {
        return Err("the native code of the evaluators does not compile".into());
    }
    Ok(target.join("release/native"))
}

/// Opens the first task with its defaults and no data.
fn open(component: &ComponentEvaluator) -> Result<Arc<dyn Evaluator>, Box<dyn Error>> {
    let spec = component.spec();
    let task = spec.tasks.first().ok_or("it has no task")?;
    let defaults = |options: &mut dyn Iterator<Item = &attune_core::options::OptionSpec>| -> Settings {
        options.map(|option| (option.name.clone(), option.default.clone())).collect()
    };
    let data = TaskData {
        kind: task.name.clone(),
        options: defaults(&mut task.options.iter().map(|option| &option.spec)),
        base: PathBuf::new(),
        selection: PathBuf::new(),
        report: PathBuf::new(),
        out_of_domain: Default::default(),
        selection_items: 0,
        report_items: 0,
    };
    let opening = Opening {
        model: Path::new(""),
        device: "cpu",
        options: &defaults(&mut spec.options.iter()),
        task: &data,
        activation_memory: None,
        tell: &|_| {},
    };
    Ok(component.prepare(&opening)?.load(&|_| {})?)
}

/// Seconds of a processor for one plan on one item, and the values of each plan, item by item.
fn component_scores(
    component: &ComponentEvaluator,
    evaluator: &dyn Evaluator,
    plans: &[Plan],
    items: &[u32],
) -> Result<Timed, Box<dyn Error>> {
    let mut new = Vec::new();
    for _ in 0..OPENINGS {
        let opened = open(component)?;
        warm_up(&*opened, items)?;
        new.push(pass(&*opened, plans, items)?.0);
    }
    warm_up(evaluator, items)?;
    let (mut values, mut again, began) = (Vec::new(), Vec::new(), Instant::now());
    while again.len() < 3 || began.elapsed().as_secs_f64() < PATIENCE {
        let (seconds, found) = pass(evaluator, plans, items)?;
        again.push(seconds);
        values = found;
    }
    // The first pass of these is that of plans that are new to the task, too.
    again.remove(0);
    Ok(Timed { new: median(new), again: median(again), values })
}

/// Has the task opened on every core, and has met every item there with the plan that changes nothing. Opening may take longer than
/// all the rest, and one thread goes on with the items meanwhile, so what is counted begins after it.
fn warm_up(evaluator: &dyn Evaluator, items: &[u32]) -> Result<(), Box<dyn Error>> {
    pass(evaluator, &[Plan::default()], items)?;
    let (mut passes, began) = (0, Instant::now());
    while passes < 3 || began.elapsed().as_secs_f64() < PATIENCE / 4.0 {
        pass(evaluator, &[Plan::default()], items)?;
        passes += 1;
    }
    Ok(())
}

/// Scores all plans once: seconds for one on one item, and the values in the order of the task's metrics, as the native code has them.
fn pass(evaluator: &dyn Evaluator, plans: &[Plan], items: &[u32]) -> Result<Pass, Box<dyn Error>> {
    let mut values = vec![Vec::new(); plans.len()];
    let mut failed = None;
    let request = Request::new(Split::Selection, items.to_vec());
    // What Linux writes down of its threads stands still within a slice of the scheduler, and most passes are shorter.
    let began = ProcessTime::now();
    evaluator.evaluate(plans, &request, &mut |number, outcome| {
        match outcome {
            Ok(evaluation) => {
                let metrics = evaluator.task().metrics.iter();
                let scores: Vec<_> =
                    metrics.map(|metric| &evaluation.scores.metrics[&metric.name].items).collect();
                values[number] = (0..items.len())
                    .flat_map(|item| scores.iter().map(move |score| score[item].to_bits()))
                    .collect();
            }
            Err(failure) => failed = Some(failure.to_string()),
        }
        ControlFlow::Continue(())
    })?;
    let seconds = began.elapsed().as_secs_f64() / (plans.len() * items.len()) as f64;
    failed.map_or(Ok((seconds, values)), |failure| Err(failure.into()))
}

fn ratio(component: f64, native: f64) -> String {
    format!("{:.2} ×", component / native)
}

/// A pass in which another thing happened is not what an evaluation costs.
fn median(mut seconds: Vec<f64>) -> f64 {
    seconds.sort_by(f64::total_cmp);
    seconds[seconds.len() / 2]
}

fn native_scores(
    program: &Path,
    name: &str,
    task: &str,
    plans: &[Plan],
    items: usize,
) -> Result<Timed, Box<dyn Error>> {
    let mut native = Command::new(program)
        .args([name, task, &items.to_string(), &PATIENCE.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let text: Vec<String> =
        plans.iter().map(|plan| plan.edits().iter().map(line).collect::<Vec<_>>().join("\n")).collect();
    native.stdin.take().ok_or("no standard input")?.write_all(text.join("\n\n").as_bytes())?;
    let output = native.wait_with_output()?;
    if !output.status.success() {
        return Err(format!("the native code of `{name}` fails").into());
    }
    let said = String::from_utf8(output.stdout)?;
    let mut lines = said.lines();
    let seconds = lines.next().and_then(|line| line.split_once(' ')).ok_or("the native code says nothing")?;
    let (new, again) = (seconds.0.parse()?, seconds.1.parse()?);
    let values = lines.map(|line| line.split(' ').map(str::parse).collect::<Result<Vec<u64>, _>>());
    Ok(Timed { new, again, values: values.collect::<Result<_, _>>()? })
}

/// An edit as the native program reads it.
fn line(edit: &Edit) -> String {
    fn list<T: ToString>(numbers: &[T]) -> String {
        numbers.iter().map(T::to_string).collect::<Vec<_>>().join(",")
    }
    let value = |value: &OptionValue| match value {
        OptionValue::Bool(value) => format!("b:{value}"),
        OptionValue::Int(value) => format!("i:{value}"),
        OptionValue::Real(value) => format!("r:{value:?}"),
        OptionValue::Text(value) => format!("t:{value}"),
        OptionValue::Ints(values) => format!("I:{}", list(values)),
        OptionValue::Reals(values) => format!("R:{}", list(values)),
        // No edit has them.
        OptionValue::Counts(counts) => format!("t:{counts:?}"),
    };
    let arguments = edit.args.iter().map(|(name, argument)| format!("\t{name}={}", value(argument)));
    format!("{}{}", edit.kind, arguments.collect::<String>())
}
