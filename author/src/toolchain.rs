//! A compiler for wasm32-unknown-unknown: that of rustup, or that of Debian.

use std::env;
use std::ffi::OsString;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::error::AuthorError;

/// What techniques are compiled for.
pub const TARGET: &str = "wasm32-unknown-unknown";

/// Where compilers are looked for.
#[derive(Clone, Debug)]
pub struct Installed {
    /// The compiler of the toolchain in use: `RUSTC`, else `rustc` on the path.
    pub rustc: OsString,
    /// Debian's compiler for WebAssembly (package `rustc-web`).
    pub debian_rustc: PathBuf,
    /// The sources of its standard library (package `rust-web-src`); that library is not shipped built for this target.
    pub debian_sources: PathBuf,
}

impl Installed {
    /// The places of this machine.
    pub fn here() -> Self {
        Self {
            rustc: env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()),
            debian_rustc: PathBuf::from("/usr/bin/rustc"),
            debian_sources: PathBuf::from("/usr/lib/rustlib/src/rust/library"),
        }
    }
}

/// How to compile guests.
pub struct Toolchain {
    identity: String,
    kind: Kind,
}

enum Kind {
    Rustup { sysroot: PathBuf },
    Debian { rustc: PathBuf, sources: PathBuf, linker: PathBuf },
}

/// What is to be compiled.
pub struct Crates<'a> {
    /// Folder of the crate, or of the workspace.
    pub folder: &'a Path,
    /// Folder that cargo builds into.
    pub target: &'a Path,
    /// Whether the lock file has to be there, and to stay as it is.
    pub locked: bool,
    /// Folders that are to have other names in the messages of a panic, beside those of cargo and of the standard library.
    pub renamed: &'a [(&'a Path, &'a str)],
}

impl Toolchain {
    /// What decides the bytes of a component, in one line.
    pub fn identity(&self) -> &str {
        &self.identity
    }

    /// The one for crates in `folder`, which may ask for a toolchain of its own: what components were
    /// `recorded` to be built with, where it is among those `installed`; else rustup's where it has the target, else Debian's.
    ///
    /// # Errors
    /// [`AuthorError::NoRust`], [`AuthorError::NoTarget`] and [`AuthorError::NoLinker`] say what to install;
    /// [`AuthorError::Command`] when a compiler does not answer.
    pub fn find(installed: &Installed, folder: &Path, recorded: Option<&str>) -> Result<Self, AuthorError> {
        let rustc = || {
            let mut rustc = Command::new(&installed.rustc);
            rustc.current_dir(folder);
            rustc
        };
        let sysroot = PathBuf::from(output(rustc().args(["--print", "sysroot"]))?);
        let rustup = if sysroot.join("lib/rustlib").join(TARGET).join("lib").is_dir() {
            let identity = output(rustc().arg("--version"))?;
            Some(Self { identity, kind: Kind::Rustup { sysroot: sysroot.clone() } })
        } else {
            None
        };
        let debian = match Self::debian(installed, &mut rustc(), &sysroot) {
            // Nobody needs it.
            Err(_) if rustup.is_some() => None,
            found => found?,
        };
        let same = |here: &Option<Self>| here.as_ref().is_some_and(|here| Some(&*here.identity) == recorded);
        let found = if same(&debian) { debian } else { rustup.or(debian) };
        found.ok_or(AuthorError::NoTarget { sysroot })
    }

    /// Debian's compiler, if it is installed.
    fn debian(
        installed: &Installed,
        rustc: &mut Command,
        sysroot: &Path,
    ) -> Result<Option<Self>, AuthorError> {
        let Installed { debian_rustc, debian_sources, .. } = installed;
        if !debian_rustc.exists() || !debian_sources.exists() {
            return Ok(None);
        }
        // Debian's linker package is large; every installed toolchain brings a copy of the same linker.
        let host = output(rustc.args(["--print", "host-tuple"]))?;
        let linker = sysroot.join("lib/rustlib").join(host).join("bin/rust-lld");
        if !linker.exists() {
            return Err(AuthorError::NoLinker { linker });
        }
        let version = output(Command::new(debian_rustc).arg("--version"))?;
        let linker_version = output(Command::new(&linker).args(["-flavor", "wasm", "--version"]))?;
        let identity = format!("{version}, standard library from source, {linker_version}");
        let kind = Kind::Debian { rustc: debian_rustc.clone(), sources: debian_sources.clone(), linker };
        Ok(Some(Self { identity, kind }))
    }

    /// Compiles crates in release mode; what cargo and the compiler say goes to standard error as they say it.
    ///
    /// # Errors
    /// [`AuthorError::NoRust`] without cargo, [`AuthorError::Command`] when it fails.
    pub fn compile(&self, crates: &Crates<'_>) -> Result<(), AuthorError> {
        let mut cargo = cargo();
        cargo.args(["build", "--release", "--target", TARGET, "--target-dir"]).arg(crates.target);
        if crates.locked {
            cargo.arg("--locked");
        }
        // What the surrounding cargo has set would change the bytes.
        cargo.current_dir(crates.folder).env_remove("RUSTFLAGS").env_remove("RUSTC_WRAPPER");
        let library = match &self.kind {
            Kind::Rustup { sysroot } => sysroot.join("lib/rustlib/src/rust"),
            Kind::Debian { rustc, sources, linker } => {
                cargo.arg("-Zbuild-std=std,panic_abort").env("RUSTC", rustc).env("RUSTC_BOOTSTRAP", "1");
                cargo.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker);
                sources.parent().map(Path::to_owned).unwrap_or_default()
            }
        };
        cargo.env("CARGO_ENCODED_RUSTFLAGS", renaming(&library, crates.renamed));
        let status = cargo.status().map_err(|source| unanswered(&cargo, &source))?;
        if status.success() { Ok(()) } else { Err(failure(&cargo, &status.to_string())) }
    }
}

/// Cargo, ready to be told what to do.
pub(crate) fn cargo() -> Command {
    Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// Flags that keep this machine's folders out of panic messages, so that builds are repeatable elsewhere.
fn renaming(library: &Path, renamed: &[(&Path, &str)]) -> OsString {
    let home = env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(env::home_dir()?.join(".cargo"))).unwrap_or_default();
    let resolved = library.canonicalize().unwrap_or_else(|_| library.to_owned());
    let usual = [(home.as_path(), "/cargo"), (library, "/rust"), (&resolved, "/rust")];
    let mut flags = OsString::new();
    for (from, to) in usual.iter().chain(renamed) {
        if !flags.is_empty() {
            flags.push("\x1f");
        }
        flags.push("--remap-path-prefix=");
        flags.push(from);
        flags.push(format!("={to}"));
    }
    flags
}

/// What a command writes to standard output.
pub(crate) fn output(command: &mut Command) -> Result<String, AuthorError> {
    let output = command.output().map_err(|source| unanswered(command, &source))?;
    if !output.status.success() {
        return Err(failure(command, String::from_utf8_lossy(&output.stderr).trim()));
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn unanswered(command: &Command, source: &std::io::Error) -> AuthorError {
    match source.kind() {
        ErrorKind::NotFound => AuthorError::NoRust { program: command.get_program().display().to_string() },
        _ => failure(command, &source.to_string()),
    }
}

fn failure(command: &Command, detail: &str) -> AuthorError {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let words: Vec<String> = words.map(|word| word.display().to_string()).collect();
    AuthorError::Command { command: words.join(" "), detail: detail.to_owned() }
}

#[cfg(unix)]
#[cfg(test)]
mod tests;
