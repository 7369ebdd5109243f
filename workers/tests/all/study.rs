//! A study whose worker is killed fifty times has the journal of one whose worker lives.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use attune::core::evaluator::{EvalFailure, Evaluation, Evaluator, EvaluatorInfo, Request, TaskInfo};
use attune::core::facts::Facts;
use attune::core::hash::ContentHash;
use attune::core::plan::Plan;
use attune::core::signal::{Measured, SignalRequest};
use attune_testkit::scripted::ScriptedTechnique;
use attune_workers::{Limits, ProcessEvaluator, WorkerFactory};
use tempfile::TempDir;

use crate::killer::kill_at_random;
use crate::support::{command, limits, opening};

const KILLS: usize = 50;

/// An evaluator, and how many calls it has finished.
struct Counted(ProcessEvaluator, Arc<AtomicUsize>);

impl Evaluator for Counted {
    fn info(&self) -> &EvaluatorInfo {
        self.0.info()
    }

    fn model(&self) -> &Facts {
        self.0.model()
    }

    fn task(&self) -> &TaskInfo {
        self.0.task()
    }

    fn check(&self, plan: &Plan) -> Result<(), EvalFailure> {
        self.0.check(plan)
    }

    fn calibration(&self, plan: &Plan) -> Option<ContentHash> {
        self.0.calibration(plan)
    }

    fn evaluate(
        &self,
        plans: &[Plan],
        request: &Request,
        sink: &mut dyn FnMut(usize, Result<Evaluation, EvalFailure>) -> ControlFlow<()>,
    ) -> Result<(), EvalFailure> {
        let ended = self.0.evaluate(plans, request, sink);
        self.1.fetch_add(1, Ordering::SeqCst);
        ended
    }

    fn signal(&self, wanted: &SignalRequest, request: &Request) -> Result<Measured, EvalFailure> {
        self.0.signal(wanted, request)
    }
}

/// Runs a study in `folder`; its journal, and what its result is.
fn study(evaluator: Counted, folder: &Path) -> (Vec<u8>, String) {
    let study = attune::Study::builder()
        .name("killed")
        .own_technique(ScriptedTechnique::default())
        .evaluator(evaluator)
        .strategy("evolution")
        .trials(160)
        .seed(7)
        .store(folder)
        .build()
        .unwrap();
    let result = format!("{:?}", study.run().unwrap().into_result().unwrap().best());
    let journal = std::fs::read_dir(folder.join("journal")).unwrap().next().unwrap().unwrap().path();
    (std::fs::read(journal).unwrap(), result)
}

#[test]
fn the_journal_is_the_same_to_the_byte() {
    let (quiet, killed, notes) = (TempDir::new().unwrap(), TempDir::new().unwrap(), TempDir::new().unwrap());
    let calls = Arc::new(AtomicUsize::new(0));
    let start = |args: &[&str]| {
        let limits = Limits { starts: 1000, ..limits() };
        let factory = WorkerFactory::start(command(args), limits).unwrap();
        Counted(opening(|opening| factory.evaluator(opening)).unwrap(), Arc::clone(&calls))
    };
    let expected = study(start(&[]), quiet.path());
    let evaluator = start(&["--item-ms", "1", "--notes", notes.path().to_str().unwrap()]);
    let over = AtomicBool::new(false);
    let (found, kills) = std::thread::scope(|scope| {
        let killer = scope.spawn(|| kill_at_random(KILLS, 1, notes.path(), &calls, &over));
        let found = study(evaluator, killed.path());
        over.store(true, Ordering::SeqCst);
        (found, killer.join().unwrap())
    });
    assert_eq!(kills, KILLS, "the study is long enough for all of them");
    assert_eq!(found.1, expected.1);
    assert!(found.0 == expected.0, "the journals differ");
}
