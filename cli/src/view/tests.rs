//! Everything that is printed as a table, on terminals of three widths, with ordinary contents and with long names and
//! extreme numbers. `ATTUNE_REWRITE_TABLES=1` writes the files anew; look at what changed.

use std::collections::BTreeMap;
use std::path::Path;

use attune_core::bounds::Gap;
use attune_core::event::{Finished, Progress};
use attune_core::hash::ContentHash;
use attune_core::objective::Direction;
use attune_core::plan::{Edit, Plan};
use attune_core::report::{Best, Contender, Front, FrontMember, Report, Words};
use attune_core::scores::{Aggregate, MetricScore, Scores, Work};
use attune_core::space::Config;
use attune_core::stats::Estimate;
use attune_core::store::StudyHeader;
use attune_core::technique::{Cost, TechniqueInfo};
use attune_store::{Health, StudyHealth};
use attune_vocabulary::arrange;
use attune_vocabulary::edits::KeepExperts;
use serde_json::json;
use unicode_width::UnicodeWidthStr as _;

use super::{next, table};
use crate::commands::{compare, doctor, studies, technique};
use crate::output;

const WIDTHS: [usize; 3] = [60, 80, 100];

#[track_caller]
fn keeps(name: &str, text: impl Fn(usize) -> String) {
    for columns in WIDTHS {
        let found = output::on_terminal(&text(columns), columns);
        let file = format!("{name}.{columns}.txt");
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/view/tests").join(&file);
        if std::env::var_os("ATTUNE_REWRITE_TABLES").is_some() {
            assert!(std::fs::write(&path, &found).is_ok(), "{file} can be written");
        }
        let kept = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(kept == found, "{file} has changed (ATTUNE_REWRITE_TABLES=1 keeps it); it is now\n{found}");
        let too_wide = |line: &&str| line.width() > columns && !line.trim_start().starts_with("attune ");
        // A single number or name that is wider than the terminal stays whole.
        let torn = found.lines().filter(too_wide).find(|line| line.split_whitespace().count() > 4);
        assert_eq!(torn, None, "{file} is wider than its terminal:\n{found}");
    }
}

/// The words and sizes of one set of tables.
struct Cast {
    study: &'static str,
    technique: &'static str,
    model: &'static str,
    metrics: [&'static str; 2],
    baselines: [&'static str; 4],
    /// Everything is multiplied by it.
    scale: f64,
    unit: &'static str,
}

const ORDINARY: Cast = Cast {
    study: "quickstart",
    technique: "expert-pruning",
    model: "tiny-moe",
    metrics: ["kl", "perplexity"],
    baselines: ["dense", "random", "uniform", "frequency"],
    scale: 1.0,
    unit: "bytes",
};

const EXTREME: Cast = Cast {
    study: "a-study-with-a-name-that-somebody-made-of-every-one-of-its-options-2026-11-29.3",
    technique: "checkpoint-mixture-with-per-layer-coefficients",
    model: "Some-Organisation_Some-Very-Large-Model-With-Experts-A22B-Instruct-2507-日本語",
    metrics: ["kernel-distance-to-training-images", "perplexity"],
    baselines: ["dense", "random", "uniform-in-every-layer-and-every-head", "reconstruction-of-experts"],
    scale: 3.3e-13,
    unit: "bits/element",
};

fn cost(cast: &Cast, value: f64) -> Vec<Cost> {
    let value = if cast.scale == 1.0 { value } else { value * 1e9 };
    vec![Cost { resource: "size".into(), unit: cast.unit.into(), value, dense: value * 1.76 }]
}

fn estimate(mean: f64) -> Estimate {
    Estimate { mean, low: mean - mean.abs() / 7.0, high: mean + mean.abs() / 3.0 }
}

fn estimates(cast: &Cast, mean: f64) -> BTreeMap<String, Estimate> {
    let scaled = [mean * cast.scale, mean * 12.3 / cast.scale];
    cast.metrics.iter().zip(scaled).map(|(metric, mean)| ((*metric).to_owned(), estimate(mean))).collect()
}

fn finished(cast: &Cast, several: bool) -> Finished {
    let keep = |layer| Edit::from(KeepExperts { layer, experts: (0..24).map(|at| at * 5 % 128).collect() });
    let plan = arrange((0..3).map(keep));
    let score = MetricScore { aggregate: Aggregate::Mean, items: vec![0.5; 128], weights: vec![1.0; 128] };
    let report = Scores { metrics: [("kl".to_owned(), score)].into() };
    let contender = |(number, name): (usize, &&str)| Contender {
        name: (*name).to_owned(),
        help: "a sentence".to_owned(),
        costs: cost(cast, 5e6),
        report: report.clone(),
        out_of_domain: BTreeMap::new(),
        estimates: estimates(cast, 0.3 + number as f64),
        delta: estimates(cast, -0.01 * number as f64 - 0.002),
        out_of_domain_delta: [("encyclopaedia".to_owned(), estimates(cast, 0.4))].into(),
        gaps: BTreeMap::new(),
    };
    let member = |trial: u64| FrontMember {
        trial,
        config: Config::new(Vec::new()),
        plan: Plan::empty(),
        costs: cost(cast, 4e6 + trial as f64),
        search: BTreeMap::new(),
        report: report.clone(),
        estimates: estimates(cast, 0.2),
        delta: estimates(cast, 0.1),
        gaps: BTreeMap::new(),
    };
    Finished {
        study: cast.study.into(),
        technique: cast.technique.into(),
        model: cast.model.into(),
        progress: Progress {
            trials: 1_200_400,
            budget: 1_200_400,
            evaluated: 1_000_000,
            reused: 200_399,
            dropped: 1,
            failed: 0,
            probes: 0,
            work: Work { computed: 1 << 40, naive: 1 << 45 },
            measuring: Work { computed: 1 << 38, naive: 1 << 38 },
        },
        device: "vulkan:0 (NVIDIA GeForce RTX 4090 Laptop GPU)".into(),
        seconds: 1_234_567.8,
        peak_memory: Some(13 << 30),
        seed: u64::MAX,
        planned: None,
        report: Report {
            trials: 1_200_400,
            best: Best {
                trial: 1_199_332,
                config: Config::new(Vec::new()),
                plan,
                costs: cost(cast, 4.447e6),
                search: BTreeMap::new(),
                report: report.clone(),
                estimates: estimates(cast, 0.2927),
                out_of_domain: [("encyclopaedia".to_owned(), estimates(cast, 0.5))].into(),
                gaps: BTreeMap::new(),
                out_of_domain_gaps: BTreeMap::new(),
                search_gaps: BTreeMap::new(),
            },
            front: several.then(|| Front { size: 31, members: vec![member(7), member(1_199_332)] }),
            baselines: cast.baselines.iter().enumerate().map(contender).collect(),
            bounds: BTreeMap::new(),
            objectives: Vec::new(),
            words: None,
        },
    }
}

#[test]
fn a_result_of_no_model_has_its_evaluators_words_and_the_gap_to_known_bounds() {
    let mut finished = finished(&ORDINARY, false);
    let gap = |share: f64, reached| Gap {
        direction: Direction::Minimise,
        bound: 1_048_576.0,
        distance: estimate(share * 1_048_576.0),
        share: Some(estimate(share)),
        known: 6,
        items: 6,
        reached,
    };
    let report = &mut finished.report;
    report.words = Some(Words {
        unedited: "in the order in which they come".to_owned(),
        found: vec!["shortest first, ageing 0.25".to_owned()],
    });
    report.best.costs.clear();
    report.best.gaps = [("kl".to_owned(), gap(0.008, 2))].into();
    for (number, contender) in report.baselines.iter_mut().enumerate() {
        contender.costs.clear();
        contender.gaps = [("kl".to_owned(), gap(0.05 * (number + 1) as f64, 0))].into();
    }
    keeps("result-bounds", |columns| {
        table::result(&finished, &next::after_show(&finished, None, None), columns)
    });
}

#[test]
fn results_of_run_and_show() {
    for (name, cast, several) in
        [("result", &ORDINARY, false), ("result-front", &ORDINARY, true), ("result-extreme", &EXTREME, true)]
    {
        let finished = finished(cast, several);
        keeps(name, |columns| table::result(&finished, &next::after_show(&finished, None, None), columns));
    }
}

#[test]
fn lists_of_studies() {
    let row = |cast: &Cast, state: &str, found: &str| {
        [cast.study, cast.technique, cast.model, "18446744073709551615", "1200400", state, found]
            .map(str::to_owned)
            .to_vec()
    };
    let rows = || vec![row(&ORDINARY, "finished", "kl 0.2927"), row(&ORDINARY, "unfinished", "–")];
    keeps("studies", |columns| studies::table(rows(), columns));
    let rows = || {
        let found = "kernel-distance-to-training-images -1.234e-13";
        vec![row(&ORDINARY, "finished", "kl 0.2927"), row(&EXTREME, "failed", found)]
    };
    keeps("studies-extreme", |columns| studies::table(rows(), columns));
}

#[test]
fn two_studies_side_by_side() {
    for (name, casts) in [("compare", [&ORDINARY, &ORDINARY]), ("compare-extreme", [&ORDINARY, &EXTREME])] {
        let side = |cast: &Cast| {
            let finished = finished(cast, false);
            let header = StudyHeader {
                study: cast.study.into(),
                profile: String::new(),
                technique: cast.technique.into(),
                technique_fingerprint: ContentHash::of(b"t"),
                model: cast.model.into(),
                dimensions: Vec::new(),
                conditions: Vec::new(),
                model_fingerprint: ContentHash::of(b"m"),
                model_path: String::new(),
                task_fingerprint: ContentHash::of(b"d"),
                baselines: BTreeMap::new(),
                sensitivities: None,
                numerics: String::new(),
                device: String::new(),
                seed: finished.seed,
            };
            compare::Side { header, finished }
        };
        let [a, b] = casts.map(side);
        let differences = [
            ("kept[0]".to_owned(), json!([0, 5, 10, 15]), json!([1, 2, 3, 4])),
            ("coefficients[31][7]".to_owned(), json!(-1.234_567_890_123_4e-7), json!(null)),
        ];
        keeps(name, |columns| {
            let configs = compare::cells(&differences, [casts[0].study, casts[1].study], columns);
            format!("{}\n{configs}", compare::side_by_side(&a, &b, columns))
        });
    }
}

#[test]
fn techniques_and_what_they_do() {
    let info = |name: &str, summary: &str| TechniqueInfo {
        name: name.into(),
        version: "0.1.0".into(),
        summary: summary.into(),
        options: Vec::new(),
        signals: Vec::new(),
        edits: Vec::new(),
        has_operators: false,
        operators: Vec::new(),
        target_facts: None,
        fingerprint: ContentHash::of(name.as_bytes()),
    };
    let long = "How many bits the keys and values of every layer get, under an average that they keep, with the first \
                4 tokens and the last 128 exact";
    let infos =
        [info(ORDINARY.technique, "Which experts of every layer stay"), info(EXTREME.technique, long)];
    keeps("techniques", |columns| technique::table(&infos.iter().collect::<Vec<_>>(), columns));
}

#[test]
fn what_the_doctor_says_of_a_store() {
    let study = |cast: &Cast| StudyHealth {
        name: cast.study.into(),
        trials: 1_200_400,
        failed: 3,
        reported: cast.scale == 1.0,
        runs: 12,
        bytes: 987_654_321,
    };
    let health = Health {
        path: "store".into(),
        running: vec![(EXTREME.study.into(), 4_194_304)],
        studies: vec![study(&ORDINARY), study(&EXTREME)],
        cached: 123_456_789,
        cache_bytes: 1 << 40,
        index_bytes: 3 << 30,
        problems: Vec::new(),
    };
    keeps("doctor", |_| doctor::contents(&health));
}
