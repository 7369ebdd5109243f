//! How wide what is printed may be.

use terminal_size::{Width, terminal_size_of};

/// Columns where nothing says otherwise.
const USUAL: usize = 80;
/// The narrowest that tables are made for.
const NARROWEST: usize = 40;

/// Columns of standard output: those of its terminal, else those that `COLUMNS` says, else 80.
pub(crate) fn columns() -> usize {
    let terminal = terminal_size_of(std::io::stdout()).map(|(Width(columns), _)| usize::from(columns));
    let said = || std::env::var("COLUMNS").ok()?.parse().ok();
    terminal.filter(|columns| *columns > 0).or_else(said).unwrap_or(USUAL).max(NARROWEST)
}
