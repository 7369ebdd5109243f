//! Best so far against work, and quality against cost with its front.

use attune_core::numbers;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::widgets::Paragraph;

use crate::study::{Panel, Row, Study};
use crate::theme::Theme;
use crate::view::{Mark, Plot, Scale, panel};

pub(super) fn view(theme: Theme, study: &Study, frame: &mut Frame<'_>, area: Rect) {
    let [left, right] = Layout::horizontal([Constraint::Fill(1), Constraint::Fill(1)]).spacing(1).areas(area);
    best_so_far(theme, study, frame, left);
    front(theme, study, frame, right);
}

fn best_so_far(theme: Theme, study: &Study, frame: &mut Frame<'_>, area: Rect) {
    let focused = study.panel == Panel::Curves;
    let uniform = study.uniform().map(|(name, position)| (name, study.rows[position].quality));
    let found = Scale::over(study.curve.iter().map(|step| step.1), false);
    // A level that is far from everything that was found would flatten the curve: then it is only named.
    let near = |value: f64| found.is_none_or(|found| found.reaches(value));
    let (level, beyond) = match uniform {
        Some((name, value)) if near(value) => (Some((name, value)), String::new()),
        Some((name, value)) => (None, format!(", {name} {}", numbers::short(value))),
        None => (None, String::new()),
    };
    let title = format!("Best {} against work{beyond}", study.metric());
    let inner = panel(theme, frame, area, &title, focused);
    let work = study.progress.work.computed as f64;
    let values = study.curve.iter().map(|step| step.1).chain(level.map(|(_, value)| value));
    let x = Scale::over([0.0, work].into_iter(), false).filter(|_| work > 0.0);
    let (Some(x), Some(y)) = (x, Scale::over(values, true)) else {
        return nothing(theme, frame, inner);
    };
    let layers = f64::from(study.layers.max(1));
    let unit = if study.layers > 0 { "tokens" } else { "layer-tokens" };
    let x_ends = (numbers::count(x.low() / layers), format!("{} {unit}", numbers::count(x.high() / layers)));
    let y_ends = (numbers::short(y.low()), numbers::short(y.high()));
    let buffer = frame.buffer_mut();
    let Some(plot) = Plot::new((x, x_ends), (y, y_ends), inner, theme.faint(), buffer) else { return };
    if let Some((name, value)) = level {
        plot.level(value, &format!(" {name}"), theme.faint(), buffer);
    }
    plot.stairs(&study.curve, theme.accent(), buffer);
}

/// Quality against cost; against the number of the trial when all cost the same, as a budget may demand.
fn front(theme: Theme, study: &Study, frame: &mut Frame<'_>, area: Rect) {
    let costs = Scale::over(study.rows.iter().map(|row| row.cost), false);
    let level = costs.filter(|costs| costs.low() == costs.high());
    let unit =
        study.rows.iter().find_map(|row| row.trial.costs.first()).map_or("", |cost| cost.unit.as_str());
    let title = match level {
        Some(cost) => {
            let cost = numbers::amount(cost.low(), unit);
            format!("{} of every trial, all at {cost}: @ chosen * best", study.metric())
        }
        None => format!("{} / cost: o front @ chosen * best", study.metric()),
    };
    let inner = panel(theme, frame, area, &title, study.panel == Panel::Curves);
    let x = |row: &Row| if level.is_some() { row.trial.id as f64 } else { row.cost };
    let across = Scale::over(study.rows.iter().filter(|row| row.quality.is_finite()).map(x), false);
    let y = Scale::over(study.rows.iter().map(|row| row.quality), true);
    let (Some(across), Some(y)) = (across, y) else { return nothing(theme, frame, inner) };
    let x_ends = match level {
        Some(_) => (format!("trial {}", across.low()), format!("trial {}", across.high())),
        None => (numbers::amount(across.low(), unit), numbers::amount(across.high(), unit)),
    };
    let y_ends = (numbers::short(y.low()), numbers::short(y.high()));
    let buffer = frame.buffer_mut();
    let Some(plot) = Plot::new((across, x_ends), (y, y_ends), inner, theme.faint(), buffer) else { return };
    let mut put = |position: usize, sign, style| {
        if let Some(row) = study.rows.get(position) {
            plot.point(x(row), row.quality, Mark { sign, style }, buffer);
        }
    };
    (0..study.rows.len()).for_each(|position| put(position, '·', theme.faint()));
    if level.is_none() {
        study.front.positions().for_each(|position| put(position, 'o', theme.good()));
    }
    study.cursor().into_iter().for_each(|position| put(position, '@', theme.plain()));
    study.best.into_iter().for_each(|position| put(position, '*', theme.accent()));
}

fn nothing(theme: Theme, frame: &mut Frame<'_>, area: Rect) {
    frame.render_widget(Paragraph::new(" no trial has finished yet").style(theme.faint()), area);
}
