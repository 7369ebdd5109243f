//! Which job a machine takes next: days of generated jobs, and how long they wait.

use attune_guest::evaluator::{
    Args, Argument, Description, Edit, EditSchema, Evaluation, Evaluator, Failure, KnownBound, Metric,
    OpenFailure, Opening, OptionSpec, Random, Subject, TaskSpec,
};

/// When a job comes, and how long it runs, in minutes.
type Job = (f64, f64);

/// One machine that runs one job after the other.
struct Scheduler {
    selection: Vec<Vec<Job>>,
    report: Vec<Vec<Job>>,
}

impl Evaluator for Scheduler {
    fn describe() -> Description {
        let days = TaskSpec::new("days", "How long the jobs of a generated day wait.")
            .metric(Metric::minimise("wait", "minutes"))
            .metric(Metric::minimise("longest-wait", "minutes"))
            .option(OptionSpec::int("seed", "what the days are generated from", 0..=1_000_000, 0))
            .option(OptionSpec::real("load", "share of the day that the machine is busy", 0.1..=0.99, 0.8));
        let order =
            EditSchema::new("order", "Takes the shortest or the longest waiting job, and not the first.")
                .with(Argument::word("by", &["shortest", "longest"], "the job that goes first"))
                .with(Argument::real("ageing", 0.0..=10.0, "minutes that a minute of waiting counts"))
                .once()
                .reads("{by} first, ageing {ageing}");
        Description::new("toy-scheduler", "0.1.0", "A machine that runs one job after the other.")
            .task(days)
            .edit(order)
            .unedited("first come, first served")
            .fact("jobs", "jobs of all days that are tuned on")
    }

    fn open(opening: &Opening) -> Result<Self, OpenFailure> {
        let (seed, load) = (opening.task_options.int("seed") as u64, opening.task_options.real("load"));
        let days = |half: u64, wanted: u32| {
            (0..u64::from(wanted)).map(|day| generate(2 * (seed << 32 | day) + half, load)).collect()
        };
        let (selection, report) = (opening.selection().generated(20), opening.report().generated(20));
        Ok(Self { selection: days(0, selection), report: days(1, report) })
    }

    fn subject(&self) -> Subject {
        Subject::new("one machine")
            .int("jobs", self.selection.iter().map(Vec::len).sum::<usize>() as i64)
            .items("selection", self.selection.len() as u32)
            .items("report", self.report.len() as u32)
    }

    fn check(&self, plan: &[Edit]) -> Result<(), Failure> {
        policy(plan).map(|_| ())
    }

    fn evaluate(&self, plan: &[Edit], split: &str, items: &[u32]) -> Result<Evaluation, Failure> {
        let policy = policy(plan)?;
        let waits: Vec<Vec<f64>> = items.iter().map(|&day| waits(self.day(split, day), policy)).collect();
        let mean = waits.iter().map(|waits| waits.iter().sum::<f64>() / waits.len() as f64).collect();
        let longest = waits.iter().map(|waits| waits.iter().copied().fold(0.0, f64::max)).collect();
        let jobs = waits.iter().map(Vec::len).sum::<usize>() as u64;
        Ok(Evaluation::new().metric("wait", mean).metric("longest-wait", longest).work(jobs))
    }

    fn known_bounds(&self, split: &str, items: &[u32]) -> Vec<KnownBound> {
        let bound = |&day: &u32| Some(least_wait(self.day(split, day)));
        vec![KnownBound::new("wait", items.iter().map(bound).collect())]
    }
}

impl Scheduler {
    fn day(&self, split: &str, day: u32) -> &[Job] {
        if split == "report" { &self.report[day as usize] } else { &self.selection[day as usize] }
    }
}

/// What a minute of a job's length and of its waiting count; the job with the least sum goes first.
fn policy(plan: &[Edit]) -> Result<(f64, f64), Failure> {
    let Some(order) = Args::find(plan, "order") else { return Ok((0.0, 1.0)) };
    let sign = if order.word("by")? == "shortest" { 1.0 } else { -1.0 };
    Ok((sign, order.real("ageing")?))
}

/// A day of some two hundred jobs: between two of them, and for each, an exponential time, a tenth of the jobs ten times as long.
fn generate(seed: u64, load: f64) -> Vec<Job> {
    let mut random = Random::new(seed);
    let mut exponential = |mean: f64| -mean * (1.0 - random.unit()).ln();
    let mut now = 0.0;
    let mut job = |number: u32| {
        let length = exponential(if number % 10 == 0 { 30.0 } else { 3.0 });
        now += exponential(5.7 / load);
        (now, length)
    };
    (0..200).map(&mut job).collect()
}

/// How long each job waits; jobs are in the order in which they come.
fn waits(jobs: &[Job], (by_length, by_waiting): (f64, f64)) -> Vec<f64> {
    let (mut waiting, mut next, mut now) = (Vec::<Job>::new(), 0, 0.0_f64);
    let mut waits = Vec::with_capacity(jobs.len());
    while waits.len() < jobs.len() {
        if waiting.is_empty() {
            now = now.max(jobs[next].0);
        }
        while next < jobs.len() && jobs[next].0 <= now {
            waiting.push(jobs[next]);
            next += 1;
        }
        let cost = |&(came, length): &Job| by_length * length - by_waiting * (now - came);
        let first =
            (0..waiting.len()).min_by(|&one, &other| cost(&waiting[one]).total_cmp(&cost(&waiting[other])));
        let (came, length) = waiting.remove(first.unwrap_or(0));
        waits.push(now - came);
        now += length;
    }
    waits
}

/// No order makes jobs wait less than one that may interrupt a job for one with less left to do (Schrage, 1968).
fn least_wait(jobs: &[Job]) -> f64 {
    let (mut left, mut now, mut waited) = (Vec::<f64>::new(), 0.0, 0.0);
    for (index, &(came, length)) in jobs.iter().enumerate() {
        left.push(length);
        now = f64::max(now, came);
        let until = jobs.get(index + 1).map_or(f64::INFINITY, |next| next.0);
        while let Some(least) = (0..left.len()).min_by(|&one, &other| left[one].total_cmp(&left[other])) {
            let run = left[least].min(until - now);
            waited += run * (left.len() - 1) as f64;
            now += run;
            left[least] -= run;
            if left[least] > 0.0 {
                break;
            }
            left.remove(least);
        }
    }
    waited / jobs.len() as f64
}

attune_guest::export_evaluator!(Scheduler);
