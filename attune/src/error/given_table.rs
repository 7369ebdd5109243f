//! Why a sensitivity table cannot be used.

use attune_export::TableError;
use attune_files::ReadError;

/// Why a sensitivity table that the profile names cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("strategy.sensitivities: {source}")]
pub struct GivenTableError {
    /// What is wrong with its file.
    pub source: Box<TableFault>,
}

/// What is wrong with a table.
#[derive(Debug, thiserror::Error)]
pub enum TableFault {
    /// It cannot be read.
    #[error(transparent)]
    File(#[from] ReadError),
    /// It cannot be used.
    #[error(transparent)]
    Table(#[from] TableError),
}
