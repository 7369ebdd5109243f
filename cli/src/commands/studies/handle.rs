//! `attune studies rm|mv|cp`.

use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::path::Path;

use attune::summary::Summary;
use attune_core::profile::Profile;
use attune_core::store::{Record, StoreError};
use attune_store::ReadStore;

use crate::args::StudiesCommand;
use crate::error::CliError;
use crate::output;

pub(crate) fn run(path: &Path, command: &StudiesCommand) -> Result<(), CliError> {
    match command {
        StudiesCommand::Rm { studies, yes } => remove(path, studies, *yes),
        StudiesCommand::Mv { study, to } => {
            attune_store::rename(path, study, to).map_err(refused)?;
            output::line(format!("{study} is {to} now"))
        }
        StudiesCommand::Cp { study, to } => {
            attune_store::copy(path, study, to).map_err(refused)?;
            output::line(format!("{to} is a copy of {study}"))
        }
    }
}

/// What cannot be done to a study that somebody works on is a matter of what was typed.
fn refused(error: StoreError) -> CliError {
    match error {
        StoreError::StudyBusy { study, owner } => CliError::Input(format!(
            "study `{study}` is being run by another process{owner}; stop it there, or wait for it"
        )),
        other => attune::Error::from(other).into(),
    }
}

fn remove(path: &Path, studies: &[String], yes: bool) -> Result<(), CliError> {
    let store = ReadStore::open(path).map_err(CliError::input)?;
    for study in studies {
        let about = about(&store, study)?;
        if !yes && std::io::stdin().is_terminal() {
            if !agreed(&about)? {
                output::line(format!("{study} stays"))?;
                continue;
            }
        } else if !yes {
            output::line(format!("would remove {about}"))?;
            continue;
        }
        attune_store::remove(path, study).map_err(refused)?;
        output::line(format!("removed {about}"))?;
    }
    if yes || std::io::stdin().is_terminal() {
        return Ok(());
    }
    Err(CliError::Input("nothing was removed, because nobody could be asked; add --yes".to_owned()))
}

/// What goes with a study, and who misses it.
fn about(store: &ReadStore, study: &str) -> Result<String, CliError> {
    let records = match store.records(study) {
        Ok(records) => records,
        Err(error @ (StoreError::UnknownStudy { .. } | StoreError::BadName { .. })) => {
            return Err(attune::Error::from(error).into());
        }
        // A journal that cannot be read can still be removed.
        Err(error) => return Ok(format!("study `{study}`, whose journal cannot be read ({error})")),
    };
    let notes = store.notes_on(study).unwrap_or_default();
    let state = Summary::of(&records, &notes)
        .map_or_else(String::new, |summary| format!(": {} trials, {}", summary.trials, summary.state()));
    let followers: Vec<String> = store
        .studies()
        .map_err(CliError::run)?
        .into_iter()
        .filter(|other| other != study && starts_from(store, other, study))
        .map(|other| format!("`{other}`"))
        .collect();
    let followers = match followers.as_slice() {
        [] => String::new(),
        some => format!("; {} cannot go on without it", some.join(", ")),
    };
    Ok(format!("study `{study}`{state}; what it evaluated stays in the cache{followers}"))
}

fn starts_from(store: &ReadStore, study: &str, start: &str) -> bool {
    let Ok(records) = store.records(study) else { return false };
    let Some(Record::Header(header)) = records.first() else { return false };
    let profile = Profile::from_identity(&header.profile, study, 1).ok();
    profile.and_then(|profile| profile.start).is_some_and(|found| found.study == start)
}

fn agreed(about: &str) -> Result<bool, CliError> {
    let ask = || {
        let mut stderr = std::io::stderr();
        write!(stderr, "remove {about}? [y/N] ")?;
        stderr.flush()?;
        let mut answer = String::new();
        std::io::stdin().lock().read_line(&mut answer)?;
        Ok::<_, std::io::Error>(answer)
    };
    let answer = ask().map_err(|error| CliError::Run(format!("cannot ask whether to remove it: {error}")))?;
    Ok(matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
}
