//! Modules of a layer that engines run as one: they have to be stored alike.

use std::collections::{BTreeMap, BTreeSet};

use attune_core::plan::Edit;
use attune_families::Family;
use attune_families::tensors::module_tensor;
use attune_vocabulary::edits::WeightBits;
use attune_vocabulary::{ModelEdit as _, Module, NumberGrid};

use super::super::level::Level;
use super::Model;

/// Queries, keys and values, and the first half of the feed-forward part.
const SETS: [&[Module]; 2] = [&[Module::Query, Module::Key, Module::Value], &[Module::Gate, Module::Up]];
/// All that experts have.
const OF_EXPERTS: &[Module] = &[Module::Gate, Module::Up, Module::Down];

/// Whether everything that is run as one with the module of an edit is stored as it is.
pub(super) fn check(matrices: &BTreeMap<String, Level>, edit: &Edit, model: &Model) -> Result<(), String> {
    let (Some(edit), Some(family)) = (WeightBits::of(edit), model.family) else { return Ok(()) };
    let experts = model.experts(&edit);
    let set = match SETS.into_iter().find(|set| set.contains(&edit.module)) {
        _ if experts > 0 => OF_EXPERTS,
        Some(set) => set,
        None => return Ok(()),
    };
    let of_experts = || (0..experts).map(Some);
    let owners: Vec<Option<u32>> = if experts > 0 { of_experts().collect() } else { vec![None] };
    let own = edit.expert.or((experts > 0).then_some(0));
    let level = |module, expert| {
        let name = module_tensor(family, edit.layer, module, expert)?;
        Some((matrices.get(&name).copied(), name))
    };
    let Some((mine, stored)) = level(edit.module, own) else { return Ok(()) };
    let others = owners.iter().flat_map(|&owner| set.iter().map(move |&module| (module, owner)));
    for (module, owner) in others {
        let Some((other, beside)) = level(module, owner) else { continue };
        if other != mine {
            return Err(apart((edit.module, own, mine), (module, owner, other)));
        }
        if beside == stored && module != edit.module {
            one_scale(mine, edit.module, module)?;
        }
    }
    Ok(())
}

/// Modules that are stored in one matrix have scales of their own only where those are of rows.
fn one_scale(level: Option<Level>, one: Module, other: Module) -> Result<(), String> {
    let of_matrix = |level: &Level| {
        matches!(level.grid, NumberGrid::Fp8Tensor | NumberGrid::Fp8Block | NumberGrid::Nvfp4)
    };
    match level.filter(of_matrix) {
        None => Ok(()),
        Some(level) => Err(format!(
            "`{}` and `{}` are stored in one matrix, and {} has scales of more than a row; give them symmetric, affine-int, \
             fp8-e4m3-channel or mxfp4, or use `--to plan`",
            one.name(),
            other.name(),
            level.grid.name()
        )),
    }
}

/// A module, whose it is, and how it is stored.
type Stored = (Module, Option<u32>, Option<Level>);

fn apart(one: Stored, other: Stored) -> String {
    let says = |(module, expert, level): Stored| {
        let of = expert.map_or(String::new(), |expert| format!(" of expert {expert}"));
        let level = level.map_or("16 bits".to_owned(), Level::words);
        format!("`{}`{of} has {level}", module.name())
    };
    let (what, remedy) = match one.1 {
        Some(_) => ("all modules of the experts of a layer", " (`experts: \"together\"`)"),
        None if SETS[0].contains(&one.0) => ("q, k and v", ""),
        None => ("gate and up", ""),
    };
    format!(
        "{} and {}, and vLLM runs {what} as one; give them the same grid, bits and groups{remedy}, or use `--to plan`",
        says(one),
        says(other)
    )
}

/// How the experts of a model are stored, layer by layer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Experts {
    /// Whether layers in few bits differ.
    pub(super) differ: bool,
    /// Whether those of some layer stay in 16 bits.
    pub(super) stay: bool,
}

/// How experts are stored.
pub(super) fn experts(matrices: &BTreeMap<String, Level>, family: &Family, layers: &[u32]) -> Experts {
    let level = |&layer: &u32| {
        let name = module_tensor(family, layer, Module::Down, Some(0));
        name.and_then(|name| matrices.get(&name).copied())
    };
    let levels: BTreeSet<Option<Level>> = layers.iter().map(level).collect();
    let stay = levels.contains(&None);
    Experts { differ: levels.len() - usize::from(stay) > 1, stay }
}
