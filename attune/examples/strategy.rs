//! A strategy of one's own, in a session with resume: `cargo run --release --example strategy [STORE]`.
//!
//! The first run is told to stop half-way. The second, under the same name in the same store, asks the strategy for the
//! same proposals again, answers them from the journal, and goes on from there.
#![allow(clippy::print_stdout, reason = "a program for people")]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use attune::core::event::Event;
use attune::core::rng;
use attune::core::space::{Config, Dimension, Space};
use attune::core::strategy::{Observation, Origin, Proposal, Strategy};
use attune::{Error, Minimise, Outcome, minimise, strategy};

/// Hill climbing: eight neighbours of the best config so far, then eight of the best of these.
struct HillClimbing {
    space: Arc<Space>,
    seed: u64,
    asked: Vec<Config>,
    best: Option<(f64, u64)>,
}

impl HillClimbing {
    /// Everything random comes from the seed and the number of the proposal: that is what makes resume possible.
    fn propose(&mut self, index: u64) -> Option<Proposal> {
        let mut random = rng::derive(self.seed, "hill-climbing", &[index]);
        for _ in 0..100 {
            let (config, origin) = match self.best {
                Some((_, best)) => {
                    let parent = &self.asked[best as usize];
                    let origin = Origin::Varied { parents: vec![best], operator: None };
                    (self.space.mutate(parent, &mut random), origin)
                }
                None => (self.space.sample(&mut random).ok()?, Origin::Random),
            };
            // No config is proposed twice.
            if !self.asked.contains(&config) {
                self.asked.push(config.clone());
                return Some(Proposal { index, config, origin });
            }
        }
        None
    }
}

impl Strategy for HillClimbing {
    fn name(&self) -> &'static str {
        "hill-climbing"
    }

    fn ask(&mut self, limit: usize) -> Vec<Proposal> {
        let first = self.asked.len() as u64;
        (first..).take(limit.min(8)).map_while(|index| self.propose(index)).collect()
    }

    fn tell(&mut self, observations: &[Observation]) {
        for observation in observations {
            let loss = observation.loss();
            if !loss.is_nan() && self.best.is_none_or(|(best, _)| loss < best) {
                self.best = Some((loss, observation.index));
            }
        }
    }
}

/// The search: which of 16 switches are best on, when each costs something and neighbours help each other. `calls` counts
/// how often that is really computed.
fn search(store: &Path, calls: &Arc<AtomicUsize>) -> Result<Minimise, Error> {
    let space = Space::of([Dimension::level("switch", [0.0, 1.0]).along("place", 16)])?;
    let climb = strategy::own("hill-climbing", |context| {
        Ok(Box::new(HillClimbing { space: context.space, seed: context.seed, asked: vec![], best: None }))
    });
    let calls = Arc::clone(calls);
    let energy = move |point: &attune::Point<'_>| {
        calls.fetch_add(1, Ordering::Relaxed);
        let on = point.reals("switch");
        let pairs: f64 = on.windows(2).map(|pair| pair[0] * pair[1]).sum();
        3.0 * on.iter().sum::<f64>() - 4.0 * pairs
    };
    Ok(minimise(space, energy).strategy(climb).trials(200).seed(7).name("switches").store(store))
}

/// Runs it twice; returns what a person reads.
pub(crate) fn run(store: &Path) -> Result<String, Error> {
    let calls = Arc::new(AtomicUsize::new(0));
    let study = search(store, &calls)?.build()?;
    let handle = study.handle();
    let outcome = study.run_with(&mut |event| {
        if matches!(event, Event::TrialFinished { trial, .. } if trial.id == 80) {
            handle.stop_after_generation();
        }
    })?;
    let mut text = match outcome {
        Outcome::Interrupted { progress, .. } => format!("stopped after {} trials\n", progress.trials),
        _ => "nothing left to stop: this store has it all\n".to_owned(),
    };

    let found = search(store, &calls)?.run()?;
    let switches: String =
        found.point().reals("switch").iter().map(|on| if *on > 0.0 { '1' } else { '0' }).collect();
    let finished = &found.result.finished;
    text.push_str(&format!(
        "continued to {} trials: {} at {switches}, found in trial {}\n{} calls of the function in both runs together",
        finished.progress.trials,
        found.value,
        found.result.best().trial,
        calls.load(Ordering::Relaxed)
    ));
    Ok(text)
}

fn main() -> Result<(), Error> {
    let store = std::env::args_os().nth(1).map(PathBuf::from);
    let store =
        store.unwrap_or_else(|| std::env::temp_dir().join(format!("attune-switches-{}", std::process::id())));
    println!("{}", run(&store)?);
    println!("kept in {}", store.display());
    Ok(())
}
