//! Why a study cannot be continued.

use std::path::PathBuf;

use attune_core::printable::quoted;

/// Why a study cannot be continued from what the store holds of it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ContinueError {
    /// The journal does not begin with the study's header.
    #[error("the journal of study `{study}` has no header; see `attune doctor`")]
    NoHeader {
        /// The study.
        study: String,
    },
    /// Nobody noted where the profile was.
    #[error(
        "study `{study}` was made by an attune that did not note where its profile was, and paths in the profile are \
         relative to that; name the folder with --base DIR, or run the profile itself once more"
    )]
    UnknownBase {
        /// The study.
        study: String,
    },
    /// The folder that a person named has not what the profile names.
    #[error(
        "there is no {} for study `{study}`: `{}` of its profile is looked for in the folder of --base; name the one \
         that the profile was in, or its copy",
        missing.display(),
        quoted(path)
    )]
    WrongBase {
        /// The study.
        study: String,
        /// The file that is missing.
        missing: PathBuf,
        /// As the profile names it.
        path: String,
    },
    /// Something that the profile names by an absolute path is gone.
    #[error(
        "{} of study `{study}` is no longer there, and its profile names it by this very path: put it back",
        missing.display()
    )]
    FileGone {
        /// The study.
        study: String,
        /// What is missing.
        missing: PathBuf,
    },
    /// Something that the profile names is no longer where the profile was, and nowhere else that is looked at.
    #[error(
        "{} of study `{study}` is no longer there: its profile names it as `{}`, relative to its own folder; say where \
         that folder is now with --base DIR, or run the profile from there (on the screens: open it with Enter and launch \
         it)",
        missing.display(),
        quoted(path)
    )]
    BaseGone {
        /// The study.
        study: String,
        /// What is missing.
        missing: PathBuf,
        /// As the profile names it.
        path: String,
    },
}

/// There is no store to look for a study in.
#[derive(Debug, thiserror::Error)]
#[error(
    "there is no study `{study}`: there is no store in {} yet; `attune run PROFILE` makes it, `--store DIR` names \
     another one",
    path.display()
)]
pub struct NoStore {
    /// The study.
    pub study: String,
    /// Where the store would be.
    pub path: PathBuf,
}
