mod model;

use attune_guest::{Edit, Value};

use super::{edits, words};

#[test]
fn the_first_option_changes_nothing_and_the_others_drop_their_layer() {
    let config = |option| vec![vec![Value::Index(option)]];
    assert_eq!(
        words(&model::small()),
        ["none", "layer-0", "layer-1", "layer-2", "layer-3"]
    );
    assert_eq!(edits(&config(0)), []);
    assert_eq!(edits(&config(3)), [Edit::new("drop-block").int("layer", 2)]);
}
