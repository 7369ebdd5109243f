//! Which experts of a mixture of experts to keep: the prune phase of EEP (arXiv 2407.00945, §3.2).
//!
//! A config holds, for every layer or for every group of layers, the subset of experts that stay. Kept
//! experts fold exactly into an ordinary checkpoint: their weights and their router rows.

mod baselines;
mod operators;
mod pruning;

use attune_guest::{
    Baseline, Config, Cost, Description, Dimension, Domain, Edit, Model, OptionSpec, Options, Random,
    Signals, Space, Technique,
};
use pruning::Pruning;

struct ExpertPruning;

impl Technique for ExpertPruning {
    fn describe() -> Description {
        Description::new(
            "expert-pruning",
            env!("CARGO_PKG_VERSION"),
            "Keeps the same number of experts in every layer and searches which (EEP, arXiv 2407.00945, prune phase).",
        )
        .option(OptionSpec::int("keep", "experts to keep per layer; 0 keeps half of them", 0..=65_536, 0))
        .option(OptionSpec::int(
            "groups",
            "groups of neighbouring layers that keep the same experts; 0 lets every layer choose",
            0..=65_536,
            0,
        ))
        .signal(baselines::FREQUENCY)
        .signal(baselines::SOFT_ACTIVATION)
        .edit("keep-experts")
        .with_operators()
    }

    fn space(model: &Model, options: &Options) -> Result<Space, String> {
        let pruning = Pruning::new(model, options)?;
        let domain = Domain::subset_of(model.experts, pruning.keep);
        let axis = if pruning.grouped { "group" } else { "layer" };
        let kept = Dimension::new("kept-experts", "the experts that stay", domain).axis(axis, pruning.groups);
        Ok(Space::new(vec![kept]))
    }

    fn lower(model: &Model, options: &Options, config: &Config) -> Result<Vec<Edit>, String> {
        let pruning = Pruning::new(model, options)?;
        let edit = |layer| {
            let kept = config[0][pruning.group_of(layer)].elements();
            Edit::new("keep-experts").int("layer", layer).ints("experts", kept)
        };
        Ok((0..model.layers).map(edit).collect())
    }

    fn cost(model: &Model, options: &Options, _config: &Config) -> Result<Vec<Cost>, String> {
        let pruning = Pruning::new(model, options)?;
        // A dropped expert takes its row of the router along: one weight per residual channel.
        let expert = model.expert_parameters as f64 + f64::from(model.hidden);
        let dropped = f64::from(model.layers) * f64::from(model.experts - pruning.keep) * expert;
        let dense = model.parameters as f64;
        let bytes = |parameters: f64| parameters * model.bytes_per_parameter;
        Ok(vec![Cost::new("memory", "bytes", bytes(dense - dropped), bytes(dense))])
    }

    fn baselines(model: &Model, options: &Options, signals: &Signals) -> Result<Vec<Baseline>, String> {
        baselines::all(&Pruning::new(model, options)?, signals)
    }

    fn vary(
        model: &Model,
        options: &Options,
        parents: &[Config],
        random: &mut Random,
    ) -> Result<Config, String> {
        let pruning = Pruning::new(model, options)?;
        let parent = parents.first().ok_or("there is no parent to vary")?;
        Ok(operators::mutate(&pruning, parent, random))
    }
}

attune_guest::export!(ExpertPruning);
