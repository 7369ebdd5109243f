//! Two studies side by side, drawn: one page that scrolls.

use std::collections::BTreeSet;

use attune_core::format;
use attune_core::report::Estimates;
use ratatui::Frame;
use ratatui::style::Style;
use ratatui::text::Line;
use ratatui::widgets::Paragraph;

use super::trial::section;
use crate::compare::{Compare, keys};
use crate::model::Model;
use crate::study::Study;
use crate::study::difference;
use crate::theme::Theme;
use crate::widgets::{Blocks, Cells, Page, wrap};

pub(crate) fn view(model: &Model, compare: &Compare, frame: &mut Frame<'_>) {
    let page = Page {
        title: compare.names.join(" and "),
        state: "compared".into(),
        // There is no one command that does the same.
        command: String::new(),
    };
    let body = page.draw(model, frame, &[("↑↓", "scroll"), ("Esc", "back"), ("?", "help"), ("q", "quit")]);
    let lines = lines(model.theme(), compare, usize::from(body.width));
    let scroll = compare.scroll.min(lines.len().saturating_sub(usize::from(body.height)));
    frame.render_widget(Paragraph::new(lines).scroll((scroll as u16, 0)), body);
}

/// The whole page.
pub(crate) fn lines(theme: Theme, compare: &Compare, columns: usize) -> Vec<Line<'static>> {
    let [Some(left), Some(right)] = &compare.studies else {
        return vec![Line::from(" opening both studies")];
    };
    let studies = [left.as_ref(), right.as_ref()];
    let mut lines = facts(theme, studies, columns);
    lines.extend(profiles(theme, studies, columns));
    lines.extend(reports(theme, studies, columns));
    lines.extend(configs(theme, studies, columns));
    lines
}

fn side_by_side(
    theme: Theme,
    head: &str,
    rows: Vec<(String, [String; 2])>,
    names: [&str; 2],
    columns: usize,
) -> Vec<Line<'static>> {
    let column = |at: usize| Cells {
        head: names[at].to_owned(),
        cells: rows.iter().map(|row| row.1[at].clone()).collect(),
    };
    let style =
        |row: &(String, [String; 2])| if row.1[0] == row.1[1] { Style::new() } else { theme.accent() };
    let cells = vec![column(0), column(1)];
    let names = rows.iter().map(|row| (row.0.clone(), style(row))).collect();
    Blocks { head: head.to_owned(), names, columns: cells }.lines(theme.title(), columns)
}

fn facts(theme: Theme, studies: [&Study; 2], columns: usize) -> Vec<Line<'static>> {
    let row = |name: &str, of: &dyn Fn(&Study) -> String| (name.to_owned(), studies.map(of));
    let rows = vec![
        row("technique", &|study| study.header.technique.clone()),
        row("model", &|study| study.header.model.clone()),
        row("seed", &|study| study.header.seed.to_string()),
        row("trials", &|study| study.progress.trials.to_string()),
        row("failed", &|study| study.progress.failed.to_string()),
        row("time", &|study| {
            study.finished.as_ref().map_or_else(dash, |finished| format::duration(finished.seconds))
        }),
        row("best in the search", &|study| {
            let best = study.best.and_then(|position| study.rows.get(position));
            best.map_or_else(dash, |row| format!("{} {}", study.metric(), format::short(row.quality)))
        }),
    ];
    let mut lines = side_by_side(theme, "", rows, names(studies), columns);
    let [left, right] = studies.map(|study| &study.header);
    let mut different = Vec::new();
    if left.model_fingerprint != right.model_fingerprint {
        different.push("the model's files");
    }
    if left.task_fingerprint != right.task_fingerprint {
        different.push("the data");
    }
    if left.numerics != right.numerics {
        different.push("the numerics");
    }
    if left.technique_fingerprint != right.technique_fingerprint {
        different.push("the technique");
    }
    if !different.is_empty() {
        let text =
            format!("They differ in {}: their scores are not of the same thing.", different.join(", "));
        let text = wrap(&text, columns.saturating_sub(2)).into_iter();
        lines.extend(text.map(|line| Line::styled(format!(" {line}"), theme.bad())));
    }
    lines.push(Line::default());
    lines
}

fn profiles(theme: Theme, studies: [&Study; 2], columns: usize) -> Vec<Line<'static>> {
    let [left, right] = studies.map(|study| keys::of(&study.header.profile));
    let all: BTreeSet<&String> = left.keys().chain(right.keys()).collect();
    let value = |keys: &std::collections::BTreeMap<String, String>, key: &str| {
        keys.get(key).cloned().unwrap_or_else(dash)
    };
    let mut rows: Vec<(String, [String; 2])> =
        all.iter().map(|key| ((*key).clone(), [value(&left, key), value(&right, key)])).collect();
    rows.retain(|row| row.1[0] != row.1[1]);
    let same = all.len() - rows.len();
    let title = match rows.len() {
        0 => " Their profiles are the same".to_owned(),
        _ => format!(" Their profiles differ, and agree in {same} other values"),
    };
    let mut lines = vec![Line::styled(title, theme.title())];
    if !rows.is_empty() {
        lines.extend(side_by_side(theme, "value", rows, names(studies), columns));
    }
    lines.push(Line::default());
    lines
}

fn reports(theme: Theme, studies: [&Study; 2], columns: usize) -> Vec<Line<'static>> {
    let reports = studies.map(|study| study.finished.as_ref().map(|finished| &finished.report));
    if reports.iter().all(Option::is_none) {
        return vec![Line::styled(" Neither has a report yet", theme.title()), Line::default()];
    }
    let mut entries: Vec<&str> = vec!["found"];
    for report in reports.iter().flatten() {
        for contender in &report.baselines {
            if !entries.contains(&contender.name.as_str()) {
                entries.push(&contender.name);
            }
        }
    }
    let estimates = |at: usize, entry: &str| -> Option<&Estimates> {
        let report = reports[at]?;
        match entry {
            "found" => Some(&report.best.estimates),
            _ => report.baselines.iter().find(|one| one.name == entry).map(|one| &one.estimates),
        }
    };
    let metrics: BTreeSet<&String> =
        reports.iter().flatten().flat_map(|report| report.best.estimates.keys()).collect();
    let mut lines = Vec::new();
    let cost =
        |at: usize| reports[at].and_then(|report| report.best.costs.first()).map_or_else(dash, format::cost);
    for metric in metrics {
        let cell = |at: usize, entry: &str| {
            let estimate = estimates(at, entry).and_then(|estimates| estimates.get(metric));
            estimate.map_or_else(dash, |estimate| {
                format!(
                    "{} [{}, {}]",
                    format::short(estimate.mean),
                    format::short(estimate.low),
                    format::short(estimate.high)
                )
            })
        };
        let rows = entries.iter().map(|entry| ((*entry).to_owned(), [cell(0, entry), cell(1, entry)]));
        let rows = rows.chain([("cost of found".to_owned(), [cost(0), cost(1)])]);
        lines.extend(side_by_side(
            theme,
            &format!("report: {metric}"),
            rows.collect(),
            names(studies),
            columns,
        ));
        lines.push(Line::default());
    }
    lines
}

/// Where the found configs differ, or those that are best so far.
fn configs(theme: Theme, studies: [&Study; 2], columns: usize) -> Vec<Line<'static>> {
    let [left, right] = studies;
    if left.header.dimensions != right.header.dimensions {
        return vec![Line::styled(
            " They search different spaces: their configs do not compare",
            theme.faint(),
        )];
    }
    let best = studies.map(|study| {
        let found = study.finished.as_ref().map(|finished| &finished.report.best.config);
        found.or_else(|| Some(&study.rows.get(study.best?)?.trial.config))
    });
    let [Some(here), there] = best else { return Vec::new() };
    let there = there.map(|there| right.header.counting(there));
    let sections = difference::places(&left.header.dimensions, &left.header.counting(here), there.as_ref());
    let other = if there.is_some() { right.name() } else { "" };
    sections.iter().flat_map(|(title, places)| section(theme, title, places, other, columns)).collect()
}

fn names(studies: [&Study; 2]) -> [&str; 2] {
    studies.map(Study::name)
}

fn dash() -> String {
    "–".to_owned()
}
