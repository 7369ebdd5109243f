//! A variation that cannot take the study down.

use std::sync::{Arc, Mutex, PoisonError};

use attune_core::rng::Rng;
use attune_core::space::{Config, Space};
use attune_core::technique::FailureKind;

use super::{DomainOperators, Variation, VariationError};

/// Falls back to the domain operators whenever another variation fails, and remembers the first failure.
///
/// A failure that would repeat itself is harmless: a replay falls back at the same draw. A failure that depends
/// on the speed of the machine would make the replay of a study diverge, so it is kept apart; the session
/// stops on it before anything that was proposed is journalled.
pub struct Guarded {
    preferred: Arc<dyn Variation>,
    domain: DomainOperators,
    failures: Mutex<Failures>,
}

#[derive(Default)]
struct Failures {
    warned: bool,
    warning: Option<VariationError>,
    unrepeatable: Option<VariationError>,
}

impl Guarded {
    /// `preferred`, backed by the operators of `space`.
    pub fn new(preferred: Arc<dyn Variation>, space: Arc<Space>) -> Self {
        Self { preferred, domain: DomainOperators::new(space), failures: Mutex::default() }
    }

    /// The first failure, once.
    pub fn take_warning(&self) -> Option<VariationError> {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner).warning.take()
    }

    /// The first failure that a replay need not repeat.
    pub fn take_unrepeatable(&self) -> Option<VariationError> {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner).unrepeatable.take()
    }

    fn note(&self, failure: VariationError) {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        if is_repeatable(&failure) {
            if !failures.warned {
                failures.warned = true;
                failures.warning = Some(failure);
            }
        } else {
            failures.unrepeatable.get_or_insert(failure);
        }
    }
}

fn is_repeatable(failure: &VariationError) -> bool {
    !matches!(failure, VariationError::Technique(failure) if matches!(failure.kind, FailureKind::TooSlow { .. }))
}

impl Variation for Guarded {
    fn vary(&self, parents: &[&Config], random: &mut Rng) -> Result<Config, VariationError> {
        match self.preferred.vary(parents, random) {
            Err(failure) if !parents.is_empty() => {
                self.note(failure);
                self.domain.vary(parents, random)
            }
            outcome => outcome,
        }
    }
}
