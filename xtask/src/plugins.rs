//! `cargo xtask plugins`: the committed components, rebuilt from `plugins/guests` or checked against it.
//!
//! Two toolchains give two sets of bytes, so agreement is checked in two steps. Everywhere: every component
//! has its recorded hash, and the sources have the hash that the components were built from. Where the
//! recorded toolchain is installed: a rebuild gives the same bytes.

mod error;
mod guests;
mod staging;
mod sums;

use std::fs;
use std::path::Path;

use attune_author::{AuthorError, Installed, Toolchain};
pub(crate) use error::PluginsError;
use guests::GUESTS;

/// What the components were built from.
const RECORD: &str = "plugins/dist/SOURCES";
/// Folders with components and their hashes.
const FOLDERS: [&str; 2] = ["plugins/dist", "plugins/fixtures"];

/// Rebuilds the components, or with `check` changes nothing and fails where they disagree with their
/// sources. Returns what was done, for people.
///
/// # Errors
/// See [`PluginsError`].
pub(crate) fn run(check: bool) -> Result<String, PluginsError> {
    let root = crate::root();
    let sources = sums::sources(&root)?;
    if check { verify(&root, &sources) } else { rebuild(&root, &sources) }
}

fn rebuild(root: &Path, sources: &str) -> Result<String, PluginsError> {
    let recorded = Record::read(&root.join(RECORD)).ok();
    let toolchain =
        Toolchain::find(&Installed::here(), root, recorded.as_ref().map(|record| record.toolchain.as_str()))?;
    for (guest, component) in GUESTS.iter().zip(guests::build(root, &toolchain)?) {
        let path = root.join(guest.component);
        fs::write(&path, component).map_err(|source| PluginsError::io("write", &path, source))?;
    }
    for folder in FOLDERS {
        sums::write(&root.join(folder))?;
    }
    let path = root.join(RECORD);
    let record = Record { sources: sources.to_owned(), toolchain: toolchain.identity().to_owned() };
    fs::write(&path, record.render()).map_err(|source| PluginsError::io("write", &path, source))?;
    Ok(format!("built {} components with {}", GUESTS.len(), toolchain.identity()))
}

fn verify(root: &Path, sources: &str) -> Result<String, PluginsError> {
    for folder in FOLDERS {
        sums::verify(&root.join(folder))?;
    }
    let record = Record::read(&root.join(RECORD))?;
    if record.sources != sources {
        return Err(PluginsError::Stale { recorded: record.sources, found: sources.to_owned() });
    }
    let hashes = "components have their hashes and sources are those they were built from";
    let toolchain = match Toolchain::find(&Installed::here(), root, Some(&record.toolchain)) {
        Ok(toolchain) if toolchain.identity() == record.toolchain => toolchain,
        Ok(other) => {
            return Ok(format!(
                "{hashes}; skipped the rebuild: they were built with {}, here is {}",
                record.toolchain,
                other.identity()
            ));
        }
        Err(AuthorError::NoTarget { .. } | AuthorError::NoLinker { .. }) => {
            return Ok(format!("{hashes}; skipped the rebuild: no toolchain for wasm32-unknown-unknown"));
        }
        Err(error) => return Err(error.into()),
    };
    for (guest, component) in GUESTS.iter().zip(guests::build(root, &toolchain)?) {
        let path = root.join(guest.component);
        let committed = fs::read(&path).map_err(|source| PluginsError::io("read", &path, source))?;
        if committed != component {
            return Err(PluginsError::Differs { path });
        }
    }
    Ok(format!("{hashes}; a rebuild with {} gives the same bytes", toolchain.identity()))
}

/// The content of [`RECORD`].
struct Record {
    sources: String,
    toolchain: String,
}

impl Record {
    fn render(&self) -> String {
        format!(
            "# What the components were built from; written by `cargo xtask plugins`.\n\
             sources {}\ntoolchain {}\n",
            self.sources, self.toolchain
        )
    }

    fn read(path: &Path) -> Result<Self, PluginsError> {
        let text = fs::read_to_string(path).map_err(|source| PluginsError::io("read", path, source))?;
        let field = |name: &'static str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
            line.map(str::to_owned)
                .ok_or_else(|| PluginsError::BadRecord { path: path.to_owned(), lacks: name })
        };
        Ok(Self { sources: field("sources")?, toolchain: field("toolchain")? })
    }
}
