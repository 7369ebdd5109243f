//! Several groups at once on a CPU.
//!
//! Element-wise work of the tensor library is single-threaded, so running whole groups side by side uses
//! processors that splitting single products leaves idle. Each lane has its own pool of threads for the
//! products inside it; together they have as many threads as the process may use.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use attune_core::evaluator::EvalFailure;
use attune_core::panics;

use crate::compute::Compute;

/// How many groups run side by side at most.
pub(crate) fn most(compute: &Compute) -> usize {
    if compute.on_host() { rayon::current_num_threads() } else { 1 }
}

/// Runs `body` for `0..count`: side by side on the host, one after the other elsewhere. A panic of the
/// tensor library becomes a failure; after a failure nothing new is started.
pub(crate) fn run<R: Send>(
    compute: &Compute,
    count: usize,
    body: impl Fn(usize) -> Result<R, EvalFailure> + Sync,
) -> Result<Vec<R>, EvalFailure> {
    let guarded = |index| {
        catch_unwind(AssertUnwindSafe(|| body(index)))
            .unwrap_or_else(|panic| Err(failure(compute, panic.as_ref())))
    };
    let threads = rayon::current_num_threads();
    let lanes = most(compute).min(count);
    if lanes <= 1 {
        return (0..count).map(guarded).collect();
    }
    let next = AtomicUsize::new(0);
    let stop = AtomicBool::new(false);
    let done: Mutex<Vec<(usize, Result<R, EvalFailure>)>> = Mutex::default();
    let lane = || {
        while !stop.load(Ordering::Relaxed) {
            let index = next.fetch_add(1, Ordering::Relaxed);
            if index >= count {
                break;
            }
            let result = guarded(index);
            stop.fetch_or(result.is_err(), Ordering::Relaxed);
            done.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push((index, result));
        }
    };
    std::thread::scope(|scope| -> Result<(), EvalFailure> {
        for number in 0..lanes {
            let share = threads / lanes + usize::from(number < threads % lanes);
            let pool = rayon::ThreadPoolBuilder::new()
                .num_threads(share)
                .build()
                .map_err(|error| EvalFailure::Internal(format!("cannot start threads: {error}")))?;
            scope.spawn(move || pool.install(lane));
        }
        Ok(())
    })?;
    let mut done = done.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    done.sort_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, result)| result).collect()
}

fn failure(compute: &Compute, panic: &(dyn Any + Send)) -> EvalFailure {
    let text = panics::message(panic).unwrap_or("a panic without a message");
    let lower = text.to_lowercase();
    if lower.contains("out of memory") || lower.contains("outofmemory") {
        return EvalFailure::OutOfMemory { device: compute.name(), detail: text.to_owned() };
    }
    EvalFailure::Internal(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_keep_their_order_and_failures_come_out() {
        let cpu = Compute::cpu();
        assert_eq!(run(&cpu, 9, |index| Ok(index * index)).unwrap()[8], 64);
        let failed = run(&cpu, 9, |index| if index == 3 { panic!("index {index}") } else { Ok(index) });
        assert_eq!(failed, Err(EvalFailure::Internal("index 3".to_owned())));
        let failed = run(&cpu, 2, |_| -> Result<(), _> { panic!("GPU out of memory") });
        assert!(matches!(failed, Err(EvalFailure::OutOfMemory { .. })));
    }
}
