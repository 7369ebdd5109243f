//! No process outlives whoever started it, and none is left as a zombie.

use tempfile::TempDir;

use crate::deaths::kill;
use crate::support::{
    bits, command, evaluator, evaluator_within, limits, lives, load, request, scores, soon, start,
};
use attune_workers::{Limits, WorkerFactory};

fn read(folder: &TempDir, name: &str) -> String {
    std::fs::read_to_string(folder.path().join(name)).unwrap()
}

#[test]
fn a_dropped_evaluator_closes_its_worker() {
    let notes = TempDir::new().unwrap();
    let evaluator = evaluator(&["--notes", notes.path().to_str().unwrap()]);
    let pid = read(&notes, "pid");
    assert!(lives(&pid));
    drop(evaluator);
    assert!(!std::path::Path::new(&format!("/proc/{pid}")).exists(), "not even a zombie is left");
}

#[test]
fn one_that_is_asked_to_open_nothing_is_closed_too() {
    let notes = TempDir::new().unwrap();
    let factory = start(&["--notes", notes.path().to_str().unwrap()]).unwrap();
    let pid = read(&notes, "pid");
    assert!(lives(&pid));
    drop(factory);
    assert!(!lives(&pid));
}

#[test]
fn one_that_does_not_close_is_ended_with_everything_that_it_started() {
    let notes = TempDir::new().unwrap();
    let limits = Limits { close: std::time::Duration::from_millis(50), ..limits() };
    for fault in ["stays", "child"] {
        let evaluator =
            evaluator_within(&["--fault", fault, "--notes", notes.path().to_str().unwrap()], limits.clone());
        let pid = read(&notes, "pid");
        drop(evaluator);
        assert!(!lives(&pid));
    }
    let child = read(&notes, "child");
    soon("the child has ended", || !lives(&child));
}

#[test]
fn what_a_killed_worker_started_ends_and_does_not_hide_its_death() {
    let notes = TempDir::new().unwrap();
    let evaluator =
        evaluator(&["--fault", "child", "--lives", "1", "--notes", notes.path().to_str().unwrap()]);
    let (pid, child) = (read(&notes, "pid"), read(&notes, "child"));
    assert!(lives(&child));
    // Its child holds its standard output open.
    kill(&pid);
    assert_eq!(scores(&*evaluator, &[bits(0, 2)], &request(1)).len(), 1);
    assert!(!lives(&child), "what it started ended with it");
    assert_ne!(read(&notes, "pid"), pid);
}

#[test]
fn a_worker_leads_a_group_of_its_own() {
    let notes = TempDir::new().unwrap();
    let factory =
        WorkerFactory::start(command(&["--notes", notes.path().to_str().unwrap()]), limits()).unwrap();
    let evaluator = load(&factory).unwrap();
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", read(&notes, "pid"))).unwrap();
    let fields: Vec<&str> = stat.rsplit(") ").next().unwrap().split(' ').collect();
    assert_eq!(fields[2], read(&notes, "pid"), "a Ctrl-C in the terminal reaches the host alone");
    drop(evaluator);
}
