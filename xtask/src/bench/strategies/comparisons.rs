//! Strategies beside peers and beside each other, paired by instance.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::cells::{Looks, cell, is_peer, kind, values};
use super::results::{Results, Runs};
use super::statistics::{Median, median};

/// Fewest instances that both have searched.
const FEWEST: usize = 6;

/// The strategy that is recommended for a kind of space: what peers are compared with.
fn recommended(problem: &str) -> &'static str {
    if kind(problem) == "affine" { "cma-es" } else { "evolution" }
}

/// Whether a peer stands still on this kind of space by the way it is set up here, as `why.md` says.
fn stuck(problem: &str, method: &str) -> bool {
    method == "nevergrad-NGOpt" && ["subsets", "permutations"].contains(&kind(problem))
}

/// What the interval of the median of differences says of the first of two methods.
#[derive(Clone, Copy, PartialEq)]
enum Verdict {
    Ahead,
    Level,
    Behind,
}

/// Two methods on the instances that both have searched.
struct Pair {
    verdict: Verdict,
    won: usize,
    of: usize,
}

/// None of fewer than [`FEWEST`] instances.
fn compare(own: &Runs, other: &Runs) -> Option<Pair> {
    let difference = |(seed, (loss, _)): (&u64, &(f64, f64))| other.get(seed).map(|(other, _)| loss - other);
    let differences: Vec<f64> =
        own.iter().filter_map(difference).map(|value| if value.is_nan() { 0.0 } else { value }).collect();
    if differences.len() < FEWEST {
        return None;
    }
    let Median { low, high, .. } = median(&differences);
    let verdict = if low > 0.0 {
        Verdict::Behind
    } else if high < 0.0 {
        Verdict::Ahead
    } else {
        Verdict::Level
    };
    let won = differences.iter().filter(|difference| **difference < 0.0).count();
    Some(Pair { verdict, won, of: differences.len() })
}

/// How often what was said.
#[derive(Default)]
struct Counts {
    ahead: u32,
    level: u32,
    behind: u32,
}

impl Counts {
    fn add(&mut self, verdict: Verdict) {
        *match verdict {
            Verdict::Ahead => &mut self.ahead,
            Verdict::Level => &mut self.level,
            Verdict::Behind => &mut self.behind,
        } += 1;
    }

    fn text(&self) -> String {
        format!("ahead {} times, level {} times, behind {} times", self.ahead, self.level, self.behind)
    }
}

/// Where a peer is ahead of the recommended strategy.
pub(super) fn against_peers(results: &Results, looks: &Looks<'_>) -> String {
    let mut losses = String::new();
    let (mut all, mut moving, mut few) = (Counts::default(), Counts::default(), 0);
    for ((problem, evaluations), methods) in looks {
        let name = recommended(problem);
        let Some(own) = methods.get(name) else { continue };
        for (method, runs) in methods.iter().filter(|(method, _)| is_peer(method)) {
            let Some(pair) = compare(own, runs) else {
                few += 1;
                continue;
            };
            all.add(pair.verdict);
            if !stuck(problem, method) {
                moving.add(pair.verdict);
            }
            if pair.verdict == Verdict::Behind {
                let [mine, other] = [own, runs].map(|runs| cell(results, problem, runs));
                let _ = writeln!(
                    losses,
                    "| {problem} | {evaluations} | {name} | {mine} | {method} | {other} | {} of {} |",
                    pair.won, pair.of
                );
            }
        }
    }
    let mut text = format!(
        "## Where a peer is ahead\n\nThe recommended strategy (`evolution`, and `cma-es` for coefficients) against every peer, \
         by the 95 % interval of the median of differences, paired by instance: {}; without `nevergrad-NGOpt` on subsets and \
         orders, which its setup here cannot search (below), {}. Left out: pairs with fewer than {FEWEST} instances \
         ({few}).{}\n\n",
        all.text(),
        moving.text(),
        shorter(looks)
    );
    if losses.is_empty() {
        text += "Nowhere.\n";
    } else {
        text += "| problem | evaluations | strategy | median | peer | median | instances won |\n\
                 | --- | --- | --- | --- | --- | --- | --- |\n";
        text += &losses;
    }
    text
}

/// Which peers were stopped before the last look, in a sentence for each.
fn shorter(looks: &Looks<'_>) -> String {
    let mut last: BTreeMap<&str, u64> = BTreeMap::new();
    let mut reached: BTreeMap<(&str, &str), u64> = BTreeMap::new();
    for ((problem, evaluations), methods) in looks {
        last.insert(problem, *evaluations);
        for method in methods.keys().filter(|method| is_peer(method)) {
            reached.insert((method, problem), *evaluations);
        }
    }
    let mut stopped: BTreeMap<&str, BTreeMap<u64, BTreeSet<&str>>> = BTreeMap::new();
    for ((method, problem), evaluations) in reached {
        if last.get(problem).is_some_and(|last| evaluations < *last) {
            stopped.entry(method).or_default().entry(evaluations).or_default().insert(kind(problem));
        }
    }
    let mut text = String::new();
    for (method, stops) in stopped {
        let of = |(evaluations, kinds): (u64, BTreeSet<&str>)| {
            let kinds: Vec<&str> = kinds.into_iter().collect();
            format!("up to {evaluations} evaluations (problems: {})", kinds.join(", "))
        };
        let stops: Vec<String> = stops.into_iter().map(of).collect();
        let _ = write!(text, " `{method}` was compared only {}.", stops.join(" and "));
    }
    text
}

/// `hybrid` against whichever of the two it is made of has the lower median there.
pub(super) fn hybrid(results: &Results, looks: &Looks<'_>) -> String {
    let (mut rows, mut counts) = (String::new(), Counts::default());
    for ((problem, evaluations), methods) in looks {
        let Some(own) = methods.get("hybrid") else { continue };
        let middle = |runs: &Runs| median(&values(results, problem, runs)).value;
        let parts =
            ["evolution", "profiling"].into_iter().filter_map(|name| Some((name, *methods.get(name)?)));
        let Some((name, better)) = parts.min_by(|a, b| middle(a.1).total_cmp(&middle(b.1))) else { continue };
        let Some(Pair { verdict, won, of }) = compare(own, better) else { continue };
        counts.add(verdict);
        let said = match verdict {
            Verdict::Ahead => "ahead",
            Verdict::Level => "level",
            Verdict::Behind => "**behind**",
        };
        let [mine, other] = [own, better].map(|runs| cell(results, problem, runs));
        let _ = writeln!(
            rows,
            "| {problem} | {evaluations} | {mine} | {name} | {other} | {won} of {of} | {said} |"
        );
    }
    if rows.is_empty() {
        return rows;
    }
    format!(
        "\n## `hybrid` against the better of `evolution` and `profiling`\n\nThe better by its median at that number of \
         evaluations; by the same interval: {}.\n\n\
         | problem | evaluations | `hybrid` | better | median | instances won | `hybrid` is |\n\
         | --- | --- | --- | --- | --- | --- | --- |\n{rows}",
        counts.text()
    )
}
