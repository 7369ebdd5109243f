//! Hashes of components and of what they are made from.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::PluginsError;

/// What decides a component, apart from the toolchain.
const SOURCES: [&str; 10] = [
    "author/templates/rust/attune-grids.toml",
    "grids/src",
    "plugins/guests",
    "plugins/wit",
    "plugins/wit-evaluator",
    "plugins/wit-plugin",
    "plugins/wit-profiling",
    "plugins/wit-progress",
    "plugins/wit-variation",
    "systems",
];
/// Folder below the guests that builds make.
pub(super) const BUILD_FOLDER: &str = "target";

/// The hash of all guest sources: names (from the root, with `/`) and contents.
pub(super) fn sources(root: &Path) -> Result<String, PluginsError> {
    let mut files = BTreeMap::new();
    for folder in SOURCES {
        add(root.join(folder), folder.to_owned(), &mut files)?;
    }
    let mut digest = Sha256::new();
    for (name, path) in files {
        let content = read(&path)?;
        for part in [name.as_bytes(), content.as_slice()] {
            digest.update((part.len() as u64).to_le_bytes());
            digest.update(part);
        }
    }
    Ok(hexadecimal(&digest.finalize()))
}

fn collect(folder: &Path, name: &str, files: &mut BTreeMap<String, PathBuf>) -> Result<(), PluginsError> {
    for (entry, path) in entries(folder)? {
        if entry != BUILD_FOLDER {
            add(path, format!("{name}/{entry}"), files)?;
        }
    }
    Ok(())
}

/// A file, or all files below a folder.
fn add(path: PathBuf, name: String, files: &mut BTreeMap<String, PathBuf>) -> Result<(), PluginsError> {
    if !path.is_file() {
        return collect(&path, &name, files);
    }
    files.insert(name, path);
    Ok(())
}

/// Writes `SHA256SUMS` beside the components of a folder, in the format of `sha256sum`.
pub(super) fn write(folder: &Path) -> Result<(), PluginsError> {
    let path = folder.join("SHA256SUMS");
    fs::write(&path, render(folder)?).map_err(|source| PluginsError::io("write", &path, source))
}

/// Checks that a folder holds the recorded components and no others.
pub(super) fn verify(folder: &Path) -> Result<(), PluginsError> {
    let path = folder.join("SHA256SUMS");
    let recorded = fs::read_to_string(&path).map_err(|source| PluginsError::io("read", &path, source))?;
    let found = render(folder)?;
    let odd = found
        .lines()
        .map(|line| (line, "found"))
        .filter(|(line, _)| !recorded.lines().any(|other| other == *line))
        .chain(
            recorded
                .lines()
                .map(|line| (line, "recorded"))
                .filter(|(line, _)| !found.lines().any(|other| other == *line)),
        )
        .next();
    match odd {
        None => Ok(()),
        Some((line, side)) => Err(PluginsError::Sums { path, problem: format!("only {side}: {line}") }),
    }
}

fn render(folder: &Path) -> Result<String, PluginsError> {
    let mut text = String::new();
    for (name, path) in entries(folder)? {
        if name.ends_with(".wasm") {
            text.push_str(&format!("{}  {name}\n", hexadecimal(&Sha256::digest(read(&path)?))));
        }
    }
    Ok(text)
}

/// The entries of a folder, in name order.
fn entries(folder: &Path) -> Result<BTreeMap<String, PathBuf>, PluginsError> {
    let io = |source| PluginsError::io("read", folder, source);
    fs::read_dir(folder)
        .map_err(io)?
        .map(|entry| {
            let entry = entry.map_err(io)?;
            Ok((entry.file_name().to_string_lossy().into_owned(), entry.path()))
        })
        .collect()
}

fn read(path: &Path) -> Result<Vec<u8>, PluginsError> {
    fs::read(path).map_err(|source| PluginsError::io("read", path, source))
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::{verify, write};

    #[test]
    fn a_changed_added_or_missing_component_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        std::fs::write(path("a.wasm"), "a").unwrap();
        std::fs::write(path("notes.txt"), "not a component").unwrap();
        write(folder.path()).unwrap();
        verify(folder.path()).unwrap();

        std::fs::write(path("b.wasm"), "b").unwrap();
        assert!(verify(folder.path()).unwrap_err().to_string().contains("b.wasm"));
        std::fs::remove_file(path("b.wasm")).unwrap();
        std::fs::write(path("a.wasm"), "changed").unwrap();
        assert!(verify(folder.path()).unwrap_err().to_string().contains("only found"));
        std::fs::remove_file(path("a.wasm")).unwrap();
        assert!(verify(folder.path()).unwrap_err().to_string().contains("only recorded"));
    }
}
