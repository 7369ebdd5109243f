//! The conformance suite for stores: what every [`Store`] has to do.
//!
//! ```no_run
//! # fn my_store() -> Box<dyn attune_core::store::Store> { unimplemented!() }
//! // A new, empty one at every call.
//! attune_testkit::store::check(&|| my_store());
//! ```

#![expect(clippy::unwrap_used, reason = "a suite of tests: an error is a failed check")]

use std::collections::BTreeMap;

use attune_core::evaluator::{EvalFailure, Split};
use attune_core::hash::ContentHash;
use attune_core::plan::Plan;
use attune_core::scores::{Aggregate, MetricScore, Scores, Work};
use attune_core::space::{Axis, Config, Dimension, Domain, Value};
use attune_core::store::{
    CacheKey, CacheOrigin, Cached, Record, RunNote, RunTime, Store, StoreError, StudyHeader, TrialEffort,
};
use attune_core::strategy;
use attune_core::technique::Cost;
use attune_core::trial::{Dropped, Outcome, Repeat, Trial, TrialState};

/// Runs the suite. `make` makes a new, empty store at every call.
///
/// # Panics
/// When a check fails.
pub fn check(make: &dyn Fn() -> Box<dyn Store>) {
    an_empty_store_knows_nothing(&*make());
    records_come_back_in_order(&*make());
    studies_are_kept_apart(&*make());
    the_header_comes_first_and_once(&*make());
    unfinished_trials_are_refused(&*make());
    the_first_evaluation_wins(&*make());
    evaluations_of_a_key_come_back_in_order(&*make());
    an_evaluation_that_adds_no_item_is_not_kept(&*make());
    every_part_of_the_key_counts(&*make());
    notes_are_kept_per_study(&*make());
    names_are_checked(&*make());
    a_claimed_study_is_refused_to_others(&*make());
    writers_in_several_threads_lose_nothing(&*make());
}

fn an_empty_store_knows_nothing(store: &dyn Store) {
    assert!(store.studies().unwrap().is_empty());
    assert!(store.records("a").unwrap().is_empty());
    assert!(store.notes_on("a").unwrap().is_empty());
    assert_eq!(store.cached(&key(0)).unwrap(), []);
    assert!(store.studies().unwrap().is_empty(), "asking for a study must not make one");
}

fn records_come_back_in_order(store: &dyn Store) {
    let records: Vec<Record> = std::iter::once(header("a")).chain((0..20).map(trial)).collect();
    for record in &records {
        store.append("a", record).unwrap();
    }
    same(&store.records("a").unwrap(), &records);
}

fn studies_are_kept_apart(store: &dyn Store) {
    // Names that are prefixes of each other, in an order that is not theirs.
    for study in ["b", "a.b", "a", "a-b"] {
        store.append(study, &header(study)).unwrap();
    }
    store.append("a", &trial(0)).unwrap();
    assert_eq!(store.studies().unwrap(), ["a", "a-b", "a.b", "b"]);
    same(&store.records("a").unwrap(), &[header("a"), trial(0)]);
    same(&store.records("a.b").unwrap(), &[header("a.b")]);
}

fn the_header_comes_first_and_once(store: &dyn Store) {
    let refused = |result| matches!(result, Err(StoreError::BadRecord { .. }));
    assert!(refused(store.append("a", &trial(0))));
    assert!(store.studies().unwrap().is_empty(), "a refused record must leave nothing behind");
    store.append("a", &header("a")).unwrap();
    assert!(refused(store.append("a", &header("a"))));
    same(&store.records("a").unwrap(), &[header("a")]);
}

fn unfinished_trials_are_refused(store: &dyn Store) {
    store.append("a", &header("a")).unwrap();
    let waiting = Trial::new(0, Config::new(vec![]), Plan::empty(), vec![], strategy::Origin::Random);
    let refused = store.append("a", &Record::Trial(Box::new(waiting)));
    assert!(matches!(refused, Err(StoreError::BadRecord { .. })));
    same(&store.records("a").unwrap(), &[header("a")]);
}

fn the_first_evaluation_wins(store: &dyn Store) {
    let (first, second) = (cached("first", 1.0), cached("second", 2.0));
    store.remember(&key(0), &first).unwrap();
    store.remember(&key(0), &second).unwrap();
    assert_eq!(store.cached(&key(0)).unwrap(), [first]);
    let failure = EvalFailure::NotFinite { metric: "kl".into(), item: 3, value: f64::INFINITY };
    let failed = Cached { outcome: Err(failure), ..cached("failed", 0.0) };
    store.remember(&key(1), &failed).unwrap();
    assert_eq!(store.cached(&key(1)).unwrap(), [failed]);
}

fn evaluations_of_a_key_come_back_in_order(store: &dyn Store) {
    // More than one byte can count, in no order of their items, and with another key between them.
    let entries: Vec<Cached> = (0..300).rev().map(|item| part(&[item], f64::from(item))).collect();
    for entry in &entries {
        store.remember(&key(0), entry).unwrap();
        store.remember(&key(1), entry).unwrap();
    }
    assert_eq!(store.cached(&key(0)).unwrap(), entries);
    assert_eq!(store.cached(&key(1)).unwrap(), entries);
}

fn an_evaluation_that_adds_no_item_is_not_kept(store: &dyn Store) {
    let failed = Cached { outcome: Err(EvalFailure::Interrupted), ..part(&[9, 8], 0.0) };
    let empty = part(&[], 0.0);
    let kept = [part(&[2, 0], 1.0), part(&[1, 2, 3], 2.0), failed, part(&[8, 7], 3.0)];
    // Known from one entry, from several together, from a failure, and nothing at all.
    let not_kept =
        [part(&[0], 4.0), part(&[3, 0, 1], 5.0), part(&[8], 6.0), part(&[7, 9], 7.0), empty.clone()];
    for cached in &kept {
        store.remember(&key(0), cached).unwrap();
    }
    for cached in &not_kept {
        store.remember(&key(0), cached).unwrap();
    }
    assert_eq!(store.cached(&key(0)).unwrap(), kept);

    for cached in [&empty, &part(&[], 1.0), &kept[0]] {
        store.remember(&key(1), cached).unwrap();
    }
    assert_eq!(store.cached(&key(1)).unwrap(), [empty, kept[0].clone()]);
}

fn every_part_of_the_key_counts(store: &dyn Store) {
    let other = ContentHash::of(b"another");
    let keys = [
        key(0),
        CacheKey { model: other, ..key(0) },
        CacheKey { task: other, ..key(0) },
        CacheKey { split: Split::Report, ..key(0) },
        CacheKey { split: Split::OutOfDomain("report".into()), ..key(0) },
        CacheKey { plan: other, ..key(0) },
        CacheKey { numerics: "f16/other".into(), ..key(0) },
    ];
    for (number, key) in keys.iter().enumerate() {
        assert_eq!(store.cached(key).unwrap(), [], "{key:?}");
        store.remember(key, &cached("a", number as f64)).unwrap();
    }
    for (number, key) in keys.iter().enumerate() {
        assert_eq!(store.cached(key).unwrap(), [cached("a", number as f64)]);
    }
}

fn notes_are_kept_per_study(store: &dyn Store) {
    let effort =
        |trial| TrialEffort { trial, work: Work { computed: 7, naive: u64::MAX }, seconds: 0.1 + 0.2 };
    let notes = [
        RunNote::Trials(vec![effort(0), effort(u64::MAX)]),
        run(1.5, None),
        RunNote::Trials(vec![]),
        run(0.25, Some(u64::MAX)),
    ];
    for note in &notes {
        store.note("a", note).unwrap();
    }
    store.note("b", &run(9.0, None)).unwrap();
    assert_eq!(store.notes_on("a").unwrap(), notes);
    assert_eq!(store.notes_on("b").unwrap(), [run(9.0, None)]);
    assert!(store.studies().unwrap().is_empty(), "a note is no journal");
}

fn a_claimed_study_is_refused_to_others(store: &dyn Store) {
    let claim = store.claim("a").unwrap();
    assert!(matches!(store.claim("a"), Err(StoreError::StudyBusy { .. })));
    let _other = store.claim("b").unwrap();
    // Who has claimed it writes.
    store.append("a", &header("a")).unwrap();
    store.note("a", &run(1.0, None)).unwrap();
    drop(claim);
    let _again = store.claim("a").unwrap();
    same(&store.records("a").unwrap(), &[header("a")]);
}

fn names_are_checked(store: &dyn Store) {
    for name in ["", "..", "a/b", ".a"] {
        let bad = |error| matches!(error, StoreError::BadName { .. });
        assert!(store.append(name, &header("a")).is_err_and(bad), "{name}");
        assert!(store.records(name).is_err_and(bad), "{name}");
        assert!(store.note(name, &run(1.0, None)).is_err_and(bad), "{name}");
        assert!(store.notes_on(name).is_err_and(bad), "{name}");
    }
}

fn writers_in_several_threads_lose_nothing(store: &dyn Store) {
    let study = |thread: u64| format!("study-{thread}");
    std::thread::scope(|scope| {
        for thread in 0..4 {
            scope.spawn(move || {
                store.append(&study(thread), &header(&study(thread))).unwrap();
                for id in 0..10 {
                    store.append(&study(thread), &trial(id)).unwrap();
                    store.remember(&key(100 * thread + id), &cached("a", id as f64)).unwrap();
                }
            });
        }
    });
    for thread in 0..4 {
        assert_eq!(store.records(&study(thread)).unwrap().len(), 11);
        for id in 0..10 {
            let found = store.cached(&key(100 * thread + id)).unwrap();
            assert_eq!(found, [cached("a", id as f64)]);
        }
    }
}

/// Compares by debug text, in which NaN equals NaN and −0 is not 0.
fn same(found: &[Record], expected: &[Record]) {
    assert_eq!(format!("{found:#?}"), format!("{expected:#?}"));
}

/// The header of a study, the first record that any journal takes.
pub fn header(study: &str) -> Record {
    Record::Header(Box::new(StudyHeader {
        study: study.to_owned(),
        profile: "(\n    version: 1,\n    text: \"line\\nbreak\",\n)".to_owned(),
        technique: "expert-pruning".to_owned(),
        technique_fingerprint: ContentHash::of(b"technique"),
        model: "tiny".to_owned(),
        dimensions: vec![Dimension {
            name: "kept-experts".to_owned(),
            help: "Which experts stay.".to_owned(),
            axes: vec![Axis::new("layer", 6)],
            domain: Domain::Subset { of: 8, min: 4, max: 4 },
        }],
        conditions: Vec::new(),
        model_fingerprint: ContentHash::of(b"model"),
        model_path: "models/tiny".to_owned(),
        task_fingerprint: ContentHash::of(b"task"),
        baselines: BTreeMap::new(),
        sensitivities: None,
        numerics: "f32/test".to_owned(),
        device: "cpu".to_owned(),
        seed: u64::MAX,
    }))
}

/// A finished trial: each of the four ways to finish, in turn.
fn trial(id: u64) -> Record {
    let config =
        Config::new(vec![vec![Value::Index(id as u32), Value::Real(-0.0)], vec![Value::Indices(vec![0, 2])]]);
    let costs =
        vec![Cost { resource: "memory".into(), unit: "bytes".into(), value: 0.1 + 0.2, dense: f64::NAN }];
    let origin = strategy::Origin::Varied {
        parents: vec![id, 0],
        operator: id.is_multiple_of(3).then(|| "swap".to_owned()),
    };
    let mut trial = Trial::new(id, config, Plan::empty(), costs, origin);
    // Every state comes both reused and not.
    let (scores, reused) = (scores(id as f64), (id / 4).is_multiple_of(2));
    let state = match id % 4 {
        0 => TrialState::Complete(Outcome { scores, reused }),
        1 => TrialState::Failed("out of \"range\"\n".to_owned()),
        2 => TrialState::Repeated(Repeat { items: vec![12, 13, 14, 15], scores, reused }),
        _ => TrialState::Dropped(Dropped { stage: 2, items: vec![6, 0, 3, 9], scores, rival: 0, reused }),
    };
    trial.advance(state).unwrap();
    Record::Trial(Box::new(trial))
}

fn key(number: u64) -> CacheKey {
    CacheKey {
        model: ContentHash::of(b"model"),
        task: ContentHash::of(b"task"),
        split: Split::Selection,
        plan: ContentHash::of(&number.to_be_bytes()),
        numerics: "f32/test".to_owned(),
    }
}

fn cached(by: &str, value: f64) -> Cached {
    let origin = CacheOrigin { study: "a".to_owned(), by: by.to_owned() };
    Cached { items: vec![0, 1, 2, 3], outcome: Ok(scores(value)), origin }
}

/// An evaluation of some items.
fn part(items: &[u32], value: f64) -> Cached {
    let metric = MetricScore {
        aggregate: Aggregate::Mean,
        items: vec![value; items.len()],
        weights: vec![1.0; items.len()],
    };
    let scores = Scores { metrics: BTreeMap::from([("kl".to_owned(), metric)]) };
    Cached { items: items.to_vec(), outcome: Ok(scores), ..cached("a", value) }
}

fn run(seconds: f64, peak_memory: Option<u64>) -> RunNote {
    RunNote::Run(RunTime { seconds, peak_memory })
}

fn scores(value: f64) -> Scores {
    let items = vec![value, 1e-300, 1.0 / 3.0, f64::MIN_POSITIVE / 8.0];
    let metric = MetricScore { aggregate: Aggregate::ExpMean, items, weights: vec![1.0; 4] };
    Scores { metrics: BTreeMap::from([("perplexity".to_owned(), metric)]) }
}
