//! Profiles: read, with what is said beside them, and checked against what evaluators take.

use std::path::{Path, PathBuf};

use attune_core::profile::Profile;

use super::{ChosenTarget, ChosenTask, tasks};
use crate::error::{Cause, Error, PathError};
use crate::model_folder;
use crate::paths;
use crate::run_options::ProfileOptions;

/// The longest profile, in bytes: a thousand times what people write.
pub const PROFILE_BYTES: u64 = 1 << 20;

/// Reads a profile, with the values that stand in the place of its own.
///
/// # Errors
/// When it cannot be read or does not describe a study, or names a place that is not on this machine.
pub fn profile(args: &ProfileOptions) -> Result<Profile, Error> {
    let mut sets = args.sets.clone();
    sets.extend(args.seed.map(|seed| ("seed".to_owned(), seed.to_string())));
    sets.extend(args.trials.map(|trials| ("trials".to_owned(), trials.to_string())));
    let mut read = ReadProfile::of_file(&args.file, sets)?;
    if let Some(model) = &args.model {
        read.profile.model = model_text(model, &read.profile)?;
    }
    read.checked()
}

/// Reads a profile for a form, which asks a program that is its evaluator by itself and says what is wrong with it beside the
/// field that names it: where people can mend that.
///
/// # Errors
/// As [`profile`], but for what only the program knows.
#[cfg(feature = "backend")]
pub(crate) fn profile_for_form(file: &Path) -> Result<Profile, Error> {
    let read = ReadProfile::of_file(file, Vec::new())?;
    if crate::factory::is_worker(&read.profile) {
        on_this_machine(&read.name, &read.profile)?;
        return Ok(read.profile);
    }
    read.checked()
}

/// A profile that has been read; whether its evaluator takes what it says is still to be seen.
pub(crate) struct ReadProfile {
    pub(crate) profile: Profile,
    /// The file that its paths are relative to, which need not exist.
    pub(crate) file: PathBuf,
    /// What messages call it.
    name: String,
    /// What it was read from.
    text: String,
    sets: Vec<(String, String)>,
}

impl ReadProfile {
    /// The profile in a file.
    pub(crate) fn of_file(file: &Path, sets: Vec<(String, String)>) -> Result<Self, Error> {
        let text = attune_files::text(file, PROFILE_BYTES)
            .map_err(|source| Error::input(Cause::ProfileFile { source }))?;
        Self::of_text(file, file.display().to_string(), text, sets)
    }

    /// The profile that a text says, as if it stood in `file`.
    pub(crate) fn of_text(
        file: &Path,
        name: String,
        text: String,
        sets: Vec<(String, String)>,
    ) -> Result<Self, Error> {
        let profile = Profile::parse(&name, &text, &sets).map_err(Error::input)?;
        Ok(Self { profile, file: file.to_owned(), name, text, sets })
    }

    /// A profile of typed values, likewise.
    pub(crate) fn of_values(file: &Path, profile: Profile) -> Self {
        let name = "the profile".to_owned();
        Self { profile, file: file.to_owned(), name, text: String::new(), sets: Vec::new() }
    }

    /// The profile, once its paths can be on this machine and its evaluator takes what it says.
    pub(crate) fn checked(self) -> Result<Profile, Error> {
        let Self { profile, file, name, text, sets } = self;
        on_this_machine(&name, &profile)?;
        let base = file.parent().unwrap_or(Path::new(""));
        let chosen = ChosenTarget::of(&profile).and_then(|_| ChosenTask::of(&profile, base));
        chosen.map_err(|fault| {
            let path = fault.path.replace("[\"", ".").replace("\"]", "");
            let set = sets.iter().any(|(key, _)| *key == path);
            Error::input(if set { fault.of_set() } else { fault.of_file(&name, &text) })
        })?;
        Ok(profile)
    }
}

/// The absolute path of a model folder, as a profile keeps it; what an evaluator may take in its place, as it is.
pub(crate) fn model_text(folder: &Path, profile: &Profile) -> Result<String, Error> {
    match profile.evaluator.is_some() && !folder.exists() {
        true => paths::text(folder),
        false => paths::text(&model_folder::given(folder)?),
    }
}

/// Refuses a URL where a path is expected.
fn on_this_machine(file: &str, profile: &Profile) -> Result<(), Error> {
    for (key, path) in profile.paths(&tasks()) {
        if let Some(problem) = paths::elsewhere(&path) {
            return Err(Error::input(PathError::Remote { file: file.to_owned(), key, path, problem }));
        }
    }
    Ok(())
}
