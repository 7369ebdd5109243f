//! The list, drawn.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use crate::chooser::Chooser;
use crate::model::Model;
use crate::widgets::{centred, first_seen, fit, seen, width, window, wrap};

/// Lines under the list, for the whole sentence about what is chosen.
const ABOUT: u16 = 3;

pub(crate) fn view(model: &Model, chooser: &Chooser, frame: &mut Frame<'_>) {
    let theme = model.theme();
    let screen = frame.area();
    let shown = chooser.shown();
    let longest = shown.iter().map(|entry| width(&entry.text)).max().unwrap_or(0);
    let wide = if screen.width >= 120 { 110 } else { screen.width.saturating_sub(4) };
    let high = (shown.len() as u16 + ABOUT + 4).clamp(10, screen.height.saturating_sub(2));
    let title = match &chooser.browsing {
        Some(browsing) if browsing.folder.is_empty() => format!("{} · beside the profile", chooser.title),
        Some(browsing) => format!("{} · {}", chooser.title, browsing.folder),
        None => chooser.title.clone(),
    };
    let inner = window(model, frame, centred(screen, wide, high), &title);
    let columns = usize::from(inner.width);
    let (before, after) = chooser.line.parts();
    let label = match (&chooser.browsing, chooser.free) {
        (Some(_), _) => "path: ",
        (None, true) => "text: ",
        (None, false) => "find: ",
    };
    let caret = if chooser.chosen.is_none() || !chooser.free { "▏" } else { "" };
    let line =
        Line::from(vec![Span::styled(label, theme.key()), Span::raw(format!("{before}{caret}{after}"))]);
    frame.render_widget(Paragraph::new(line), Rect { height: 1, ..inner });

    let list = Rect { y: inner.y + 1, height: inner.height.saturating_sub(ABOUT + 2), ..inner };
    let seen_rows = usize::from(list.height);
    let first = first_seen(chooser.chosen.unwrap_or(0), shown.len(), seen_rows);
    let text_columns = longest.clamp(8, (columns / 2).max(8));
    let mut lines = Vec::new();
    for (row, (position, entry)) in shown.iter().enumerate().skip(first).take(seen_rows).enumerate() {
        let here = chooser.chosen == Some(position);
        let style = if here { theme.chosen() } else { theme.plain() };
        let text = fit(&entry.text, text_columns);
        let pad = " ".repeat(text_columns.saturating_sub(width(&text)));
        let note = fit(&entry.note, columns.saturating_sub(text_columns + 3));
        let about = if entry.bad { theme.bad() } else { theme.faint() };
        lines.push(Line::from(vec![
            Span::styled(format!("{}{text}{pad}", if here { "›" } else { " " }), style),
            Span::styled(format!("  {note}"), about),
        ]));
        let area = Rect { y: list.y + row as u16, height: 1, ..list };
        seen::row(area, position, chooser.chosen);
    }
    if lines.is_empty() {
        let text = match &chooser.browsing {
            Some(browsing) if browsing.listing.is_none() => "looking …",
            _ if chooser.free => "nothing like that here; Enter takes what is typed",
            _ => "nothing like that",
        };
        lines.push(Line::styled(format!(" {text}"), theme.faint()));
    }
    frame.render_widget(Paragraph::new(lines), list);

    let about = match (&chooser.browsing, chooser.chosen.and_then(|at| shown.get(at))) {
        (_, Some(entry)) => entry.note.clone(),
        (Some(browsing), None) => match &browsing.listing {
            Some(Err(reason)) => reason.clone(),
            _ => String::new(),
        },
        _ => String::new(),
    };
    let about = wrap(&about, columns).into_iter().take(usize::from(ABOUT)).map(Line::from);
    let under = Rect { y: list.bottom(), height: ABOUT, ..inner };
    frame.render_widget(Paragraph::new(about.collect::<Vec<_>>()), under);
    let keys = match chooser.browsing {
        Some(_) => "↑↓ choose  Enter take or open  Tab complete  Esc as it was",
        None => "↑↓ choose  Enter take  Esc as it was",
    };
    let at_keys = Rect { y: inner.bottom().saturating_sub(1), height: 1, ..inner };
    frame.render_widget(Paragraph::new(Line::styled(fit(keys, columns), theme.faint())), at_keys);
}
