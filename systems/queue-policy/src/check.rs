//! Whether a log is a schedule: by replaying it, with nothing of the simulator but the log.

use crate::{Change, Cluster, Entry, GPUS_PER_NODE, Job, Part, overhead};

/// Replays `log` and says what is wrong with it: nodes with more jobs than GPUs, jobs that start before they come or on the wrong kind of place,
/// that do not run for their duration and what stopping and moving them takes, or do not end.
///
/// # Errors
///
/// The first thing that is wrong, in words.
pub fn check(jobs: &[Job], cluster: &Cluster, log: &[Entry]) -> Result<(), String> {
    let mut free: Vec<Vec<i64>> =
        cluster.nodes.iter().map(|&nodes| vec![i64::from(GPUS_PER_NODE); nodes as usize]).collect();
    let mut places: Vec<Option<Vec<Part>>> = vec![None; jobs.len()];
    let (mut ran, mut owed) = (vec![0; jobs.len()], vec![0; jobs.len()]);
    let (mut since, mut done) = (vec![0; jobs.len()], vec![false; jobs.len()]);
    let mut now = vec![0; cluster.nodes.len()];
    for entry in log {
        let job = jobs.get(entry.job).ok_or_else(|| format!("there is no job {}", entry.job))?;
        let wrong = |what: &str| Err(format!("job {} at {}: {what}", entry.job, entry.time));
        let vc = job.cluster as usize;
        if entry.time < now[vc] {
            return wrong("time goes back");
        }
        now[vc] = entry.time;
        if done[entry.job] {
            return wrong("it has ended");
        }
        let nodes = &mut free[vc];
        if let Some(parts) = places[entry.job].take() {
            for part in &parts {
                nodes[part.node as usize] += i64::from(part.gpus);
            }
            ran[entry.job] += entry.time - since[entry.job];
        } else if !matches!(entry.change, Change::Start(_)) {
            return wrong("it is not running");
        } else if entry.time < job.submit {
            return wrong("it has not come");
        }
        match &entry.change {
            Change::Start(parts) | Change::Move(parts) => {
                if !is_consolidated(job.gpus, parts) {
                    return wrong("its place is no consolidated one");
                }
                for part in parts {
                    let Some(node) = nodes.get_mut(part.node as usize) else {
                        return wrong("there is no such node");
                    };
                    *node -= i64::from(part.gpus);
                    if *node < 0 {
                        return wrong("its node has no GPUs left");
                    }
                }
                places[entry.job] = Some(parts.clone());
                since[entry.job] = entry.time;
                if matches!(entry.change, Change::Move(_)) {
                    owed[entry.job] += overhead(job.gpus);
                }
            }
            Change::Preempt => owed[entry.job] += overhead(job.gpus),
            Change::End => {
                let expected = job.duration + owed[entry.job];
                if ran[entry.job] != expected {
                    return wrong(&format!("it ran {} s and takes {expected} s", ran[entry.job]));
                }
                done[entry.job] = true;
            }
        }
    }
    match done.iter().position(|done| !done) {
        Some(job) => Err(format!("job {job} does not end")),
        None => Ok(()),
    }
}

/// Up to eight GPUs on one node; more on whole nodes, and the rest on another.
fn is_consolidated(gpus: u32, parts: &[Part]) -> bool {
    let mut sizes: Vec<u32> = parts.iter().map(|part| part.gpus).collect();
    let mut nodes: Vec<u32> = parts.iter().map(|part| part.node).collect();
    sizes.sort_unstable_by(|one, other| other.cmp(one));
    nodes.sort_unstable();
    nodes.dedup();
    let mut expected = vec![GPUS_PER_NODE; (gpus / GPUS_PER_NODE) as usize];
    if !gpus.is_multiple_of(GPUS_PER_NODE) {
        expected.push(gpus % GPUS_PER_NODE);
    }
    nodes.len() == parts.len() && sizes == expected
}
