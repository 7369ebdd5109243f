//! Profile format 1, as written in RON.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::value::RawSetting;
use super::{Profile, ProfileError, Racing, ReportSpec, Selected, Start, TaskKind, TaskSpec, error, set};
use crate::objective::{Direction, Objective};
use crate::printable::{QUOTED, line, quoted};

/// Trials of a study: a thousand times what anybody has run, and a number that can be computed with.
const MOST_TRIALS: u64 = 1_000_000_000;
/// Seconds of one trial: thirty years.
const LONGEST_DEADLINE: u64 = 1_000_000_000;
/// Random configs in a report, all of which are kept and many of which are scored.
const MOST_RANDOM: u64 = 10_000;

/// The version alone; everything else is ignored.
#[derive(Deserialize)]
struct VersionOnly {
    version: Option<ron::Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawProfile {
    #[expect(dead_code, reason = "read in the first pass; named here so that the second accepts it")]
    version: u32,
    pub(super) name: String,
    pub(super) model: String,
    pub(super) technique: RawChoice,
    pub(super) task: RawTask,
    #[serde(default)]
    pub(super) objectives: Option<Vec<RawObjective>>,
    #[serde(default = "RawProfile::default_strategy")]
    pub(super) strategy: RawChoice,
    pub(super) trials: u64,
    pub(super) items: u32,
    #[serde(default)]
    pub(super) start: Option<RawStart>,
    #[serde(default)]
    pub(super) racing: Option<RawRacing>,
    #[serde(default = "RawProfile::default_deadline")]
    pub(super) deadline_seconds: u64,
    #[serde(default)]
    pub(super) seed: u64,
    #[serde(default)]
    pub(super) report: RawReport,
}

impl RawProfile {
    /// The first metric of the task.
    fn default_objectives(kind: &TaskKind) -> Vec<RawObjective> {
        let metric = match kind {
            TaskKind::Text { .. } => "kl",
            TaskKind::Images { .. } => "frechet",
        };
        vec![RawObjective { metric: metric.to_owned(), direction: RawDirection::Minimise }]
    }

    fn default_strategy() -> RawChoice {
        RawChoice { name: super::DEFAULT_STRATEGY.to_owned(), options: BTreeMap::new() }
    }

    fn default_deadline() -> u64 {
        600
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawChoice {
    pub(super) name: String,
    #[serde(default)]
    pub(super) options: BTreeMap<String, RawSetting>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawTask {
    #[serde(default = "RawTask::default_kind")]
    pub(super) kind: String,
    pub(super) selection: String,
    pub(super) report: String,
    #[serde(default)]
    pub(super) elsewhere: BTreeMap<String, String>,
    /// Of texts: tokens per item.
    #[serde(default)]
    pub(super) length: Option<u32>,
    /// Of texts: how many items of how many tokens the result is reported on too.
    #[serde(default)]
    pub(super) lengths: BTreeMap<u32, u32>,
    /// Of texts: how many items of how many tokens that hide a pass key.
    #[serde(default)]
    pub(super) passkeys: BTreeMap<u32, u32>,
    /// Of images: folder of the classifier.
    #[serde(default)]
    pub(super) classifier: Option<String>,
    /// Of images: how many an item has.
    #[serde(default)]
    pub(super) samples: Option<u32>,
}

impl RawTask {
    fn default_kind() -> String {
        "text".to_owned()
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawObjective {
    pub(super) metric: String,
    pub(super) direction: RawDirection,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum RawDirection {
    Minimise,
    Maximise,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct RawStart {
    pub(super) study: String,
    #[serde(default)]
    pub(super) trial: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawRacing {
    pub(super) first: u32,
    pub(super) error: f64,
    pub(super) floor: f64,
    pub(super) keep: f64,
}

impl Default for RawRacing {
    fn default() -> Self {
        Self { first: 4, error: 0.05, floor: 0.0, keep: 1.0 }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawReport {
    pub(super) items: u32,
    pub(super) random: u32,
}

impl Default for RawReport {
    fn default() -> Self {
        // The mean of 16 is known to a quarter of what configs differ by; of 30 to a fifth, for twice the work.
        Self { items: 0, random: 16 }
    }
}

impl Profile {
    /// Reads a profile. `file` is its name in messages; `sets` are `--set` overrides `(key, value)`,
    /// applied in order after the file has proved to be well-formed.
    ///
    /// # Errors
    /// [`ProfileError`] with file, place, what was found and what was expected.
    pub fn parse(file: &str, text: &str, sets: &[(String, String)]) -> Result<Self, ProfileError> {
        let options =
            ron::Options::default().with_default_extension(ron::extensions::Extensions::IMPLICIT_SOME);
        let syntax = |error| ProfileError::syntax(file, error);
        let version = |found: String, advice| ProfileError::Version { file: file.to_owned(), found, advice };
        let first: VersionOnly = options.from_str(text).map_err(syntax)?;
        match first.version {
            Some(ron::Value::Number(number)) if number.into_f64() == 1.0 => {}
            Some(ron::Value::Number(number)) if number.into_f64() > 1.0 => {
                return Err(version(number.into_f64().to_string(), "a newer attune wrote it: upgrade"));
            }
            Some(other) => return Err(version(super::value::written(&other), "write `version: 1`")),
            None => return Err(version("missing".to_owned(), "add `version: 1`")),
        }
        let mut raw: RawProfile = options.from_str(text).map_err(syntax)?;
        for (key, value) in sets {
            set::apply(&mut raw, key, value)?;
        }
        resolve(file, raw)
    }
}

fn resolve(file: &str, raw: RawProfile) -> Result<Profile, ProfileError> {
    let invalid = |path: &str, found: &dyn std::fmt::Display, expected: &str| ProfileError::Invalid {
        file: file.to_owned(),
        path: path.to_owned(),
        found: line(&found.to_string(), QUOTED).into_owned(),
        expected: expected.to_owned(),
    };
    let quoted = |text: &str| quoted(&format!("{text:?}")).into_owned();
    for (path, value) in [
        ("name", &raw.name),
        ("model", &raw.model),
        ("technique.name", &raw.technique.name),
        ("task.selection", &raw.task.selection),
        ("task.report", &raw.task.report),
        ("strategy.name", &raw.strategy.name),
    ] {
        if value.is_empty() {
            return Err(invalid(path, &quoted(value), "a text that is not empty"));
        }
    }
    if raw.task.selection == raw.task.report {
        let expected = "another file than task.selection: never tune on the data you report";
        return Err(invalid("task.report", &quoted(&raw.task.report), expected));
    }
    let kind = task_kind(&raw.task, &invalid)?;
    for (path, value) in
        [("trials", raw.trials), ("items", raw.items.into()), ("deadline_seconds", raw.deadline_seconds)]
    {
        if value == 0 {
            return Err(invalid(path, &value, "at least 1"));
        }
    }
    for (path, value, most) in [
        ("trials", raw.trials, MOST_TRIALS),
        ("deadline_seconds", raw.deadline_seconds, LONGEST_DEADLINE),
        ("report.random", raw.report.random.into(), MOST_RANDOM),
    ] {
        if value > most {
            return Err(invalid(path, &value, &format!("at most {most}")));
        }
    }
    if let Some(start) = raw.start.as_ref().filter(|start| start.study.is_empty()) {
        return Err(invalid("start.study", &quoted(&start.study), "the name of a study in the store"));
    }
    if let Some(racing) = &raw.racing {
        if racing.first == 0 {
            return Err(invalid("racing.first", &racing.first, "at least 1 item"));
        }
        if !(racing.error > 0.0 && racing.error < 1.0) {
            return Err(invalid("racing.error", &racing.error, "a probability above 0 and below 1"));
        }
        if !(0.0..=1.0).contains(&racing.floor) {
            return Err(invalid("racing.floor", &racing.floor, "a share from 0 to 1"));
        }
        if !(racing.keep > 0.0 && racing.keep <= 1.0) {
            return Err(invalid("racing.keep", &racing.keep, "a share above 0 and at most 1"));
        }
    }
    let objectives = raw.objectives.unwrap_or_else(|| RawProfile::default_objectives(&kind));
    if objectives.is_empty() {
        return Err(invalid("objectives", &"[]", "at least one objective"));
    }
    let choice = |path: &str, choice: RawChoice| {
        let options = choice.options.into_iter().map(|(name, value)| {
            let path = format!("{path}.options[{name:?}]");
            let value = value.into_setting().map_err(|found| invalid(&path, &found, RawSetting::EXPECTED))?;
            Ok((name, value))
        });
        Ok(Selected { name: choice.name, options: options.collect::<Result<_, ProfileError>>()? })
    };
    let objectives = objectives.into_iter().map(|objective| Objective {
        metric: objective.metric,
        direction: match objective.direction {
            RawDirection::Minimise => Direction::Minimise,
            RawDirection::Maximise => Direction::Maximise,
        },
    });
    let task = TaskSpec {
        kind,
        selection: raw.task.selection,
        report: raw.task.report,
        elsewhere: raw.task.elsewhere,
    };
    let mut domains = task.domains();
    domains.sort();
    if let Some(twice) = domains.windows(2).find(|pair| pair[0] == pair[1]) {
        let expected = "another name: task.lengths or task.passkeys calls something so";
        return Err(invalid("task.elsewhere", &quoted(&twice[0]), expected));
    }
    Ok(Profile {
        name: raw.name,
        model: raw.model,
        technique: choice("technique", raw.technique)?,
        task,
        objectives: objectives.collect(),
        strategy: choice("strategy", raw.strategy)?,
        trials: raw.trials,
        items: raw.items,
        start: raw.start.map(|RawStart { study, trial }| Start { study, trial }),
        racing: raw.racing.map(|raw| {
            let RawRacing { first, error, floor, keep } = raw;
            Racing { first, error, floor, keep }
        }),
        deadline_seconds: raw.deadline_seconds,
        seed: raw.seed,
        report: ReportSpec { items: raw.report.items, random: raw.report.random },
    })
}

/// Which task it is, with the keys that this one has and without those of the other.
fn task_kind(
    task: &RawTask,
    invalid: &impl Fn(&str, &dyn std::fmt::Display, &str) -> ProfileError,
) -> Result<TaskKind, ProfileError> {
    let needed = |path: &str, expected: &str| invalid(path, &"missing", expected);
    let foreign = |path: &str, found: &dyn std::fmt::Display| {
        invalid(path, found, &format!("no such key in a task of kind {:?}", task.kind))
    };
    match task.kind.as_str() {
        "text" => {
            if let Some(classifier) = &task.classifier {
                return Err(foreign("task.classifier", &format!("{classifier:?}")));
            }
            if let Some(samples) = &task.samples {
                return Err(foreign("task.samples", samples));
            }
            for (key, items) in [("task.lengths", &task.lengths), ("task.passkeys", &task.passkeys)] {
                if let Some((tokens, count)) =
                    items.iter().find(|(tokens, count)| **tokens < 2 || **count == 0)
                {
                    let found = format!("{{{tokens}: {count}}}");
                    return Err(invalid(key, &found, "at least 2 tokens per item, and at least 1 item"));
                }
            }
            let (lengths, passkeys) = (task.lengths.clone(), task.passkeys.clone());
            match task.length {
                Some(length) if length >= 2 => Ok(TaskKind::Text { length, lengths, passkeys }),
                Some(length) => Err(invalid("task.length", &length, "at least 2 tokens per item")),
                None => Err(needed("task.length", "the number of tokens per item")),
            }
        }
        "images" => {
            if let Some(length) = &task.length {
                return Err(foreign("task.length", length));
            }
            for (key, items) in [("task.lengths", &task.lengths), ("task.passkeys", &task.passkeys)] {
                if !items.is_empty() {
                    return Err(foreign(key, &format!("{items:?}")));
                }
            }
            let classifier = task.classifier.as_deref().filter(|folder| !folder.is_empty());
            let classifier =
                classifier.ok_or_else(|| needed("task.classifier", "the folder of a trained classifier"))?;
            match task.samples {
                Some(samples) if samples >= 2 => {
                    Ok(TaskKind::Images { classifier: classifier.to_owned(), samples })
                }
                Some(samples) => Err(invalid("task.samples", &samples, "at least 2 images per item")),
                None => Err(needed("task.samples", "the number of images per item")),
            }
        }
        other => Err(invalid("task.kind", &format!("{other:?}"), "\"text\" or \"images\"")),
    }
}

/// Parses one value of `--set` as RON.
pub(super) fn parse_value<T: serde::de::DeserializeOwned>(key: &str, text: &str) -> Result<T, ProfileError> {
    ron::from_str(text).map_err(|found| ProfileError::BadValue {
        key: line(key, QUOTED).into_owned(),
        value: line(text, QUOTED).into_owned(),
        problem: error::problem(&found.code),
    })
}
