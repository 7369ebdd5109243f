//! Workers that say what the protocol does not have.

use proptest::prelude::*;

use crate::support::{ask, bits, evaluator, evaluator_within, failure, limits, request};
use attune_core::evaluator::{EvalFailure, RunControl};
use attune_workers::{Limits, wire::WorkerLine};

const GOOD: &str = r#"{"kl":{"items":[0.5,0.5]},"likeness":{"items":[0.5,0.5]}}"#;

fn outcome(index: usize, scores: &str) -> String {
    format!(r#"{{"id":ID,"event":"outcome","index":{index},"scores":{scores}}}"#)
}

#[test]
fn the_offending_line_is_quoted_and_what_is_wrong_with_it() {
    let done = r#"{"id":ID,"result":{}}"#;
    let cases = [
        ("Loading shards: 100%".to_owned(), "it is not JSON"),
        ("[1, 2]".to_owned(), "it is not a JSON object"),
        (String::new(), "it is not JSON"),
        (r#"{"id":ID}"#.to_owned(), "it has not exactly one of `result`, `error` and `event`"),
        (r#"{"id":99,"result":{}}"#.to_owned(), "no request 99 is under way"),
        (r#"{"id":"ID","result":{}}"#.to_owned(), "expected that of a request"),
        (r#"{"event":"progress"}"#.to_owned(), "it has no `id` and is no heartbeat"),
        (r#"{"id":ID,"event":"outcom"}"#.to_owned(), "unknown variant `outcom`"),
        (r#"{"id":ID,"error":{"kind":"tired"}}"#.to_owned(), "unknown variant `tired`"),
        (r#"{"id":ID,"error":{"kind":"interrupted"}}"#.to_owned(), "nobody called it off"),
        (r#"{"id":ID,"error":{"kind":"deadline"}}"#.to_owned(), "nobody set a deadline"),
        (
            r#"{"id":ID,"result":{"peak-memory":"much"}}"#.to_owned(),
            "its result is not as the protocol has it",
        ),
        (done.to_owned(), "plan 0 of the request has no outcome"),
        (outcome(1, GOOD), "there is no plan 1: 1 were asked for"),
        (outcome(0, GOOD) + "\n" + &outcome(0, GOOD), "plan 0 had its outcome before"),
        (
            outcome(0, &GOOD.replace("0.5,0.5", "0.5")),
            "has 1 values and 1 weights, and 2 items were asked for",
        ),
        (outcome(0, &GOOD.replacen("0.5,0.5", "0.5,NaN", 1)), "it is not JSON"),
        (outcome(0, &GOOD.replacen("0.5,0.5", "0.5,1e999", 1)), "it is not JSON"),
        (outcome(0, &GOOD.replacen("0.5,0.5", "0.5,null", 1)), "its event is not as the protocol has it"),
        (outcome(0, r#"{"kl":{"items":[0,0]}}"#), "it has no metric `likeness`"),
        (outcome(0, &GOOD.replace("likeness", "loveliness")), "the task has no metric `loveliness`"),
        (outcome(0, &GOOD.replace("]}", r#"],"weights":[0,0]}"#)), "every weight of metric `kl` is 0"),
        (outcome(0, &GOOD.replace("]}", r#"],"weights":[1,-1]}"#)), "metric `kl` has the weight -1"),
        (
            r#"{"id":ID,"event":"outcome","index":0}"#.to_owned(),
            "it has not exactly one of `scores` and `error`",
        ),
    ];
    for (said, wrong) in cases {
        let evaluator = evaluator(&["--fault", "says", "--with", &said]);
        let (_, ended) = ask(&*evaluator, &[bits(0, 2)], &request(2));
        // Twice the same plan: the first time it has its scores, and the whole goes on without that worker.
        if said.matches("outcome").count() == 2 {
            assert_eq!(ended, Ok(()));
            continue;
        }
        let message = failure(&*evaluator).to_string();
        assert!(message.contains("it broke the protocol"), "{said}: {message}");
        assert!(message.contains(wrong), "{said}: {message}");
        let quoted: String = said.split("ID").next().unwrap().chars().take(60).collect();
        assert!(message.contains(&quoted), "{said}: {message}");
    }
}

#[test]
fn outputs_that_make_no_sense_are_quoted() {
    // 1.0 and 0.0 in base64.
    let outputs = |item: u32, values: &str| {
        format!(
            r#"{{"id":ID,"event":"outputs","item":{item},"inputs":[4,5],"positions":[1],"width":2,"values":"{values}"}}"#
        )
    };
    let (good, done) = ("AACAPwAAAAA=", r#"{"id":ID,"result":{}}"#);
    let cases = [
        (done.to_owned(), "there are no outputs of item 0"),
        (outputs(0, good) + "\n" + done, "there are no outputs of item 1"),
        (outputs(7, good), "outputs of item 7, which was not asked for"),
        (outputs(1, good) + "\n" + &outputs(0, good), "come after those of a later one"),
        (outputs(0, "AACAPw=="), "1 values, expected 1 × 2"),
        (outputs(0, "AACAPwAAwH8="), "an output of item 0 is NaN"),
        (outputs(0, "?"), "not base64"),
        (outputs(0, good).replace("[1]", "[2]"), "ascending ones of 2 inputs"),
        (outcome(0, GOOD), "outputs are no outcomes of plans"),
    ];
    for (said, wrong) in cases {
        let evaluator = evaluator(&["--fault", "says", "--with", &said]);
        let message = evaluator.outputs(&bits(0, 2), &request(2), 4).unwrap_err().to_string();
        assert!(message.contains("it broke the protocol") && message.contains(wrong), "{said}: {message}");
    }
    let said = outputs(0, good) + "\n" + &outputs(1, good) + "\n" + done;
    let found = evaluator(&["--fault", "says", "--with", &said]).outputs(&bits(0, 2), &request(2), 4);
    assert_eq!(found.unwrap().unwrap()[1].values, [1.0, 0.0]);
}

#[test]
fn bounds_that_make_no_sense_are_quoted() {
    for (bounds, words) in [
        (r#"{"kl":[0.0]}"#, "1 bounds of `kl`, and 2 items were asked for"),
        (r#"{"mood":[0.0,null]}"#, "bounds of `mood`, a metric that the task does not have"),
    ] {
        let said = format!(r#"{{"id":ID,"result":{{"bounds":{bounds}}}}}"#);
        let evaluator = evaluator(&["--fault", "says", "--with", &said]);
        let message = evaluator.known_bounds(&request(2)).unwrap_err().to_string();
        assert!(message.contains(words) && message.contains("bounds"), "{message}");
    }
    let known = evaluator(&[]).known_bounds(&request(2)).unwrap();
    assert_eq!(known, [("kl".to_owned(), vec![Some(0.0), None])].into());
}

#[test]
fn choices_that_make_no_sense_are_quoted() {
    let choice = |edit: u32, bytes: &str| {
        format!(r#"{{"id":ID,"event":"choice","edit":{edit},"part":0,"bytes":"{bytes}"}}"#)
    };
    let stop = RunControl::default();
    for (said, wrong) in [
        (choice(1, "AQI="), "a choice for edit 1, and the plan has 1"),
        (choice(0, "?"), "not base64"),
        (outcome(0, GOOD), "choices are neither outcomes of plans nor outputs"),
    ] {
        let evaluator = evaluator(&["--fault", "says", "--with", &said]);
        let message = evaluator.choices(&bits(0, 2), &stop).unwrap_err().to_string();
        assert!(message.contains("it broke the protocol") && message.contains(wrong), "{said}: {message}");
    }
    let nothing = evaluator(&[]).choices(&bits(0, 2), &stop).unwrap().unwrap();
    assert!(nothing.is_empty());
}

#[test]
fn a_long_line_is_quoted_in_short() {
    let said = "progress ".repeat(10_000);
    let message = failure(&*evaluator(&["--fault", "says", "--with", &said])).to_string();
    assert!(message.contains("it said `progress progress") && message.len() < 1_500, "{}", message.len());
}

#[test]
fn unknown_keys_are_no_fault() {
    let said = outcome(0, GOOD).replace(r#""index""#, r#""mood":"good","index""#)
        + "\n"
        + r#"{"id":ID,"result":{"x":1}}"#;
    let evaluator = evaluator(&["--fault", "says", "--with", &said]);
    let (outcomes, ended) = ask(&*evaluator, &[bits(0, 2)], &request(2));
    assert_eq!(ended, Ok(()));
    assert!(matches!(&outcomes[0], Some(Ok(evaluation)) if evaluation.scores.value("kl") == Some(0.5)));
}

/// A line as a worker might say it, more or less spoilt.
fn line() -> impl Strategy<Value = String> {
    let good = prop_oneof![
        Just(outcome(0, GOOD)),
        Just(r#"{"id":ID,"result":{"peak-memory":7}}"#.to_owned()),
        Just(r#"{"id":ID,"event":"progress","evaluations":1}"#.to_owned()),
        Just(r#"{"id":ID,"error":{"kind":"internal","message":"no"}}"#.to_owned()),
        Just(r#"{"event":"heartbeat"}"#.to_owned()),
        Just(r#"{"id":99999,"event":"progress"}"#.to_owned()),
    ];
    let spoilt = (good.clone(), any::<prop::sample::Index>(), "[\\PC]{0,3}").prop_map(|(line, at, put)| {
        let mut characters: Vec<char> = line.chars().collect();
        let at = at.index(characters.len());
        characters.splice(at..(at + put.len() % 3).min(line.len()), put.chars());
        characters.into_iter().collect()
    });
    prop_oneof![3 => good, 2 => spoilt, 1 => "[\\PC]{0,40}"]
}

proptest! {
    #[test]
    fn reading_a_line_never_panics(line in prop::collection::vec(any::<u8>(), 0..200), text in line()) {
        let _ = WorkerLine::read(&line);
        let _ = WorkerLine::read(text.as_bytes());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    /// Whatever it says, every plan has one outcome and nobody waits for ever.
    #[test]
    fn whatever_it_says_the_host_comes_to_an_end(lines in prop::collection::vec(line(), 1..6)) {
        let said = lines.join("\n").replace('\0', "");
        // What it says last ends the request, or breaks the protocol.
        let said = format!("{said}\nend");
        let evaluator = evaluator_within(&["--fault", "says", "--with", &said], Limits { fatal_plans: 2, ..limits() });
        let (outcomes, ended) = ask(&*evaluator, &[bits(0, 2), bits(1, 2)], &request(2));
        match ended {
            Ok(()) => prop_assert!(outcomes.iter().all(Option::is_some), "{:?}", outcomes),
            Err(EvalFailure::Internal(_)) => {}
            Err(other) => prop_assert!(false, "{}", other),
        }
    }
}
