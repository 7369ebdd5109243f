//! When nodes of a cluster are powered down, and how many stay: the parameters of the cluster energy saving service of Helios (arXiv 2109.01313).

use attune_guest::{
    Baseline, Config, Constraint, Cost, Description, Dimension, Domain, Edit, IntRange, Model, OptionSpec,
    Options, RealDomain, Scale, Signals, Space, Technique, Value,
};
use attune_node_sleep::{Control, Forecast, Mode, published};

const MODES: [&str; 3] = ["ces", "trim", "never"];
const FORECASTS: [&str; 2] = ["lag", "regression"];

// Dimensions, in order.
const MODE: u32 = 0;
const HISTORY: u32 = 1;
const FUTURE: u32 = 2;
const PAST_FALL: u32 = 3;
const FUTURE_FALL: u32 = 4;
const LEAST: u32 = 5;
const BUFFER: u32 = 6;
const KEEP: u32 = 7;
const FORECAST: u32 = 8;

struct NodeSleep;

impl Technique for NodeSleep {
    fn describe() -> Description {
        Description::new(
            "node-sleep",
            "0.1.0",
            "Powers nodes of a cluster down when fewer are used, and up when more are.",
        )
        .option(OptionSpec::one_of(
            "future",
            "what is known of the nodes that will be used: forecasts, or everything, as no cluster does",
            &["forecast", "known"],
        ))
        .option(OptionSpec::int(
            "least-buffer",
            "nodes that stay powered beyond the used ones, at least",
            0..=30,
            5,
        ))
        .edit("node-sleep")
        .heeds(&[])
    }

    fn space(_: &Model, options: &Options) -> Result<Space, String> {
        let whole = |min, max| Domain::Int(IntRange { min, max });
        let real = |min, max| Domain::Real(RealDomain { min, max, scale: Scale::Linear });
        let mut space = Space::new(vec![
            Dimension::new("mode", "how powered nodes follow the used ones", Domain::one_of(&MODES)),
            Dimension::new("history", "steps of ten minutes of the past that are averaged", whole(1, 12)),
            Dimension::new("future", "steps of ten minutes of the forecast that are averaged", whole(6, 48)),
            Dimension::new("past-fall", "nodes that the past was above now, at least", real(-1.0, 2.0)),
            Dimension::new("future-fall", "nodes that now is above the forecast, at least", real(-2.0, 2.0)),
            Dimension::new("least", "nodes that are powered down at once, at least", whole(1, 8)),
            Dimension::new(
                "buffer",
                "nodes that stay powered beyond the used ones",
                whole(options.int("least-buffer"), 30),
            ),
            Dimension::new("keep", "steps after a wake in which nothing is powered down", whole(0, 24)),
            Dimension::new("forecast", "what forecasts", Domain::one_of(&FORECASTS)),
        ]);
        for of_control in [HISTORY, FUTURE, PAST_FALL, FUTURE_FALL, LEAST, KEEP, FORECAST] {
            space = space.with(Constraint::active(of_control, MODE, [0]));
        }
        Ok(space.with(Constraint::active(BUFFER, MODE, [0, 1])))
    }

    fn lower(_: &Model, options: &Options, config: &Config) -> Result<Vec<Edit>, String> {
        let mode = MODES[cell(config, MODE).option()];
        let mut edit = Edit::new("node-sleep").text("mode", mode);
        if mode != "never" {
            edit = edit.int("buffer", int(config, BUFFER));
        }
        if mode == "ces" {
            let known = options.text("future") == "known";
            let forecast = if known { "known" } else { FORECASTS[cell(config, FORECAST).option()] };
            edit = edit
                .int("history", int(config, HISTORY))
                .int("future", int(config, FUTURE))
                .real("past-fall", real(config, PAST_FALL))
                .real("future-fall", real(config, FUTURE_FALL))
                .int("least", int(config, LEAST))
                .int("keep", int(config, KEEP))
                .text("forecast", forecast);
        }
        Ok(vec![edit])
    }

    fn cost(_: &Model, _: &Options, _: &Config) -> Result<Vec<Cost>, String> {
        Ok(Vec::new())
    }

    fn baselines(_: &Model, options: &Options, _: &Signals) -> Result<Vec<Baseline>, String> {
        let known = options.text("future") == "known";
        let least = options.int("least-buffer");
        let oracle = |control: &Control| control.forecast == Forecast::Oracle;
        Ok(published()
            .iter()
            .filter(|one| oracle(&one.control) == known || one.control.mode != Mode::Ces)
            .filter(|one| i64::from(one.control.buffer) >= least || one.control.mode == Mode::Never)
            .map(|one| Baseline::new(one.name, one.help, config_of(&one.control, least)))
            .collect())
    }
}

fn config_of(control: &Control, least_buffer: i64) -> Config {
    let mode = match control.mode {
        Mode::Ces => 0,
        Mode::Trim => 1,
        Mode::Never => 2,
    };
    // What does not count has its first value.
    let whole = |counts: bool, number: i64, first: i64| Value::Int(if counts { number } else { first });
    let real = |counts: bool, number: f64, first: f64| Value::Real(if counts { number } else { first });
    let ces = control.mode == Mode::Ces;
    let forecast = u32::from(ces && control.forecast == Forecast::Regression);
    [
        Value::Index(mode),
        whole(ces, control.history as i64, 1),
        whole(ces, control.future as i64, 6),
        real(ces, control.past_fall, -1.0),
        real(ces, control.future_fall, -2.0),
        whole(ces, i64::from(control.least), 1),
        whole(control.mode != Mode::Never, i64::from(control.buffer), least_buffer),
        whole(ces, control.keep as i64, 0),
        Value::Index(forecast),
    ]
    .map(|value| vec![value])
    .into()
}

fn cell(config: &Config, dimension: u32) -> &Value {
    &config[dimension as usize][0]
}

fn int(config: &Config, dimension: u32) -> i64 {
    match cell(config, dimension) {
        Value::Int(number) => *number,
        other => panic!("{other:?} is no whole number"),
    }
}

fn real(config: &Config, dimension: u32) -> f64 {
    match cell(config, dimension) {
        Value::Real(number) => *number,
        other => panic!("{other:?} is no real number"),
    }
}

attune_guest::export!(NodeSleep);
