//! An order for each trace.

use attune_guest::{Baseline, Config, Dimension, Domain, Edit, Space, Value};
use attune_memory_plan::Instance;
use attune_memory_plan::rules::Rule;

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
    let of = |rule: Rule, help: &str| {
        let config = traces.iter().map(|trace| vec![Value::Indices(rule.order(trace))]).collect();
        Baseline::new(rule.name(), help, config)
    };
    vec![
        of(Rule::Size, "the largest buffer first"),
        of(Rule::Area, "the largest size × life first"),
        of(Rule::Life, "the longest-lived buffer first"),
        of(Rule::Online, "online best fit, packed down"),
        of(Rule::SplitAndFuse, "STAlloc's default planner, packed down"),
        of(Rule::Group, "STAlloc's planner of groups, packed down"),
    ]
}
