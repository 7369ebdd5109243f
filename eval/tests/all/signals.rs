//! Statistics of the dense model.

use attune_core::evaluator::{Evaluator, Fidelity, Request, Split};
use attune_core::options::OptionValue;
use attune_core::signal::{Measured, SignalRequest};

use crate::contract::{Fixture, LENGTH};
use crate::made::{EXPERTS, KV_HEADS, LAYERS};

fn shape(measured: &Measured) -> Vec<(&str, u32)> {
    measured.signal.axes.iter().map(|axis| (axis.name.as_str(), axis.len)).collect()
}

#[test]
fn signals_are_shares_per_layer() {
    let evaluator = Fixture::new().open();
    // One forward says both.
    for (name, forwards) in [("expert-frequency", 1), ("expert-soft-activation", 0)] {
        let Measured { signal, work } = evaluator
            .signal(&SignalRequest::new(name), &Request::new(Split::Selection, Fidelity { items: 20 }.all()))
            .unwrap();
        assert_eq!(work.computed, (forwards * 20 * LENGTH * LAYERS) as u64);
        let shape: Vec<(&str, u32)> = signal.axes.iter().map(|axis| (axis.name.as_str(), axis.len)).collect();
        assert_eq!(shape, [("layer", LAYERS as u32), ("expert", EXPERTS as u32)]);
        for layer in signal.values.chunks(EXPERTS) {
            assert!((layer.iter().sum::<f64>() - 1.0).abs() < 1e-6, "{name}: {layer:?}");
            assert!(layer.iter().all(|&share| share > 0.0));
        }
    }
}

#[test]
fn the_nearest_experts_are_a_subset_of_every_size() {
    let evaluator = Fixture::new().open();
    let asked = SignalRequest::new("expert-reconstruction");
    let measured =
        evaluator.signal(&asked, &Request::new(Split::Selection, Fidelity { items: 20 }.all())).unwrap();
    let experts = EXPERTS as u32;
    assert_eq!(shape(&measured), [("layer", LAYERS as u32), ("kept", experts), ("expert", experts)]);
    for (place, row) in measured.signal.values.chunks(EXPERTS).enumerate() {
        assert_eq!(row.iter().filter(|&&value| value == 1.0).count(), place % EXPERTS + 1, "{row:?}");
        assert!(row.iter().all(|&value| value == 0.0 || value == 1.0));
    }
    // Every expert instead of two.
    assert_eq!(measured.work.computed, (20 * LENGTH * LAYERS * EXPERTS / 2) as u64);
    assert_eq!(
        evaluator.signal(&asked, &Request::new(Split::Selection, Fidelity { items: 20 }.all())).unwrap(),
        measured,
        "the same again"
    );
}

#[test]
fn influence_is_by_distance_and_masked_sinks_count_for_nothing() {
    let evaluator = Fixture::new().open();
    let asked = SignalRequest::new("attention-influence");
    let measure = |asked: &SignalRequest| {
        evaluator.signal(asked, &Request::new(Split::Selection, Fidelity { items: 3 }.all())).unwrap()
    };
    let answers = measure(&asked);
    let expected = [("layer", LAYERS as u32), ("kv-head", KV_HEADS as u32), ("distance", LENGTH as u32)];
    assert_eq!(shape(&answers), expected);
    // A sink of four: nothing is masked from as far away as the first positions are; and the last query predicts
    // nothing.
    for head in answers.signal.values.chunks(LENGTH) {
        assert!(head[..LENGTH - 5].iter().all(|&influence| influence > 0.0), "{head:?}");
        assert!(head[LENGTH - 5..].iter().all(|&influence| influence == 0.0), "{head:?}");
    }
    let sweeps = 4 * 3 * LENGTH * LAYERS;
    assert_eq!(answers.work.computed, (3 * (LENGTH - 1) * LAYERS + sweeps) as u64);
    let text = measure(&asked.clone().with("loss", OptionValue::Text("text".to_owned())));
    assert_eq!(text.work.computed, sweeps as u64);
    assert_ne!(text.signal, answers.signal);
    assert_eq!(measure(&asked), answers, "the same again");
    let all = measure(&asked.with("sink", OptionValue::Int(LENGTH as i64)));
    assert!(all.signal.values.iter().all(|&influence| influence == 0.0));
}

#[test]
fn quantisation_errors_fall_with_bits_and_exact_positions_have_none() {
    let evaluator = Fixture::new().open();
    let asked = SignalRequest::new("kv-quantisation-error").with("bits", OptionValue::Ints(vec![2, 4, 8]));
    let measure = |asked: &SignalRequest| {
        evaluator.signal(asked, &Request::new(Split::Selection, Fidelity { items: 3 }.all())).unwrap()
    };
    let errors = measure(&asked);
    let expected = [("layer", LAYERS as u32), ("kv-head", KV_HEADS as u32), ("part", 2), ("bits", 3)];
    assert_eq!(shape(&errors), expected);
    for cell in errors.signal.values.chunks(3) {
        assert!(cell[0] > cell[1] && cell[1] > cell[2] && cell[2] > 0.0, "{cell:?}");
    }
    let recent =
        |positions: usize| measure(&asked.clone().with("recent", OptionValue::Int(positions as i64)));
    let some: f64 = recent(8).signal.values.iter().sum();
    assert!(some > 0.0 && some < errors.signal.values.iter().sum());
    assert!(recent(LENGTH).signal.values.iter().all(|&error| error == 0.0));
}
