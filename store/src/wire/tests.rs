use attune_core::store::{Record, RunTime};
use proptest::prelude::*;

use super::arbitrary::{entry, record};
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
    let text = refusal::<RunTime>(r#"{"seconds":1.0,"minutes":2}"#);
    assert!(text.contains("unknown field `minutes`, expected `seconds`"), "{text}");
    let text = refusal::<Record>(r#"{"note":{}}"#);
    assert!(text.contains("unknown variant `note`"), "{text}");
    let trial = |plan: &str, scores: &str| {
        format!(
            r#"{{"trial":{{"id":0,"config":[],"plan":{plan},"costs":[],"origin":"random","state":{{"complete":{{"scores":{scores},"reused":false}}}}}}}}"#
        )
    };
    let scores = r#"{"metrics":{},"work":{"computed":0,"naive":0}}"#;
    decode::<Record>(&trial("[]", scores)).unwrap();
    let text = refusal::<Record>(&trial(r#"[{"kind":"merge-experts","args":{}}]"#, scores));
    assert!(text.contains("unknown edit `merge-experts`"), "{text}");
    let scores = r#"{"metrics":{"kl":{"aggregate":"mean","items":[1.0],"weights":[]}},"work":{"computed":0,"naive":0}}"#;
    let text = refusal::<Record>(&trial("[]", scores));
    assert_eq!(text, "metric `kl` has 1 items and 0 weights, expected as many");
}
