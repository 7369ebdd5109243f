//! The conformance suite for strategies: a function of (seed, space, tells) that asks for feasible, unseen configs.
//!
//! [`check`] runs all of it on one space, [`check_everywhere`] on spaces that between them have every domain and every
//! constraint. The landscape is made up: some configs fail, some score NaN and some lose their race.
//!
//! ```
//! use std::collections::HashSet;
//! use std::sync::Arc;
//!
//! use attune_core::{hash::ContentHash, rng, space::Space};
//! use attune_core::strategy::{Observation, Origin, Proposal, Strategy};
//!
//! /// Random search without repetition.
//! struct Mine {
//!     space: Arc<Space>,
//!     seed: u64,
//!     seen: HashSet<ContentHash>,
//! }
//!
//! impl Strategy for Mine {
//!     fn name(&self) -> &'static str {
//!         "mine"
//!     }
//!
//!     fn ask(&mut self, limit: usize) -> Vec<Proposal> {
//!         // Randomness comes from the seed and the number of the proposal, so a search can be resumed.
//!         let index = self.seen.len() as u64;
//!         let mut random = rng::derive(self.seed, "mine", &[index]);
//!         let drawn = (0..limit.min(1) * 100).filter_map(|_| self.space.sample(&mut random).ok());
//!         let fresh = drawn.into_iter().find(|config| !self.seen.contains(&config.hash()));
//!         let proposals = fresh.map(|config| Proposal { index, config, origin: Origin::Random });
//!         self.seen.extend(proposals.iter().map(|proposal| proposal.config.hash()));
//!         proposals.into_iter().collect()
//!     }
//!
//!     fn tell(&mut self, _observations: &[Observation]) {}
//! }
//!
//! // 12 layers, 8 of 16 experts of each.
//! let kept = attune_core::space::Domain::Subset { of: 16, min: 8, max: 8 };
//! let kept = attune_testkit::spaces::dimension("kept", &[("layer", 12)], kept);
//! let space = Arc::new(Space::new(vec![kept], vec![])?);
//! attune_testkit::strategy::check(&space, &|space, seed| {
//!     Box::new(Mine { space, seed, seen: HashSet::new() })
//! });
//! # Ok::<(), attune_core::space::SpaceError>(())
//! ```

use std::collections::HashSet;
use std::sync::Arc;

use attune_core::hash::ContentHash;
use attune_core::space::{Config, Count, Space};
use attune_core::strategy::{Observation, Origin, Proposal, Strategy};

/// Builds the strategy under test from a space and a seed. Called many times; equal arguments must build equal
/// strategies.
pub type Build<'a> = &'a dyn Fn(Arc<Space>, u64) -> Box<dyn Strategy>;

/// Proposals that a check looks at in a space that is not exhausted sooner.
const LENGTH: usize = 120;
/// Spaces with at most this many configs are searched to their end.
const EXHAUSTED: u128 = 5_000;

/// Every promise, on every space of [`spaces`](crate::spaces).
///
/// # Panics
/// With the promise that is broken.
pub fn check_everywhere(build: Build<'_>) {
    match crate::spaces::all() {
        Ok(spaces) => spaces.iter().for_each(|(_, space)| check(space, build)),
        Err(error) => panic!("the spaces of the suite: {error}"),
    }
}

/// Every promise, on one space.
///
/// # Panics
/// With the promise that is broken.
pub fn check(space: &Arc<Space>, build: Build<'_>) {
    let reference = run(build(space.clone(), 1), usize::MAX, LENGTH);
    proposals_are_points(space, &reference);
    parents_are_earlier_successes(&reference);
    assert_eq!(run(build(space.clone(), 1), usize::MAX, LENGTH), reference, "the same seed repeats a search");
    if reference.len() == LENGTH {
        let other = run(build(space.clone(), 2), usize::MAX, LENGTH);
        assert_ne!(other, reference, "another seed is another search");
    }
    for limit in [1, 3, 7] {
        let chunked = run(build(space.clone(), 1), limit, LENGTH);
        assert_eq!(chunked, reference, "asking for {limit} at a time changes no proposal");
    }
    replays(space, build, &reference);
    small_spaces_are_exhausted_exactly(space, build);
}

/// Numbered without gaps, canonical, feasible, never twice the same unless they say so.
fn proposals_are_points(space: &Space, proposals: &[Proposal]) {
    let mut seen = HashSet::new();
    for (index, proposal) in proposals.iter().enumerate() {
        assert_eq!(proposal.index, index as u64, "proposals are numbered from 0 without gaps");
        if let Err(violation) = space.check(&proposal.config) {
            panic!("proposal {index} is not feasible: {violation}");
        }
        assert_eq!(
            space.canonical(proposal.config.clone()),
            proposal.config,
            "proposal {index} is not canonical"
        );
        match proposal.origin {
            Origin::Again { of } => is_a_repeat(&proposals[..index], proposal, of),
            _ => assert!(seen.insert(proposal.config.hash()), "proposal {index} was proposed before"),
        }
    }
}

/// A config that is asked again is one that an earlier proposal had first, and that was scored.
fn is_a_repeat(earlier: &[Proposal], proposal: &Proposal, of: u64) {
    let index = proposal.index;
    let Some(first) = earlier.get(of as usize) else { panic!("proposal {index} repeats a later one") };
    assert!(!matches!(first.origin, Origin::Again { .. }), "proposal {index} repeats a repeat");
    assert_eq!(first.config, proposal.config, "proposal {index} is not the config that it says it repeats");
    assert!(observe(first).losses.is_some(), "proposal {index} repeats one without losses");
}

fn is_new(proposal: &&Proposal) -> bool {
    !matches!(proposal.origin, Origin::Again { .. })
}

fn parents_are_earlier_successes(proposals: &[Proposal]) {
    for proposal in proposals {
        let Origin::Varied { parents, .. } = &proposal.origin else { continue };
        assert!(!parents.is_empty(), "proposal {} has no parents", proposal.index);
        for &parent in parents {
            assert!(parent < proposal.index, "proposal {} has a later parent", proposal.index);
            let told = observe(&proposals[parent as usize]);
            assert!(!told.loss().is_nan(), "proposal {} has a parent without a loss", proposal.index);
        }
    }
}

/// A strategy that is rebuilt from the tells of an interrupted search goes on as the first one did, wherever
/// the interruption fell and in whatever pieces the results arrive.
fn replays(space: &Arc<Space>, build: Build<'_>, reference: &[Proposal]) {
    for stop in [1, 5, 20, 50].into_iter().filter(|stop| *stop < reference.len()) {
        let mut rebuilt = build(space.clone(), 1);
        let mut known = 0;
        while known < stop {
            let proposals = rebuilt.ask(LENGTH - known);
            assert!(!proposals.is_empty(), "the rebuilt search ends after {known} proposals");
            for proposal in &proposals {
                assert_eq!(proposal, &reference[proposal.index as usize], "the rebuilt search differs");
                rebuilt.tell(&[observe(proposal)]);
            }
            known += proposals.len();
        }
        let rest = drive(rebuilt.as_mut(), usize::MAX, LENGTH - known);
        assert_eq!(rest, reference[known..], "the rebuilt search goes on differently");
    }
}

fn small_spaces_are_exhausted_exactly(space: &Arc<Space>, build: Build<'_>) {
    let Count::Exact(points) = space.count() else { return };
    if points > EXHAUSTED {
        return;
    }
    let mut strategy = build(space.clone(), 3);
    // Repeats are proposals, too.
    let all = drive(strategy.as_mut(), usize::MAX, 4 * points as usize + 10);
    proposals_are_points(space, &all);
    assert_eq!(all.iter().filter(is_new).count() as u128, points, "every point of a small space is proposed");
    assert_eq!(strategy.ask(10), [], "an exhausted search asks for nothing more");
}

fn run(mut strategy: Box<dyn Strategy>, limit: usize, length: usize) -> Vec<Proposal> {
    drive(strategy.as_mut(), limit, length)
}

fn drive(strategy: &mut dyn Strategy, limit: usize, length: usize) -> Vec<Proposal> {
    let mut all = Vec::new();
    while all.len() < length {
        let asked = limit.min(length - all.len());
        let proposals = strategy.ask(asked);
        assert!(proposals.len() <= asked, "{} proposals where {asked} were allowed", proposals.len());
        if proposals.is_empty() {
            break;
        }
        strategy.tell(&proposals.iter().map(observe).collect::<Vec<_>>());
        all.extend(proposals);
    }
    all
}

/// A landscape without meaning: of eight configs about one fails, one scores NaN and one loses its race. New items of a config
/// that is asked again disagree a little with its first ones.
fn observe(proposal: &Proposal) -> Observation {
    let digit = digit(&proposal.config);
    let losses = match digit % 8 {
        0 => None,
        1 => Some(vec![f64::NAN]),
        2 => None,
        _ => Some(vec![f64::from(digit)]),
    };
    let estimate = (digit % 8 == 2).then(|| f64::from(digit));
    let (losses, fresh) = match (proposal.origin.clone(), losses) {
        (Origin::Again { .. }, Some(losses)) => {
            let noise = (proposal.index % 3) as f64 - 1.0;
            (Some(losses.iter().map(|loss| loss + 0.5 * noise).collect()), Some(vec![losses[0] + noise]))
        }
        (_, losses) => (losses, None),
    };
    Observation { index: proposal.index, losses, estimate, fresh }
}

fn digit(config: &Config) -> u8 {
    let hash: ContentHash = config.hash();
    hash.as_bytes()[0]
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use attune_core::rng;

    use super::*;
    use crate::spaces;

    /// Draws at random, with one fault.
    struct Faulty {
        fault: &'static str,
        space: Arc<Space>,
        seed: u64,
        seen: HashSet<ContentHash>,
        asks: u64,
        next: u64,
    }

    impl Strategy for Faulty {
        fn name(&self) -> &'static str {
            self.fault
        }

        fn ask(&mut self, limit: usize) -> Vec<Proposal> {
            self.asks += 1;
            let mut proposals = Vec::new();
            while proposals.len() < limit.min(4) {
                let purpose = if self.fault == "depends on the batch" { self.asks } else { 0 };
                let seed = if self.fault == "ignores the seed" { 0 } else { self.seed };
                let place = if self.fault == "repeats" { self.next % 50 } else { self.next };
                let mut random = rng::derive(seed, "faulty", &[place, purpose]);
                let config = loop {
                    let Ok(config) = self.space.sample(&mut random) else { return proposals };
                    if self.seen.insert(config.hash()) || self.fault == "repeats" {
                        break config;
                    }
                };
                let origin = match (self.fault, self.next) {
                    ("repeats another config", 9) => Origin::Again { of: 3 },
                    ("repeats what comes later", 9) => Origin::Again { of: 9 },
                    _ => Origin::Random,
                };
                proposals.push(Proposal { index: self.next, config, origin });
                self.next += if self.fault == "skips a number" && self.next == 9 { 2 } else { 1 };
            }
            proposals
        }

        fn tell(&mut self, _observations: &[Observation]) {}
    }

    #[test]
    fn broken_promises_are_noticed() {
        // Too many points to be exhausted.
        let (_, space) =
            spaces::all().unwrap().into_iter().find(|(name, _)| *name == "distinct groups").unwrap();
        let verdict = |fault: &'static str| {
            let build = |space: Arc<Space>, seed: u64| -> Box<dyn Strategy> {
                let seen = HashSet::new();
                Box::new(Faulty { fault, space, seed, seen, asks: 0, next: 0 })
            };
            catch_unwind(AssertUnwindSafe(|| check(&space, &build))).is_ok()
        };
        assert!(verdict("none"));
        let faults = [
            "repeats",
            "ignores the seed",
            "depends on the batch",
            "skips a number",
            "repeats another config",
            "repeats what comes later",
        ];
        for fault in faults {
            assert!(!verdict(fault), "{fault}");
        }
    }
}
