//! The edit `node-sleep`, and the control that it says.

use attune_guest::evaluator::{Args, Argument, Edit, EditSchema, Failure};
use attune_node_sleep::{Control, Forecast, Mode};

const KIND: &str = "node-sleep";

pub(crate) fn schema() -> EditSchema {
    EditSchema::new(KIND, "Powers nodes of a cluster down when fewer are used, and up when more are.")
        .source("Helios (arXiv 2109.01313), section 4.3, and its artifact")
        .with(Argument::word("mode", &["ces", "trim", "never"], "how powered nodes follow the used ones"))
        .with(Argument::int("buffer", 0..=100_000, "nodes that stay powered beyond the used ones").optional("0"))
        .with(Argument::int("history", 1..=144, "steps of ten minutes of the past that are averaged").optional("3"))
        .with(Argument::int("future", 1..=144, "steps of ten minutes of the forecast that are averaged").optional("18"))
        .with(
            Argument::real("past-fall", -1e6..=1e6, "nodes that the past was above now, at least").optional("0"),
        )
        .with(
            Argument::real("future-fall", -1e6..=1e6, "nodes that now is above the forecast, at least").optional("0"),
        )
        .with(Argument::int("least", 0..=100_000, "nodes that are powered down at once, at least").optional("1"))
        .with(
            Argument::int("keep", 0..=100_000, "steps after a wake in which nothing is powered down").optional("0"),
        )
        .with(Argument::word("forecast", &["lag", "regression", "known"], "what forecasts").optional("lag"))
        .once()
        .reads("{mode}[, {buffer} nodes more than used][, {history} steps back][, {future} steps ahead by {forecast}]")
}

/// The control of a plan; without an edit, nothing sleeps.
pub(crate) fn control(plan: &[Edit]) -> Result<Control, Failure> {
    let never = Control {
        mode: Mode::Never,
        history: 3,
        future: 18,
        past_fall: 0.0,
        future_fall: 0.0,
        least: 1,
        buffer: 0,
        keep: 0,
        forecast: Forecast::Lag,
    };
    let Some(args) = Args::find(plan, KIND) else { return Ok(never) };
    let count = |name: &str, absent: usize| if args.has(name) { args.count(name) } else { Ok(absent) };
    let real = |name: &str| if args.has(name) { args.real(name) } else { Ok(0.0) };
    let nodes = |name: &str, absent: usize| {
        u32::try_from(count(name, absent)?)
            .map_err(|_| args.refuse(format!("`{name}` is more nodes than there can be")))
    };
    let control = Control {
        mode: match args.word("mode")? {
            "ces" => Mode::Ces,
            "trim" => Mode::Trim,
            "never" => Mode::Never,
            other => return Err(args.refuse(format!("`mode` is `{other}`, expected ces, trim or never"))),
        },
        history: count("history", never.history)?,
        future: count("future", never.future)?,
        past_fall: real("past-fall")?,
        future_fall: real("future-fall")?,
        least: nodes("least", 1)?,
        buffer: nodes("buffer", 0)?,
        keep: count("keep", 0)?,
        forecast: match if args.has("forecast") { args.word("forecast")? } else { "lag" } {
            "lag" => Forecast::Lag,
            "regression" => Forecast::Regression,
            "known" => Forecast::Oracle,
            other => {
                return Err(
                    args.refuse(format!("`forecast` is `{other}`, expected lag, regression or known"))
                );
            }
        },
    };
    control.validate().map_err(|error| args.refuse(error.to_string()))?;
    Ok(control)
}
