//! Whether the name of a study is free in a store, or that of the same study.

use std::path::Path;

use attune_core::hash::ContentHash;
use attune_core::profile::{self, Profile, Selected};
use attune_core::sensitivity::GivenTable;
use attune_core::store::{self, Record, StoreError, StudyHeader};
use attune_search::session::Preflight;
use attune_store::ReadStore;

use crate::setup;

/// What a study would be, as far as that is known without its evaluator.
pub(super) fn header(profile: &Profile, study: &Preflight<'_>) -> StudyHeader {
    let choice = |name: &str, options: &_| Selected { name: name.to_owned(), options: Clone::clone(options) };
    let resolved = Profile {
        technique: choice(&profile.technique.name, study.options),
        strategy: study.strategy.selected(),
        start: study
            .start
            .map(|start| profile::Start { study: start.study.clone(), trial: Some(start.trial) }),
        ..profile.clone()
    };
    let technique = study.technique.info();
    let fingerprints = study.task.fingerprints.values();
    StudyHeader {
        study: profile.name.clone(),
        profile: resolved.identity(),
        technique: technique.name.clone(),
        technique_fingerprint: technique.fingerprint,
        model: study.model.name.clone(),
        dimensions: study.space.dimensions().to_vec(),
        conditions: study.space.conditions(),
        model_fingerprint: study.model.fingerprint,
        model_path: profile.model.clone(),
        task_fingerprint: ContentHash::of_parts(fingerprints.map(|hash| hash.as_bytes().as_slice())),
        baselines: setup::hashes(study.plan_baselines),
        sensitivities: study.given.map(GivenTable::hash),
        // The device decides it, which is chosen later.
        numerics: String::new(),
        device: String::new(),
        seed: profile.seed,
    }
}

/// Why a study of this identity cannot be run under its name in the store in `path`, and what to do. The fingerprint of a model
/// that is not `proved` is not looked at.
pub(super) fn refusal(path: &Path, new: &StudyHeader, proved: bool) -> Option<String> {
    if !path.exists() {
        return None;
    }
    // What is wrong with a store is said where it is used.
    let store = ReadStore::open(path).ok()?;
    let records = store.records(&new.study).ok()?;
    let Some(Record::Header(existing)) = records.first() else { return None };
    if !store::has_scores(&records) {
        return None;
    }
    let model_fingerprint = if proved { new.model_fingerprint } else { existing.model_fingerprint };
    let new = StudyHeader { numerics: existing.numerics.clone(), model_fingerprint, ..new.clone() };
    let name = &new.study;
    match store::same_study(existing, &new) {
        Err(StoreError::DifferentStudy { what, found, expected, .. }) => Some(format!(
            "taken by another study: choose another name, for example `{}`, or delete the old one (`attune studies rm {name}`, \
             or D on the first screen); it differs in {what}: it has {found}, this one has {expected}",
            free(name, &store.studies().unwrap_or_default())
        )),
        _ => None,
    }
}

/// The first name after `name` that no study has.
fn free(name: &str, known: &[String]) -> String {
    let stem = name.rsplit_once('-').filter(|(_, number)| number.parse::<u32>().is_ok());
    let (stem, first) = stem.map_or((name, 2), |(stem, number)| (stem, number.parse().unwrap_or(1) + 1));
    let mut names = (first..).map(|number: u32| format!("{stem}-{number}"));
    names.find(|name| !known.contains(name)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_suggested_name_is_free() {
        let known = ["a", "a-2", "a-3", "b-7", "kv-bits"].map(str::to_owned);
        assert_eq!(free("a", &known), "a-4");
        assert_eq!(free("a-2", &known), "a-4");
        assert_eq!(free("b-7", &known), "b-8");
        assert_eq!(free("kv-bits", &known), "kv-bits-2");
    }
}
