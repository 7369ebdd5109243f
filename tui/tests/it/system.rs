//! A study of a system that is no model: its evaluator brings the words for plans, and cells of its space count only sometimes.

use attune::backend::{Opening, RunLocation};
use attune_core::plan::{Argument, Edit, EditSchema, Plan, Vocabulary};
use attune_core::space::{ActiveCondition, Axis, Config, Dimension, Domain, Value};
use attune_core::store::StudyHeader;
use attune_core::trial::{Trial, TrialState};
use attune_tui::{Key, Setup};

use crate::backend_harness::Harness;
use crate::demo::{self, Demo};

const CODECS: [&str; 3] = ["raw", "mask", "block"];
const BITS: [f64; 2] = [4.0, 8.0];
const CLASSES: u64 = 4;
/// The one codec that has bits.
const BLOCK: u32 = 2;

fn header(header: StudyHeader) -> StudyHeader {
    let dimension = |name: &str, help: &str, domain| Dimension {
        name: name.into(),
        help: help.into(),
        axes: vec![Axis::new("class", CLASSES as u32)],
        domain,
    };
    StudyHeader {
        technique: "checkpoint-codec".into(),
        model: "a generated run".into(),
        model_path: String::new(),
        dimensions: vec![
            dimension(
                "codec",
                "how it is kept",
                Domain::Choice { options: CODECS.map(str::to_owned).into() },
            ),
            dimension("bits", "of a block", Domain::Level { levels: BITS.into() }),
        ],
        conditions: vec![ActiveCondition { dimension: 1, when: 0, options: vec![BLOCK] }],
        ..header
    }
}

fn edits() -> Vocabulary {
    let code = EditSchema::new("code", "How tensors of a class are kept.", "")
        .with(Argument::count("class", "the class"))
        .with(Argument::word("codec", CODECS, "the codec"))
        .with(Argument::level("bits", BITS.map(|bits| bits as u32), "bits of a value").optional("none"))
        .reads("class {class} as {codec}[ of {bits} bits]");
    Vocabulary::new([code])
}

/// The trial of a number: `class + id` decides on the codec.
fn trial(id: u64) -> Trial {
    let of = demo::trial(id);
    let codec = |class: u64| ((class + id) % 3) as u32;
    let level = |class: u64| if codec(class) == BLOCK { (id % 2) as u32 } else { 0 };
    let cells = |value: &dyn Fn(u64) -> u32| (0..CLASSES).map(|class| Value::Index(value(class))).collect();
    let edit = |class: u64| {
        let edit = Edit::new("code").int("class", class as i64).text("codec", CODECS[codec(class) as usize]);
        match codec(class) {
            BLOCK => edit.int("bits", BITS[level(class) as usize] as i64),
            _ => edit,
        }
    };
    let plan = Plan::from_canonical((0..CLASSES).map(edit).collect());
    let config = Config::new(vec![cells(&codec), cells(&level)]);
    let mut trial = Trial::new(id, config, plan, of.costs.clone(), of.origin.clone());
    let advanced = [TrialState::Running, of.state().clone()].map(|state| trial.advance(state).is_ok());
    assert_eq!(advanced, [true, true]);
    trial
}

/// The live screen of such a study.
pub(crate) fn screen(columns: u16, rows: u16, setup: Setup) -> Harness {
    let opened = demo::opening("codecs", 0, RunLocation::Nobody);
    let opens = Opening {
        header: header(opened.header),
        edits: edits(),
        trials: (0..12).map(trial).collect(),
        ..opened
    };
    let mut harness = Harness::over(Demo { opens: Some(opens), ..Demo::default() }, columns, rows, setup);
    harness.key(Key::Enter);
    harness
}
