//! How a study ended, typed.

use attune_core::event::{Finished, Progress};
use attune_core::report::{Best, FrontMember, Report};
use attune_core::space::Config;
use attune_core::store::StudyHeader;

use crate::error::{Cause, Error};
use crate::point::Point;

/// The outcome of a run.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Outcome {
    /// The study is over.
    Finished(Box<StudyResult>),
    /// It was told to stop; a second run continues it.
    Interrupted {
        /// The study.
        study: String,
        /// How far it is.
        progress: Progress,
    },
}

impl Outcome {
    /// The result; a study that was stopped has none.
    ///
    /// # Errors
    /// [`Cause::Interrupted`].
    pub fn into_result(self) -> Result<StudyResult, Error> {
        match self {
            Self::Finished(result) => Ok(*result),
            Self::Interrupted { study, .. } => Err(Error::run(Cause::Interrupted(study))),
        }
    }
}

/// The result of a study: what was found, beside everything that it has to beat.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct StudyResult {
    /// The study, with the dimensions of its space.
    pub header: StudyHeader,
    /// Counters, time, and the report.
    pub finished: Finished,
}

impl StudyResult {
    pub(super) fn new(header: StudyHeader, finished: Finished) -> Self {
        Self { header, finished }
    }

    /// The winner; with several objectives, the best by the first one.
    pub fn best(&self) -> &Best {
        &self.finished.report.best
    }

    /// Of a study with several objectives, what is best by all of them, by the first objective; else nothing.
    pub fn front(&self) -> &[FrontMember] {
        self.finished.report.front.as_ref().map_or(&[], |front| &front.members)
    }

    /// The whole report: the winner, the front, and what they are compared with.
    pub fn report(&self) -> &Report {
        &self.finished.report
    }

    /// A config of this study, by the names of its dimensions.
    pub fn point<'a>(&'a self, config: &'a Config) -> Point<'a> {
        Point::new(&self.header.dimensions, config)
    }
}
