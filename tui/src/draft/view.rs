//! The form, drawn.

use attune_core::numbers;
use attune_core::space::Count;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::{Checked, Draft, Field, Kind, fields};
use crate::command_line;
use crate::model::Model;
use crate::view::{Page, first_seen, fit, panel, width, wrap};

const LABEL: usize = 18;

pub(crate) fn view(model: &Model, frame: &mut Frame<'_>) {
    let Some(draft) = &model.draft else { return };
    let faults = draft.fields.iter().filter(|field| field.fault.is_some()).count()
        + usize::from(draft.fault.is_some());
    let state = match (faults, &draft.checked) {
        (0, Checked::Yes(_)) => "ready to launch".to_owned(),
        (0, Checked::Asked) => "checking".to_owned(),
        (0, Checked::No) => "incomplete".to_owned(),
        (1, _) => "1 field to put right".to_owned(),
        (faults, _) => format!("{faults} fields to put right"),
    };
    let page = Page { title: format!("new study · {}", draft.file), state, command: command(model, draft) };
    let keys: &[(&str, &str)] = if draft.editing.is_some() {
        &[("Enter", "keep"), ("Tab", "complete"), ("Esc", "leave as it was")]
    } else {
        &[
            ("↑↓", "field"),
            ("←→", "pick"),
            ("Enter", "type"),
            ("r", "reset"),
            ("t", "time"),
            ("s", "save"),
            ("l", "launch"),
            ("Esc", "back"),
            ("?", "help"),
        ]
    };
    let body = page.draw(model, frame, keys);
    if body.width >= 120 {
        let [left, right] =
            Layout::horizontal([Constraint::Fill(3), Constraint::Fill(2)]).spacing(2).areas(body);
        form(model, draft, frame, left);
        let [upper, lower] = Layout::vertical([Constraint::Length(10), Constraint::Fill(1)]).areas(right);
        about_field(model, draft, frame, upper);
        about_study(model, draft, frame, lower);
    } else {
        let [upper, middle, lower] =
            Layout::vertical([Constraint::Fill(1), Constraint::Length(3), Constraint::Length(5)]).areas(body);
        form(model, draft, frame, upper);
        about_field(model, draft, frame, middle);
        about_study(model, draft, frame, lower);
    }
}

fn command(model: &Model, draft: &Draft) -> String {
    let device = draft.text(fields::DEVICE);
    let mut words = vec!["run", draft.file.as_str()];
    if device != "auto" {
        words.extend(["--device", device]);
    }
    command_line::line(&model.setup, &words)
}

fn form(model: &Model, draft: &Draft, frame: &mut Frame<'_>, area: Rect) {
    let theme = model.theme();
    let inner = panel(theme, frame, area, "What is searched, on what, for how long", true);
    let seen = usize::from(inner.height);
    let first = first_seen(draft.cursor, draft.fields.len(), seen);
    let columns = usize::from(inner.width);
    let lines = draft.fields.iter().enumerate().skip(first).take(seen).map(|(position, field)| {
        let here = position == draft.cursor;
        let mark = if here { "›" } else { " " };
        let label = format!("{mark}{:<LABEL$} ", fit(&field.label, LABEL));
        let style = if here { theme.chosen() } else { theme.plain() };
        let room = columns.saturating_sub(LABEL + 3);
        let fault_room = field.fault.as_ref().map_or(0, |fault| (width(fault) + 3).min(room * 3 / 5));
        let editing = draft.editing.as_ref().filter(|_| here);
        let value = match editing {
            // The end of a long text is where one types.
            Some(line) => format!("{}▏{}", line.parts().0, line.parts().1),
            None if field.text.is_empty() => "–".to_owned(),
            None => field.text.clone(),
        };
        let value = if editing.is_some() { tail(&value, room) } else { fit(&value, room - fault_room) };
        let mut spans = vec![Span::styled(label, style), Span::raw(value.clone())];
        match &field.fault {
            Some(_) if editing.is_some() => {}
            Some(fault) => {
                let left = room.saturating_sub(width(&value) + 1);
                spans.push(Span::styled(fit(&format!(" ! {fault}"), left), theme.bad()));
            }
            None if here && editing.is_none() => {
                let left = room.saturating_sub(width(&value) + 1);
                spans.push(Span::styled(fit(hint(field), left), theme.faint()));
            }
            None if field.text == field.default => spans.push(Span::styled("  default", theme.faint())),
            None => {}
        }
        Line::from(spans)
    });
    frame.render_widget(Paragraph::new(lines.collect::<Vec<_>>()), inner);
}

/// How the field under the cursor is changed.
fn hint(field: &Field) -> &'static str {
    match &field.kind {
        _ if field.is_choice() => "  ← → chooses",
        Kind::Named(_) => "  ← → chooses, Enter to type",
        _ => "  Enter to type",
    }
}

/// The end of a text.
fn tail(text: &str, columns: usize) -> String {
    let mut rest = text;
    while width(rest) > columns {
        let Some(first) = rest.chars().next() else { break };
        rest = &rest[first.len_utf8()..];
    }
    rest.to_owned()
}

fn about_field(model: &Model, draft: &Draft, frame: &mut Frame<'_>, area: Rect) {
    let theme = model.theme();
    let Some(field) = draft.fields.get(draft.cursor) else { return };
    let inner = panel(theme, frame, area, &field.label, false);
    let columns = usize::from(inner.width).saturating_sub(2);
    let takes = match (&field.kind, field.default.is_empty()) {
        (Kind::Text(_) | Kind::Undescribed, _) => String::new(),
        (_, true) => format!(" Takes {}.", field.takes()),
        (_, false) => format!(" Takes {}; default {}.", field.takes(), field.default),
    };
    let mut lines: Vec<Line<'_>> = Vec::new();
    if let Some(fault) = &field.fault {
        lines.extend(
            wrap(fault, columns).into_iter().map(|line| Line::styled(format!(" {line}"), theme.bad())),
        );
    }
    let text = format!("{}{takes}", sentence(&field.help));
    lines.extend(wrap(&text, columns).into_iter().map(|line| Line::from(format!(" {line}"))));
    frame.render_widget(Paragraph::new(lines), inner);
}

fn sentence(text: &str) -> String {
    if text.is_empty() || text.ends_with('.') { text.to_owned() } else { format!("{text}.") }
}

fn about_study(model: &Model, draft: &Draft, frame: &mut Frame<'_>, area: Rect) {
    let theme = model.theme();
    let inner = panel(theme, frame, area, "Model, space and time", false);
    let columns = usize::from(inner.width).saturating_sub(2);
    let mut lines: Vec<Line<'_>> = Vec::new();
    let mut say = |text: &str, style| {
        lines.extend(wrap(text, columns).into_iter().map(|line| Line::styled(format!(" {line}"), style)));
    };
    if let Some(fault) = &draft.fault {
        say(fault, theme.bad());
    }
    match &draft.model {
        Some(Ok(found)) => say(&facts(&found.facts), theme.plain()),
        Some(Err(_)) => say("the model cannot be read", theme.bad()),
        None => say("no model yet", theme.faint()),
    }
    match &draft.checked {
        Checked::Yes(space) => say(&self::space(*space), theme.plain()),
        Checked::Asked => say("space: …", theme.faint()),
        Checked::No => say("space: once every field is right", theme.faint()),
    }
    match (&draft.timing, draft.timing_since) {
        (_, Some(since)) => {
            let seconds = model.now.saturating_sub(since).as_secs();
            say(&format!("time: evaluating one trial, {seconds} s so far"), theme.accent());
        }
        (Some(Ok(timing)), None) => say(&time(draft, timing), theme.good()),
        (Some(Err(reason)), None) => say(&format!("time: {reason}"), theme.bad()),
        (None, None) => say("time: t measures one trial", theme.faint()),
    }
    if draft.incomplete {
        say(
            "The file says things that this form does not show: it can be launched as it is, not saved.",
            theme.bad(),
        );
    }
    if area.width < 120 || !draft.summary.is_empty() {
        say(&draft.summary, theme.faint());
    }
    frame.render_widget(Paragraph::new(lines), inner);
}

fn facts(facts: &attune_core::facts::ModelFacts) -> String {
    let experts = if facts.experts > 0 {
        format!(", {} experts of which {} are used", facts.experts, facts.experts_per_token)
    } else {
        String::new()
    };
    format!(
        "{} ({}): {} layers, {} heads, {} KV heads{experts}, {} parameters",
        facts.name,
        facts.family,
        facts.layers,
        facts.heads,
        facts.kv_heads,
        numbers::count(facts.parameters as f64)
    )
}

fn space(space: Option<Count>) -> String {
    match space {
        Some(count) => format!("space: {}", numbers::configs(count)),
        None => "space: counting …".to_owned(),
    }
}

fn time(draft: &Draft, timing: &crate::desk::Timing) -> String {
    let trials: f64 = draft.text("trials").trim().parse().unwrap_or(0.0);
    // A trial often takes a second or two: whole seconds would say too little.
    let each = timing.seconds_per_trial;
    let each = if each < 10.0 { format!("{each:.1} s") } else { numbers::duration(each) };
    format!(
        "time: {each} a trial on {}, about {} in all at most",
        timing.device,
        numbers::duration(timing.seconds_to_load + trials * timing.seconds_per_trial)
    )
}
