//! The result, drawn: one page that scrolls.

use attune_core::event::Finished;
use attune_core::numbers;
use attune_core::report::Estimates;
use attune_core::technique::Cost;
use attune_core::words;
use ratatui::Frame;
use ratatui::text::Line;
use ratatui::widgets::Paragraph;

use crate::command_line;
use crate::model::Model;
use crate::study::Study;
use crate::theme::Theme;
use crate::view::{Page, fit, width, wrap};

pub(crate) fn view(model: &Model, study: &Study, frame: &mut Frame<'_>) {
    let page = Page {
        title: study.name().to_owned(),
        state: "result".into(),
        command: command_line::line(&model.setup, &["show", study.name()]),
    };
    let keys = [
        ("e", "export"),
        ("↑↓", "scroll"),
        ("m", "metric"),
        ("t", "trials"),
        ("Esc", "back"),
        ("?", "help"),
        ("q", "quit"),
    ];
    let body = page.draw(model, frame, &keys);
    let Some(finished) = study.finished.as_deref() else {
        let text = " there is no result yet; Esc goes back";
        return frame.render_widget(Paragraph::new(text), body);
    };
    let lines = lines(model.theme(), finished, study.result_metric, usize::from(body.width));
    let scroll = study.result_scroll.min(lines.len().saturating_sub(usize::from(body.height)));
    frame.render_widget(Paragraph::new(lines).scroll((scroll as u16, 0)), body);
}

/// About how many lines the page has: how far it makes sense to scroll.
pub(super) fn length(finished: &Finished) -> usize {
    let report = &finished.report;
    20 + report.best.plan.edits().len() + report.baselines.len() * (1 + report.best.elsewhere.len())
}

fn lines(theme: Theme, finished: &Finished, metric: usize, columns: usize) -> Vec<Line<'static>> {
    let report = &finished.report;
    let best = &report.best;
    let mut lines = Vec::new();
    let text = |text: &str| -> Vec<Line<'static>> {
        wrap(text, columns.saturating_sub(2)).into_iter().map(|line| Line::from(format!(" {line}"))).collect()
    };
    if let Some(verdict) = words::verdict(&finished.technique, report) {
        let style = if verdict.contains("WORSE") { theme.bad() } else { theme.good() };
        lines.extend(text(&verdict).into_iter().map(|line| line.style(style)));
    }
    let items = best.report.metrics.values().next().map_or(0, |score| score.items.len());
    lines.extend(text(&format!(
        "{} on {}, scored on {items} items of the report split, which the search never saw.",
        finished.technique, finished.model
    )));
    lines.push(Line::default());
    lines.extend(table(theme, finished, metric, columns));
    lines.extend(
        text("Δ = found − this row, with its paired 95 % interval; below zero means that found is lower.")
            .into_iter()
            .map(|line| line.style(theme.faint())),
    );
    if !best.elsewhere.is_empty() {
        lines.push(Line::default());
        lines.push(Line::styled(" On other domains (what tuning for this one costs)", theme.title()));
        lines.extend(elsewhere(theme, finished, metric, columns));
    }
    lines.push(Line::default());
    lines.push(Line::styled(" Found config", theme.title()));
    lines.extend(
        words::plan(&best.plan).into_iter().map(|line| Line::from(format!("  {}", fit(&line, columns - 2)))),
    );
    lines.push(Line::default());
    let progress = &finished.progress;
    let dropped = match progress.dropped {
        0 => String::new(),
        dropped => format!("{dropped} of them dropped by a race, "),
    };
    lines.extend(text(&format!(
        "{} trials ({} evaluated, {} reused, {dropped}{} failed) in {} on {}, seed {}.",
        progress.trials,
        progress.evaluated,
        progress.reused,
        progress.failed,
        numbers::duration(finished.seconds),
        finished.device,
        finished.seed
    )));
    lines
}

/// Metrics whose values are shown, and the one (or, where there is room, all) whose differences are.
fn chosen(finished: &Finished, metric: usize, columns: usize) -> (Vec<&String>, Vec<&String>) {
    let all: Vec<&String> = finished.report.best.estimates.keys().collect();
    if columns >= 60 + all.len() * 42 {
        return (all.clone(), all);
    }
    let one = all.get(metric % all.len().max(1)).copied();
    (one.into_iter().collect(), one.into_iter().collect())
}

fn table(theme: Theme, finished: &Finished, metric: usize, columns: usize) -> Vec<Line<'static>> {
    let report = &finished.report;
    let best = &report.best;
    let (values, deltas) = chosen(finished, metric, columns);
    let row = |name: &str, costs: &[Cost], estimates: &Estimates, delta: Option<&Estimates>| {
        let cost = costs.first();
        let mut text = format!(
            " {}  {:>10} {:>7}",
            padded(name, 18),
            cost.map_or_else(dash, numbers::cost),
            cost.map_or_else(dash, numbers::saving)
        );
        for metric in &values {
            text.push_str(&format!(
                " {:>9}",
                estimates.get(*metric).map_or_else(dash, |e| numbers::short(e.mean))
            ));
        }
        for metric in &deltas {
            let delta = delta.and_then(|delta| delta.get(*metric)).map_or_else(dash, numbers::signed);
            text.push_str(&format!(" {delta:>28}"));
        }
        text
    };
    let mut head = format!(" {}  {:>10} {:>7}", padded("", 18), "cost", "saved");
    values.iter().for_each(|metric| head.push_str(&format!(" {:>9}", fit(metric, 9))));
    deltas.iter().for_each(|metric| head.push_str(&format!(" {:>28}", format!("Δ {metric}"))));
    let mut lines = vec![Line::styled(head, theme.title())];
    let reference = words::reference(report).map(|contender| contender.name.as_str());
    lines.extend(report.baselines.iter().map(|contender| {
        let text = row(&contender.name, &contender.costs, &contender.estimates, Some(&contender.delta));
        if reference == Some(&contender.name) { Line::styled(text, theme.title()) } else { Line::from(text) }
    }));
    let found = format!("found (trial {})", best.trial);
    lines.push(Line::styled(row(&found, &best.costs, &best.estimates, None), theme.accent()));
    lines
}

fn elsewhere(theme: Theme, finished: &Finished, metric: usize, columns: usize) -> Vec<Line<'static>> {
    let (_, deltas) = chosen(finished, metric, columns);
    let mut head = format!(" {}  {}", padded("domain", 14), padded("against", 16));
    deltas.iter().for_each(|metric| {
        head.push_str(&format!(" {:>12} {:>28}", format!("found {}", fit(metric, 6)), format!("Δ {metric}")));
    });
    let mut lines = vec![Line::styled(head, theme.faint())];
    for (domain, found) in &finished.report.best.elsewhere {
        for contender in &finished.report.baselines {
            let Some(delta) = contender.elsewhere_delta.get(domain) else { continue };
            let mut text = format!(" {}  {}", padded(domain, 14), padded(&contender.name, 16));
            for metric in &deltas {
                let value = found.get(*metric).map_or_else(dash, |e| numbers::short(e.mean));
                let delta = delta.get(*metric).map_or_else(dash, numbers::signed);
                text.push_str(&format!(" {value:>12} {delta:>28}"));
            }
            lines.push(Line::from(text));
        }
    }
    lines
}

fn padded(text: &str, columns: usize) -> String {
    let text = fit(text, columns);
    let pad = " ".repeat(columns - width(&text));
    format!("{text}{pad}")
}

fn dash() -> String {
    "–".to_owned()
}
