mod model;

use attune_guest::{Edit, Value};

use super::{LEVELS, Modules};

#[test]
fn the_budget_counts_what_the_costs_count() {
    let modules = Modules::of(&model::small()).unwrap();
    assert_eq!(
        (modules.layers, modules.width, modules.cells.len()),
        (4, 7, 28)
    );
    // 4 bits, and 32 bits for each group of 64 weights.
    assert!((modules.average(&|_| 4) - 4.5).abs() < 1e-12);
    let budget = modules.budget(4.5);
    let of_4: f64 = budget.terms[0].costs.iter().map(|row| row[2]).sum();
    assert!((of_4 - 4.5).abs() < 1e-12);
}

#[test]
fn every_module_has_its_edit() {
    let modules = Modules::of(&model::small()).unwrap();
    let mut cells = vec![Value::Index(2); 28];
    cells[8] = Value::Index(0);
    let edits = modules.edits(&vec![cells]);
    let of_keys = Edit::new("weight-bits").int("layer", 1).text("module", "k");
    assert_eq!(
        edits[8],
        of_keys.int("bits", LEVELS[0]).int("group-size", 64)
    );
    assert_eq!(edits.len(), 28);
}
