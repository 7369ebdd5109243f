//! The component of a project of somebody's own.

use std::path::{Path, PathBuf};

use attune_author::Installed;
use attune_core::format;

use crate::error::CliError;
use crate::output;

/// Makes the component of a project anew, says what made it, and where it is.
pub(super) fn compiled(folder: &Path) -> Result<PathBuf, CliError> {
    let built = attune_author::build(folder, &Installed::here())?;
    let name = built.file.file_name().unwrap_or_default();
    let file = if folder == Path::new(".") { PathBuf::from(name) } else { folder.join(name) };
    let size = format::bytes(built.bytes as f64);
    output::line(format!("{}: {size}, by {}\n", file.display(), built.toolchain))?;
    Ok(file)
}
