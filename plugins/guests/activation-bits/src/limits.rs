//! What the target of the search takes of both edits: what cannot be searched for it is refused, with what would work.

use attune_guest::{LinearModule, Model, Options, Target};

use crate::levels::EXACT;

const ACTIVATIONS: &str = "activation-bits";
const WEIGHTS: &str = "weight-bits";
/// What targets call the number grid of edits that name none.
const DEFAULT: &str = "default";

/// An edit, and the options that say what it may be.
struct Kind {
    edit: &'static str,
    levels: &'static str,
    group_size: &'static str,
}

const KINDS: [Kind; 2] = [
    Kind { edit: ACTIVATIONS, levels: "levels", group_size: "group-size" },
    Kind { edit: WEIGHTS, levels: "weight-levels", group_size: "weight-group-size" },
];

/// Refuses options that the target has nothing for; `blocks` are the modules of every block.
pub(crate) fn check(model: &Model, options: &Options, blocks: &[Vec<LinearModule>]) -> Result<(), String> {
    let Some(target) = model.target() else { return Ok(()) };
    for kind in &KINDS {
        let levels: Vec<u32> = options.ints(kind.levels).iter().map(|&level| level as u32).collect();
        if levels.iter().any(|&level| level != EXACT) {
            edit(target, options, kind, &levels)?;
            shared(target, kind, &levels, blocks)?;
        }
    }
    Ok(())
}

fn edit(target: Target<'_>, options: &Options, kind: &Kind, levels: &[u32]) -> Result<(), String> {
    let Kind { edit, levels: option, group_size } = kind;
    let name = target.name();
    if !target.takes(edit) {
        return Err(format!("target `{name}` takes no edit {edit}; set `{option}` to [16]"));
    }
    if let Some(known) = target.levels(edit)
        && let Some(level) = levels.iter().find(|level| **level != EXACT && !known.contains(level))
    {
        return Err(format!(
            "`{option}` has {level}, and target `{name}` has {} bits; leave it out",
            listed(&known)
        ));
    }
    let asked = options.int(group_size) as u32;
    if let Some(groups) = target.groups(edit).filter(|groups| !groups.contains(&asked)) {
        return Err(format!(
            "`{group_size}` is {asked}, and target `{name}` has groups of {} channels; set `{group_size}` to one of these",
            listed(&groups)
        ));
    }
    let grid = if *edit == ACTIVATIONS { options.text("grid") } else { DEFAULT };
    match target.grids(edit).filter(|grids| !grids.contains(&grid)) {
        Some(grids) if *edit == WEIGHTS => Err(format!(
            "target `{name}` stores weights on the grids {}; set `{option}` to [16], and search for it with technique weight-bits",
            grids.join(", ")
        )),
        Some(grids) => Err(format!(
            "`grid` is \"{grid}\", and target `{name}` has {}; set `grid` to what it has",
            grids.join(", ")
        )),
        None => Ok(()),
    }
}

/// Refuses levels of their own for modules that have one there.
fn shared(
    target: Target<'_>,
    kind: &Kind,
    levels: &[u32],
    blocks: &[Vec<LinearModule>],
) -> Result<(), String> {
    let sets = target.together(kind.edit);
    let has = |set: &str, name: &str| set.split('+').any(|member| member == name);
    let together = |one: &LinearModule, other: &LinearModule| {
        let stored = sets.contains(&"stored") && one.tensor == other.tensor;
        stored || sets.iter().any(|set| has(set, &one.name) && has(set, &other.name))
    };
    // Modules that read the same values have one level of activations already.
    let apart = |one: &LinearModule, other: &LinearModule| {
        one.name != other.name && (kind.edit == WEIGHTS || one.input != other.input)
    };
    let pairs = blocks
        .iter()
        .flat_map(|block| block.iter().flat_map(move |one| block.iter().map(move |other| (one, other))));
    let mut pairs = pairs.filter(|(one, other)| apart(one, other) && together(one, other));
    match pairs.next() {
        Some((one, other)) if levels.len() > 1 => Err(format!(
            "target `{}` gives `{}` and `{}` the same bits, and here each has its own; give one level in `{}`, or search with \
             technique weight-bits",
            target.name(),
            one.name,
            other.name,
            kind.levels
        )),
        _ => Ok(()),
    }
}

fn listed(numbers: &[u32]) -> String {
    numbers.iter().map(u32::to_string).collect::<Vec<String>>().join(", ")
}
