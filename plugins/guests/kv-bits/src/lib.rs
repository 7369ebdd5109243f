//! How many bits the keys and values of each layer's cache, or of each KV head of it, get, under a budget on their
//! average; and how much each layer's keys are smoothed before.
//!
//! Keys and values are apart because keys are far more sensitive (KVTuner, arXiv 2502.04420, §4); the
//! budget counts scales and zero points, which PM-KVQ (arXiv 2505.18610) leaves out.

mod allocation;
mod baselines;
mod damages;

use allocation::{Allocation, EXACT, PARTS};
use attune_guest::{
    Baseline, Config, Constraint, Cost, Damages, Description, Dimension, Domain, Edit, Model, OptionSpec,
    Options, SignalRequest, Signals, Space, Technique, Value,
};

struct KvBits;

impl Technique for KvBits {
    fn describe() -> Description {
        Description::new(
            "kv-bits",
            env!("CARGO_PKG_VERSION"),
            "Gives the keys and the values of each layer's cache their own bits (PM-KVQ, arXiv 2505.18610; KVTuner, arXiv 2502.04420).",
        )
        .option(OptionSpec::one_of(
            "heads",
            "who has bits of its own: every layer, or every KV head of it",
            &["layer", "kv-head"],
        ))
        .option(OptionSpec::one_of(
            "parts",
            "whether keys and values have bits of their own (apart) or share them, as in PM-KVQ (together)",
            &PARTS,
        ))
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
        .option(OptionSpec::ints(
            "smoothing",
            "exponents of the key smoothing to choose from per layer, in hundredths (PM-KVQ); 0 is none",
            0..=100,
            &[0],
        ))
        .option(OptionSpec::int(
            "shrink-from",
            "bits that codes had before they were shrunk to their level, as in PM-KVQ's growing cache: 2, 4, 8 or 16; \
             0 quantises at once",
            0..=16,
            0,
        ))
        .edit("kv-bits")
    }

    fn space(model: &Model, options: &Options) -> Result<Space, String> {
        let allocation = Allocation::new(model, options)?;
        let levels = allocation.levels.iter().copied().map(f64::from).collect();
        let help = match allocation.parts {
            2 => "bits per element; part 0 is keys, part 1 values",
            _ => "bits per element, of keys and values alike",
        };
        let mut bits = Dimension::new("bits", help, Domain::Level(levels)).axis("layer", model.layers);
        if allocation.heads > 1 {
            bits = bits.axis("kv-head", allocation.heads);
        }
        if allocation.parts > 1 {
            bits = bits.axis("part", allocation.parts);
        }
        let share = 1.0 / f64::from(allocation.cells());
        let costs = allocation.levels.iter().map(|&level| allocation.stored_bits(level) * share).collect();
        let mut dimensions = vec![bits];
        if allocation.smoothing.len() > 1 {
            let exponents =
                allocation.smoothing.iter().map(|&exponent| f64::from(exponent) / 100.0).collect();
            let help = "exponent of the largest keys that keys are divided by before they are quantised";
            let smoothing = Dimension::new("smoothing", help, Domain::Level(exponents));
            dimensions.push(smoothing.axis("layer", model.layers));
        }
        Ok(Space::new(dimensions).with(Constraint::budget_of(
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
        let parts = allocation.parts as usize;
        for (layer, cells) in (0..model.layers).zip(config[0].chunks(parts * allocation.heads as usize)) {
            let level = |cell: &Value| allocation.levels[cell.option()];
            let heads: Vec<(u32, u32)> =
                cells.chunks(parts).map(|of| (level(&of[0]), level(&of[parts - 1]))).collect();
            let exponent = match config.get(1) {
                Some(exponents) => allocation.smoothing[exponents[layer as usize].option()],
                None => allocation.smoothing.first().copied().unwrap_or(0),
            };
            // Heads that agree are one edit, as when a layer's heads go together: equal plans share results.
            let together = heads.iter().all(|pair| *pair == heads[0]);
            for (head, &(keys, values)) in
                heads.iter().enumerate().take(if together { 1 } else { heads.len() })
            {
                // An exact cache gets no edit, so that an exact config is the dense model itself.
                if keys == EXACT && values == EXACT {
                    continue;
                }
                let mut edit = Edit::new("kv-bits")
                    .int("layer", layer)
                    .int("keys", keys)
                    .int("values", values)
                    .int("group-size", allocation.group_size)
                    .int("sink", options.int("sink"))
                    .int("recent", options.int("recent"));
                if !together {
                    edit = edit.int("kv-head", head as u32);
                }
                if exponent > 0 && keys != EXACT {
                    edit = edit.real("smoothing", f64::from(exponent) / 100.0);
                }
                if let Some(from) = allocation.shrink_from {
                    edit = edit.int("shrink-from", from);
                }
                edits.push(edit);
            }
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
        let elements = f64::from(model.layers) * model.cache_elements();
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
