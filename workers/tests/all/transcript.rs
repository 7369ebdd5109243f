//! The committed session: its lines are those of the types, and host and worker say them.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Duration;

use attune_core::evaluator::{
    EvalFailure, EvaluatorFactory as _, Opening, Request, RunControl, Split, TaskData,
};
use attune_core::options::{OptionValue, Settings};
use attune_core::plan::{Edit, Plan};
use attune_core::signal::SignalRequest;
use attune_workers::WorkerFactory;
use attune_workers::wire::{HostLine, WorkerLine};
use serde_json::Value;
use tempfile::TempDir;

use crate::support::{ask, command, limits, soon};

fn session() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/evaluator-protocol/session.txt")
}

#[test]
fn every_line_is_understood_and_written_as_it_was() {
    let text = std::fs::read_to_string(session()).unwrap();
    let mut lines = 0;
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let said: Value = serde_json::from_str(&line[2..]).unwrap();
        let again = match &line[..2] {
            "> " => serde_json::to_value(serde_json::from_str::<HostLine>(&line[2..]).unwrap()),
            "< " => serde_json::to_value(WorkerLine::read(&line.as_bytes()[2..]).unwrap()),
            other => panic!("{other}"),
        };
        assert_eq!(again.unwrap(), said, "{line}");
        lines += 1;
    }
    assert!(lines > 30, "{lines}");
}

fn kv(layer: i64, bits: i64) -> Edit {
    let edit = Edit::new("kv-bits").int("layer", layer).int("keys", bits).int("values", bits);
    edit.int("group-size", 32).int("sink", 0).int("recent", 0)
}

#[test]
fn the_host_says_its_part_of_it() {
    let notes = TempDir::new().unwrap();
    let path = session();
    let command = command(&["--replay", path.to_str().unwrap(), "--notes", notes.path().to_str().unwrap()]);
    let factory = WorkerFactory::start(command, limits()).unwrap();
    let task = TaskData {
        kind: "text".to_owned(),
        options: Settings::from([("length".to_owned(), OptionValue::Int(128))]),
        base: "/studies".into(),
        selection: "/studies/wiki.txt".into(),
        report: "/studies/news.txt".into(),
        out_of_domain: [("code".to_owned(), "/studies/code.txt".into())].into(),
        selection_items: 4,
        report_items: 0,
    };
    let options = Settings::from([("dtype".to_owned(), OptionValue::Text("auto".to_owned()))]);
    let prepared = factory.prepare(&Opening {
        model: Path::new("/models/tiny"),
        device: "cpu",
        options: &options,
        task: &task,
        activation_memory: Some(256 << 20),
        tell: &|_| (),
    });
    let prepared = prepared.unwrap();
    assert_eq!(prepared.info().edits.kinds().collect::<Vec<_>>(), ["kv-bits", "drop-block"]);
    let plan = |edits: &[Edit]| Plan::from_canonical(edits.to_vec());
    let drop_block = |layer| plan(&[Edit::new("drop-block").int("layer", layer)]);
    assert_eq!(prepared.outline().check(&plan(&[kv(0, 4)])), Ok(()));
    assert!(prepared.outline().check(&drop_block(7)).unwrap_err().to_string().contains("there are 2 layers"));
    let evaluator = prepared.load(&|_| ()).unwrap();

    let three = [Plan::empty(), plan(&[kv(0, 4), kv(1, 2)]), drop_block(1)];
    let request =
        Request { deadline: Some(Duration::from_secs(30)), ..Request::new(Split::Selection, vec![0, 1]) };
    let (outcomes, ended) = ask(&*evaluator, &three, &request);
    assert_eq!(ended, Ok(()));
    let [Some(Ok(dense)), Some(Ok(edited)), Some(Err(overflow))] = &outcomes[..] else {
        panic!("{outcomes:?}")
    };
    assert_eq!((dense.scores.value("kl"), edited.scores.value("kl")), (Some(0.0), Some(0.1875)));
    assert_eq!(*overflow, EvalFailure::NotFinite { metric: "kl".to_owned(), item: 1, value: f64::INFINITY });
    assert_eq!(evaluator.peak_memory(), Some(1 << 20));

    let held = Request::new(Split::Report, vec![3]);
    std::thread::scope(|scope| {
        let asked = scope.spawn(|| ask(&*evaluator, &[Plan::empty()], &held));
        soon("it says how far it is", || held.progress.evaluations() > 0.0);
        held.stop.hold();
        let said = || std::fs::read_to_string(notes.path().join("said")).unwrap_or_default();
        soon("it is told to wait", || said().contains("pause"));
        held.stop.release(Duration::from_millis(200));
        assert!(asked.join().unwrap().0[0].as_ref().unwrap().is_ok());
    });

    let elsewhere = Request::new(Split::OutOfDomain("code".to_owned()), vec![0, 1, 2]);
    let mut heard = Vec::new();
    let ended = evaluator.evaluate(&[Plan::empty(), plan(&[kv(0, 2)])], &elsewhere, &mut |index, _| {
        heard.push(index);
        ControlFlow::Break(())
    });
    assert_eq!((ended, heard), (Ok(()), vec![0]));

    let all = Request::new(Split::Selection, vec![0, 1, 2, 3]);
    let wanted = SignalRequest::new("sensitivity").with("bits", OptionValue::Int(4));
    assert_eq!(evaluator.signal(&wanted, &all).unwrap().signal.values, [0.75, 0.5]);
    let unknown = evaluator.signal(&SignalRequest::new("mood"), &Request::new(Split::Selection, vec![0]));
    assert!(matches!(unknown, Err(EvalFailure::BadRequest(_))), "{unknown:?}");
    let wanted = Request::new(Split::Report, vec![3, 5]);
    let outputs = evaluator.outputs(&plan(&[kv(0, 4)]), &wanted, 2).unwrap().unwrap();
    let said: Vec<_> = outputs.iter().map(|one| (one.item, &one.inputs[..], &one.values[..])).collect();
    assert_eq!(
        said,
        [(3, &[0, 1, 1][..], &[0.5, -0.25, 1.5, 0.0][..]), (5, &[1, 0], &[0.0, 2.0, -1.0, 4.0])]
    );
    assert_eq!(wanted.progress.evaluations(), 2.0);
    let chosen = evaluator.choices(&plan(&[kv(0, 4)]), &RunControl::default()).unwrap().unwrap();
    let parts = chosen.of(&kv(0, 4)).unwrap();
    assert_eq!(parts.iter().map(|part| &part[..]).collect::<Vec<_>>(), [&[1, 2, 3][..], &[4]]);
    let known = evaluator.known_bounds(&Request::new(Split::Report, vec![3, 5])).unwrap();
    assert_eq!(known, [("kl".to_owned(), vec![Some(0.0), None])].into());
    drop(evaluator);
    assert!(notes.path().join("replayed").exists(), "it was closed as the session has it");
}
