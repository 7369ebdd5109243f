//! Starting the scripted worker and asking it.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use attune_core::evaluator::{
    EvalFailure, Evaluation, Evaluator, EvaluatorFactory as _, OpenFailure, Opening, Request, Split, TaskData,
};
use attune_core::options::{OptionValue, Settings};
use attune_core::plan::{Edit, Plan};
use attune_workers::{Limits, WorkerCommand, WorkerError, WorkerFactory};

/// The scripted worker, told to do something wrong.
pub(crate) fn command(args: &[&str]) -> WorkerCommand {
    args.iter()
        .fold(WorkerCommand::new(env!("CARGO_BIN_EXE_scripted-worker")), |command, arg| command.arg(*arg))
}

/// Shorter than anybody would wait.
pub(crate) fn limits() -> Limits {
    Limits {
        hello: Duration::from_secs(20),
        idle: Duration::from_secs(20),
        cancel: Duration::from_secs(10),
        back_off: Duration::from_millis(1),
        longest_back_off: Duration::from_millis(5),
        starts: 3,
        ..Limits::default()
    }
}

pub(crate) fn data() -> TaskData {
    TaskData {
        kind: "formula".to_owned(),
        options: Settings::from([("phase".to_owned(), OptionValue::Int(0))]),
        base: "/studies".into(),
        selection: "/studies/selection.txt".into(),
        report: "report.txt".into(),
        out_of_domain: [("other".to_owned(), "/studies/other.txt".into())].into(),
        selection_items: 0,
        report_items: 0,
    }
}

/// Opens what a factory offers, and loads it.
pub(crate) fn load(factory: &WorkerFactory) -> Result<Arc<dyn Evaluator>, OpenFailure> {
    opening(|opening| factory.prepare(opening)?.load(&|_| ()))
}

/// How the scripted worker is opened.
pub(crate) fn opening<T>(with: impl FnOnce(&Opening<'_>) -> T) -> T {
    let options = Settings::from([("scale".to_owned(), OptionValue::Real(1.0))]);
    let (task, model) = (data(), Path::new("six-layers"));
    with(&Opening {
        model,
        device: "auto",
        options: &options,
        task: &task,
        activation_memory: Some(1 << 20),
        tell: &|_| (),
    })
}

pub(crate) fn start(args: &[&str]) -> Result<WorkerFactory, WorkerError> {
    WorkerFactory::start(command(args), limits())
}

/// The scripted worker, ready to evaluate.
pub(crate) fn evaluator(args: &[&str]) -> Arc<dyn Evaluator> {
    evaluator_within(args, limits())
}

pub(crate) fn evaluator_within(args: &[&str], limits: Limits) -> Arc<dyn Evaluator> {
    load(&WorkerFactory::start(command(args), limits).unwrap()).unwrap()
}

/// Bits of a layer.
pub(crate) fn bits(layer: i64, bits: i64) -> Plan {
    Plan::from_canonical(vec![Edit::new("bits").int("layer", layer).int("bits", bits)])
}

/// Eight plans.
pub(crate) fn eight() -> Vec<Plan> {
    (0..8).map(|number| bits(number % 6, if number < 6 { 2 } else { 8 })).collect()
}

pub(crate) fn request(items: u32) -> Request {
    Request::new(Split::Selection, (0..items).collect())
}

pub(crate) type Outcomes = Vec<Option<Result<Evaluation, EvalFailure>>>;

/// What becomes of each plan, and how the whole ended. No plan has two outcomes.
pub(crate) fn ask(
    evaluator: &dyn Evaluator,
    plans: &[Plan],
    request: &Request,
) -> (Outcomes, Result<(), EvalFailure>) {
    let mut outcomes: Outcomes = vec![None; plans.len()];
    let ended = evaluator.evaluate(plans, request, &mut |index, outcome| {
        assert!(outcomes[index].replace(outcome).is_none(), "plan {index} has two outcomes");
        ControlFlow::Continue(())
    });
    (outcomes, ended)
}

/// The scores of each plan, which all have some.
pub(crate) fn scores(evaluator: &dyn Evaluator, plans: &[Plan], request: &Request) -> Vec<Evaluation> {
    let (outcomes, ended) = ask(evaluator, plans, request);
    ended.unwrap();
    outcomes.into_iter().map(|outcome| outcome.unwrap().unwrap()).collect()
}

/// The failure of the one plan.
pub(crate) fn failure(evaluator: &dyn Evaluator) -> EvalFailure {
    let (outcomes, ended) = ask(evaluator, &[bits(0, 2)], &request(2));
    match (outcomes.into_iter().next().flatten(), ended) {
        (Some(Err(failure)), Ok(())) | (None, Err(failure)) => failure,
        other => panic!("{other:?}"),
    }
}

/// Whether a process lives; a zombie does not.
pub(crate) fn lives(pid: &str) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{}/stat", pid.trim())).unwrap_or_default();
    let state = status.rsplit(')').next().and_then(|rest| rest.trim().chars().next());
    state.is_some_and(|state| state != 'Z' && state != 'X')
}

/// Waits for something that has to come soon.
pub(crate) fn soon(what: &str, holds: impl Fn() -> bool) {
    let begin = std::time::Instant::now();
    while !holds() {
        assert!(begin.elapsed() < Duration::from_secs(30), "{what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}
