//! Texts and requests that make no task.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use attune_core::evaluator::{EvalFailure, Evaluator, Fidelity, Request, Split};
use attune_core::options::OptionValue;
use attune_core::plan::Plan;
use attune_core::signal::SignalRequest;
use attune_eval::compute::Precision;
use attune_eval::native::{NativeEvaluator, NativeSpec, REFERENCE_MEMORY};
use attune_eval::text::TextSpec;

use crate::contract::Fixture;
use crate::made;

fn message(fixture: &Fixture, change: impl Fn(&mut TextSpec)) -> String {
    let mut task = fixture.spec();
    change(&mut task);
    let spec = NativeSpec {
        model: fixture.folder.path(),
        device: "cpu",
        precision: Precision::F32,
        task: &task,
        reference_memory: REFERENCE_MEMORY,
        activation_memory: None,
    };
    match NativeEvaluator::open(&spec) {
        Ok(_) => panic!("the task was accepted"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn texts_that_make_no_task() {
    let fixture = Fixture::new();
    let file = |name: &str, text: &str| {
        let file = fixture.folder.path().join(name);
        std::fs::write(&file, text).unwrap();
        file
    };
    type Change<'a> = &'a dyn Fn(&mut TextSpec);
    let cases: [(Change<'_>, &[&str]); 13] = [
        (&|spec| spec.length = 1, &["items of 1 tokens: expected 2 to 256"]),
        (&|spec| spec.length = 300, &["items of 300 tokens: expected 2 to 256"]),
        (
            &|spec| spec.report = "nowhere.txt".into(),
            &["nowhere.txt: no such file or directory", "a text file in UTF-8"],
        ),
        (&|spec| spec.tokenizer = file("t.json", "{}"), &["t.json is not a tokenizer"]),
        (
            &|spec| spec.report = file("short.txt", "ABC"),
            &["the report text ", "short.txt has 3 tokens, too few for 1 item of 40"],
        ),
        (&|spec| spec.lengths = [(300, 1)].into(), &["items of 300 tokens: expected 2 to 256"]),
        (
            &|spec| spec.lengths = [(200, 8)].into(),
            &["the elsewhere:200 tokens text ", "report has 1480 tokens, too few for 8 items of 200"],
        ),
        (&|spec| spec.passkeys = [(257, 1)].into(), &["items of 257 tokens: expected 2 to 256"]),
        (&|spec| spec.passkeys = [(200, u32::MAX)].into(), &["expected at most 4096 of them"]),
        // Nothing but some letters is in its vocabulary.
        (
            &|spec| spec.passkeys = [(200, 1)].into(),
            &["items of 200 tokens with a pass key: the tokenizer knows no digits"],
        ),
        (&|spec| spec.report = spec.selection.clone(), &["selection and report data overlap: 100.0 %"]),
        (
            &|spec| spec.elsewhere = BTreeMap::from([("twin".to_owned(), spec.selection.clone())]),
            &["selection and elsewhere:twin data overlap"],
        ),
        (
            &|spec| spec.report = file("part.txt", &(made::text(8, 900) + &made::text(1, 400)[100..280])),
            &["overlap: 16.", "runs of 100 characters"],
        ),
    ];
    for (change, expected) in cases {
        let found = message(&fixture, change);
        for part in expected {
            assert!(found.contains(part), "`{part}` is not in: {found}");
        }
    }
}

#[test]
fn a_tokenizer_of_another_model_is_noticed() {
    let fixture = Fixture::new();
    let json = r#"{"version": "1.0", "model": {"type": "BPE", "vocab": {"A": 0, "B": 50}, "merges": []}}"#;
    let file = fixture.folder.path().join("foreign.json");
    std::fs::write(&file, json).unwrap();
    let found = message(&fixture, |spec| spec.tokenizer = file.clone());
    assert!(
        found.contains("token 50 (\"B\") of the selection text is not below the vocabulary size 50"),
        "{found}"
    );
}

#[test]
fn requests_that_the_task_cannot_serve() {
    let evaluator = Fixture::new().open();
    let request = |split, items| Request::new(split, Fidelity { items }.all());
    let ask = |request| evaluator.evaluate(&[Plan::empty()], &request, &mut |_, _| ControlFlow::Continue(()));
    let failure = ask(request(Split::Selection, 1000)).unwrap_err();
    assert!(
        matches!(&failure, EvalFailure::BadRequest(text) if text.contains("item 37 of split `selection`, which holds 37"))
    );
    assert!(matches!(ask(request(Split::OutOfDomain("moon".into()), 1)), Err(EvalFailure::BadRequest(_))));
    assert!(matches!(ask(request(Split::Report, 0)), Err(EvalFailure::BadRequest(_))));
    let failure = evaluator
        .signal(
            &SignalRequest::new("expert-colour"),
            &Request::new(Split::Selection, Fidelity { items: 2 }.all()),
        )
        .unwrap_err();
    assert!(
        failure.to_string().contains("expert-reconstruction, block-influence, attention-influence"),
        "{failure}"
    );
    let odd = SignalRequest::new("kv-quantisation-error").with("group-size", OptionValue::Int(3));
    let failure =
        evaluator.signal(&odd, &Request::new(Split::Selection, Fidelity { items: 2 }.all())).unwrap_err();
    assert!(failure.to_string().contains("is 3, which does not divide the 8 channels per head"), "{failure}");
    let slip = SignalRequest::new("attention-influence").with("sinks", OptionValue::Int(3));
    let failure =
        evaluator.signal(&slip, &Request::new(Split::Selection, Fidelity { items: 2 }.all())).unwrap_err();
    assert!(failure.to_string().contains("did you mean `sink`?"), "{failure}");
}
