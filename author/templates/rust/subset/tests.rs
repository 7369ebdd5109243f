mod model;

use attune_guest::{Edit, Value};

use super::{count, edits, spread};

#[test]
fn every_element_of_the_subset_is_an_edit() {
    let edit = |layer: u32| {
        Edit::new("drop-block")
            .int("layer", layer)
            .text("part", "attention")
    };
    assert_eq!(
        edits(&vec![vec![Value::Indices(vec![0, 3])]]),
        [edit(0), edit(3)]
    );
}

#[test]
fn layers_are_spread_over_depth_and_one_stays() {
    assert_eq!(spread(4, 2), [1, 3]);
    assert_eq!(count(&model::small(), 3), Ok(3));
    assert!(
        count(&model::small(), 4)
            .unwrap_err()
            .contains("4 layers; one has to stay")
    );
}
