//! The home screen, drawn.

use attune::backend::{RunLocation, StudyRow};
use attune_core::format;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use crate::command_line;
use crate::home::List;
use crate::model::Model;
use crate::widgets::seen::{self, Target};
use crate::widgets::{Column, Page, Table, panel};

pub(crate) fn view(model: &Model, frame: &mut Frame<'_>) {
    let home = &model.home;
    let running = home.studies.iter().flatten().flatten().filter(|row| is_live(row)).count();
    let page = Page {
        title: "studies and profiles".into(),
        state: if running > 0 { format!("{running} running") } else { String::new() },
        command: command(model),
    };
    let keys: &[(&str, &str)] = if home.filtering {
        &[("Enter", "keep the filter"), ("Esc", "clear it")]
    } else {
        &[
            ("n", "new study"),
            ("Enter", "open"),
            ("c", "continue"),
            ("v", "compare"),
            ("o", "sort"),
            ("/", "filter"),
            ("D", "delete"),
            ("R", "rename"),
            ("C", "clone"),
            ("Tab", "other list"),
            ("?", "help"),
            ("q", "quit"),
        ]
    };
    let mut body = page.draw(model, frame, keys);
    if home.filtering || !home.filter.text().is_empty() {
        let (before, after) = home.filter.parts();
        let caret = if home.filtering { "▏" } else { "" };
        let line = Line::from(vec![
            Span::styled(" filter: ", model.theme().key()),
            Span::raw(format!("{before}{caret}{after}")),
        ]);
        frame.render_widget(Paragraph::new(line), Rect { height: 1, ..body });
        body = Rect { y: body.y + 1, height: body.height - 1, ..body };
    }
    let profiles = (home.shown_profiles().len() as u16 + 2).clamp(3, body.height / 2);
    let [above, below] = Layout::vertical([Constraint::Fill(1), Constraint::Length(profiles)]).areas(body);
    studies(model, frame, above);
    self::profiles(model, frame, below);
}

fn is_live(row: &StudyRow) -> bool {
    matches!(row.place, RunLocation::Here | RunLocation::Elsewhere)
}

fn command(model: &Model) -> String {
    let home = &model.home;
    if let Some(profile) = home.chosen_profile() {
        return command_line::line(&model.setup, &["run", &profile.path]);
    }
    match home.chosen_study() {
        Some(study) if study.place == RunLocation::Done => {
            command_line::line(&model.setup, &["show", &study.name])
        }
        Some(study) if !is_live(study) => command_line::line(&model.setup, &["continue", &study.name]),
        _ => command_line::line(&model.setup, &["studies"]),
    }
}

fn studies(model: &Model, frame: &mut Frame<'_>, area: Rect) {
    let theme = model.theme();
    let home = &model.home;
    let reversed = if home.sort.1 { ", reversed" } else { "" };
    let shown = home.shown_studies();
    let all = home.studies.iter().flatten().flatten().count();
    let title = format!("Studies{}, {}{reversed}", counted(shown.len(), all, area), home.sort.0.name());
    let mut inner = panel(theme, frame, area, &title, home.list == List::Studies);
    let empty = match &home.studies {
        None => Some(" reading the store".to_owned()),
        Some(Err(reason)) => Some(format!(" {reason}")),
        Some(Ok(all)) if all.is_empty() => {
            Some(" No study yet: press n for a new one, or Enter on a profile below.".to_owned())
        }
        Some(Ok(_)) if shown.is_empty() => Some(" no study fits the filter".to_owned()),
        Some(Ok(_)) => None,
    };
    if let Some(text) = empty {
        let lines: Vec<Line<'_>> = crate::view::wrap(&text, usize::from(inner.width) - 2)
            .into_iter()
            .map(|line| Line::from(format!(" {line}")))
            .collect();
        return frame.render_widget(Paragraph::new(lines), inner);
    }
    // Why a study failed is said in full, as far as there is room.
    if let Some(reason) = home.chosen_study().and_then(|row| row.failure.as_ref()) {
        let mut reason = crate::view::wrap(reason, usize::from(inner.width).saturating_sub(4));
        reason.truncate(usize::from(inner.height / 3));
        let height = reason.len() as u16;
        inner.height -= height;
        let below = Rect { y: inner.bottom(), height, ..inner };
        let lines = reason.into_iter().map(|line| Line::styled(format!(" ! {line}"), theme.bad()));
        frame.render_widget(Paragraph::new(lines.collect::<Vec<_>>()), below);
    }
    let wide = inner.width >= 110;
    let columns = [
        Column::left("study", 0),
        Column::left("technique", if wide { 24 } else { 15 }).optional(),
        Column::left("model", if wide { 24 } else { 12 }).optional(),
        Column::left("state", 9),
        Column::right("trials", 6).optional(),
        Column::right("best", if wide { 20 } else { 15 }),
        Column::right("when", 7),
    ];
    let cursor = (home.list == List::Studies).then_some(home.study);
    let table = Table { columns: &columns, len: shown.len(), cursor };
    table.draw(theme, frame, inner, |position| {
        let row = shown[position];
        let best = row.best.as_ref().map(|(metric, value)| format!("{metric} {}", format::short(*value)));
        let cells = vec![
            if home.compared.as_ref() == Some(&row.name) {
                format!("≠ {}", row.name)
            } else {
                row.name.clone()
            },
            row.technique.clone(),
            row.model.clone(),
            state(row).to_owned(),
            row.trials.to_string(),
            best.unwrap_or_else(|| "–".to_owned()),
            when(row),
        ];
        let style = match row.place {
            RunLocation::Here | RunLocation::Elsewhere => theme.good(),
            RunLocation::Failed => theme.bad(),
            RunLocation::Nobody | RunLocation::Done => theme.plain(),
        };
        (cells, if home.compared.as_ref() == Some(&row.name) { theme.accent() } else { style })
    });
    table.places(inner, |position| Target::Line(seen::List::Studies, position));
}

/// How many lines a list has, where they are not all seen.
fn counted(shown: usize, all: usize, area: Rect) -> String {
    match shown {
        _ if shown < all => format!(" ({shown} of {all})"),
        _ if shown + 2 > usize::from(area.height) => format!(" ({all})"),
        _ => String::new(),
    }
}

fn state(row: &StudyRow) -> &'static str {
    match row.place {
        RunLocation::Here => "▶ here",
        RunLocation::Elsewhere => "▶ running",
        RunLocation::Nobody => "stopped",
        RunLocation::Done => "finished",
        RunLocation::Failed => "failed",
    }
}

/// How far it is, or when it was worked on.
fn when(row: &StudyRow) -> String {
    match (row.share.filter(|_| is_live(row)), row.age) {
        (Some(share), _) => format!("{:.0} %", (share * 100.0).floor()),
        (None, Some(age)) => ago(age.as_secs()),
        (None, None) => "–".to_owned(),
    }
}

fn ago(seconds: u64) -> String {
    match seconds {
        0..60 => "now".to_owned(),
        60..3600 => format!("{} min", seconds / 60),
        3600..86_400 => format!("{} h", seconds / 3600),
        86_400..172_800 => "1 day".to_owned(),
        _ => format!("{} days", seconds / 86_400),
    }
}

fn profiles(model: &Model, frame: &mut Frame<'_>, area: Rect) {
    let theme = model.theme();
    let home = &model.home;
    let shown = home.shown_profiles();
    let title = format!("Profiles{}", counted(shown.len(), home.profiles.len(), area));
    let inner = panel(theme, frame, area, &title, home.list == List::Profiles);
    if shown.is_empty() {
        let some = !home.profiles.is_empty();
        let text = if some { " no profile fits the filter" } else { " none found here; n makes one" };
        return frame.render_widget(Paragraph::new(text).style(theme.faint()), inner);
    }
    let columns =
        [Column::left("file", if inner.width >= 110 { 48 } else { 30 }), Column::left("what it does", 0)];
    let cursor = (home.list == List::Profiles).then_some(home.profile);
    let table = Table { columns: &columns, len: shown.len(), cursor };
    table.draw(theme, frame, inner, |position| {
        let row = shown[position];
        let style = if row.name.is_empty() { theme.bad() } else { theme.plain() };
        (vec![row.path.clone(), row.summary.clone()], style)
    });
    table.places(inner, |position| Target::Line(seen::List::Profiles, position));
}
