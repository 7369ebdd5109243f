//! Recipes are counted as the techniques that come with attune count.

use std::path::Path;

use attune_core::hash::ContentHash;
use attune_core::options;
use attune_core::space::Space;
use attune_core::technique::Technique;

use super::*;
use crate::setup;

/// The mixture that comes with attune, stored in numbers of so many bytes.
fn model(element_bytes: i64) -> Facts {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models/tiny-moe");
    let mut facts = attune_eval::registry::outline(&folder).unwrap().facts(ContentHash::of(b"tiny"));
    let Some(OptionValue::Ints(elements)) = facts.values.get_mut(MODULE_ELEMENT_BYTES) else {
        panic!("the model does not say how it is stored")
    };
    elements.iter_mut().for_each(|bytes| *bytes = if *bytes == 0 { 0 } else { element_bytes });
    facts
}

fn for_mlx(mut model: Facts) -> Facts {
    model.values.extend(attune_export::target("mlx").unwrap().description.facts());
    model.values.insert(TARGET_OTHER_BYTES.to_owned(), OptionValue::Int(12_345));
    model
}

/// Asks `ask` about a technique on a model, with options.
fn with<T>(
    name: &str,
    given: &[(&str, OptionValue)],
    model: &Facts,
    ask: impl FnOnce(&dyn Technique, &Settings, &Space, Counter) -> T,
) -> T {
    let techniques = setup::host(setup::nowhere()).unwrap().builtins().unwrap();
    let technique = techniques.iter().find(|technique| technique.info().name == name).unwrap();
    let given = given.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    let options = options::resolve(name, &technique.info().options, &given).unwrap();
    let space = technique.space(model, &options).unwrap();
    let edits = attune_vocabulary::model();
    let compared = Compared { technique, options: &options, space: &space, model, edits };
    ask(technique, &options, &space, Counter::of(&compared))
}

/// The costs of plans of a technique on `model`, as the counter has them and as the technique has them.
fn both(given: &[(&str, OptionValue)], model: &Facts) -> Vec<[Vec<Cost>; 2]> {
    let given = [&[("group-size", OptionValue::Int(32))][..], given].concat();
    with("weight-bits", &given, model, |technique, options, space, counter| {
        // Others than those that the counter has tried itself on.
        let one = |draw| {
            let config = space.sample(&mut rng::derive(7, "test", &[draw])).unwrap();
            let plan = technique.lower(model, options, &config).unwrap();
            [counter.costs(&plan), technique.cost(model, options, &config).unwrap()]
        };
        (0..3).map(one).collect()
    })
}

#[track_caller]
fn same(found: &[[Vec<Cost>; 2]]) {
    for [counted, said] in found {
        assert_eq!(counted.len(), 2, "bits and bytes");
        for (counted, said) in counted.iter().zip(said) {
            assert!(is_of(counted, said), "{counted:?} {said:?}");
            assert!(
                near(counted.value, said.value) && near(counted.dense, said.dense),
                "{counted:?} {said:?}"
            );
        }
    }
}

#[test]
fn recipes_are_counted_as_the_technique_counts_itself() {
    // MLX stores scales in the type of the model: 64 bits for each group.
    let found = both(&[], &for_mlx(model(4)));
    same(&found);
    let [bits, bytes] = [&found[0][0][0], &found[0][0][1]];
    assert!(bits.dense == 32.0 && bytes.dense > 12_345.0, "{bits:?} {bytes:?}");
    // Estimates, which know of no file.
    same(&both(&[], &model(4)));
    same(&both(&[("overhead-bits", OptionValue::Int(20))], &model(2)));
    // Bytes of files without a target.
    same(&both(&[("bytes", OptionValue::Int(1 << 40))], &model(4)));
}

#[test]
fn what_the_technique_counts_otherwise_has_no_cost() {
    let plan = with("weight-bits", &[], &model(2), |technique, options, space, _| {
        let config = space.sample(&mut rng::derive(7, "test", &[0])).unwrap();
        technique.lower(&model(2), options, &config).unwrap()
    });
    let costs = |model: &Facts| with("block-dropping", &[], model, |_, _, _, counter| counter.costs(&plan));
    // It counts all parameters: the same where the model says what is beside the linear modules, and is stored as it counts.
    let mut known = model(2);
    assert!(
        matches!(&costs(&known)[..], [bytes] if bytes.resource == "weights" && bytes.value < bytes.dense)
    );
    known.values.remove(OTHER_BYTES);
    assert!(costs(&known).is_empty());
    assert!(costs(&model(4)).is_empty());
}
