//! Scores policies of queues on traces of a GPU cluster.

mod edit;
mod instances;

use attune_guest::evaluator::{
    Description, Edit, Evaluation, Evaluator, Failure, KnownBound, Metric, OpenFailure, Opening, OptionSpec,
    Subject, TaskSpec,
};
use attune_queue_policy::{Instance, METRICS, bounds, metrics, simulate};

struct Cluster {
    selection: Vec<Instance>,
    report: Vec<Instance>,
}

impl Evaluator for Cluster {
    fn describe() -> Description {
        let mut trace = TaskSpec::new(
            "trace",
            "How long the jobs of a trace take, and how well its GPUs are used.",
        )
        .reads("csv")
        .option(OptionSpec::int(
            "seed",
            "what errors of estimates and generated traces follow from",
            0..=1_000_000,
            1,
        ))
        .option(OptionSpec::ints(
            "nodes",
            "nodes of each virtual cluster, or one number for all",
            1..=4096,
            &[8],
        ))
        .option(OptionSpec::one_of(
            "estimator",
            "what estimates durations: the published law of errors, or nothing, so that history alone does",
            &["error-law", "none"],
        ))
        .option(OptionSpec::int(
            "windows",
            "windows that a half of a trace from a file is cut into",
            1..=1000,
            8,
        ))
        .option(OptionSpec::one_of("time_unit", "unit of times in a file", &["milliseconds", "seconds"]))
        .option(OptionSpec::int("jobs", "jobs of a generated window", 10..=100_000, 400))
        .option(OptionSpec::int("clusters", "virtual clusters of a generated trace", 1..=64, 1))
        .option(OptionSpec::int("users", "users of each of them", 1..=1000, 12))
        .option(OptionSpec::real(
            "load",
            "GPUs that generated jobs want for each that is there",
            0.1..=4.0,
            0.9,
        ));
        for metric in METRICS {
            let of = if metric.maximise { Metric::maximise } else { Metric::minimise };
            trace = trace.metric(of(metric.name, metric.unit));
        }
        Description::new("queue-policy", "0.1.0", "A GPU cluster, simulated from event to event.")
            .task(trace)
            .edit(edit::schema())
            .unedited("first come, first served")
            .fact("jobs", "jobs of the selection split")
            .fact("gpus", "GPUs of the cluster")
    }

    fn open(opening: &Opening) -> Result<Self, OpenFailure> {
        let (selection, report) = instances::both(opening)?;
        Ok(Self { selection, report })
    }

    fn subject(&self) -> Subject {
        let jobs: usize = self.selection.iter().map(|instance| instance.jobs.len()).sum();
        let gpus = self.selection.first().map_or(0, |instance| instance.cluster.gpus());
        Subject::new("a GPU cluster")
            .int("jobs", jobs as i64)
            .int("gpus", gpus as i64)
            .items("selection", self.selection.len() as u32)
            .items("report", self.report.len() as u32)
    }

    fn check(&self, plan: &[Edit]) -> Result<(), Failure> {
        edit::policy(plan).map(|_| ())
    }

    fn evaluate(&self, plan: &[Edit], split: &str, items: &[u32]) -> Result<Evaluation, Failure> {
        let policy = edit::policy(plan)?;
        let mut columns = METRICS.map(|_| Vec::with_capacity(items.len()));
        let mut jobs = 0;
        for &item in items {
            let instance = self.instance(split, item)?;
            let outcome = simulate(&instance.jobs, &instance.ended, &instance.cluster, &policy, false);
            jobs += instance.jobs.len() as u64;
            for (column, value) in columns.iter_mut().zip(metrics(instance, &outcome).values()) {
                column.push(value);
            }
        }
        let filled = METRICS.iter().zip(columns);
        Ok(filled.fold(Evaluation::new().work(jobs), |all, (metric, items)| all.metric(metric.name, items)))
    }

    fn known_bounds(&self, split: &str, items: &[u32]) -> Vec<KnownBound> {
        let of_each: Vec<_> = items.iter().map(|&item| self.instance(split, item).ok().map(bounds)).collect();
        vec![
            KnownBound::new("mean-jct", of_each.iter().map(|of| of.map(|of| of.mean_jct)).collect()),
            KnownBound::new("p99-jct", of_each.iter().map(|of| of.map(|of| of.p99_jct)).collect()),
        ]
    }
}

impl Cluster {
    fn instance(&self, split: &str, item: u32) -> Result<&Instance, Failure> {
        let instances = if split == "report" { &self.report } else { &self.selection };
        instances.get(item as usize).ok_or_else(|| {
            Failure::bad_request(format!("split `{split}` has {} items and no item {item}", instances.len()))
        })
    }
}

attune_guest::export_evaluator!(Cluster);
