//! Whatever is observed: no NaN, no panic, and nobody dropped who is nowhere worse.

use attune_core::race::{Race, RaceError, order};
use attune_core::scores::{Aggregate, MetricScore};
use proptest::prelude::*;

use super::{play, score};

fn any_loss() -> impl Strategy<Value = f64> {
    prop_oneof![
        8 => 0.0..2.0_f64,
        2 => Just(0.0),
        1 => (-300.0..300.0_f64).prop_map(|digits| 10_f64.powf(digits)),
        1 => Just(f64::MIN_POSITIVE / 8.0),
        1 => -1.0..0.0_f64,
    ]
}

fn any_observation() -> impl Strategy<Value = f64> {
    prop_oneof![20 => any_loss(), 1 => prop::sample::select(vec![f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::MAX])]
}

/// Rival, floors, candidate and weights on as many items.
fn any_race() -> impl Strategy<Value = Vec<(f64, f64, f64, f64)>> {
    let weight = prop_oneof![4 => 0.1..3.0_f64, 1 => Just(0.0)];
    let floor = prop_oneof![Just(0.0), any_loss()];
    prop::collection::vec((any_loss(), floor, any_observation(), weight), 1..24)
}

fn column<T: Copy>(rows: &[T], field: impl Fn(&T) -> f64) -> Vec<f64> {
    rows.iter().map(field).collect()
}

proptest! {
    #[test]
    fn wealth_is_a_number(rows in any_race(), seed in any::<u64>()) {
        let rival = MetricScore {
            aggregate: Aggregate::ExpMean,
            items: column(&rows, |row| row.0),
            weights: column(&rows, |row| row.3),
        };
        let (floor, candidate) = (column(&rows, |row| row.1), column(&rows, |row| row.2));
        let order = order(rows.len() as u32, seed, 0);
        match Race::new(&rival, &floor, &order, 0.05) {
            Err(error) => prop_assert_eq!(error, RaceError::Weights),
            Ok(race) => {
                for race in play(&race, &candidate, &order) {
                    let wealth = race.log_wealth();
                    prop_assert!(!wealth.is_nan());
                    prop_assert!(wealth < f64::INFINITY || race.is_lost());
                }
            }
        }
    }

    #[test]
    fn who_is_nowhere_worse_is_never_dropped(
        rows in prop::collection::vec((0.0..2.0_f64, 0.0..=1.0_f64, 0.0..=1.0_f64, 0.01..9.0_f64), 1..24),
        giant in 1.0..1e6_f64,
        seed in any::<u64>(),
    ) {
        let mut rows = rows;
        rows[0].0 *= giant;
        // Ties are the hard case: a third of the items.
        for (index, row) in rows.iter_mut().enumerate() {
            if index % 3 == 0 { row.1 = 1.0; }
        }
        let candidate = column(&rows, |row| row.0 * row.1);
        let floor = column(&rows, |row| row.0 * row.1 * row.2);
        let rival = MetricScore {
            aggregate: Aggregate::Mean,
            items: column(&rows, |row| row.0),
            weights: column(&rows, |row| row.3),
        };
        let order = order(rows.len() as u32, seed, 0);
        let race = Race::new(&rival, &floor, &order, 0.9).unwrap();
        for race in play(&race, &candidate, &order) {
            prop_assert!(!race.is_lost() && race.log_wealth() <= 0.0, "{}", race.log_wealth());
        }
    }

    #[test]
    fn units_and_weights_do_not_matter(
        rows in prop::collection::vec((0.01..2.0_f64, 0.01..2.0_f64, 0.1..4.0_f64), 2..16), unit in 1e-3..1e3_f64,
    ) {
        let order: Vec<u32> = (0..rows.len() as u32).collect();
        let last = |unit: f64, weight: f64| {
            let rival = MetricScore {
                aggregate: Aggregate::Mean,
                items: column(&rows, |row| row.0 * unit),
                weights: column(&rows, |row| row.2 * weight),
            };
            let race = Race::new(&rival, &vec![0.0; rows.len()], &order, 0.05).unwrap();
            let half = &order[..rows.len() / 2];
            play(&race, &column(&rows, |row| row.1 * unit), half).last().unwrap().log_wealth()
        };
        let (one, other) = (last(1.0, 1.0), last(unit, 7.0));
        prop_assert!(one == other || (one - other).abs() < 1e-6 * (1.0 + one.abs()), "{one} {other}");
    }
}

#[test]
fn unusable_losses_lose_and_broken_floors_protect() {
    let order = [1, 0, 2, 3];
    let race = Race::new(&score(&[1.0; 4]), &[0.5; 4], &order, 0.05).unwrap();
    let after = |losses: &[f64]| {
        let mut race = race.clone();
        for (&item, &loss) in order.iter().zip(losses) {
            race.observe(item, loss).unwrap();
        }
        (race.is_lost(), race.log_wealth())
    };
    assert_eq!(after(&[f64::INFINITY]), (true, f64::INFINITY));
    assert_eq!(after(&[f64::NAN, 0.6]), (true, f64::INFINITY));
    assert_eq!(after(&[0.4, 9.0, 9.0, 9.0]), (false, 0.0));
    assert_eq!(after(&[9.0, 9.0, 0.4]), (false, 0.0));
    assert_eq!(after(&[f64::NEG_INFINITY, f64::INFINITY]), (false, 0.0));
    assert!(after(&[3.6]).0 && !after(&[2.4]).0, "the budget is 4 · 0.5 above the floors");
}

#[test]
fn bad_input_is_refused_and_leaves_the_race_as_it_was() {
    let new = |rival: &[f64], floor: &[f64], order: &[u32], error| {
        Race::new(&score(rival), floor, order, error).err()
    };
    assert!(matches!(new(&[], &[], &[], 0.1), Some(RaceError::Length { .. })));
    assert!(matches!(new(&[1.0], &[], &[0], 0.1), Some(RaceError::Length { what: "floors", .. })));
    assert!(matches!(
        new(&[1.0, f64::NAN], &[0.0; 2], &[0, 1], 0.1),
        Some(RaceError::NotFinite { item: 1, .. })
    ));
    assert!(matches!(
        new(&[1.0], &[f64::INFINITY], &[0], 0.1),
        Some(RaceError::NotFinite { what: "floor", .. })
    ));
    assert!(matches!(new(&[f64::MAX; 2], &[0.0; 2], &[0, 1], 0.1), Some(RaceError::NotFinite { .. })));
    for order in [[0, 0], [1, 2]] {
        assert_eq!(new(&[1.0; 2], &[0.0; 2], &order, 0.1), Some(RaceError::Order));
    }
    assert!(matches!(new(&[1.0], &[0.0], &[0], 0.0), Some(RaceError::ErrorBound { .. })));

    let mut race = Race::new(&score(&[1.0; 2]), &[0.0; 2], &[1, 0], 0.1).unwrap();
    let refused = race.observe(0, 9.0).unwrap_err();
    assert_eq!(refused, RaceError::OutOfTurn { item: 0, expected: Some(1) });
    assert_eq!(refused.to_string(), "item 0 is out of turn: the next one is 1");
    assert_eq!((race.seen(), race.log_wealth()), (0, 0.0));
    race.observe(1, 1.0).unwrap();
    race.observe(0, 1.0).unwrap();
    let over = race.observe(0, 1.0).unwrap_err();
    assert_eq!(over.to_string(), "item 0 is out of turn: the race is over");
}
