//! Heat maps: any dimension of any technique as a grid that reads without colour.

use attune_core::space::{Dimension, Domain, Value};

use super::config_text;

/// One cell: a short text and the same as a strength from 0 to 1.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Cell {
    pub(crate) text: String,
    pub(crate) strength: f64,
}

/// A dimension, outermost axis down, everything else across.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Grid {
    /// For example `layer × head`.
    pub(crate) title: String,
    pub(crate) columns: Vec<String>,
    /// Label and cells.
    pub(crate) rows: Vec<(String, Vec<Cell>)>,
}

const SHADES: [&str; 5] = ["  ", "░░", "▒▒", "▓▓", "██"];

/// The grid of one dimension of a config.
pub(crate) fn grid(dimension: &Dimension, cells: &[Option<&Value>]) -> Grid {
    let (first, inner) =
        dimension.axes.split_first().map_or(("", &[][..]), |(axis, rest)| (&*axis.name, rest));
    let places: usize = inner.iter().map(|axis| axis.len as usize).product();
    let row_name = if first.is_empty() { dimension.name.as_str() } else { first };
    let rows = cells.chunks(places.max(1)).enumerate();
    if places <= 1 {
        let (across, columns) = spread_columns(&dimension.domain);
        let rows = rows.map(|(place, values)| {
            (
                place.to_string(),
                values.first().map_or_else(Vec::new, |value| spread(*value, &dimension.domain)),
            )
        });
        let title = if across.is_empty() { row_name.to_owned() } else { format!("{row_name} × {across}") };
        return Grid { title, columns, rows: rows.collect() };
    }
    let names: Vec<&str> = inner.iter().map(|axis| axis.name.as_str()).collect();
    let rows = rows.map(|(place, values)| {
        (place.to_string(), values.iter().map(|value| single(*value, &dimension.domain)).collect())
    });
    Grid {
        title: format!("{row_name} × {}", names.join(" × ")),
        columns: (0..places).map(|place| place.to_string()).collect(),
        rows: rows.collect(),
    }
}

/// What goes across when a row is one cell, and the names of its columns.
fn spread_columns(domain: &Domain) -> (&'static str, Vec<String>) {
    let numbers = |of: u32| (0..of).map(|place| place.to_string()).collect();
    match domain {
        Domain::Choice { options } => ("choice", options.clone()),
        Domain::Level { levels } => ("choice", levels.iter().map(|level| format!("{level}")).collect()),
        Domain::Subset { of, .. } => ("element", numbers(*of)),
        Domain::Permutation { of } => ("position", numbers(*of)),
        Domain::Affine { of, .. } => ("coefficient", numbers(*of)),
        Domain::Matrix { rows, columns, .. } => ("entry", numbers(rows.saturating_mul(*columns))),
        _ => ("", vec!["value".to_owned()]),
    }
}

/// One cell of the dimension as a whole row.
fn spread(value: Option<&Value>, domain: &Domain) -> Vec<Cell> {
    let Some(value) = value else { return vec![none(); spread_columns(domain).1.len()] };
    let mark = |on: bool| Cell { text: if on { "■" } else { "·" }.to_owned(), strength: f64::from(on) };
    match (value, domain) {
        (Value::Index(index), _) => {
            (0..domain.options().unwrap_or(0)).map(|other| mark(other == *index)).collect()
        }
        (Value::Indices(chosen), Domain::Subset { of, .. }) => {
            (0..*of).map(|element| mark(chosen.contains(&element))).collect()
        }
        (Value::Indices(order), _) => {
            let last = order.len().saturating_sub(1).max(1) as f64;
            let cell =
                |&element: &u32| Cell { text: element.to_string(), strength: f64::from(element) / last };
            order.iter().map(cell).collect()
        }
        (Value::Reals(numbers), _) => {
            let (low, high) = range(domain, numbers);
            numbers.iter().map(|number| shade(*number, low, high)).collect()
        }
        _ => vec![single(Some(value), domain)],
    }
}

/// What does not count.
fn none() -> Cell {
    Cell { text: config_text::NO_VALUE.to_owned(), strength: 0.0 }
}

/// One cell of the dimension as one cell of the grid.
fn single(value: Option<&Value>, domain: &Domain) -> Cell {
    let Some(value) = value else { return none() };
    let strength = match (value, domain) {
        (Value::Index(index), _) => {
            f64::from(*index) / f64::from(domain.options().unwrap_or(2).saturating_sub(1).max(1))
        }
        (Value::Int(number), Domain::Int { min, max }) => {
            (*number as f64 - *min as f64) / (*max as f64 - *min as f64).max(1.0)
        }
        (Value::Real(number), Domain::Real { min, max, .. }) => return shade(*number, *min, *max),
        (Value::Indices(chosen), Domain::Subset { of, .. }) => {
            // Too much for one cell: how many.
            let strength = chosen.len() as f64 / f64::from((*of).max(1));
            return Cell { text: chosen.len().to_string(), strength };
        }
        _ => 0.0,
    };
    let text = config_text::cell(Some(value), Some(domain)).chars().take(4).collect();
    Cell { text, strength: strength.clamp(0.0, 1.0) }
}

fn range(domain: &Domain, numbers: &[f64]) -> (f64, f64) {
    match domain {
        Domain::Matrix { min, max, .. } => (*min, *max),
        _ => numbers
            .iter()
            .fold((0.0, 0.0), |(low, high): (f64, f64), &number| (low.min(number), high.max(number))),
    }
}

fn shade(number: f64, low: f64, high: f64) -> Cell {
    let share = (number - low) / (high - low);
    let strength = if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 };
    let step = (strength * (SHADES.len() - 1) as f64).round() as usize;
    Cell { text: SHADES[step].to_owned(), strength }
}

impl Grid {
    /// How many cells differ from those of another grid, and how many there are.
    pub(crate) fn differences(&self, other: &Self) -> (usize, usize) {
        let cells = |grid: &Self| grid.rows.iter().flat_map(|row| row.1.clone()).collect::<Vec<Cell>>();
        let (ours, theirs) = (cells(self), cells(other));
        (ours.iter().zip(&theirs).filter(|(a, b)| a != b).count(), ours.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use attune_core::space::Axis;

    fn texts(grid: &Grid) -> Vec<String> {
        let row = |row: &(String, Vec<Cell>)| row.1.iter().map(|cell| cell.text.as_str()).collect();
        grid.rows.iter().map(row).collect()
    }

    fn all(cells: &[Value]) -> Vec<Option<&Value>> {
        cells.iter().map(Some).collect()
    }

    fn dimension(axes: Vec<Axis>, domain: Domain) -> Dimension {
        Dimension { name: "d".into(), help: String::new(), axes, domain }
    }

    #[test]
    fn a_subset_of_experts_is_layer_by_element() {
        let kept = dimension(vec![Axis::new("layer", 2)], Domain::Subset { of: 4, min: 2, max: 2 });
        let map = grid(&kept, &all(&[Value::Indices(vec![0, 2]), Value::Indices(vec![1, 3])]));
        assert_eq!(map.title, "layer × element");
        assert_eq!(texts(&map), ["■·■·", "·■·■"]);
    }

    #[test]
    fn two_axes_are_rows_and_columns() {
        let axes = vec![Axis::new("layer", 2), Axis::new("head", 3)];
        let bits = dimension(axes, Domain::Level { levels: vec![2.0, 4.0, 8.0] });
        let cells: Vec<Value> = [0, 1, 2, 2, 1, 0].map(Value::Index).into();
        let map = grid(&bits, &all(&cells));
        assert_eq!((map.title.as_str(), map.columns.len()), ("layer × head", 3));
        assert_eq!(texts(&map), ["248", "842"]);
        assert_eq!(map.rows[0].1[2].strength, 1.0);
        assert_eq!(map.differences(&grid(&bits, &all(&[0, 1, 2, 0, 1, 2].map(Value::Index)))), (2, 6));
    }

    #[test]
    fn reals_are_shades() {
        let weights = dimension(vec![], Domain::Affine { of: 3, sum: 1.0, spread: 1.0 });
        assert_eq!(texts(&grid(&weights, &all(&[Value::Reals(vec![0.0, 0.5, 1.0])]))), ["  ▒▒██"]);
    }

    #[test]
    fn what_does_not_count_is_a_row_of_dashes() {
        let axes = vec![Axis::new("layer", 2)];
        let bits = dimension(axes, Domain::Level { levels: vec![2.0, 4.0, 8.0] });
        let map = grid(&bits, &[Some(&Value::Index(0)), None]);
        assert_eq!(texts(&map), ["■··", "–––"]);
        assert_eq!(map.differences(&grid(&bits, &all(&[0, 0].map(Value::Index)))), (3, 6));
    }
}
