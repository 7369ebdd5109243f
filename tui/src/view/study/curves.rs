//! Best so far against work, and quality against cost with its front.

use attune_core::format;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::widgets::Paragraph;

use crate::study::{Panel, Row, Study};
use crate::theme::Theme;
use crate::widgets::{Axis, Layer, Plot, Scale, panel};

pub(super) fn view(theme: Theme, study: &Study, frame: &mut Frame<'_>, area: Rect) {
    let [left, right] = Layout::horizontal([Constraint::Fill(1), Constraint::Fill(1)]).spacing(1).areas(area);
    best_so_far(theme, study, frame, left);
    front(theme, study, frame, right);
}

/// Against the work that was computed; against the number of trials where no run noted its work.
fn best_so_far(theme: Theme, study: &Study, frame: &mut Frame<'_>, area: Rect) {
    let focused = study.panel == Panel::Curves;
    let uniform = study.uniform().map(|(name, position)| (name, study.rows[position].quality));
    let found = Scale::over(study.curve.iter().map(|step| step.quality), false);
    // A level that is far from everything that was found would flatten the curve: then it is only named.
    let near = |value: f64| found.is_none_or(|found| found.reaches(value));
    let (level, beyond) = match uniform {
        Some((name, value)) if near(value) => (Some((name, value)), String::new()),
        Some((name, value)) => (None, format!(", {name} {}", format::short(value))),
        None => (None, String::new()),
    };
    let work = study.progress.work.computed as f64;
    let by_work = work > 0.0;
    let against = if by_work { "work" } else { "trials" };
    let inner =
        panel(theme, frame, area, &format!("Best {} against {against}{beyond}", study.metric()), focused);
    let layers = f64::from(study.layers.max(1));
    let steps: Vec<(f64, f64)> = study
        .curve
        .iter()
        .map(|step| (if by_work { step.work / layers } else { step.trials as f64 }, step.quality))
        .collect();
    let end = if by_work { work / layers } else { study.progress.trials as f64 };
    let x = Scale::over([0.0, end].into_iter(), false);
    let y = Scale::over(steps.iter().map(|step| step.1).chain(level.map(|(_, value)| value)), true);
    let (Some(x), Some(y)) = (x, y) else { return nothing(theme, frame, inner) };
    let x = match (by_work, study.layers) {
        (false, _) => Axis::whole("trials", x),
        (true, _) if !study.is_of_a_model() => Axis::amount("work", "units", x),
        (true, 0) => Axis::amount("work", "layer-tokens", x),
        (true, _) => Axis::amount("work", "tokens", x),
    };
    let mut layers: Vec<Layer> =
        level.into_iter().map(|(name, value)| Layer::Level(value, name.to_owned())).collect();
    layers.push(Layer::Stairs(steps, theme.accent()));
    Plot { x, y: Axis::new(study.metric(), y), layers }.draw(theme, inner, frame.buffer_mut());
}

/// Quality against cost; against the number of the trial when all cost the same, as a budget may demand.
fn front(theme: Theme, study: &Study, frame: &mut Frame<'_>, area: Rect) {
    let costs = Scale::over(study.rows.iter().map(|row| row.cost), false);
    let level = costs.filter(|costs| costs.is_point());
    let (resource, unit) = study
        .rows
        .iter()
        .find_map(|row| row.trial.costs.first())
        .map_or(("cost", ""), |cost| (cost.resource.as_str(), cost.unit.as_str()));
    let title = match level {
        Some(cost) => {
            let cost = format::amount(cost.low(), unit);
            format!("{}, all at {cost}: @ this * best", study.metric())
        }
        None => format!("{}: o front @ this * best", study.metric()),
    };
    let inner = panel(theme, frame, area, &title, study.panel == Panel::Curves);
    let x = |row: &Row| if level.is_some() { row.trial.id as f64 } else { row.cost };
    let across = Scale::over(study.rows.iter().filter(|row| row.quality.is_finite()).map(x), false);
    let y = Scale::over(study.rows.iter().map(|row| row.quality), true);
    let (Some(across), Some(y)) = (across, y) else { return nothing(theme, frame, inner) };
    let points = |positions: &mut dyn Iterator<Item = usize>| -> Vec<(f64, f64)> {
        positions.filter_map(|position| study.rows.get(position)).map(|row| (x(row), row.quality)).collect()
    };
    let mut layers = vec![Layer::Dots(points(&mut (0..study.rows.len())))];
    if level.is_none() {
        layers.push(Layer::Signs(points(&mut study.front.positions()), 'o', theme.good()));
    }
    layers.push(Layer::Signs(points(&mut study.cursor().into_iter()), '@', theme.plain()));
    layers.push(Layer::Signs(points(&mut study.best.into_iter()), '*', theme.accent()));
    let across = match level {
        Some(_) => Axis::whole("trial", across),
        None => Axis::amount(resource, unit, across),
    };
    Plot { x: across, y: Axis::new(study.metric(), y), layers }.draw(theme, inner, frame.buffer_mut());
}

fn nothing(theme: Theme, frame: &mut Frame<'_>, area: Rect) {
    frame.render_widget(Paragraph::new(" no trial has finished yet").style(theme.faint()), area);
}
