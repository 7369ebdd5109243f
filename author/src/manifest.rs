//! What cargo says of a project.

use std::path::{Path, PathBuf};

use serde_json::Value as Json;

use crate::error::AuthorError;
use crate::toolchain::{cargo, output};

/// What of a crate decides where its module is.
pub(crate) struct Manifest {
    /// Name of the package.
    pub(crate) name: String,
    /// Name of the library, as a file has it.
    pub(crate) library: String,
    /// Folder that cargo builds into.
    pub(crate) target: PathBuf,
}

impl Manifest {
    /// Asks cargo about the crate in a folder; nothing is downloaded.
    pub(crate) fn of(folder: &Path) -> Result<Self, AuthorError> {
        let wrong =
            |found: &str| AuthorError::NoProject { folder: folder.to_owned(), found: found.to_owned() };
        let file = folder.join("Cargo.toml");
        if !file.is_file() {
            return Err(wrong(if folder.is_dir() {
                "it has no Cargo.toml"
            } else {
                "there is no such folder"
            }));
        }
        let mut asked = cargo();
        asked
            .args(["metadata", "--no-deps", "--offline", "--format-version", "1", "--manifest-path"])
            .arg(&file);
        let metadata: Json = serde_json::from_str(&output(&mut asked)?)
            .map_err(|error| wrong(&format!("cargo says of it: {error}")))?;
        Self::from(&metadata, &file).map_err(wrong)
    }

    /// The crate of the manifest `file`, among those that cargo knows.
    fn from(metadata: &Json, file: &Path) -> Result<Self, &'static str> {
        let file = file.canonicalize().unwrap_or_else(|_| file.to_owned());
        let list = |value: &Json| value.as_array().cloned().unwrap_or_default();
        let of_file =
            |package: &Json| package["manifest_path"].as_str().is_some_and(|path| Path::new(path) == file);
        let package = list(&metadata["packages"]).into_iter().find(of_file);
        let package = package.ok_or("its Cargo.toml is that of a workspace, and of no crate")?;
        let is_library = |target: &Json| list(&target["crate_types"]).iter().any(|kind| kind == "cdylib");
        let library = list(&package["targets"]).into_iter().find(is_library);
        let library = library.ok_or("its Cargo.toml has no library of the type `cdylib`")?;
        let text = |value: &Json| value.as_str().unwrap_or_default().to_owned();
        Ok(Self {
            name: text(&package["name"]),
            library: text(&library["name"]).replace('-', "_"),
            target: PathBuf::from(text(&metadata["target_directory"])),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use serde_json::json;

    use super::Manifest;

    #[test]
    fn the_crate_of_the_folder_is_found_among_those_of_its_workspace() {
        let crates = |kind: &str| {
            let one = |name: &str| {
                json!({ "name": name, "manifest_path": format!("/made/up/{name}/Cargo.toml"),
                    "targets": [{ "name": format!("{name}-lib"), "crate_types": [kind] }] })
            };
            json!({ "target_directory": "/made/up/target", "packages": [one("a"), one("b")] })
        };
        let of = |kind: &str, file: &str| Manifest::from(&crates(kind), Path::new(file));
        let found = of("cdylib", "/made/up/b/Cargo.toml").unwrap();
        assert_eq!((&*found.name, &*found.library), ("b", "b_lib"));
        assert_eq!(found.target, Path::new("/made/up/target"));
        assert!(of("lib", "/made/up/b/Cargo.toml").err().unwrap().contains("cdylib"));
        assert!(of("cdylib", "/made/up/Cargo.toml").err().unwrap().contains("workspace"));
    }
}
