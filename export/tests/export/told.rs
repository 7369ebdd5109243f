//! What techniques are told of a target.

use attune_export::target;

#[test]
fn techniques_are_told_what_a_target_takes() {
    let facts = target("mlx").unwrap().description.facts();
    let said: Vec<String> = facts.iter().map(|(name, value)| format!("{name} = {value}")).collect();
    assert_eq!(
        said,
        [
            "target = \"mlx\"",
            "target-edits = \"weight-bits embedding-bits\"",
            "target-embedding-bits-grids = \"default\"",
            "target-embedding-bits-groups = [32, 64, 128]",
            "target-embedding-bits-layers = \"own\"",
            "target-embedding-bits-levels = [2, 3, 4, 5, 6, 8]",
            "target-weight-bits-grids = \"default\"",
            "target-weight-bits-groups = [32, 64, 128]",
            "target-weight-bits-layers = \"own\"",
            "target-weight-bits-levels = [2, 3, 4, 5, 6, 8]",
            "target-weight-bits-roundings = \"gptq\"",
            "target-weight-bits-together = \"experts stored\"",
        ]
    );
    let plan = target("plan").unwrap().description.facts();
    assert_eq!(plan.keys().collect::<Vec<_>>(), ["target"], "a plan file limits nothing");
}
