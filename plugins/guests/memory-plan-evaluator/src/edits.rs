//! The edits: an order for one trace, a search for one, and a planner for all.

use attune_guest::evaluator::{Args, Argument, Edit, EditSchema, Failure};
use attune_memory_plan::decode::{self, Fit};
use attune_memory_plan::restarts::{Key, Policy, Restarts};
use attune_memory_plan::rules::Rule;
use attune_memory_plan::stalloc::{self, Algorithm, Bucketing, Knobs, LayerChoice};
use attune_memory_plan::{Instance, Offsets, online};

const ORDER: &str = "allocation-order";
const SEARCH: &str = "allocation-search";
const PLANNER: &str = "allocation-planner";
const RULES: [&str; 6] = ["size", "area", "life", "online", "split-and-fuse", "group"];
const RANKS: [&str; 3] = ["turns", "weight", "weighted-area"];
const ALGORITHMS: [&str; 3] = ["split-and-fuse", "group", "autotune"];
const BUCKETINGS: [&str; 3] = ["size", "area", "life"];
const LAYERS: [&str; 2] = ["latest-tail", "tightest"];

/// Most buffers of a trace, and most traces.
const MANY: i64 = 1 << 20;
/// Most steps of a search, in thousands: a step is some fifty instructions, and an item may take ten billion.
const STEPS: i64 = 150_000;
/// Most pairs of buffers that overlap, of a trace that is searched.
const PAIRS: u64 = 1 << 23;

pub(super) fn schemas() -> [EditSchema; 3] {
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
    [order, search(), planner]
}

fn search() -> EditSchema {
    EditSchema::new(SEARCH, "Plans a trace by canonical search with restarts, from the plan of a rule.")
        .source("MiniMalloc, ASPLOS 2023 (canonical plans)")
        .with(Argument::int("trace", 0..=MANY, "which trace, from 0"))
        .with(Argument::word(
            "start",
            &RULES,
            "the rule whose plan stands where the search finds no better one",
        ))
        .with(Argument::int("steps", 0..=STEPS, "thousand buffers and sections that the search may look at"))
        .with(Argument::word("rank", &RANKS, "what is placed first: where branches ended, also times the root of the area, or these and others in turns"))
        .with(Argument::real("noise", 0.0..=16.0, "how much the order differs from round to round"))
        .with(Argument::real("memory", 0.0..=1.0, "what is left of a weight from round to round"))
        .with(Argument::int("nodes", 1..=1_000_000, "nodes of the shortest round"))
        .with(Argument::int("seed", 0..=MANY, "what the noise follows from"))
        .once_per(&["trace"])
        .reads("trace {trace} by search from {start}")
}

/// Whether orders name traces and buffers that there are. They are for given traces: where the report has others, there is none for
/// those.
pub(super) fn check(plan: &[Edit], traces: &[Instance], given: bool) -> Result<(), Failure> {
    let mut planned = Vec::new();
    for edit in Args::each(plan) {
        match edit.kind() {
            ORDER | SEARCH if !given => {
                return Err(edit.refuse(
                    "a plan is for one trace, and task `planner` reports on others: use task `given`",
                ));
            }
            kind @ (ORDER | SEARCH) => {
                let trace = edit.count("trace")?;
                let Some(instance) = traces.get(trace) else {
                    return Err(
                        edit.refuse(format!("there is no trace {trace}, only {} from 0", traces.len()))
                    );
                };
                if planned.contains(&trace) {
                    return Err(edit.refuse(format!("trace {trace} has a plan already")));
                }
                planned.push(trace);
                if kind == ORDER {
                    edit.order("order", instance.len())?;
                } else if instance.overlaps() > PAIRS {
                    return Err(edit.refuse(format!(
                        "trace {trace} has {} pairs of buffers that overlap, and a search takes up to {PAIRS}: give an order",
                        instance.overlaps()
                    )));
                } else {
                    restarts(&edit)?;
                }
            }
            PLANNER => drop(knobs(&edit)?),
            other => return Err(edit.refuse(format!("`{other}` is no edit of memory plans"))),
        }
    }
    Ok(())
}

/// Where the buffers of a trace are, and how many buffers and sections were looked at to find out.
pub(super) fn offsets(plan: &[Edit], trace: usize, instance: &Instance) -> Result<(Offsets, u64), Failure> {
    let placed = instance.len() as u64;
    for edit in Args::each(plan) {
        if !matches!(edit.kind(), ORDER | SEARCH) || edit.count("trace")? != trace {
            continue;
        }
        if edit.kind() == ORDER {
            let order = edit.order("order", instance.len())?;
            return Ok((decode::decode(instance, &order, Fit::Lowest), placed));
        }
        let (start, policy, seed) = restarts(&edit)?;
        let start = start.plan(instance);
        let steps = edit.count("steps")? as u64 * 1000;
        if steps == 0 {
            return Ok((start, placed));
        }
        let mut search = Restarts::after(instance, start, policy, seed);
        search.run(steps);
        return Ok((search.best().clone(), placed + search.steps()));
    }
    let offsets = match Args::find(plan, PLANNER) {
        Some(edit) => stalloc::plan(instance, &knobs(&edit)?),
        None => online::best_fit(instance),
    };
    Ok((offsets, placed))
}

fn restarts(edit: &Args<'_>) -> Result<(Rule, Policy, u64), Failure> {
    let (start, rank) = (edit.word("start")?, edit.word("rank")?);
    let start = Rule::ALL.into_iter().find(|rule| rule.name() == start).unwrap_or(Rule::Size);
    let policy = Policy {
        key: match rank {
            "weight" => Some(Key::Weight),
            "weighted-area" => Some(Key::WeightedArea),
            _ => None,
        },
        noise: edit.real("noise")?,
        memory: edit.real("memory")?,
        nodes: edit.count("nodes")? as u64,
    };
    Ok((start, policy, edit.count("seed")? as u64))
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
