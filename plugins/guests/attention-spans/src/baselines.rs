//! Spans that need no search.

use attune_guest::{Baseline, Config, Value};

use crate::grid::Rule;
use crate::heads::Heads;

/// By how much the last layer of a pyramid keeps less than the average (PyramidKV, arXiv 2406.02069, §4.2, β).
const PYRAMID: f64 = 20.0;

pub(crate) fn all(heads: &Heads) -> Vec<Baseline> {
    let everywhere =
        |rule: usize| -> Config { vec![vec![Value::Index(rule as u32); heads.count() as usize]] };
    let mut baselines = Vec::new();
    let mut add = |name: &str, what: &str, rule: Option<usize>| {
        let excluded = |rule: usize| heads.wants_a_full_layer && !heads.rules[rule].is_full();
        if let Some(rule) = rule.filter(|&rule| !excluded(rule)) {
            let help = format!("the rule {} at every head: {what}", heads.rules[rule].name());
            baselines.push(Baseline::new(name, &help, everywhere(rule)));
        }
    };
    let any = |_: &Rule| true;
    add("default", "the fullest one within every budget", within(heads, any));
    let window = "window that does not grow (StreamingLLM, arXiv 2309.17453)";
    add(
        "uniform",
        &format!("the smallest {window} that keeps as much as the budget at {} tokens", heads.profiled),
        above(heads, is_window, &[heads.profiled]),
    );
    add("uniform-within", &format!("the largest {window} within every budget"), within(heads, is_window));
    add(
        "elastic",
        "the smallest share of the sequence that keeps as much as every budget",
        above(heads, is_share, &heads.lengths),
    );
    add("elastic-within", "the largest share of the sequence within every budget", within(heads, is_share));
    baselines.extend(interleaved(heads));
    if let Some(config) = pyramid(heads) {
        let help = "shares of the sequence that shrink evenly from the first layer to the last (PyramidKV, \
                    arXiv 2406.02069), within the budget at the longest profiled length";
        baselines.push(Baseline::new("pyramid", help, config));
    }
    baselines
}

fn is_window(rule: &Rule) -> bool {
    rule.beta == 0.0
}

fn is_share(rule: &Rule) -> bool {
    rule.alpha == 0.0 && rule.beta > 0.0 && !rule.is_full()
}

/// Sum of the densities at all lengths.
fn fullness(heads: &Heads, rule: usize) -> f64 {
    heads.lengths.iter().map(|&length| heads.rules[rule].density(heads.sink, length)).sum()
}

/// The fullest rule of a kind that meets every budget when every head follows it.
fn within(heads: &Heads, kind: impl Fn(&Rule) -> bool) -> Option<usize> {
    let meets =
        |rule: &Rule| heads.lengths.iter().all(|&length| rule.density(heads.sink, length) <= heads.density);
    (0..heads.rules.len())
        .filter(|&rule| kind(&heads.rules[rule]) && meets(&heads.rules[rule]))
        .max_by(|&a, &b| fullness(heads, a).total_cmp(&fullness(heads, b)))
}

/// The emptiest rule of a kind that keeps at least the budget at `lengths` when every head follows it.
fn above(heads: &Heads, kind: impl Fn(&Rule) -> bool, lengths: &[u32]) -> Option<usize> {
    let keeps = |rule: &Rule| lengths.iter().all(|&length| rule.density(heads.sink, length) >= heads.density);
    (0..heads.rules.len())
        .filter(|&rule| kind(&heads.rules[rule]) && keeps(&heads.rules[rule]))
        .min_by(|&a, &b| fullness(heads, a).total_cmp(&fullness(heads, b)))
}

/// Where there is one window: full layers at equal distances, the last of each stretch, as many as the budgets allow (Gemma 3,
/// arXiv 2503.19786, §2.1: one after five windows).
fn interleaved(heads: &Heads) -> Option<Baseline> {
    let full = heads.rules.iter().position(Rule::is_full)?;
    let window = heads.rules.iter().position(is_window)?;
    let layers = heads.layers.len();
    if !heads.one_window {
        return None;
    }
    let meets = |count: usize| {
        let density = |rule: usize, length| heads.rules[rule].density(heads.sink, length);
        let mean = |length| {
            (count as f64 * density(full, length) + (layers - count) as f64 * density(window, length))
                / layers as f64
        };
        heads.lengths.iter().all(|&length| mean(length) <= heads.density)
    };
    let count = (1..layers).rfind(|&count| meets(count))?;
    // The end of stretch n of `count` equal ones.
    let ends: Vec<usize> = (1..=count).map(|stretch| stretch * layers / count - 1).collect();
    let rule = |layer: usize| if ends.contains(&layer) { full } else { window };
    let cells = (0..layers).flat_map(|layer| vec![Value::Index(rule(layer) as u32); heads.cells as usize]);
    let help = format!(
        "{count} layers of {layers} see everything, at equal distances and the last among them: as many as the budgets allow (Gemma 3, \
         arXiv 2503.19786)"
    );
    Some(Baseline::new("interleaved", &help, vec![cells.collect()]))
}

/// Layer `l` of `L` aims at `d₀ − (d₀ − d_last)·l/(L − 1)` with `d_last = d/20` and `d₀ = 2d − d_last`; each takes the
/// largest share that keeps the mean so far within the aims so far.
fn pyramid(heads: &Heads) -> Option<Config> {
    let mut shares: Vec<usize> =
        (0..heads.rules.len()).filter(|&rule| is_share(&heads.rules[rule])).collect();
    let density = |rule: usize| heads.rules[rule].density(heads.sink, heads.profiled);
    shares.sort_by(|&a, &b| density(a).total_cmp(&density(b)));
    let (&least, layers) = (shares.first()?, heads.layers.len() as u32);
    let last = heads.density / PYRAMID;
    let first = 2.0 * heads.density - last;
    let (mut aimed, mut kept) = (0.0, 0.0);
    let mut cells = Vec::new();
    for layer in 0..layers {
        let place = f64::from(layer) / f64::from((layers - 1).max(1));
        aimed += first - (first - last) * place;
        let fits = |&&rule: &&usize| kept + density(rule) <= aimed;
        let rule = *shares.iter().rev().find(fits).unwrap_or(&least);
        kept += density(rule);
        cells.extend(vec![Value::Index(rule as u32); heads.cells as usize]);
    }
    Some(vec![cells])
}
