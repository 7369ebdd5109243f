//! What the tensor of a linear module is called, whatever the sizes of a model are.

use attune_vocabulary::Module;

use crate::schema::{ExpertTensors, Family, PartTensors, Projections};

/// The tensor of a linear module's weight in a layer, or of one expert's, without `.weight`; several modules may have the
/// same. `None` where the family has no such module, where attention goes by way of latents, and where experts are stacked.
pub fn module_tensor(family: &Family, layer: u32, module: Module, expert: Option<u32>) -> Option<String> {
    let place = format!("{}{layer}", family.names.layers);
    if !module.is_feed_forward() {
        let attention = &family.attention;
        let name = match (module, attention.projections) {
            _ if attention.latent.is_some() => return None,
            (Module::Output, _) => attention.output,
            (Module::Query, Projections::Apart([name, ..]))
            | (Module::Key, Projections::Apart([_, name, _]))
            | (Module::Value, Projections::Apart([.., name])) => name,
            (
                Module::Query | Module::Key | Module::Value,
                Projections::Fused(name) | Projections::Grouped(name),
            ) => name,
            _ => return None,
        };
        return Some(format!("{place}.{}.{name}", attention.place));
    }
    let of = |tensors: PartTensors| match (module, tensors) {
        (Module::Gate, PartTensors::Gated([name, ..]))
        | (Module::Up, PartTensors::Gated([_, name, _]) | PartTensors::Plain([name, _]))
        | (Module::Gate | Module::Up, PartTensors::Fused([name, _]))
        | (
            Module::Down,
            PartTensors::Gated([.., name]) | PartTensors::Fused([_, name]) | PartTensors::Plain([_, name]),
        ) => Some(name),
        _ => None,
    };
    let Some(expert) = expert else {
        return Some(format!("{place}.{}.{}", family.feed_forward.place, of(family.feed_forward.tensors)?));
    };
    let rule = family.mixture.as_ref()?;
    match rule.tensors {
        ExpertTensors::Apart(names) => {
            let name = of(PartTensors::Gated(names))?;
            Some(format!("{place}.{}.experts.{expert}.{name}", rule.place))
        }
        ExpertTensors::Stacked { .. } => None,
    }
}
