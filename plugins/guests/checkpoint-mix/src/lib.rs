//! Which linear combination of the saved checkpoints of one training run to use: LCSC (arXiv 2404.02241).
//!
//! A config holds, for the whole model or for every group of neighbouring layers, one coefficient per checkpoint. They
//! sum to 1 and have any sign; the best ones found by LCSC lie outside of the convex hull. A mixture folds exactly into
//! an ordinary checkpoint.

mod baselines;
mod mixture;

use attune_guest::{
    AffineDomain, Baseline, Config, Cost, Description, Dimension, Domain, Edit, Model, OptionSpec, Options,
    Setting, Signals, Space, Technique, Value,
};
use mixture::Mixture;

struct CheckpointMix;

impl Technique for CheckpointMix {
    fn describe() -> Description {
        Description::new(
            "checkpoint-mix",
            env!("CARGO_PKG_VERSION"),
            "Mixes the saved checkpoints of one training run by coefficients of any sign that sum to 1 (LCSC, arXiv 2404.02241).",
        )
        .option(OptionSpec::int(
            "groups",
            "groups of neighbouring layers with coefficients of their own; 1 mixes the whole model alike, 0 lets every layer choose",
            0..=65_536,
            1,
        ))
        .option(OptionSpec::real(
            "spread",
            "standard deviation of drawn coefficients, and the scale of search steps",
            0.001..=10.0,
            0.3,
        ))
        .edit("combine-checkpoints")
        .heeds(&[])
    }

    fn space(model: &Model, options: &Options) -> Result<Space, String> {
        let mixture = Mixture::new(model, options)?;
        let domain = Domain::Affine(AffineDomain {
            of: mixture.checkpoints,
            sum: 1.0,
            spread: options.real("spread"),
        });
        let coefficients =
            Dimension::new("coefficients", "the share of each saved checkpoint, oldest first", domain);
        Ok(Space::new(vec![match mixture.groups {
            1 => coefficients,
            groups => coefficients.axis("group", groups),
        }]))
    }

    fn lower(model: &Model, options: &Options, config: &Config) -> Result<Vec<Edit>, String> {
        let mixture = Mixture::new(model, options)?;
        let edit = |cell: &Value| match cell {
            Value::Reals(coefficients) => {
                Edit::new("combine-checkpoints").with("coefficients", Setting::Reals(coefficients.clone()))
            }
            other => panic!("{other:?} is no list of coefficients"),
        };
        let last = mixture.only(mixture.checkpoints - 1);
        // The last checkpoint is the model as it is.
        if config[0].iter().all(|cell| *cell == last) {
            return Ok(Vec::new());
        }
        if mixture.groups == 1 {
            return Ok(vec![edit(&config[0][0])]);
        }
        let layer = |layer: u32| edit(&config[0][mixture.group_of(layer)]).int("layer", layer);
        Ok((0..model.layers).map(layer).collect())
    }

    /// A mixture is a checkpoint like any other: it costs nothing more and saves nothing.
    fn cost(_: &Model, _: &Options, _: &Config) -> Result<Vec<Cost>, String> {
        Ok(Vec::new())
    }

    fn baselines(model: &Model, options: &Options, _: &Signals) -> Result<Vec<Baseline>, String> {
        Ok(baselines::all(&Mixture::new(model, options)?))
    }
}

attune_guest::export!(CheckpointMix);
