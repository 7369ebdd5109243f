//! `attune sensitivities`.

use std::path::{Path, PathBuf};

use attune::continuation::Continuation;
use attune::reading::store_of;
use attune::run_options::ContinueOptions;
use attune::{Cause, Study, StudyBuilder, TableFormat};
use attune_core::describe::of_system;
use attune_core::format;

use crate::args::SensitivitiesArgs;
use crate::error::CliError;
use crate::output;
use crate::signals;
use crate::view::progress::ProgressView;

/// The name under which evaluations of a profile that has no study are kept.
const STUDY: &str = "attune-sensitivities";

pub(crate) fn run(store: &Path, args: &SensitivitiesArgs) -> Result<(), CliError> {
    let format = TableFormat::ALL.into_iter().find(|format| format.name() == args.format);
    let format = format.unwrap_or(TableFormat::Csv);
    let bits = Some(&args.bits[..]).filter(|bits| !bits.is_empty());
    if let Some(out) = &args.out {
        writable(out)?;
    }
    let complaints = output::complaints();
    let study = study(store, args)?.store(store).on_complaint(move |words| complaints(words)).build()?;
    study.can_tabulate(format, bits)?;
    let mut view = ProgressView::new(None);
    signals::stop(study.handle(), &study.header().study.clone());
    let tabulated = study.tabulate(&mut |event| view.show(event));
    view.clear();
    let tabulated = tabulated.map_err(|error| match error.cause() {
        Cause::Interrupted(_) => {
            CliError::Interrupted("interrupted; the same command goes on where it was".to_owned())
        }
        _ => error.into(),
    })?;
    let written = tabulated.write(format, bits)?;
    written.notes.iter().for_each(output::note);
    match &args.out {
        None => output::data(&written.text),
        Some(out) => {
            put(out, &written.text).map_err(|error| CliError::Run(cannot(out, &error)))?;
            output::line(format!("{}  {}", out.display(), format::bytes(written.text.len() as f64)))
        }
    }
}

/// The study of the store, or of the profile, that is asked for.
fn study(store: &Path, args: &SensitivitiesArgs) -> Result<StudyBuilder, CliError> {
    let file = PathBuf::from(&args.of);
    let is_profile = file.extension().is_some_and(|extension| extension == "ron") || file.is_file();
    if !is_profile {
        if let Some((key, _)) = args.sets.first() {
            return Err(CliError::Input(format!(
                "--set {key}: study `{}` holds its profile, which nothing changes any more; name a profile, or leave --set out",
                args.of
            )));
        }
        // A name that is no file either is no reason to speak of the files of a store.
        drop(store_of(&args.of, store)?);
        let asked = ContinueOptions {
            base: args.base.clone(),
            model: args.model.clone(),
            workers: args.workers,
            activation_memory: args.activation_memory,
            ..ContinueOptions::new(&args.of, &args.device)
        };
        return Ok(Study::builder().continuation(Continuation::find(store, &asked)?));
    }
    if args.base.is_some() {
        return Err(CliError::Input(
            "--base is for a study of the store: paths in a profile are relative to its file; leave it out"
                .to_owned(),
        ));
    }
    let mut study = Study::builder().profile_file(&file).device(&args.device).name(STUDY);
    for (key, value) in args.sets.iter().cloned() {
        study = study.set(key, value);
    }
    if let Some(model) = &args.model {
        study = study.model(model);
    }
    if let Some(workers) = args.workers {
        study = study.workers(workers);
    }
    Ok(match args.activation_memory {
        Some(bytes) => study.activation_memory(bytes),
        None => study,
    })
}

/// Refuses a file that cannot be written, before anything is measured.
fn writable(out: &Path) -> Result<(), CliError> {
    if out.is_dir() {
        return Err(CliError::Input(format!("--out {} is a folder; name a file", out.display())));
    }
    let folder = folder(out);
    if !folder.is_dir() {
        return Err(CliError::Input(format!(
            "--out {}: there is no folder {}; make it first",
            out.display(),
            folder.display()
        )));
    }
    // A folder that nobody may write into says so now, and not after an hour.
    let part = part(out);
    let tried = std::fs::File::create(&part).and_then(|_| std::fs::remove_file(&part));
    tried.map_err(|error| CliError::Input(cannot(out, &error)))
}

fn folder(out: &Path) -> PathBuf {
    match out.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// Where a file is written before it has its name.
fn part(out: &Path) -> PathBuf {
    let mut name = out.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.part", std::process::id()));
    folder(out).join(name)
}

/// Writes the file whole or not at all.
fn put(out: &Path, text: &str) -> std::io::Result<()> {
    let part = part(out);
    let put = std::fs::write(&part, text).and_then(|()| std::fs::rename(&part, out));
    if put.is_err() {
        // What is left of it is of no use; that it cannot be removed changes nothing.
        drop(std::fs::remove_file(&part));
    }
    put
}

fn cannot(out: &Path, error: &std::io::Error) -> String {
    format!("cannot write {}: {}", out.display(), of_system(error))
}

#[cfg(test)]
mod tests {
    use super::writable;

    #[test]
    fn a_file_that_cannot_be_made_is_refused_first_and_one_that_can_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        // Longer than names of files may be.
        assert!(writable(&folder.path().join("x".repeat(300))).is_err());
        assert!(writable(&folder.path().join("none/table.csv")).is_err());
        assert!(writable(folder.path()).is_err());
        assert!(writable(&folder.path().join("table.csv")).is_ok());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
