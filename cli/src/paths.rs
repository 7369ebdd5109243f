//! Paths of the command line: places on this machine.

use std::path::PathBuf;

use attune::paths::elsewhere;
use clap::builder::{OsStringValueParser, TypedValueParser};

/// Reads a path of the command line; one that is empty or a URL is refused, and clap names the option and the value.
pub(crate) fn parser() -> impl TypedValueParser<Value = PathBuf> {
    OsStringValueParser::new().try_map(|path| match path.to_str() {
        Some("") => Err("it is empty, expected a path".to_owned()),
        text => text.and_then(elsewhere).map_or_else(|| Ok(path.clone().into()), Err),
    })
}
