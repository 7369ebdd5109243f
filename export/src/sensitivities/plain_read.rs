//! Reads comma-separated values: rows by dimensions and axes, as they are written, or by modules.

mod by_dimension;
mod by_module;
mod sheet;

use super::error::Fault;
use super::{ReadTable, Tabled};
use sheet::Sheet;

/// What a table is, for messages.
pub(super) const EXPECTED: &str = "a sensitivity table: a CSV with the columns dimension (or module), choice and damage (or loss), a JSON \
                                   of `mlx_lm.dynamic_quant`, or a measurement.json of ExLlamaV3";

pub(super) fn read(text: &str, of: &Tabled<'_>) -> Result<ReadTable, Fault> {
    let sheet = Sheet::read(text)?;
    if sheet.has_dimensions() { by_dimension::read(&sheet, of) } else { by_module::read(&sheet, of) }
}
