//! The result of a study in words and tables.

use std::fmt::Write as _;

use attune_core::event::Finished;
use attune_core::technique::Cost;
use attune_core::{describe, format};

use super::cells::{cost_cells, dash, gap, has_column, mean};
use super::front;
use super::sheet::Sheet;

/// The whole result of a study in `columns` columns: table, losses elsewhere, and where to go `next`.
pub(crate) fn result(finished: &Finished, next: &str, columns: usize) -> String {
    let report = &finished.report;
    let best = &report.best;
    let metrics: Vec<&String> = best.estimates.keys().collect();

    // What counts nothing has no costs to compare.
    let has_costs = !best.costs.is_empty();
    let cost_cells = |costs: &[Cost]| has_costs.then(|| cost_cells(costs)).into_iter().flatten();
    let mut header = vec!["".to_owned()];
    if has_costs {
        header.extend(["cost".to_owned(), format!("vs {}", report.unedited())]);
    }
    header.extend(metrics.iter().map(|metric| (*metric).clone()));
    header.extend(metrics.iter().map(|metric| format!("Δ {metric}")));
    let bounded: Vec<&String> =
        metrics.iter().copied().filter(|metric| has_column(&best.gaps, metric)).collect();
    header.extend(bounded.iter().map(|metric| format!("{metric} to bound")));
    let mut table = Sheet::of_numbers(header);
    for contender in &report.baselines {
        let mut row = vec![report.row_name(contender).to_owned()];
        row.extend(cost_cells(&contender.costs));
        row.extend(metrics.iter().map(|metric| mean(&contender.estimates, metric)));
        row.extend(
            metrics.iter().map(|metric| contender.delta.get(*metric).map_or_else(dash, format::signed)),
        );
        row.extend(bounded.iter().map(|metric| gap(&contender.gaps, metric)));
        table.row(row);
    }
    let mut row = vec![format!("found (trial {})", best.trial)];
    row.extend(cost_cells(&best.costs));
    row.extend(metrics.iter().map(|metric| mean(&best.estimates, metric)));
    row.extend(metrics.iter().map(|_| dash()));
    row.extend(bounded.iter().map(|metric| gap(&best.gaps, metric)));
    table.row(row);

    let mut text = String::new();
    let mut line = |content: String| {
        let written = writeln!(text, "{content}");
        debug_assert!(written.is_ok(), "writing to a string does not fail");
    };
    let items = best.report.metrics.values().next().map_or(0, |score| score.items.len());
    line(format!(
        "{}: {} on {}, scored on {items} items of the report split, which the search never saw",
        finished.study, finished.technique, finished.model
    ));
    line(table.render(columns));
    line(
        "Δ = found − this row, with its paired 95 % interval; below zero means that found is lower"
            .to_owned(),
    );
    if let Some(verdict) = describe::verdict(&finished.technique, report) {
        line(verdict);
    }
    for gap in describe::gaps(&best.gaps) {
        line(format!("Found {gap}"));
    }
    if !best.out_of_domain.is_empty() {
        line("\nOn other domains (what tuning for this one costs):".to_owned());
        line(out_of_domain(finished, columns));
    }
    if let Some(front) = &report.front {
        line(front::front(front, &finished.study, report.unedited(), columns));
    }
    line("\nFound config:".to_owned());
    let found = match &report.words {
        Some(words) => words.found.clone(),
        None => attune_vocabulary::model().describe(&best.plan),
    };
    found.into_iter().for_each(|words| line(format!("  {words}")));
    let progress = &finished.progress;
    let probes = match progress.probes {
        0 => String::new(),
        probes => format!(" after {probes} probes, {} evaluations,", progress.evaluations()),
    };
    line(format!(
        "\n{} trials ({} evaluated, {} reused, {} dropped, {} failed){probes} in {} on {}, seed {}.",
        progress.trials,
        progress.evaluated,
        progress.reused,
        progress.dropped,
        progress.failed,
        format::duration(finished.seconds),
        finished.device,
        finished.seed
    ));
    if let Some(planned) = &finished.planned {
        line(describe::planned(planned));
    }
    if let Some(saved) = work(finished) {
        line(saved);
    }
    line(next.to_owned());
    text
}

fn out_of_domain(finished: &Finished, columns: usize) -> String {
    let best = &finished.report.best;
    let metrics: Vec<&String> = best.estimates.keys().collect();
    // One column, because the first one alone stands in front of every part of a table that is too wide.
    let mut header = vec!["domain, against".to_owned()];
    header.extend(metrics.iter().map(|metric| format!("found: {metric}")));
    header.extend(metrics.iter().map(|metric| format!("Δ {metric}")));
    let bounded: Vec<&String> = metrics
        .iter()
        .copied()
        .filter(|metric| best.out_of_domain_gaps.values().any(|gaps| has_column(gaps, metric)))
        .collect();
    header.extend(bounded.iter().map(|metric| format!("found: {metric} to bound")));
    let mut table = Sheet::of_numbers(header);
    for (domain, found) in &best.out_of_domain {
        let gaps = best.out_of_domain_gaps.get(domain);
        for contender in &finished.report.baselines {
            let Some(delta) = contender.out_of_domain_delta.get(domain) else { continue };
            let mut row = vec![format!("{domain}, {}", finished.report.row_name(contender))];
            row.extend(metrics.iter().map(|metric| mean(found, metric)));
            row.extend(metrics.iter().map(|metric| delta.get(*metric).map_or_else(dash, format::signed)));
            row.extend(bounded.iter().map(|metric| gaps.map_or_else(dash, |gaps| gap(gaps, metric))));
            table.row(row);
        }
    }
    table.render(columns)
}

/// What sharing, reuse and racing spared; nothing when everything came from the cache.
fn work(finished: &Finished) -> Option<String> {
    let work = finished.progress.work;
    let ratio = work.naive as f64 / work.computed as f64;
    let memory = finished.peak_memory.map(|peak| format!(", peak memory {}", format::bytes(peak as f64)));
    // A simulator shares nothing among plans.
    let shares = finished.report.words.is_none() || ratio >= 1.05;
    (ratio.is_finite() && shares).then(|| {
        let memory = memory.unwrap_or_default();
        let share = 100.0 * finished.progress.measuring.computed as f64 / work.computed as f64;
        let measuring =
            if share > 0.0 { format!(", {share:.0} % of it for measuring") } else { String::new() };
        let whose = if finished.report.words.is_some() { "Work" } else { "Model work" };
        format!("{whose}: 1/{ratio:.1} of evaluating everything alone and in full{measuring}{memory}.")
    })
}
