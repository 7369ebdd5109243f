//! `attune export`.

use std::path::Path;

use attune::export;
use attune_core::format;

use crate::args::ExportArgs;
use crate::error::CliError;
use crate::output;

pub(crate) fn run(store: &Path, args: &ExportArgs) -> Result<(), CliError> {
    for (path, bytes) in export::write(store, &args.options())? {
        output::line(format!("{}  {}", path.display(), format::bytes(bytes as f64)))?;
    }
    Ok(())
}
