//! Small records with everything in them that is hard to write.

use std::collections::BTreeMap;

use attune_core::evaluator::{EvalFailure, Split};
use attune_core::hash::ContentHash;
use attune_core::plan::{Edit, Plan};
use attune_core::report::{Best, Contender, Estimates, Report};
use attune_core::scores::{Aggregate, MetricScore, Scores};
use attune_core::space::{Axis, Config, Dimension, Domain, Value};
use attune_core::stats::Estimate;
use attune_core::store::{CacheKey, CacheOrigin, Cached, Record, Store, StudyHeader};
use attune_core::strategy;
use attune_core::technique::Cost;
use attune_core::trial::{Dropped, Outcome, Trial, TrialState};

/// The header of a study.
pub(crate) fn header(study: &str) -> Record {
    Record::Header(Box::new(StudyHeader {
        study: study.to_owned(),
        profile: "(\n    version: 1,\n    technique: (name: \"expert-pruning\"),\n)".to_owned(),
        technique: "expert-pruning".to_owned(),
        technique_fingerprint: ContentHash::of(b"technique"),
        model: "tiny-moe".to_owned(),
        dimensions: vec![Dimension {
            name: "kept-experts".to_owned(),
            help: "Which experts of a layer stay.".to_owned(),
            axes: vec![Axis::new("layer", 2)],
            domain: Domain::Subset { of: 8, min: 4, max: 4 },
        }],
        conditions: Vec::new(),
        model_fingerprint: ContentHash::of(b"model"),
        model_path: "models/tiny-moe".to_owned(),
        task_fingerprint: ContentHash::of(b"task"),
        baselines: BTreeMap::new(),
        sensitivities: None,
        numerics: "float32/flex".to_owned(),
        device: "cpu".to_owned(),
        seed: u64::MAX,
    }))
}

/// A finished trial: every third one failed, every second of the others reused.
pub(crate) fn trial(id: u64) -> Record {
    let state = if id % 3 == 2 {
        TrialState::Failed("metric `kl` of item 0 is NaN: \"the plan\" breaks the model\n".to_owned())
    } else {
        TrialState::Complete(Outcome { scores: scores(id as f64), reused: id % 2 == 1 })
    };
    finished(id, state)
}

/// A trial that lost a race.
pub(crate) fn dropped(id: u64) -> Record {
    let scores = scores(id as f64);
    finished(
        id,
        TrialState::Dropped(Dropped { stage: 1, items: vec![7, 0, 4], scores, rival: 1, reused: false }),
    )
}

/// A trial whose line is at least `length` bytes long.
pub(crate) fn long_trial(id: u64, length: usize) -> Record {
    finished(id, TrialState::Failed("x".repeat(length)))
}

fn finished(id: u64, state: TrialState) -> Record {
    let origin = strategy::Origin::Varied { parents: vec![0, id], operator: None };
    let mut trial = Trial::new(id, config(), plan(), costs(), origin);
    trial.advance(state).unwrap();
    Record::Trial(Box::new(trial))
}

/// A report.
pub(crate) fn report() -> Record {
    let estimates: Estimates = BTreeMap::from([(
        "kl".to_owned(),
        Estimate { mean: 0.1 + 0.2, low: f64::NEG_INFINITY, high: 1e300 },
    )]);
    let out_of_domain = BTreeMap::from([("code".to_owned(), estimates.clone())]);
    let best = Best {
        trial: 1,
        config: config(),
        plan: plan(),
        costs: costs(),
        search: BTreeMap::from([("kl".to_owned(), f64::NAN)]),
        report: scores(0.25),
        estimates: estimates.clone(),
        out_of_domain: out_of_domain.clone(),
        gaps: BTreeMap::new(),
        out_of_domain_gaps: BTreeMap::new(),
        search_gaps: BTreeMap::new(),
    };
    let dense = Contender {
        name: "dense".to_owned(),
        help: "The model as it is.".to_owned(),
        costs: costs(),
        report: scores(-0.0),
        out_of_domain: BTreeMap::from([("code".to_owned(), scores(5e-324))]),
        estimates: estimates.clone(),
        delta: estimates,
        out_of_domain_delta: out_of_domain,
        gaps: BTreeMap::new(),
    };
    let report = Report {
        trials: 3,
        best,
        front: None,
        baselines: vec![dense],
        bounds: BTreeMap::new(),
        objectives: Vec::new(),
        words: None,
    };
    Record::Report(Box::new(report))
}

/// The key of an evaluation.
pub(crate) fn key(number: u64) -> CacheKey {
    CacheKey {
        model: ContentHash::of(b"model"),
        task: ContentHash::of(b"task"),
        split: Split::OutOfDomain("code".to_owned()),
        plan: ContentHash::of(&number.to_be_bytes()),
        numerics: "float32/flex".to_owned(),
    }
}

/// A cached evaluation: every third one is a failure.
pub(crate) fn cached(number: u64) -> Cached {
    let outcome = if number % 3 == 2 {
        Err(EvalFailure::NotFinite { metric: "kl".to_owned(), item: 1, value: f64::INFINITY })
    } else {
        Ok(scores(number as f64))
    };
    Cached {
        items: vec![0, 1, 2],
        outcome,
        origin: CacheOrigin { study: "one".to_owned(), by: number.to_string() },
    }
}

/// An evaluation of other items of the same key.
pub(crate) fn cached_later(number: u64) -> Cached {
    Cached { items: vec![2, 5, 3], ..cached(number) }
}

/// Fills a study with a header, `trials` trials and as many evaluations.
pub(crate) fn fill(store: &dyn Store, study: &str, trials: u64) {
    store.append(study, &header(study)).unwrap();
    for id in 0..trials {
        store.append(study, &trial(id)).unwrap();
        store.remember(&key(id), &cached(id)).unwrap();
    }
}

/// Text by which records compare: NaN equals NaN and −0 is not 0.
pub(crate) fn text(records: &[Record]) -> String {
    format!("{records:#?}")
}

fn config() -> Config {
    Config::new(vec![
        vec![Value::Indices(vec![0, 2, 5, 7]), Value::Index(3)],
        vec![Value::Int(i64::MIN), Value::Real(-0.0), Value::Reals(vec![1.0 / 3.0, 2.0 / 3.0])],
    ])
}

fn plan() -> Plan {
    let layer = |kind: &str, number| Edit::new(kind).int("layer", number);
    Plan::from_canonical(vec![
        layer("keep-experts", 0).ints("experts", vec![0, 2, 5, 7]),
        layer("attention-span", 1).int("kv-head", 0).int("sink", 4).real("alpha", 32.0).real("beta", 0.1),
        layer("kv-bits", 1)
            .int("keys", 4)
            .int("values", 2)
            .int("group-size", 64)
            .int("sink", 1)
            .int("recent", 16),
    ])
}

fn costs() -> Vec<Cost> {
    vec![Cost { resource: "memory".to_owned(), unit: "bytes".to_owned(), value: 1.5e9, dense: 3e9 }]
}

fn scores(value: f64) -> Scores {
    let metric = |aggregate| MetricScore {
        aggregate,
        items: vec![value, 1.0 / 3.0, f64::NAN],
        weights: vec![127.0, 127.0, 31.0],
    };
    Scores {
        metrics: BTreeMap::from([
            ("kl".to_owned(), metric(Aggregate::Mean)),
            ("perplexity".to_owned(), metric(Aggregate::ExpMean)),
        ]),
    }
}
