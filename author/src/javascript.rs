//! Techniques in JavaScript: a project's files, and its component by way of componentize-qjs.

mod sdk;

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value as Json;

use crate::component::Built;
use crate::error::AuthorError;
use crate::template::Template;
use crate::tools;

/// The program that makes components of JavaScript.
const PROGRAM: &str = "componentize-qjs";
/// The version of it that this build was tried with.
pub(crate) const VERSION: &str = "0.4.5";
/// The world that the SDK answers for.
const WORLD: &str = "profiled-plugin";

const PACKAGE: &str = include_str!("../templates/javascript/package.json");
const README: &str = include_str!("../templates/javascript/README.md");
const IGNORED: &str = include_str!("../templates/javascript/gitignore");
const MODEL: &str = include_str!("../templates/javascript/model.js");
const COMPONENT: &str = include_str!("../templates/javascript/component.js");

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
        ("package.json", filled(PACKAGE)),
        (".gitignore", IGNORED.to_owned()),
        ("README.md", filled(README)),
        ("src/technique.js", technique),
        ("src/component.js", COMPONENT.to_owned()),
        ("tests/technique.test.js", tests.to_owned()),
        ("tests/model.js", MODEL.to_owned()),
    ];
    own.into_iter().map(|(path, content)| (path.to_owned(), content)).chain(sdk::files()).collect()
}

/// The technique and its tests.
fn sources(template: Template) -> [&'static str; 2] {
    match template {
        Template::Empty => [
            include_str!("../templates/javascript/empty/technique.js"),
            include_str!("../templates/javascript/empty/technique.test.js"),
        ],
        Template::PerLayer => [
            include_str!("../templates/javascript/per-layer/technique.js"),
            include_str!("../templates/javascript/per-layer/technique.test.js"),
        ],
        Template::Subset => [
            include_str!("../templates/javascript/subset/technique.js"),
            include_str!("../templates/javascript/subset/technique.test.js"),
        ],
        Template::Allocation => [
            include_str!("../templates/javascript/allocation/technique.js"),
            include_str!("../templates/javascript/allocation/technique.test.js"),
        ],
        Template::Schedule => [
            include_str!("../templates/javascript/schedule/technique.js"),
            include_str!("../templates/javascript/schedule/technique.test.js"),
        ],
    }
}

/// Makes the component of the project in `folder`, there, as `NAME.wasm`.
///
/// # Errors
/// [`AuthorError`]: no project, no componentize-qjs (and what brings it), and what it cannot make a component of.
pub(crate) fn build(folder: &Path) -> Result<Built, AuthorError> {
    let name = name(folder)?;
    let Some(program) = tools::find(PROGRAM, &tools::outwards(folder, "node_modules/.bin")) else {
        return Err(AuthorError::NoComponentizeQjs { folder: folder.to_owned(), version: VERSION });
    };
    let file = folder.join(format!("{name}.wasm"));
    let mut command = Command::new(&program);
    command.current_dir(folder);
    command.args([
        "--wit",
        "attune-guest/wit",
        "--world",
        WORLD,
        "--js",
        "src/component.js",
        "--module-root",
        ".",
    ]);
    // The host has no asynchronous calls. What would be asked of the system is a trap. The smaller engine is the one that compiles sooner.
    command.args(["--sync", "--stub-wasi", "--opt-size", "--output"]).arg(&file);
    tools::run(&mut command)?;
    let bytes = fs::metadata(&file).map_err(|source| AuthorError::io("read", &file, source))?.len();
    Ok(Built { file, bytes: bytes as usize, toolchain: PROGRAM.to_owned() })
}

/// The name in the project's `package.json`.
fn name(folder: &Path) -> Result<String, AuthorError> {
    let wrong = |found: String| AuthorError::NoProject { folder: folder.to_owned(), found };
    let file = folder.join("package.json");
    let text = fs::read_to_string(&file)
        .map_err(|source| wrong(format!("its package.json cannot be read: {source}")))?;
    let package: Json =
        serde_json::from_str(&text).map_err(|error| wrong(format!("its package.json is none: {error}")))?;
    match package["name"].as_str() {
        Some(name) => crate::name::check(name).map(|()| name.to_owned()),
        None => Err(wrong("its package.json has no `name`".to_owned())),
    }
}
