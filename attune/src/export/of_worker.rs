//! The model of a study that an evaluator of another process ran. What it is, that evaluator knows.

use std::path::{Path, PathBuf};

use attune_core::facts::Facts;
use attune_eval::registry;

use crate::continuation::Continuation;
use crate::error::{Error, FolderError};
use crate::model_folder;
use crate::reading::StoredStudy;
use crate::run_options::ContinueOptions;
use crate::setup::{self, ChosenTask};

/// What has to be known of a model that is exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// Which one it is.
    Name,
    /// What it is made of, to see what could be exported.
    Facts,
    /// That its files are those that were scored.
    Weights,
}

/// Where the model of such a study is, and its facts. To prove that the files are the same, the evaluator loads them.
pub(super) fn subject(
    store: &Path,
    stored: &StoredStudy,
    named: Option<&Path>,
    need: Need,
) -> Result<(PathBuf, Facts), Error> {
    let StoredStudy { header, notes, .. } = stored;
    let nowhere = header.model_path.is_empty() && named.is_none();
    if nowhere && need == Need::Weights {
        let (study, subject) = (header.study.clone(), header.model.clone());
        return Err(Error::input(FolderError::NoModel { study, subject }));
    }
    if nowhere || need == Need::Name {
        let folder = PathBuf::from(&header.model_path);
        let unknown = || Facts {
            name: header.model.clone(),
            fingerprint: header.model_fingerprint,
            values: Default::default(),
        };
        let facts = registry::outline(&folder).map(|outline| outline.facts(header.model_fingerprint));
        return Ok((folder, facts.unwrap_or_else(|_| unknown())));
    }
    let folder = model_folder::of_worker(store, header, notes, named)?;
    if !folder.is_dir() {
        return Err(Error::input(FolderError::NoFolder {
            study: header.study.clone(),
            model: folder.display().to_string(),
        }));
    }
    // A family that this build knows is described by its folder alone.
    let known = registry::outline(&folder).ok().map(|outline| outline.facts(header.model_fingerprint));
    if let (Need::Facts, Some(facts)) = (need, &known) {
        return Ok((folder, facts.clone()));
    }
    let asked =
        ContinueOptions { model: named.map(Path::to_owned), ..ContinueOptions::new(&header.study, "auto") };
    let Continuation { args, profile } = Continuation::find(store, &asked)?;
    let base = args.profile.parent().unwrap_or(Path::new(""));
    let chosen = ChosenTask::of(&profile, base).map_err(Error::input)?;
    let prepared = chosen.prepare(&args, &chosen.data(&profile, base), &folder, setup::nowhere())?;
    let facts = known.unwrap_or_else(|| prepared.outline().facts(header.model_fingerprint));
    if need == Need::Facts {
        return Ok((folder, facts));
    }
    let evaluator = prepared.load(&|_| ()).map_err(Error::input)?;
    let fingerprint = evaluator.model().fingerprint;
    model_folder::same(folder, Facts { fingerprint, ..facts }, header)
}
