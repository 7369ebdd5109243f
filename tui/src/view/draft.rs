//! The form, drawn.

use attune_core::format;
use attune_core::options::OptionKind;
use attune_core::profile::schema::Section;
use attune_core::space::Count;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use crate::command_line;
use crate::draft::{Checked, Draft, Field, Kind, Row, fields};
use crate::model::Model;
use crate::widgets::seen::{self, Target};
use crate::widgets::{Page, first_seen, fit, panel, width, wrap};

const LABEL: usize = 18;

pub(crate) fn view(model: &Model, frame: &mut Frame<'_>) {
    let Some(draft) = &model.draft else { return };
    let faults = draft.fields.iter().filter(|field| field.fault.is_some()).count()
        + usize::from(draft.fault.is_some());
    let state = match (faults, &draft.checked) {
        (0, Checked::Yes(_)) => "ready to launch".to_owned(),
        (0, Checked::Asked) => "checking".to_owned(),
        (0, Checked::No) if draft.looking() => "checking".to_owned(),
        (0, Checked::No) => "incomplete".to_owned(),
        (1, _) => "1 field to put right".to_owned(),
        (faults, _) => format!("{faults} fields to put right"),
    };
    let page = Page { title: format!("new study · {}", draft.file), state, command: command(model, draft) };
    let keys: &[(&str, &str)] = if draft.editing.is_some() {
        &[("Enter", "keep"), ("Esc", "leave as it was")]
    } else {
        &[
            ("↑↓", "field"),
            ("Enter", "change"),
            ("a", "all"),
            ("r", "reset"),
            ("t", "time"),
            ("s", "save"),
            ("e", "editor"),
            ("y", "copy"),
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
        let lower = if body.height < 17 { 3 } else { 5 };
        // What is wrong is said whole, as far as the fields keep some room.
        let columns = usize::from(body.width).saturating_sub(2);
        let fault = draft.field().and_then(|field| field.fault.as_ref());
        let fault = fault.map_or(0, |fault| wrap(fault, columns).len() as u16 + 1);
        let middle = fault.clamp(3, (body.height / 3).max(3));
        let [upper, middle, lower] =
            Layout::vertical([Constraint::Fill(1), Constraint::Length(middle), Constraint::Length(lower)])
                .areas(body);
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
    let rows = draft.rows();
    let at = rows.iter().position(|row| row.spot().as_ref() == Some(&draft.cursor)).unwrap_or(0);
    let seen = usize::from(area.height);
    let first = first_seen(at, rows.len(), seen);
    let spots = |to: usize| rows[..to].iter().filter(|row| row.spot().is_some()).count() as i64;
    let mut lines = Vec::new();
    for (row, (position, line)) in (area.y..).zip(rows.iter().enumerate().skip(first).take(seen)) {
        if line.spot().is_some() {
            let target = Target::Lines(spots(position) - spots(at));
            seen::place(Rect { y: row, height: 1, ..area }, target);
        }
        lines.push(match line {
            Row::Group(group, folds) => title(model, draft, *group, *folds, position == at, area.width),
            Row::Field(field) => self::field(model, draft, field, position == at, area.width),
        });
    }
    frame.render_widget(Paragraph::new(lines), area);
}

/// The title of a group, and what is folded away in it.
fn title(
    model: &Model,
    draft: &Draft,
    group: Section,
    folds: Option<usize>,
    here: bool,
    columns: u16,
) -> Line<'static> {
    let theme = model.theme();
    let mark = match folds {
        None => " ",
        Some(_) if draft.open.contains(&group) => "▾",
        Some(_) => "▸",
    };
    let cursor = if here { "›" } else { " " };
    let folded = match folds {
        Some(1..) => {
            let rows = draft.rows();
            let shown =
                |path: &str| rows.iter().any(|row| matches!(row, Row::Field(field) if field.path == path));
            let names = draft.fields.iter().filter(|field| field.section == group && !shown(&field.path));
            let names: Vec<&str> = names.map(|field| field.label.as_str()).collect();
            format!("  {} more: {}", names.len(), names.join(", "))
        }
        _ => String::new(),
    };
    let style = if here { theme.chosen() } else { theme.title() };
    let head = format!("{cursor}{mark} {}", group.title());
    let room = usize::from(columns).saturating_sub(width(&head) + 1);
    Line::from(vec![Span::styled(head, style), Span::styled(fit(&folded, room), theme.faint())])
}

fn field(model: &Model, draft: &Draft, field: &Field, here: bool, columns: u16) -> Line<'static> {
    let theme = model.theme();
    let mark = if here { "›" } else { " " };
    let label = format!("{mark}{:<LABEL$} ", fit(&field.label, LABEL));
    let style = if here { theme.chosen() } else { theme.plain() };
    let room = usize::from(columns).saturating_sub(LABEL + 3);
    let fault_room = field.fault.as_ref().map_or(0, |fault| (width(fault) + 3).min(room * 3 / 5));
    let editing = draft.editing.as_ref().filter(|_| here);
    let value = match editing {
        Some(line) => format!("{}▏{}", line.parts().0, line.parts().1),
        None if field.text.is_empty() => "–".to_owned(),
        None => field.text.clone(),
    };
    // The end of a long text is where one types, and where files differ.
    let value = match editing {
        Some(_) => tail(&value, room),
        None if field.is_path && width(&value) > room - fault_room => {
            format!("…{}", tail(&value, (room - fault_room).saturating_sub(1)))
        }
        None => fit(&value, room - fault_room),
    };
    let left = room.saturating_sub(width(&value) + 1);
    let mut spans = vec![Span::styled(label, style), Span::raw(value)];
    match &field.fault {
        Some(_) if editing.is_some() => {}
        Some(fault) => spans.push(Span::styled(fit(&format!(" ! {fault}"), left), theme.bad())),
        None if here && editing.is_none() => spans.push(Span::styled(fit(hint(field), left), theme.faint())),
        None if !field.said && !field.text.is_empty() => {
            spans.push(Span::styled(fit(found(field), left), theme.faint()));
        }
        None => {}
    }
    Line::from(spans)
}

/// Where a value comes from that nobody set.
fn found(field: &Field) -> &'static str {
    if field.follows { "  found" } else { "  default" }
}

/// How the field under the cursor is changed.
fn hint(field: &Field) -> &'static str {
    match &field.kind {
        Kind::Named(_) | Kind::Value(OptionKind::OneOf(_) | OptionKind::Bool) => "  ← → next, Enter lists",
        _ if field.is_path => "  Enter lists",
        Kind::Objectives => "  Enter lists",
        Kind::Text(_) if matches!(field.path.as_str(), fields::START | fields::DEVICE) => "  Enter lists",
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
    let Some(field) = draft.field() else {
        let inner = panel(theme, frame, area, "Fields that few need", false);
        let text = " Enter shows those of this group and hides them again; a does that for all groups.";
        let lines = wrap(text, usize::from(inner.width).saturating_sub(2));
        let lines = lines.into_iter().map(|line| Line::from(format!(" {line}")));
        return frame.render_widget(Paragraph::new(lines.collect::<Vec<_>>()), inner);
    };
    let inner = panel(theme, frame, area, &field.label, false);
    let columns = usize::from(inner.width).saturating_sub(2);
    let takes = match (&field.kind, field.default.is_empty()) {
        (Kind::Text(_) | Kind::Files | Kind::Objectives | Kind::Undescribed, _) => String::new(),
        _ if field.is_path || matches!(field.kind, Kind::Value(OptionKind::Counts { .. })) => String::new(),
        // What each of them does is more than their names, which the list shows.
        (Kind::Named(_), _) => format!(" {}", sentence(&draft.summary)),
        (Kind::Value(OptionKind::OneOf(_)), _) if field.path == fields::STRATEGY => {
            let rows = model.catalogue.iter().flat_map(|catalogue| &catalogue.strategies);
            let summary = rows.clone().find(|row| row.name == field.text).map_or("", |row| &row.summary);
            format!(" {}", sentence(summary))
        }
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
    // An evaluator may need no model.
    let without = draft.worker.is_some() && draft.text("model").trim().is_empty();
    let title = if without { "Space and time" } else { "Model, space and time" };
    let inner = panel(theme, frame, area, title, false);
    let columns = usize::from(inner.width).saturating_sub(2);
    let mut lines: Vec<Line<'_>> = Vec::new();
    let mut say = |text: &str, style| {
        lines.extend(wrap(text, columns).into_iter().map(|line| Line::styled(format!(" {line}"), style)));
    };
    if let Some(fault) = &draft.fault {
        say(fault, theme.bad());
    }
    // The field may be out of sight; the one under the cursor says it itself.
    let under_cursor = draft.field().map(|field| field.path.as_str());
    let first = draft.first_fault().filter(|field| under_cursor != Some(field.path.as_str()));
    if let Some((field, fault)) = first.and_then(|field| Some((field, field.fault.as_ref()?))) {
        say(&format!("! {}: {fault}", field.label), theme.bad());
    }
    match (&draft.worker, &draft.evaluator) {
        (Some(_), None) => say("asking the evaluator what it is …", theme.faint()),
        (Some(_), Some(Ok(spec))) => say(&sentence(&spec.summary), theme.plain()),
        _ => {}
    }
    match &draft.model {
        Some(Ok(found)) => match &found.facts {
            Some(found) => say(&facts(found), theme.plain()),
            None if without => {}
            None => say("the evaluator looks at the model when it is opened", theme.faint()),
        },
        Some(Err(_)) | None if without => {}
        Some(Err(_)) => say("the model cannot be read", theme.bad()),
        None if !draft.looking() => say("no model yet", theme.faint()),
        None => say("looking at the model …", theme.faint()),
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

fn facts(facts: &attune_core::facts::Facts) -> String {
    let facts = attune_vocabulary::ModelFacts::of(facts);
    let experts = if facts.experts > 0 {
        format!(", {} experts of which {} are used", facts.experts, facts.experts_per_token)
    } else {
        String::new()
    };
    // What makes images has none.
    let heads = match facts.heads {
        0 => String::new(),
        heads => format!(", {heads} heads, {} KV heads", facts.kv_heads),
    };
    format!(
        "{} ({}): {} layers{heads}{experts}, {} parameters",
        facts.name,
        facts.family,
        facts.layers,
        format::count(facts.parameters as f64)
    )
}

fn space(space: Option<Count>) -> String {
    match space {
        Some(count) => format!("space: {}", format::configs(count)),
        None => "space: counting …".to_owned(),
    }
}

fn time(draft: &Draft, timing: &attune::backend::Timing) -> String {
    let trials: f64 = draft.text("trials").trim().parse().unwrap_or(0.0);
    // A trial often takes a second or two: whole seconds would say too little.
    let each = timing.seconds_per_trial;
    let each = if each < 10.0 { format!("{each:.1} s") } else { format::duration(each) };
    format!(
        "time: {each} a trial on {}, about {} in all at most",
        timing.device,
        format::duration(timing.seconds_to_load + trials * timing.seconds_per_trial)
    )
}
