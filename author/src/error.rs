//! Why a project cannot be written or built.

use std::io;
use std::path::{Path, PathBuf};

/// Why a project cannot be written or built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AuthorError {
    /// A name that no technique has.
    #[error(
        "`{name}` cannot be the name of a project: {problem}; take lower-case letters, digits and hyphens, a letter first, at most 64"
    )]
    Name {
        /// What was asked for.
        name: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// There is something where the project would go.
    #[error("{} is there already; choose another name, or move it away", folder.display())]
    Taken {
        /// The folder.
        folder: PathBuf,
    },
    /// A file or a folder cannot be read or written.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// `read`, `write` or `make`.
        action: &'static str,
        /// Which one.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The folder holds no project that can become a component.
    #[error(
        "{}: {found}; expected one crate whose library has `crate-type = [\"cdylib\"]`, or src/technique.py beside a pyproject.toml, or \
         src/technique.js beside a package.json, as `attune technique new NAME` and `attune evaluator new NAME` write them",
        folder.display()
    )]
    NoProject {
        /// The folder.
        folder: PathBuf,
        /// What is there instead.
        found: String,
    },
    /// Rust is not installed, or not found.
    #[error(
        "there is no `{program}` here, which compiles a component; install Rust (https://rustup.rs), then run \
         `rustup target add wasm32-unknown-unknown`"
    )]
    NoRust {
        /// The program that was looked for.
        program: String,
    },
    /// There is a compiler, and none for WebAssembly.
    #[error(
        "no toolchain builds for wasm32-unknown-unknown here: {} lacks the target; run `rustup target add \
         wasm32-unknown-unknown`, or on Debian `apt-get install rustc-web rust-web-src`",
        sysroot.display()
    )]
    NoTarget {
        /// Folder of the toolchain that was found.
        sysroot: PathBuf,
    },
    /// Debian's compiler needs a linker, which other toolchains bring.
    #[error(
        "Debian's compiler for WebAssembly is here, but {} is not, with which it links; install Rust with rustup \
         (https://rustup.rs), whose toolchains bring it",
        linker.display()
    )]
    NoLinker {
        /// The linker that was looked for.
        linker: PathBuf,
    },
    /// componentize-py is not installed, or not found.
    #[error(
        "there is no `componentize-py`, which makes components of Python, in {0}/.venv, in $VIRTUAL_ENV or on the path; run \
         `cd {0} && python3 -m venv .venv && .venv/bin/pip install componentize-py=={version}`",
        folder.display()
    )]
    NoComponentizePy {
        /// The folder of the project.
        folder: PathBuf,
        /// The version that this build was tried with.
        version: &'static str,
    },
    /// componentize-qjs is not installed, or not found.
    #[error(
        "there is no `componentize-qjs`, which makes components of JavaScript, in node_modules of {0} or around it, or on the path; \
         run `cd {0} && npm install --save-dev componentize-qjs@{version}` (npm comes with Node.js, https://nodejs.org)",
        folder.display()
    )]
    NoComponentizeQjs {
        /// The folder of the project.
        folder: PathBuf,
        /// The version that this build was tried with.
        version: &'static str,
    },
    /// A program failed; what it said stands above, or is `detail`.
    #[error("`{command}` failed: {detail}")]
    Command {
        /// Program and arguments.
        command: String,
        /// Its last words, or its exit status.
        detail: String,
    },
    /// The core module that cargo made is none of a technique.
    #[error(
        "{}: does not become a component: {detail}; a technique is exported by `attune_guest::export!(…)`, an evaluator by \
         `attune_guest::export_evaluator!(…)`, once per crate",
        path.display()
    )]
    NoComponent {
        /// The core module.
        path: PathBuf,
        /// Why.
        detail: String,
    },
}

impl AuthorError {
    /// `action` is a verb.
    pub(crate) fn io(action: &'static str, path: &Path, source: io::Error) -> Self {
        Self::Io { action, path: path.to_owned(), source }
    }

    /// Whether it failed while it worked, and nothing that was asked for is wrong.
    pub fn is_failure(&self) -> bool {
        matches!(self, Self::Io { .. } | Self::Command { .. } | Self::NoComponent { .. })
    }
}
