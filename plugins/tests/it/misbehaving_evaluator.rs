//! An evaluator that misbehaves fails by plan, is named, and takes nothing down.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use attune_core::evaluator::{
    EvalFailure, Evaluation, Evaluator, OpenFailure, OpenFault, Request, Split, TaskData,
};
use attune_core::options::{OptionValue, Settings};
use attune_core::plan::{Edit, Plan};
use attune_plugins::{ComponentEvaluator, LogLevel, LogLine};
use attune_testkit::evaluator::Trial;

use crate::models::{fixture, options};
use crate::opening::{first_task, open, task};

type Outcome = Result<Evaluation, EvalFailure>;

fn factory() -> ComponentEvaluator {
    ComponentEvaluator::load(&fixture("misbehaving-evaluator.wasm")).unwrap()
}

fn way(opening: &str) -> Settings {
    options(&[("opening", OptionValue::Text(opening.to_owned()))])
}

fn opened(opening: &str) -> Result<Arc<dyn Evaluator>, OpenFailure> {
    let factory = factory();
    open(&factory, &first_task(&factory, &way(opening), 4))
}

fn how(way: &str) -> Plan {
    Plan::from_canonical(vec![Edit::new("misbehave").text("how", way)])
}

fn harm(points: i64) -> Plan {
    Plan::from_canonical(vec![Edit::new("harm").int("points", points)])
}

fn outcomes(evaluator: &dyn Evaluator, plans: &[Plan], request: &Request) -> Vec<Outcome> {
    let mut found = vec![None; plans.len()];
    let ended = evaluator.evaluate(plans, request, &mut |number, outcome| {
        found[number] = Some(outcome);
        ControlFlow::Continue(())
    });
    ended.unwrap();
    found.into_iter().map(Option::unwrap).collect()
}

fn all() -> Request {
    Request::new(Split::Selection, vec![0, 1, 2, 3])
}

/// How a plan fails between two that do not, twice.
fn failure(way: &str) -> EvalFailure {
    let evaluator = opened("well").unwrap();
    let plans = [harm(2), how(way), harm(3)];
    let once = || {
        let found = outcomes(&*evaluator, &plans, &all());
        for (place, points) in [(0, 2.0), (2, 3.0)] {
            let scores = &found[place].as_ref().unwrap().scores;
            assert_eq!(scores.metrics["harm"].items, [points, points + 1.0, points + 2.0, points + 3.0]);
        }
        found[1].clone().unwrap_err()
    };
    let first = once();
    // NaN is equal to nothing.
    assert_eq!(first.to_string(), once().to_string(), "{way}");
    first
}

#[test]
fn what_it_returns_without_sense_is_the_failure_of_its_plan() {
    for (way, words) in [
        ("too-few", "0 values of `harm`, and 1 items were asked for"),
        ("too-many", "2 values of `harm`, and 1 items were asked for"),
        ("unknown-metric", "the task has no metric `charm`"),
        ("metric-twice", "3 metrics, expected each of 2 once"),
        ("no-metric", "1 metrics, expected each of 2 once"),
        ("beyond-share", "`grace` has the value 1.5, and its unit `share` promises 0 to 1"),
        ("negative-weight", "`harm` has the weight -1, expected 0 or more"),
        ("zero-weights", "every weight of `harm` is 0"),
        ("wrong-weights", "2 weights of `harm`, expected none or one of each item"),
        ("no-such-edit", "it refuses edit 99 of a plan of 1, counted from 0: there is none"),
        ("internal", "it is tired"),
    ] {
        let failure = failure(way);
        assert!(failure.is_deterministic(), "{failure:?}");
        let text = failure.to_string();
        assert!(text.starts_with("the misbehaving-evaluator evaluator fails on this plan: "), "{text}");
        assert!(text.contains(words), "{way}: {text}");
    }
    assert!(
        matches!(failure("nan"), EvalFailure::NotFinite { metric, item: 0, value } if metric == "harm" && value.is_nan())
    );
}

#[test]
fn what_ends_a_call_is_the_failure_of_its_plan_and_of_no_other() {
    for (way, words) in [
        ("panic", "item [0] is too much"),
        ("panic-later", "the first of [1] breaks it"),
        ("allocate", "more memory than its limit of 512 MiB"),
        ("recurse", "overflowed its stack"),
        ("chatter", "it logged more than 65536 bytes in one call"),
        ("huge-output", "it returned more than 16777216 bytes"),
    ] {
        let failure = failure(way);
        let text = failure.to_string();
        assert!(text.contains(words), "{way}: {text}");
        assert!(failure.is_deterministic(), "{failure:?}");
    }
}

/// What earlier plans left in an open task must not decide about a later one: on another machine it would be in another task.
#[test]
fn what_earlier_calls_took_is_not_held_against_a_plan() {
    let evaluator = opened("well").unwrap();
    let found = outcomes(&*evaluator, &vec![how("hoard"); 5], &all());
    assert!(found.iter().all(Result::is_ok), "{:?}", found.iter().find(|outcome| outcome.is_err()));
}

#[test]
fn what_it_warns_of_is_heard_and_said_once() {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let lines = Arc::clone(&heard);
    let factory = factory().telling(Arc::new(move |line: &LogLine| {
        lines.lock().unwrap().push((line.technique.clone(), line.level, line.message.clone()));
    }));
    let evaluator = open(&factory, &first_task(&factory, &way("well"), 4)).unwrap();
    assert!(outcomes(&*evaluator, &[how("warn"), how("warn")], &all()).iter().all(Result::is_ok));
    let warning = "this is not what you want".to_owned();
    assert_eq!(heard.lock().unwrap()[0], ("misbehaving-evaluator".to_owned(), LogLevel::Warn, warning));
    assert_eq!(heard.lock().unwrap().len(), 1);
}

#[test]
fn a_plan_without_end_uses_up_its_instructions() {
    let evaluator = opened("well").unwrap();
    let request = Request::new(Split::Selection, vec![1]);
    let found = outcomes(&*evaluator, &[how("spin")], &request).remove(0).unwrap_err();
    let text = found.to_string();
    assert!(
        text.contains("within its fuel of 10000000000 instructions") && found.is_deterministic(),
        "{text}"
    );
}

#[test]
fn a_plan_without_end_is_late_or_called_off_and_the_next_one_is_scored() {
    let evaluator = opened("well").unwrap();
    let deadline = Some(Duration::from_millis(300));
    let late = outcomes(&*evaluator, &[how("loop"), harm(1)], &Request { deadline, ..all() });
    assert_eq!(late[0].as_ref().unwrap_err(), &EvalFailure::Deadline(Duration::from_millis(300)));
    assert!(late[1].is_ok());

    let request = all();
    let ended = std::thread::scope(|scope| {
        scope.spawn(|| {
            std::thread::sleep(Duration::from_millis(200));
            request.stop.hold();
            std::thread::sleep(Duration::from_millis(200));
            request.stop.ask();
        });
        evaluator.evaluate(&[how("loop"), how("loop")], &request, &mut |_, _| ControlFlow::Continue(()))
    });
    assert_eq!(ended, Err(EvalFailure::Interrupted));

    // Whoever hears enough does not wait for the others.
    let mut heard = 0;
    let plans = [harm(1), how("loop"), how("loop")];
    let one = Request::new(Split::Selection, vec![0]);
    let ended = evaluator.evaluate(&plans, &one, &mut |number, outcome| {
        assert!(number == 0 && outcome.is_ok());
        heard += 1;
        ControlFlow::Break(())
    });
    assert_eq!((ended, heard), (Ok(()), 1));
    assert!(outcomes(&*evaluator, &[harm(1)], &all())[0].is_ok());
}

#[test]
fn one_that_remembers_calls_is_found_by_the_suite() {
    let evaluator = opened("well").unwrap();
    let broken = |plans: Vec<Plan>| {
        let mut broken = Vec::new();
        Trial::new(&*evaluator).with_plans(plans).findings(&mut |finding| {
            broken.extend(finding.outcome.is_err().then_some(finding.promise));
        });
        broken
    };
    assert_eq!(broken(vec![harm(1), harm(2)]), [""; 0]);
    let found = broken(vec![how("remember"), harm(2)]);
    assert!(found.contains(&"the same again is equal"), "{found:?}");
}

#[test]
fn a_bound_that_a_plan_beats_is_found_by_the_suite_and_one_without_sense_by_the_host() {
    let beaten = opened("beaten-bound").unwrap();
    let mut broken = Vec::new();
    Trial::new(&*beaten).with_plans(vec![harm(1)]).findings(&mut |finding| {
        broken.extend(finding.outcome.err());
    });
    assert!(broken.iter().any(|words| words.contains("harm")), "{broken:?}");
    let odd = opened("odd-bound").unwrap().known_bounds(&all()).unwrap_err().to_string();
    assert!(odd.contains("5 bounds of `harm`, and 4 items were asked for"), "{odd}");
    let known = opened("well").unwrap().known_bounds(&all()).unwrap();
    assert_eq!(known["harm"], [Some(0.0), Some(1.0), Some(2.0), Some(3.0)]);
}

#[test]
fn one_that_does_not_open_says_why_and_what_to_change() {
    let refusal = |opening: &str| opened(opening).err().unwrap();
    let refused = refusal("refuse");
    assert_eq!(refused.about(), &OpenFault::TaskOption("opening".to_owned()));
    assert_eq!(refused.to_string(), "not like this; choose another");
    for (opening, words) in [
        ("panic", "`open`: it trapped: "),
        ("no-items", "`subject`: the report data has no items"),
        ("strange-split", "`subject`: it has items of `elsewhere:moon`, and there is no such data"),
        ("bad-name", "`subject`: the subject is named `\\u{1b}[2J`"),
    ] {
        let refused = refusal(opening);
        assert_eq!(refused.about(), &OpenFault::Evaluator, "{refused}");
        assert!(refused.to_string().contains(words), "{opening}: {refused}");
    }
}

/// The task whose items share work, with data.
fn together(opening: &str, selection: &Path, report: &Path) -> Result<Arc<dyn Evaluator>, OpenFailure> {
    let factory = factory();
    let task = task(&factory, "together", &way(opening), 4);
    open(&factory, &TaskData { selection: selection.to_owned(), report: report.to_owned(), ..task })
}

#[test]
fn items_that_share_work_are_asked_for_in_one_call_and_others_one_by_one() {
    let work = |evaluator: &dyn Evaluator| {
        let plans = [harm(1), harm(2)];
        let found = outcomes(evaluator, &plans, &all());
        assert_eq!(found[1].as_ref().unwrap().scores.metrics["harm"].items, [2.0, 3.0, 4.0, 5.0]);
        found.into_iter().map(|outcome| outcome.unwrap().work.computed).collect::<Vec<_>>()
    };
    assert_eq!(work(&*together("well", Path::new(""), Path::new("")).unwrap()), [1, 1]);
    assert_eq!(work(&*opened("well").unwrap()), [4, 4]);
}

#[test]
fn files_of_a_task_reach_it_by_name_and_its_complaints_name_their_path() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    std::fs::create_dir(path("tuned")).unwrap();
    for (name, text) in
        [("tuned/b.txt", "two\n"), ("tuned/a.txt", "one\n"), ("tuned/c.csv", "x"), ("r.dat", "three")]
    {
        std::fs::write(path(name), text).unwrap();
    }
    let opened = together("well", &path("tuned"), &path("r.dat")).unwrap();
    assert_eq!(
        opened.model().text("files"),
        "selection a.txt: one\nselection b.txt: two\nreport r.dat: three\n"
    );
    let refused = together("bad-file", &path("tuned"), &path("r.dat")).err().unwrap();
    assert_eq!(refused.about(), &OpenFault::File(path("tuned/a.txt")));
    assert_eq!(refused.to_string(), format!("{}: line 1: no number", path("tuned/a.txt").display()));
    // Two files of that name, and it does not say which of them.
    std::fs::create_dir(path("reported")).unwrap();
    std::fs::write(path("reported/a.txt"), "four").unwrap();
    let refused = together("bad-file", &path("tuned"), &path("reported")).err().unwrap();
    let both = [path("tuned/a.txt"), path("reported/a.txt")].map(|path| path.display().to_string());
    assert_eq!(refused.to_string(), format!("{}: line 1: no number", both.join(" or ")));
    assert_eq!(refused.about(), &OpenFault::Task);
    std::fs::write(path("tuned/a.txt"), b"on\xff").unwrap();
    let refused = together("well", &path("tuned"), &path("r.dat")).err().unwrap().to_string();
    assert!(refused.ends_with("a.txt: byte 2 is no UTF-8, expected a text"), "{refused}");
}
