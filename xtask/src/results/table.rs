//! The tables of a row: what was found, what its seeds say together, and everything that it was compared with.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Map, Value};

use super::done::Done;
use super::estimate::interval;
use super::front::front;

/// Costs that differ by less are the same.
const SAME_COST: f64 = 1e-9;

/// All tables of a row, whose evaluator counts its work in `unit`.
pub(super) fn all(studies: &[Done<'_>], unit: &str) -> String {
    let metric = studies[0].metric();
    let mut text = found(studies, metric, unit);
    text += &seeds(studies, metric, unit);
    for study in studies.iter().filter(|study| first_of_its_profile(studies, study)) {
        text += &compared(study, metric);
        text += &front(study);
    }
    text
}

/// One line for every study, with the strongest of the baselines that cost no more.
fn found(studies: &[Done<'_>], metric: &str, unit: &str) -> String {
    let costs = studies.iter().any(|study| study.cost(study.best()).is_some());
    let others: Vec<&str> = studies[0].others().collect();
    let bounded = studies.iter().any(|study| study.gap(study.best()).is_some());
    let mut head = vec!["study", "seed", "trials", unit];
    let (on_report, other_heads) =
        (on_report(metric), others.iter().map(|other| on_report(other)).collect::<Vec<_>>());
    head.extend(costs.then_some("cost"));
    head.push(&on_report);
    head.extend(other_heads.iter().map(String::as_str));
    head.extend(bounded.then_some("above the known bound"));
    head.push("strongest baseline that costs no more");
    head.push("found − it");
    let mut text = format!("| {} |\n|{}\n", head.join(" | "), " --- |".repeat(head.len()));
    for study in studies {
        let best = study.best();
        let strongest = strongest(study);
        let rival = strongest.map_or_else(String::new, |(name, rival)| {
            format!("{name}, {}", interval(&rival["report"][metric]))
        });
        let mut cells = vec![
            format!("**{}**", study.label),
            study.seed.to_string(),
            trials(study),
            format!("{:.2e}", work(study)),
        ];
        cells.extend(costs.then(|| cost(study, best)));
        cells.push(format!("**{}**", interval(&best["report"][metric])));
        cells.extend(others.iter().map(|other| interval(&best["report"][*other])));
        cells.extend(bounded.then(|| study.gap(best).unwrap_or_default()));
        cells.push(rival);
        cells.push(strongest.map_or_else(String::new, |(_, rival)| interval(&rival["delta"][metric])));
        let _ = writeln!(text, "| {} |", cells.join(" | "));
    }
    text
}

fn on_report(metric: &str) -> String {
    format!("{metric} on the report split")
}

/// Trials, and what was probed before them: probes are evaluations, too.
fn trials(study: &Done<'_>) -> String {
    let trials = &study.result["trials"];
    match study.result["probes"].as_u64().unwrap_or(0) {
        0 => trials.to_string(),
        probes => format!("{trials} + {probes} probes"),
    }
}

/// For profiles with several seeds: their mean, and what they had found when as much work was done as the most frugal
/// profile did altogether.
fn seeds(studies: &[Done<'_>], metric: &str, unit: &str) -> String {
    let mut profiles: BTreeMap<&str, Vec<&Done<'_>>> = BTreeMap::new();
    studies.iter().for_each(|study| profiles.entry(study.label).or_default().push(study));
    if profiles.len() < 2 || profiles.values().all(|studies| studies.len() < 2) {
        return String::new();
    }
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let of = |studies: &[&Done<'_>], value: &dyn Fn(&Done<'_>) -> f64| -> Vec<f64> {
        studies.iter().map(|study| value(study)).collect()
    };
    let least = profiles.values().map(|studies| mean(&of(studies, &work))).fold(f64::INFINITY, f64::min);
    let mut text = format!(
        "\nThe mean of the seeds (smallest to largest); the last column is the best on the *selection* split once \
         {least:.2e} {unit} were spent:\n\n| profile | seeds | {unit} | {metric} on the report split | \
         {metric} at equal work |\n| --- | --- | --- | --- | --- |\n"
    );
    let range = |values: &[f64]| {
        let smallest = values.iter().copied().fold(f64::INFINITY, f64::min);
        let largest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        format!("{:.4} ({smallest:.4} to {largest:.4})", mean(values))
    };
    for (label, studies) in profiles {
        let report = of(&studies, &|study| study.quality(study.best()).unwrap_or(f64::NAN));
        let early = of(&studies, &|study| by_then(study, least).unwrap_or(f64::NAN));
        // A profile that measures before it tries anything may have nothing yet.
        let early =
            if early.iter().any(|value| value.is_nan()) { "nothing yet".to_owned() } else { range(&early) };
        let _ = writeln!(
            text,
            "| {label} | {} | {:.2e} | {} | {early} |",
            studies.len(),
            mean(&of(&studies, &work)),
            range(&report)
        );
    }
    text
}

/// The best selection score after this much `work`.
fn by_then(study: &Done<'_>, work: f64) -> Option<f64> {
    let points = study.result["trace"].as_array()?;
    let mut before = points.iter().filter(|point| point[0].as_f64().is_some_and(|spent| spent <= work));
    before.next_back()?[1][study.metric()].as_f64()
}

/// Everything that one study was compared with, folded away.
fn compared(study: &Done<'_>, metric: &str) -> String {
    let best = study.best();
    let empty = Map::new();
    let domains = best["elsewhere"].as_object().unwrap_or(&empty);
    let mut text = format!("\n<details><summary>{}, seed {}: every baseline", study.label, study.seed);
    if !domains.is_empty() {
        text += ", and what it costs elsewhere";
    }
    let bounded = study.gap(best).is_some();
    let _ = write!(
        text,
        "</summary>\n\n| | cost | {metric} |{} found − it |",
        if bounded { " above the known bound |" } else { "" }
    );
    for other in study.others() {
        let _ = write!(text, " {other} | found − it |");
    }
    // Perplexity speaks for itself where a pass key is asked for or text is longer.
    let elsewhere = |name: &str| if name.contains("tokens") { "perplexity" } else { metric }.to_owned();
    for name in domains.keys() {
        let _ = write!(text, " {}: {name} |", elsewhere(name));
    }
    let columns = 3 + usize::from(bounded) + 2 * study.others().count() + domains.len();
    let _ = writeln!(text, "\n| --- |{}", " --- |".repeat(columns));
    let mut line = |name: &str, who: &Value, others: Vec<f64>| {
        let _ = write!(text, "| {name} | {} | {} |", cost(study, who), interval(&who["report"][metric]));
        if bounded {
            let _ = write!(text, " {} |", study.gap(who).unwrap_or_default());
        }
        let _ = write!(text, " {} |", interval(&who["delta"][metric]));
        for other in study.others() {
            let _ =
                write!(text, " {} | {} |", interval(&who["report"][other]), interval(&who["delta"][other]));
        }
        let others: String = others.iter().map(|value| format!(" {value:.4} |")).collect();
        let _ = writeln!(text, "{others}");
    };
    let there = |name: &String| domains[name][elsewhere(name)]["mean"].as_f64().unwrap_or(f64::NAN);
    line("**found**", best, domains.keys().map(there).collect());
    for (name, baseline) in study.baselines() {
        // A report holds differences; its means follow from them.
        let deltas = &baseline["elsewhere_delta"];
        let other =
            |name: &String| there(name) - deltas[name][elsewhere(name)]["mean"].as_f64().unwrap_or(f64::NAN);
        let others = if deltas.as_object().is_some_and(|deltas| !deltas.is_empty()) {
            domains.keys().map(other).collect()
        } else {
            Vec::new()
        };
        line(name, baseline, others);
    }
    text + "\n</details>\n"
}

/// The best baseline that costs at most what was found costs, of every resource: a window of constant width is cheap at one
/// length and dense at another. The random configs count as their mean.
fn strongest<'a>(study: &'a Done<'_>) -> Option<(&'a String, &'a Value)> {
    study
        .baselines()
        .filter(|(name, _)| *name != "dense")
        .filter(|(_, who)| costs_no_more(who, study.best()))
        .filter_map(|(name, who)| Some((study.loss(who)?, (name, who))))
        .min_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, named)| named)
}

fn costs_no_more(who: &Value, than: &Value) -> bool {
    let limits = than["cost"].as_object().into_iter().flatten();
    limits.into_iter().all(|(resource, limit)| {
        let costs = [&who["cost"][resource]["value"], &limit["value"]].map(Value::as_f64);
        let [Some(cost), Some(limit)] = costs else { return true };
        cost <= limit * (1.0 + SAME_COST)
    })
}

fn first_of_its_profile(studies: &[Done<'_>], study: &Done<'_>) -> bool {
    studies.iter().find(|other| other.label == study.label).is_some_and(|first| first.seed == study.seed)
}

fn work(study: &Done<'_>) -> f64 {
    study.result["work"]["computed"].as_f64().unwrap_or(f64::NAN)
}

fn cost(study: &Done<'_>, who: &Value) -> String {
    study.cost(who).map_or_else(String::new, |(value, unit)| {
        if value >= 1e5 { format!("{value:.3e} {unit}") } else { format!("{value:.3} {unit}") }
    })
}
