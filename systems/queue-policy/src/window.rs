use crate::{Cluster, Job, Trace, TraceError};

/// A part of a trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Half {
    /// The first half of the jobs.
    First,
    /// The others.
    Second,
    /// All.
    Whole,
}

/// Jobs that are simulated together, from an empty cluster on.
#[derive(Clone, Debug, PartialEq)]
pub struct Instance {
    /// The jobs, in order of submission.
    pub jobs: Vec<Job>,
    /// Jobs that came before and would have ended by the first submission without waiting: what a history can know. In the order of these ends.
    pub ended: Vec<Job>,
    /// Where they run.
    pub cluster: Cluster,
}

/// Cuts a half into `count` windows of equally many jobs, in order of submission; each is an instance of its own.
///
/// # Errors
///
/// Fewer jobs than windows.
pub fn windows(
    trace: &Trace,
    cluster: &Cluster,
    half: Half,
    count: usize,
) -> Result<Vec<Instance>, TraceError> {
    let middle = trace.jobs.len() / 2;
    let (from, to) = match half {
        Half::First => (0, middle),
        Half::Second => (middle, trace.jobs.len()),
        Half::Whole => (0, trace.jobs.len()),
    };
    let jobs = to - from;
    if count == 0 || jobs < count {
        return Err(TraceError::TooFew { jobs, windows: count });
    }
    let cut = |window: usize| from + jobs * window / count;
    Ok((0..count).map(|window| instance(trace, cluster, cut(window), cut(window + 1))).collect())
}

fn instance(trace: &Trace, cluster: &Cluster, from: usize, to: usize) -> Instance {
    let end = |job: &Job| job.submit + job.duration;
    let start = trace.jobs[from].submit;
    let mut ended: Vec<Job> = trace.jobs[..from].iter().filter(|job| end(job) <= start).cloned().collect();
    ended.sort_by_key(end);
    Instance { jobs: trace.jobs[from..to].to_vec(), ended, cluster: cluster.clone() }
}
