//! What is being waited for, where that takes longer than anybody waits without a word.

use std::collections::BTreeSet;
use std::thread;
use std::time::Duration;

use crate::output;

/// What is done within this time is not mentioned.
const PATIENCE: Duration = Duration::from_secs(3);
/// How often somebody looks.
const GLANCE: Duration = Duration::from_millis(500);

/// From here on every program that takes its time to say what it evaluates is named, once. Without a thread for that, nothing
/// is said.
pub(crate) fn watch() {
    let look = || {
        let mut told = BTreeSet::new();
        loop {
            thread::sleep(GLANCE);
            let late = attune::evaluators::starting().into_iter().filter(|(_, time)| *time >= PATIENCE);
            for (command, _) in late {
                if told.insert(command.clone()) {
                    output::note(format!("waiting for `{command}` to say what it evaluates"));
                }
            }
        }
    };
    drop(thread::Builder::new().name("patience".to_owned()).spawn(look));
}
