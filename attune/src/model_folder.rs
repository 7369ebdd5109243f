//! Where the model of a study is: its fingerprint says which one it is, and paths are only hints.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use attune_core::facts::Facts;
use attune_core::store::{RunNote, StudyHeader};
use attune_search::session::whereabouts;

use crate::error::{Error, FolderError};

/// The absolute path of a folder that a person named with `--model`.
pub(crate) fn given(path: &Path) -> Result<PathBuf, Error> {
    path.canonicalize().map_err(|source| Error::input(FolderError::Given { folder: path.to_owned(), source }))
}

/// The folder and the facts of the model that a study is of: where `named` says, else where it was when the study last ran,
/// else below the folder of the store or the working directory, for a project that was moved as a whole.
///
/// # Errors
/// When the model is in none of these places, or what is there is another one.
pub(crate) fn of_study(
    store: &Path,
    header: &StudyHeader,
    notes: &[RunNote],
    named: Option<&Path>,
) -> Result<(PathBuf, Facts), Error> {
    if let Some(path) = named {
        let path = given(path)?;
        let model = attune_eval::registry::inspect(&path).map_err(Error::input)?;
        return same(path, model, header);
    }
    if header.model_path.is_empty() {
        return Err(Error::input(FolderError::OfProgram { study: header.study.clone() }));
    }
    let last = whereabouts(notes).map_or(&header.model_path, |found| &found.model);
    let mut places = [last, &header.model_path].map(PathBuf::from).to_vec();
    places.extend(bases(store).into_iter().flat_map(|base| below(&base, Path::new(last))));
    let mut refusal = None;
    // Looking at a model means hashing its weights, which takes a while: once for each folder.
    let mut seen = BTreeSet::new();
    for path in places.into_iter().filter(|path| path.is_dir() && seen.insert(path.clone())) {
        let found = match attune_eval::registry::inspect(&path) {
            Ok(model) => same(path, model, header),
            Err(error) => Err(Error::input(error)),
        };
        match found {
            Ok(found) => return Ok(found),
            Err(error) => refusal = refusal.or(Some(error)),
        }
    }
    Err(refusal.unwrap_or_else(|| {
        Error::input(FolderError::Gone {
            model: header.model.clone(),
            study: header.study.clone(),
            last: last.clone(),
        })
    }))
}

/// The model in a folder, when it is that of a study.
pub(crate) fn same(path: PathBuf, model: Facts, header: &StudyHeader) -> Result<(PathBuf, Facts), Error> {
    if model.fingerprint == header.model_fingerprint {
        return Ok((path, model));
    }
    Err(Error::input(FolderError::OtherModel {
        folder: path,
        study: header.study.clone(),
        found: model.fingerprint.short(),
        expected: header.model_fingerprint.short(),
    }))
}

/// The folder that holds the store, and the working directory.
pub(crate) fn bases(store: &Path) -> Vec<PathBuf> {
    let store = store.canonicalize().ok().and_then(|store| Some(store.parent()?.to_owned()));
    store.into_iter().chain(std::env::current_dir()).collect()
}

/// What the evaluator of another process runs in a study: what `named` says, else what stands where it was when the study last
/// ran, or what the profile said in the place of a folder. Which one it is, that evaluator says when it has loaded it.
///
/// # Errors
/// When what was a path is none any more.
pub(crate) fn of_worker(
    store: &Path,
    header: &StudyHeader,
    notes: &[RunNote],
    named: Option<&Path>,
) -> Result<PathBuf, Error> {
    if let Some(path) = named {
        return if path.exists() { given(path) } else { Ok(path.to_owned()) };
    }
    let last = whereabouts(notes).map_or(&header.model_path, |found| &found.model);
    if !Path::new(last).is_absolute() {
        return Ok(PathBuf::from(last));
    }
    let moved = bases(store).into_iter().flat_map(|base| below(&base, Path::new(last)));
    let mut places = [last, &header.model_path].map(PathBuf::from).into_iter().chain(moved);
    let gone = || {
        Error::input(FolderError::Gone {
            model: header.model.clone(),
            study: header.study.clone(),
            last: last.clone(),
        })
    };
    places.find(|path| path.exists()).ok_or_else(gone)
}

/// Ever shorter ends of `path` in the folder `base`.
pub(crate) fn below(base: &Path, path: &Path) -> Vec<PathBuf> {
    let parts: Vec<_> = path.iter().skip(1).collect();
    (0..parts.len()).map(|start| base.join(parts[start..].iter().collect::<PathBuf>())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_project_that_moved_has_its_model_at_the_end_of_the_old_path() {
        let found = below(Path::new("/new"), Path::new("/old/project/models/m"));
        assert_eq!(found[0], Path::new("/new/old/project/models/m"));
        assert_eq!(found[2], Path::new("/new/models/m"));
        assert_eq!(found.len(), 4);
    }
}
