//! The edit `queue-policy`, and the policy that it says.

use attune_guest::evaluator::{Args, Argument, Edit, EditSchema, Failure};
use attune_queue_policy::{
    Ageing, Aggregate, Backfill, Estimate, Fallback, Matching, Order, Policy, Repacking,
};

const KIND: &str = "queue-policy";

pub(crate) fn schema() -> EditSchema {
    EditSchema::new(KIND, "Sorts the queue of a GPU cluster, and says who may pass, who is stopped and what is moved.")
        .source("Helios (arXiv 2109.01313), section 4.2; least attained service: Tiresias (NSDI 2019)")
        .with(Argument::word("order", &["fifo", "sjf", "service", "srtf", "las"], "what the queue is sorted by"))
        .with(
            Argument::real("exponent", 0.0..=2.0, "exponent of a job's GPUs in service, srtf and las")
                .optional("1"),
        )
        .with(
            Argument::word(
                "estimate",
                &["estimator", "floor", "mixed", "known"],
                "durations as the estimator has them, those of zero or less from the history, mixed with it, or as they will be",
            )
            .optional("as the estimator has them"),
        )
        .with(Argument::real("history", 0.0..=1.0, "weight of the history in mixed estimates").optional("0.5"))
        .with(Argument::int("window", 0..=1_000_000, "latest jobs of the history that count, 0 for all").optional("all"))
        .with(
            Argument::word("aggregate", &["mean", "median", "geometric"], "how their durations become one")
                .optional("their mean"),
        )
        .with(
            Argument::word("match", &["name", "user", "gpus"], "what jobs of the history have in common with a job")
                .optional("the name"),
        )
        .with(
            Argument::word("backfill", &["strict", "greedy", "reserve"], "who may start while somebody before waits")
                .optional("nobody"),
        )
        .with(Argument::word("ageing", &["linear", "logarithmic"], "how waiting helps").optional("it does not"))
        .with(
            Argument::real(
                "ageing-rate",
                1e-9..=1e9,
                "linear: what a second of waiting makes up for; logarithmic: seconds that make up for a factor of e",
            )
            .optional("1"),
        )
        .with(Argument::real("preemption", 0.0..=1.0, "share of the jobs that may be stopped").optional("none"))
        .with(
            Argument::int("cooldown", 0..=10_000_000, "seconds that a job runs before it may be stopped")
                .optional("0"),
        )
        .with(
            Argument::real("repack-idle", 0.0..=1.0, "share of GPUs that are idle when running jobs are moved together")
                .optional("none is moved"),
        )
        .once()
        .reads("{order}[, GPUs to the power of {exponent}][, durations {estimate}][, backfill {backfill}][, {ageing} ageing][, {preemption} preemptible][, repacked from {repack-idle} idle]")
}

/// The policy of a plan; without an edit, first come, first served.
pub(crate) fn policy(plan: &[Edit]) -> Result<Policy, Failure> {
    let Some(args) = Args::find(plan, KIND) else { return Ok(Policy::FIFO) };
    let real = |name: &str, absent: f64| if args.has(name) { args.real(name) } else { Ok(absent) };
    let count = |name: &str| if args.has(name) { args.count(name) } else { Ok(0) };
    let word = |name: &str, absent: &'static str| if args.has(name) { args.word(name) } else { Ok(absent) };
    let estimate = word("estimate", "estimator")?;
    let policy = Policy {
        order: choose(
            &args,
            "order",
            args.word("order")?,
            &[
                ("fifo", Order::Fifo),
                ("sjf", Order::Sjf),
                ("service", Order::Service),
                ("srtf", Order::Srtf),
                ("las", Order::Las),
            ],
        )?,
        exponent: real("exponent", 1.0)?,
        estimate: if estimate == "known" { Estimate::Oracle } else { Estimate::Predicted },
        history: if estimate == "mixed" { real("history", 0.5)? } else { 0.0 },
        window: count("window")?,
        aggregate: choose(
            &args,
            "aggregate",
            word("aggregate", "mean")?,
            &[("mean", Aggregate::Mean), ("median", Aggregate::Median), ("geometric", Aggregate::Geometric)],
        )?,
        matching: choose(
            &args,
            "match",
            word("match", "name")?,
            &[("name", Matching::Name), ("user", Matching::User), ("gpus", Matching::Gpus)],
        )?,
        fallback: choose(
            &args,
            "estimate",
            estimate,
            &[
                ("estimator", Fallback::Keep),
                ("known", Fallback::Keep),
                ("floor", Fallback::History),
                ("mixed", Fallback::History),
            ],
        )?,
        backfill: choose(
            &args,
            "backfill",
            word("backfill", "strict")?,
            &[("strict", Backfill::Strict), ("greedy", Backfill::Greedy), ("reserve", Backfill::Reserve)],
        )?,
        ageing: match word("ageing", "none")? {
            "linear" => Ageing::Linear(real("ageing-rate", 1.0)?),
            "logarithmic" => Ageing::Logarithmic(real("ageing-rate", 1.0)?),
            _ => Ageing::None,
        },
        preemption: real("preemption", 0.0)?,
        cooldown: count("cooldown")? as u64,
        repacking: if args.has("repack-idle") {
            Repacking::Idle(args.real("repack-idle")?)
        } else {
            Repacking::Off
        },
    };
    policy.validate().map_err(|error| args.refuse(error.to_string()))?;
    Ok(policy)
}

fn choose<T: Copy>(args: &Args<'_>, name: &str, word: &str, known: &[(&str, T)]) -> Result<T, Failure> {
    let found = known.iter().find(|(known, _)| *known == word).map(|&(_, value)| value);
    found.ok_or_else(|| {
        let words: Vec<&str> = known.iter().map(|&(word, _)| word).collect();
        args.refuse(format!("`{name}` is `{word}`, expected one of {}", words.join(", ")))
    })
}
