//! Which jobs of a GPU cluster run first, and which give way. The policy space stands on quasi-shortest-service-first (QSSF of Helios, arXiv
//! 2109.01313), which is where a search starts.

use attune_guest::{
    Baseline, Config, Constraint, Cost, Description, Dimension, Domain, Edit, Model, OptionSpec, Options,
    RealDomain, Scale, Signals, Space, Technique, Value,
};
use attune_queue_policy::{Order, Policy, published};

const ORDERS: [&str; 5] = ["fifo", "sjf", "service", "srtf", "las"];
const ESTIMATES: [&str; 3] = ["estimator", "floor", "mixed"];
const WINDOWS: [u32; 6] = [0, 1, 3, 10, 30, 100];
const AGGREGATES: [&str; 3] = ["mean", "median", "geometric"];
const MATCHING: [&str; 3] = ["name", "user", "gpus"];
const BACKFILL: [&str; 3] = ["strict", "greedy", "reserve"];
const AGEING: [&str; 3] = ["none", "linear", "logarithmic"];
/// Seconds.
const COOLDOWNS: [u32; 6] = [0, 60, 300, 900, 3600, 14400];
const SWITCH: [&str; 2] = ["off", "on"];

// Dimensions, in order. Those from PREEMPTION on are there where jobs may be preempted, those from REPACKING on where they may be moved too.
const ORDER: u32 = 0;
const EXPONENT: u32 = 1;
const ESTIMATE: u32 = 2;
const HISTORY: u32 = 3;
const WINDOW: u32 = 4;
const AGGREGATE: u32 = 5;
const MATCH: u32 = 6;
const BACKFILLING: u32 = 7;
const AGED: u32 = 8;
const LINEAR: u32 = 9;
const LOGARITHMIC: u32 = 10;
const PREEMPTION: u32 = 11;
const SHARE: u32 = 12;
const COOLDOWN: u32 = 13;
const REPACKING: u32 = 14;
const IDLE: u32 = 15;

struct QueuePolicy;

impl Technique for QueuePolicy {
    fn describe() -> Description {
        Description::new(
            "queue-policy",
            "0.1.0",
            "Sorts the queue of a GPU cluster, and says who may pass, who is stopped and what is moved.",
        )
        .option(OptionSpec::one_of(
            "moves",
            "what may happen to running jobs: preemption and migration, preemption alone, or nothing",
            &["all", "preemption", "none"],
        ))
        .option(OptionSpec::one_of(
            "durations",
            "what is known of how long jobs run: estimates, or everything, as no cluster does",
            &["estimated", "known"],
        ))
        .edit("queue-policy")
        .heeds(&[])
    }

    fn space(_: &Model, options: &Options) -> Result<Space, String> {
        let mut space = Space::new(dimensions(dimension_count(options)))
            .with(Constraint::active(EXPONENT, ORDER, [2, 3, 4]))
            .with(Constraint::active(HISTORY, ESTIMATE, [2]))
            .with(Constraint::active(AGED, ORDER, [1, 2, 3, 4]))
            .with(Constraint::active(LINEAR, AGED, [1]))
            .with(Constraint::active(LOGARITHMIC, AGED, [2]));
        for of_history in [WINDOW, AGGREGATE, MATCH] {
            space = space.with(Constraint::active(of_history, ESTIMATE, [1, 2]));
        }
        if may_preempt(options) {
            space = space.with(Constraint::active(SHARE, PREEMPTION, [1])).with(Constraint::active(
                COOLDOWN,
                PREEMPTION,
                [1],
            ));
        }
        if may_move(options) {
            space = space.with(Constraint::active(IDLE, REPACKING, [1]));
        }
        Ok(space)
    }

    fn lower(_: &Model, options: &Options, config: &Config) -> Result<Vec<Edit>, String> {
        let word = |dimension: u32, words: &[&str]| words[cell(config, dimension).option()].to_owned();
        let order = word(ORDER, &ORDERS);
        let mut edit = Edit::new("queue-policy").text("order", &order);
        if ["service", "srtf", "las"].contains(&order.as_str()) {
            edit = edit.real("exponent", real(config, EXPONENT));
        }
        let estimate = match options.text("durations") {
            "known" => "known".to_owned(),
            _ => word(ESTIMATE, &ESTIMATES),
        };
        edit = edit.text("estimate", &estimate);
        if estimate == "mixed" {
            edit = edit.real("history", real(config, HISTORY));
        }
        if estimate == "mixed" || estimate == "floor" {
            edit = edit
                .int("window", WINDOWS[cell(config, WINDOW).option()])
                .text("aggregate", &word(AGGREGATE, &AGGREGATES))
                .text("match", &word(MATCH, &MATCHING));
        }
        edit = edit.text("backfill", &word(BACKFILLING, &BACKFILL));
        match cell(config, AGED).option() {
            1 => edit = edit.text("ageing", "linear").real("ageing-rate", real(config, LINEAR)),
            2 => edit = edit.text("ageing", "logarithmic").real("ageing-rate", real(config, LOGARITHMIC)),
            _ => {}
        }
        if may_preempt(options) && cell(config, PREEMPTION).option() == 1 {
            let cooldown = COOLDOWNS[cell(config, COOLDOWN).option()];
            edit = edit.real("preemption", real(config, SHARE)).int("cooldown", cooldown);
        }
        if may_move(options) && cell(config, REPACKING).option() == 1 {
            edit = edit.real("repack-idle", real(config, IDLE));
        }
        Ok(vec![edit])
    }

    fn cost(_: &Model, _: &Options, _: &Config) -> Result<Vec<Cost>, String> {
        Ok(Vec::new())
    }

    fn baselines(_: &Model, options: &Options, _: &Signals) -> Result<Vec<Baseline>, String> {
        let known = options.text("durations") == "known";
        let fits = |policy: &Policy| policy.preemption == 0.0 || may_preempt(options);
        let count = dimension_count(options);
        Ok(published()
            .iter()
            .filter(|one| (one.oracle == known || one.name == "fifo") && fits(&one.policy))
            .map(|one| Baseline::new(one.name, one.help, config_of(&one.policy, count)))
            .collect())
    }
}

fn may_preempt(options: &Options) -> bool {
    options.text("moves") != "none"
}

fn may_move(options: &Options) -> bool {
    options.text("moves") == "all"
}

fn dimension_count(options: &Options) -> usize {
    let first_missing = match options.text("moves") {
        "none" => PREEMPTION,
        "preemption" => REPACKING,
        _ => IDLE + 1,
    };
    first_missing as usize
}

fn dimensions(count: usize) -> Vec<Dimension> {
    let share = |min, max| Domain::Real(RealDomain { min, max, scale: Scale::Linear });
    let log = |min, max| Domain::Real(RealDomain { min, max, scale: Scale::Log });
    let levels = |levels: &[u32]| Domain::Level(levels.iter().map(|&level| f64::from(level)).collect());
    let mut all = vec![
        Dimension::new("order", "what the queue is sorted by", Domain::one_of(&ORDERS)),
        Dimension::new(
            "exponent",
            "exponent of a job's GPUs in what the queue is sorted by",
            share(0.0, 2.0),
        ),
        Dimension::new(
            "estimate",
            "durations as the estimator has them, those of zero or less from the history, or mixed with it",
            Domain::one_of(&ESTIMATES),
        ),
        Dimension::new("history", "weight of the history against the estimator", share(0.0, 1.0)),
        Dimension::new("window", "latest jobs of the history that count, 0 for all", levels(&WINDOWS)),
        Dimension::new("aggregate", "how their durations become one", Domain::one_of(&AGGREGATES)),
        Dimension::new(
            "match",
            "what jobs of the history have in common with a job",
            Domain::one_of(&MATCHING),
        ),
        Dimension::new("backfill", "who may start while somebody before waits", Domain::one_of(&BACKFILL)),
        Dimension::new("ageing", "how waiting helps", Domain::one_of(&AGEING)),
        Dimension::new(
            "linear-rate",
            "what a second of waiting makes up for, in units of the order",
            log(1e-3, 1e3),
        ),
        Dimension::new(
            "logarithmic-rate",
            "seconds of waiting that make up for a factor of e in the order",
            log(1e2, 1e7),
        ),
        Dimension::new("preemption", "whether running jobs may be stopped", Domain::one_of(&SWITCH)),
        Dimension::new("share", "share of the jobs that may be stopped", share(0.05, 1.0)),
        Dimension::new("cooldown", "seconds that a job runs before it may be stopped", levels(&COOLDOWNS)),
        Dimension::new("repacking", "whether running jobs may be moved together", Domain::one_of(&SWITCH)),
        Dimension::new("idle", "share of GPUs that are idle when they are, at least", share(0.0, 0.5)),
    ];
    all.truncate(count);
    all
}

/// The config of a published policy: those have no ageing, no history and no repacking.
fn config_of(policy: &Policy, count: usize) -> Config {
    let order = match policy.order {
        Order::Fifo => 0,
        Order::Sjf => 1,
        Order::Service => 2,
        Order::Srtf => 3,
        Order::Las => 4,
    };
    let counts = order >= 2;
    let preempts = policy.preemption > 0.0;
    let mut all = vec![
        Value::Index(order),
        Value::Real(if counts { policy.exponent } else { 0.0 }),
        Value::Index(0),
        Value::Real(0.0),
        Value::Index(0),
        Value::Index(0),
        Value::Index(0),
        Value::Index(u32::from(preempts)),
        Value::Index(0),
        Value::Real(1e-3),
        Value::Real(1e2),
        Value::Index(u32::from(preempts)),
        Value::Real(if preempts { policy.preemption } else { 0.05 }),
        Value::Index(0),
        Value::Index(0),
        Value::Real(0.0),
    ];
    all.truncate(count);
    all.into_iter().map(|value| vec![value]).collect()
}

fn cell(config: &Config, dimension: u32) -> &Value {
    &config[dimension as usize][0]
}

fn real(config: &Config, dimension: u32) -> f64 {
    match cell(config, dimension) {
        Value::Real(number) => *number,
        other => panic!("{other:?} is no real number"),
    }
}

attune_guest::export!(QueuePolicy);
