//! Model folders that are none, or of another model.

use std::path::PathBuf;

/// Why a folder is not that of a model.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FolderError {
    /// The one that a profile names cannot be opened.
    #[error(
        "cannot open the model {}: {source}; `model` in the profile is a folder relative to the profile file",
        folder.display()
    )]
    OfProfile {
        /// The folder.
        folder: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The one that a person named cannot be opened.
    #[error("cannot open the model {}: {source}", folder.display())]
    Given {
        /// The folder.
        folder: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The study is on an evaluator that a program brought.
    #[error(
        "study `{study}` was run by a program that brings its own evaluator; run that program again to go on with it"
    )]
    OfProgram {
        /// The study.
        study: String,
    },
    /// The model of a study is in none of the places where it may be.
    #[error(
        "the model `{model}` of study `{study}` is no longer in {last}; say where it is now with --model DIR"
    )]
    Gone {
        /// The model.
        model: String,
        /// The study.
        study: String,
        /// Where it was when the study last ran.
        last: String,
    },
    /// What was searched is no folder of this machine.
    #[error(
        "study `{study}` is on `{model}`, which is no folder here, so that its files cannot be rewritten; `--to plan` takes it as it \
         is, and `--model DIR` names a folder with the same files (`hf download {model} --local-dir DIR`)"
    )]
    NoFolder {
        /// The study.
        study: String,
        /// What the profile says in the place of a folder.
        model: String,
    },
    /// What was searched has no files.
    #[error(
        "study `{study}` is on `{subject}`, which is no model, so that there are no files to write anew; `--to plan` writes what was \
         found, for whoever applies it"
    )]
    NoModel {
        /// The study.
        study: String,
        /// What people call what was searched.
        subject: String,
    },
    /// Another model stands where that of a study was.
    #[error(
        "{} is not the model of study `{study}`: its fingerprint is {found}, the study has {expected}; restore the model, \
         say where it is with --model DIR, or run the study again under another name",
        folder.display()
    )]
    OtherModel {
        /// The folder.
        folder: PathBuf,
        /// The study.
        study: String,
        /// Short hash of the model that is there.
        found: String,
        /// Short hash of the study's.
        expected: String,
    },
    /// A model folder cannot be listed.
    #[error("cannot read {}: {source}", folder.display())]
    Unreadable {
        /// The folder.
        folder: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}
