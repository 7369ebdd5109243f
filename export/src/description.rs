//! Targets as data: what an engine takes of a plan, how exactly, and how that was found out.
//!
//! Searches are limited to it ([`Description::facts`]), and `attune target show` and `docs/targets.md` print it. Exporters read from
//! here which kinds of edit they refuse and why, and share its lists of bits, groups and families; grids, what layers and modules
//! have to agree in, and the only form of an edit they check in code of their own.

mod facts;
mod takes;
mod tolerance;
mod words;

pub use takes::{DEFAULT_GRID, Families, Fidelity, Layers, Only, Takes, Together};
pub use tolerance::Tolerance;

/// An engine, or a format that several engines load.
#[derive(Clone, Copy, Debug)]
pub struct Description {
    /// The word after `--to`, and the value of `target` in a profile.
    pub name: &'static str,
    /// What is written and who loads it, in one sentence.
    pub summary: &'static str,
    /// Who loads it.
    pub engines: &'static [Engine],
    /// Which edits it takes.
    pub edits: Edits,
    /// How a written folder is checked.
    pub check: &'static str,
    /// How far an engine that computes what was scored may be from the evaluator.
    pub tolerance: Tolerance,
    /// What was found to be so, and how.
    pub verified: &'static [Verified],
}

/// A program that loads what is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Engine {
    /// Its name.
    pub name: &'static str,
    /// The oldest version that is known to load it; empty where none was tried.
    pub since: &'static str,
}

/// Which edits a target takes.
#[derive(Clone, Copy, Debug)]
pub enum Edits {
    /// Every edit of every technique, exactly.
    Every,
    /// Some.
    These {
        /// Those that it takes.
        takes: &'static [Takes],
        /// Kinds of edit that it does not take, each with why and what would work.
        refuses: &'static [(&'static str, &'static str)],
        /// The same for all other kinds.
        otherwise: &'static str,
    },
}

/// Something that was checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verified {
    /// What was found.
    pub what: &'static str,
    /// By which command or test.
    pub how: &'static str,
    /// When, as `2026-11-28`.
    pub when: &'static str,
}

/// What a target makes of a kind of edit.
#[derive(Clone, Copy, Debug)]
pub enum Answer {
    /// It takes all of them, exactly.
    Exact,
    /// It takes them as this says.
    Takes(&'static Takes),
    /// It takes none of them: why, and what would work.
    Not(&'static str),
}

impl Description {
    /// What it makes of edits of this kind.
    pub fn answer(&self, kind: &str) -> Answer {
        match self.edits {
            Edits::Every => Answer::Exact,
            Edits::These { takes, refuses, otherwise } => {
                if let Some(takes) = takes.iter().find(|takes| takes.edit == kind) {
                    return Answer::Takes(takes);
                }
                let why = refuses.iter().find(|(refused, _)| *refused == kind);
                Answer::Not(why.map_or(otherwise, |(_, why)| *why))
            }
        }
    }

    /// Whether it takes edits of this kind at all.
    pub fn has(&self, kind: &str) -> bool {
        !matches!(self.answer(kind), Answer::Not(_))
    }

    /// The kinds of edit that it takes; `None` where it takes every kind.
    pub fn kinds(&self) -> Option<Vec<&'static str>> {
        match self.edits {
            Edits::Every => None,
            Edits::These { takes, .. } => Some(takes.iter().map(|takes| takes.edit).collect()),
        }
    }
}
