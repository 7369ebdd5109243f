//! The linear modules of a block: what enters them, and their weights.

use attune_guest::{Model, Options};

/// What enters a block's linear modules: values that are quantised once, for every module that reads them.
pub(crate) struct Input {
    /// The modules that read it, by their names in plans.
    pub(crate) modules: &'static [&'static str],
    /// Channels of a row.
    pub(crate) channels: u32,
    /// Rows that a token makes: one, but one for each of its experts where those have inputs of their own.
    pub(crate) rows: u32,
}

/// A linear module, of all experts together.
pub(crate) struct Module {
    /// The name in plans.
    pub(crate) name: &'static str,
    pub(crate) inputs: u32,
    pub(crate) weights: f64,
}

/// The inputs of one block, in the order of the forward pass.
pub(crate) fn inputs(model: &Model) -> Result<[Input; 4], String> {
    let Model { name, family, layers, hidden, heads, head_dim, experts_per_token, .. } = model;
    if *layers == 0 || *heads == 0 {
        return Err(format!(
            "model `{name}` (family {family}) has no transformer blocks; activation-bits needs them"
        ));
    }
    let input = |modules, channels, rows| Input { modules, channels, rows };
    Ok([
        input(&["q", "k", "v"], *hidden, 1),
        input(&["o"], heads * head_dim, 1),
        // The experts of a token read the same row.
        input(&["gate", "up"], *hidden, 1),
        input(&["down"], model.feed_forward()?, (*experts_per_token).max(1)),
    ])
}

/// The modules of one block.
pub(crate) fn modules(model: &Model) -> Result<[Module; 7], String> {
    let Model { hidden, heads, kv_heads, head_dim, experts, .. } = model;
    let (queries, kv, inner) = (heads * head_dim, kv_heads * head_dim, model.feed_forward()?);
    let module = |name, inputs: u32, outputs: u32, copies: u32| Module {
        name,
        inputs,
        weights: f64::from(inputs) * f64::from(outputs) * f64::from(copies),
    };
    let copies = (*experts).max(1);
    Ok([
        module("q", *hidden, queries, 1),
        module("k", *hidden, kv, 1),
        module("v", *hidden, kv, 1),
        module("o", queries, *hidden, 1),
        module("gate", *hidden, inner, copies),
        module("up", *hidden, inner, copies),
        module("down", inner, *hidden, copies),
    ])
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
