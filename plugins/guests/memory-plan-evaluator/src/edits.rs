//! The two edits: an order for one trace, and a planner for all.

use attune_guest::evaluator::{Args, Argument, Edit, EditSchema, Failure};
use attune_memory_plan::decode::{self, Fit};
use attune_memory_plan::stalloc::{self, Algorithm, Bucketing, Knobs, LayerChoice};
use attune_memory_plan::{Instance, Offsets, online};

const ORDER: &str = "allocation-order";
const PLANNER: &str = "allocation-planner";
const ALGORITHMS: [&str; 3] = ["split-and-fuse", "group", "autotune"];
const BUCKETINGS: [&str; 3] = ["size", "area", "life"];
const LAYERS: [&str; 2] = ["latest-tail", "tightest"];

/// Most buffers of a trace, and most traces.
const MANY: i64 = 1 << 20;

pub(super) fn schemas() -> [EditSchema; 2] {
    let order =
        EditSchema::new(ORDER, "Places the buffers of a trace one after the other, each in the lowest gap.")
            .with(Argument::int("trace", 0..=MANY, "which trace, from 0"))
            .with(Argument::ints("order", 0..=MANY, "every buffer once").long(1..=MANY))
            .once_per(&["trace"])
            .reads("trace {trace} in an order of its own");
    let planner =
        EditSchema::new(PLANNER, "Plans every trace that has no order of its own by layers of equal sizes.")
            .source("STWeaver (STAlloc), July 2025")
            .with(Argument::word(
                "algorithm",
                &ALGORITHMS,
                "single blocks, groups of phases, or the better of both",
            ))
            .with(Argument::word("bucketing", &BUCKETINGS, "which sizes are laid out first"))
            .with(Argument::word("layer", &LAYERS, "which layer a block goes to"))
            .with(Argument::real(
                "small",
                0.0..=1.0,
                "groups below this share of the largest, and of few blocks, are dissolved",
            ))
            .with(Argument::int("few", 0..=64, "how many blocks are few"))
            .with(Argument::real("usage", 0.0..=1.0, "groups that use less of their box are dissolved"))
            .with(Argument::int("fuse", 0..=1, "whether groups that overlap are fused"))
            .with(Argument::int("patience", 0..=64, "rounds without improvement for a bucket"))
            .once()
            .reads("planner {algorithm}, {bucketing} first, {layer} layer");
    [order, planner]
}

/// Whether orders name traces and buffers that there are. They are for given traces: where the report has others, there is none for
/// those.
pub(super) fn check(plan: &[Edit], counts: &[usize], given: bool) -> Result<(), Failure> {
    for edit in Args::each(plan) {
        match edit.kind() {
            ORDER if !given => {
                return Err(edit.refuse(
                    "an order is for one trace, and task `planner` reports on others: use task `given`",
                ));
            }
            ORDER => {
                let trace = edit.count("trace")?;
                let Some(&count) = counts.get(trace) else {
                    return Err(
                        edit.refuse(format!("there is no trace {trace}, only {} from 0", counts.len()))
                    );
                };
                edit.order("order", count)?;
            }
            PLANNER => drop(knobs(&edit)?),
            other => return Err(edit.refuse(format!("`{other}` is no edit of memory plans"))),
        }
    }
    Ok(())
}

/// Where the buffers of a trace are.
pub(super) fn offsets(plan: &[Edit], trace: usize, instance: &Instance) -> Result<Offsets, Failure> {
    for edit in Args::each(plan).filter(|edit| edit.kind() == ORDER) {
        if edit.count("trace")? == trace {
            return Ok(decode::decode(instance, &edit.order("order", instance.len())?, Fit::Lowest));
        }
    }
    match Args::find(plan, PLANNER) {
        Some(edit) => Ok(stalloc::plan(instance, &knobs(&edit)?)),
        None => Ok(online::best_fit(instance)),
    }
}

fn knobs(edit: &Args<'_>) -> Result<Knobs, Failure> {
    Ok(Knobs {
        algorithm: match edit.word("algorithm")? {
            "group" => Algorithm::Group,
            "autotune" => Algorithm::Autotune,
            _ => Algorithm::SplitAndFuse,
        },
        bucketing: match edit.word("bucketing")? {
            "area" => Bucketing::Area,
            "life" => Bucketing::Life,
            _ => Bucketing::Size,
        },
        layer_choice: match edit.word("layer")? {
            "tightest" => LayerChoice::Tightest,
            _ => LayerChoice::LatestTail,
        },
        small: edit.real("small")?,
        few: edit.count("few")?,
        usage: edit.real("usage")?,
        fuse: edit.int("fuse")? == 1,
        patience: edit.count("patience")? as u32,
    })
}
