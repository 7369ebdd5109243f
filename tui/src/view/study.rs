//! The live screen, drawn.

mod curves;
mod header;
mod map;
mod now;
mod trials;

use attune::backend::RunLocation;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use crate::command_line;
use crate::model::Model;
use crate::study::{Panel, Phase, Study};
use crate::theme::Theme;
use crate::widgets::Page;

/// From here on all panels are seen at once.
const WIDE: (u16, u16) = (120, 36);

pub(crate) fn view(model: &Model, study: &Study, frame: &mut Frame<'_>) {
    let theme = model.theme();
    let page =
        Page { title: study.name().to_owned(), state: header::state(study), command: command(model, study) };
    let body = page.draw(model, frame, &keys(study));
    let header = header::lines(theme, study, usize::from(body.width));
    let [above, below] =
        Layout::vertical([Constraint::Length(header.len() as u16), Constraint::Fill(1)]).areas(body);
    frame.render_widget(Paragraph::new(header), above);
    if body.width >= WIDE.0 && frame.area().height >= WIDE.1 {
        let thirds = [Constraint::Fill(3), Constraint::Fill(4), Constraint::Fill(2)];
        let rows = Layout::vertical(thirds).split(below);
        let half = [Constraint::Fill(1), Constraint::Fill(1)];
        panel(theme, study, Panel::Curves, frame, rows[0]);
        let middle = Layout::horizontal(half).spacing(1).split(rows[1]);
        panel(theme, study, Panel::Trials, frame, middle[0]);
        panel(theme, study, Panel::Map, frame, middle[1]);
        let lower = Layout::horizontal(half).spacing(1).split(rows[2]);
        panel(theme, study, Panel::Now, frame, lower[0]);
        panel(theme, study, Panel::Log, frame, lower[1]);
    } else {
        let [tabs, below] = Layout::vertical([Constraint::Length(1), Constraint::Fill(1)]).areas(below);
        frame.render_widget(Paragraph::new(tab_line(theme, study)), tabs);
        panel(theme, study, study.panel, frame, below);
    }
}

fn panel(theme: Theme, study: &Study, panel: Panel, frame: &mut Frame<'_>, area: Rect) {
    match panel {
        Panel::Curves => curves::view(theme, study, frame, area),
        Panel::Trials => trials::view(theme, study, frame, area),
        Panel::Map => map::view(theme, study, frame, area),
        Panel::Now => now::view(theme, study, frame, area),
        Panel::Log => now::log(theme, study, frame, area),
    }
}

fn tab_line(theme: Theme, study: &Study) -> Line<'static> {
    let mut spans = vec![Span::raw(" ")];
    for (position, panel) in Panel::ALL.into_iter().enumerate() {
        let style = if panel == study.panel { theme.chosen() } else { theme.plain() };
        spans.push(Span::styled(format!("{} ", position + 1), theme.key()));
        let (left, right) = if panel == study.panel { ("[", "]") } else { (" ", " ") };
        spans.push(Span::styled(format!("{left}{}{right}", panel.name()), style));
        spans.push(Span::raw(" "));
    }
    Line::from(spans)
}

fn command(model: &Model, study: &Study) -> String {
    match (&study.profile, study.place) {
        (_, RunLocation::Done) => command_line::line(&model.setup, &["show", study.name()]),
        (Some(profile), _) => {
            let device = study.asked_device.as_deref().filter(|device| *device != "auto");
            let device = device.map(|device| ["--device", device]);
            let words =
                ["run", profile, "--study", study.name()].into_iter().chain(device.into_iter().flatten());
            command_line::line(&model.setup, &words.collect::<Vec<&str>>())
        }
        (None, _) => command_line::line(&model.setup, &["show", study.name()]),
    }
}

fn keys(study: &Study) -> Vec<(&'static str, &'static str)> {
    let mut keys = vec![("1-5", "panel"), ("↑↓", "trial"), ("b", "best"), ("o", "sort"), ("d", "map")];
    if study.runs_here() {
        keys.push(("p", if study.paused { "resume" } else { "pause" }));
        keys.extend([("s", "stop after stage"), ("x", "stop now")]);
    }
    if matches!(study.phase, Phase::Resting | Phase::Interrupted | Phase::Failed(_)) {
        keys.push(("c", "continue"));
    }
    if study.finished.is_some() {
        keys.push(("Enter", "result"));
    }
    keys.extend([("i", "trial"), ("e", "export"), ("Esc", "back"), ("?", "help"), ("q", "quit")]);
    keys
}
