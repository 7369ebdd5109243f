//! A task that is open, and what it can be asked.

use attune_core::evaluator::{EvalFailure, EvaluatorInfo, Request, Split, TaskInfo};
use attune_core::facts::Facts;
use attune_core::plan::Plan;
use rayon::ThreadPool;

use super::convert::TaskWays;
use super::tasks::Tasks;

/// A task that is open on all cores.
pub(super) struct Simulation {
    pub(super) tasks: Tasks,
    pub(super) info: EvaluatorInfo,
    pub(super) facts: Facts,
    pub(super) task: TaskInfo,
    pub(super) ways: TaskWays,
    pub(super) threads: ThreadPool,
}

impl Simulation {
    /// Whether the plan is one of this vocabulary, and every edit what its schema says.
    pub(super) fn understood(&self, plan: &Plan) -> Result<(), EvalFailure> {
        let edits = &self.info.edits;
        let refused = |edit: String, reason: String| EvalFailure::Unsupported {
            evaluator: self.info.name.clone(),
            edit,
            reason,
        };
        for edit in plan.edits() {
            edits.accept(edit).map_err(|error| refused(edit.to_string(), error.to_string()))?;
        }
        match edits.conflict(plan) {
            Some((one, other)) => Err(refused(one.to_string(), format!("it cannot stand beside {other}"))),
            None => Ok(()),
        }
    }

    /// So many times what one item may take, a call for `asked` of a split's items may. Where items share work it is the same however
    /// many are asked for, because the work is: a plan whose scores are filled in item by item must not fail at one and pass at twenty.
    pub(super) fn share(&self, split: &Split, asked: usize) -> u64 {
        match self.ways.items_share_work {
            true => self.task.items.get(split).copied().unwrap_or(0).into(),
            false => asked as u64,
        }
    }

    /// Whether the task has this split and these items, each asked for once.
    pub(super) fn servable(&self, request: &Request) -> Result<(), EvalFailure> {
        let bad = |problem: String| Err(EvalFailure::BadRequest(problem));
        let Some(held) = self.task.items.get(&request.split).copied() else {
            let known: Vec<String> = self.task.items.keys().map(Split::to_string).collect();
            return bad(format!("there is no {} data, only {}", request.split, known.join(", ")));
        };
        let mut asked = request.items.clone();
        asked.sort_unstable();
        if let Some(beyond) = asked.last().filter(|item| **item >= held) {
            return bad(format!("item {beyond} of the {} data, which has {held}", request.split));
        }
        match asked.windows(2).find(|pair| pair[0] == pair[1]) {
            Some(pair) => bad(format!("item {} of the {} data is asked for twice", pair[0], request.split)),
            None => Ok(()),
        }
    }
}
