//! Why nothing was exported.

use std::io;
use std::path::PathBuf;

use attune_core::exporter::ExportError;

/// Why a trial is not exported.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ChoiceError {
    /// There is no winner yet.
    #[error(
        "study `{study}` is not finished; bring it to its end with `attune continue {study}`, or choose a trial with \
         --trial ID"
    )]
    Unfinished {
        /// The study.
        study: String,
    },
    /// There is no such trial.
    #[error("study `{study}` has no trial {trial}; {has}")]
    NoTrial {
        /// The study.
        study: String,
        /// What was asked for.
        trial: u64,
        /// What there is, in words.
        has: String,
    },
    /// The trial has no score.
    #[error("trial {trial} of study `{study}` failed and has no result to export")]
    FailedTrial {
        /// The study.
        study: String,
        /// The trial.
        trial: u64,
    },
    /// Nobody says where to.
    #[error(
        "study `{study}` was searched for no target in particular; say one with --to: {targets} (`attune target list`)"
    )]
    NoTarget {
        /// The study.
        study: String,
        /// The targets that there are.
        targets: String,
    },
    /// The evaluator does not say which codes it chose.
    #[error(
        "`rounding` of `weight-bits` makes codes of its own, which evaluator `{evaluator}` of study `{study}` does not hand out; search \
         with an evaluator that does (native, torch), or without `rounding`, or use `--to plan`"
    )]
    NoCodes {
        /// The study.
        study: String,
        /// Its evaluator.
        evaluator: String,
    },
    /// Codes would be others than those that were scored.
    #[error(
        "`rounding` of `weight-bits` makes codes of its own, which were scored in study `{study}` in {expected}, and would be made here \
         in {found}; export on a machine like the one that searched"
    )]
    OtherNumerics {
        /// The study.
        study: String,
        /// What the evaluator computes in.
        found: String,
        /// What it computed in.
        expected: String,
    },
    /// Codes would be made by other data.
    #[error(
        "`rounding` of `weight-bits` makes codes of its own by the data of study `{study}`, which has changed; bring the files of the \
         task back that it was searched with"
    )]
    OtherData {
        /// The study.
        study: String,
    },
    /// The target expresses the plan only approximately, and nobody said that this is enough.
    #[error(
        "`--to {target}` expresses this plan only approximately: {reason}; add --approximate to export it all the same"
    )]
    Approximate {
        /// The target.
        target: String,
        /// In what it differs.
        reason: String,
    },
}

/// Why an export cannot be put where it is to stand.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StagingError {
    /// The place holds something that is not ours to replace.
    #[error("{}: {found}; choose a new folder with --out", out.display())]
    Occupied {
        /// As it was asked for.
        out: PathBuf,
        /// What is there.
        found: String,
    },
    /// Another process exports to it.
    #[error(
        "another process is exporting to {}; wait for it, or choose another folder with --out", .0.display()
    )]
    Busy(PathBuf),
    /// The exporter failed on the way.
    #[error("{source}; nothing was written to {}", out.display())]
    Failed {
        /// Why.
        source: ExportError,
        /// As it was asked for.
        out: PathBuf,
    },
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
