//! Instances as `id,lower,upper,size`, alive in `[lower, upper)`: what MiniMalloc reads (ASPLOS 2023).

use std::fmt;

use crate::{Buffer, Instance, InstanceError};

/// What is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CsvError {
    /// The first line lacks a column.
    Header {
        /// The line.
        found: String,
    },
    /// A line has no whole number in a column.
    Number {
        /// From 1.
        line: usize,
        /// Name of the column.
        column: &'static str,
        /// What is there.
        found: String,
    },
    /// The lines are no instance; buffers are counted from 0, after the header.
    Instance(InstanceError),
}

impl fmt::Display for CsvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Header { found } => {
                write!(f, "line 1: found `{found}`, expected the columns id,lower,upper,size")
            }
            Self::Number { line, column, found } => {
                write!(f, "line {line}: {column} is `{found}`, expected a whole number that is not negative")
            }
            Self::Instance(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for CsvError {}

/// Reads an instance; columns may stand in any order, and others are passed over.
///
/// # Errors
/// [`CsvError`], with the line.
pub fn read(text: &str) -> Result<Instance, CsvError> {
    let mut lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let header = lines.next().map_or("", |(_, line)| line);
    let names: Vec<&str> = header.trim_start_matches('\u{feff}').split(',').map(str::trim).collect();
    let place = |wanted: &str| {
        let found = names.iter().position(|&name| name == wanted);
        found.ok_or_else(|| CsvError::Header { found: header.chars().take(80).collect() })
    };
    let columns = [("lower", place("lower")?), ("upper", place("upper")?), ("size", place("size")?)];
    let mut buffers = Vec::new();
    for (index, line) in lines {
        let cells: Vec<&str> = line.split(',').map(str::trim).collect();
        let number = |(column, place): (&'static str, usize)| {
            let cell = cells.get(place).copied().unwrap_or("");
            let found = || cell.chars().take(40).collect();
            cell.parse().map_err(|_| CsvError::Number { line: index + 1, column, found: found() })
        };
        buffers.push(Buffer {
            start: number(columns[0])?,
            end: number(columns[1])?,
            size: number(columns[2])?,
        });
    }
    Instance::new(buffers).map_err(CsvError::Instance)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_found_by_name() {
        let instance = read("size,id,lower,upper\n10,a,0,3\n20,b,3,9\n\n").unwrap();
        assert_eq!(instance.buffers()[1], Buffer { start: 3, end: 9, size: 20 });
        assert_eq!((instance.len(), instance.bound()), (2, 20));
    }

    #[test]
    fn a_mistake_is_named_with_its_line() {
        let said = |text| read(text).unwrap_err().to_string();
        assert_eq!(said("id,start\n"), "line 1: found `id,start`, expected the columns id,lower,upper,size");
        assert_eq!(
            said("id,lower,upper,size\n0,1,2,3\n1,-1,2,3\n"),
            "line 3: lower is `-1`, expected a whole number that is not negative"
        );
        assert_eq!(
            said("id,lower,upper,size\n0,1,2\n"),
            "line 2: size is ``, expected a whole number that is not negative"
        );
        assert_eq!(said("id,lower,upper,size\n"), "there is no buffer; expected at least one");
    }
}
