//! Instances of both splits: windows of traces from files, or generated ones.

use attune_guest::evaluator::{File, OpenFailure, Opening, Options, Split};
use attune_queue_policy::{
    Cluster, Generator, Half, Instance, TimeUnit, Trace, TraceError, generate, predict, read_csv, windows,
};

/// Items of a generated split where a profile does not say how many.
const GENERATED: u32 = 16;

/// Selection and report. Without files both are generated, from seeds that differ; with files for one, it is the first half of each that is tuned on and the
/// second that is reported; with files for both, they are what they are.
pub(crate) fn both(opening: &Opening) -> Result<(Vec<Instance>, Vec<Instance>), OpenFailure> {
    let options = &opening.task_options;
    let (selection, report) = (opening.selection(), opening.report());
    match (selection.files.is_empty(), report.files.is_empty()) {
        (true, true) => Ok((generated(options, selection, 0)?, generated(options, report, 1)?)),
        (false, true) => Ok((
            read(options, &selection.files, Half::First, selection)?,
            read(options, &selection.files, Half::Second, report)?,
        )),
        (true, false) => Err(OpenFailure::split(
            "selection",
            "there are traces to report on and none to tune on; give the selection, whose second half is reported",
        )),
        (false, false) => {
            if let Some(same) =
                selection.files.iter().find(|file| report.files.iter().any(|other| other.bytes == file.bytes))
            {
                return Err(OpenFailure::file(
                    &same.name,
                    "it is tuned on and reported; expected another trace, or no report, which is the second half then",
                ));
            }
            Ok((
                read(options, &selection.files, Half::Whole, selection)?,
                read(options, &report.files, Half::Whole, report)?,
            ))
        }
    }
}

fn read(options: &Options, files: &[File], half: Half, split: &Split) -> Result<Vec<Instance>, OpenFailure> {
    let unit = match options.text("time_unit") {
        "seconds" => TimeUnit::Seconds,
        _ => TimeUnit::Milliseconds,
    };
    let mut instances = Vec::new();
    for file in files {
        let fault = |error: TraceError| match error {
            TraceError::Nodes { .. } => OpenFailure::task_option("nodes", error.to_string()),
            TraceError::TooFew { .. } => OpenFailure::task_option("windows", error.to_string()),
            other => OpenFailure::file(&file.name, other.to_string()),
        };
        let mut trace = read_csv(&file.bytes, unit).map_err(fault)?;
        estimate(&mut trace, options, options.int("seed") as u64);
        let cluster = Cluster::for_trace(&trace, &nodes(options)).map_err(fault)?;
        instances.extend(windows(&trace, &cluster, half, options.int("windows") as usize).map_err(fault)?);
    }
    if split.wanted > 0 {
        instances.truncate(split.wanted as usize);
    }
    Ok(instances)
}

/// Each item is the second half of a trace of its own, whose first half is history.
fn generated(options: &Options, split: &Split, half: u64) -> Result<Vec<Instance>, OpenFailure> {
    let nodes = nodes(options);
    let most = nodes.iter().copied().max().unwrap_or(1);
    let mut instances = Vec::new();
    for item in 0..u64::from(split.generated(GENERATED)) {
        let seed = ((options.int("seed") as u64) << 32 | item) * 2 + half;
        let generator = Generator {
            jobs: 2 * options.int("jobs") as usize,
            clusters: options.int("clusters") as u32,
            nodes: most,
            load: options.real("load"),
            users: options.int("users") as u32,
            seed,
        };
        let mut trace = generate(&generator);
        estimate(&mut trace, options, seed);
        let fault = |error: TraceError| OpenFailure::task_option("nodes", error.to_string());
        let cluster = Cluster::for_trace(&trace, &nodes).map_err(fault)?;
        instances.extend(windows(&trace, &cluster, Half::Second, 1).map_err(fault)?);
    }
    Ok(instances)
}

fn nodes(options: &Options) -> Vec<u32> {
    options.ints("nodes").iter().map(|&nodes| nodes as u32).collect()
}

fn estimate(trace: &mut Trace, options: &Options, seed: u64) {
    if options.text("estimator") == "none" {
        trace.jobs.iter_mut().for_each(|job| job.predicted = 0.0);
    } else {
        predict(trace, seed);
    }
}
