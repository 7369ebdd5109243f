//! Configs in short, for one column of a table.

use attune_core::format;
use attune_core::space::{CountingCells, Dimension, Domain, Value};

/// What stands in the place of a cell that does not count.
pub(crate) const NO_VALUE: &str = "–";

/// All cells, a space between cells and `|` between dimensions: `0257 1346 …`.
pub(crate) fn short(config: &CountingCells<'_>, dimensions: &[Dimension]) -> String {
    let parts = config.iter().enumerate().map(|(position, cells)| {
        let domain = dimensions.get(position).map(|dimension| &dimension.domain);
        cells.iter().map(|value| cell(*value, domain)).collect::<Vec<_>>().join(" ")
    });
    parts.collect::<Vec<_>>().join(" | ")
}

/// The value of one cell as people read it.
pub(crate) fn cell(value: Option<&Value>, domain: Option<&Domain>) -> String {
    let Some(value) = value else { return NO_VALUE.to_owned() };
    match (value, domain) {
        (Value::Index(index), Some(Domain::Level { levels })) => {
            levels.get(*index as usize).map_or_else(|| "?".to_owned(), |level| format!("{level}"))
        }
        (Value::Index(index), Some(Domain::Choice { options })) => {
            options.get(*index as usize).cloned().unwrap_or_else(|| "?".to_owned())
        }
        (Value::Index(index), _) => index.to_string(),
        (Value::Int(number), _) => number.to_string(),
        (Value::Real(number), _) => format::short(*number),
        (Value::Indices(indices), _) => {
            // Single digits need nothing between them.
            let separator = if indices.iter().any(|&index| index > 9) { "," } else { "" };
            indices.iter().map(u32::to_string).collect::<Vec<_>>().join(separator)
        }
        (Value::Reals(reals), _) => {
            reals.iter().map(|real| format::short(*real)).collect::<Vec<_>>().join(",")
        }
    }
}
