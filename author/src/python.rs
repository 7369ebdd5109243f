//! Techniques in Python: a project's files, and its component by way of componentize-py.

mod sdk;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::component::Built;
use crate::error::AuthorError;
use crate::template::Template;
use crate::tools;

/// The program that makes components of Python.
const PROGRAM: &str = "componentize-py";
/// The version of it that this build was tried with.
pub(crate) const VERSION: &str = "0.25.1";
/// The world that the SDK answers for.
const WORLD: &str = "attune:profiling/profiled-plugin";

const PROJECT: &str = include_str!("../templates/python/pyproject.toml");
const README: &str = include_str!("../templates/python/README.md");
const REQUIREMENTS: &str = include_str!("../templates/python/requirements.txt");
const IGNORED: &str = include_str!("../templates/python/gitignore");
const MODEL: &str = include_str!("../templates/python/model.py");

/// Paths in a project, and contents. `filled` fills the places of a file.
pub(crate) fn files(
    template: Template,
    name: &str,
    filled: impl Fn(&str) -> String,
) -> Vec<(String, String)> {
    let [technique, tests] = sources(template);
    // The sign of places has a meaning of its own in a technique, and only the name is filled in.
    let technique = technique.replace("@NAME@", name);
    let own = [
        ("pyproject.toml", filled(PROJECT)),
        ("requirements.txt", filled(REQUIREMENTS)),
        (".gitignore", IGNORED.to_owned()),
        ("README.md", filled(README)),
        ("src/technique.py", technique),
        ("tests/test_technique.py", tests.to_owned()),
        ("tests/model.py", MODEL.to_owned()),
    ];
    own.into_iter().map(|(path, content)| (path.to_owned(), content)).chain(sdk::files()).collect()
}

/// The technique and its tests.
fn sources(template: Template) -> [&'static str; 2] {
    match template {
        Template::Empty => [
            include_str!("../templates/python/empty/technique.py"),
            include_str!("../templates/python/empty/test_technique.py"),
        ],
        Template::PerLayer => [
            include_str!("../templates/python/per-layer/technique.py"),
            include_str!("../templates/python/per-layer/test_technique.py"),
        ],
        Template::Subset => [
            include_str!("../templates/python/subset/technique.py"),
            include_str!("../templates/python/subset/test_technique.py"),
        ],
        Template::Allocation => [
            include_str!("../templates/python/allocation/technique.py"),
            include_str!("../templates/python/allocation/test_technique.py"),
        ],
        Template::Schedule => [
            include_str!("../templates/python/schedule/technique.py"),
            include_str!("../templates/python/schedule/test_technique.py"),
        ],
    }
}

/// Makes the component of the project in `folder`, there, as `NAME.wasm`.
///
/// # Errors
/// [`AuthorError`]: no project, no componentize-py (and what brings it), and what it cannot make a component of.
pub(crate) fn build(folder: &Path) -> Result<Built, AuthorError> {
    let name = name(folder)?;
    let environment = folder.join(".venv");
    let active = env::var_os("VIRTUAL_ENV").map(PathBuf::from);
    let environments = [Some(environment.clone()), active].into_iter().flatten();
    let places: Vec<PathBuf> =
        environments.flat_map(|place| [place.join("bin"), place.join("Scripts")]).collect();
    let Some(program) = tools::find(PROGRAM, &places) else {
        return Err(AuthorError::NoComponentizePy { folder: folder.to_owned(), version: VERSION });
    };
    let file = folder.join(format!("{name}.wasm"));
    let mut command = Command::new(&program);
    command.current_dir(folder);
    command.args([
        "--quiet",
        "--wit-path",
        "attune-guest/wit",
        "--world",
        WORLD,
        "componentize",
        "attune_guest.component",
    ]);
    // Its component is told nothing of this machine: what would be asked of the system is a trap.
    command
        .args(["--python-path", "src", "--python-path", "attune-guest", "--stub-wasi", "--output"])
        .arg(&file);
    if environment.is_dir() {
        // Packages of the project's own environment travel with it.
        command.env("VIRTUAL_ENV", &environment);
    }
    tools::run(&mut command)?;
    let bytes = fs::metadata(&file).map_err(|source| AuthorError::io("read", &file, source))?.len();
    let version = version(&program).unwrap_or_else(|| PROGRAM.to_owned());
    Ok(Built { file, bytes: bytes as usize, toolchain: version })
}

/// The name in the project's `pyproject.toml`.
fn name(folder: &Path) -> Result<String, AuthorError> {
    let wrong = |found: String| AuthorError::NoProject { folder: folder.to_owned(), found };
    let file = folder.join("pyproject.toml");
    let text = fs::read_to_string(&file)
        .map_err(|source| wrong(format!("its pyproject.toml cannot be read: {source}")))?;
    let project: toml::Table =
        text.parse().map_err(|error| wrong(format!("its pyproject.toml is none: {error}")))?;
    let name = project.get("project").and_then(|project| project.get("name")).and_then(toml::Value::as_str);
    match name {
        Some(name) => crate::name::check(name).map(|()| name.to_owned()),
        None => Err(wrong("its pyproject.toml has no `name` in `[project]`".to_owned())),
    }
}

/// What the program says of itself.
fn version(program: &Path) -> Option<String> {
    let output = Command::new(program).arg("--version").output().ok()?;
    let said = String::from_utf8(output.stdout).ok()?;
    Some(said.trim().to_owned()).filter(|said| !said.is_empty())
}
