//! Traces from files, or generated.

use attune_guest::evaluator::{File, OpenFailure, Opening, Split};
use attune_memory_plan::generate::{Irregular, Megatron, tight};
use attune_memory_plan::{Instance, csv, snapshot};

/// Traces that are generated where nobody says how many.
const GENERATED: u32 = 8;
/// Bytes of a generated packing.
const CAPACITY: u64 = 1 << 20;

type Splits = (Vec<Instance>, Vec<Instance>);

/// The same traces in both splits.
pub(super) fn given(opening: &Opening) -> Result<Splits, OpenFailure> {
    if !opening.report().files.is_empty() {
        let message = "task `given` plans for the traces of `selection` and reports on the same; leave `report` empty, or use task \
                       `planner` for other traces";
        return Err(OpenFailure::split("report", message));
    }
    let selection = read(opening.selection())?;
    let traces = if selection.is_empty() {
        generated(opening, 0, opening.selection().generated(GENERATED).max(opening.report().wanted))
    } else {
        selection
    };
    Ok((traces.clone(), traces))
}

/// Traces of which none is in both splits.
pub(super) fn disjoint(opening: &Opening) -> Result<Splits, OpenFailure> {
    let (selection, report) = (read(opening.selection())?, read(opening.report())?);
    match (selection.is_empty(), report.is_empty()) {
        (true, true) => Ok((
            generated(opening, 0, opening.selection().generated(GENERATED)),
            generated(opening, 1, opening.report().generated(GENERATED)),
        )),
        (true, false) => Err(OpenFailure::split(
            "selection",
            "there are traces to report on and none to tune on; name some",
        )),
        (false, true) if selection.len() < 2 => {
            let message = "one trace cannot be cut into halves: give a folder of several, give `report` as well, or plan for this one \
                           by task `given`";
            Err(OpenFailure::split("selection", message))
        }
        (false, true) => {
            // Every second one is reported on: neighbours in name are often variants of each other.
            let (even, odd): (Vec<_>, Vec<_>) =
                selection.into_iter().enumerate().partition(|(index, _)| index % 2 == 0);
            let traces = |half: Vec<(usize, Instance)>| half.into_iter().map(|(_, trace)| trace).collect();
            let (even, odd): Splits = (traces(even), traces(odd));
            apart(&even, &odd)?;
            Ok((even, odd))
        }
        (false, false) => {
            apart(&selection, &report)?;
            Ok((selection, report))
        }
    }
}

fn apart(selection: &[Instance], report: &[Instance]) -> Result<(), OpenFailure> {
    match report.iter().position(|trace| selection.contains(trace)) {
        Some(trace) => Err(OpenFailure::split(
            "report",
            format!("trace {trace} is tuned on as well; expected other traces, or task `given`"),
        )),
        None => Ok(()),
    }
}

fn read(split: &Split) -> Result<Vec<Instance>, OpenFailure> {
    split.files.iter().map(trace).collect()
}

fn trace(file: &File) -> Result<Instance, OpenFailure> {
    let first = file.bytes.iter().find(|byte| !byte.is_ascii_whitespace());
    // A pickle begins with 0x80, JSON with a brace; a table is text.
    if matches!(first, Some(b'{' | 0x80)) {
        return snapshot::read(&file.bytes).map_err(|error| OpenFailure::file(&file.name, error.to_string()));
    }
    csv::read(file.text()?).map_err(|error| OpenFailure::file(&file.name, error.to_string()))
}

/// Traces of one half; trace `n` is the same however many there are.
fn generated(opening: &Opening, half: u64, count: u32) -> Vec<Instance> {
    let options = &opening.task_options;
    let base = options.int("seed") as u64;
    let irregular = match options.text("traces") {
        "regular" => Some(Irregular::No),
        "lengths" => Some(Irregular::Lengths),
        "experts" => Some(Irregular::Experts),
        _ => None,
    };
    let one = |number: u64| {
        let seed = (base << 32 | number) * 2 + half;
        let Some(irregular) = irregular else {
            return tight(seed, options.int("buffers") as usize, CAPACITY);
        };
        let layers = opening.task_options.int("layers") as u32;
        let trained = Megatron::varied(number as usize, seed, layers, irregular);
        trained.trace(seed)
    };
    (0..u64::from(count)).map(one).collect()
}
