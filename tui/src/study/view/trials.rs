//! The table of trials.

use attune_core::numbers;
use attune_core::trial::TrialState;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::widgets::Paragraph;

use crate::study::config_text;
use crate::study::{Panel, Row, Study};
use crate::theme::Theme;
use crate::view::{Column, Table, panel};

pub(super) fn view(theme: Theme, study: &Study, frame: &mut Frame<'_>, area: Rect) {
    let order = &study.order;
    let way = if order.reversed { ", reversed" } else { "" };
    let following = if study.selected.is_none() { " · following the best" } else { "" };
    let title = format!("Trials by {}{way}{following}", order.by.name());
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
    let reused = matches!(trial.state(), TrialState::Complete(outcome) if outcome.reused);
    let items =
        trial.scores().and_then(|scores| scores.metrics.values().next()).map(|score| score.items.len());
    let mut cells = vec![trial.id.to_string(), trial.state().name().to_owned()];
    let value = |metric: &String| numbers::short(crate::replay::value(trial, metric));
    cells.extend(metrics.iter().map(value));
    cells.extend([
        trial.costs.first().map_or_else(|| "–".to_owned(), numbers::cost),
        items.map_or_else(|| "–".to_owned(), |items| items.to_string()),
        if reused { "store" } else { "run" }.to_owned(),
        config_text::short(&trial.config, &study.header.dimensions),
    ]);
    cells
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
