//! Which transformer blocks, or which halves of them, are dropped.
//!
//! ShortGPT (arXiv 2403.03853) drops the blocks that change their input least. Influences of single blocks do not add
//! up, though, so EvoPress (arXiv 2410.14649, §4.1) searches the set, and finds that halves on their own do better than
//! whole blocks: those are `parts` here.

mod baselines;
mod units;

use attune_guest::{
    Baseline, Config, Cost, Description, Dimension, Domain, Edit, Model, OptionSpec, Options, Signals, Space,
    Technique,
};
use units::{Dropping, HALVES, UNITS, Unit};

struct BlockDropping;

impl Technique for BlockDropping {
    fn describe() -> Description {
        Description::new(
            "block-dropping",
            env!("CARGO_PKG_VERSION"),
            "Drops a number of transformer blocks, or of their halves, and searches which (ShortGPT, arXiv 2403.03853; EvoPress, arXiv 2410.14649).",
        )
        .option(OptionSpec::one_of(
            "unit",
            "what is dropped: whole blocks, their attention, their feed-forward parts, or either of the two (parts)",
            &UNITS,
        ))
        .option(OptionSpec::int("drop", "how many are dropped; 0 drops a quarter of them", 0..=1_048_576, 0))
        .signal(baselines::INFLUENCE)
        .edit("drop-block")
        .heeds(&["drop-block-only"])
    }

    fn space(model: &Model, options: &Options) -> Result<Space, String> {
        let dropping = Dropping::new(model, options)?;
        let help = match dropping.unit {
            Unit::Block => "the blocks that are dropped",
            Unit::Half(0) => "the layers whose attention is dropped",
            Unit::Half(_) => "the layers whose feed-forward part is dropped",
            Unit::Parts => {
                "the parts that are dropped: 0 is the attention of layer 0, 1 its feed-forward part, and so on"
            }
        };
        let help = match dropping.is_partial() {
            true => format!("{help}; layers are counted among those with attention"),
            false => help.to_owned(),
        };
        let domain = Domain::subset_of(dropping.units(), dropping.drop);
        Ok(Space::new(vec![Dimension::new("dropped", &help, domain)]))
    }

    fn lower(model: &Model, options: &Options, config: &Config) -> Result<Vec<Edit>, String> {
        let dropping = Dropping::new(model, options)?;
        let edit = |&unit: &u32| {
            let (layer, half) = dropping.place(unit);
            let edit = Edit::new("drop-block").int("layer", layer);
            match half {
                Some(half) => edit.text("part", HALVES[half]),
                None => edit,
            }
        };
        Ok(config[0][0].elements().iter().map(edit).collect())
    }

    fn cost(model: &Model, options: &Options, config: &Config) -> Result<Vec<Cost>, String> {
        let dropping = Dropping::new(model, options)?;
        let dropped = config[0][0].elements();
        let saved: f64 = dropped.iter().map(|&unit| dropping.parameters(unit)).sum();
        let dense = model.parameters as f64;
        let bytes = |parameters: f64| parameters * model.bytes_per_parameter;
        let caching =
            dropping.caching() - dropped.iter().filter(|&&unit| dropping.caches(unit)).count() as f64;
        // Keys and values in 16 bits, as `kv-bits` counts them.
        let cache = 2.0 * model.cache_elements();
        Ok(vec![
            Cost::new("weights", "bytes", bytes(dense - saved), bytes(dense)),
            Cost::new("cache", "bytes/token", caching * cache, dropping.caching() * cache),
        ])
    }

    fn baselines(model: &Model, options: &Options, signals: &Signals) -> Result<Vec<Baseline>, String> {
        baselines::all(&Dropping::new(model, options)?, signals)
    }
}

attune_guest::export!(BlockDropping);
