//! One instance of a component in a store of its own, and calls into it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use attune_core::evaluator::RunControl;
use attune_core::printable::{MESSAGE, cut};
use attune_core::technique::FailureKind;
use wasmtime::{Error, Store, UpdateDeadline};

use super::wire::{Guest, Simulator, SimulatorPre};
use crate::failure::classify;
use crate::limits::{self, Limits};
use crate::log::Log;
use crate::progress::{CallProgress, Reports};
use crate::sandbox::{Sandbox, Watch};

/// What one call may take, and who may end it.
#[derive(Clone, Default)]
pub(super) struct Call {
    /// Who asks to wait or to end.
    pub(super) stop: RunControl,
    /// Nobody needs the result any more.
    pub(super) over: Arc<AtomicBool>,
    /// Time that is left for the plan.
    pub(super) left: Option<Duration>,
    /// So many times what one item may take; 0 is as 1.
    pub(super) items: u64,
}

/// Why a call has no result.
pub(super) enum Stopped {
    /// Somebody asked for it.
    Interrupted,
    /// The time of the plan is over.
    Late,
    /// The component failed.
    Failed(FailureKind),
}

/// An instance. After a call that failed there may be anything in it.
pub(super) struct Instance {
    store: Store<Sandbox>,
    simulator: Simulator,
    limits: &'static Limits,
}

/// Why the engine was told to end a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
enum Ended {
    #[error("interrupted")]
    Interrupted,
    #[error("the time of the plan is over")]
    Late,
    #[error("the time of the call is over")]
    TooSlow,
}

impl Instance {
    pub(super) fn new(
        simulator: &SimulatorPre<Sandbox>,
        limits: &'static Limits,
        log: &Arc<Log>,
        name: &str,
    ) -> Result<Self, FailureKind> {
        // A simulator imports no progress: the host counts its items.
        let reports = Reports::new("evaluate", Arc::new(|_: &CallProgress| {}));
        let sandbox = Sandbox::new(name, limits, Arc::clone(log), reports);
        let mut store = Store::new(simulator.engine(), sandbox);
        store.epoch_deadline_callback(|store| {
            let Some(watch) = store.data().watch() else { return Ok(UpdateDeadline::Continue(1)) };
            match ended(watch) {
                Some(ended) => Err(ended.into()),
                None => Ok(UpdateDeadline::Continue(1)),
            }
        });
        store.limiter(|sandbox| sandbox);
        arm(&mut store, limits, &Call::default())
            .and_then(|()| simulator.instantiate(&mut store))
            .map_err(|error| match error.downcast_ref::<Ended>() {
                // Nobody stops this one, so it is the time.
                Some(_) => FailureKind::TooSlow { seconds: seconds(limits, &Call::default()) },
                None => failed(&error, &mut store, limits),
            })
            .map(|simulator| Self { store, simulator, limits })
    }

    /// Calls an exported function within the limits.
    pub(super) fn call<T>(
        &mut self,
        call: &Call,
        run_it: impl FnOnce(&Guest, &mut Store<Sandbox>) -> Result<T, Error>,
    ) -> Result<T, Stopped> {
        let limits = self.limits;
        let outcome = arm(&mut self.store, limits, call)
            .and_then(|()| run_it(self.simulator.attune_evaluator_evaluator(), &mut self.store));
        self.store.data_mut().end();
        outcome.map_err(|error| match error.downcast_ref::<Ended>() {
            Some(Ended::Interrupted) => Stopped::Interrupted,
            Some(Ended::Late) => Stopped::Late,
            Some(Ended::TooSlow) => Stopped::Failed(FailureKind::TooSlow { seconds: seconds(limits, call) }),
            None => {
                let kind = match failed(&error, &mut self.store, limits) {
                    FailureKind::OutOfFuel { .. } => FailureKind::OutOfFuel { fuel: fuel(limits, call) },
                    other => other,
                };
                Stopped::Failed(kind)
            }
        })
    }
}

fn fuel(limits: &Limits, call: &Call) -> u64 {
    limits.fuel.saturating_mul(call.items.max(1))
}

fn seconds(limits: &Limits, call: &Call) -> u64 {
    limits.seconds.saturating_mul(call.items.max(1))
}

/// Gives a store what the next call may take.
fn arm(store: &mut Store<Sandbox>, limits: &Limits, call: &Call) -> Result<(), Error> {
    store.set_fuel(fuel(limits, call))?;
    store.set_epoch_deadline(1);
    store.set_hostcall_fuel(limits::OUTPUT_BYTES);
    let most = Duration::from_secs(seconds(limits, call));
    let watch = Watch {
        stop: call.stop.clone(),
        over: Arc::clone(&call.over),
        began: Instant::now(),
        rested: call.stop.rested(),
        left: call.left,
        most,
    };
    store.data_mut().begin(watch);
    Ok(())
}

/// Whether a call has to end, looked at with every tick of the engine's clock. Where the study is held, so is the call.
fn ended(watch: &Watch) -> Option<Ended> {
    while watch.stop.is_held() && !watch.over.load(Ordering::Relaxed) {
        std::thread::sleep(Duration::from_millis(limits::TICK_MILLIS));
    }
    if watch.stop.is_asked() || watch.over.load(Ordering::Relaxed) {
        return Some(Ended::Interrupted);
    }
    let rested = watch.stop.rested().saturating_sub(watch.rested);
    let worked = watch.began.elapsed().saturating_sub(rested);
    if watch.left.is_some_and(|left| worked > left) {
        return Some(Ended::Late);
    }
    (worked > watch.most).then_some(Ended::TooSlow)
}

fn failed(error: &Error, store: &mut Store<Sandbox>, limits: &Limits) -> FailureKind {
    let last_words = store.data_mut().last_words();
    let mut kind = classify(error, last_words, limits);
    if let FailureKind::Trapped(words) | FailureKind::BadOutput(words) = &mut kind {
        *words = cut(words, MESSAGE).into_owned();
    }
    kind
}
