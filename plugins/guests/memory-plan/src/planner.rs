//! Constants of the published planner.

use attune_guest::{Baseline, Config, Dimension, Domain, Edit, IntRange, Space, Value};

const ALGORITHMS: [&str; 3] = ["split-and-fuse", "group", "autotune"];
const BUCKETINGS: [&str; 3] = ["size", "area", "life"];
const LAYERS: [&str; 2] = ["latest-tail", "tightest"];
const SMALL: [f64; 6] = [0.0, 0.02, 0.05, 0.1, 0.2, 0.5];
const USAGE: [f64; 6] = [0.0, 0.5, 0.6, 0.7, 0.8, 0.9];
const MANY: i64 = 16;

pub(crate) fn space() -> Space {
    let int = || Domain::Int(IntRange { min: 0, max: MANY });
    Space::new(vec![
        Dimension::new(
            "algorithm",
            "single blocks, groups of phases, or the better of both",
            Domain::one_of(&ALGORITHMS),
        ),
        Dimension::new("bucketing", "which sizes are laid out first", Domain::one_of(&BUCKETINGS)),
        Dimension::new("layer", "which layer a block goes to", Domain::one_of(&LAYERS)),
        Dimension::new(
            "small",
            "share of the largest group below which small ones are dissolved",
            Domain::Level(SMALL.to_vec()),
        ),
        Dimension::new("few", "blocks below which a small group is dissolved", int()),
        Dimension::new(
            "usage",
            "share of its box below which a group is dissolved",
            Domain::Level(USAGE.to_vec()),
        ),
        Dimension::new("fuse", "whether groups that overlap are fused", Domain::one_of(&["no", "yes"])),
        Dimension::new("patience", "rounds without improvement for a bucket", int()),
    ])
}

pub(crate) fn lower(config: &Config) -> Vec<Edit> {
    let option = |dimension: usize| config[dimension][0].option();
    let int = |dimension: usize| match config[dimension][0] {
        Value::Int(value) => value,
        _ => 0,
    };
    vec![
        Edit::new("allocation-planner")
            .text("algorithm", ALGORITHMS[option(0)])
            .text("bucketing", BUCKETINGS[option(1)])
            .text("layer", LAYERS[option(2)])
            .real("small", SMALL[option(3)])
            .int("few", int(4))
            .real("usage", USAGE[option(5)])
            .int("fuse", option(6) as i64)
            .int("patience", int(7)),
    ]
}

pub(crate) fn baselines() -> Vec<Baseline> {
    let published = |algorithm| -> Config {
        let index = |value| vec![Value::Index(value)];
        vec![
            index(algorithm),
            index(0),
            index(0),
            index(3),
            vec![Value::Int(5)],
            index(3),
            index(1),
            vec![Value::Int(5)],
        ]
    };
    vec![
        Baseline::new("split-and-fuse", "STAlloc's default, with its published constants", published(0)),
        Baseline::new("group", "STAlloc's planner of groups, with its published constants", published(1)),
        Baseline::new("autotune", "the smaller plan of both for every trace", published(2)),
    ]
}
