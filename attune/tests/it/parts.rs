//! Studies of one's own parts: a technique, an evaluator and a strategy that attune does not know.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use attune::core::evaluator::{
    EvalFailure, Evaluation, Evaluator, EvaluatorInfo, MetricInfo, Request, Split, TaskInfo,
};
use attune::core::facts::Facts;
use attune::core::hash::ContentHash;
use attune::core::objective::Direction;
use attune::core::options::{OptionKind, OptionSpec, OptionValue, Settings};
use attune::core::plan::{Argument, Edit, EditSchema, Plan, Vocabulary};
use attune::core::scores::{Aggregate, MetricScore, Scores, Work};
use attune::core::signal::{Measured, SignalRequest};
use attune::core::space::{Config, Dimension, Space, Value};
use attune::core::technique::{Cost, Technique, TechniqueFailure, TechniqueInfo};
use attune::{Study, StudyBuilder, strategy};

/// Cuts planks: how long each of some planks is.
struct Cutting(TechniqueInfo);

impl Cutting {
    fn new() -> Self {
        let planks = OptionSpec {
            name: "planks".into(),
            help: "Planks that are cut.".into(),
            kind: OptionKind::Int { min: 1, max: 9 },
            default: OptionValue::Int(3),
        };
        Self(TechniqueInfo {
            name: "cutting".into(),
            version: "0.1.0".into(),
            summary: "Cuts planks.".into(),
            options: vec![planks],
            signals: Vec::new(),
            edits: vec!["cut".into()],
            has_operators: false,
            operators: Vec::new(),
            target_facts: None,
            fingerprint: ContentHash::of(b"cutting 0.1.0"),
        })
    }
}

impl Technique for Cutting {
    fn info(&self) -> &TechniqueInfo {
        &self.0
    }

    fn space(&self, subject: &Facts, options: &Settings) -> Result<Space, TechniqueFailure> {
        let planks = match options["planks"] {
            OptionValue::Int(planks) => planks as u32,
            _ => 1,
        };
        let longest = subject.count("longest") as i64;
        Ok(Space::of([Dimension::int("length", 1, longest).along("plank", planks)]).unwrap())
    }

    fn lower(&self, _: &Facts, _: &Settings, config: &Config) -> Result<Plan, TechniqueFailure> {
        let cut =
            |(plank, length): (usize, i64)| Edit::new("cut").int("plank", plank as i64).int("length", length);
        Ok(vocabulary().arrange(lengths(config).enumerate().map(cut)))
    }

    fn cost(&self, _: &Facts, _: &Settings, config: &Config) -> Result<Vec<Cost>, TechniqueFailure> {
        let wood = lengths(config).sum::<i64>() as f64;
        Ok(vec![Cost { resource: "wood".into(), unit: "m".into(), value: wood, dense: 100.0 }])
    }
}

fn lengths(config: &Config) -> impl Iterator<Item = i64> + '_ {
    config.dimensions()[0].iter().map(|value| match value {
        Value::Int(length) => *length,
        _ => 0,
    })
}

fn vocabulary() -> Vocabulary {
    let cut = EditSchema::new("cut", "Cuts a plank.", "a carpenter")
        .with(Argument::count("plank", "which"))
        .with(Argument::count("length", "how long, m"))
        .in_group("plank")
        .once_per(&["plank"]);
    Vocabulary::new([cut])
}

/// Says how badly planks fit a boat that wants each to be as long as its place.
struct Boat {
    info: EvaluatorInfo,
    subject: Facts,
    task: TaskInfo,
}

impl Boat {
    fn new() -> Self {
        let fingerprint = ContentHash::of(b"boat");
        let splits = [(Split::Selection, 2), (Split::Report, 3)];
        let metric = MetricInfo { name: "gap".into(), direction: Direction::Minimise, unit: "m".into() };
        Self {
            info: EvaluatorInfo {
                name: "boat".into(),
                device: "shed".into(),
                numerics: "exact".into(),
                concurrency: 2,
                edits: vocabulary(),
                signals: Vec::new(),
            },
            subject: Facts {
                name: "skiff".into(),
                fingerprint,
                values: Settings::from([("longest".to_owned(), OptionValue::Int(6))]),
            },
            task: TaskInfo {
                name: "fit".into(),
                metrics: vec![metric],
                items: splits.iter().cloned().collect(),
                fingerprints: splits.into_iter().map(|(split, _)| (split, fingerprint)).collect(),
            },
        }
    }
}

impl Evaluator for Boat {
    fn info(&self) -> &EvaluatorInfo {
        &self.info
    }

    fn model(&self) -> &Facts {
        &self.subject
    }

    fn task(&self) -> &TaskInfo {
        &self.task
    }

    fn check(&self, plan: &Plan) -> Result<(), EvalFailure> {
        match plan.edits() {
            [] => Err(EvalFailure::Unsupported {
                evaluator: "boat".into(),
                edit: "none".into(),
                reason: "there is no boat without planks".into(),
            }),
            _ => Ok(()),
        }
    }

    fn evaluate(
        &self,
        plans: &[Plan],
        request: &Request,
        sink: &mut dyn FnMut(usize, Result<Evaluation, EvalFailure>) -> ControlFlow<()>,
    ) -> Result<(), EvalFailure> {
        for (number, plan) in plans.iter().enumerate() {
            let gap = |(place, edit): (usize, &Edit)| match edit.args["length"] {
                OptionValue::Int(length) => (length - 2 * place as i64 - 1).abs() as f64,
                _ => f64::NAN,
            };
            let gap: f64 = plan.edits().iter().enumerate().map(gap).sum();
            let items = vec![gap; request.items.len()];
            let score = MetricScore { aggregate: Aggregate::Mean, weights: vec![1.0; items.len()], items };
            let scores = Scores { metrics: BTreeMap::from([("gap".to_owned(), score)]) };
            let evaluation = Evaluation { scores, work: Work::default(), seconds: 0.0 };
            if sink(number, Ok(evaluation)).is_break() {
                break;
            }
        }
        Ok(())
    }

    fn signal(&self, wanted: &SignalRequest, _: &Request) -> Result<Measured, EvalFailure> {
        Err(EvalFailure::BadRequest(format!("no signal {}", wanted.name)))
    }
}

pub(crate) fn boat() -> StudyBuilder {
    Study::builder().own_technique(Cutting::new()).evaluator(Boat::new())
}

#[test]
fn parts_of_ones_own_make_a_study() {
    let result = boat().trials(60).seed(1).build().unwrap().run().unwrap().into_result().unwrap();
    // Planks of 1, 3 and 5 m leave no gap.
    assert_eq!(result.best().search["gap"], 0.0);
    let lengths = result.point(&result.best().config).reals("length");
    assert_eq!(lengths, [1.0, 3.0, 5.0]);
    assert_eq!(result.header.study, "skiff", "a study without a name has that of its subject");
    let names: Vec<&str> = result.report().baselines.iter().map(|line| line.name.as_str()).collect();
    assert_eq!(names, ["random", "random-best"], "nothing is dense here");
    assert!(result.front().is_empty(), "one objective has no front");
}

#[test]
fn several_objectives_have_a_front() {
    let study = boat()
        .technique_option("planks", OptionValue::Int(2))
        .minimise("gap")
        .minimise("wood")
        .strategy(strategy::Nsga2 { population: 12, ..Default::default() })
        .trials(36);
    let result = study.build().unwrap().run().unwrap().into_result().unwrap();
    let front: Vec<(f64, f64)> =
        result.front().iter().map(|member| (member.search["gap"], member.costs[0].value)).collect();
    // Each metre that a plank lacks is a metre of gap: of 36 configs all are tried, and these are best.
    assert_eq!(front, [(0.0, 4.0), (1.0, 3.0), (2.0, 2.0)]);
}

#[test]
fn a_study_of_a_program_is_kept_and_continued_by_the_program() {
    let store = tempfile::tempdir().unwrap();
    let run = |trials| {
        let study = boat().trials(trials).store(store.path()).name("boat").build().unwrap();
        study.run().unwrap().into_result().unwrap().finished.progress.trials
    };
    assert_eq!((run(10), run(20)), (10, 20));
    // Who has not the program says so.
    let asked = attune::run_options::ContinueOptions::new("boat", "auto");
    let error = attune::continuation::Continuation::find(store.path(), &asked).err().unwrap();
    assert!(error.to_string().contains("run that program again to go on with it"), "{error}");
    // Another option is another study.
    let other =
        boat().technique_option("planks", OptionValue::Int(4)).store(store.path()).name("boat").build();
    let error = other.err().unwrap().to_string();
    assert!(error.contains("study `boat` exists and differs in"), "{error}");
}
