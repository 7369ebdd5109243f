//! How many bits the keys and values of each layer's cache get, under a budget on their average.
//!
//! Keys and values are apart because keys are far more sensitive (KVTuner, arXiv 2502.04420, §4); the
//! budget counts scales and zero points, which PM-KVQ (arXiv 2505.18610) leaves out.

mod allocation;
mod baselines;
mod damages;

use allocation::{Allocation, EXACT};
use attune_guest::{
    Baseline, Config, Constraint, Cost, Damages, Description, Dimension, Domain, Edit, Model, OptionSpec,
    Options, SignalRequest, Signals, Space, Technique,
};

struct KvBits;

impl Technique for KvBits {
    fn describe() -> Description {
        Description::new(
            "kv-bits",
            env!("CARGO_PKG_VERSION"),
            "Gives the keys and the values of each layer's cache their own bits (PM-KVQ, arXiv 2505.18610; KVTuner, arXiv 2502.04420).",
        )
        .option(OptionSpec::ints(
            "levels",
            "bits to choose from: 1 to 8, or 16 to leave a layer exact",
            1..=16,
            &[1, 2, 3, 4, 8, 16],
        ))
        .option(OptionSpec::real(
            "average",
            "most bits per cached element on average, scales and zero points included",
            1.0..=16.0,
            4.0,
        ))
        .option(OptionSpec::int(
            "group-size",
            "channels that share a scale and a zero point; 0 takes the whole head",
            0..=65_536,
            0,
        ))
        .option(OptionSpec::int(
            "overhead-bits",
            "bits of the scale and the zero point of one group; 32 for two 16-bit floats",
            0..=128,
            32,
        ))
        .option(OptionSpec::int(
            "sink",
            "first positions that stay exact: attention gathers there (StreamingLLM, arXiv 2309.17453)",
            0..=1_048_576,
            4,
        ))
        .option(OptionSpec::int(
            "recent",
            "last positions that stay exact (the residual of KIVI, arXiv 2402.02750)",
            0..=1_048_576,
            32,
        ))
        .edit("kv-bits")
    }

    fn space(model: &Model, options: &Options) -> Result<Space, String> {
        let allocation = Allocation::new(model, options)?;
        let levels = allocation.levels.iter().copied().map(f64::from).collect();
        let bits =
            Dimension::new("bits", "bits per element; part 0 is keys, part 1 values", Domain::Level(levels))
                .axis("layer", model.layers)
                .axis("part", 2);
        let share = 1.0 / (2.0 * f64::from(model.layers));
        let costs = allocation.levels.iter().map(|&level| allocation.stored_bits(level) * share).collect();
        Ok(Space::new(vec![bits]).with(Constraint::budget_of(
            0,
            "bits",
            "bits/element",
            allocation.average,
            costs,
        )))
    }

    fn lower(model: &Model, options: &Options, config: &Config) -> Result<Vec<Edit>, String> {
        let allocation = Allocation::new(model, options)?;
        let mut edits = Vec::new();
        for (layer, parts) in (0..model.layers).zip(config[0].chunks(2)) {
            let keys = allocation.levels[parts[0].option()];
            let values = allocation.levels[parts[1].option()];
            // An exact layer gets no edit, so that an exact config is the dense model itself.
            if keys == EXACT && values == EXACT {
                continue;
            }
            edits.push(
                Edit::new("kv-bits")
                    .int("layer", layer)
                    .int("keys", keys)
                    .int("values", values)
                    .int("group-size", allocation.group_size)
                    .int("sink", options.int("sink"))
                    .int("recent", options.int("recent")),
            );
        }
        Ok(edits)
    }

    fn cost(model: &Model, options: &Options, config: &Config) -> Result<Vec<Cost>, String> {
        let allocation = Allocation::new(model, options)?;
        let stored = config[0].iter().map(|value| allocation.stored_bits(allocation.levels[value.option()]));
        let average = stored.sum::<f64>() / config[0].len() as f64;
        let exact = f64::from(EXACT);
        // Keys and values of every KV head and layer. The exact sink and recent positions are a constant
        // that a long context makes negligible; they are not counted.
        let elements = 2.0 * f64::from(model.layers) * f64::from(model.kv_heads) * f64::from(model.head_dim);
        Ok(vec![
            Cost::new("bits", "bits/element", average, exact),
            Cost::new("cache", "bytes/token", elements * average / 8.0, elements * exact / 8.0),
        ])
    }

    fn baselines(model: &Model, options: &Options, _signals: &Signals) -> Result<Vec<Baseline>, String> {
        Ok(baselines::all(&Allocation::new(model, options)?))
    }

    fn damage_signals(model: &Model, options: &Options) -> Result<Option<Vec<SignalRequest>>, String> {
        Ok(Some(damages::signals(&Allocation::new(model, options)?, options)))
    }

    fn damages(model: &Model, options: &Options, signals: &Signals) -> Result<Damages, String> {
        damages::damages(&Allocation::new(model, options)?, model, signals)
    }
}

attune_guest::export!(KvBits);
