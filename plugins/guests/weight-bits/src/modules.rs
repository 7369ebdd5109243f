//! What has bits of its own in a layer.

use attune_guest::{LinearModule, Model, Options};

use crate::limits::Limits;

/// One cell of a layer: a module, of all experts together or of one; or several modules that share a level.
#[derive(Clone)]
pub(crate) struct Module {
    /// Their names in plans; at least one.
    pub(crate) names: Vec<String>,
    pub(crate) expert: Option<u32>,
    /// Weights, of all experts where they go together.
    pub(crate) weights: f64,
    /// Input channels that share a scale and a zero point.
    pub(crate) group_size: u32,
}

/// Layers with the same cells: a dimension of the space.
pub(crate) struct Part {
    /// The name of the dimension.
    pub(crate) name: &'static str,
    /// The name of its axis of layers.
    pub(crate) axis: &'static str,
    /// The layers, ascending, with the cells of each.
    pub(crate) layers: Vec<(u32, Vec<Module>)>,
}

impl Module {
    /// What people call it.
    pub(crate) fn name(&self) -> String {
        self.names.join("+")
    }
}

impl Part {
    /// Cells of one layer.
    pub(crate) fn width(&self) -> usize {
        self.layers.first().map_or(0, |(_, cells)| cells.len())
    }

    /// The cells of all layers, with their layers.
    pub(crate) fn cells(&self) -> impl Iterator<Item = (u32, &Module)> {
        self.layers.iter().flat_map(|(layer, cells)| cells.iter().map(|cell| (*layer, cell)))
    }
}

/// The cells of all layers: one part where layers are alike, two where only some have experts with bits of their own.
pub(crate) fn parts(model: &Model, options: &Options) -> Result<Vec<Part>, String> {
    let apart = options.text("experts") == "apart";
    let target = Limits::of(model);
    target.check(options)?;
    let mut ordinary = Part { name: "bits", axis: "dense-layer", layers: Vec::new() };
    let mut experts = Part { name: "expert-bits", axis: "expert-layer", layers: Vec::new() };
    for (layer, modules) in (0..).zip(model.linear_modules()?) {
        // Input and output of an image generator are layers without modules.
        if modules.is_empty() {
            continue;
        }
        let splits = apart && modules.iter().any(LinearModule::is_of_experts);
        let cells = target.shared(cells(model, options, &modules, splits)?, &modules)?;
        let part = if splits { &mut experts } else { &mut ordinary };
        if let Some((first, others)) = part.layers.first()
            && !others.iter().map(|cell| &cell.names).eq(cells.iter().map(|cell| &cell.names))
        {
            return Err(format!(
                "layer {layer} of model `{}` has other linear modules than layer {first}; weight-bits needs the same in both",
                model.name
            ));
        }
        part.layers.push((layer, cells));
    }
    let mut parts: Vec<Part> =
        [ordinary, experts].into_iter().filter(|part| !part.layers.is_empty()).collect();
    if let [only] = &mut parts[..] {
        (only.name, only.axis) = ("bits", "layer");
    }
    match parts.is_empty() {
        true => Err(format!("model `{}` has no transformer blocks; weight-bits needs them", model.name)),
        false => Ok(parts),
    }
}

/// The cells of one layer.
fn cells(
    model: &Model,
    options: &Options,
    modules: &[LinearModule],
    apart: bool,
) -> Result<Vec<Module>, String> {
    let asked = options.int("group-size") as u32;
    let cell = |module: &LinearModule, expert: Option<u32>| {
        let inputs = module.inputs;
        let group_size = if asked == 0 { inputs } else { asked };
        if !inputs.is_multiple_of(group_size) {
            return Err(format!(
                "`group-size` is {group_size}, which does not divide the {inputs} inputs of `{}` in model `{}`",
                module.name, model.name
            ));
        }
        let copies = if expert.is_some() { f64::from(module.matrices) } else { 1.0 };
        Ok(Module {
            names: vec![module.name.clone()],
            expert,
            weights: module.weights() / copies,
            group_size,
        })
    };
    let (own, shared): (Vec<_>, Vec<_>) = modules.iter().partition(|module| apart && module.is_of_experts());
    let mut cells =
        shared.into_iter().map(|module| cell(module, None)).collect::<Result<Vec<_>, String>>()?;
    for expert in 0..own.first().map_or(0, |module| module.matrices) {
        for module in &own {
            cells.push(cell(module, Some(expert))?);
        }
    }
    Ok(cells)
}
