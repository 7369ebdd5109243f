//! How many bits the keys and values of each layer's cache, or of each KV head of it, get, under a budget on their
//! average; and how much each layer's keys are smoothed before.
//!
//! With a target, formats are those of its cache, and what its engine cannot tell apart shares one: layers have one format or stay
//! exact, or the whole model has one for keys and one for values.
//!
//! Keys and values are apart because keys are far more sensitive (KVTuner, arXiv 2502.04420, §4); the
//! budget counts scales and zero points, which PM-KVQ (arXiv 2505.18610) leaves out.

mod allocation;
mod baselines;
mod choice;
mod damages;
mod format;
mod limits;
mod lowering;
mod shrinking;

use allocation::{Allocation, PARTS};
use attune_guest::{
    Baseline, Config, Constraint, Cost, Damages, Description, Dimension, Domain, Edit, Model, OptionSpec,
    Options, SignalRequest, Signals, Space, Technique,
};
use choice::LEVELS;
use format::EXACT;
use limits::{GRIDS, RECENT, SINK};

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
        .option(OptionSpec::one_of(
            "grid",
            "the numbers of the cache: those of the target, else affine (auto), round-to-nearest between minimum and maximum (affine), \
             fp8-e4m3 without a scale, or the blocks of GGUF (gguf)",
            &GRIDS,
        ))
        .option(OptionSpec::ints(
            "levels",
            "bits to choose from: 1 to 8, or 16 to leave a layer exact; of an engine's grids all, unless this is set",
            1..=16,
            &LEVELS,
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
            "first positions that stay exact: attention gathers there (StreamingLLM, arXiv 2309.17453); none where the target \
             rounds every position",
            0..=1_048_576,
            SINK,
        ))
        .option(OptionSpec::int(
            "recent",
            "last positions that stay exact (the residual of KIVI, arXiv 2402.02750); none where the target rounds every position",
            0..=1_048_576,
            RECENT,
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
        .heeds(&[
            "kv-bits-levels",
            "kv-bits-groups",
            "kv-bits-grids",
            "kv-bits-layers",
            "kv-bits-together",
            "kv-bits-only",
        ])
    }

    fn space(model: &Model, options: &Options) -> Result<Space, String> {
        let allocation = Allocation::new(model, options)?;
        let level = |format: &format::Format| {
            if allocation.engine { format.stored } else { f64::from(format.bits) }
        };
        let levels = allocation.formats.iter().map(level).collect();
        let mut bits = Dimension::new("bits", &help(&allocation), Domain::Level(levels));
        if !allocation.whole {
            bits = bits.axis(allocation.axis(), allocation.places());
        }
        if allocation.heads > 1 {
            bits = bits.axis("kv-head", allocation.heads);
        }
        if allocation.parts > 1 {
            bits = bits.axis("part", allocation.parts);
        }
        let share = 1.0 / f64::from(allocation.cells());
        let costs = allocation.formats.iter().map(|format| format.stored * share).collect();
        let mut dimensions = vec![bits];
        if allocation.smoothing.len() > 1 {
            let exponents =
                allocation.smoothing.iter().map(|&exponent| f64::from(exponent) / 100.0).collect();
            let help = "exponent of the largest keys that keys are divided by before they are quantised";
            let smoothing = Dimension::new("smoothing", help, Domain::Level(exponents));
            dimensions.push(smoothing.axis(allocation.axis(), allocation.layers.len() as u32));
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
        Ok(lowering::edits(model, &Allocation::new(model, options)?, config))
    }

    fn cost(model: &Model, options: &Options, config: &Config) -> Result<Vec<Cost>, String> {
        let allocation = Allocation::new(model, options)?;
        let stored = config[0].iter().map(|value| allocation.formats[value.option()].stored);
        let average = stored.sum::<f64>() / config[0].len() as f64;
        let exact = f64::from(EXACT);
        // Keys and values of every KV head and layer. The exact sink and recent positions are a constant
        // that a long context makes negligible; they are not counted.
        let elements = allocation.layers.len() as f64 * model.cache_elements();
        Ok(vec![
            Cost::new("bits", "bits/element", average, exact),
            Cost::new("cache", "bytes/token", elements * average / 8.0, elements * exact / 8.0),
        ])
    }

    fn baselines(model: &Model, options: &Options, _signals: &Signals) -> Result<Vec<Baseline>, String> {
        Ok(baselines::all(&Allocation::new(model, options)?))
    }

    fn damage_signals(model: &Model, options: &Options) -> Result<Option<Vec<SignalRequest>>, String> {
        Ok(damages::signals(&Allocation::new(model, options)?))
    }

    fn damages(model: &Model, options: &Options, signals: &Signals) -> Result<Damages, String> {
        damages::damages(&Allocation::new(model, options)?, model, signals)
    }
}

/// What the cells are. Journals hold the sentence.
fn help(allocation: &Allocation) -> String {
    let cells = match allocation.parts {
        2 => "; part 0 is keys, part 1 values",
        _ => ", of keys and values alike",
    };
    if !allocation.engine {
        return format!("bits per element{cells}");
    }
    let said = |format: &format::Format| format!("{} for {}", format.stored, format.name());
    let formats: Vec<String> = allocation.formats.iter().map(said).collect();
    format!("bits per element with its scales: {}{cells}", formats.join(", "))
}

attune_guest::export!(KvBits);
