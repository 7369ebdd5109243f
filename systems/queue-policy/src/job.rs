use crate::TraceError;

/// GPUs of a node.
pub const GPUS_PER_NODE: u32 = 8;

/// One job of a trace.
#[derive(Clone, Debug, PartialEq)]
pub struct Job {
    /// When it came, in seconds since the trace's first job.
    pub submit: u64,
    /// GPUs that it takes, at least 1.
    pub gpus: u32,
    /// Seconds that it runs, at least 1.
    pub duration: u64,
    /// The virtual cluster that it belongs to: an index into [`Cluster::nodes`].
    pub cluster: u32,
    /// Who sent it, where the trace says so.
    pub user: Option<u32>,
    /// What it is called, where the trace says so. Jobs of one name are runs of one thing.
    pub name: Option<u32>,
    /// Seconds that an estimator expects it to run, made before it runs. Nothing keeps it from being negative: the published law of errors makes such
    /// estimates ([`crate::error_law`]).
    pub predicted: f64,
}

/// Jobs in order of submission.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trace {
    /// The jobs.
    pub jobs: Vec<Job>,
    /// Names of virtual clusters; jobs name them by index. One that has no name is called `all`.
    pub clusters: Vec<String>,
}

/// Nodes of each virtual cluster. No job leaves its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cluster {
    /// Nodes of each virtual cluster.
    pub nodes: Vec<u32>,
}

impl Cluster {
    /// A cluster for `trace`: `nodes` has a number for each virtual cluster, or one for all of them.
    ///
    /// # Errors
    ///
    /// Another count of numbers; a job that takes more GPUs than its virtual cluster has, and so would wait for ever.
    pub fn for_trace(trace: &Trace, nodes: &[u32]) -> Result<Self, TraceError> {
        let clusters = trace.clusters.len();
        let nodes = match nodes {
            [one] => vec![*one; clusters],
            many if many.len() == clusters => many.to_vec(),
            many => return Err(TraceError::Nodes { given: many.len(), clusters }),
        };
        for (index, job) in trace.jobs.iter().enumerate() {
            let gpus = nodes[job.cluster as usize] * GPUS_PER_NODE;
            if job.gpus > gpus {
                let cluster = trace.clusters[job.cluster as usize].clone();
                return Err(TraceError::TooLarge { job: index, gpus: job.gpus, cluster, has: gpus });
            }
        }
        Ok(Self { nodes })
    }

    /// GPUs of all virtual clusters.
    pub fn gpus(&self) -> u64 {
        self.nodes.iter().map(|&nodes| u64::from(nodes * GPUS_PER_NODE)).sum()
    }
}

/// Seconds that writing a checkpoint, moving and reading it takes a job of so many GPUs when it is preempted or migrated (Helios' artifact).
pub fn overhead(gpus: u32) -> u64 {
    match gpus {
        0..=1 => 7,
        2..=8 => 30,
        _ => 60,
    }
}
