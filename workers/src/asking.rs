//! Asking a worker: plans are checked, whoever dies is asked once more.

use std::sync::Arc;

use attune_core::evaluator::{EvalFailure, EvaluatorInfo, RunControl};
use attune_core::options::OptionValue;
use attune_core::plan::{ArgumentKind, Edit, Plan};
use attune_vocabulary::LISTED;

use crate::checked::{Checked, CheckedPlans};
use crate::company::{Company, Want};
use crate::connection::{Answer, Asked, CalledOff, Connection, Wait};
use crate::ending::Cause;
use crate::identity;
use crate::scored;
use crate::supervisor::Supervisor;
use crate::wire::{self, Call, CheckResult};

/// A worker that is asked, loaded or not.
pub(crate) struct Asking {
    pub(crate) supervisor: Supervisor,
    pub(crate) company: Company,
    checked: CheckedPlans,
}

impl Asking {
    pub(crate) fn new(supervisor: Supervisor) -> Self {
        let company = Company::new(supervisor.identity().info.concurrency);
        Self { supervisor, company, checked: CheckedPlans::default() }
    }

    /// Whether the worker honours a plan, and what it is calibrated on.
    pub(crate) fn check(&self, plan: &Plan) -> Checked {
        let info = &self.supervisor.identity().info;
        if let Some(refused) = foreign(info, plan) {
            return Err(refused);
        }
        self.checked.get(plan.hash(), || {
            let call = Call::Check { plan: edits(plan) };
            let stop = RunControl::default();
            // Nobody can call a check off, and it takes no longer than saying who one is.
            let wait = Wait { stop: &stop, most: Some(self.supervisor.limits().hello), at_once: None };
            let asked = self.twice(Want::Check, "checking a plan", &stop, |connection| {
                connection.ask::<CheckResult>(&call, &wait, &mut |_| Err("a check has no events".to_owned()))
            })?;
            let (connection, asked) = asked;
            let (result, said) = match asked.answer {
                Answer::Result(result, said) => (result, said),
                Answer::Failure(failure, said) => return Err(self.failed(&connection, failure, &said)),
                Answer::Gone(ending) => return Err(EvalFailure::Internal(ending.to_string())),
            };
            let calibration = result.calibration.as_deref().map(identity::fingerprint).transpose();
            calibration.map_err(|why| {
                let ending = connection.end(Cause::nonsense(&said, why));
                EvalFailure::Internal(format!("the worker `{}` {ending}", self.supervisor.command()))
            })
        })
    }

    /// Asks, and once more alone when the worker dies. What it answers, or how it ended after it was called off.
    pub(crate) fn twice<T>(
        &self,
        want: Want,
        what: &str,
        stop: &RunControl,
        ask: impl Fn(&Connection) -> Asked<T>,
    ) -> Result<(Arc<Connection>, Asked<T>), EvalFailure> {
        let mut died = String::new();
        for want in [want, Want::Alone] {
            let _present = self.company.enter(want, stop).ok_or(EvalFailure::Interrupted)?;
            let connection = self.supervisor.connection(stop)?;
            let asked = ask(&connection);
            match &asked.answer {
                Answer::Gone(_) if asked.called_off == Some(CalledOff::Stopped) => {
                    return Err(EvalFailure::Interrupted);
                }
                Answer::Gone(ending) if asked.called_off.is_none() => died = ending.to_string(),
                _ => return Ok((connection, asked)),
            }
        }
        let command = self.supervisor.command();
        Err(EvalFailure::Internal(format!("the worker `{command}` died twice while {what}: {died}")))
    }

    /// What a failure means; one that the protocol does not have ends the worker.
    pub(crate) fn failed(&self, connection: &Connection, failure: wire::Failure, said: &str) -> EvalFailure {
        let info = &self.supervisor.identity().info;
        match scored::failure(failure, info, None) {
            Ok(EvalFailure::Interrupted) => {
                EvalFailure::Internal(format!("the worker gave up by itself: {said}"))
            }
            Ok(failure) => failure,
            Err(why) => EvalFailure::Internal(connection.end(Cause::nonsense(said, why)).to_string()),
        }
    }
}

/// The refusal of a plan with an edit that the worker does not have, or with an argument that it would pass over.
pub(crate) fn foreign(info: &EvaluatorInfo, plan: &Plan) -> Option<EvalFailure> {
    let (edit, reason) = plan.edits().iter().find_map(|edit| Some((edit, unheard(info, edit)?)))?;
    Some(EvalFailure::Unsupported { evaluator: info.name.clone(), edit: edit.to_string(), reason })
}

/// Why the worker does not know what `edit` says, if it does not.
fn unheard(info: &EvaluatorInfo, edit: &Edit) -> Option<String> {
    let Some(schema) = info.edits.schema(&edit.kind) else {
        let known: Vec<&str> = info.edits.kinds().collect();
        return Some(format!("here it honours {}", known.join(", ")));
    };
    let asked = LISTED.into_iter().filter(|(kind, _)| *kind == edit.kind);
    let mut asked = asked.filter_map(|(_, name)| Some((name, edit.args.get(name)?)));
    asked.find_map(|(name, value)| match schema.argument(name).map(|argument| &argument.kind) {
        None => Some(format!(
            "it does not know the argument `{name}`; leave `{name}` out, or use an evaluator that lists it"
        )),
        Some(ArgumentKind::Word(words)) if !is_one_of(words, value) => {
            let words = words.join(", ");
            Some(format!("its `{name}` is one of {words}; use one of these, or an evaluator that lists it"))
        }
        Some(_) => None,
    })
}

fn is_one_of(words: &[String], value: &OptionValue) -> bool {
    matches!(value, OptionValue::Text(word) if words.contains(word))
}

/// The edits of a plan as they are written.
pub(crate) fn edits(plan: &Plan) -> Vec<wire::Edit> {
    plan.edits().iter().map(|edit: &Edit| edit.into()).collect()
}
