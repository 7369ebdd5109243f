//! How the checkpoints of a training run are encoded: for each stage of the training and each class of tensors a codec of the weights
//! and of the optimiser's two moments, and for each stage how often a save is full.

mod baselines;
mod cells;
mod operators;

use attune_guest::{
    Baseline, Config, Constraint, Cost, Description, Dimension, Domain, Edit, Model, Operator, OptionSpec,
    Options, Random, Signals, Space, Technique,
};

use cells::{BITS, CLUSTERS, Cells, INTERVALS, MOMENTS, SIZES};

struct CheckpointCodec;

/// Positions of the dimensions.
mod dimension {
    pub(crate) const INTERVAL: usize = 0;
    pub(crate) const BESIDE: usize = 1;
    pub(crate) const FULL: usize = 2;
    pub(crate) const MASTER: usize = 3;
    pub(crate) const WEIGHTS: usize = 4;
    /// Of the first moment: how, bits, size, clusters; those of the second follow.
    pub(crate) const MOMENTS: usize = 5;
}

impl Technique for CheckpointCodec {
    fn describe() -> Description {
        Description::new(
            "checkpoint-codec",
            env!("CARGO_PKG_VERSION"),
            "Chooses how checkpoints are encoded, per stage of the training and class of tensors (BitSnap, November 2025, re-derived from its abstract).",
        )
        .option(OptionSpec::one_of("stages", "whether each third of the training has choices of its own", &["each", "all"]))
        .option(OptionSpec::one_of("classes", "whether each class of tensors has choices of its own", &["each", "all"]))
        .option(OptionSpec::one_of(
            "codecs",
            "how weights may be written: by all codecs, or raw and by the mask alone, as the task's option of that name",
            &["all", "mask"],
        ))
        .option(OptionSpec::boolean("round-master", "whether the bits that bfloat16 lacks of master weights may be dropped", true))
        .edit("checkpoint-saves")
        .edit("checkpoint-weights")
        .edit("checkpoint-moments")
        .heeds(&[])
    }

    fn space(_: &Model, options: &Options) -> Result<Space, String> {
        let cells = Cells::of(options);
        let all = options.text("codecs") == "all";
        let level = |values: &[i64]| Domain::Level(values.iter().map(|&value| value as f64).collect());
        let stage = |name: &str, help: &str, domain| cells.by_stage(Dimension::new(name, help, domain));
        let class = |name: &str, help: &str, domain| cells.by_class(Dimension::new(name, help, domain));
        let only = |words: &[&str], first: bool| Domain::one_of(if first { &words[..1] } else { words });
        let mut dimensions = vec![
            stage("interval", "every so many saves are full", level(&INTERVALS)),
            stage("beside", "what other saves are written beside", Domain::one_of(&["full", "previous"])),
            stage("full", "how full saves are written", only(&["raw", "packed"], !all)),
            stage(
                "master",
                "the bits that bfloat16 lacks of master weights",
                only(&["kept", "rounded"], !options.boolean("round-master")),
            ),
            class(
                "weights",
                "how weights are written where a save is not full",
                Domain::one_of(if all { &["raw", "mask", "delta"] } else { &["raw", "mask"] }),
            ),
        ];
        let mut constraints = vec![Constraint::active(
            dimension::BESIDE as u32,
            dimension::INTERVAL as u32,
            1..INTERVALS.len() as u32,
        )];
        for (index, moment) in MOMENTS.iter().enumerate() {
            let named = |what: &str| format!("{moment}-{what}");
            dimensions.extend([
                class(
                    &named("moment"),
                    "how the moment is written",
                    Domain::one_of(&["raw", "block", "clusters"]),
                ),
                class(&named("bits"), "bits of a code", level(&BITS)),
                class(&named("size"), "values of a block", level(&SIZES)),
                class(&named("clusters"), "how many clusters", level(&CLUSTERS)),
            ]);
            let how = (dimension::MOMENTS + 4 * index) as u32;
            constraints.push(Constraint::active(how + 1, how, [1, 2]));
            constraints.push(Constraint::active(how + 2, how, [1]));
            constraints.push(Constraint::active(how + 3, how, [2]));
        }
        Ok(constraints.into_iter().fold(Space::new(dimensions), Space::with))
    }

    fn lower(_: &Model, options: &Options, config: &Config) -> Result<Vec<Edit>, String> {
        Ok(Cells::of(options).edits(config))
    }

    fn cost(_: &Model, _: &Options, _: &Config) -> Result<Vec<Cost>, String> {
        // What a save takes depends on how the run went: the evaluator counts it.
        Ok(Vec::new())
    }

    fn baselines(_: &Model, options: &Options, _: &Signals) -> Result<Vec<Baseline>, String> {
        Ok(baselines::all(&Cells::of(options), options))
    }

    fn operators() -> Vec<Operator> {
        operators::all()
    }

    fn vary_by(
        model: &Model,
        options: &Options,
        operator: &str,
        parents: &[Config],
        random: &mut Random,
    ) -> Result<Config, String> {
        let width = |dimension: &Dimension| match &dimension.domain {
            Domain::Choice(options) => options.len(),
            Domain::Level(levels) => levels.len(),
            _ => 1,
        };
        let widths: Vec<usize> = Self::space(model, options)?.dimensions.iter().map(width).collect();
        Ok(operators::child(&Cells::of(options), operator, &parents[0], &widths, random))
    }
}

attune_guest::export!(CheckpointCodec);
