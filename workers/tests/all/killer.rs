//! Killing a worker at random moments.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use attune_core::rng;
use rand::RngExt as _;

use crate::deaths::kill;

/// Kills the worker whose process number is in `notes`, until it did so `times` times or it is `over`; how often it did. A plan
/// that is struck twice in a row counts as deadly, as it should: so it waits after each kill until `told` says that whatever was
/// under way has been told of.
pub(crate) fn kill_at_random(
    times: usize,
    seed: u64,
    notes: &Path,
    told: &AtomicUsize,
    over: &AtomicBool,
) -> usize {
    let mut random = rng::derive(seed, "kills", &[]);
    let (mut kills, mut last) = (0, String::new());
    while kills < times && !over.load(Ordering::SeqCst) {
        std::thread::sleep(Duration::from_micros(random.random_range(0..20_000)));
        let pid = std::fs::read_to_string(notes.join("pid")).unwrap_or_default();
        if !pid.is_empty() && pid != last {
            kill(&pid);
            (kills, last) = (kills + 1, pid);
            let before = told.load(Ordering::SeqCst);
            while told.load(Ordering::SeqCst) == before && !over.load(Ordering::SeqCst) {
                std::thread::sleep(Duration::from_millis(1));
            }
        }
    }
    kills
}
