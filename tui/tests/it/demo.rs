//! A backend without a model: a small mixture of experts whose damage is a formula, so that the screens have
//! something to show. Shared by the tests and the examples.

use std::collections::BTreeMap;
use std::time::Duration;

use attune::backend::{
    Answer, Backend, Catalogue, Check, EvaluatorRow, Fault, FolderEntry, FolderEntryKind, Mailbox,
    ModelFound, Opening, ProfileRow, Request, RunLocation, SaveError, StrategyRow, StudyRow, Target, Timing,
    Verdict, Written,
};
use attune::replay::Replay;
use attune_core::evaluator::EvaluatorSpec;
use attune_core::event::{Command, Event, Finished, Progress};
use attune_core::hash::ContentHash;
use attune_core::objective::{Direction, Objective};
use attune_core::options::{OptionKind, OptionSpec, OptionValue};
use attune_core::plan::Edit;
use attune_core::profile::{EvaluatorChoice, Profile};
use attune_core::report::{Best, Contender, Estimates, Front, FrontMember, Report};
use attune_core::scores::{Aggregate, MetricScore, Scores, Work};
use attune_core::space::{Axis, Config, Count, Dimension, Domain, Value};
use attune_core::stats::Estimate;
use attune_core::store::{RunNote, StudyHeader, TrialEffort};
use attune_core::strategy::Origin;
use attune_core::technique::{Cost, TechniqueInfo};
use attune_core::trial::{Dropped, Outcome, Trial, TrialState};
use attune_vocabulary::arrange;
use attune_vocabulary::edits::KeepExperts;

pub(crate) const LAYERS: u32 = 6;
pub(crate) const EXPERTS: u32 = 8;
pub(crate) const BUDGET: u64 = 60;

/// A backend that answers at once, and a study of its own that moves by [`Demo::step`].
#[derive(Default)]
pub(crate) struct Demo {
    /// Profiles that were saved.
    pub(crate) saved: BTreeMap<String, String>,
    /// Commands that arrived.
    pub(crate) commands: Vec<(String, Command)>,
    /// Trials of the study `quickstart`, when it has been launched.
    pub(crate) running: Option<Replay>,
    pub(crate) empty: bool,
    /// Trials of the study that is launched; `BUDGET` when silent.
    pub(crate) budget: Option<u64>,
    /// No target but `plan` can express anything.
    pub(crate) only_plan: bool,
    /// What profiles say; `PROFILE` when silent.
    pub(crate) profile: Option<String>,
    /// What every study of the list is that is opened; those of its name when silent.
    pub(crate) opens: Option<Opening>,
}

impl Backend for Demo {
    fn ask(&mut self, request: Request, mailbox: &Mailbox) {
        self.answers(request).into_iter().for_each(|answer| mailbox.send(answer));
    }

    fn close(&mut self) {}
}

impl Demo {
    /// What a program says that is asked what it evaluates.
    fn evaluator(&self, choice: &EvaluatorChoice) -> Result<Box<EvaluatorSpec>, String> {
        if choice.command.iter().any(|word| word == "gone.py") {
            return Err("it ended before it said what it is".to_owned());
        }
        let dtype = OptionSpec {
            name: "dtype".into(),
            help: "element type of the weights".into(),
            kind: OptionKind::Text,
            default: OptionValue::Text("auto".into()),
        };
        Ok(Box::new(EvaluatorSpec {
            name: "torch".into(),
            summary: "Runs models in a process of Python.".into(),
            options: vec![dtype],
            tasks: catalogue().tasks,
            edits: attune_vocabulary::model().clone(),
            signals: Vec::new(),
        }))
    }

    pub(crate) fn answers(&mut self, request: Request) -> Vec<Answer> {
        match request {
            Request::Studies => vec![Answer::Studies(Ok(if self.empty { Vec::new() } else { studies() }))],
            Request::Profiles => vec![Answer::Profiles(profiles())],
            Request::Catalogue => vec![Answer::Catalogue(Ok(Box::new(catalogue())))],
            Request::Model { path, evaluator, .. } => {
                let found = ModelFound {
                    facts: Some(facts().into()),
                    task: "text".into(),
                    data: texts(),
                    options: [].into(),
                    refused: [("checkpoint-mix".to_owned(), "tiny-moe has one checkpoint".to_owned())].into(),
                };
                // Other evaluators take what they like.
                let known = path.contains("tiny-moe") || evaluator.is_some();
                let found =
                    if known { Ok(Box::new(found)) } else { Err(format!("there is no model in {path}")) };
                vec![Answer::Model { path, evaluator, found }]
            }
            Request::Evaluator { evaluator, .. } => {
                vec![Answer::Evaluator { found: self.evaluator(&evaluator), evaluator }]
            }
            Request::Folder { folder, .. } => {
                let entry = |name: &str, kind| FolderEntry { name: name.into(), kind };
                let listing = match folder.as_str() {
                    "models" => Ok(vec![
                        entry("tiny-moe", FolderEntryKind::Model),
                        entry("other", FolderEntryKind::Folder),
                        entry("notes.txt", FolderEntryKind::File),
                    ]),
                    "models/other" => Ok(vec![entry("tiny-moe-2", FolderEntryKind::Model)]),
                    "models/tiny-moe/data" => Ok(vec![
                        entry("code.selection.txt", FolderEntryKind::File),
                        entry("image.png", FolderEntryKind::File),
                    ]),
                    _ => Err(format!("there is no folder {folder}")),
                };
                vec![Answer::Folder { folder, listing }]
            }
            Request::Technique { name, .. } => {
                let found = Err(format!("cannot load {name}: no such file"));
                vec![Answer::Technique { name, found }]
            }
            Request::Load { path } => {
                let text = self.profile.as_deref().unwrap_or(PROFILE);
                let found = Profile::parse(&path, text, &[]).map_err(|error| error.to_string());
                let found = found.map(|profile| (path.clone(), Box::new(profile)));
                vec![Answer::Profile { path, found }]
            }
            Request::Check { ticket, draft } => {
                let over = draft.text.contains("\"keep\": 8");
                let fault = Fault {
                    path: "technique.options[\"keep\"]".into(),
                    message: "is 8: every layer of tiny-moe has 8 experts, so nothing would be pruned".into(),
                };
                let check = Check { faults: if over { vec![fault] } else { Vec::new() } };
                let counted = Answer::Counted { ticket, space: Count::Exact(117_649_000_000) };
                let mut answers = vec![Answer::Checked { ticket, check }];
                answers.extend((!over).then_some(counted));
                answers
            }
            Request::Time { ticket, .. } => {
                let timing = Timing { seconds_per_trial: 0.8, seconds_to_load: 2.5, device: "cpu".into() };
                vec![Answer::Timed { ticket, timing: Ok(timing) }]
            }
            Request::Save { draft, replace } => {
                let exists = self.saved.contains_key(&draft.path) || draft.path.starts_with("profiles/");
                let result = if exists && !replace { Err(SaveError::Exists) } else { Ok(()) };
                if result.is_ok() {
                    self.saved.insert(draft.path.clone(), draft.text);
                }
                vec![Answer::Saved { path: draft.path, result }]
            }
            Request::Continue { study, .. } => {
                vec![Answer::Opened(Ok(Box::new(opening(&study, 24, RunLocation::Here))))]
            }
            Request::Launch { profile, device, .. } => {
                let budget = self.budget.unwrap_or(BUDGET);
                self.running = Some(Replay::new(objectives(), budget));
                let opening = Opening {
                    profile: Some(profile),
                    device: Some(device),
                    budget,
                    ..opening("quickstart", 0, RunLocation::Here)
                };
                let started = Event::Started {
                    study: "quickstart".into(),
                    technique: "expert-pruning".into(),
                    model: "tiny-moe".into(),
                    device: "cpu".into(),
                    space: Some(Count::Exact(117_649_000_000)),
                    resumed: 0,
                    budget,
                };
                vec![Answer::Opened(Ok(Box::new(opening))), event(started)]
            }
            Request::Open { .. } if self.opens.is_some() => {
                self.opens.clone().map(|opened| Answer::Opened(Ok(Box::new(opened)))).into_iter().collect()
            }
            Request::Open { study } => vec![Answer::Opened(match study.as_str() {
                "done" => {
                    let opened = opening("done", BUDGET, RunLocation::Done);
                    let notes = took(&opened.trials);
                    let finished = Some(Box::new(finished("done")));
                    Ok(Box::new(Opening { notes, finished, ..opened }))
                }
                "front" => Ok(Box::new(several())),
                "elsewhere" => {
                    let opened = opening("elsewhere", 24, RunLocation::Elsewhere);
                    Ok(Box::new(Opening { notes: took(&opened.trials), ..opened }))
                }
                "stopped" => Ok(Box::new(opening("stopped", 24, RunLocation::Nobody))),
                other => Err(format!("there is no study `{other}`")),
            })],
            Request::Remove { study } | Request::Rename { study, .. } | Request::Clone { study, .. } => {
                vec![Answer::Changed { study, result: Ok(()) }]
            }
            Request::Leave { .. } => Vec::new(),
            Request::Command { study, command } => {
                self.commands.push((study.clone(), command));
                match (command, self.running.take()) {
                    (Command::StopNow | Command::StopAfterGeneration, Some(running)) => {
                        let progress = running.progress();
                        vec![event(Event::Interrupted { progress }), Answer::Ended { study, failure: None }]
                    }
                    (_, running) => {
                        self.running = running;
                        Vec::new()
                    }
                }
            }
            Request::Targets { study, trial } if self.only_plan => {
                let mut targets = targets();
                targets[1..].iter_mut().for_each(|target| {
                    target.verdict = Verdict::Refused("kv-bits has no place in it".into());
                });
                vec![Answer::Targets { study, trial, targets: Ok(targets) }]
            }
            Request::Targets { study, trial } => {
                vec![Answer::Targets { study, trial, targets: Ok(targets()) }]
            }
            Request::Export { study, out, .. } => {
                let file = |name: &str, bytes| Written { path: format!("{out}/{name}"), bytes };
                let files = vec![file("config.json", 812), file("model.safetensors", 4_662_000)];
                vec![Answer::Exported { study, written: Ok(files) }]
            }
        }
    }

    /// What happens next in the study that runs here.
    pub(crate) fn step(&mut self) -> Vec<Answer> {
        let Some(running) = &mut self.running else { return Vec::new() };
        let id = running.progress().trials;
        if id == self.budget.unwrap_or(BUDGET) {
            self.running = None;
            let reporting = Event::Reporting { what: "frequency".into(), done: 3, total: 9 };
            let over = Event::Finished(Box::new(finished("quickstart")));
            let ended = Answer::Ended { study: "quickstart".into(), failure: None };
            return vec![event(reporting), event(over), ended];
        }
        let trial = trial(id);
        let best = running.count(&trial);
        running.work_of(&[noted(running.progress())]);
        let progress = running.progress();
        vec![
            event(Event::TrialStarted { trial: id, plan: trial.plan.clone() }),
            event(Event::TrialFinished { trial: Box::new(trial), best, progress }),
        ]
    }
}

pub(crate) fn event(event: Event) -> Answer {
    Answer::Event { study: "quickstart".into(), event }
}

pub(crate) const PROFILE: &str = r#"(
    version: 1,
    name: "quickstart",
    model: "../models/tiny-moe",
    technique: (name: "expert-pruning", options: {"keep": 4}),
    task: (
        selection: "../models/tiny-moe/data/prose.selection.txt",
        report: "../models/tiny-moe/data/prose.report.txt",
        elsewhere: {"code": "../models/tiny-moe/data/code.report.txt"},
        length: 128,
    ),
    trials: 60,
    items: 32,
    seed: 1,
    report: (items: 128, random: 30),
)"#;

fn objectives() -> Vec<Objective> {
    vec![Objective { metric: "kl".into(), direction: Direction::Minimise }]
}

fn studies() -> Vec<StudyRow> {
    let row = |name: &str, place, trials, best: Option<f64>, minutes: u64| StudyRow {
        name: name.into(),
        technique: "expert-pruning".into(),
        model: "tiny-moe".into(),
        place,
        failure: (place == RunLocation::Failed).then(|| FAILURE.to_owned()),
        trials,
        best: best.map(|value| ("kl".to_owned(), value)),
        age: Some(Duration::from_secs(minutes * 60)),
        share: (place == RunLocation::Elsewhere).then_some(0.354),
    };
    vec![
        row("done", RunLocation::Done, BUDGET, Some(0.7308), 26 * 60),
        row("elsewhere", RunLocation::Elsewhere, 24, Some(0.8811), 0),
        row("failed", RunLocation::Failed, 3, None, 40 * 60),
        row("front", RunLocation::Done, BUDGET, Some(0.000_412_7), 30 * 60),
        row("stopped", RunLocation::Nobody, 24, None, 5),
    ]
}

/// Why the study `failed` did.
pub(crate) const FAILURE: &str =
    "the task's report split cannot be read: data/report.txt is no file; name one in task.report";

fn profiles() -> Vec<ProfileRow> {
    let row = |path: &str, name: &str, summary: &str| ProfileRow {
        path: path.into(),
        name: name.into(),
        summary: summary.into(),
    };
    vec![
        row(
            "profiles/quickstart.ron",
            "quickstart",
            "Keep half of the experts of a small mixture-of-experts model.",
        ),
        row(
            "profiles/smollm2-kv-bits.ron",
            "smollm2-kv-bits",
            "Bits for the keys and values of every layer of SmolLM2-135M.",
        ),
    ]
}

fn spec(name: &str, help: &str, kind: OptionKind, default: OptionValue) -> OptionSpec {
    OptionSpec { name: name.into(), help: help.into(), kind, default }
}

pub(crate) fn catalogue() -> Catalogue {
    let technique = |name: &str, summary: &str, options| TechniqueInfo {
        name: name.into(),
        version: "0.1.0".into(),
        summary: summary.into(),
        options,
        signals: Vec::new(),
        edits: Vec::new(),
        has_operators: false,
        operators: Vec::new(),
        target_facts: None,
        fingerprint: ContentHash::of(name.as_bytes()),
    };
    // Options of the same name that mean something else to each of them.
    let groups = |default| {
        spec("groups", "layers alike", OptionKind::Int { min: 0, max: 64 }, OptionValue::Int(default))
    };
    let population = |default| {
        spec("population", "of a generation", OptionKind::Int { min: 0, max: 999 }, OptionValue::Int(default))
    };
    let words = |words: &[&str]| OptionKind::OneOf(words.iter().map(|&word| word.to_owned()).collect());
    Catalogue {
        evaluators: vec![
            EvaluatorRow {
                name: "native".into(),
                summary: "Runs models in this process.".into(),
                native: true,
                missing: None,
            },
            EvaluatorRow {
                name: "torch".into(),
                summary: "Runs models in a process of Python.".into(),
                native: false,
                missing: None,
            },
        ],
        techniques: vec![
            technique(
                "expert-pruning",
                "Keeps a subset of the experts of every layer (EEP, arXiv 2407.00945).",
                vec![
                    spec(
                        "keep",
                        "experts that every layer keeps",
                        OptionKind::Int { min: 1, max: 256 },
                        OptionValue::Int(4),
                    ),
                    spec("tied", "one choice for all layers", OptionKind::Bool, OptionValue::Bool(false)),
                    groups(0),
                ],
            ),
            technique(
                "kv-bits",
                "Bits of keys and values of every layer (PM-KVQ, arXiv 2505.18610).",
                vec![
                    spec(
                        "average",
                        "bits per element, scales included",
                        OptionKind::Real { min: 1.0, max: 16.0 },
                        OptionValue::Real(4.0),
                    ),
                    spec(
                        "levels",
                        "bit widths to choose from",
                        OptionKind::Ints { min: 1, max: 16 },
                        OptionValue::Ints(vec![2, 4, 8]),
                    ),
                    groups(2),
                ],
            ),
            technique("checkpoint-mix", "Mixes saved checkpoints (LCSC, arXiv 2404.02241).", vec![groups(1)]),
        ],
        strategies: vec![
            StrategyRow {
                name: "evolution".into(),
                summary: "Steady-state evolution.".into(),
                options: vec![
                    population(30),
                    spec(
                        "operators",
                        "where children come from",
                        words(&["domain", "own"]),
                        OptionValue::Text("domain".into()),
                    ),
                ],
            },
            StrategyRow {
                name: "cma-es".into(),
                summary: "Covariance matrix adaptation.".into(),
                options: vec![population(0)],
            },
            StrategyRow {
                name: "eep".into(),
                summary: "EEP's schedule.".into(),
                options: vec![population(40)],
            },
            StrategyRow { name: "random".into(), summary: "Independent draws.".into(), options: Vec::new() },
        ],
        tasks: attune::setup::tasks(),
        targets: ["plan", "hf", "mlx"].map(str::to_owned).to_vec(),
        devices: vec!["auto".into(), "cpu".into()],
        models: vec!["models/tiny-moe".into(), "models/smollm2".into()],
    }
}

fn facts() -> attune_vocabulary::ModelFacts {
    attune_vocabulary::ModelFacts {
        name: "tiny-moe".into(),
        fingerprint: ContentHash::of(b"tiny-moe"),
        family: "mixtral".into(),
        layers: LAYERS,
        hidden: 128,
        heads: 4,
        kv_heads: 2,
        head_dim: 32,
        experts: EXPERTS,
        experts_per_token: 2,
        context: 512,
        vocab: 2048,
        checkpoints: 1,
        parameters: 4_103_296,
        feed_forward: 192,
        expert_parameters: 73_728,
        bytes_per_parameter: 2.0,
    }
}

fn texts() -> Vec<String> {
    ["selection", "report"].map(|split| format!("models/tiny-moe/data/prose.{split}.txt")).into()
}

fn header(study: &str) -> StudyHeader {
    StudyHeader {
        study: study.into(),
        profile:
            "(\n version: 1,\n technique: (name: \"expert-pruning\", options: {\"keep\": 4}),\n seed: 1,\n)"
                .into(),
        technique: "expert-pruning".into(),
        technique_fingerprint: ContentHash::of(b"technique"),
        model: "tiny-moe".into(),
        dimensions: vec![Dimension {
            name: "kept-experts".into(),
            help: "the experts that stay".into(),
            axes: vec![Axis::new("layer", LAYERS)],
            domain: Domain::Subset { of: EXPERTS, min: 4, max: 4 },
        }],
        conditions: Vec::new(),
        model_fingerprint: ContentHash::of(b"model"),
        model_path: "models/tiny-moe".into(),
        task_fingerprint: ContentHash::of(b"task"),
        baselines: BTreeMap::new(),
        sensitivities: None,
        numerics: "f32, flex".into(),
        device: "cpu".into(),
        seed: 1,
    }
}

pub(crate) fn opening(study: &str, trials: u64, place: RunLocation) -> Opening {
    Opening {
        header: header(study),
        edits: attune_vocabulary::model().clone(),
        objectives: objectives(),
        budget: BUDGET,
        layers: LAYERS,
        place,
        failure: None,
        profile: Some("profiles/quickstart.ron".into()),
        device: None,
        trials: (0..trials).map(trial).collect(),
        notes: Vec::new(),
        finished: None,
    }
}

/// A number between 0 and 1 that depends on two others and on nothing else.
fn noise(a: u64, b: u64) -> f64 {
    let hash = ContentHash::of_parts([a.to_le_bytes().as_slice(), b.to_le_bytes().as_slice()]);
    f64::from(hash.as_bytes()[0]) / 255.0
}

/// The trial of a number: better on the whole as numbers grow, some reused, some dropped, some failed.
pub(crate) fn trial(id: u64) -> Trial {
    let experts: Vec<Vec<u32>> = (0..u64::from(LAYERS))
        .map(|layer| {
            let mut order: Vec<u32> = (0..EXPERTS).collect();
            if id > 0 {
                order.sort_by(|&a, &b| {
                    noise(id / 3 + layer, u64::from(a)).total_cmp(&noise(id / 3 + layer, u64::from(b)))
                });
            }
            let mut kept = order[..4].to_vec();
            kept.sort_unstable();
            kept
        })
        .collect();
    let config = Config::new(vec![experts.iter().cloned().map(Value::Indices).collect()]);
    let edits = experts
        .into_iter()
        .enumerate()
        .map(|(layer, experts)| Edit::from(KeepExperts { layer: layer as u32, experts }));
    let cost = Cost {
        resource: "memory".into(),
        unit: "bytes".into(),
        value: 4_400_000.0 + 40_000.0 * (noise(id, 99) * 20.0).round(),
        dense: 8_207_000.0,
    };
    let origin = match id {
        0 => Origin::Start("uniform".into()),
        1..8 => Origin::Random,
        _ => Origin::Varied { parents: vec![id / 2], operator: None },
    };
    let mut trial = Trial::new(id, config, arrange(edits), vec![cost], origin);
    let state = if id % 17 == 13 {
        TrialState::Failed("metric `kl` of item 3 is NaN: the plan breaks the model numerically".into())
    } else if id > 8 && id % 17 == 4 {
        let items: Vec<u32> = (0..8).map(|item| 4 * item + 1).collect();
        TrialState::Dropped(Dropped { stage: 1, scores: scores(1.9, 8), items, rival: id / 2, reused: false })
    } else {
        let kl = 0.7 + 3.0 * noise(id, 7) / (1.0 + id as f64 / 6.0) + 0.2 * noise(id, 8);
        TrialState::Complete(Outcome { scores: scores(kl, 32), reused: id % 11 == 10 })
    };
    let advanced = [TrialState::Running, state].map(|state| trial.advance(state).is_ok());
    assert_eq!(advanced, [true, true]);
    trial
}

fn scores(kl: f64, items: usize) -> Scores {
    let score = |aggregate, value: f64| MetricScore {
        aggregate,
        items: vec![value; items],
        weights: vec![128.0; items],
    };
    let metrics = [
        ("kl".to_owned(), score(Aggregate::Mean, kl)),
        ("perplexity".to_owned(), score(Aggregate::ExpMean, 3.88 + kl)),
    ];
    Scores { metrics: metrics.into() }
}

fn estimates(kl: f64, spread: f64) -> Estimates {
    let around = |mean: f64, spread: f64| Estimate { mean, low: mean - spread, high: mean + spread };
    [("kl".to_owned(), around(kl, spread)), ("perplexity".to_owned(), around(48.0 * kl, 48.0 * spread))]
        .into()
}

pub(crate) fn finished(study: &str) -> Finished {
    let best = trial(59);
    let contender = |name: &str, kl: f64, memory: f64| Contender {
        name: name.into(),
        help: String::new(),
        costs: vec![Cost {
            resource: "memory".into(),
            unit: "bytes".into(),
            value: memory,
            dense: 8_207_000.0,
        }],
        report: scores(kl, 32),
        out_of_domain: BTreeMap::new(),
        estimates: estimates(kl, 0.03),
        delta: estimates(0.7308 - kl, 0.02),
        out_of_domain_delta: [("code".to_owned(), estimates(0.9 - kl, 0.05))].into(),
        gaps: BTreeMap::new(),
    };
    let mut progress = Replay::new(objectives(), BUDGET);
    (0..BUDGET).for_each(|id| {
        progress.count(&trial(id));
    });
    progress.work_of(&[noted(progress.progress())]);
    Finished {
        study: study.into(),
        technique: "expert-pruning".into(),
        model: "tiny-moe".into(),
        device: "cpu".into(),
        progress: progress.progress(),
        seconds: 48.4,
        peak_memory: None,
        seed: 1,
        planned: None,
        report: Report {
            trials: BUDGET,
            best: Best {
                trial: best.id,
                config: best.config.clone(),
                plan: best.plan.clone(),
                costs: best.costs.clone(),
                search: BTreeMap::new(),
                report: scores(0.7308, 32),
                estimates: estimates(0.7308, 0.03),
                out_of_domain: [("code".to_owned(), estimates(0.9, 0.04))].into(),
                gaps: BTreeMap::new(),
                out_of_domain_gaps: BTreeMap::new(),
                search_gaps: BTreeMap::new(),
            },
            front: None,
            baselines: vec![
                contender("dense", 0.0, 8_207_000.0),
                contender("random", 2.011, 4_663_000.0),
                contender("default", 2.736, 4_663_000.0),
                contender("frequency", 0.7824, 4_663_000.0),
                contender("soft-activation", 0.7535, 4_663_000.0),
            ],
            bounds: BTreeMap::new(),
            objectives: objectives(),
            words: None,
        },
    }
}

fn targets() -> Vec<Target> {
    let target =
        |name: &str, summary: &str, verdict| Target { name: name.into(), summary: summary.into(), verdict };
    vec![
        target("plan", "versioned JSON, for every technique", Verdict::Exact),
        target("hf", "an ordinary smaller checkpoint: transformers, vLLM, SGLang, MLX", Verdict::Exact),
        target(
            "gguf",
            "one file for llama.cpp",
            Verdict::Approximate("weights are rounded to float16".into()),
        ),
        target(
            "kv",
            "settings of a KV cache",
            Verdict::Refused("keep-experts has no place in a KV cache".into()),
        ),
    ]
}

/// A study with two objectives whose scores are small, and whose header differs from the others'.
fn several() -> Opening {
    let opened = opening("front", BUDGET, RunLocation::Done);
    let mut objectives = objectives();
    objectives.push(Objective { metric: "memory".into(), direction: Direction::Minimise });
    let members: Vec<FrontMember> = [17, 3, 59].into_iter().map(member).collect();
    let mut over = finished("front");
    over.report.front = Some(Front { size: 7, members });
    for contender in &mut over.report.baselines {
        contender.delta = estimates(-0.000_041, 0.000_040_9);
    }
    let header = StudyHeader {
        seed: 2,
        profile:
            "(\n version: 1,\n technique: (name: \"expert-pruning\", options: {\"keep\": 5}),\n seed: 2,\n)"
                .into(),
        ..opened.header
    };
    Opening { header, objectives, notes: took(&opened.trials), finished: Some(Box::new(over)), ..opened }
}

fn member(id: u64) -> FrontMember {
    let trial = trial(id);
    let search = trial
        .scores()
        .map(|scores| scores.metrics.iter().map(|(name, score)| (name.clone(), score.value())).collect());
    FrontMember {
        trial: id,
        config: trial.config,
        plan: trial.plan,
        costs: trial.costs,
        search: search.unwrap_or_default(),
        report: scores(0.8, 32),
        estimates: estimates(0.8, 0.03),
        delta: estimates(0.000_412_7, 0.000_2),
        gaps: BTreeMap::new(),
    }
}

/// What each of these trials took, as a run notes it.
fn took(trials: &[Trial]) -> Vec<RunNote> {
    let effort = |trial: &Trial| TrialEffort {
        trial: trial.id,
        work: Work { computed: 15_000, naive: 24_576 },
        seconds: 0.1,
    };
    vec![RunNote::Trials(trials.iter().map(effort).collect())]
}

/// What the evaluated trials took: a share of the work that each would take alone.
fn noted(progress: Progress) -> RunNote {
    let effort = |trial| TrialEffort { trial, work: Work { computed: 15_000, naive: 24_576 }, seconds: 0.1 };
    RunNote::Trials((0..progress.evaluated).map(effort).collect())
}
