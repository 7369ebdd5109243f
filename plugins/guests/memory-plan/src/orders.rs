//! An order for each trace.

use attune_guest::{Baseline, Config, Dimension, Domain, Edit, Space, Value};
use attune_memory_plan::stalloc::{self, Algorithm, Knobs};
use attune_memory_plan::{Instance, decode, online};

pub(crate) fn space(traces: &[Instance]) -> Space {
    let dimension = |(trace, instance): (usize, &Instance)| {
        let domain = Domain::Permutation(instance.len() as u32);
        Dimension::new(&format!("order-{trace}"), "in which order buffers are placed", domain)
    };
    Space::new(traces.iter().enumerate().map(dimension).collect())
}

pub(crate) fn lower(config: &Config) -> Vec<Edit> {
    let edit = |(trace, cells): (usize, &Vec<Value>)| {
        Edit::new("allocation-order").int("trace", trace as i64).ints("order", cells[0].elements())
    };
    config.iter().enumerate().map(edit).collect()
}

pub(crate) fn baselines(traces: &[Instance]) -> Vec<Baseline> {
    let of = |name: &str, help: &str, order: &dyn Fn(&Instance) -> Vec<u32>| {
        let config = traces.iter().map(|trace| vec![Value::Indices(order(trace))]).collect();
        Baseline::new(name, help, config)
    };
    let planned = |algorithm| {
        move |trace: &Instance| {
            decode::order_of(&stalloc::plan(trace, &Knobs { algorithm, ..Knobs::default() }))
        }
    };
    vec![
        of("size", "the largest buffer first", &decode::by_size),
        of("area", "the largest size × life first", &decode::by_area),
        of("life", "the longest-lived buffer first", &decode::by_life),
        of("online", "online best fit, packed down", &|trace| decode::order_of(&online::best_fit(trace))),
        of("split-and-fuse", "STAlloc's default planner, packed down", &planned(Algorithm::SplitAndFuse)),
        of("group", "STAlloc's planner of groups, packed down", &planned(Algorithm::Group)),
    ]
}
