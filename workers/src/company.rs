//! Who is asked at the same time: a worker that died is asked alone, so that it is known what it died of.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use attune_core::evaluator::RunControl;

/// How often whoever waits looks whether it is called off.
const GLANCE: Duration = Duration::from_millis(20);

/// What somebody wants of the worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Want {
    /// To score or to measure, beside others as far as the worker says.
    Work,
    /// To ask something short, beside anybody.
    Check,
    /// To be the only one.
    Alone,
}

/// The door that everybody passes who asks the worker.
pub(crate) struct Company {
    /// How many may work at once.
    most: usize,
    inside: Mutex<Inside>,
    left: Condvar,
}

#[derive(Default)]
struct Inside {
    working: usize,
    checking: usize,
    alone: bool,
    waiting_alone: usize,
}

/// Somebody inside; dropping it leaves.
pub(crate) struct Present<'a> {
    company: &'a Company,
    want: Want,
}

impl Company {
    pub(crate) fn new(most: usize) -> Self {
        Self { most: most.max(1), inside: Mutex::default(), left: Condvar::new() }
    }

    /// Whether there is room for one only.
    pub(crate) fn is_narrow(&self) -> bool {
        self.most == 1
    }

    /// Waits for a place; `None` when called off.
    pub(crate) fn enter(&self, want: Want, stop: &RunControl) -> Option<Present<'_>> {
        let mut inside = self.inside();
        if want == Want::Alone {
            inside.waiting_alone += 1;
        }
        while !stop.is_asked() && !inside.has_room(want, self.most) {
            let waited = self.left.wait_timeout(inside, GLANCE);
            inside = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        if want == Want::Alone {
            inside.waiting_alone -= 1;
        }
        if stop.is_asked() {
            self.left.notify_all();
            return None;
        }
        match want {
            Want::Work => inside.working += 1,
            Want::Check => inside.checking += 1,
            Want::Alone => inside.alone = true,
        }
        Some(Present { company: self, want })
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inside {
    fn has_room(&self, want: Want, most: usize) -> bool {
        match want {
            Want::Alone => !self.alone && self.working == 0 && self.checking == 0,
            Want::Work => !self.alone && self.waiting_alone == 0 && self.working < most,
            Want::Check => !self.alone && self.waiting_alone == 0,
        }
    }
}

impl Drop for Present<'_> {
    fn drop(&mut self) {
        let mut inside = self.company.inside();
        match self.want {
            Want::Work => inside.working -= 1,
            Want::Check => inside.checking -= 1,
            Want::Alone => inside.alone = false,
        }
        self.company.left.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_is_alone_is_so_and_whoever_is_called_off_does_not_wait() {
        let (company, stop) = (Company::new(2), RunControl::default());
        let called_off = RunControl::default();
        called_off.ask();
        let one = company.enter(Want::Work, &stop);
        let _check = company.enter(Want::Check, &stop).unwrap();
        let _two = company.enter(Want::Work, &stop).unwrap();
        assert!(company.enter(Want::Work, &called_off).is_none());
        drop(one);
        assert!(company.inside().has_room(Want::Work, 2));
        assert!(!company.inside().has_room(Want::Alone, 2));
        drop((_check, _two));
        let alone = company.enter(Want::Alone, &stop).unwrap();
        assert!(
            [Want::Work, Want::Check, Want::Alone].iter().all(|want| !company.inside().has_room(*want, 2))
        );
        drop(alone);
        assert!(company.inside().has_room(Want::Alone, 2));
    }
}
