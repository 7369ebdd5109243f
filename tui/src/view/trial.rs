//! The screen of one trial, drawn.

use std::collections::BTreeMap;

use attune_core::format;
use attune_core::scores::Scores;
use attune_core::strategy::Origin;
use attune_core::trial::{Dropped, Repeat, Trial, TrialState};
use ratatui::Frame;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use crate::command_line;
use crate::model::Model;
use crate::study::Study;
use crate::study::difference::{self, RunLocation};
use crate::theme::Theme;
use crate::widgets::{Blocks, Cells, Page, wrap};

pub(crate) fn view(model: &Model, study: &Study, frame: &mut Frame<'_>) {
    let theme = model.theme();
    let id = study.rows.get(study.detail.position).map_or(0, |row| row.trial.id.to_owned());
    let command = ["export", study.name(), "--to", "plan", "--out", "DIR", "--trial", &id.to_string()];
    let page = Page {
        title: format!("{} · trial {id}", study.name()),
        state: "trial".into(),
        command: command_line::line(&model.setup, &command),
    };
    let keys: &[(&str, &str)] = match study.detail.asking {
        Some(_) => &[("Enter", "compare with this trial"), ("Esc", "as it was")],
        None => &[
            ("↑↓", "scroll"),
            ("←→", "trial"),
            ("c", "compare with the next"),
            ("g", "with any"),
            ("e", "export"),
            ("Esc", "back"),
            ("?", "help"),
            ("q", "quit"),
        ],
    };
    let body = page.draw(model, frame, keys);
    let mut lines = lines(theme, study, usize::from(body.width));
    let scroll = study.detail.scroll.min(lines.len().saturating_sub(usize::from(body.height)));
    lines.drain(..scroll);
    if let Some(line) = &study.detail.asking {
        let (before, after) = line.parts();
        let text = format!("{before}▏{after}");
        lines.insert(0, Line::from(vec![Span::styled(" compare with trial ", theme.key()), Span::raw(text)]));
    }
    frame.render_widget(Paragraph::new(lines), body);
}

/// The whole page.
pub(crate) fn lines(theme: Theme, study: &Study, columns: usize) -> Vec<Line<'static>> {
    let Some(row) = study.rows.get(study.detail.position) else { return Vec::new() };
    let trial = &row.trial;
    let other = study.detail.against.or(study.others(study.detail.position).first().copied());
    let other = other.and_then(|position| study.rows.get(position)).map(|row| &row.trial);
    let text = |text: &str, style: Style| -> Vec<Line<'static>> {
        let lines = wrap(text, columns.saturating_sub(2)).into_iter();
        lines.map(|line| Line::styled(format!(" {line}"), style)).collect()
    };
    let mut lines = text(&format!("{}, {}", state(trial), origin(&trial.origin)), theme.plain());
    for cost in &trial.costs {
        let against = match (format::saving(cost).as_str(), study.is_of_a_model()) {
            ("–", true) => "as the dense model".to_owned(),
            ("–", false) => "as without edits".to_owned(),
            (saving, true) => format!("{saving} than dense"),
            (saving, false) => format!("{saving} than without edits"),
        };
        let against = format!("{}: {}, {against}", cost.resource, format::cost(cost));
        lines.extend(text(&against, theme.plain()));
    }
    let name = other.map(|other| format!("trial {}{}", other.id, called(&other.origin)));
    if let Some(name) = &name {
        lines.extend(text(&format!("Compared with {name}; c takes the next, g any."), theme.accent()));
    }
    lines.push(Line::default());
    lines.extend(scores(theme, trial, other, columns));
    lines.extend(config(theme, study, trial, other, columns));
    lines.push(Line::styled(" What it does", theme.title()));
    lines.extend(study.edits.describe(&trial.plan).iter().flat_map(|line| text(line, theme.plain())));
    lines.push(Line::default());
    lines.extend(items(theme, trial, other, columns));
    lines
}

fn state(trial: &Trial) -> String {
    match trial.state() {
        TrialState::Complete(outcome) if outcome.reused => "Complete, with scores from the store".to_owned(),
        TrialState::Complete(_) => "Complete".to_owned(),
        TrialState::Dropped(dropped) => {
            format!("Dropped after {} items, on which trial {} beats it", dropped.items.len(), dropped.rival)
        }
        TrialState::Repeated(repeat) => format!("Scored again, on {} other items", repeat.items.len()),
        TrialState::Failed(reason) => format!("Failed: {reason}"),
        state => state.name().to_owned(),
    }
}

fn origin(origin: &Origin) -> String {
    match origin {
        Origin::Start(name) => format!("from the baseline `{name}`"),
        Origin::Random => "drawn at random".to_owned(),
        Origin::Varied { parents, operator } => {
            let parents: Vec<String> = parents.iter().map(u64::to_string).collect();
            let by = operator.as_ref().map(|operator| format!(" by `{operator}`")).unwrap_or_default();
            format!("made from trial {}{by}", parents.join(" and "))
        }
        Origin::Again { of } => format!("trial {of} again"),
    }
}

fn called(origin: &Origin) -> String {
    match origin {
        Origin::Start(name) => format!(" (`{name}`)"),
        _ => String::new(),
    }
}

/// Scores of a trial, also those of one that was left early.
fn scored(trial: &Trial) -> Option<&Scores> {
    match trial.state() {
        TrialState::Dropped(dropped) => Some(&dropped.scores),
        TrialState::Repeated(repeat) => Some(&repeat.scores),
        _ => trial.scores(),
    }
}

/// Scores of single items by the number of the item.
fn by_item(trial: &Trial, metric: &str) -> BTreeMap<u32, f64> {
    let score = scored(trial).and_then(|scores| scores.metrics.get(metric));
    let values = score.map(|score| score.items.as_slice()).unwrap_or_default().iter().copied();
    match trial.state() {
        TrialState::Dropped(Dropped { items, .. }) | TrialState::Repeated(Repeat { items, .. }) => {
            items.iter().copied().zip(values).collect()
        }
        _ => (0..).zip(values).collect(),
    }
}

fn metrics(trial: &Trial) -> Vec<String> {
    scored(trial).map(|scores| scores.metrics.keys().cloned().collect()).unwrap_or_default()
}

fn scores(theme: Theme, trial: &Trial, other: Option<&Trial>, columns: usize) -> Vec<Line<'static>> {
    let metrics = metrics(trial);
    if metrics.is_empty() {
        return Vec::new();
    }
    let value = |trial: Option<&Trial>, metric: &str| {
        let value = trial.and_then(scored).and_then(|scores| scores.value(metric));
        value.map_or_else(|| "–".to_owned(), format::short)
    };
    let column = |head: String, cell: &dyn Fn(&str) -> String| Cells {
        head,
        cells: metrics.iter().map(|metric| cell(metric)).collect(),
    };
    let mut cells = vec![column(format!("trial {}", trial.id), &|metric| value(Some(trial), metric))];
    if let Some(other) = other {
        cells.push(column(format!("trial {}", other.id), &|metric| value(Some(other), metric)));
        cells.push(column("lower on".to_owned(), &|metric| {
            let (here, there) = (by_item(trial, metric), by_item(other, metric));
            let pairs: Vec<bool> =
                here.iter().filter_map(|(item, value)| Some(value < there.get(item)?)).collect();
            format!("{} of {} items", pairs.iter().filter(|lower| **lower).count(), pairs.len())
        }));
    }
    let names = metrics.iter().map(|metric| (metric.clone(), theme.plain())).collect();
    let mut lines =
        Blocks { head: "selection split".to_owned(), names, columns: cells }.lines(theme.faint(), columns);
    lines.push(Line::default());
    lines
}

fn config(
    theme: Theme,
    study: &Study,
    trial: &Trial,
    other: Option<&Trial>,
    columns: usize,
) -> Vec<Line<'static>> {
    let header = &study.header;
    let there = other.map(|other| header.counting(&other.config));
    let sections = difference::places(&header.dimensions, &header.counting(&trial.config), there.as_ref());
    let name = other.map_or(String::new(), |other| format!("trial {}", other.id));
    sections.iter().flat_map(|(title, places)| section(theme, title, places, &name, columns)).collect()
}

/// One dimension: every place, and under those that differ what `other` has.
pub(crate) fn section(
    theme: Theme,
    title: &str,
    places: &[RunLocation],
    other: &str,
    columns: usize,
) -> Vec<Line<'static>> {
    let different = places.iter().filter(|place| place.there.is_some()).count();
    let differ = if other.is_empty() {
        String::new()
    } else {
        format!(": {different} of {} differ from {other}", places.len())
    };
    let mut lines = vec![Line::styled(format!(" {title}{differ}"), theme.title())];
    let labels = places.iter().map(|place| place.label.len()).max().unwrap_or(0);
    for place in places {
        let texts = std::iter::once((place.here.clone(), false))
            .chain(place.there.iter().map(|there| (format!("{there}  in {other}"), true)));
        for (text, theirs) in texts {
            for (at, part) in wrap(&text, columns.saturating_sub(labels + 6)).into_iter().enumerate() {
                let (mark, label) = match (theirs || at > 0, &place.there) {
                    (true, _) => (" ", ""),
                    (false, Some(_)) => ("≠", place.label.as_str()),
                    (false, None) => (" ", place.label.as_str()),
                };
                let style = match (theirs, &place.there) {
                    (true, _) => theme.faint(),
                    (false, Some(_)) => theme.accent(),
                    (false, None) => theme.plain(),
                };
                lines.push(Line::from(vec![
                    Span::raw(format!(" {mark} {label:<labels$}  ")),
                    Span::styled(part, style),
                ]));
            }
        }
    }
    lines.push(Line::default());
    lines
}

fn items(theme: Theme, trial: &Trial, other: Option<&Trial>, columns: usize) -> Vec<Line<'static>> {
    let metrics = metrics(trial);
    let Some(first) = metrics.first() else { return Vec::new() };
    let items: Vec<u32> = by_item(trial, first).into_keys().collect();
    let mut cells = Vec::new();
    for metric in &metrics {
        let here = by_item(trial, metric);
        let number = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), format::short);
        let column = |head: String, cell: &dyn Fn(&u32) -> String| Cells {
            head,
            cells: items.iter().map(cell).collect(),
        };
        cells.push(column(metric.clone(), &|item| number(here.get(item).copied())));
        let Some(other) = other else { continue };
        let there = by_item(other, metric);
        cells.push(column(format!("trial {}", other.id), &|item| number(there.get(item).copied())));
        cells.push(column("difference".to_owned(), &|item| {
            let pair = here.get(item).zip(there.get(item));
            pair.map_or_else(|| "–".to_owned(), |(here, there)| format::with_sign(here - there))
        }));
    }
    let names = items.iter().map(|item| (item.to_string(), theme.plain())).collect();
    let mut lines = vec![Line::styled(" Scores of single items", theme.title())];
    lines.extend(Blocks { head: "item".to_owned(), names, columns: cells }.lines(theme.faint(), columns));
    lines
}
