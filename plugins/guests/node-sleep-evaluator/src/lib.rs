//! Scores controls of powered nodes on series of used ones.

mod edit;
mod halves;

use attune_guest::evaluator::{
    Description, Edit, Evaluation, Evaluator, Failure, KnownBound, Metric, OpenFailure, Opening, OptionSpec,
    Subject, TaskSpec,
};
use attune_node_sleep::{Control, Day, simulate};

use halves::Part;

struct Nodes {
    selection: Part,
    report: Part,
}

impl Evaluator for Nodes {
    fn describe() -> Description {
        let date = |name, help| OptionSpec::int(name, help, 0..=99_991_231, 0);
        let days = TaskSpec::new("days", "How well powered nodes are used, day by day.")
            .reads("csv")
            .metric(Metric::maximise("utilisation", ""))
            .metric(Metric::minimise("wakes", "a day"))
            .metric(Metric::minimise("unserved", "node-steps"))
            .option(OptionSpec::one_of(
                "sight",
                "what forecasts look at: what is known when a decision is made, or what the published evaluation lets them see",
                &["past", "published"],
            ))
            .option(date("begin", "first day that is tuned on, as 20171101; 0 for the eighth of the series"))
            .option(date("cut", "first day that is reported, as 20171201; 0 for the middle of those after"))
            .option(date("end", "day after the last one, as 20171215; 0 for the end of the series"))
            .option(OptionSpec::int("seed", "what generated series follow from", 0..=1_000_000, 1))
            .option(OptionSpec::int("days", "days of a generated split", 1..=366, 21))
            .option(OptionSpec::int("nodes", "nodes of a generated cluster", 10..=100_000, 400))
            .items_share_work();
        Description::new("node-sleep", "0.1.0", "A cluster whose nodes are powered down and up.")
            .task(days)
            .edit(edit::schema())
            .unedited("all nodes powered, always")
            .fact("nodes", "the most nodes that there are")
    }

    fn open(opening: &Opening) -> Result<Self, OpenFailure> {
        let (selection, report) = halves::both(opening)?;
        Ok(Self { selection, report })
    }

    fn subject(&self) -> Subject {
        Subject::new("a cluster")
            .int("nodes", self.selection.most_nodes())
            .items("selection", self.selection.items())
            .items("report", self.report.items())
    }

    fn check(&self, plan: &[Edit]) -> Result<(), Failure> {
        edit::control(plan).map(|_| ())
    }

    fn evaluate(&self, plan: &[Edit], split: &str, items: &[u32]) -> Result<Evaluation, Failure> {
        let control: Control = edit::control(plan)?;
        let part = self.part(split);
        let days = simulate(part.series(), part.split(), &control, part.forecaster(control.forecast));
        let day = |item: &u32| {
            let known = days.get(*item as usize).filter(|_| *item < part.items());
            known.copied().ok_or_else(|| {
                Failure::bad_request(format!("split `{split}` has {} items and no item {item}", part.items()))
            })
        };
        let of_items: Vec<Day> = items.iter().map(day).collect::<Result<_, _>>()?;
        Ok(Evaluation::new()
            .metric("utilisation", of_items.iter().map(|day| day.utilisation).collect())
            .metric("wakes", of_items.iter().map(|day| f64::from(day.wakes)).collect())
            .metric("unserved", of_items.iter().map(|day| f64::from(day.unserved)).collect())
            .work(part.split().steps.len() as u64))
    }

    fn known_bounds(&self, _: &str, items: &[u32]) -> Vec<KnownBound> {
        vec![KnownBound::new("utilisation", vec![Some(1.0); items.len()])]
    }
}

impl Nodes {
    fn part(&self, split: &str) -> &Part {
        if split == "report" { &self.report } else { &self.selection }
    }
}

attune_guest::export_evaluator!(Nodes);
