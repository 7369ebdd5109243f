use std::fmt;

/// Why a trace cannot be simulated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TraceError {
    /// The bytes are no UTF-8.
    NoText,
    /// There is no header, or no job.
    Empty,
    /// A column that every trace needs is not there.
    NoColumn {
        /// Names that it may have.
        names: &'static str,
        /// Columns that are there.
        found: String,
    },
    /// A row has fewer cells than the header.
    Short {
        /// The line, from 1.
        line: usize,
    },
    /// A cell is not what its column holds.
    Cell {
        /// The line, from 1.
        line: usize,
        /// The column.
        column: String,
        /// What stands there.
        found: String,
        /// What was expected.
        expected: &'static str,
    },
    /// Numbers of nodes do not fit the virtual clusters.
    Nodes {
        /// Numbers that were given.
        given: usize,
        /// Virtual clusters of the trace.
        clusters: usize,
    },
    /// A job takes more GPUs than its virtual cluster has.
    TooLarge {
        /// Index of the job, from 0.
        job: usize,
        /// GPUs that it takes.
        gpus: u32,
        /// Name of its virtual cluster.
        cluster: String,
        /// GPUs of that.
        has: u32,
    },
    /// There are fewer jobs than windows need.
    TooFew {
        /// Jobs of the half.
        jobs: usize,
        /// Windows that were asked for.
        windows: usize,
    },
}

impl fmt::Display for TraceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoText => write!(f, "the trace is no UTF-8 text; expected CSV with a header"),
            Self::Empty => {
                write!(f, "the trace has no jobs; expected CSV with a header and a row for each job")
            }
            Self::NoColumn { names, found } => {
                write!(f, "the trace has no column {names}; its columns are {found}")
            }
            Self::Short { line } => write!(f, "line {line} of the trace has fewer cells than the header"),
            Self::Cell { line, column, found, expected } => {
                write!(f, "line {line} of the trace, column `{column}`: found `{found}`, expected {expected}")
            }
            Self::Nodes { given, clusters } => write!(
                f,
                "{given} numbers of nodes for {clusters} virtual clusters; give one for each in the order of their names, or one for all"
            ),
            Self::TooLarge { job, gpus, cluster, has } => write!(
                f,
                "job {job} takes {gpus} GPUs and its virtual cluster `{cluster}` has {has}: it would never start; give that more nodes"
            ),
            Self::TooFew { jobs, windows } => write!(
                f,
                "a half of the trace has {jobs} jobs, too few for {windows} windows; give at most {jobs}"
            ),
        }
    }
}

impl std::error::Error for TraceError {}

/// Why a policy is none.
#[derive(Clone, Debug, PartialEq)]
pub struct PolicyError {
    /// The number that is out of its range.
    pub argument: &'static str,
    /// What it is.
    pub found: f64,
    /// What it has to be.
    pub expected: &'static str,
}

impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is {}, expected {}", self.argument, self.found, self.expected)
    }
}

impl std::error::Error for PolicyError {}
