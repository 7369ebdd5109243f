//! A compiler for wasm32-unknown-unknown: that of rustup, or that of Debian.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::PluginsError;

pub(super) const TARGET: &str = "wasm32-unknown-unknown";

/// Debian's compiler for WebAssembly (package `rustc-web`) and the sources of its standard library
/// (package `rust-web-src`); that library is not shipped built for this target.
const DEBIAN_RUSTC: &str = "/usr/bin/rustc";
const DEBIAN_SOURCES: &str = "/usr/lib/rustlib/src/rust/library";

/// How to compile guests.
pub(super) struct Toolchain {
    /// What decides the bytes of a component, in one line.
    pub(super) identity: String,
    kind: Kind,
}

enum Kind {
    Rustup { sysroot: PathBuf },
    Debian { linker: PathBuf },
}

impl Toolchain {
    /// The one that components were `recorded` to be built with, where it is here; else rustup's where it has the target,
    /// else Debian's.
    pub(super) fn find(recorded: Option<&str>) -> Result<Self, PluginsError> {
        let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
        let sysroot = PathBuf::from(output(Command::new(&rustc).args(["--print", "sysroot"]))?);
        let debian = Self::debian(&rustc, &sysroot)?;
        let rustup = if sysroot.join("lib/rustlib").join(TARGET).join("lib").is_dir() {
            let identity = output(Command::new(&rustc).arg("--version"))?;
            Some(Self { identity, kind: Kind::Rustup { sysroot } })
        } else {
            None
        };
        let same = |here: &Option<Self>| here.as_ref().is_some_and(|here| Some(&*here.identity) == recorded);
        let found = if same(&debian) { debian } else { rustup.or(debian) };
        found.ok_or(PluginsError::NoToolchain)
    }

    /// Debian's compiler, if it is installed.
    fn debian(rustc: &OsString, sysroot: &Path) -> Result<Option<Self>, PluginsError> {
        if !Path::new(DEBIAN_RUSTC).exists() || !Path::new(DEBIAN_SOURCES).exists() {
            return Ok(None);
        }
        // Debian's linker package is large; every installed toolchain brings a copy of the same linker.
        let host = output(Command::new(rustc).args(["--print", "host-tuple"]))?;
        let linker = sysroot.join("lib/rustlib").join(host).join("bin/rust-lld");
        let version = output(Command::new(DEBIAN_RUSTC).arg("--version"))?;
        let linker_version = output(Command::new(&linker).args(["-flavor", "wasm", "--version"]))?;
        let identity = format!("{version}, standard library from source, {linker_version}");
        Ok(Some(Self { identity, kind: Kind::Debian { linker } }))
    }

    /// Builds the guest workspace into `target`.
    pub(super) fn build(&self, guests: &Path, target: &Path) -> Result<(), PluginsError> {
        let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo.args(["build", "--release", "--locked", "--target", TARGET, "--target-dir"]).arg(target);
        // What the surrounding cargo has set would change the bytes.
        cargo.current_dir(guests).env_remove("RUSTFLAGS").env_remove("RUSTC_WRAPPER");
        let library = match &self.kind {
            Kind::Rustup { sysroot } => sysroot.join("lib/rustlib/src/rust"),
            Kind::Debian { linker } => {
                cargo
                    .arg("-Zbuild-std=std,panic_abort")
                    .env("RUSTC", DEBIAN_RUSTC)
                    .env("RUSTC_BOOTSTRAP", "1");
                cargo.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker);
                PathBuf::from(DEBIAN_SOURCES).parent().map(Path::to_owned).unwrap_or_default()
            }
        };
        cargo.env("CARGO_ENCODED_RUSTFLAGS", remapping(guests, &library));
        let status = cargo.status().map_err(|source| failure(&cargo, &source.to_string()))?;
        if status.success() { Ok(()) } else { Err(failure(&cargo, &status.to_string())) }
    }
}

/// Flags that keep this machine's folders out of panic messages, so that builds are repeatable elsewhere.
fn remapping(guests: &Path, library: &Path) -> OsString {
    let home = env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(env::home_dir()?.join(".cargo"))).unwrap_or_default();
    let resolved = library.canonicalize().unwrap_or_else(|_| library.to_owned());
    // The crate of the repository that guests share with hosts.
    let grids = guests.join("../../grids");
    let grids = grids.canonicalize().unwrap_or(grids);
    let folders = [
        (home.as_path(), "/cargo"),
        (library, "/rust"),
        (&resolved, "/rust"),
        (guests, "/guests"),
        (&grids, "/grids"),
    ];
    let mut flags = OsString::new();
    for (from, to) in folders {
        if !flags.is_empty() {
            flags.push("\x1f");
        }
        flags.push("--remap-path-prefix=");
        flags.push(from);
        flags.push(format!("={to}"));
    }
    flags
}

fn output(command: &mut Command) -> Result<String, PluginsError> {
    let output = command.output().map_err(|source| failure(command, &source.to_string()))?;
    if !output.status.success() {
        return Err(failure(command, String::from_utf8_lossy(&output.stderr).trim()));
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn failure(command: &Command, detail: &str) -> PluginsError {
    PluginsError::Command { command: format!("{command:?}"), detail: detail.to_owned() }
}
