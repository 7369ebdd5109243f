//! Who a worker is, and what it has opened: what has to be the same when it is started again.

use std::collections::BTreeMap;

use attune_core::evaluator::{EvaluatorInfo, Split, TaskInfo};
use attune_core::facts::Facts;
use attune_core::hash::ContentHash;
use attune_core::options::{OptionValue, Settings};

use crate::description::Description;
use crate::wire::OpenResult;

/// What a worker has opened, as the host understands it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Identity {
    pub(crate) info: EvaluatorInfo,
    pub(crate) task: TaskInfo,
    /// Whether it hands out outputs.
    pub(crate) outputs: bool,
    /// Whether it hands out what it chooses for edits.
    pub(crate) choices: bool,
    /// Whether it tells bounds that it knows.
    pub(crate) bounds: bool,
    /// Name and values of the facts of the subject.
    name: String,
    facts: Settings,
}

impl Identity {
    /// What the worker of `description` says that it has opened; `model` is what it was asked to.
    ///
    /// # Errors
    /// In words, what makes no sense.
    pub(crate) fn of(description: &Description, opened: OpenResult, model: &str) -> Result<Self, String> {
        let OpenResult { device, numerics, concurrency, edits, facts, task } = opened;
        if numerics.is_empty() {
            return Err("its numerics are empty: results are shared among all that say the same".to_owned());
        }
        let known = &description.spec.edits;
        let edits = match edits {
            None => known.clone(),
            Some(kinds) => match kinds.iter().find(|kind| known.schema(kind).is_none()) {
                Some(kind) => {
                    return Err(format!("it honours edit `{kind}`, which its `hello` does not have"));
                }
                None => known.subset(kinds.iter().map(String::as_str)),
            },
        };
        let name = match facts.name.is_empty() {
            false => facts.name,
            true => model.rsplit(['/', '\\']).find(|part| !part.is_empty()).unwrap_or("subject").to_owned(),
        };
        let values = facts.values.into_iter().map(|(key, value)| {
            let value = OptionValue::try_from(value).map_err(|why| format!("fact `{key}`: {why}"))?;
            Ok((key, value))
        });
        let facts = values.collect::<Result<_, String>>()?;
        if task.metrics.is_empty() {
            return Err(format!("task `{}` has no metric", task.name));
        }
        let (mut items, mut fingerprints) = (BTreeMap::new(), BTreeMap::new());
        for (split, data) in task.splits {
            let fingerprint =
                fingerprint(&data.fingerprint).map_err(|why| format!("split `{split}`: {why}"))?;
            let split = self::split(&split)?;
            items.insert(split.clone(), data.items);
            fingerprints.insert(split, fingerprint);
        }
        let (selection, report) = (fingerprints.get(&Split::Selection), fingerprints.get(&Split::Report));
        match (selection, report) {
            (Some(selection), Some(report)) if selection == report => {
                return Err(
                    "its selection and report data have one fingerprint, and have to be two".to_owned()
                );
            }
            (Some(_), Some(_)) => {}
            _ => return Err("its task lacks the selection data or the report data".to_owned()),
        }
        let metrics = task.metrics.into_iter().map(Into::into).collect();
        let (who, version) = (&description.spec.name, &description.version);
        let info = EvaluatorInfo {
            name: who.clone(),
            device,
            // All of it is part of the cache key.
            numerics: match format!("{who} {version}") {
                whole if whole == numerics => whole,
                whole => format!("{whole}: {numerics}"),
            },
            concurrency: concurrency.unwrap_or(description.concurrency).max(1),
            edits,
            signals: description.spec.signals.clone(),
        };
        let task = TaskInfo { name: task.name, metrics, items, fingerprints };
        let Description { outputs, choices, bounds, .. } = *description;
        Ok(Self { info, task, outputs, choices, bounds, name, facts })
    }

    /// What is known of a subject with this fingerprint.
    pub(crate) fn facts(&self, fingerprint: ContentHash) -> Facts {
        Facts { name: self.name.clone(), fingerprint, values: self.facts.clone() }
    }

    /// What keeps results of both from being mixed: what it is, as it was and as it is in `now`.
    pub(crate) fn change(&self, now: &Self) -> Option<(String, String, String)> {
        let told = |what: &str, before: String, now: String| Some((what.to_owned(), before, now));
        if self.info.name != now.info.name || self.info.numerics != now.info.numerics {
            return told("numerics", self.info.numerics.clone(), now.info.numerics.clone());
        }
        if self.task.metrics != now.task.metrics {
            let names = |task: &TaskInfo| {
                task.metrics.iter().map(|metric| metric.name.clone()).collect::<Vec<_>>().join(", ")
            };
            return told("list of metrics", names(&self.task), names(&now.task));
        }
        let all: Vec<&Split> = self.task.fingerprints.keys().chain(now.task.fingerprints.keys()).collect();
        all.into_iter().find_map(|split| {
            let said = |task: &TaskInfo| match (task.items.get(split), task.fingerprints.get(split)) {
                (Some(items), Some(fingerprint)) => format!("{items} items, {}", fingerprint.short()),
                _ => "not there".to_owned(),
            };
            let differs = (self.task.items.get(split), self.task.fingerprints.get(split))
                != (now.task.items.get(split), now.task.fingerprints.get(split));
            differs.then(|| (format!("{split} data"), said(&self.task), said(&now.task)))
        })
    }
}

/// 64 hexadecimal digits.
pub(crate) fn fingerprint(text: &str) -> Result<ContentHash, String> {
    text.parse().map_err(|_| format!("its fingerprint is `{text}`, expected 64 hexadecimal digits"))
}

/// A split by its name.
fn split(name: &str) -> Result<Split, String> {
    match (name, name.strip_prefix("elsewhere:")) {
        ("selection", _) => Ok(Split::Selection),
        ("report", _) => Ok(Split::Report),
        (_, Some(domain)) if !domain.is_empty() => Ok(Split::OutOfDomain(domain.to_owned())),
        _ => Err(format!("its task has a split `{name}`, expected selection, report or elsewhere:NAME")),
    }
}
