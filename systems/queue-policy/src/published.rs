use crate::{Estimate, Order, Policy};

/// A policy that people run or compare with.
#[derive(Clone, Copy, Debug)]
pub struct Published {
    /// Its name.
    pub name: &'static str,
    /// What it is, in a sentence.
    pub help: &'static str,
    /// Whether it knows durations beforehand, which nobody does.
    pub oracle: bool,
    /// The policy.
    pub policy: Policy,
}

/// FIFO, shortest job first and shortest remaining time first that know durations, service first that knows them, and QSSF as published (arXiv 2109.01313):
/// strict, not preemptive, by GPU-seconds.
pub fn published() -> [Published; 5] {
    let oracle = Policy { estimate: Estimate::Oracle, ..Policy::FIFO };
    [
        Published { name: "fifo", help: "first come, first served", oracle: false, policy: Policy::FIFO },
        Published {
            name: "qssf",
            help: "quasi-shortest-service-first as published: GPUs times the estimated duration, strict, not preemptive",
            oracle: false,
            policy: Policy { order: Order::Service, ..Policy::FIFO },
        },
        Published {
            name: "sjf-oracle",
            help: "shortest job first, durations known",
            oracle: true,
            policy: Policy { order: Order::Sjf, ..oracle },
        },
        Published {
            name: "service-oracle",
            help: "fewest GPU-seconds first, durations known",
            oracle: true,
            policy: Policy { order: Order::Service, ..oracle },
        },
        Published {
            name: "srtf-oracle",
            help: "shortest remaining time first, durations known, every job can be preempted",
            oracle: true,
            policy: Policy {
                order: Order::Srtf,
                exponent: 0.0,
                preemption: 1.0,
                backfill: crate::Backfill::Greedy,
                ..oracle
            },
        },
    ]
}
