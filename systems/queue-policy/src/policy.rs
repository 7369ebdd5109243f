use crate::PolicyError;

/// By what the queue is sorted. The job with the smallest number is first; jobs that are equal keep the order in which they came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// When it came.
    Fifo,
    /// How long it is expected to run.
    Sjf,
    /// N^β times how long it is expected to run: GPU-seconds for β = 1 (quasi-shortest-service-first).
    Service,
    /// N^β times how long it is expected to run from now on.
    Srtf,
    /// N^β times how long it has run, in levels that double (least attained service).
    Las,
}

/// What is taken for the duration of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Estimate {
    /// What the estimator and the history of finished jobs say.
    Predicted,
    /// What it will be. For baselines: nobody knows it.
    Oracle,
}

/// How durations of earlier jobs become one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aggregate {
    /// Their mean.
    Mean,
    /// The one in the middle.
    Median,
    /// Their geometric mean.
    Geometric,
}

/// Which earlier jobs are like a job. Of the levels that an option has, the first with any job counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Matching {
    /// Of the same name, user and GPUs; of the same name and user; of the same name; of the same user; all (Helios' rolling estimate).
    Name,
    /// Of the same user and GPUs; of the same user; all.
    User,
    /// Of the same GPUs; all.
    Gpus,
}

/// What counts where the estimator says zero or less.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fallback {
    /// What it says, as in the published runs on Philly.
    Keep,
    /// What the history says, as Helios' combined estimator has it.
    History,
}

/// Who may start while somebody before waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backfill {
    /// Nobody.
    Strict,
    /// Whoever fits.
    Greedy,
    /// Whoever fits and, as far as estimates go, does not delay the first who waits (EASY).
    Reserve,
}

/// How waiting helps.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Ageing {
    /// It does not.
    None,
    /// A second of waiting makes up for so many units of what the queue is sorted by.
    Linear(f64),
    /// So many seconds of waiting make up for a factor of e in what the queue is sorted by.
    Logarithmic(f64),
}

/// When running jobs are moved so that one that waits fits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Repacking {
    /// Never.
    Off,
    /// When the first who waits would fit into the sum of free GPUs, and these are at least this share of all.
    Idle(f64),
}

/// A policy of the queue.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Policy {
    /// What the queue is sorted by.
    pub order: Order,
    /// β, the exponent of GPUs, in 0..=2. Read by [`Order::Service`], [`Order::Srtf`] and [`Order::Las`].
    pub exponent: f64,
    /// What is taken for the duration.
    pub estimate: Estimate,
    /// α: the weight of the history against the estimator, in 0..=1.
    pub history: f64,
    /// The latest so many jobs of the history that count; 0 for all.
    pub window: usize,
    /// How they become one number.
    pub aggregate: Aggregate,
    /// Which of them are like the job.
    pub matching: Matching,
    /// What counts where the estimator says nothing that could be.
    pub fallback: Fallback,
    /// Who may start while somebody before waits.
    pub backfill: Backfill,
    /// How waiting helps. Nothing to [`Order::Fifo`].
    pub ageing: Ageing,
    /// The share of jobs that may be preempted, in 0..=1.
    pub preemption: f64,
    /// Seconds that a job runs before it may be preempted, those beside that its checkpoint takes to read.
    pub cooldown: u64,
    /// When jobs are moved.
    pub repacking: Repacking,
}

impl Policy {
    /// First come, first served.
    pub const FIFO: Self = Self {
        order: Order::Fifo,
        exponent: 1.0,
        estimate: Estimate::Predicted,
        history: 0.0,
        window: 0,
        aggregate: Aggregate::Mean,
        matching: Matching::Name,
        fallback: Fallback::Keep,
        backfill: Backfill::Strict,
        ageing: Ageing::None,
        preemption: 0.0,
        cooldown: 0,
        repacking: Repacking::Off,
    };

    /// Whether numbers are in their ranges.
    ///
    /// # Errors
    ///
    /// The first that is not.
    pub fn validate(&self) -> Result<(), PolicyError> {
        let inside = |argument, found: f64, fits: bool, expected| {
            if fits { Ok(()) } else { Err(PolicyError { argument, found, expected }) }
        };
        let share = |number: f64| (0.0..=1.0).contains(&number);
        inside("exponent", self.exponent, (0.0..=2.0).contains(&self.exponent), "a number in 0..=2")?;
        inside("history", self.history, share(self.history), "a number in 0..=1")?;
        inside("preemption", self.preemption, share(self.preemption), "a number in 0..=1")?;
        if let Ageing::Linear(rate) | Ageing::Logarithmic(rate) = self.ageing {
            inside("ageing-rate", rate, rate.is_finite() && rate > 0.0, "a number above 0")?;
        }
        if let Repacking::Idle(idle) = self.repacking {
            inside("repack-idle", idle, share(idle), "a number in 0..=1")?;
        }
        Ok(())
    }
}
