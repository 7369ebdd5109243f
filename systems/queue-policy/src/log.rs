use crate::Placement;

/// What happened to a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// It started, or went on after a preemption.
    Start(Placement),
    /// It was stopped to go on later.
    Preempt,
    /// It went on elsewhere.
    Move(Placement),
    /// It is done.
    End,
}

/// One line of what happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Seconds since the trace's first job.
    pub time: u64,
    /// Index of the job.
    pub job: usize,
    /// What happened.
    pub change: Change,
}
