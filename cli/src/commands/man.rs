//! `attune man`.

use std::path::Path;

use crate::error::CliError;
use crate::{help, output};

/// Writes the pages and says where they are.
///
/// # Errors
/// When a page cannot be written.
pub(crate) fn run(folder: &Path) -> Result<(), CliError> {
    let pages = help::write_man_pages(folder)?;
    output::line(format!("{pages} man pages are in {}", folder.display()))
}
