//! Modules that have to have the same level.

use attune_vocabulary::edits::WeightBits;

use super::{Allotted, Level};
use crate::description::Together;
use crate::matrices::Matrix;

/// Refuses an edit whose matrices have another level than those that they go with.
pub(super) fn check(together: &[Together], allotted: &Allotted, edit: &WeightBits) -> Result<(), String> {
    let own: Vec<(&Matrix, Option<Level>)> = allotted
        .each()
        .filter(|(matrix, _)| {
            let expert = edit.expert.is_none_or(|expert| matrix.expert == Some(expert));
            (matrix.layer, matrix.module) == (edit.layer, edit.module) && expert
        })
        .collect();
    for (matrix, level) in own {
        for (other, found) in allotted.each().filter(|(other, _)| other.layer == matrix.layer) {
            let goes_with = together.iter().find(|together| goes_with(**together, matrix, other));
            if let Some(together) = goes_with.filter(|_| found != level) {
                return Err(format!(
                    "{} has {} and {} {}, and {} have one level; give them the same bits{}, or use `--to plan`",
                    name(matrix),
                    says(level),
                    name(other),
                    says(found),
                    together.words(),
                    if *together == Together::Experts { " (`experts: \"together\"`)" } else { "" }
                ));
            }
        }
    }
    Ok(())
}

fn goes_with(together: Together, one: &Matrix, other: &Matrix) -> bool {
    match together {
        Together::Experts => one.module == other.module && one.expert != other.expert,
        Together::ExpertModules => one.expert.is_some() && other.expert.is_some(),
        Together::Heads => false,
        Together::Stored => one.tensor == other.tensor,
        Together::Modules(names) => {
            one.expert == other.expert
                && [one, other].iter().all(|matrix| names.contains(&matrix.module.name()))
        }
    }
}

fn name(matrix: &Matrix) -> String {
    let expert = matrix.expert.map(|expert| format!(" of expert {expert}")).unwrap_or_default();
    format!("`{}`{expert}", matrix.module.name())
}

fn says(level: Option<Level>) -> String {
    level.map_or("16 bits".to_owned(), |Level { bits, group, grid }| {
        let grid = grid.map(|grid| format!(", {}", grid.name())).unwrap_or_default();
        format!("{bits} bits in groups of {group}{grid}")
    })
}
