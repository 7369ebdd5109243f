//! Man pages: of section 1 for every command, of section 7 for every topic.

use std::io;
use std::path::Path;

use clap::CommandFactory as _;

use super::roff_text;
use crate::args::Args;
use crate::error::CliError;
use crate::topics::TOPICS;

/// Writes all pages into a folder, which is made where it is not there, and says how many there are.
///
/// # Errors
/// When a file cannot be written.
pub(crate) fn write(folder: &Path) -> Result<usize, CliError> {
    let failed = |error: io::Error| {
        let why = attune_core::describe::of_system(&error);
        CliError::Input(format!(
            "cannot write man pages to {}: {why}; name a folder for --out",
            folder.display()
        ))
    };
    std::fs::create_dir_all(folder).map_err(failed)?;
    clap_mangen::generate_to(Args::command(), folder).map_err(failed)?;
    for topic in TOPICS {
        let file = folder.join(format!("{}.7", roff_text::page_name(topic.name)));
        std::fs::write(file, roff_text::render(topic)).map_err(failed)?;
    }
    let pages = std::fs::read_dir(folder).map_err(failed)?;
    let ours = |name: &str| name.starts_with("attune") && (name.ends_with(".1") || name.ends_with(".7"));
    Ok(pages.flatten().filter(|entry| entry.file_name().to_str().is_some_and(ours)).count())
}
