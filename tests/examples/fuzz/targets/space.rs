//! Spaces of strange numbers and what is done with them.

use attune_core::rng;
use attune_core::space::{Config, Space};

use crate::Target;

#[path = "../../../../core/tests/space/described.rs"]
pub(super) mod described;

pub(crate) const TARGET: Target = Target {
    name: "space",
    seeds: |_| (0..64_u64).map(|seed| seed.to_le_bytes().to_vec()).collect(),
    run: |input| {
        let seed =
            input.iter().fold(0_u64, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3));
        let (dimensions, constraints) = described::described(seed);
        let Ok(space) = Space::new(dimensions, constraints) else { return };
        let random = &mut rng::derive(seed, "fuzz", &[]);
        let feasible = |config: &Config| {
            assert_eq!(space.check(config), Ok(()));
            assert_eq!(&space.canonical(config.clone()), config);
        };
        space.count();
        space.enumerate(200).into_iter().flatten().for_each(|config| feasible(&config));
        let Ok(mut parent) = space.sample(random) else { return };
        for _ in 0..20 {
            let Ok(other) = space.sample(random) else { return };
            let child = space.crossover(&parent, &other, random);
            parent = space.mutate(&child, random);
            [&other, &child, &parent].into_iter().for_each(feasible);
        }
    },
};
