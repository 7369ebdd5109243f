//! SVG plots of a row: quality against cost, best so far against work, and what the winner looks like.

use std::path::Path;

use plotters::prelude::*;
use serde_json::Value;

use super::ResultsError;
use super::done::Done;
use super::row::Row;

const SIZE: (u32, u32) = (720, 400);
/// Okabe & Ito's colours, which most colour-blind readers tell apart.
const COLOURS: [RGBColor; 7] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(230, 159, 0),
    RGBColor(86, 180, 233),
    RGBColor(80, 80, 80),
];

type Line<'a> = (&'a str, Vec<(f64, f64)>);

/// Draws what `studies` have to show; titles and file names of what was drawn.
pub(super) fn all(
    folder: &Path,
    row: &Row,
    studies: &[Done<'_>],
) -> Result<Vec<(String, String)>, ResultsError> {
    let mut drawn = Vec::new();
    let mut draw = |title: &str, kind: &str, plot: &dyn Fn(&Path) -> Result<bool, String>| {
        let file = format!("{}-{kind}.svg", row.name);
        let path = folder.join(&file);
        let made = plot(&path).map_err(|reason| ResultsError::Plot { path: path.clone(), reason })?;
        if made {
            drawn.push((title.to_owned(), file));
        }
        Ok(())
    };
    let metric = studies[0].metric();
    let title = format!("{metric} on the report split against cost");
    draw(&title, "cost", &|path| costs(path, studies))?;
    let title = format!("best {metric} on the selection split against {}", row.work);
    draw(&title, "work", &|path| works(path, studies, &row.work))?;
    draw("the configuration found", "map", &|path| map(path, &studies[studies.len() - 1]))?;
    Ok(drawn)
}

/// Every study and every baseline as a point.
fn costs(path: &Path, studies: &[Done<'_>]) -> Result<bool, String> {
    let mut points: Vec<(String, bool, f64, f64)> = Vec::new();
    for study in studies {
        let baselines = study.result["baselines"].as_object().into_iter().flatten();
        let baselines = baselines.map(|(name, who)| (name.as_str(), false, who));
        for (name, ours, who) in baselines.chain([(study.label, true, study.best())]) {
            if let (Some((cost, _)), Some(quality)) = (study.cost(who), study.quality(who)) {
                points.push((name.to_owned(), ours, cost, quality));
            }
        }
    }
    let unit = studies[0].cost(studies[0].best()).map_or_else(String::new, |(_, unit)| unit);
    let Some(area) = Area::around(points.iter().map(|(.., x, y)| (*x, *y))) else { return Ok(false) };
    let root = SVGBackend::new(path, SIZE).into_drawing_area();
    let mut chart = area.chart(&root, &unit, studies[0].metric())?;
    let marks = points.iter().map(|(_, ours, x, y)| {
        let colour = if *ours { COLOURS[1] } else { COLOURS[6] };
        Circle::new((*x, *y), if *ours { 5 } else { 3 }, colour.filled())
    });
    chart.draw_series(marks).map_err(text)?;
    let mut named: Vec<&str> = Vec::new();
    for (name, _, x, y) in &points {
        if !named.contains(&name.as_str()) {
            named.push(name);
            let label = Text::new(name.clone(), (*x, *y), ("sans-serif", 11));
            chart.draw_series([label]).map_err(text)?;
        }
    }
    root.present().map_err(text)?;
    Ok(true)
}

/// Best so far of every study; one colour for each profile.
fn works(path: &Path, studies: &[Done<'_>], work: &str) -> Result<bool, String> {
    let lines: Vec<Line<'_>> = studies.iter().map(|study| (study.label, steps(study))).collect();
    let Some(area) = Area::around(lines.iter().flat_map(|(_, line)| line.iter().copied())) else {
        return Ok(false);
    };
    let root = SVGBackend::new(path, SIZE).into_drawing_area();
    let mut chart = area.chart(&root, work, studies[0].metric())?;
    let mut labels: Vec<&str> = Vec::new();
    for (label, line) in lines {
        let known = labels.iter().position(|known| *known == label);
        let colour = COLOURS[known.unwrap_or(labels.len()) % COLOURS.len()];
        let series = chart.draw_series(LineSeries::new(line, colour.stroke_width(2))).map_err(text)?;
        if known.is_none() {
            labels.push(label);
            series
                .label(label)
                .legend(move |(x, y)| PathElement::new(vec![(x, y), (x + 16, y)], colour.stroke_width(2)));
        }
    }
    let mut legend = chart.configure_series_labels();
    legend.background_style(WHITE.mix(0.8)).border_style(BLACK.mix(0.3)).draw().map_err(text)?;
    root.present().map_err(text)?;
    Ok(true)
}

/// A stair: the best stays the best until it is beaten, and to the end of the search.
fn steps(study: &Done<'_>) -> Vec<(f64, f64)> {
    let mut line: Vec<(f64, f64)> = Vec::new();
    for point in study.result["trace"].as_array().into_iter().flatten() {
        let (Some(work), Some(score)) = (point[0].as_f64(), point[1][study.metric()].as_f64()) else {
            continue;
        };
        if let Some(&(_, before)) = line.last() {
            line.push((work, before));
        }
        line.push((work, score));
    }
    if let (Some(&(_, last)), Some(end)) = (line.last(), study.result["work"]["computed"].as_f64()) {
        line.push((end, last));
    }
    line
}

/// The first dimension of the winner as rows of cells: numbers by size, subsets by membership.
fn map(path: &Path, study: &Done<'_>) -> Result<bool, String> {
    let dimension = study.best()["config"].as_object().and_then(|dimensions| dimensions.values().next());
    let Some(rows) = dimension.and_then(cells) else { return Ok(false) };
    let width = rows.iter().map(Vec::len).max().unwrap_or(0);
    let numbers = rows.iter().flatten().copied();
    let (low, high) = numbers.fold((f64::MAX, f64::MIN), |(low, high), x| (low.min(x), high.max(x)));
    let (cell, margin) = (18, 60);
    let size = (margin + (cell * width) as u32, margin + (cell * rows.len()) as u32);
    let root = SVGBackend::new(path, (size.0.max(200), size.1)).into_drawing_area();
    root.fill(&WHITE).map_err(text)?;
    for (row, values) in rows.iter().enumerate() {
        let top = 30 + (row * cell) as i32;
        let name = Text::new(format!("{row}"), (24, top + 4), ("sans-serif", 11));
        root.draw(&name).map_err(text)?;
        for (column, value) in values.iter().enumerate() {
            let left = margin as i32 + (column * cell) as i32;
            let share = if high > low { (value - low) / (high - low) } else { 1.0 };
            let place = [(left, top), (left + cell as i32 - 2, top + cell as i32 - 2)];
            let fill = COLOURS[0].mix(0.08 + 0.92 * share).filled();
            root.draw(&Rectangle::new(place, fill)).map_err(text)?;
        }
    }
    let title = format!("{}: layers down, darkest {high}, lightest {low}", study.label);
    root.draw(&Text::new(title, (8, 8), ("sans-serif", 12))).map_err(text)?;
    root.present().map_err(text)?;
    Ok(true)
}

/// Rows of numbers; `None` for what is neither numbers nor subsets by row.
fn cells(value: &Value) -> Option<Vec<Vec<f64>>> {
    let rows = value.as_array()?;
    let numbers = |row: &Value| -> Option<Vec<f64>> { row.as_array()?.iter().map(Value::as_f64).collect() };
    let rows: Vec<Vec<f64>> = rows.iter().map(numbers).collect::<Option<_>>()?;
    let ascending = |row: &[f64]| row.windows(2).all(|pair| pair[0] < pair[1]);
    if !rows.iter().all(|row| ascending(row)) {
        return Some(rows);
    }
    let most = rows.iter().flatten().copied().fold(0.0, f64::max) as usize;
    let member =
        |row: &Vec<f64>| (0..=most).map(|e| f64::from(u8::from(row.contains(&(e as f64))))).collect();
    Some(rows.iter().map(member).collect())
}

/// The part of the plane that a chart shows.
struct Area {
    x: (f64, f64),
    y: (f64, f64),
}

impl Area {
    /// A little more than where the points are; `None` without points.
    fn around(points: impl Iterator<Item = (f64, f64)>) -> Option<Self> {
        let points: Vec<(f64, f64)> = points.filter(|(x, y)| x.is_finite() && y.is_finite()).collect();
        let span = |of: fn(&(f64, f64)) -> f64| {
            let low = points.iter().map(of).reduce(f64::min)?;
            let high = points.iter().map(of).reduce(f64::max)?;
            let margin = if high > low { 0.06 * (high - low) } else { 0.5 * high.abs().max(1.0) };
            Some((low - margin, high + margin))
        };
        Some(Self { x: span(|point| point.0)?, y: span(|point| point.1)? })
    }

    fn chart<'a>(&self, root: &Root<'a>, x: &str, y: &str) -> Result<Chart<'a>, String> {
        root.fill(&WHITE).map_err(text)?;
        let mut builder = ChartBuilder::on(root);
        builder.margin(12).x_label_area_size(36).y_label_area_size(56);
        let ranges = (self.x.0..self.x.1, self.y.0..self.y.1);
        let mut chart = builder.build_cartesian_2d(ranges.0, ranges.1).map_err(text)?;
        let number = |value: &f64| {
            if value.abs() >= 1e5 { format!("{value:.1e}") } else { format!("{value:.3}") }
        };
        let mut mesh = chart.configure_mesh();
        mesh.x_desc(x).y_desc(y).x_label_formatter(&number).y_label_formatter(&number);
        mesh.light_line_style(WHITE).draw().map_err(text)?;
        Ok(chart)
    }
}

type Root<'a> = DrawingArea<SVGBackend<'a>, plotters::coord::Shift>;
type Chart<'a> = ChartContext<
    'a,
    SVGBackend<'a>,
    Cartesian2d<plotters::coord::types::RangedCoordf64, plotters::coord::types::RangedCoordf64>,
>;

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}
