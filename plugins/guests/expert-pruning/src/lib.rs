//! Which experts of a mixture of experts to keep, or what to merge them into: EEP (arXiv 2407.00945).
//!
//! In the prune phase (§3.2) a config holds, for every layer or group of layers, the subset of experts that stay. In
//! the merge phase (§3.3) it holds two matrices instead, which start at the one-hot rows of such a subset and are free
//! of each other from then on: what the router says of each remaining expert, and what its weights are.

mod baselines;
mod layout;
mod merging;
mod operators;
mod pruning;

use attune_guest::{
    Baseline, Config, Cost, Description, Edit, Model, OptionSpec, Options, Random, Signals, Space, Technique,
};
use pruning::{COUNTS, PHASES, Phase, Pruning, ROUTINGS, SILENCE};

struct ExpertPruning;

impl Technique for ExpertPruning {
    fn describe() -> Description {
        Description::new(
            "expert-pruning",
            env!("CARGO_PKG_VERSION"),
            "Keeps the same number of experts in every layer and searches which, or what to merge into them (EEP, arXiv 2407.00945).",
        )
        .option(OptionSpec::one_of(
            "phase",
            "prune: experts stay or go; merge: the ones that are left are mixtures of all, starting from kept ones",
            &PHASES,
        ))
        .option(OptionSpec::int("keep", "experts to keep per layer; 0 keeps half of them", 0..=65_536, 0))
        .option(OptionSpec::int(
            "groups",
            "groups of neighbouring layers that make the same choice; 0 lets every layer choose",
            0..=65_536,
            0,
        ))
        .option(OptionSpec::one_of(
            "routing",
            "when merging: mapped searches what the router says of each expert, too, as EEP does; one-hot lets it \
             choose among rows of kept experts, so that the result folds into an ordinary checkpoint",
            &ROUTINGS,
        ))
        .option(OptionSpec::ints(
            "active",
            "experts that each token is routed to; 0 is the model's number, several make it a choice of every layer or group",
            0..=65_536,
            &[0],
        ))
        .option(OptionSpec::one_of(
            "counts",
            "when pruning: same keeps as many experts in every layer, and the router chooses among these; uneven keeps `keep` on \
             average and any number in a layer, and the router chooses among all, what it gives to the others being lost (vLLM's \
             approximate_experts, with 0 as the constant)",
            &COUNTS,
        ))
        .signal(baselines::FREQUENCY)
        .signal(baselines::SOFT_ACTIVATION)
        .signal(baselines::RECONSTRUCTION)
        .signal(baselines::START)
        .edit("keep-experts")
        .edit("merge-experts")
        .edit("route-experts")
        .edit("experts-per-token")
        .edit(SILENCE)
        .heeds(&["route-experts-only", "experts-per-token-layers", "edits"])
        .with_operators()
    }

    fn space(model: &Model, options: &Options) -> Result<Space, String> {
        Ok(Pruning::new(model, options)?.space())
    }

    fn lower(model: &Model, options: &Options, config: &Config) -> Result<Vec<Edit>, String> {
        let pruning = Pruning::new(model, options)?;
        Ok(pruning
            .grouped_layers()
            .flat_map(|(layer, group)| edits(&pruning, config, layer, group))
            .collect())
    }

    fn cost(model: &Model, options: &Options, config: &Config) -> Result<Vec<Cost>, String> {
        let pruning = Pruning::new(model, options)?;
        let (layers, keep) = (pruning.layers.len() as f64, f64::from(pruning.keep));
        let (expert, experts) = (model.expert_parameters as f64, f64::from(model.experts));
        if pruning.phase == Phase::Silence {
            let kept: f64 =
                pruning.grouped_layers().map(|(_, group)| config[0][group].elements().len() as f64).sum();
            let dense = model.parameters as f64;
            let bytes = |parameters: f64| parameters * model.bytes_per_parameter;
            // In the place of each is a constant of the width of the residual stream; routers stay whole.
            let gone = layers * experts - kept;
            let stored = dense - gone * (expert - f64::from(model.hidden));
            return Ok(vec![
                Cost::new("experts", "experts", kept, layers * experts),
                Cost::new("memory", "bytes", bytes(stored), bytes(dense)),
            ]);
        }
        let router = match pruning.phase {
            // A dropped expert takes its row of the router along.
            Phase::Prune | Phase::Silence | Phase::MergeOneHot => {
                -(experts - keep) * model.router_parameters()
            }
            // The router stays whole, and the mapping is stored beside it.
            Phase::Merge => keep * experts,
        };
        let dense = model.parameters as f64;
        let stored = dense + layers * (router - (experts - keep) * expert);
        let bytes = |parameters: f64| parameters * model.bytes_per_parameter;
        let mut costs = vec![Cost::new("memory", "bytes", bytes(stored), bytes(dense))];
        if options.ints("active") != [0] {
            let idle = |(_, group)| keep - f64::from(pruning.active_in(config, group));
            let idle: f64 = pruning.grouped_layers().map(idle).sum();
            let usual = dense - layers * (experts - f64::from(pruning.usual)) * expert;
            costs.push(Cost::new("active", "parameters/token", stored - idle * expert, usual));
        }
        Ok(costs)
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
        Ok(match pruning.phase {
            Phase::Prune => operators::mutate(&pruning, parent, random),
            Phase::Silence => operators::mutate_uneven(&pruning, parent, random),
            Phase::Merge | Phase::MergeOneHot => merging::vary(&pruning, parent, parents.get(1), random),
        })
    }
}

/// What a config does to one layer.
fn edits(pruning: &Pruning, config: &Config, layer: u32, group: usize) -> Vec<Edit> {
    let matrix = |kind: &str, values: Vec<f64>| {
        Edit::new(kind).int("layer", layer).int("rows", pruning.keep).reals("matrix", values)
    };
    let mut edits = match pruning.phase {
        Phase::Prune => {
            vec![Edit::new("keep-experts").int("layer", layer).ints("experts", config[0][group].elements())]
        }
        Phase::Silence => {
            let others = pruning.others(config[0][group].elements());
            // A layer that keeps all of them is the model's own.
            let edit = |others| Edit::new(SILENCE).int("layer", layer).ints("experts", others);
            if others.is_empty() { Vec::new() } else { vec![edit(&others)] }
        }
        Phase::Merge => vec![
            matrix("route-experts", config[0][group].numbers().to_vec()),
            matrix("merge-experts", config[1][group].numbers().to_vec()),
        ],
        Phase::MergeOneHot => vec![
            matrix("route-experts", pruning.one_hot(config[0][group].elements())),
            matrix("merge-experts", config[1][group].numbers().to_vec()),
        ],
    };
    let active = pruning.active_in(config, group);
    if active != pruning.usual {
        edits.push(Edit::new("experts-per-token").int("layer", layer).int("count", active));
    }
    edits
}

attune_guest::export!(ExpertPruning);
