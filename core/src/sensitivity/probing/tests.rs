use super::*;
use crate::space::{Axis, Budget, BudgetTerm, Constraint, Dimension, Domain};

fn dimension(name: &str, cells: u32, domain: Domain) -> Dimension {
    Dimension { name: name.to_owned(), help: String::new(), axes: vec![Axis::new("cell", cells)], domain }
}

fn indices(config: &Config) -> Vec<Vec<u32>> {
    let of = |value: &Value| match value {
        Value::Index(index) => vec![*index],
        Value::Indices(indices) => indices.clone(),
        _ => Vec::new(),
    };
    config.dimensions().iter().flatten().map(of).collect()
}

/// The finished table, the best config, and how many configs and batches it took.
fn measured(
    space: &Space,
    starts: &[Config],
    loss: &dyn Fn(&Config) -> f64,
) -> (SensitivityTable, Option<Config>, usize, usize) {
    measured_by(
        Probing::new(space, starts).unwrap(),
        Probing::most(space, starts.len(), false).unwrap(),
        loss,
    )
}

/// The same of a doubted table.
fn doubted(space: &Space, loss: &dyn Fn(&Config) -> f64) -> (SensitivityTable, Option<Config>, usize, usize) {
    measured_by(Probing::new(space, &[]).unwrap().doubted(), Probing::most(space, 0, true).unwrap(), loss)
}

fn measured_by(
    mut probing: Probing<'_>,
    most: usize,
    loss: &dyn Fn(&Config) -> f64,
) -> (SensitivityTable, Option<Config>, usize, usize) {
    let (mut configs, mut batches) = (0, 0);
    loop {
        let losses: Vec<_> = probing.batch().into_iter().map(|config| Some(vec![loss(config)])).collect();
        if losses.is_empty() {
            break;
        }
        configs += losses.len();
        batches += 1;
        probing.tell(&losses).unwrap();
    }
    assert!(configs <= most, "{configs}, at most {most}");
    let (table, best) = probing.finish();
    (table, best, configs, batches)
}

#[test]
fn without_limits_the_reference_moves_and_the_table_stays_additive() {
    let options = ["a", "b", "c", "d"].map(str::to_owned).to_vec();
    let space = Space::of([
        dimension("choice", 9, Domain::Choice { options }),
        dimension("level", 5, Domain::Level { levels: vec![2.0, 4.0, 8.0] }),
        dimension("kept", 2, Domain::Subset { of: 5, min: 2, max: 3 }),
    ])
    .unwrap();
    let damage = |cell: usize, option: u32| ((cell * 7 + option as usize * 5) % 11) as f64;
    let loss = |config: &Config| {
        let cells = indices(config).into_iter().enumerate();
        cells.map(|(cell, options)| options.iter().map(|&option| damage(cell, option)).sum::<f64>()).sum()
    };
    let (table, best, configs, batches) = measured(&space, &[], &loss);
    let predicted = |config: &Config| -> f64 {
        let cells = space.slots().zip(indices(config));
        cells
            .map(|(slot, options)| options.iter().map(|&o| table.damage(slot, o as usize, 0)).sum::<f64>())
            .sum()
    };
    let best = best.unwrap();
    for seed in 0..50 {
        let config = space.sample(&mut crate::rng::derive(seed, "table", &[])).unwrap();
        let (told, true_loss) = (predicted(&config) - predicted(&best), loss(&config) - loss(&best));
        assert!((told - true_loss).abs() < 1e-9, "{told} for {true_loss}");
    }
    // Where damages add up, every cell is at its best, but for subsets.
    for (slot, options) in space.slots().zip(indices(&best)).take(14) {
        let least = (0..4).map(|option| table.damage(slot, option, 0)).fold(f64::INFINITY, f64::min);
        assert_eq!(table.damage(slot, options[0] as usize, 0), least, "{slot:?}");
    }
    assert!(batches < 12 && configs < 70, "{configs} in {batches}");
}

#[test]
fn the_best_start_is_the_reference_where_nothing_limits_it() {
    let options = ["a", "b", "c"].map(str::to_owned).to_vec();
    let space = Space::of([dimension("choice", 4, Domain::Choice { options })]).unwrap();
    let start = |option: u32| Config::new(vec![vec![Value::Index(option); 4]]);
    // Apart from one config nothing is any good, so that no probe leads away from it.
    let loss = |config: &Config| if *config == start(2) { 0.0 } else { 1.0 };
    let (_, best, ..) = measured(&space, &[start(1), start(2)], &loss);
    assert_eq!(best, Some(start(2)));
}

#[test]
fn cells_without_a_choice_do_not_end_a_table() {
    let options = |count: u32| (0..count).map(|option| option.to_string()).collect();
    let space = Space::of([
        dimension("fixed", 2, Domain::Choice { options: options(1) }),
        dimension("free", 2, Domain::Choice { options: options(3) }),
    ])
    .unwrap();
    let loss = |config: &Config| {
        indices(config)
            .iter()
            .enumerate()
            .map(|(cell, option)| f64::from(option[0] * (cell as u32 + 1)))
            .sum()
    };
    let (table, ..) = measured(&space, &[], &loss);
    for slot in space.slots().filter(|slot| slot.dimension == 1) {
        let apart = table.damage(slot, 2, 0) - table.damage(slot, 0, 0);
        assert!((apart - 2.0 * (slot.cell as f64 + 3.0)).abs() < 1e-9, "{slot:?}: {apart}");
    }
}

#[test]
fn a_start_that_is_there_twice_is_evaluated_once() {
    let options = ["a", "b"].map(str::to_owned).to_vec();
    let space = Space::of([dimension("choice", 2, Domain::Choice { options })]).unwrap();
    let start = Config::new(vec![vec![Value::Index(1); 2]]);
    let probing = Probing::new(&space, &[start.clone(), start.clone()]).unwrap();
    let batch = probing.batch();
    assert_eq!(batch.iter().filter(|config| ***config == start).count(), 1);
}

/// Forty cells of 2, 3, 4 or 8 bits within a budget.
fn bits() -> Space {
    let levels = vec![2.0, 3.0, 4.0, 8.0];
    let terms = vec![BudgetTerm { dimension: 0, costs: vec![levels.clone()] }];
    let budget = Budget { resource: "bits".into(), unit: "bits".into(), limit: 130.0, terms };
    Space::new(vec![dimension("bits", 40, Domain::Level { levels })], vec![Constraint::Budget(budget)])
        .unwrap()
}

#[test]
fn a_few_cells_stand_for_all_where_levels_do_the_same_to_every_cell() {
    let space = bits();
    let damage = |cell: usize, level: u32| (1.0 + cell as f64) * [16.0, 4.0, 1.0, 0.0][level as usize];
    let loss = |config: &Config| -> f64 {
        indices(config).iter().enumerate().map(|(cell, level)| damage(cell, level[0])).sum()
    };
    let (table, best, configs, batches) = measured(&space, &[], &loss);
    assert_eq!((best, configs, batches), (None, 1 + 40 + 2 * PILOTS, 2));
    for slot in space.slots() {
        for level in 0..4 {
            let told = table.damage(slot, level as usize, 0);
            assert!((told - damage(slot.cell, level)).abs() < 1e-9, "{slot:?}: {told}");
        }
    }
}

#[test]
fn every_cell_is_measured_where_each_is_different() {
    let space = bits();
    let damage = |cell: usize, level: u32| match level {
        0 => 16.0,
        3 => 0.0,
        level => ((cell * 7 + level as usize * 3) % 11) as f64,
    };
    let loss = |config: &Config| -> f64 {
        indices(config).iter().enumerate().map(|(cell, level)| damage(cell, level[0])).sum()
    };
    let (table, _, configs, batches) = measured(&space, &[], &loss);
    assert_eq!((configs, batches), (1 + 40 * 3, 3));
    for slot in space.slots() {
        assert!(
            (0..4)
                .all(|level| (table.damage(slot, level as usize, 0) - damage(slot.cell, level)).abs() < 1e-9)
        );
    }
}

#[test]
fn without_a_reference_there_is_no_table() {
    let space = bits();
    let mut probing = Probing::new(&space, &[]).unwrap();
    assert_eq!(probing.tell(&[None]), Err(NoReference));
}

/// Thirty choices of four.
fn choices() -> Space {
    let options = (0..4).map(|option| option.to_string()).collect();
    Space::of([dimension("choice", 30, Domain::Choice { options })]).unwrap()
}

/// A number between -1 and 1 that has nothing to do with those of other seeds.
fn drawn(seed: u64) -> f64 {
    use rand::RngExt as _;
    crate::rng::derive(seed, "drawn", &[]).random_range(-1.0..1.0)
}

/// What every option of every cell does on its own.
fn alone(config: &Config) -> f64 {
    let cells = indices(config).into_iter().enumerate();
    cells.map(|(cell, option)| drawn(4 * cell as u64 + u64::from(option[0]))).sum()
}

#[test]
fn a_doubted_table_of_what_adds_up_is_the_table() {
    let space = choices();
    let (table, best, without, _) = measured(&space, &[], &alone);
    let (believed, probed, with, _) = doubted(&space, &alone);
    for slot in space.slots() {
        let apart = |table: &SensitivityTable, option: usize| {
            table.damage(slot, option, 0) - table.damage(slot, 0, 0)
        };
        for option in 1..4 {
            assert!((apart(&table, option) - apart(&believed, option)).abs() < 1e-9, "{slot:?}");
        }
    }
    assert_eq!((best, believed.points().len()), (probed, 0));
    assert_eq!(with, without + 6, "a sum for every block");
    // Under a budget, too.
    let space = bits();
    let loss = |config: &Config| -> f64 {
        let cells = indices(config).into_iter().enumerate();
        cells.map(|(cell, level)| (2.0 + drawn(cell as u64)) * 4.0_f64.powi(-(level[0] as i32))).sum()
    };
    let ((table, ..), (believed, ..)) = (measured(&space, &[], &loss), doubted(&space, &loss));
    assert_eq!(table, believed);
}

#[test]
fn a_doubted_table_is_given_up_where_pairs_decide() {
    // Every cell with every other one: what a cell does depends on all others.
    let pairs = |config: &Config| -> f64 {
        let cells = indices(config);
        let pair = |a: usize, b: usize| {
            drawn(10_000 + 16 * (40 * a + b) as u64 + u64::from(4 * cells[a][0] + cells[b][0]))
        };
        (0..cells.len()).flat_map(|b| (0..b).map(move |a| (a, b))).map(|(a, b)| pair(a, b)).sum()
    };
    for space in [choices(), bits()] {
        let (table, _, configs, _) = doubted(&space, &|config| alone(config) + pairs(config));
        let most = Probing::most(&space, 0, true).unwrap();
        assert!(table.is_silent() && 2 * configs < most, "{configs} of {most}");
        // What breaks a budget is no trial.
        let points = if space.constraints().is_empty() { configs } else { 0 };
        assert_eq!(table.points().len(), points);
        assert!(table.points().iter().all(|(config, losses)| losses[0] == alone(config) + pairs(config)));
    }
}

#[test]
fn a_doubted_table_is_given_up_where_noise_decides() {
    let space = choices();
    let count = std::cell::Cell::new(50_000);
    let noisy = |config: &Config| {
        count.set(count.get() + 1);
        alone(config) + 20.0 * drawn(count.get())
    };
    let (table, best, configs, _) = doubted(&space, &noisy);
    assert!(table.is_silent() && configs < 40, "{configs}");
    assert!(best.is_some(), "the search starts from the best that was measured");
}
