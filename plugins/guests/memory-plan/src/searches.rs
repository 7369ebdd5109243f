//! Seeds and constants of a search for each trace.

use attune_guest::{Baseline, Config, Dimension, Domain, Edit, IntRange, Space, Value};
use attune_memory_plan::Instance;
use attune_memory_plan::rules::Rule;

/// Shares of the steps that a search may take; without any the plan is that of the rule.
const EFFORTS: [f64; 3] = [0.0, 0.5, 1.0];
/// Those that learn where branches end, alone or in turns with others.
const RANKS: [&str; 3] = ["turns", "weight", "weighted-area"];
const NOISES: [f64; 3] = [0.5, 1.0, 2.0];
const MEMORIES: [f64; 3] = [0.8, 0.9, 0.95];
const NODES: [f64; 3] = [500.0, 1000.0, 2000.0];
const SEEDS: i64 = 0xffff;
/// Most pairs of buffers that overlap, as the evaluator takes.
const PAIRS: u64 = 1 << 23;
/// Dimensions of each trace.
const EACH: usize = 7;

pub(crate) fn space(traces: &[Instance]) -> Result<Space, String> {
    let large = traces.iter().map(Instance::overlaps).enumerate().find(|&(_, pairs)| pairs > PAIRS);
    if let Some((trace, pairs)) = large {
        return Err(format!(
            "trace {trace} has {pairs} pairs of buffers that overlap, and a canonical search takes up to {PAIRS}; set `search` to \
             \"order\""
        ));
    }
    let rules = Rule::ALL.map(Rule::name);
    let of_trace = |trace: usize| {
        let dimension =
            |name: &str, help: &str, domain| Dimension::new(&format!("{name}-{trace}"), help, domain);
        [
            dimension("start", "the rule whose plan the search begins with", Domain::one_of(&rules)),
            dimension(
                "effort",
                "share of the steps that the search may take",
                Domain::Level(EFFORTS.to_vec()),
            ),
            dimension("rank", "what rounds place first", Domain::one_of(&RANKS)),
            dimension(
                "noise",
                "how much the order differs from round to round",
                Domain::Level(NOISES.to_vec()),
            ),
            dimension(
                "memory",
                "what is left of a weight from round to round",
                Domain::Level(MEMORIES.to_vec()),
            ),
            dimension("nodes", "nodes of the shortest round", Domain::Level(NODES.to_vec())),
            dimension("seed", "what the noise follows from", Domain::Int(IntRange { min: 0, max: SEEDS })),
        ]
    };
    Ok(Space::new((0..traces.len()).flat_map(of_trace).collect()))
}

/// `steps`: millions, of a search with all its effort.
pub(crate) fn lower(config: &Config, steps: i64) -> Vec<Edit> {
    let edit = |(trace, cells): (usize, &[Vec<Value>])| {
        let option = |dimension: usize| cells[dimension][0].option();
        let seed = match cells[6][0] {
            Value::Int(seed) => seed,
            _ => 0,
        };
        Edit::new("allocation-search")
            .int("trace", trace as i64)
            .text("start", Rule::ALL[option(0)].name())
            .int("steps", (steps as f64 * 1000.0 * EFFORTS[option(1)]) as i64)
            .text("rank", RANKS[option(2)])
            .real("noise", NOISES[option(3)])
            .real("memory", MEMORIES[option(4)])
            .int("nodes", NODES[option(5)] as i64)
            .int("seed", seed)
    };
    config.chunks_exact(EACH).enumerate().map(edit).collect()
}

pub(crate) fn baselines(traces: usize) -> Vec<Baseline> {
    // Turns, usual noise, memory and nodes, seed 0.
    let config = |start: u32, effort: u32| -> Config {
        let index = |value| vec![Value::Index(value)];
        let each = [index(start), index(effort), index(0), index(1), index(1), index(1), vec![Value::Int(0)]];
        (0..traces).flat_map(|_| each.clone()).collect()
    };
    let helps = [
        "the largest buffer first",
        "the largest size × life first",
        "the longest-lived buffer first",
        "online best fit, packed down",
        "STAlloc's default planner, packed down",
        "STAlloc's planner of groups, packed down",
    ];
    let rules = Rule::ALL.into_iter().zip(helps).enumerate();
    let rules = rules.map(|(start, (rule, help))| Baseline::new(rule.name(), help, config(start as u32, 0)));
    let search =
        Baseline::new("search", "one canonical search with restarts, from size descending", config(0, 2));
    rules.chain([search]).collect()
}
