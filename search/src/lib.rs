//! Strategies and the session that drives them.
//!
//! A [`strategy`] proposes configs and is told what became of them; it never sees a plan or a score. The
//! [`session`] lowers proposals to plans, has them evaluated, journals the outcomes in proposal order and
//! tells the strategy. [`operators`] make children from parents, by the technique's own operator or
//! by the operators of the space.

pub mod knapsack;
pub mod operators;
pub mod pareto;
#[cfg(test)]
mod scripted_study;
pub mod session;
pub mod strategy;
mod surrogate;
