//! Sensitivity tables of strange spaces with strange losses, and the searches that plan with them.

use std::sync::Arc;

use attune_core::evaluator::RunControl;
use attune_core::profile::Selected;
use attune_core::sensitivity::{probes, reference, table_from};
use attune_core::space::Space;
use attune_search::strategy::{SearchContext, build};

use super::space::described;
use crate::Target;

const LOSSES: [f64; 12] = [
    0.0,
    1.0,
    -1.0,
    2.5,
    f64::NAN,
    f64::INFINITY,
    f64::NEG_INFINITY,
    f64::MAX,
    f64::MIN,
    5e-324,
    1e-300,
    -0.0,
];

pub(crate) const TARGET: Target = Target {
    name: "sensitivities",
    seeds: |_| (0..64_u64).map(|seed| [&seed.to_le_bytes()[..], &[1, 2, 3, 4]].concat()).collect(),
    run: |input| {
        let seed =
            input.iter().fold(0_u64, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3));
        let (dimensions, constraints) = described::described(seed);
        let Ok(space) = Space::new(dimensions, constraints) else { return };
        let Ok(at) = reference(&space, None) else { return };
        let Ok(probes) = probes(&space, &at) else { return };
        assert!(probes.iter().all(|probe| space.check_domains(&probe.config).is_ok()));
        let loss = |number: usize| LOSSES[usize::from(input[number % input.len()]) % LOSSES.len()];
        let losses: Vec<Option<Vec<f64>>> =
            (0..probes.len()).map(|number| (number % 7 != 6).then(|| vec![loss(number)])).collect();
        let table = table_from(&space, &at, &[1.0], &probes, &losses);
        let space = Arc::new(space);
        for name in ["profiling", "hybrid"] {
            let context = SearchContext {
                space: Arc::clone(&space),
                seed,
                starts: Vec::new(),
                operators: None,
                table: Some(table.clone()),
                repeats: 0,
                stop: RunControl::default(),
            };
            let choice = Selected { name: name.to_owned(), options: Default::default() };
            let Ok(mut strategy) = build(&choice, context) else { continue };
            for proposal in strategy.ask(4) {
                assert_eq!(space.check(&proposal.config), Ok(()));
            }
        }
    },
};
