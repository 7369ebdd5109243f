//! Fixed codecs: the same for all stages and classes.

use attune_guest::{Baseline, Config, Options, Value};

use crate::cells::{BITS, CLUSTERS, Cells, INTERVALS, MOMENTS, SIZES};

/// How weights are written: full every so many saves, beside what, packed, the codec of the others, and master weights rounded.
type Weights = (i64, u32, u32, u32, u32);

/// Raw; blocks of so many values, or so many clusters, in so many bits.
#[derive(Clone, Copy)]
enum Moments {
    Raw,
    Block(i64, i64),
    Clusters(i64, i64),
}

const RAW: Weights = (1, 0, 0, 0, 0);
const MASK: Weights = (5, 0, 0, 1, 0);
const MASK_CHAINED: Weights = (20, 1, 0, 1, 0);
const DELTA: Weights = (5, 0, 0, 2, 0);
const DELTA_CHAINED: Weights = (20, 1, 1, 2, 0);
const DELTA_ROUNDED: Weights = (20, 1, 1, 2, 1);

pub(crate) fn all(cells: &Cells, options: &Options) -> Vec<Baseline> {
    let weights = [
        ("raw", RAW, "weights as they are"),
        ("mask", MASK, "weights by the mask beside a full save every 5"),
        ("mask-chained", MASK_CHAINED, "weights by the mask beside the save before, full every 20"),
        ("delta", DELTA, "weights by entropy-coded distances beside a full save every 5"),
        (
            "delta-chained",
            DELTA_CHAINED,
            "weights by entropy-coded distances beside the save before, full and packed every 20",
        ),
        (
            "delta-rounded",
            DELTA_ROUNDED,
            "as delta-chained, without the bits that bfloat16 lacks of master weights",
        ),
    ];
    let moments = [
        ("", Moments::Raw, "moments as they are"),
        ("int8-64", Moments::Block(8, 64), "moments in 8 bits by blocks of 64"),
        ("int8-256", Moments::Block(8, 256), "moments in 8 bits by blocks of 256"),
        ("int8-1024", Moments::Block(8, 1024), "moments in 8 bits by blocks of 1024"),
        ("int4-64", Moments::Block(4, 64), "moments in 4 bits by blocks of 64"),
        ("int4-256", Moments::Block(4, 256), "moments in 4 bits by blocks of 256"),
        ("clusters-16x8", Moments::Clusters(16, 8), "moments in 16 clusters and 8 bits"),
        ("clusters-16x4", Moments::Clusters(16, 4), "moments in 16 clusters and 4 bits"),
        ("clusters-4x4", Moments::Clusters(4, 4), "moments in 4 clusters and 4 bits"),
    ];
    let masks = options.text("codecs") == "mask";
    let rounds = options.boolean("round-master");
    let strongest = if masks {
        "mask-chained"
    } else if rounds {
        "delta-rounded"
    } else {
        "delta-chained"
    };
    let allowed = |codec: Weights| (!masks || codec.3 < 2) && (rounds || codec.4 == 0);
    let mut baselines = Vec::new();
    for (name, codec, help) in weights.into_iter().filter(|(_, codec, _)| allowed(*codec)) {
        for (states, moment, also) in moments {
            // The mask with clusters is what BitSnap is; else codecs of moments stand beside the strongest one of weights.
            let published = name == "mask-chained" && states == "clusters-16x8";
            let with = states.is_empty() || name == strongest || published;
            if with {
                let joined = if states.is_empty() { name.to_owned() } else { format!("{name}-{states}") };
                baselines.push(Baseline::new(
                    &joined,
                    &format!("{help}, {also}"),
                    config(cells, codec, moment),
                ));
            }
        }
    }
    baselines
}

fn config(cells: &Cells, (interval, beside, full, codec, master): Weights, moments: Moments) -> Config {
    let all = |option: usize, cells: usize| vec![Value::Index(option as u32); cells];
    let place = |of: &[i64], value: i64| of.iter().position(|&known| known == value).unwrap_or(0);
    let (stages, each) = (cells.stages, cells.stages * cells.classes);
    let mut config = vec![
        all(place(&INTERVALS, interval), stages),
        all(beside as usize, stages),
        all(full as usize, stages),
        all(master as usize, stages),
        all(codec as usize, each),
    ];
    let (how, bits, size, clusters) = match moments {
        Moments::Raw => (0, 0, 0, 0),
        Moments::Block(bits, size) => (1, place(&BITS, bits), place(&SIZES, size), 0),
        Moments::Clusters(clusters, bits) => (2, place(&BITS, bits), 0, place(&CLUSTERS, clusters)),
    };
    for _ in MOMENTS {
        config.extend([all(how, each), all(bits, each), all(size, each), all(clusters, each)]);
    }
    config
}
