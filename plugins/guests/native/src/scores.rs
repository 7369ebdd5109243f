//! Reads plans, scores them, and writes times and values.

use std::error::Error;
use std::io::Read as _;
use std::time::Instant;

use attune_guest::evaluator::Edit;
use attune_guest::evaluator::native::{Scores, edit};
use cpu_time::ProcessTime;

/// The code of each evaluator, as its component is made of it. To add one is a line here and one in `EVALUATORS`.
#[path = "../../checkpoint-codec-evaluator/src/lib.rs"]
mod checkpoint_codec;
#[path = "../../frame-rate-evaluator/src/lib.rs"]
mod frame_rate;
#[path = "../../memory-plan-evaluator/src/lib.rs"]
mod memory_plan;
#[path = "../../node-sleep-evaluator/src/lib.rs"]
mod node_sleep;
#[path = "../../queue-policy-evaluator/src/lib.rs"]
mod queue_policy;
#[path = "../../toy-scheduler/src/lib.rs"]
mod toy_scheduler;

type Open = fn(&str) -> Scores;

const EVALUATORS: &[(&str, Open)] = &[
    ("checkpoint-codec", checkpoint_codec::evaluator_on_this_machine),
    ("frame-rate", frame_rate::evaluator_on_this_machine),
    ("memory-plan", memory_plan::evaluator_on_this_machine),
    ("node-sleep", node_sleep::evaluator_on_this_machine),
    ("queue-policy", queue_policy::evaluator_on_this_machine),
    ("toy-scheduler", toy_scheduler::evaluator_on_this_machine),
];

/// How often a task is opened anew, to score plans for the first time.
const OPENINGS: usize = 5;

/// Does what the program does.
pub(crate) fn run() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [name, task, items, seconds] = &arguments[..] else {
        return Err("expected EVALUATOR TASK ITEMS SECONDS".into());
    };
    let known = EVALUATORS.iter().find(|(known, _)| known == name);
    let (_, open) = known.ok_or_else(|| format!("`{name}` is no evaluator of this program"))?;
    let seconds: f64 = seconds.parse()?;
    let items: Vec<u32> = (0..items.parse()?).collect();
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text)?;
    let plans: Vec<Vec<Edit>> = text.split("\n\n").map(|plan| plan.lines().map(edit).collect()).collect();
    let pass = |score: &Scores| {
        let began = ProcessTime::now();
        for (plan, item) in plans.iter().flat_map(|plan| items.iter().map(move |item| (plan, item))) {
            std::hint::black_box(score(plan, std::slice::from_ref(item)));
        }
        began.elapsed().as_secs_f64() / (plans.len() * items.len()) as f64
    };
    let mut first = Vec::new();
    let mut score = open(task);
    for opened in 0..OPENINGS {
        if opened > 0 {
            score = open(task);
        }
        for item in &items {
            std::hint::black_box(score(&[], std::slice::from_ref(item)));
        }
        first.push(pass(&score));
    }
    let (mut again, began) = (Vec::new(), Instant::now());
    while again.len() < 3 || began.elapsed().as_secs_f64() < seconds {
        again.push(pass(&score));
    }
    println!("{:e} {:e}", median(first), median(again));
    for plan in &plans {
        let bits: Vec<String> = items
            .iter()
            .flat_map(|item| score(plan, std::slice::from_ref(item)))
            .map(|value| value.to_bits().to_string())
            .collect();
        println!("{}", bits.join(" "));
    }
    Ok(())
}

fn median(mut seconds: Vec<f64>) -> f64 {
    seconds.sort_by(f64::total_cmp);
    seconds[seconds.len() / 2]
}
