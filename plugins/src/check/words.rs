//! Values of a dimension as people read them.

use attune_core::format;
use attune_core::space::{Config, Dimension, Domain, Space, Value};

/// Runs of equal values that are written out; a large model has thousands of cells.
const RUNS: usize = 24;
/// Numbers of one value that are written out.
const NUMBERS: usize = 16;

/// The dimensions of a space with the values of a config, and what orders and conditions say of each.
pub(super) fn config(space: &Space, config: &Config) -> Vec<String> {
    let of_dimensions: Vec<(usize, String)> =
        space.constraints().iter().filter_map(|found| found.of_dimension(space.dimensions())).collect();
    let counts = space.active(config);
    let dimensions = space.dimensions().iter().zip(config.dimensions()).zip(&counts).enumerate();
    dimensions
        .map(|(place, ((described, cells), counts))| {
            let notes = of_dimensions.iter().filter(|(dimension, _)| *dimension == place);
            let notes: Vec<&str> = notes.map(|(_, words)| words.as_str()).collect();
            dimension(described, cells, counts, &notes)
        })
        .collect()
}

/// `name by axis, note: value, value ×3, –`: equal neighbours are counted, and a dash stands for what does not count.
fn dimension(dimension: &Dimension, cells: &[Value], counts: &[bool], notes: &[&str]) -> String {
    let mut runs: Vec<(String, usize)> = Vec::new();
    for (cell, counts) in cells.iter().zip(counts) {
        let words = if *counts { value(cell, &dimension.domain) } else { "–".to_owned() };
        match runs.last_mut().filter(|(last, _)| *last == words) {
            Some((_, count)) => *count += 1,
            None => runs.push((words, 1)),
        }
    }
    let shown = runs.iter().take(RUNS);
    let shown =
        shown.map(|(words, count)| if *count > 1 { format!("{words} ×{count}") } else { words.clone() });
    let shown = shown.collect::<Vec<String>>().join(", ");
    let left: usize = runs.iter().skip(RUNS).map(|(_, count)| count).sum();
    let axes: Vec<&str> = dimension.axes.iter().map(|axis| axis.name.as_str()).collect();
    let along = if axes.is_empty() { String::new() } else { format!(" by {}", axes.join(" and ")) };
    let more = if left > 0 { format!(", and {left} more") } else { String::new() };
    let notes: String = notes.iter().map(|note| format!(", {note}")).collect();
    format!("{}{along}{notes}: {shown}{more}", dimension.name)
}

fn value(value: &Value, domain: &Domain) -> String {
    match (value, domain) {
        (Value::Index(index), Domain::Level { levels }) => {
            levels.get(*index as usize).map_or_else(|| index.to_string(), f64::to_string)
        }
        (Value::Index(index), Domain::Choice { options }) => {
            options.get(*index as usize).cloned().unwrap_or_else(|| index.to_string())
        }
        (Value::Index(index), _) => index.to_string(),
        (Value::Int(number), _) => number.to_string(),
        (Value::Real(number), _) => format::short(*number),
        (Value::Indices(indices), Domain::Permutation { .. }) => {
            list("(", indices.iter().map(u32::to_string), ")")
        }
        (Value::Indices(indices), _) => list("{", indices.iter().map(u32::to_string), "}"),
        (Value::Reals(numbers), _) => list("[", numbers.iter().copied().map(format::short), "]"),
    }
}

fn list(open: &str, words: impl ExactSizeIterator<Item = String>, close: &str) -> String {
    let left = words.len().saturating_sub(NUMBERS);
    let shown = words.take(NUMBERS).collect::<Vec<String>>().join(" ");
    let more = if left > 0 { format!(" and {left} more") } else { String::new() };
    format!("{open}{shown}{more}{close}")
}

#[cfg(test)]
mod tests {
    use attune_core::space::{Config, Constraint, Dimension, Domain, Space, Value};

    fn dimension(described: &Dimension, cells: &[Value]) -> String {
        super::dimension(described, cells, &vec![true; cells.len()], &[])
    }

    #[test]
    fn orders_and_conditions_stand_beside_the_names() {
        let space = Space::new(
            vec![
                Dimension::choice("codec", ["raw", "mask", "block"]).along("layer", 3),
                Dimension::int("bits", 2, 8).along("layer", 3),
            ],
            vec![
                Constraint::Ascending { dimension: 1, along: "layer".to_owned() },
                Constraint::Active { dimension: 1, when: 0, options: vec![1, 2] },
            ],
        );
        let config =
            Config::new(vec![[2, 0, 1].map(Value::Index).to_vec(), [4, 2, 8].map(Value::Int).to_vec()]);
        let expected = [
            "codec by layer: block, raw, mask",
            "bits by layer, ascending along layer, only where codec is mask or block: 4, –, 8",
        ];
        assert_eq!(super::config(&space.unwrap(), &config), expected);
    }

    #[test]
    fn equal_neighbours_are_counted_and_long_lists_cut() {
        let bits = Dimension::level("bits", [2.0, 4.0, 4.5]).along("layer", 5);
        let cells = [0, 1, 1, 1, 2].map(Value::Index);
        assert_eq!(dimension(&bits, &cells), "bits by layer: 2, 4 ×3, 4.5");
        let side = Dimension::choice("side", ["left", "right"]);
        assert_eq!(dimension(&side, &[Value::Index(1)]), "side: right");
        let kept = Dimension::new("kept", Domain::Subset { of: 40, min: 1, max: 40 });
        let few = dimension(&kept, &[Value::Indices(vec![1, 7])]);
        assert_eq!(few, "kept: {1 7}");
        let many = dimension(&kept, &[Value::Indices((0..20).collect())]);
        assert_eq!(many, "kept: {0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 and 4 more}");
        let long = Dimension::int("n", 0, 99).along("layer", 30);
        let counted: Vec<Value> = (0..30).map(Value::Int).collect();
        assert!(dimension(&long, &counted).ends_with("22, 23, and 6 more"));
    }
}
