//! Outputs of a plan as they are heard.

use std::sync::{Mutex, MutexGuard, PoisonError};

use attune_core::evaluator::Outputs;

use crate::wire;

/// What a worker has told so far of the items that it was asked for.
pub(crate) struct Heard<'a> {
    items: &'a [u32],
    /// Positions of a sequence, at most.
    positions: u32,
    told: Mutex<Vec<Outputs>>,
}

impl<'a> Heard<'a> {
    pub(crate) fn new(items: &'a [u32], positions: u32) -> Self {
        Self { items, positions, told: Mutex::default() }
    }

    /// As if nothing had been told: it is asked anew.
    pub(crate) fn forget(&self) {
        self.told().clear();
    }

    /// Takes those of a sequence.
    ///
    /// # Errors
    /// In words, what makes no sense.
    pub(crate) fn add(&self, said: wire::Outputs) -> Result<(), String> {
        let outputs = Outputs::try_from(said)?;
        let many = outputs.positions.len();
        if many > self.positions as usize {
            return Err(format!("{many} positions of a sequence, at most {} were asked for", self.positions));
        }
        let mut told = self.told();
        if let Some(before) = told.first()
            && before.width != outputs.width
        {
            return Err(format!("rows of {} values after rows of {}", outputs.width, before.width));
        }
        let place = |item| self.items.iter().position(|asked| *asked == item);
        let Some(own) = place(outputs.item) else {
            return Err(format!("outputs of item {}, which was not asked for", outputs.item));
        };
        if told.last().and_then(|last| place(last.item)).is_some_and(|last| last > own) {
            return Err(format!("outputs of item {} come after those of a later one", outputs.item));
        }
        told.push(outputs);
        Ok(())
    }

    /// All of them.
    ///
    /// # Errors
    /// In words, which are missing.
    pub(crate) fn all(self) -> Result<Vec<Outputs>, String> {
        let told = self.told.into_inner().unwrap_or_else(PoisonError::into_inner);
        match self.items.iter().find(|item| told.iter().all(|one| one.item != **item)) {
            Some(missing) => Err(format!("there are no outputs of item {missing}")),
            None => Ok(told),
        }
    }

    fn told(&self) -> MutexGuard<'_, Vec<Outputs>> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
