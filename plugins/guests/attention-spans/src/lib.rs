//! How far each KV head looks back: MoA's rules `S = α + β·N` (arXiv 2406.14909), under density budgets at several
//! lengths at once, the last of them longer than any that is profiled.
//!
//! Engines have less: where the target has one window for whole layers, each layer sees everything or that window.
//!
//! MoA chooses per query head. Here a KV head is the unit: the query heads of a group share a cache, and a
//! position that one of them needs is kept for all. MoA also keeps densities above nine tenths of the budget;
//! here nothing has to be spent.

mod baselines;
mod damages;
mod grid;
mod heads;
mod limits;

use attune_guest::{
    Baseline, Config, Constraint, Cost, Damages, Description, Dimension, Distinct, Domain, Edit, Model,
    OptionSpec, Options, SignalRequest, Signals, Space, Technique,
};
use heads::Heads;
use limits::SINK;

const TOKENS: std::ops::RangeInclusive<i64> = 0..=16_777_216;

struct AttentionSpans;

impl Technique for AttentionSpans {
    fn describe() -> Description {
        Description::new(
            "attention-spans",
            env!("CARGO_PKG_VERSION"),
            "Gives each KV head its own span, which may grow with the sequence (MoA, arXiv 2406.14909).",
        )
        .option(OptionSpec::real(
            "density",
            "largest share of positions that heads keep on average, at every budgeted length",
            0.0..=1.0,
            0.5,
        ))
        .option(OptionSpec::int(
            "rules",
            "most different rules in one layer; MoA's kernels take 2",
            1..=65_536,
            2,
        ))
        .option(OptionSpec::int(
            "sink",
            "first positions that every head keeps: 4 in StreamingLLM (arXiv 2309.17453), 64 in MoA; none where \
             the target has windows only",
            TOKENS,
            SINK,
        ))
        .option(OptionSpec::int(
            "longest",
            "longest budgeted length, beyond the profiled ones; 0 takes the model's context",
            TOKENS,
            0,
        ))
        .option(OptionSpec::int(
            "profiled",
            "longest length that is profiled; 0 takes half of `longest`",
            TOKENS,
            0,
        ))
        .option(OptionSpec::int(
            "shortest",
            "shortest budgeted length; its doubles up to `profiled` are budgeted too; 0 takes an eighth of `longest`",
            TOKENS,
            0,
        ))
        .option(OptionSpec::int(
            "alpha-step",
            "tokens between neighbouring constant parts; 0 takes a sixteenth of `longest`",
            TOKENS,
            0,
        ))
        .option(OptionSpec::int("betas", "growing parts to choose from, evenly from 0 to 1", 2..=1025, 9))
        .option(OptionSpec::int(
            "window",
            "the window of a study in which heads have this one or see everything; 0 is MoA's grid, and an eighth of `longest` where the \
             target has one window",
            TOKENS,
            0,
        ))
        .option(OptionSpec::boolean("elastic", "whether spans may grow with the sequence", true))
        .option(OptionSpec::one_of(
            "unit",
            "who has a rule: every KV head, or every layer one for all its heads",
            &["kv-head", "layer"],
        ))
        .edit("attention-span")
        .heeds(&["attention-span-together", "attention-span-only"])
    }

    fn space(model: &Model, options: &Options) -> Result<Space, String> {
        let heads = Heads::new(model, options)?;
        let names = heads.rules.iter().map(grid::Rule::name).collect();
        let mut rule = Dimension::new(
            "rule",
            "tokens that the KV head looks back in a sequence of N",
            Domain::Choice(names),
        )
        .axis(heads.axis(), heads.layers.len() as u32);
        if heads.cells > 1 {
            rule = rule.axis("kv-head", heads.cells);
        }
        let share = 1.0 / f64::from(heads.count());
        let mut space = Space::new(vec![rule]);
        for &length in &heads.lengths {
            let costs = heads.rules.iter().map(|rule| rule.density(heads.sink, length) * share).collect();
            let resource = format!("density-{length}");
            let budget = Constraint::budget_of(0, &resource, "share of positions", heads.density, costs);
            space = space.with(budget);
        }
        if heads.wants_a_full_layer {
            let windows = heads.rules.iter().map(|rule| if rule.is_full() { 0.0 } else { 1.0 }).collect();
            let limit = f64::from(heads.count() - 1);
            space = space.with(Constraint::budget_of(0, "windows", "layers", limit, windows));
        }
        let rules = options.int("rules") as u32;
        if rules < heads.cells {
            let by = vec!["layer".to_owned()];
            space = space.with(Constraint::Distinct(Distinct { dimension: 0, by, at_most: rules }));
        }
        Ok(space)
    }

    fn lower(model: &Model, options: &Options, config: &Config) -> Result<Vec<Edit>, String> {
        let heads = Heads::new(model, options)?;
        let mut edits = Vec::new();
        for (&layer, cells) in heads.layers.iter().zip(config[0].chunks(heads.cells as usize)) {
            for kv_head in 0..heads.kv_heads {
                let rule = heads.rule(&cells[(kv_head % heads.cells) as usize]);
                // A head that sees everything gets no edit, so that a full config is the dense model itself.
                if rule.is_full() {
                    continue;
                }
                edits.push(
                    Edit::new("attention-span")
                        .int("layer", layer)
                        .int("kv-head", kv_head)
                        .int("sink", heads.sink)
                        .real("alpha", rule.alpha)
                        .real("beta", rule.beta),
                );
            }
        }
        Ok(edits)
    }

    fn cost(model: &Model, options: &Options, config: &Config) -> Result<Vec<Cost>, String> {
        let heads = Heads::new(model, options)?;
        // The longest profiled length first: it is what tables show.
        let mut lengths = heads.lengths.clone();
        lengths.sort_by_key(|&length| length != heads.profiled);
        let mut costs = Vec::new();
        for &length in &lengths {
            let density = heads.mean_density(&config[0], length);
            costs.push(Cost::new(&format!("density-{length}"), "share of positions", density, 1.0));
        }
        for &length in &lengths {
            let density = heads.mean_density(&config[0], length);
            costs.push(Cost::new(
                &format!("cache-{length}"),
                "bytes/token",
                heads.token_bytes * density,
                heads.token_bytes,
            ));
        }
        Ok(costs)
    }

    fn baselines(model: &Model, options: &Options, _signals: &Signals) -> Result<Vec<Baseline>, String> {
        Ok(baselines::all(&Heads::new(model, options)?))
    }

    fn damage_signals(_model: &Model, options: &Options) -> Result<Option<Vec<SignalRequest>>, String> {
        Ok(Some(damages::signals(options)))
    }

    fn damages(model: &Model, options: &Options, signals: &Signals) -> Result<Damages, String> {
        damages::damages(&Heads::new(model, options)?, signals)
    }
}

attune_guest::export!(AttentionSpans);
