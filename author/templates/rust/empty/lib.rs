//! One decision about the whole model: which block is left out, if any. The smallest technique that runs; put yours in its place.

use attune_guest::{
    Baseline, Config, Cost, Description, Dimension, Domain, Edit, Model, Options, Signals, Space,
    Technique, Value,
};

struct Mine;

impl Technique for Mine {
    fn describe() -> Description {
        Description::new(
            env!("CARGO_PKG_NAME"),
            env!("CARGO_PKG_VERSION"),
            "Leaves out one block of the model, or none.",
        )
        .edit("drop-block")
    }

    /// What can be decided: here one of several words.
    fn space(model: &Model, _: &Options) -> Result<Space, String> {
        let words = words(model);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        Ok(Space::new(vec![Dimension::new(
            "dropped",
            "the block that is left out",
            Domain::one_of(&words),
        )]))
    }

    /// What a config does to the model: edits of attune's vocabulary.
    fn lower(_: &Model, _: &Options, config: &Config) -> Result<Vec<Edit>, String> {
        Ok(edits(config))
    }

    /// What it costs, beside the model as it is.
    fn cost(model: &Model, _: &Options, config: &Config) -> Result<Vec<Cost>, String> {
        let blocks = model.block_parameters()?;
        let saved = dropped(config).map_or(0.0, |layer| blocks[layer as usize].iter().sum());
        let (all, bytes) = (model.parameters as f64, model.bytes_per_parameter);
        Ok(vec![Cost::new(
            "weights",
            "bytes",
            (all - saved) * bytes,
            all * bytes,
        )])
    }

    /// What a search starts from and has to beat.
    fn baselines(_: &Model, _: &Options, _: &Signals) -> Result<Vec<Baseline>, String> {
        Ok(vec![Baseline::new(
            "default",
            "everything stays",
            vec![vec![Value::Index(0)]],
        )])
    }
}

/// The options of the decision: nothing, then each layer.
fn words(model: &Model) -> Vec<String> {
    std::iter::once("none".to_owned())
        .chain((0..model.layers).map(|layer| format!("layer-{layer}")))
        .collect()
}

fn dropped(config: &Config) -> Option<u32> {
    (config[0][0].option() as u32).checked_sub(1)
}

fn edits(config: &Config) -> Vec<Edit> {
    dropped(config)
        .into_iter()
        .map(|layer| Edit::new("drop-block").int("layer", layer))
        .collect()
}

attune_guest::export!(Mine);

#[cfg(test)]
mod tests;
