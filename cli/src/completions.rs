//! What a shell offers while a command line is typed: names that are known here and now.

use std::path::PathBuf;

use attune_core::printable::is_visible;
use attune_core::profile::schema;
use attune_store::ReadStore;
use clap_complete::engine::CompletionCandidate;

use crate::topics::TOPICS;

/// Studies of the store that the command line names so far.
pub(crate) fn studies() -> Vec<CompletionCandidate> {
    let names = ReadStore::open(&store()).and_then(|store| store.studies()).unwrap_or_default();
    offered(names.into_iter().map(|name| (name, None)))
}

/// Targets of exports.
pub(crate) fn targets() -> Vec<CompletionCandidate> {
    let descriptions = attune_export::targets().iter().map(|target| target.description);
    offered(descriptions.map(|target| (target.name.to_owned(), Some(target.summary.to_owned()))))
}

/// Devices of this machine that this build can use.
pub(crate) fn devices() -> Vec<CompletionCandidate> {
    offered(attune_eval::device_names().into_iter().map(|name| (name, None)))
}

/// Techniques that come with attune; a file of a component can be typed all the same.
pub(crate) fn techniques() -> Vec<CompletionCandidate> {
    let names = attune_plugins::BUILTIN_NAMES.into_iter().chain([attune::setup::EDITS]);
    offered(names.map(|name| (name.to_owned(), None)))
}

/// Evaluators that come with attune.
pub(crate) fn evaluators() -> Vec<CompletionCandidate> {
    let names = attune::evaluators::names();
    offered(names.into_iter().map(|(name, summary)| (name, Some(summary))))
}

/// Topics of `attune help`, with their headings.
pub(crate) fn topics() -> Vec<CompletionCandidate> {
    offered(TOPICS.iter().map(|topic| (topic.name.to_owned(), Some(topic.title().to_owned()))))
}

/// Keys of `--set`, up to their `=`: those of every profile with those of the tasks.
pub(crate) fn keys() -> Vec<CompletionCandidate> {
    let keys = schema::keys().iter().filter(|key| !key.kind.is_open());
    let keys = keys.map(|key| (format!("{}=", key.path), Some(key.help.to_owned())));
    let tasks = attune::setup::tasks();
    let options = tasks.iter().flat_map(|task| &task.options).map(|option| &option.spec);
    offered(keys.chain(options.map(|spec| (format!("task.{}=", spec.name), Some(spec.help.clone())))))
}

/// Names as they may be shown; one with something invisible in it cannot be typed either.
fn offered(names: impl Iterator<Item = (String, Option<String>)>) -> Vec<CompletionCandidate> {
    let seen = names.filter(|(name, _)| name.chars().all(is_visible));
    seen.map(|(name, help)| CompletionCandidate::new(name).help(help.map(Into::into))).collect()
}

/// The store of the command line that is being completed, which a candidate is not told.
fn store() -> PathBuf {
    let arguments: Vec<_> = std::env::args_os().collect();
    let named = arguments.windows(2).find(|pair| pair[0] == "--store").map(|pair| PathBuf::from(&pair[1]));
    let joined = || {
        let texts = arguments.iter().filter_map(|argument| argument.to_str());
        texts.filter_map(|text| text.strip_prefix("--store=")).next_back().map(PathBuf::from)
    };
    let said = || std::env::var_os("ATTUNE_STORE").map(PathBuf::from);
    named.or_else(joined).or_else(said).unwrap_or_else(|| ".attune".into())
}
