//! Why a study cannot start from a trial of another one.

/// Why a study cannot start from a trial of another one.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// That study is of another model.
    #[error(
        "start.study: study `{study}` is of model `{its}` ({its_fingerprint}), and this one of `{this}` ({fingerprint}); \
         start from a study of the same model"
    )]
    OtherModel {
        /// The other study.
        study: String,
        /// Its model.
        its: String,
        /// Short hash of its model.
        its_fingerprint: String,
        /// The model of the study that is to start.
        this: String,
        /// Short hash of that.
        fingerprint: String,
    },
    /// There is no such study.
    #[error(
        "start.study: there is no study `{study}` in the store; run it first, or name one that `attune studies` lists"
    )]
    NoStudy {
        /// What was asked for.
        study: String,
    },
    /// That study has no winner yet.
    #[error(
        "start.study: study `{study}` is not finished; bring it to its end with `attune continue {study}`, or choose a \
         trial with `start.trial`"
    )]
    Unfinished {
        /// The other study.
        study: String,
    },
    /// That study has no such trial.
    #[error("start.trial: study `{study}` has no trial {trial}")]
    NoTrial {
        /// The other study.
        study: String,
        /// What was asked for.
        trial: u64,
    },
}

impl StartError {
    /// The key of the profile that is to blame.
    pub fn key(&self) -> &'static str {
        match self {
            Self::NoTrial { .. } => "start.trial",
            Self::OtherModel { .. } | Self::NoStudy { .. } | Self::Unfinished { .. } => "start.study",
        }
    }
}
