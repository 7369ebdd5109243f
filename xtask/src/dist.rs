//! `cargo xtask dist`: a release for one target as an archive, `attune-VERSION-TARGET.tar.gz`, and its hash beside it.
//!
//! In it is one folder of that name, laid out as a prefix: unpacked into one (`/usr/local`, `~/.local`), the program, what shells
//! complete, and the profiles and models that come with attune are where they are looked for. The same files give the same bytes.

mod archive;
mod content;
mod error;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

pub(crate) use error::DistError;
use serde_json::Value;
use sha2::{Digest, Sha256};

/// The program.
const PROGRAM: &str = "attune";
/// The version of all crates.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What is to be packed.
pub(crate) struct Wanted<'a> {
    /// Where the archive goes.
    pub(crate) out: &'a Path,
    /// The target triple; this machine's without it.
    pub(crate) target: Option<&'a str>,
    /// A program that was built before, in the place of a build.
    pub(crate) program: Option<&'a Path>,
}

/// Builds the program, unless it is given, and packs it.
///
/// # Errors
/// See [`DistError`].
pub(crate) fn run(root: &Path, wanted: &Wanted) -> Result<String, DistError> {
    let host = host()?;
    let target = wanted.target.unwrap_or(&host);
    let program = match wanted.program {
        Some(program) => program.to_owned(),
        None => build(root, wanted.target)?,
    };
    let mut entries = content::entries(root, &program, target)?;
    // What a program says of itself can be asked where it runs.
    let manual =
        tempfile::tempdir().map_err(|source| DistError::io("make", Path::new("a folder"), source))?;
    if target == host {
        check_version(&program)?;
        if writes_manual(&program, manual.path())? {
            content::add_manual(manual.path(), &mut entries)?;
        }
    }
    let name = folder(target);
    let bytes = archive::pack(&name, &entries)?;

    let file = format!("{name}.tar.gz");
    let digest: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    fs::create_dir_all(wanted.out).map_err(|source| DistError::io("make", wanted.out, source))?;
    let path = wanted.out.join(&file);
    fs::write(&path, &bytes).map_err(|source| DistError::io("write", &path, source))?;
    // As `sha256sum --check` reads it.
    let sum = wanted.out.join(format!("{file}.sha256"));
    fs::write(&sum, format!("{digest}  {file}\n")).map_err(|source| DistError::io("write", &sum, source))?;
    Ok(format!("{}: {} files, {:.1} MB", path.display(), entries.len(), bytes.len() as f64 / 1e6))
}

/// The folder in the archive, and the archive without its ending.
fn folder(target: &str) -> String {
    format!("{PROGRAM}-{VERSION}-{target}")
}

/// What the program is called on a target.
fn file_name(target: &str) -> String {
    let ending = if target.contains("windows") { ".exe" } else { "" };
    format!("{PROGRAM}{ending}")
}

/// The triple of this machine.
fn host() -> Result<String, DistError> {
    let output =
        Command::new("rustc").arg("-vV").output().map_err(|source| DistError::run("rustc", source))?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let triple = said.lines().find_map(|line| line.strip_prefix("host: ")).map(str::to_owned);
    triple.ok_or_else(|| DistError::Said {
        program: "rustc -vV".into(),
        expected: "host: TRIPLE".into(),
        found: said,
    })
}

/// Builds the program as a release; returns where it is.
fn build(root: &Path, target: Option<&str>) -> Result<PathBuf, DistError> {
    let mut cargo = Command::new("cargo");
    cargo.args(["build", "--release", "--locked", "--package", "attune-cli", "--bin", PROGRAM]);
    cargo
        .arg("--message-format=json-render-diagnostics")
        .current_dir(root)
        .stderr(std::process::Stdio::inherit());
    cargo.args(target.iter().flat_map(|target| ["--target", target]));
    let output = cargo.output().map_err(|source| DistError::run("cargo", source))?;
    if !output.status.success() {
        return Err(DistError::Build(output.status));
    }
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let made = said.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let programs = made.filter(|message| message["target"]["name"] == PROGRAM);
    let program =
        programs.filter_map(|message| message["executable"].as_str().map(PathBuf::from)).next_back();
    program.ok_or_else(|| DistError::Said {
        program: "cargo build".into(),
        expected: "an executable".into(),
        found: said.lines().next_back().unwrap_or_default().to_owned(),
    })
}

/// An archive is named after a version: its program is of that version.
fn check_version(program: &Path) -> Result<(), DistError> {
    let name = program.display().to_string();
    let output =
        Command::new(program).arg("--version").output().map_err(|source| DistError::run(&name, source))?;
    let found = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    let expected = format!("{PROGRAM} {VERSION}");
    if found == expected { Ok(()) } else { Err(DistError::Said { program: name, expected, found }) }
}

/// Has the program write its manual pages; `false` where it has no such command.
fn writes_manual(program: &Path, folder: &Path) -> Result<bool, DistError> {
    let name = program.display().to_string();
    let mut command = Command::new(program);
    let output = command.arg("man").arg("--out").arg(folder).output();
    let output = output.map_err(|source| DistError::run(&name, source))?;
    match output.status.code() {
        Some(0) => Ok(true),
        // The exit code of wrong usage.
        Some(2) => Ok(false),
        _ => Err(DistError::Said {
            program: name,
            expected: "manual pages".into(),
            found: String::from_utf8_lossy(&output.stderr).trim().to_owned(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use toml::{Table, Value};

    use super::{PROGRAM, VERSION, file_name, folder};

    /// A text of the metadata, with what `cargo binstall` fills in.
    fn filled(text: &str, target: &str, repository: &str) -> String {
        let ending = file_name(target);
        let places = [
            ("{ repo }", repository),
            ("{ version }", VERSION),
            ("{ target }", target),
            ("{ bin }", PROGRAM),
            ("{ binary-ext }", ending.strip_prefix(PROGRAM).unwrap()),
        ];
        let filled = places.iter().fold(text.to_owned(), |text, (place, value)| text.replace(place, value));
        assert!(!filled.contains('{'), "{filled}");
        filled
    }

    #[test]
    fn binstall_looks_for_what_dist_writes() {
        let root = crate::root();
        let manifest =
            |path: &str| -> Table { std::fs::read_to_string(root.join(path)).unwrap().parse().unwrap() };
        let package = manifest("cli/Cargo.toml")["package"].as_table().unwrap().clone();
        // `{ repo }` is this key of the package.
        assert_eq!(package["repository"]["workspace"], Value::Boolean(true));
        let workspace = manifest("Cargo.toml");
        let repository = workspace["workspace"]["package"]["repository"].as_str().unwrap();
        let metadata = &package["metadata"]["binstall"];
        assert_eq!(metadata["pkg-fmt"].as_str(), Some("tgz"));
        for target in ["x86_64-unknown-linux-gnu", "aarch64-apple-darwin", "x86_64-pc-windows-msvc"] {
            let url = filled(metadata["pkg-url"].as_str().unwrap(), target, repository);
            assert_eq!(url, format!("{repository}/releases/download/v{VERSION}/{}.tar.gz", folder(target)));
            let program = filled(metadata["bin-dir"].as_str().unwrap(), target, repository);
            assert_eq!(program, format!("{}/bin/{}", folder(target), file_name(target)));
        }
    }
}
