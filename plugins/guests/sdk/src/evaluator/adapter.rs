//! Between the generated interface and the [`Evaluator`] trait.

use std::marker::PhantomData;

use super::bindings::exports::attune::evaluator::evaluator as wire;
use super::{Evaluator, Opening};
use crate::{Edit, logging};

/// What [`export_evaluator!`](crate::export_evaluator) exports for an evaluator.
pub struct Adapter<E>(PhantomData<E>);

/// A task that is open.
pub struct Opened<E>(E);

impl<E: Evaluator> wire::Guest for Adapter<E> {
    type Task = Opened<E>;

    fn describe() -> wire::Description {
        logging::report_panics();
        E::describe().into()
    }
}

impl<E: Evaluator> wire::GuestTask for Opened<E> {
    fn open(opening: wire::Opening) -> Result<wire::Task, wire::OpenFailure> {
        logging::report_panics();
        match E::open(&Opening::from(opening)) {
            Ok(evaluator) => Ok(wire::Task::new(Self(evaluator))),
            Err(failure) => Err(failure.into()),
        }
    }

    fn subject(&self) -> wire::Subject {
        self.0.subject().into()
    }

    fn check(&self, plan: Vec<wire::Open>) -> Result<(), wire::Failure> {
        Ok(self.0.check(&edits(plan))?)
    }

    fn evaluate(
        &self,
        plan: Vec<wire::Open>,
        split: String,
        items: Vec<u32>,
    ) -> Result<wire::Evaluation, wire::Failure> {
        Ok(self.0.evaluate(&edits(plan), &split, &items)?.into())
    }

    fn known_bounds(&self, split: String, items: Vec<u32>) -> Vec<wire::KnownBound> {
        self.0.known_bounds(&split, &items).into_iter().map(Into::into).collect()
    }
}

fn edits(plan: Vec<wire::Open>) -> Vec<Edit> {
    plan.into_iter().map(Into::into).collect()
}
