//! A variation that cannot take the study down.

use std::sync::{Arc, Mutex, PoisonError};

use attune_core::evaluator::RunControl;
use attune_core::rng::Rng;
use attune_core::space::{Config, RepairWork, Space};
use attune_core::technique::{FailureKind, Operator};

use super::{Child, Choosing, DomainOperators, Variation, VariationError};

/// Falls back to the domain operators whenever another variation fails, and remembers the first failure.
///
/// A failure that would repeat itself is harmless: a replay falls back at the same draw. A failure that depends
/// on the speed of the machine would make the replay of a study diverge, so it is kept apart; the session
/// stops on it before anything that was proposed is journalled.
///
/// Limits on one call add up when calls come by the thousand, so a variation that has used up its fuel or memory
/// [`EXHAUSTED`](Self::EXHAUSTED) times, or whose calls have used up what all of them may
/// ([`VariationError::UsedUp`]), is not asked again. That repeats itself as well: a replay makes the same calls in the same
/// order. After a stop nothing that is proposed means anything, and the operators of the space make it.
pub struct Guarded {
    preferred: Arc<dyn Variation>,
    domain: DomainOperators,
    stop: RunControl,
    failures: Mutex<Failures>,
}

#[derive(Default)]
struct Failures {
    exhausted: u32,
    is_given_up: bool,
    given_up: Option<VariationError>,
    warned: bool,
    warning: Option<VariationError>,
    unrepeatable: Option<VariationError>,
}

impl Guarded {
    /// Calls that used up what one may take, after which there are no more.
    pub const EXHAUSTED: u32 = 3;

    /// `preferred`, backed by the operators of `space`, until somebody asks to stop.
    pub fn new(preferred: Arc<dyn Variation>, space: Arc<Space>, stop: RunControl) -> Self {
        Self { preferred, domain: DomainOperators::new(space), stop, failures: Mutex::default() }
    }

    /// The failure after which the preferred variation was given up, once.
    pub fn take_given_up(&self) -> Option<VariationError> {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner).given_up.take()
    }

    fn is_given_up(&self) -> bool {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner).is_given_up
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
        if let VariationError::UsedUp { .. } = failure {
            failures.is_given_up = true;
            failures.given_up = Some(failure);
            return;
        }
        if is_exhausted(&failure) {
            failures.exhausted += 1;
            if failures.exhausted == Self::EXHAUSTED {
                failures.is_given_up = true;
                failures.given_up = Some(failure.clone());
            }
        }
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

/// Whether a call took all that it may take.
fn is_exhausted(failure: &VariationError) -> bool {
    let VariationError::Technique(failure) = failure else { return false };
    matches!(
        failure.kind,
        FailureKind::OutOfFuel { .. } | FailureKind::OutOfMemory { .. } | FailureKind::OutputTooLarge { .. }
    )
}

fn is_repeatable(failure: &VariationError) -> bool {
    !matches!(failure, VariationError::Technique(failure) if !failure.kind.is_repeatable())
}

impl Variation for Guarded {
    fn named(&self) -> &[Operator] {
        self.preferred.named()
    }

    fn vary_counted(
        &self,
        parents: &[&Config],
        random: &mut Rng,
        spent: &mut RepairWork,
    ) -> Result<Config, VariationError> {
        let operator = Choosing::evenly(self.named()).draw(parents.len(), random);
        Ok(self.vary_by(operator, parents, random, spent)?.config)
    }

    fn vary_by(
        &self,
        operator: Option<usize>,
        parents: &[&Config],
        random: &mut Rng,
        spent: &mut RepairWork,
    ) -> Result<Child, VariationError> {
        if self.stop.is_asked() || self.is_given_up() {
            return self.domain.vary_by(None, parents, random, spent);
        }
        match self.preferred.vary_by(operator, parents, random, spent) {
            Err(failure) if !parents.is_empty() => {
                self.note(failure);
                self.domain.vary_by(None, parents, random, spent)
            }
            outcome => outcome,
        }
    }
}
