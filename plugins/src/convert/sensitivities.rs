//! A technique's own estimate of damages.

use std::collections::BTreeSet;

use attune_core::signal::SignalRequest;
use attune_core::space::{Domain, Space};
use attune_core::technique::Sensitivities;

use super::BadOutput;
use super::setting::settings_in;
use crate::wire;

/// Signals by name, each once.
pub(crate) fn signal_requests(asked: Vec<wire::Open>) -> Result<Vec<SignalRequest>, BadOutput> {
    let mut names = BTreeSet::new();
    asked
        .into_iter()
        .map(|open| {
            if !names.insert(open.kind.clone()) {
                return Err(BadOutput(format!("it asks for signal `{}` twice", open.kind)));
            }
            let args = settings_in(&format!("signal `{}`", open.kind), open.args)?;
            Ok(SignalRequest { name: open.kind, args })
        })
        .collect()
}

/// One finite damage for every option or element of every cell of the space.
pub(crate) fn sensitivities(damages: Sensitivities, space: &Space) -> Result<Sensitivities, BadOutput> {
    let found = damages.len();
    let expected = space.dimensions().len();
    if found != expected {
        return Err(BadOutput(format!("it has damages for {found} dimensions, expected {expected}")));
    }
    for (dimension, cells) in space.dimensions().iter().zip(&damages) {
        let name = &dimension.name;
        if cells.len() != dimension.cells() {
            return Err(BadOutput(format!(
                "it has damages for {} cells of `{name}`, expected {}",
                cells.len(),
                dimension.cells()
            )));
        }
        let choices = match &dimension.domain {
            Domain::Subset { of, .. } => *of,
            domain => domain.options().unwrap_or(0),
        } as usize;
        for (cell, damages) in cells.iter().enumerate() {
            let place = || dimension.place(cell);
            if damages.len() != choices {
                return Err(BadOutput(format!(
                    "it has {} damages for `{name}`, {}, expected {choices}",
                    damages.len(),
                    place()
                )));
            }
            if let Some(damage) = damages.iter().find(|damage| !damage.is_finite()) {
                return Err(BadOutput(format!(
                    "the damage of an option of `{name}`, {}, is {damage}",
                    place()
                )));
            }
        }
    }
    Ok(damages)
}
