//! The selected trial as a heat map, next to the uniform one.

use attune_core::space::Dimension;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use crate::study::grid::{Grid, grid};
use crate::study::{Panel, Study};
use crate::theme::Theme;
use crate::widgets::{fit, panel, width};

pub(super) fn view(theme: Theme, study: &Study, frame: &mut Frame<'_>, area: Rect) {
    let focused = study.panel == Panel::Map;
    let dimension = study.header.dimensions.get(study.dimension);
    let chosen = study.cursor();
    let (Some(dimension), Some(position)) = (dimension, chosen) else {
        let inner = panel(theme, frame, area, "Map", focused);
        let text = " a trial that has finished is drawn here";
        return frame.render_widget(Paragraph::new(text).style(theme.faint()), inner);
    };
    let Some(found) = map(study, dimension, position) else { return };
    let several = study.header.dimensions.len();
    let which =
        if several > 1 { format!(" ({} of {several}, d: next)", study.dimension + 1) } else { String::new() };
    let title = format!("{}: {}{which}", dimension.name, found.title);
    let inner = panel(theme, frame, area, &title, focused);

    let id = study.rows[position].trial.id;
    let uniform = study.uniform().and_then(|(name, at)| Some((name, map(study, dimension, at)?)));
    let labels = found.rows.iter().map(|row| width(&row.0)).max().unwrap_or(1);
    let half = usize::from(inner.width).saturating_sub(labels + 4) / if uniform.is_some() { 2 } else { 1 };
    let cell = cell_width(&found, half);
    let shown = (half / cell).min(found.columns.len());
    let used = shown * cell;

    let rows = found.rows.len();
    let room = usize::from(inner.height).saturating_sub(3);
    let first = study.map_scroll.min(rows.saturating_sub(room));
    let mut lines = vec![
        heading(theme, labels, used, cell, &format!("trial {id}"), uniform.as_ref().map(|(name, _)| *name)),
        numbering(theme, &found, labels, cell, shown, uniform.is_some()),
    ];
    for (at, (label, cells)) in found.rows.iter().enumerate().skip(first).take(room) {
        let mut spans = vec![Span::styled(format!(" {label:>labels$} "), theme.faint())];
        let mut draw = |cells: &[crate::study::grid::Cell]| {
            spans.extend(cells.iter().take(shown).map(|part| {
                let text = fit(&part.text, cell);
                let pad = " ".repeat(cell - width(&text));
                Span::styled(format!("{pad}{text}"), theme.heat(part.strength))
            }));
        };
        draw(cells);
        if let Some((_, other)) = &uniform {
            draw(&[crate::study::grid::Cell { text: String::new(), strength: 0.0 }]);
            if let Some((_, cells)) = other.rows.get(at) {
                draw(cells);
            }
        }
        lines.push(Line::from(spans));
    }
    lines.push(foot(theme, &found, uniform.as_ref(), (first, room), shown));
    frame.render_widget(Paragraph::new(lines), inner);
}

fn map(study: &Study, dimension: &Dimension, position: usize) -> Option<Grid> {
    let cells = study.header.counting(&study.rows.get(position)?.trial.config);
    Some(grid(dimension, cells.get(study.dimension)?))
}

/// As narrow as the texts allow, as wide as there is room for.
fn cell_width(grid: &Grid, room: usize) -> usize {
    let texts =
        grid.rows.iter().flat_map(|row| row.1.iter()).map(|cell| width(&cell.text)).max().unwrap_or(1);
    let names = grid.columns.iter().map(|name| width(name)).max().unwrap_or(1).min(6);
    let generous = texts.max(names) + 1;
    if generous * grid.columns.len() <= room { generous } else { texts.max(1) }
}

fn heading(
    theme: Theme,
    labels: usize,
    used: usize,
    cell: usize,
    left: &str,
    right: Option<&str>,
) -> Line<'static> {
    let left = fit(left, used.max(1));
    let pad = used.saturating_sub(width(&left)) + cell;
    let right = right.map_or(String::new(), |name| format!("{}{name}", " ".repeat(pad)));
    Line::styled(format!("{}{left}{right}", " ".repeat(labels + 2)), theme.title())
}

fn numbering(
    theme: Theme,
    grid: &Grid,
    labels: usize,
    cell: usize,
    shown: usize,
    twice: bool,
) -> Line<'static> {
    let fits = grid.columns.iter().take(shown).all(|name| width(name) < cell);
    let names: String = grid
        .columns
        .iter()
        .take(shown)
        .enumerate()
        .map(|(at, name)| {
            // Where there is no room for every number, every tenth has a mark.
            let name = match (fits, at % 10) {
                (true, _) => name.as_str(),
                (false, 0) => "┬",
                (false, _) => "",
            };
            format!("{name:>cell$}")
        })
        .collect();
    let gap = " ".repeat(cell);
    let text = if twice { format!("{names}{gap}{names}") } else { names };
    Line::styled(format!("{}{text}", " ".repeat(labels + 2)), theme.faint())
}

fn foot(
    theme: Theme,
    grid: &Grid,
    uniform: Option<&(&str, Grid)>,
    (first, room): (usize, usize),
    shown: usize,
) -> Line<'static> {
    let mut text = match uniform {
        Some((name, other)) => {
            let (different, all) = grid.differences(other);
            format!(" {different} of {all} cells differ from `{name}`")
        }
        None => " the study has no uniform trial to compare with".to_owned(),
    };
    if grid.rows.len() > room {
        let last = (first + room).min(grid.rows.len());
        text.push_str(&format!(
            " · rows {first}–{} of {}, PageDown",
            last.saturating_sub(1),
            grid.rows.len()
        ));
    }
    if shown < grid.columns.len() {
        text.push_str(&format!(" · {shown} of {} columns", grid.columns.len()));
    }
    Line::styled(text, theme.faint())
}
