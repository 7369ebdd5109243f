//! Lines of `cache.jsonl`.

use attune_core::store::{CacheKey, CacheOrigin, Cached};
use serde::{Deserialize, Serialize};

use super::evaluation::{self, OutcomeV1, SplitV1};
use super::{Wire, WireError, hash};

/// One evaluation with its key.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct EntryV1 {
    key: KeyV1,
    /// Missing where the key has a number of items.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    items: Option<Vec<u32>>,
    outcome: OutcomeV1,
    origin: OriginV1,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyV1 {
    model: String,
    task: String,
    split: SplitV1,
    /// How many of the first items, in lines from before evaluations were kept by item.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    items: Option<u32>,
    plan: String,
    numerics: String,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct OriginV1 {
    study: String,
    by: String,
}

/// One evaluation with its key.
pub(crate) type Entry = (CacheKey, Cached);

impl Wire for Entry {
    type Form = EntryV1;

    fn to_form(&self) -> Result<EntryV1, WireError> {
        let (key, cached) = self;
        Ok(EntryV1 {
            key: KeyV1 {
                model: key.model.to_string(),
                task: key.task.to_string(),
                split: (&key.split).into(),
                items: None,
                plan: key.plan.to_string(),
                numerics: key.numerics.clone(),
            },
            items: Some(cached.items.clone()),
            outcome: evaluation::to_wire(&cached.outcome),
            origin: OriginV1 { study: cached.origin.study.clone(), by: cached.origin.by.clone() },
        })
    }

    fn from_form(form: EntryV1) -> Result<Self, WireError> {
        let items = match (form.items, form.key.items) {
            (Some(items), None) => items,
            (None, Some(count)) => (0..count).collect(),
            (Some(_), Some(_)) => {
                return Err(meaning("`items` twice, in the key and beside it, expected one"));
            }
            (None, None) => return Err(meaning("an evaluation without `items`")),
        };
        let key = CacheKey {
            model: hash::from_wire("model", &form.key.model)?,
            task: hash::from_wire("task", &form.key.task)?,
            split: form.key.split.into(),
            plan: hash::from_wire("plan", &form.key.plan)?,
            numerics: form.key.numerics,
        };
        let outcome = evaluation::from_wire(form.outcome)?;
        let origin = CacheOrigin { study: form.origin.study, by: form.origin.by };
        Ok((key, Cached { items, outcome, origin }))
    }
}

fn meaning(found: &str) -> WireError {
    WireError::Meaning(found.to_owned())
}
