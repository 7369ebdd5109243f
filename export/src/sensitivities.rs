//! Sensitivity tables in the forms of others: a CSV, the JSON of `mlx_lm.dynamic_quant`, the measurement.json of ExLlamaV3.
//!
//! A table of attune tells damages by cells and options of a space. A CSV says the same. Others tell them by modules and bits, so
//! that what a config does to modules, which its plan says, stands in between.

mod bit_damages;
mod error;
mod exl3;
mod mlx;
mod number;
mod places;
mod plain;
mod plain_read;
mod rows;
mod spread;

use attune_core::facts::Facts;
use attune_core::plan::Plan;
use attune_core::sensitivity::{GivenTable, MeasuredTable};
use attune_core::space::{Config, Space};
use attune_core::technique::TechniqueFailure;

use error::Fault;
pub use error::TableError;
use places::Places;

/// Makes a plan of a config.
pub type Lower<'a> = dyn Fn(&Config) -> Result<Plan, TechniqueFailure> + 'a;

/// What a table is of.
#[derive(Clone, Copy)]
pub struct Tabled<'a> {
    /// The space.
    pub space: &'a Space,
    /// The objectives, most important first, each with whether evaluating tells it; the others are costs.
    pub objectives: &'a [(String, bool)],
    /// The model.
    pub facts: &'a Facts,
    /// The technique.
    pub lower: &'a Lower<'a>,
}

/// A table that was read.
#[derive(Debug)]
pub struct ReadTable {
    /// Whose it is, in words.
    pub tool: &'static str,
    /// What it says.
    pub table: GivenTable,
    /// What a person should know of it, each one sentence.
    pub notes: Vec<String>,
}

/// A table that was written.
#[derive(Debug)]
pub struct WrittenTable {
    /// The file.
    pub text: String,
    /// What a person should know of it, each one sentence.
    pub notes: Vec<String>,
}

/// A form of tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TableFormat {
    /// Comma-separated values, a row for each choice.
    Csv,
    /// `[[path, score], …]` of `mlx_lm.dynamic_quant --sensitivities`.
    Mlx,
    /// measurement.json of ExLlamaV3's `util/optimize.py`.
    Exl3,
}

impl TableFormat {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Csv, Self::Mlx, Self::Exl3];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Mlx => "mlx",
            Self::Exl3 => "exl3",
        }
    }
}

/// Reads a table for a search. Which form it has follows from what it says: `[` begins that of mlx-lm, `{` that of ExLlamaV3, and
/// everything else is a CSV. `file` is its name, for messages.
///
/// # Errors
/// [`TableError`], naming the place in the file, what was found there and what was expected.
pub fn read_table(file: &str, bytes: &[u8], of: &Tabled<'_>) -> Result<ReadTable, TableError> {
    let text = text(bytes).map_err(|fault| fault.of(file))?;
    let read = match text.trim_start().chars().next() {
        None => Err(Fault::new("", "nothing", plain_read::EXPECTED)),
        Some('[') => mlx::read(text, of),
        Some('{') => exl3::read(text, of),
        Some(_) => plain_read::read(text, of),
    };
    let read = read.map_err(|fault| fault.of(file))?;
    if read.table.is_empty() {
        let expected = "a damage of at least one choice of the search";
        return Err(Fault::new("", "a table that says nothing of the search", expected).of(file));
    }
    Ok(read)
}

/// Writes a table. `bits` says of which bits a form tells that has not all of them.
///
/// # Errors
/// [`TableError::Inexpressible`], naming what the form has no place for and what would work.
pub fn write_table(
    format: TableFormat,
    table: &MeasuredTable,
    of: &Tabled<'_>,
    bits: Option<&[u32]>,
) -> Result<WrittenTable, TableError> {
    let refused =
        |(what, reason): (String, String)| TableError::Inexpressible { format: format.name(), what, reason };
    match format {
        TableFormat::Csv if bits.is_some() => {
            let reason = "a CSV has a row for every choice; leave `--bits` out".to_owned();
            Err(refused(("`--bits`".to_owned(), reason)))
        }
        TableFormat::Csv => plain::write(table, of, Places::of(of).ok().as_ref()).map_err(refused),
        TableFormat::Mlx => mlx::write(table, of, bits).map_err(refused),
        TableFormat::Exl3 => exl3::write(table, of, bits).map_err(refused),
    }
}

/// What a form has no place for, and why, with what would work.
type Unsaid = (String, String);

/// The text of a file, without the mark that some editors put before it.
fn text(bytes: &[u8]) -> Result<&str, Fault> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let line = 1 + bytes[..error.valid_up_to()].iter().filter(|byte| **byte == b'\n').count();
        Fault::new(line.to_string(), "bytes that are no UTF-8", "a text in UTF-8; save it as such")
    })?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
}

/// The place of the first objective that evaluating tells.
fn first_metric(of: &Tabled<'_>) -> Option<usize> {
    of.objectives.iter().position(|(_, measured)| *measured)
}
