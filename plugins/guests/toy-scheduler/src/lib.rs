//! Which job a machine takes next: days of generated jobs, and how long they wait.

use attune_guest::evaluator::{
    Args, Argument, Description, Edit, EditSchema, Evaluation, Evaluator, Failure, KnownBound, Metric,
    OpenFailure, Opening, OptionSpec, Random, Subject, TaskSpec,
};

/// When a job comes, and how long it runs, in minutes.
type Job = (f64, f64);

/// A machine that runs one job after the other: the days that are tuned on, and those that results are reported on.
struct Scheduler([Vec<Vec<Job>>; 2]);

impl Evaluator for Scheduler {
    fn describe() -> Description {
        let days = TaskSpec::new("days", "How long the jobs of a generated day wait.")
            .metric(Metric::minimise("wait", "minutes"))
            .metric(Metric::minimise("longest-wait", "minutes"))
            .option(OptionSpec::int("seed", "what the days are generated from", 0..=1_000_000, 0))
            .option(OptionSpec::real("load", "share of the day that the machine is busy", 0.1..=0.99, 0.8));
        let order = EditSchema::new("order", "Takes the shortest or the longest job that waits.")
            .with(Argument::word("by", &["shortest", "longest"], "the job that goes first"))
            .with(Argument::real("ageing", 0.0..=10.0, "minutes that a minute of waiting counts"))
            .once()
            .reads("{by} first, ageing {ageing}");
        Description::new(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"), "One machine and its jobs.")
            .task(days)
            .edit(order)
            .unedited("first come, first served")
            .fact("jobs", "jobs of all days that are tuned on")
    }

    fn open(opening: &Opening) -> Result<Self, OpenFailure> {
        let (seed, load) = (opening.task_options.int("seed") as u64, opening.task_options.real("load"));
        let day = |half: u64, day: u64| generate(&mut Random::new(((seed << 32 | day) << 1) | half), load);
        let days = |half, wanted| (0..u64::from(wanted)).map(|number| day(half, number)).collect();
        Ok(Self([days(0, opening.selection().generated(20)), days(1, opening.report().generated(20))]))
    }

    fn subject(&self) -> Subject {
        let [selection, report] = &self.0;
        Subject::new("one machine")
            .int("jobs", selection.iter().map(Vec::len).sum::<usize>() as i64)
            .items("selection", selection.len() as u32)
            .items("report", report.len() as u32)
    }

    fn check(&self, plan: &[Edit]) -> Result<(), Failure> {
        weights(plan).map(drop)
    }

    fn evaluate(&self, plan: &[Edit], split: &str, items: &[u32]) -> Result<Evaluation, Failure> {
        let (days, weights) = (&self.0[usize::from(split == "report")], weights(plan)?);
        let waits: Vec<_> = items.iter().map(|&day| run(&days[day as usize], weights, false)).collect();
        let longest = |waits: &Vec<f64>| waits.iter().copied().fold(0.0, f64::max);
        let evaluation = Evaluation::new().metric("wait", waits.iter().map(|waits| mean(waits)).collect());
        Ok(evaluation.metric("longest-wait", waits.iter().map(longest).collect()))
    }

    /// No order waits less than one that may interrupt a job for one with less left to do (Schrage, 1968).
    fn known_bounds(&self, split: &str, items: &[u32]) -> Vec<KnownBound> {
        let days = &self.0[usize::from(split == "report")];
        let least = |&day: &u32| Some(mean(&run(&days[day as usize], (1.0, 0.0), true)));
        vec![KnownBound::new("wait", items.iter().map(least).collect())]
    }
}

/// What a minute of a job's length and one of its waiting count: the job with the least sum goes first.
fn weights(plan: &[Edit]) -> Result<(f64, f64), Failure> {
    let Some(order) = Args::find(plan, "order") else { return Ok((0.0, -1.0)) };
    let sign = if order.word("by")? == "shortest" { 1.0 } else { -1.0 };
    Ok((sign, -order.real("ageing")?))
}

/// Two hundred jobs at random times: a tenth of them are ten times as long. Without logarithms, it is the same on every machine.
fn generate(random: &mut Random, load: f64) -> Vec<Job> {
    let mut about = |mean: f64| 2.0 * mean * random.unit();
    let mut now = 0.0;
    let job = |number: u32| {
        now += about(5.7 / load);
        (now, about(if number.is_multiple_of(10) { 30.0 } else { 3.0 }))
    };
    (0..200).map(job).collect()
}

/// How long each job waits, in the order in which they end; `interrupts` is whether one that comes may stop the one that runs.
fn run(jobs: &[Job], (by_length, by_waiting): (f64, f64), interrupts: bool) -> Vec<f64> {
    let (mut waiting, mut now, mut waits) = (Vec::new(), 0.0, Vec::new());
    let mut coming = jobs.iter().copied().peekable();
    while waits.len() < jobs.len() {
        if let Some((came, length)) = coming.next_if(|job| job.0 <= now || waiting.is_empty()) {
            now = f64::max(now, came);
            waiting.push((came, length, length));
            continue;
        }
        let cost = |&(came, _, left): &(f64, f64, f64)| by_length * left + by_waiting * (now - came);
        waiting.sort_by(|one, other| cost(other).total_cmp(&cost(one)));
        let Some((came, length, left)) = waiting.pop() else { break };
        match coming.peek().filter(|next| interrupts && next.0 < now + left) {
            Some(&(next, _)) => {
                waiting.push((came, length, left - (next - now)));
                now = next;
            }
            None => {
                now += left;
                waits.push(now - came - length);
            }
        }
    }
    waits
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

attune_guest::export_evaluator!(Scheduler);

#[cfg(test)]
mod tests;
