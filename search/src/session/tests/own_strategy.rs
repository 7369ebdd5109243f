//! Strategies that somebody brings.

use attune_core::options::Settings;
use attune_core::profile::Selected;
use attune_core::space::Config;
use attune_core::strategy::{Observation, Proposal, Strategy};

use super::*;
use crate::strategy::{SearchContext, StrategyError, StrategyFactory, StrategySource, build};

/// A strategy that proposes what `spoil` makes of a random one's proposals.
struct Spoiled(Spoil);

type Spoil = fn(&mut Vec<Proposal>);

impl StrategyFactory for Spoiled {
    fn name(&self) -> &str {
        "spoiled"
    }

    fn build(&self, context: SearchContext) -> Result<Box<dyn Strategy>, StrategyError> {
        let random = Selected { name: "random".to_owned(), options: Settings::new() };
        Ok(Box::new(Spoiling { inner: build(&random, context)?, spoil: self.0 }))
    }
}

struct Spoiling {
    inner: Box<dyn Strategy>,
    spoil: Spoil,
}

impl Strategy for Spoiling {
    fn name(&self) -> &'static str {
        "spoiled"
    }

    fn ask(&mut self, limit: usize) -> Vec<Proposal> {
        let mut proposals = self.inner.ask(limit);
        (self.spoil)(&mut proposals);
        proposals
    }

    fn tell(&mut self, observations: &[Observation]) {
        self.inner.tell(observations);
    }
}

#[test]
fn a_strategy_of_ones_own_that_breaks_its_contract_is_told_how() {
    let spoils: [(Spoil, &str); 4] = [
        (|proposals| proposals[1].index = 7, "found number 7 at proposal 1, expected number 1"),
        (|proposals| proposals[2].config = Config::new(vec![]), "found a config that breaks the space"),
        (
            |proposals| proposals.extend_from_within(..),
            "found 24 proposals at proposal 0, expected at most 12",
        ),
        (|_| panic!("out of ideas"), "asking strategy `spoiled` panicked: out of ideas"),
    ];
    for (spoil, words) in spoils {
        let study = Study { trials: 12, ..Study::default() };
        let setup = SessionSetup {
            strategy: StrategySource::Own(Arc::new(Spoiled(spoil))),
            ..study.setup().unwrap()
        };
        let message = scripted_study::run(setup, |_, _| ()).0.unwrap_err().to_string();
        assert!(message.contains(words), "{message}");
        assert_eq!(study.store.records("study").unwrap().len(), 1, "nothing but the header");
    }
}
