//! `attune export --verify`: the engine runs what was exported, and is compared with what was scored.
//!
//! That a folder loads proves little: engines pass over what they do not know. So the engine's distributions of the next token are
//! compared with those that the study's evaluator computes for the plan, on report items, and the same export without the plan
//! has to be farther from them than an engine may be.

mod beside;
mod document;
mod engine;
mod made;
mod outputs;
mod readback;
mod verdict;

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use attune_core::exporter::{FileSink, OpenFile};
use attune_core::plan::Plan;
use attune_vocabulary::ModelEdit as _;
use attune_vocabulary::edits::{ActivationBits, KvBits};

use super::{PLAN, Ready};
use crate::engines::{Answered, Made, Question};
use crate::error::{EngineError, Error, VerifyError};
use crate::run_options::ExportOptions;
use crate::setup::Complaints;
use beside::Beside;
use engine::Asked;
pub use verdict::{Bound, Verdict};

/// The most report items that are compared, the first ones.
const ITEMS: u32 = 8;
/// The most positions of a sequence, evenly spread: early ones see what late ones do not (a window that is too short), and the
/// other way round.
const POSITIONS: u32 = 16;

/// What came of asking an engine.
#[derive(Clone, Debug, PartialEq)]
pub struct Verification {
    /// The target.
    pub target: &'static str,
    /// Whether it computes what was scored.
    pub verdict: Verdict,
    /// Why, in a sentence.
    pub why: String,
    /// The engine that was asked.
    pub engine: String,
    /// Its version.
    pub version: String,
    /// Who computed what it is compared with: name and numerics.
    pub evaluator: String,
    /// In what the export is approximate, if it is.
    pub approximate: Option<String>,
    /// Report items that were compared.
    pub items: u32,
    /// The differences; `None` where the plan itself was read back.
    pub answered: Option<Answered>,
    /// What the engine makes of the document that was exported, where it makes a checkpoint and runs none.
    pub made: Option<Made>,
    /// How far the engine may be from the evaluator.
    pub bound: Bound,
}

/// As [`write`](super::write), and has an engine of the target run what was written. The result is written into its
/// manifest, too. Everything that can be missing is looked for before anything is written; `tell` hears what takes long.
///
/// # Errors
/// As there; when no engine of the target is installed, it refuses the folder, which its manifest then says, or the study's evaluator
/// hands out nothing to compare with. That the engine computes something else is no error but a [`Verdict`].
pub fn write_verified(
    store: &Path,
    args: &ExportOptions,
    tell: Complaints,
) -> Result<(Vec<(PathBuf, u64)>, Verification), Error> {
    let ready = Ready::find(store, args)?;
    if ready.target.description.name == PLAN {
        return readback::write(&ready);
    }
    let asked = Asked::find(ready.target.description)?;
    if asked.makes {
        return made::write(&ready, &asked, &tell);
    }
    tell("computing what the plan computes, with the study's evaluator".to_owned());
    let (reference, opened) = outputs::of_plan(store, args, &ready.chosen.plan, tell.clone())?;
    let beside = Beside::make(&args.out)?;
    let file = beside
        .write("reference.safetensors", &attune_export::reference(&reference.rows).map_err(Error::run)?)?;
    drop(reference.rows);
    let files = ready.write(Some(opened))?;
    let control = control(&ready, &beside)?;
    tell(format!("running it in {} {}", asked.name, asked.version));
    // Code that comes with the model is not run because somebody exports it; code of the exporter is.
    let run_code = has_code(&args.out) && !has_code(&ready.chosen.model_folder);
    let model = absolute(&ready.chosen.model_folder)?;
    let question = Question {
        engine: asked.name,
        folder: &args.out,
        model: &model,
        reference: &file,
        control: &control,
        run_code,
    };
    let answered = answer(asked.engines.verify(&question), &args.out, &beside)?;
    let bound = Bound::of(&ready.exactness, ready.target.description.tolerance);
    let (verdict, why) = verdict::of(&answered, bound, rounds_on_the_way(&ready.chosen.plan));
    let verification = Verification {
        target: ready.target.description.name,
        verdict,
        why,
        engine: asked.name.to_owned(),
        version: answered.version.clone(),
        evaluator: reference.evaluator,
        approximate: verdict::approximate(&ready.exactness),
        items: reference.items,
        answered: Some(answered),
        made: None,
        bound,
    };
    note(&args.out, &verification.document(), &beside)?;
    Ok((files, verification))
}

/// What the engine answered; a refusal is noted in the manifest as well.
fn answer<T>(said: Result<T, EngineError>, out: &Path, beside: &Beside) -> Result<T, Error> {
    said.or_else(|source| {
        if let EngineError::Refused { engine, version, message } = &source {
            note(out, &document::refused(engine, version, message), beside)?;
        }
        Err(Error::run(VerifyError::Unanswered { source, out: out.to_owned() }))
    })
}

/// The folder of the same model without the plan: an export of the empty plan where the target writes one, else the model itself.
fn control(ready: &Ready<'_>, beside: &Beside) -> Result<PathBuf, Error> {
    let (empty, model) = (Plan::empty(), &ready.chosen.model);
    if ready.target.exporter.check(&empty, model).is_err() {
        return Ok(ready.chosen.model_folder.clone());
    }
    let folder = beside.folder("control")?;
    let result = ready.export(&ready.files, &empty, &mut InFolder(folder.clone()));
    result.map_err(|error| Error::run(VerifyError::Control(error)))?;
    Ok(folder)
}

/// Writes files where they stay, in a folder that nobody else knows.
struct InFolder(PathBuf);

/// One of them.
struct InFile(File);

impl FileSink for InFolder {
    fn begin(&mut self, name: &str) -> io::Result<Box<dyn OpenFile + '_>> {
        Ok(Box::new(InFile(File::create_new(self.0.join(name))?)))
    }
}

impl Write for InFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl OpenFile for InFile {
    fn finish(self: Box<Self>) -> io::Result<()> {
        Ok(())
    }
}

fn absolute(path: &Path) -> Result<PathBuf, Error> {
    std::path::absolute(path)
        .map_err(|source| Error::run(VerifyError::Io { action: "find", path: path.to_owned(), source }))
}

/// Whether a plan rounds numbers that the model computes on its way.
fn rounds_on_the_way(plan: &Plan) -> bool {
    plan.edits().iter().any(|edit| [KvBits::KIND, ActivationBits::KIND].contains(&edit.kind.as_str()))
}

/// Whether the config.json of a folder names Python code beside it.
fn has_code(folder: &Path) -> bool {
    let config = fs::read(folder.join("config.json")).unwrap_or_default();
    let config: serde_json::Value = serde_json::from_slice(&config).unwrap_or_default();
    config.get("auto_map").is_some()
}

/// Writes the result into the manifest of the export, where it has one that tells of more than the plan.
fn note(out: &Path, verified: &serde_json::Value, beside: &Beside) -> Result<(), Error> {
    let manifest = out.join(attune_export::MANIFESTS[0]);
    let failed = |action| {
        let path = manifest.clone();
        move |source| Error::run(VerifyError::Io { action, path, source })
    };
    if !manifest.exists() {
        return Ok(());
    }
    let bytes = fs::read(&manifest).map_err(failed("read"))?;
    let written = attune_export::with_verified(&bytes, verified).map_err(Error::run)?;
    // Beside it first: a manifest is whole at any time.
    let part = beside.write("manifest.json", &written)?;
    fs::rename(&part, &manifest).map_err(failed("write"))
}
