//! The linear modules of each block: what enters them, and their weights.

use attune_guest::{LinearModule, Model, Options};

/// What enters a block's linear modules: values that are quantised once, for every module that reads them.
pub(crate) struct Input {
    /// The modules that read it, by their names in plans; at least one.
    pub(crate) modules: Vec<String>,
    /// Channels of a row.
    pub(crate) channels: u32,
    /// Rows that a token makes: one, but one for each of its experts where those have inputs of their own.
    pub(crate) rows: u32,
}

/// The modules of every block, in the order of the forward pass; blocks have the same ones, of all experts together.
pub(crate) fn modules(model: &Model) -> Result<Vec<Vec<LinearModule>>, String> {
    let Model { name, family, layers, heads, .. } = model;
    let blocks = model.linear_modules()?;
    let Some(first) = blocks.first().filter(|_| *layers > 0 && *heads > 0) else {
        return Err(format!(
            "model `{name}` (family {family}) has no transformer blocks; activation-bits needs them"
        ));
    };
    let names = |block: &[LinearModule]| -> Vec<(String, String)> {
        block.iter().map(|module| (module.name.clone(), module.input.clone())).collect()
    };
    match blocks.iter().position(|block| names(block) != names(first)) {
        Some(layer) => Err(format!(
            "layer {layer} of model `{name}` has other linear modules than layer 0; activation-bits needs the same in both"
        )),
        None => Ok(blocks),
    }
}

/// The inputs of one block, in the order of the forward pass.
pub(crate) fn inputs(block: &[LinearModule]) -> Vec<Input> {
    let mut inputs: Vec<(String, Input)> = Vec::new();
    for module in block {
        match inputs.iter_mut().find(|(first, _)| *first == module.input) {
            Some((_, input)) => input.modules.push(module.name.clone()),
            None => {
                let modules = vec![module.name.clone()];
                let input = Input { modules, channels: module.inputs, rows: module.rows };
                inputs.push((module.input.clone(), input));
            }
        }
    }
    inputs.into_iter().map(|(_, input)| input).collect()
}

/// The group size that an option asks for at a module with so many inputs; 0 asks for the whole row.
pub(crate) fn group_size(
    model: &Model,
    options: &Options,
    option: &str,
    module: &str,
    inputs: u32,
) -> Result<u32, String> {
    match options.int(option) as u32 {
        0 => Ok(inputs),
        asked if inputs.is_multiple_of(asked) => Ok(asked),
        asked => Err(format!(
            "`{option}` is {asked}, which does not divide the {inputs} inputs of `{module}` in model `{}`",
            model.name
        )),
    }
}
