use std::sync::Arc;

use attune_core::rng::derive;
use attune_core::sensitivity::SensitivityTable;
use attune_core::space::{Config, Dimension, Domain, Slot, Space, Value};
use rand::RngExt as _;

use super::*;
use attune_testkit::spaces;

fn space(name: &str) -> Arc<Space> {
    spaces::all().unwrap().into_iter().find(|(known, _)| *known == name).unwrap().1
}

/// Loss of a config of six subsets: every element has its own damage, and there is noise.
fn damage(config: &Config, noise: f64, random: &mut Rng) -> f64 {
    let cells = config.dimensions()[0].iter().enumerate();
    let sum: f64 = cells
        .map(|(layer, value)| match value {
            Value::Indices(kept) => {
                kept.iter().map(|&e| ((layer as u32 * 5 + e * 7) % 11) as f64 / 10.0).sum()
            }
            _ => 0.0,
        })
        .sum();
    sum + noise * (random.random::<f64>() - 0.5)
}

/// What picking an element damages, or `wrong`: something that has nothing to do with it.
fn table(space: &Space, wrong: bool) -> SensitivityTable {
    let damage = |layer: usize, element: usize| match wrong {
        false => ((layer * 5 + element * 7) % 11) as f64 / 10.0,
        true => ((layer * 3 + element * 2) % 7) as f64 / 7.0,
    };
    let row = |slot: Slot| {
        let Domain::Subset { of, .. } = space.dimensions()[slot.dimension].domain else {
            panic!("no subset")
        };
        (slot, (0..of as usize).map(|element| vec![damage(slot.cell, element)]).collect())
    };
    SensitivityTable::new(space.slots().map(row).collect())
}

fn fit(features: &Features, seen: &[(Config, f64)]) -> Option<Surrogate> {
    let rows: Vec<(Row, f64)> = seen.iter().map(|(config, loss)| (features.of(config), *loss)).collect();
    Surrogate::fit(features, &rows)
}

/// Share of pairs of new configs that come in the right order.
fn agreement(trials: usize, noise: f64) -> f64 {
    let space = space("subsets");
    ordered(&space, Features::new(&space).unwrap(), trials, noise)
}

fn ordered(space: &Space, features: Features, trials: usize, noise: f64) -> f64 {
    let mut random = derive(5, "surrogate", &[]);
    let draw = |random: &mut Rng| space.sample(random).unwrap();
    let seen: Vec<(Config, f64)> = (0..trials)
        .map(|_| {
            let config = draw(&mut random);
            let loss = damage(&config, noise, &mut random);
            (config, loss)
        })
        .collect();
    let guess = fit(&features, &seen).unwrap().solved().unwrap().mean;
    let right = (0..500).filter(|_| {
        let (one, other) = (draw(&mut random), draw(&mut random));
        let truth = damage(&one, 0.0, &mut random) < damage(&other, 0.0, &mut random);
        truth == (guess.of(&features.of(&one)) < guess.of(&features.of(&other)))
    });
    right.count() as f64 / 500.0
}

#[test]
fn an_additive_loss_is_learned_and_noise_is_survived() {
    // 42 free weights.
    assert!(agreement(200, 0.0) > 0.97, "{}", agreement(200, 0.0));
    let (few, noisy) = (agreement(24, 0.0), agreement(200, 2.0));
    assert!(few > 0.65 && noisy > 0.85, "{few}, {noisy}");
}

#[test]
fn a_table_helps_where_it_is_right_and_is_seen_through_where_it_is_wrong() {
    let space = space("subsets");
    let with = |wrong, trials, noise| {
        let features = Features::new(&space).unwrap().with_table(&space, &table(&space, wrong));
        ordered(&space, features, trials, noise)
    };
    let (right, alone) = (with(false, 12, 0.5), agreement(12, 0.5));
    assert!(right > 0.9 && right > alone + 0.1, "{right} with the table, {alone} without");
    let (wrong, alone) = (with(true, 200, 0.5), agreement(200, 0.5));
    assert!(wrong > alone - 0.03, "{wrong} with a wrong table, {alone} without");
    // A table that says the same of every config says nothing.
    let silent = SensitivityTable::new(space.slots().map(|slot| (slot, vec![vec![0.0]; 7])).collect());
    let silent = ordered(&space, Features::new(&space).unwrap().with_table(&space, &silent), 200, 0.5);
    assert!((silent - alone).abs() < 1e-9, "{silent}, {alone}");
}

#[test]
fn the_mean_is_ridge_regression() {
    // Golden values: numpy, w = Xᵀ(XXᵀ + λI)⁻¹y of centred X and transformed, centred y, λ = 0.1·mean diag(XXᵀ), which errs
    // least on what is left out: 0.0066 against 0.0092 with 0.01 and 0.0193 with 1.
    let space = space("exact cardinality");
    let features = Features::new(&space).unwrap();
    let config = |drops: [usize; 3]| {
        let cells = (0..8).map(|cell| Value::Index(u32::from(drops.contains(&cell))));
        Config::new(vec![cells.collect()])
    };
    let drops = [
        [0, 1, 2],
        [1, 2, 3],
        [2, 3, 4],
        [3, 4, 5],
        [4, 5, 6],
        [5, 6, 7],
        [0, 3, 6],
        [1, 4, 7],
        [0, 2, 5],
        [1, 3, 7],
    ];
    let trials: Vec<(Config, f64)> =
        drops.iter().map(|drops| (config(*drops), drops.iter().map(|&d| 1.0 + d as f64).sum())).collect();
    let guess = fit(&features, &trials).unwrap().solved().unwrap().mean;
    let apart = guess.of(&features.of(&config([0, 1, 3]))) - guess.of(&features.of(&config([4, 6, 7])));
    assert!((apart - -0.778_664_882_592_791_1).abs() < 1e-9, "{apart}");
}

#[test]
fn draws_scatter_around_the_mean_and_less_where_more_is_known() {
    let space = space("subsets");
    let features = Features::new(&space).unwrap();
    let mut random = derive(6, "surrogate", &[]);
    let mut spread = |trials: usize| {
        let configs: Vec<Config> = (0..trials + 2).map(|_| space.sample(&mut random).unwrap()).collect();
        let seen: Vec<(Config, f64)> = configs[..trials]
            .iter()
            .map(|config| (config.clone(), damage(config, 0.5, &mut derive(1, "noise", &[]))))
            .collect();
        let surrogate = fit(&features, &seen).unwrap();
        let apart = |guess: &Guess| {
            guess.of(&features.of(&configs[trials])) - guess.of(&features.of(&configs[trials + 1]))
        };
        let solved = surrogate.solved().unwrap();
        let mean = apart(&solved.mean);
        let draws: Vec<f64> = (0..400).map(|_| apart(&surrogate.draw(&solved, &mut random))).collect();
        let average = draws.iter().sum::<f64>() / 400.0;
        let deviation = (draws.iter().map(|d| (d - average).powi(2)).sum::<f64>() / 399.0).sqrt();
        assert!((average - mean).abs() < 4.0 * deviation / 20.0, "{average} around {mean}, {deviation}");
        deviation
    };
    let (little, much) = (spread(16), spread(200));
    assert!(much < 0.6 * little, "{much} after 200 trials, {little} after 16");
}

#[test]
fn what_comes_later_counts_as_if_it_had_been_there_from_the_start() {
    let space = space("subsets");
    for features in [
        Features::new(&space).unwrap(),
        Features::new(&space).unwrap().with_table(&space, &table(&space, false)),
    ] {
        let mut random = derive(8, "surrogate", &[]);
        let draw = |random: &mut Rng| space.sample(random).unwrap();
        let seen: Vec<(Config, f64)> = (0..80)
            .map(|_| {
                let config = draw(&mut random);
                let loss = damage(&config, 0.0, &mut random);
                (config, loss)
            })
            .collect();
        let mut grown = fit(&features, &seen[..40]).unwrap();
        let early = grown.solved().unwrap().mean;
        seen[40..].iter().for_each(|(config, loss)| grown.append(features.of(config), *loss));
        let (late, whole) =
            (grown.solved().unwrap().mean, fit(&features, &seen).unwrap().solved().unwrap().mean);
        let new: Vec<Config> = (0..200).map(|_| draw(&mut random)).collect();
        let agree = |guess: &Guess| {
            let right = new.windows(2).filter(|two| {
                (guess.of(&features.of(&two[0])) < guess.of(&features.of(&two[1])))
                    == (whole.of(&features.of(&two[0])) < whole.of(&features.of(&two[1])))
            });
            right.count()
        };
        let (with, without) = (agree(&late), agree(&early));
        // Centre, noise and reading are of the first forty.
        assert!(with >= 190 && with > without, "{with} of 199, {without} without the later ones");
    }
}

#[test]
fn too_little_says_nothing() {
    let space = space("subsets");
    let features = Features::new(&space).unwrap();
    let mut random = derive(7, "surrogate", &[]);
    let configs: Vec<Config> = (0..20).map(|_| space.sample(&mut random).unwrap()).collect();
    let says = |count: usize, loss: fn(usize) -> f64| {
        let seen: Vec<(Config, f64)> =
            configs[..count].iter().enumerate().map(|(i, config)| (config.clone(), loss(i))).collect();
        fit(&features, &seen).is_some()
    };
    assert!(!says(7, |i| i as f64));
    assert!(says(8, |i| i as f64));
    assert!(!says(20, |_| 1.0));
    let order = Dimension::new("order", Domain::Permutation { of: 65 });
    assert!(Features::new(&Space::of([order]).unwrap()).is_none());
}
