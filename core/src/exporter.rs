//! The exporter: turns (model, plan) into files that another engine loads. Pure bytes out.

mod file_sink;

pub use file_sink::{FileSink, OpenFile};

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io;
use std::ops::Range;
use std::sync::Arc;

use crate::describe;
use crate::facts::Facts;
use crate::options::Settings;
use crate::plan::{Edit, Plan};
use crate::stats::Estimate;
use crate::technique::Cost;

/// Read access to the files of the model without edits.
///
/// ```
/// use std::borrow::Cow;
/// use std::collections::BTreeMap;
///
/// use attune_core::exporter::ModelFiles;
///
/// /// Files that are in memory.
/// struct InMemory(BTreeMap<String, Vec<u8>>);
///
/// impl ModelFiles for InMemory {
///     fn names(&self) -> Vec<String> {
///         self.0.keys().cloned().collect()
///     }
///
///     fn read(&self, name: &str) -> std::io::Result<Cow<'_, [u8]>> {
///         let found = self.0.get(name).map(|bytes| Cow::Borrowed(bytes.as_slice()));
///         found.ok_or_else(|| std::io::ErrorKind::NotFound.into())
///     }
/// }
///
/// let files = InMemory(BTreeMap::from([("config.json".to_owned(), b"{}".to_vec())]));
/// assert_eq!(&*files.read("config.json")?, b"{}");
/// # Ok::<(), std::io::Error>(())
/// ```
pub trait ModelFiles {
    /// Relative names of all files, in name order.
    fn names(&self) -> Vec<String>;

    /// The bytes of one file (mapped where possible).
    ///
    /// # Errors
    /// Whatever reading it yields.
    fn read(&self, name: &str) -> io::Result<Cow<'_, [u8]>>;

    /// Bytes of one file. Files of weights may be larger than memory: what reads a part alone says so by this and
    /// [`read_part`](Self::read_part).
    ///
    /// # Errors
    /// As [`read`](Self::read).
    fn size(&self, name: &str) -> io::Result<u64> {
        self.read(name).map(|bytes| bytes.len() as u64)
    }

    /// Some bytes of one file.
    ///
    /// # Errors
    /// As [`read`](Self::read), and [`UnexpectedEof`](io::ErrorKind::UnexpectedEof) for bytes that it does not have.
    fn read_part(&self, name: &str, part: Range<u64>) -> io::Result<Cow<'_, [u8]>> {
        let place = |at: u64| usize::try_from(at).map_err(io::Error::other);
        let (first, end) = (place(part.start)?, place(part.end)?);
        let short = || io::Error::from(io::ErrorKind::UnexpectedEof);
        match self.read(name)? {
            Cow::Borrowed(bytes) => bytes.get(first..end).map(Cow::Borrowed).ok_or_else(short),
            Cow::Owned(bytes) => {
                bytes.get(first..end).map(|part| Cow::Owned(part.to_vec())).ok_or_else(short)
            }
        }
    }

    /// What the evaluator that scored the plan chose for one of its edits, part by part; `None` where it did not, or nobody asked it.
    fn chosen(&self, edit: &Edit) -> Option<&[Arc<[u8]>]> {
        let _ = edit;
        None
    }
}

/// Where an exported plan comes from.
#[derive(Clone, Debug, PartialEq)]
pub struct Provenance {
    /// Study name.
    pub study: String,
    /// Trial in it.
    pub trial: u64,
    /// Technique, its version and the hash of its component.
    pub technique: String,
    /// Seed of the study.
    pub seed: u64,
    /// Element type and backend of the scores.
    pub numerics: String,
    /// What the plan costs.
    pub costs: Vec<Cost>,
    /// Aggregated metrics on the selection split.
    pub search: BTreeMap<String, f64>,
    /// Metrics on the report split; empty for a trial that was not the winner.
    pub report: BTreeMap<String, Estimate>,
}

/// What is to be exported.
pub struct ExportInput<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// Facts of the model.
    pub model: &'a Facts,
    /// Its files.
    pub files: &'a dyn ModelFiles,
    /// Where the plan comes from.
    pub provenance: &'a Provenance,
}

/// How well a target expresses a plan that it takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Exactness {
    /// The exported model computes what was scored, up to the rounding of the engine's own arithmetic.
    Exact,
    /// The exported model differs from what was scored.
    Approximate {
        /// In what, and what would make it exact.
        reason: String,
    },
}

/// Why an export is not made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExportError {
    /// The target cannot express an edit.
    #[error("`--to {target}` cannot express the edit {edit}: {reason}")]
    Inexpressible {
        /// The exporter.
        target: &'static str,
        /// The edit, in its canonical text form.
        edit: String,
        /// Why, and what would work.
        reason: String,
    },
    /// A file of the model is not as expected.
    #[error("{file}: {found}; expected {expected}")]
    BadModel {
        /// The file and the place in it.
        file: String,
        /// What was found.
        found: String,
        /// What was expected.
        expected: String,
    },
    /// Reading the model or writing the result failed.
    #[error("cannot {action} {file}: {}", describe::of_system(source))]
    Io {
        /// What was tried.
        action: &'static str,
        /// Path of the file, as the message names it.
        file: String,
        /// Why.
        source: io::Error,
    },
}

/// Turns a plan into files for one engine or format.
///
/// ```
/// use attune_core::exporter::{Exactness, ExportError, ExportInput, Exporter, FileSink};
/// use attune_core::facts::Facts;
/// use attune_core::plan::Plan;
///
/// /// The canonical text of a plan, for people.
/// struct Text;
///
/// impl Exporter for Text {
///     fn name(&self) -> &'static str {
///         "text"
///     }
///
///     fn summary(&self) -> &'static str {
///         "plan.txt: the edits, one a line"
///     }
///
///     fn check(&self, _plan: &Plan, _model: &Facts) -> Result<Exactness, ExportError> {
///         // A text says everything that a plan says.
///         Ok(Exactness::Exact)
///     }
///
///     fn export(&self, input: &ExportInput<'_>, sink: &mut dyn FileSink) -> Result<(), ExportError> {
///         sink.write("plan.txt", input.plan.canonical().as_bytes())
///             .map_err(|source| ExportError::Io { action: "write", file: "plan.txt".to_owned(), source })
///     }
/// }
/// ```
pub trait Exporter: Send + Sync {
    /// The word after `--to`.
    fn name(&self) -> &'static str;

    /// What it writes and who reads it, in one sentence.
    fn summary(&self) -> &'static str;

    /// How well this target can express `plan`.
    ///
    /// # Errors
    /// [`ExportError::Inexpressible`], naming the edit.
    fn check(&self, plan: &Plan, model: &Facts) -> Result<Exactness, ExportError>;

    /// Whether the config of the model is one that `plan` can be written for: what [`export`](Self::export) will say of it, said
    /// before a search. Weights are not read, so that it is cheap.
    ///
    /// # Errors
    /// [`ExportError::BadModel`] of its config, or as [`check`](Self::check).
    fn check_config(&self, _plan: &Plan, _model: &Facts, _files: &dyn ModelFiles) -> Result<(), ExportError> {
        Ok(())
    }

    /// Bytes that everything but the linear modules takes in the files that it writes, headers not counted, where it does not write
    /// that as it is stored: embeddings and norms in another type, or in other tensors. Weights are not read, so that it is cheap.
    /// `None` where all of it is written as it is, or where that cannot be known.
    fn other_bytes(&self, _model: &Facts, _files: &dyn ModelFiles) -> Option<u64> {
        None
    }

    /// What a technique should hear of this target beside its description because of the model: facts by name, as
    /// `target-KIND-key-order`.
    fn facts(&self, _model: &Facts) -> Settings {
        Settings::new()
    }

    /// Tensors begin at multiples of this many bytes in the files that it writes, and the gaps are part of them; 1 where there are none.
    fn alignment(&self) -> u32 {
        1
    }

    /// Whether it writes what the evaluator chose for edits of `plan` ([`ModelFiles::chosen`]), which has to be asked for before.
    fn reads_choices(&self, plan: &Plan) -> bool {
        let _ = plan;
        false
    }

    /// Writes the files, after [`check`](Self::check).
    ///
    /// # Errors
    /// See [`ExportError`]; files already written are left to the caller.
    fn export(&self, input: &ExportInput<'_>, sink: &mut dyn FileSink) -> Result<(), ExportError>;
}
