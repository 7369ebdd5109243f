mod model;

use attune_guest::{Edit, Value};

use super::{average, edits, levels};

#[test]
fn layers_get_the_bits_that_were_chosen_and_exact_ones_no_edit() {
    let (model, levels) = (model::small(), levels(&[16, 4, 4]).unwrap());
    assert_eq!(levels, [4, 16]);
    let config = vec![[1, 1, 0, 1].map(Value::Index).to_vec()];
    let edits = edits(&model, &levels, &config).unwrap();
    // Queries, keys, values, output, gate, up and down of layer 2.
    assert_eq!(edits.len(), 7);
    let first = Edit::new("weight-bits")
        .int("layer", 2)
        .text("module", "q")
        .int("bits", 4)
        .int("group-size", 64);
    assert_eq!(edits[0], first);
    // Three layers of 16 bits, and one of 4 and a half: 32 bits for each group of 64 weights.
    assert_eq!(
        average(&model, &levels, &config).unwrap(),
        (3.0 * 16.0 + 4.5) / 4.0
    );
}

#[test]
fn bits_that_nobody_has_are_refused() {
    assert!(levels(&[4, 7]).unwrap_err().contains("`levels` contains 7"));
}
