//! What a worker said of plans, asked once for each.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use attune_core::evaluator::EvalFailure;
use attune_core::hash::ContentHash;

/// Answers that are kept; beyond that all are forgotten and asked again.
const MOST: usize = 200_000;

/// Whether a plan is honoured, and what it is calibrated on.
pub(crate) type Checked = Result<Option<ContentHash>, EvalFailure>;

/// The answers to `check`, by plan.
#[derive(Default)]
pub(crate) struct CheckedPlans(Mutex<HashMap<ContentHash, Checked>>);

impl CheckedPlans {
    /// What is known of a plan, or what `ask` says of it. What the worker would say again is kept.
    pub(crate) fn get(&self, plan: ContentHash, ask: impl FnOnce() -> Checked) -> Checked {
        let lock = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = lock().get(&plan) {
            return known.clone();
        }
        let checked = ask();
        if checked.as_ref().err().is_none_or(EvalFailure::is_deterministic) {
            let mut known = lock();
            if known.len() >= MOST {
                known.clear();
            }
            known.insert(plan, checked.clone());
        }
        checked
    }
}

/// A fingerprint that no data has: what cannot be told must not find the results of something else.
pub(crate) fn unknown() -> ContentHash {
    static TOLD: AtomicU64 = AtomicU64::new(0);
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_nanos());
    let unique = format!("{} {now} {}", std::process::id(), TOLD.fetch_add(1, Ordering::Relaxed));
    ContentHash::of_parts([b"calibration that could not be told".as_slice(), unique.as_bytes()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_asked_for_once_and_accidents_again() {
        let (plans, plan) = (CheckedPlans::default(), ContentHash::of(b"plan"));
        let lost = || Err(EvalFailure::Internal("gone".to_owned()));
        assert_eq!(plans.get(plan, lost), lost());
        assert_eq!(plans.get(plan, || Ok(None)), Ok(None), "an accident is no answer");
        assert_eq!(plans.get(plan, lost), Ok(None));
        assert_ne!(unknown(), unknown());
    }
}
