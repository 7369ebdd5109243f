//! The table of trials.

use attune::replay;
use attune_core::format;
use attune_core::scores::Scores;
use attune_core::trial::{Trial, TrialState};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::widgets::Paragraph;

use crate::study::config_text;
use crate::study::{Panel, Row, Study};
use crate::theme::Theme;
use crate::widgets::{Column, Table, panel};

pub(super) fn view(theme: Theme, study: &Study, frame: &mut Frame<'_>, area: Rect) {
    let order = &study.order;
    let way = if order.reversed { ", reversed" } else { "" };
    let following = if study.selected.is_none() { " · following the best" } else { "" };
    let partial = if study.progress.dropped > 0 { " · ~ left a race early" } else { "" };
    let title = format!("Trials by {}{way}{following}{partial}", order.by.name());
    let inner = panel(theme, frame, area, &title, study.panel == Panel::Trials);
    if study.rows.is_empty() {
        return frame.render_widget(Paragraph::new(" no trial has finished yet").style(theme.faint()), inner);
    }
    let metrics = metrics(study, usize::from(inner.width));
    let mut columns = vec![Column::right("trial", 6), Column::left("state", 9)];
    columns.extend(metrics.iter().map(|metric| Column::right(metric, 10)));
    columns.extend([
        Column::right("cost", 11),
        Column::right("items", 5),
        Column::left("from", 6),
        Column::left("config", 0),
    ]);
    let cursor = study.cursor().and_then(|position| order.rank(position));
    let table = Table { columns: &columns, len: study.rows.len(), cursor };
    table.draw(theme, frame, inner, |rank| {
        let position = order.positions()[rank];
        (cells(study, &study.rows[position], &metrics), style(theme, study, position))
    });
}

/// Names of the metrics that there is room for, the one that is searched for first.
fn metrics(study: &Study, columns: usize) -> Vec<String> {
    let first = study.metric();
    let scored = study.rows.iter().find_map(|row| row.trial.scores());
    let others = scored.iter().flat_map(|scores| scores.metrics.keys());
    let mut metrics = vec![first.to_owned()];
    metrics.extend(others.filter(|name| *name != first).cloned());
    metrics.truncate(if columns < 90 { 1 } else { 3 });
    metrics
}

fn cells(study: &Study, row: &Row, metrics: &[String]) -> Vec<String> {
    let trial = &row.trial;
    let (items, from) = match trial.state() {
        TrialState::Complete(outcome) => (items(&outcome.scores), from(outcome.reused)),
        TrialState::Dropped(dropped) => (Some(dropped.items.len()), from(dropped.reused)),
        TrialState::Repeated(repeat) => (Some(repeat.items.len()), from(repeat.reused)),
        _ => (None, "–"),
    };
    let mut cells = vec![trial.id.to_string(), trial.state().name().to_owned()];
    cells.extend(metrics.iter().map(|metric| score(trial, metric)));
    cells.extend([
        trial.costs.first().map_or_else(|| "–".to_owned(), format::cost),
        items.map_or_else(|| "–".to_owned(), |items| items.to_string()),
        from.to_owned(),
        config_text::short(&study.header.counting(&trial.config), &study.header.dimensions),
    ]);
    cells
}

fn items(scores: &Scores) -> Option<usize> {
    scores.metrics.values().next().map(|score| score.items.len())
}

fn from(reused: bool) -> &'static str {
    if reused { "store" } else { "run" }
}

/// What a trial scored. A dropped one was scored on fewer items than the others, a repeated one on others:
/// their scores are only hints.
fn score(trial: &Trial, metric: &str) -> String {
    let partial = match trial.state() {
        TrialState::Dropped(dropped) => dropped.scores.value(metric),
        TrialState::Repeated(repeat) => repeat.scores.value(metric),
        _ => None,
    };
    partial.map_or_else(
        || format::short(replay::value(trial, metric)),
        |value| format!("~{}", format::short(value)),
    )
}

fn style(theme: Theme, study: &Study, position: usize) -> Style {
    let complete = study.rows[position].trial.state().name() == "complete";
    if study.best == Some(position) {
        theme.accent()
    } else if !complete {
        theme.faint()
    } else if study.front.has(position) {
        theme.good()
    } else {
        theme.plain()
    }
}
