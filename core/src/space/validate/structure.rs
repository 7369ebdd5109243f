//! Checks of orders and conditions.

use super::super::{Domain, Space, SpaceError};
use super::{dimension, option_exists};
use crate::space::structure::Structure;
use crate::space::{Axis, Constraint};
use crate::suggest::hint;

/// Names of a circle that a message has.
const MOST_NAMED: usize = 8;

pub(super) fn ascending(space: &Space, number: usize, along: &str) -> Option<String> {
    let found = match dimension(space, number) {
        Ok(found) => found,
        Err(problem) => return Some(problem),
    };
    if !matches!(found.domain, Domain::Level { .. } | Domain::Int { .. } | Domain::Real { .. }) {
        return Some(format!("dimension `{}` cannot ascend: it is no level, int or real", found.name));
    }
    let axes = || found.axes.iter().map(|axis| axis.name.as_str());
    if axes().any(|axis| axis == along) {
        return None;
    }
    Some(format!("there is no axis `{along}` in dimension `{}`{}", found.name, hint(along, axes())))
}

pub(super) fn active(space: &Space, number: usize, when: usize, options: &[u32]) -> Option<String> {
    let found = match dimension(space, number) {
        Ok(found) => found,
        Err(problem) => return Some(problem),
    };
    let by = match dimension(space, when) {
        Ok(by) => by,
        Err(problem) => return Some(problem),
    };
    if options.is_empty() {
        return Some(format!(
            "dimension `{}` is active with no option of `{}`: name one",
            found.name, by.name
        ));
    }
    if let Some(problem) = options.iter().find_map(|option| option_exists(space, when, *option).err()) {
        return Some(problem);
    }
    if by.cells() == 1 || by.axes == found.axes {
        return None;
    }
    Some(format!(
        "dimension `{}` {}, and `{}`, which decides about it, {}; expected a single cell, or the same axes",
        found.name,
        shape(&found.axes),
        by.name,
        shape(&by.axes),
    ))
}

fn shape(axes: &[Axis]) -> String {
    let axes: Vec<String> = axes.iter().map(|axis| format!("{} {}", axis.name, axis.len)).collect();
    if axes.is_empty() { "has one cell".to_owned() } else { format!("has the axes {}", axes.join(", ")) }
}

/// Orders and conditions of a space of which every constraint makes sense alone.
pub(in super::super) fn of(space: &Space) -> Result<Structure, SpaceError> {
    Structure::new(&space.dimensions, &space.constraints).map_err(|circle| {
        let closes = |constraint: &Constraint| matches!(constraint,
            Constraint::Active { dimension, when, .. } if circle.first() == Some(dimension) && circle.contains(when));
        let index = space.constraints.iter().position(closes).unwrap_or(0);
        let names = circle.iter().chain(circle.first()).map(|place| format!("`{}`", space.dimensions[*place].name));
        let mut names: Vec<String> = names.collect();
        if names.len() > MOST_NAMED {
            names.truncate(MOST_NAMED);
            names.push("…".to_owned());
        }
        let problem = format!("conditions go in a circle: {}", names.join(" waits for "));
        SpaceError::Constraint { index, problem }
    })
}
