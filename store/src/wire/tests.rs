use attune_core::scores::Work;
use attune_core::store::{MeasuringEffort, Record, RunNote, RunTime, TrialEffort};
use attune_core::strategy::{Planned, Spent};
use proptest::prelude::*;

use super::arbitrary::{entry, note, record};
use super::*;

/// Debug text tells −0 from 0 and prints the shortest text of every finite number; the canonical JSON of a
/// second trip tells NaNs apart.
fn round_trips<T: Wire + std::fmt::Debug>(record: &T) -> Result<(), TestCaseError> {
    let json = encode(record).map_err(|error| TestCaseError::fail(error.to_string()))?;
    prop_assert!(!json.contains('\n'), "a record is one line");
    let back: T = decode(&json).map_err(|error| TestCaseError::fail(error.to_string()))?;
    prop_assert_eq!(format!("{record:?}"), format!("{back:?}"));
    prop_assert_eq!(encode(&back).ok(), Some(json));
    Ok(())
}

proptest! {
    #[test]
    fn records_round_trip_bit_exactly(record in record()) {
        round_trips(&record)?;
    }

    #[test]
    fn cached_evaluations_round_trip_bit_exactly(entry in entry()) {
        round_trips(&entry)?;
    }

    #[test]
    fn notes_on_runs_round_trip_bit_exactly(note in note()) {
        round_trips(&note)?;
    }

    #[test]
    fn decoding_never_panics(record in record(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut json = encode(&record).unwrap().into_bytes();
        let at = at.index(json.len());
        json[at] = byte;
        if let Ok(json) = std::str::from_utf8(&json) {
            let _ = decode::<Record>(json);
        }
    }
}

fn refusal<T: Wire + std::fmt::Debug>(json: &str) -> String {
    decode::<T>(json).unwrap_err().to_string()
}

#[test]
fn what_this_version_does_not_write_is_refused_by_name() {
    let text = refusal::<RunNote>(r#"{"seconds":1.0,"minutes":2}"#);
    assert!(text.contains("unknown field `minutes`, expected one of `seconds`"), "{text}");
    for neither in [
        "{}",
        r#"{"seconds":1.0,"trials":[]}"#,
        r#"{"budget":4,"trials":[]}"#,
        r#"{"peak_memory":1}"#,
        r#"{"seconds":null}"#,
    ] {
        let text = refusal::<RunNote>(neither);
        assert!(text.starts_with("a note on a run has either `seconds`"), "{neither}: {text}");
    }
    let text = refusal::<Record>(r#"{"note":{}}"#);
    assert!(text.contains("unknown variant `note`"), "{text}");
    let trial = |plan: &str, scores: &str| {
        format!(
            r#"{{"trial":{{"id":0,"config":[],"plan":{plan},"costs":[],"origin":"random","state":{{"complete":{{"scores":{scores},"reused":false}}}}}}}}"#
        )
    };
    let scores = r#"{"metrics":{}}"#;
    decode::<Record>(&trial("[]", scores)).unwrap();
    let text = refusal::<Record>(&trial(r#"[{"kind":"melt-experts"}]"#, scores));
    assert!(text.contains("missing field `args`"), "{text}");
    let scores = r#"{"metrics":{"kl":{"aggregate":"mean","items":[1.0],"weights":[]}}}"#;
    let text = refusal::<Record>(&trial("[]", scores));
    assert_eq!(text, "metric `kl` has 1 items and 0 weights, expected as many");
}

#[test]
fn what_a_run_took_is_written_as_ever_and_what_its_trials_took_beside_it() {
    let run = |peak_memory| RunNote::Run(RunTime { seconds: 12.25, peak_memory });
    let effort = TrialEffort { trial: 3, work: Work { computed: 7, naive: 9 }, seconds: 0.5 };
    let work = Work { computed: 7, naive: 9 };
    let measured = MeasuringEffort { what: "sensitivities".to_owned(), work, seconds: 0.5 };
    let (resource, unit) = ("bits".to_owned(), "bits/element".to_owned());
    let budgets = vec![Spent { resource, unit, used: 3.0, limit: 3.25 }];
    let planned = Planned { damage: 2.5, bound: 2.25, budgets };
    let notes = [
        (RunNote::Budget(400), r#"{"budget":400}"#),
        (run(None), r#"{"seconds":12.25}"#),
        (run(Some(1 << 30)), r#"{"seconds":12.25,"peak_memory":1073741824}"#),
        (RunNote::Trials(vec![effort]), r#"{"trials":[{"trial":3,"computed":7,"naive":9,"seconds":0.5}]}"#),
        (
            RunNote::Measured(measured),
            r#"{"measured":{"what":"sensitivities","computed":7,"naive":9,"seconds":0.5}}"#,
        ),
        (
            RunNote::Planned(planned),
            r#"{"planned":{"damage":2.5,"bound":2.25,"budgets":[{"resource":"bits","unit":"bits/element","used":3.0,"limit":3.25}]}}"#,
        ),
    ];
    for (note, json) in notes {
        assert_eq!(encode(&note).unwrap(), json);
        assert_eq!(decode::<RunNote>(json).unwrap(), note);
    }
}

#[test]
fn items_are_a_list_beside_the_key_and_were_a_number_in_it() {
    let hash = "00".repeat(32);
    let line = |in_key: &str, beside: &str| {
        format!(
            r#"{{"key":{{"model":"{hash}","task":"{hash}","split":"report",{in_key}"plan":"{hash}","numerics":"n"}},{beside}"outcome":{{"scores":{{"metrics":{{}}}}}},"origin":{{"study":"one","by":"0"}}}}"#
        )
    };
    let (old, new) = (line(r#""items":3,"#, ""), line("", r#""items":[0,1,2],"#));
    assert_eq!(decode::<Entry>(&old).unwrap(), decode::<Entry>(&new).unwrap());
    assert_eq!(encode(&decode::<Entry>(&old).unwrap()).unwrap(), new);
    let text = refusal::<Entry>(&line(r#""items":3,"#, r#""items":[0],"#));
    assert_eq!(text, "`items` twice, in the key and beside it, expected one");
    assert_eq!(refusal::<Entry>(&line("", "")), "an evaluation without `items`");
}

#[test]
fn work_in_scores_is_passed_over_and_not_written() {
    let trial = |work: &str| {
        format!(
            r#"{{"trial":{{"id":0,"config":[],"plan":[],"costs":[],"origin":"random","state":{{"complete":{{"scores":{{"metrics":{{}}{work}}},"reused":false}}}}}}}}"#
        )
    };
    let old = decode::<Record>(&trial(r#","work":{"computed":1,"naive":2}"#)).unwrap();
    assert_eq!(encode(&old).unwrap(), trial(""));
}

#[test]
fn a_dropped_trial_has_a_value_for_each_of_its_items() {
    let trial = |items: &str| {
        format!(
            r#"{{"trial":{{"id":4,"config":[],"plan":[],"costs":[],"origin":"random","state":{{"dropped":{{"stage":1,"items":{items},"scores":{{"metrics":{{"kl":{{"aggregate":"mean","items":[1.0,2.0],"weights":[1.0,1.0]}}}}}},"rival":2,"reused":true}}}}}}}}"#
        )
    };
    let whole = trial("[5,1]");
    assert_eq!(encode(&decode::<Record>(&whole).unwrap()).unwrap(), whole);
    let text = refusal::<Record>(&trial("[5]"));
    assert_eq!(text, "metric `kl` has 2 values for 1 items, expected as many");
}

#[test]
fn a_report_from_before_there_were_bounds_reads_and_is_written_as_it_was() {
    let estimates = r#"{"kl":{"mean":0.5,"low":0.25,"high":0.75}}"#;
    let scores = r#"{"metrics":{"kl":{"aggregate":"mean","items":[0.5],"weights":[1.0]}}}"#;
    let best = format!(
        r#"{{"trial":7,"config":[],"plan":[],"costs":[],"search":{{"kl":0.5}},"report":{scores},"estimates":{estimates},"elsewhere":{{}}}}"#
    );
    let dense = format!(
        r#"{{"name":"dense","help":"","costs":[],"report":{scores},"elsewhere":{{}},"estimates":{estimates},"delta":{estimates},"elsewhere_delta":{{}}}}"#
    );
    let written = format!(r#"{{"report":{{"trials":9,"best":{best},"baselines":[{dense}]}}}}"#);
    let record: Record = decode(&written).unwrap();
    assert_eq!(encode(&record).unwrap(), written);
    let Record::Report(report) = record else { panic!("a report") };
    assert!(report.bounds.is_empty() && report.best.gaps.is_empty() && report.baselines[0].gaps.is_empty());
}
