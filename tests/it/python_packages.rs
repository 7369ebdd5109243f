//! What the Python packages say of themselves: one version, programs under the names that attune looks for, files that are there.
//! Nothing is built, so no Python is needed.

use std::collections::BTreeMap;
use std::path::PathBuf;

use toml::{Table, Value};

use crate::support::root;

/// The program as a wheel, made by maturin.
const PROGRAM: &str = "attune";

fn table(path: PathBuf) -> Table {
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    text.parse().unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// pyproject.toml of every package, by the folder's name.
fn packages() -> BTreeMap<String, Table> {
    let folders = std::fs::read_dir(root().join("python")).unwrap().map(|entry| entry.unwrap().path());
    let projects = folders.map(|folder| folder.join("pyproject.toml")).filter(|file| file.is_file());
    let named = projects.map(|file| {
        let folder = file.parent().unwrap().file_name().unwrap().to_str().unwrap().to_owned();
        (folder, table(file))
    });
    named.collect()
}

/// A value below nested tables.
fn at<'a>(table: &'a Table, keys: &[&str]) -> &'a Value {
    let (first, rest) = keys.split_first().unwrap();
    let value = table.get(*first).unwrap_or_else(|| panic!("there is no {keys:?}"));
    if rest.is_empty() { value } else { at(value.as_table().unwrap(), rest) }
}

fn text<'a>(table: &'a Table, keys: &[&str]) -> &'a str {
    at(table, keys).as_str().unwrap_or_else(|| panic!("{keys:?} is no text"))
}

fn words(value: &Value) -> Vec<&str> {
    value.as_array().unwrap().iter().map(|word| word.as_str().unwrap()).collect()
}

#[test]
fn all_of_them_have_the_version_of_the_workspace() {
    let version = env!("CARGO_PKG_VERSION");
    for (folder, package) in packages() {
        assert_eq!(text(&package, &["project", "name"]), folder);
        assert_eq!(words(at(&package, &["project", "dynamic"])), ["version"], "{folder}");
        if folder != PROGRAM {
            let file = root()
                .join("python")
                .join(&folder)
                .join(text(&package, &["tool", "hatch", "version", "path"]));
            let line = format!("__version__ = \"{version}\"");
            let said = std::fs::read_to_string(&file).unwrap();
            assert!(said.lines().any(|one| one == line), "{} does not say {line}", file.display());
        }
        // Those that need each other are of one version.
        let needed = at(&package, &["project"]).get("dependencies").map_or_else(Vec::new, words);
        for own in needed.iter().filter(|name| name.starts_with("attune")) {
            assert_eq!(own.split_once("=="), Some(("attune-worker", version)), "{folder}");
        }
    }
}

#[test]
fn the_package_of_javascript_has_the_version_of_the_workspace() {
    let text = std::fs::read_to_string(root().join("js/attune-guest/package.json")).unwrap();
    let package: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(package["version"], env!("CARGO_PKG_VERSION"));
}

#[test]
fn the_wheel_of_the_program_is_made_of_the_command_line() {
    let package = &packages()[PROGRAM];
    assert_eq!(text(package, &["build-system", "build-backend"]), "maturin");
    assert_eq!(text(package, &["tool", "maturin", "bindings"]), "bin");
    // maturin takes the version of this crate, and its programs.
    let manifest =
        root().join("python").join(PROGRAM).join(text(package, &["tool", "maturin", "manifest-path"]));
    let crate_of = table(manifest);
    assert_eq!(text(&crate_of, &["package", "name"]), "attune-cli");
    assert_eq!(at(&crate_of, &["package", "version", "workspace"]).as_bool(), Some(true));
    let programs = at(&crate_of, &["bin"]).as_array().unwrap();
    let names = programs.iter().map(|program| text(program.as_table().unwrap(), &["name"]));
    assert_eq!(names.collect::<Vec<_>>(), [PROGRAM]);
    // What is beside it is a package of this folder.
    let extras = at(package, &["project", "optional-dependencies"]).as_table().unwrap();
    for (extra, names) in extras {
        assert_eq!(words(names), [format!("attune-{extra}")]);
        assert!(packages().contains_key(&format!("attune-{extra}")), "no package attune-{extra}");
    }
}

#[test]
fn the_wheel_of_the_program_brings_completions() {
    let package = &packages()[PROGRAM];
    let data = root()
        .join("python")
        .join(PROGRAM)
        .join(text(package, &["tool", "maturin", "data"]))
        .join("data/share");
    for (file, begins) in [
        ("bash-completion/completions/attune", "\n_clap_complete_attune() {"),
        ("zsh/site-functions/_attune", "#compdef attune\n"),
        ("fish/vendor_completions.d/attune.fish", "complete "),
    ] {
        let script = std::fs::read_to_string(data.join(file)).unwrap();
        assert!(script.starts_with(begins), "{file}: {script}");
    }
}

#[test]
fn what_they_name_is_there() {
    for (folder, package) in packages() {
        let here = root().join("python").join(&folder);
        assert!(here.join(text(&package, &["project", "readme"])).is_file(), "{folder}: its README");
        assert_eq!(text(&package, &["project", "requires-python"]), ">=3.10", "{folder}");
        assert_eq!(text(&package, &["project", "license"]), "MIT OR Apache-2.0", "{folder}");
        if folder == PROGRAM {
            continue;
        }
        let module = folder.replace('-', "_");
        let sources = format!("src/{module}");
        let targets = at(&package, &["tool", "hatch", "build", "targets", "wheel", "packages"]);
        assert_eq!(words(targets), [sources.as_str()]);
        assert!(here.join(&sources).join("py.typed").is_file(), "{folder} is typed");
        // attune looks for a program of the package's name, and starts it by `-m` where it finds the Python alone.
        let scripts = at(&package, &["project"]).get("scripts").and_then(Value::as_table);
        for (script, starts) in scripts.into_iter().flatten() {
            assert_eq!(
                (script.as_str(), starts.as_str().unwrap()),
                (&*folder, &*format!("{module}.__main__:main"))
            );
            let main = std::fs::read_to_string(here.join(&sources).join("__main__.py")).unwrap();
            assert!(main.contains("\ndef main(") && main.contains("__name__ == \"__main__\""), "{folder}");
        }
        let is_library = ["attune-guest", "attune-worker"].contains(&folder.as_str());
        assert_eq!(scripts.is_some(), !is_library, "{folder}");
    }
}
