mod model;

use attune_guest::{Edit, Value};

use super::{SINK, edits, windows};

#[test]
fn windows_are_on_a_line_from_the_first_layer_to_the_last() {
    let config = vec![vec![Value::Int(40)], vec![Value::Int(10)]];
    assert_eq!(windows(4, &config), [40.0, 30.0, 20.0, 10.0]);
    let edits = edits(&model::small(), &config);
    // Two KV heads in each of four layers.
    assert_eq!(edits.len(), 8);
    let third = Edit::new("attention-span")
        .int("layer", 1)
        .int("kv-head", 0)
        .int("sink", SINK);
    assert_eq!(edits[2], third.real("alpha", 30.0).real("beta", 0.0));
}
