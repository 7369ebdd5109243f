//! What the screens ask for.

use attune_core::event::Command;
use attune_core::profile::EvaluatorChoice;

/// A profile as text and the file that it is, or is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DraftFile {
    /// Path of the file, relative to the working directory. Paths inside the profile are relative to it.
    pub path: String,
    /// The whole profile, as RON.
    pub text: String,
}

/// What the screens ask for.
#[derive(Clone, Debug, PartialEq)]
pub enum Request {
    /// The studies in the store. Asked again every few seconds while the home screen is open.
    /// → [`Answer::Studies`](super::Answer::Studies)
    Studies,
    /// Profiles that ship with attune and those in the working directory.
    /// → [`Answer::Profiles`](super::Answer::Profiles)
    Profiles,
    /// What a new study can be made of. → [`Answer::Catalogue`](super::Answer::Catalogue)
    Catalogue,
    /// Facts of a model, without loading its weights. → [`Answer::Model`](super::Answer::Model)
    Model {
        /// The folder, as the profile names it.
        path: String,
        /// Who is to evaluate it, when the profile says so.
        evaluator: Option<EvaluatorChoice>,
        /// The profile's file: `path` is relative to its folder.
        profile: String,
    },
    /// What an evaluator of another process says of itself. It is started for that, which may take seconds.
    /// → [`Answer::Evaluator`](super::Answer::Evaluator)
    Evaluator {
        /// The evaluator, without options.
        evaluator: EvaluatorChoice,
        /// The profile's file: paths in a command are relative to its folder.
        profile: String,
    },
    /// What a technique that is not in the catalogue (a `.wasm` file) says about itself.
    /// → [`Answer::Technique`](super::Answer::Technique)
    Technique {
        /// The name, as the profile gives it.
        name: String,
        /// The profile's file: a path is relative to its folder.
        profile: String,
    },
    /// What is in a folder. → [`Answer::Folder`](super::Answer::Folder)
    Folder {
        /// The folder; empty is the profile's own.
        folder: String,
        /// The profile's file: `folder` is relative to its folder.
        profile: String,
    },
    /// Reads a profile. → [`Answer::Profile`](super::Answer::Profile)
    Load {
        /// Its file.
        path: String,
    },
    /// Checks a profile that may not be on disk yet, without evaluating anything: files, model, options, the
    /// technique's space. A check that waits while a newer one is asked for has no answer.
    /// → [`Answer::Checked`](super::Answer::Checked), then [`Answer::Counted`](super::Answer::Counted)
    Check {
        /// Returned with the answer: only the newest check counts.
        ticket: u64,
        /// The profile.
        draft: DraftFile,
    },
    /// Measures how long a trial takes, by one real evaluation. Slow. → [`Answer::Timed`](super::Answer::Timed)
    Time {
        /// Returned with the answer.
        ticket: u64,
        /// The profile.
        draft: DraftFile,
        /// As `--device`.
        device: String,
    },
    /// Writes a profile. → [`Answer::Saved`](super::Answer::Saved)
    Save {
        /// The profile.
        draft: DraftFile,
        /// Whether an existing file may be replaced.
        replace: bool,
    },
    /// Starts or continues the study of a profile in this process, as `attune run` does.
    /// → [`Answer::Opened`](super::Answer::Opened), then [`Answer::Event`](super::Answer::Event)s until
    /// `Finished` or `Interrupted`, then [`Answer::Ended`](super::Answer::Ended)
    Launch {
        /// The profile's file.
        profile: String,
        /// The study's name when it is not the profile's.
        study: Option<String>,
        /// As `--device`.
        device: String,
    },
    /// Goes on in this process with a study of the store, with the profile that it holds, as `attune continue` does.
    /// Answered as [`Launch`](Self::Launch)
    Continue {
        /// Its name.
        study: String,
        /// As `--device`.
        device: String,
    },
    /// Opens a study of the store for reading; one that another process runs is watched by tailing its
    /// journal. → [`Answer::Opened`](super::Answer::Opened), then, when it runs,
    /// [`Answer::Event`](super::Answer::Event)s until [`Leave`](Self::Leave)
    Open {
        /// Its name.
        study: String,
    },
    /// Nobody looks at a watched study any more. No answer. Events of a study that *this* process runs keep
    /// coming all the same.
    Leave {
        /// Its name.
        study: String,
    },
    /// Removes a study from the store; what it evaluated stays in the cache. Refused while somebody works on it.
    /// → [`Answer::Changed`](super::Answer::Changed)
    Remove {
        /// Its name.
        study: String,
    },
    /// Gives a study another name. Refused while somebody works on it. → [`Answer::Changed`](super::Answer::Changed)
    Rename {
        /// Its name.
        study: String,
        /// Its new name.
        to: String,
    },
    /// Makes a second study of one: its trials so far, under another name.
    /// → [`Answer::Changed`](super::Answer::Changed)
    Clone {
        /// Its name.
        study: String,
        /// The name of the second one.
        to: String,
    },
    /// A command to a study that this process runs. No answer: its events tell.
    Command {
        /// Its name.
        study: String,
        /// What it is to do.
        command: Command,
    },
    /// Which exporters can express a trial's plan. → [`Answer::Targets`](super::Answer::Targets)
    Targets {
        /// The study.
        study: String,
        /// The trial; `None` is the winner.
        trial: Option<u64>,
    },
    /// Exports a trial, as `attune export` does. → [`Answer::Exported`](super::Answer::Exported)
    Export {
        /// The study.
        study: String,
        /// The trial; `None` is the winner.
        trial: Option<u64>,
        /// The target's name.
        to: String,
        /// A new or empty folder.
        out: String,
        /// The person has seen that the target expresses the plan only approximately.
        approximate: bool,
    },
}
