//! A schedule over depth: how far attention looks in the first layer and in the last, and a straight line between them.
//!
//! Two numbers say what every layer does, so a search needs few trials, where one choice for each layer would need many.

use attune_guest::{
    Baseline, Budget, BudgetTerm, Config, Constraint, Cost, Description, Dimension, Domain, Edit,
    IntRange, Model, OptionSpec, Options, Signals, Space, Technique, Value,
};

struct Mine;

/// First tokens that every head sees, whatever its window.
const SINK: u32 = 4;
/// The smallest window, in tokens.
const LEAST: i64 = 4;

impl Technique for Mine {
    fn describe() -> Description {
        Description::new(
            env!("CARGO_PKG_NAME"),
            env!("CARGO_PKG_VERSION"),
            "Gives every layer a window of attention, along a line from the first layer to the last.",
        )
        .option(OptionSpec::int("window", "tokens that a layer sees on average, at most", LEAST..=1_048_576, 32))
        .edit("attention-span")
    }

    fn space(model: &Model, options: &Options) -> Result<Space, String> {
        if model.kv_heads == 0 {
            return Err(format!("`{}` has no attention", model.name));
        }
        let window = options.int("window");
        // A line from 2·window to nothing has the average `window`.
        let end = |name, help| {
            Dimension::new(
                name,
                help,
                Domain::Int(IntRange {
                    min: LEAST,
                    max: (2 * window - LEAST).max(LEAST),
                }),
            )
        };
        let ends = vec![
            end("first", "tokens that the first layer sees"),
            end("last", "tokens that the last layer sees"),
        ];
        Ok(Space::new(ends).with(Constraint::Budget(budget(window))))
    }

    fn lower(model: &Model, _: &Options, config: &Config) -> Result<Vec<Edit>, String> {
        Ok(edits(model, config))
    }

    fn cost(model: &Model, _: &Options, config: &Config) -> Result<Vec<Cost>, String> {
        let windows = windows(model.layers, config);
        let average = windows.iter().sum::<f64>() / windows.len() as f64;
        Ok(vec![Cost::new(
            "window",
            "tokens/layer",
            average,
            f64::from(model.context),
        )])
    }

    fn baselines(_: &Model, options: &Options, _: &Signals) -> Result<Vec<Baseline>, String> {
        let window = options.int("window");
        let line = |first, last| vec![vec![Value::Int(first)], vec![Value::Int(last)]];
        let wide = (2 * window - LEAST).max(LEAST);
        Ok(vec![
            Baseline::new(
                "default",
                "the same window everywhere: where a search starts",
                line(window, window),
            ),
            Baseline::new(
                "uniform",
                "the same window everywhere",
                line(window, window),
            ),
            Baseline::new(
                "growing",
                "from the smallest window to the widest",
                line(LEAST, wide),
            ),
        ])
    }
}

/// On a line, the average over layers is that of its ends: each end costs half of its tokens.
fn budget(window: i64) -> Budget {
    let half = |dimension| BudgetTerm {
        dimension,
        costs: vec![vec![0.5]],
    };
    Budget {
        resource: "window".to_owned(),
        unit: "tokens/layer".to_owned(),
        limit: window as f64,
        terms: vec![half(0), half(1)],
    }
}

/// The windows of all layers, in tokens.
fn windows(layers: u32, config: &Config) -> Vec<f64> {
    let [first, last] = [0, 1].map(|end| match config[end][0] {
        Value::Int(tokens) => tokens as f64,
        ref other => panic!("{other:?} is no whole number"),
    });
    let depth = |layer: u32| f64::from(layer) / f64::from(layers.saturating_sub(1).max(1));
    (0..layers)
        .map(|layer| first + (last - first) * depth(layer))
        .collect()
}

fn edits(model: &Model, config: &Config) -> Vec<Edit> {
    let edit = |layer: u32, head: u32, window: f64| {
        let edit = Edit::new("attention-span")
            .int("layer", layer)
            .int("kv-head", head)
            .int("sink", SINK);
        edit.real("alpha", window.floor()).real("beta", 0.0)
    };
    let windows = (0..).zip(windows(model.layers, config));
    windows
        .flat_map(|(layer, window)| (0..model.kv_heads).map(move |head| edit(layer, head, window)))
        .collect()
}

attune_guest::export!(Mine);

#[cfg(test)]
mod tests;
