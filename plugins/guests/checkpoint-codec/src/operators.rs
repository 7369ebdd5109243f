//! Children of configs: what belongs together changes together.

use attune_guest::{Config, Operator, Random, Value};

use crate::cells::{BITS, CLUSTERS, Cells, INTERVALS, SIZES};
use crate::dimension;

pub(crate) fn all() -> Vec<Operator> {
    vec![
        Operator::mutation("recode", "Writes a moment of a stage in another way, for one class or for all."),
        Operator::mutation(
            "refine",
            "Gives a moment of a stage a bit or a size more or less, for one class or for all.",
        ),
        Operator::mutation("rewrite", "Writes the weights of a stage in another way."),
    ]
}

/// A child of `parent`; `widths` has how many options each dimension has.
pub(crate) fn child(
    cells: &Cells,
    operator: &str,
    parent: &Config,
    widths: &[usize],
    random: &mut Random,
) -> Config {
    let mut child = parent.clone();
    let stage = random.below(cells.stages);
    let class = random.below(cells.classes);
    let classes = if random.chance(0.4) { 0..cells.classes } else { class..class + 1 };
    let first = dimension::MOMENTS + 4 * random.below(2);
    match operator {
        "recode" => {
            let how = 1 + random.below(2);
            let (bits, size, clusters) =
                (random.below(BITS.len()), random.below(SIZES.len()), random.below(CLUSTERS.len()));
            let cell = if how == 1 { [how, bits, size, 0] } else { [how, bits, 0, clusters] };
            for class in classes {
                for (part, option) in cell.into_iter().enumerate() {
                    set(&mut child, first + part, stage * cells.classes + class, option);
                }
            }
        }
        "refine" => {
            let (up, bits) = (random.chance(0.4), random.chance(0.6));
            for class in classes {
                let cell = stage * cells.classes + class;
                let part = match (child[first][cell].option(), bits) {
                    (0, _) => continue,
                    (_, true) => 1,
                    (how, false) => 1 + how,
                };
                let option = child[first + part][cell].option();
                let most = widths[first + part] - 1;
                set(
                    &mut child,
                    first + part,
                    cell,
                    if up { (option + 1).min(most) } else { option.saturating_sub(1) },
                );
            }
        }
        _ => {
            let dimension = random.below(dimension::MOMENTS);
            let option = random.below(widths[dimension]);
            if dimension == dimension::WEIGHTS {
                classes.for_each(|class| set(&mut child, dimension, stage * cells.classes + class, option));
            } else {
                set(&mut child, dimension, stage, option);
            }
            // What others are written beside says nothing where all saves are full.
            if INTERVALS[child[dimension::INTERVAL][stage].option()] == 1 {
                set(&mut child, dimension::BESIDE, stage, 0);
            }
        }
    }
    child
}

fn set(config: &mut Config, dimension: usize, cell: usize, option: usize) {
    config[dimension][cell] = Value::Index(option as u32);
}
