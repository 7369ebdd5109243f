//! The folder that the paths of a stored profile start from: where the profile was, unless that moved.

use std::path::{Path, PathBuf};

use attune_core::profile::Profile;

use crate::error::{ContinueError, Error};
use crate::model_folder::{bases, below};
use crate::setup::tasks;

/// Where a study's profile would be in the folder `base`, which a person named.
///
/// # Errors
/// When something that the profile names is not there.
pub(crate) fn named(base: &Path, study: &str, profile: &Profile) -> Result<PathBuf, Error> {
    match missing(profile, base) {
        None => Ok(base.join(format!("{study}.ron"))),
        Some(path) => Err(Error::input(ContinueError::WrongBase {
            study: study.to_owned(),
            missing: base.join(&path),
            path,
        })),
    }
}

/// Where a study's profile is that was `last` there: in the same place, else below the folder of the store or the working
/// directory, for a project that was moved as a whole.
///
/// # Errors
/// When what the profile names is in none of these places.
pub(crate) fn find(store: &Path, study: &str, profile: &Profile, last: &Path) -> Result<PathBuf, Error> {
    let folder = last.parent().unwrap_or(Path::new(""));
    let moved = bases(store).into_iter().flat_map(|base| {
        let mut inside = below(&base, folder);
        inside.push(base);
        inside
    });
    let mut places = std::iter::once(folder.to_owned()).chain(moved);
    let Some(path) = missing(profile, folder) else { return Ok(last.to_owned()) };
    if let Some(place) = places.find(|place| missing(profile, place).is_none()) {
        return Ok(place.join(last.file_name().unwrap_or_default()));
    }
    let (study, missing) = (study.to_owned(), folder.join(&path));
    Err(Error::input(if Path::new(&path).is_absolute() {
        ContinueError::FileGone { study, missing }
    } else {
        ContinueError::BaseGone { study, missing, path }
    }))
}

/// The first file that a profile in the folder `base` names and that is not there. The model is looked for by itself.
fn missing(profile: &Profile, base: &Path) -> Option<String> {
    let paths = profile.paths(&tasks()).into_iter().filter(|(key, _)| key != "model");
    paths.map(|(_, path)| path).find(|path| !base.join(path).exists())
}
