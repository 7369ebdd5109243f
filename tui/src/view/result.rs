//! The result, drawn: one page that scrolls.

use attune_core::bounds::{Gap, Gaps};
use attune_core::describe;
use attune_core::event::Finished;
use attune_core::format;
use attune_core::report::{Contender, Estimates, UNEDITED};
use attune_core::technique::Cost;
use ratatui::Frame;
use ratatui::style::Style;
use ratatui::text::Line;
use ratatui::widgets::Paragraph;

use crate::command_line;
use crate::model::Model;
use crate::study::{Study, members};
use crate::theme::Theme;
use crate::widgets::{Blocks, Cells, Page, wrap};

pub(crate) fn view(model: &Model, study: &Study, frame: &mut Frame<'_>) {
    let page = Page {
        title: study.name().to_owned(),
        state: "result".into(),
        command: command_line::line(&model.setup, &["show", study.name()]),
    };
    let mut keys = vec![("e", "export"), ("↑↓", "scroll")];
    if !members::members(study).is_empty() {
        keys.push(("Tab", "choose from the front"));
    }
    keys.extend([("i", "config"), ("t", "trials"), ("Esc", "back"), ("?", "help"), ("q", "quit")]);
    let body = page.draw(model, frame, &keys);
    let lines = lines(model.theme(), study, usize::from(body.width));
    let scroll = study.result_scroll.min(lines.len().saturating_sub(usize::from(body.height)));
    frame.render_widget(Paragraph::new(lines).scroll((scroll as u16, 0)), body);
}

/// The whole page.
pub(crate) fn lines(theme: Theme, study: &Study, columns: usize) -> Vec<Line<'static>> {
    let Some(finished) = study.finished.as_deref() else {
        return vec![Line::from(" there is no result yet; Esc goes back")];
    };
    let report = &finished.report;
    let best = &report.best;
    let mut lines = Vec::new();
    let text = |text: &str| -> Vec<Line<'static>> {
        wrap(text, columns.saturating_sub(2)).into_iter().map(|line| Line::from(format!(" {line}"))).collect()
    };
    if let Some(verdict) = describe::verdict(&finished.technique, report) {
        let style = if verdict.contains("WORSE") { theme.bad() } else { theme.good() };
        lines.extend(text(&verdict).into_iter().map(|line| line.style(style)));
    }
    for gap in describe::gaps(&best.gaps) {
        lines.extend(text(&format!("Found {gap}")));
    }
    let items = best.report.metrics.values().next().map_or(0, |score| score.items.len());
    lines.extend(text(&format!(
        "{} on {}, scored on {items} items of the report split, which the search never saw.",
        finished.technique, finished.model
    )));
    lines.push(Line::default());
    lines.extend(table(theme, finished, columns));
    let delta = "Δ = found − this row, with its paired 95 % interval; below zero means that found is lower.";
    lines.extend(text(delta).into_iter().map(|line| line.style(theme.faint())));
    lines.extend(on_front(theme, study, columns));
    if !best.out_of_domain.is_empty() {
        lines.push(Line::default());
        lines.push(Line::styled(" On other domains (what tuning for this one costs)", theme.title()));
        lines.extend(out_of_domain(theme, finished, columns));
    }
    lines.push(Line::default());
    lines.push(Line::styled(" Found config", theme.title()));
    let plan = match &report.words {
        Some(words) => words.found.clone(),
        None => study.edits.describe(&best.plan),
    };
    let plan = plan.iter().flat_map(|line| wrap(line, columns.saturating_sub(3)));
    lines.extend(plan.map(|line| Line::from(format!("  {line}"))));
    lines.push(Line::default());
    let progress = &finished.progress;
    let dropped = match progress.dropped {
        0 => String::new(),
        dropped => format!("{dropped} of them dropped by a race, "),
    };
    lines.extend(text(&format!(
        "{} trials ({} evaluated, {} reused, {dropped}{} failed) in {} on {}, seed {}.",
        progress.trials,
        progress.evaluated,
        progress.reused,
        progress.failed,
        format::duration(finished.seconds),
        finished.device,
        finished.seed
    )));
    lines
}

/// Costs of a row: all resources, each against the subject without edits.
fn costs(of: &[&[Cost]], unedited: &str) -> Vec<Cells> {
    let resources = of.iter().copied().max_by_key(|costs| costs.len()).unwrap_or_default();
    let several = resources.len() > 1;
    let columns = resources.iter().enumerate().flat_map(|(at, first)| {
        let cell = |write: fn(&Cost) -> String| {
            of.iter().map(|costs| costs.get(at).map_or_else(dash, write)).collect()
        };
        let (head, against) = match several {
            true => (first.resource.clone(), format!("{} vs {unedited}", first.resource)),
            false => ("cost".to_owned(), format!("vs {unedited}")),
        };
        [Cells { head, cells: cell(format::cost) }, Cells { head: against, cells: cell(format::saving) }]
    });
    columns.collect()
}

fn table(theme: Theme, finished: &Finished, columns: usize) -> Vec<Line<'static>> {
    let report = &finished.report;
    let best = &report.best;
    let reference = describe::reference(report).map(|contender| contender.name.as_str());
    let style = |contender: &Contender| {
        if reference == Some(&contender.name) { theme.title() } else { Style::new() }
    };
    let mut names: Vec<(String, Style)> = report
        .baselines
        .iter()
        .map(|contender| (report.row_name(contender).to_owned(), style(contender)))
        .collect();
    names.push((format!("found (trial {})", best.trial), theme.accent()));
    let rows: Vec<(&[Cost], &Estimates, Option<&Estimates>)> = report
        .baselines
        .iter()
        .map(|contender| (contender.costs.as_slice(), &contender.estimates, Some(&contender.delta)))
        .chain([(best.costs.as_slice(), &best.estimates, None)])
        .collect();
    let mut cells = costs(&rows.iter().map(|row| row.0).collect::<Vec<_>>(), report.unedited());
    for metric in best.estimates.keys() {
        let values = rows.iter().map(|row| mean(Some(row.1), metric)).collect();
        cells.push(Cells { head: metric.clone(), cells: values });
    }
    for metric in best.estimates.keys() {
        let deltas = rows.iter().map(|row| delta(row.2, metric)).collect();
        cells.push(Cells { head: format!("Δ {metric}"), cells: deltas });
    }
    let gaps: Vec<&Gaps> =
        report.baselines.iter().map(|contender| &contender.gaps).chain([&best.gaps]).collect();
    for (metric, _) in best.gaps.iter().filter(|(_, gap)| gap.is_worth_a_column()) {
        let cells_of = gaps.iter().map(|gaps| to_bound(gaps, metric)).collect();
        cells.push(Cells { head: format!("{metric} to bound"), cells: cells_of });
    }
    Blocks { head: String::new(), names, columns: cells }.lines(theme.title(), columns)
}

/// The front, one line per config, the chosen one marked.
fn on_front(theme: Theme, study: &Study, columns: usize) -> Vec<Line<'static>> {
    let members = members::members(study);
    if members.is_empty() {
        return Vec::new();
    }
    let objectives: Vec<&str> = study.objectives.iter().map(|objective| objective.metric.as_str()).collect();
    let size = members::size(study, members.len());
    let among =
        if size > members.len() { format!(", {} of {size} shown", members.len()) } else { String::new() };
    let title =
        format!(" Front of {}{among}: Tab chooses, e exports what is chosen", objectives.join(" and "));
    let mut lines = vec![Line::default()];
    lines.extend(
        wrap(&title, columns.saturating_sub(2))
            .into_iter()
            .map(|line| Line::styled(format!(" {line}"), theme.title())),
    );
    let names = members.iter().enumerate().map(|(at, member)| {
        let chosen = study.front_choice == Some(at);
        let style = if chosen { theme.chosen() } else { Style::new() };
        (format!("{} trial {}", if chosen { "›" } else { " " }, member.trial), style)
    });
    let unedited = study.finished.as_ref().map_or(UNEDITED, |finished| finished.report.unedited());
    let mut cells =
        costs(&members.iter().map(|member| member.costs.as_slice()).collect::<Vec<_>>(), unedited);
    let named =
        |name: &str| members.iter().any(|member| member.costs.iter().any(|cost| cost.resource == name));
    for objective in objectives.iter().filter(|name| !named(name)) {
        let value = |member: &members::Member| {
            member.search.get(*objective).map_or_else(dash, |value| format::short(*value))
        };
        cells.push(Cells {
            head: format!("{objective} (search)"),
            cells: members.iter().map(value).collect(),
        });
    }
    let reported = members.iter().find_map(|member| member.report.as_ref());
    for metric in reported.iter().flat_map(|(estimates, _)| estimates.keys()) {
        let of = |member: &members::Member| mean(member.report.as_ref().map(|report| &report.0), metric);
        cells.push(Cells { head: metric.clone(), cells: members.iter().map(of).collect() });
        let of = |member: &members::Member| delta(member.report.as_ref().map(|report| &report.1), metric);
        cells.push(Cells {
            head: format!("Δ {metric} to {unedited}"),
            cells: members.iter().map(of).collect(),
        });
    }
    let blocks = Blocks { head: String::new(), names: names.collect(), columns: cells };
    lines.extend(blocks.lines(theme.faint(), columns));
    lines
}

fn out_of_domain(theme: Theme, finished: &Finished, columns: usize) -> Vec<Line<'static>> {
    let best = &finished.report.best;
    let mut names = Vec::new();
    let mut rows = Vec::new();
    for (domain, found) in &best.out_of_domain {
        for contender in &finished.report.baselines {
            let Some(delta) = contender.out_of_domain_delta.get(domain) else { continue };
            names.push((format!("{domain}: {}", finished.report.row_name(contender)), Style::new()));
            rows.push((found, delta, best.out_of_domain_gaps.get(domain)));
        }
    }
    let cells = best.estimates.keys().flat_map(|metric| {
        let found = rows.iter().map(|row| mean(Some(row.0), metric)).collect();
        let deltas = rows.iter().map(|row| delta(Some(row.1), metric)).collect();
        let bounded = rows
            .iter()
            .any(|row| row.2.is_some_and(|gaps| gaps.get(metric).is_some_and(Gap::is_worth_a_column)));
        let to_bound = bounded.then(|| Cells {
            head: format!("found {metric} to bound"),
            cells: rows.iter().map(|row| row.2.map_or_else(dash, |gaps| to_bound(gaps, metric))).collect(),
        });
        let own = [
            Cells { head: format!("found {metric}"), cells: found },
            Cells { head: format!("Δ {metric}"), cells: deltas },
        ];
        own.into_iter().chain(to_bound)
    });
    Blocks { head: "domain: against".to_owned(), names, columns: cells.collect() }
        .lines(theme.faint(), columns)
}

fn mean(estimates: Option<&Estimates>, metric: &str) -> String {
    let estimate = estimates.and_then(|estimates| estimates.get(metric));
    estimate.map_or_else(dash, |estimate| format::short(estimate.mean))
}

fn delta(estimates: Option<&Estimates>, metric: &str) -> String {
    estimates.and_then(|estimates| estimates.get(metric)).map_or_else(dash, format::signed)
}

/// How much worse than its known bounds a metric is.
fn to_bound(gaps: &Gaps, metric: &str) -> String {
    gaps.get(metric).map_or_else(dash, |gap| match &gap.share {
        Some(share) => format::percent(share.mean),
        None => format::short(gap.distance.mean),
    })
}

fn dash() -> String {
    "–".to_owned()
}
