//! Why an export was not checked by an engine.

use std::io;
use std::path::PathBuf;

use attune_core::exporter::ExportError;

use super::{EngineError, NoPackage};

/// Why an export was not checked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// The package that asks engines is missing.
    #[error("--verify needs {0}; nothing was exported, and without --verify it is exported unchecked")]
    NoPackage(NoPackage),
    /// No engine of the target is installed.
    #[error(
        "no engine of `--to {to}` is installed: {brought}; nothing was exported, and without --verify it is exported unchecked"
    )]
    NoEngine {
        /// The target.
        to: &'static str,
        /// The commands that bring its engines, in words.
        brought: String,
    },
    /// The target has engines that only people can ask.
    #[error(
        "attune cannot ask {engines} of `--to {to}` by itself: leave --verify out, and check it by {check}"
    )]
    NobodyAsks {
        /// The target.
        to: &'static str,
        /// Its engines.
        engines: String,
        /// How it is checked.
        check: &'static str,
    },
    /// The evaluator has nothing to compare with.
    #[error(
        "evaluator `{evaluator}` hands out no outputs that an engine could be compared with; leave --verify out to export unchecked"
    )]
    NoOutputs {
        /// The evaluator.
        evaluator: String,
    },
    /// The same without the plan cannot be made.
    #[error("the same export without the plan, which has to differ, cannot be made: {0}")]
    Control(ExportError),
    /// The engine says nothing of what was exported.
    #[error("{source}; the files stay in {}, unchecked", out.display())]
    Unanswered {
        /// Why.
        source: EngineError,
        /// Where they are.
        out: PathBuf,
    },
    /// A plan file cannot be read back.
    #[error(transparent)]
    ReadBack(attune_export::ReadError),
    /// The operating system said no.
    #[error("cannot {action} {}: {}", path.display(), attune_core::describe::of_system(source))]
    Io {
        /// What was tried.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}
