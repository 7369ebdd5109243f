//! What has bits of its own in a layer.

use attune_guest::{LinearModule, Model, Options};

use crate::formats::Formats;

/// One cell of a layer: a module, of all experts together or of one; or several modules that share a level.
#[derive(Clone)]
pub(crate) struct Cell {
    /// Its modules; at least one.
    pub(crate) members: Vec<Member>,
    pub(crate) expert: Option<u32>,
    /// Whether it is a matrix outside of the layers.
    pub(crate) of_embeddings: bool,
}

/// A module of a cell.
#[derive(Clone)]
pub(crate) struct Member {
    /// The name in plans.
    pub(crate) name: String,
    /// The first module that is stored in the same tensor.
    pub(crate) tensor: String,
    pub(crate) outputs: u32,
    pub(crate) inputs: u32,
    /// Matrices of this shape: one, or those of all experts.
    pub(crate) copies: u32,
    /// Whether every expert has one.
    pub(crate) of_experts: bool,
    /// Bytes of a stored weight.
    pub(crate) element_bytes: u32,
}

impl Cell {
    /// What people call it.
    pub(crate) fn name(&self) -> String {
        self.names().collect::<Vec<&str>>().join("+")
    }

    /// The names of its modules.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.members.iter().map(|member| member.name.as_str())
    }

    /// Whether every expert has its modules.
    pub(crate) fn is_of_experts(&self) -> bool {
        self.members.iter().any(|member| member.of_experts)
    }

    /// Whether several of its modules are one matrix.
    pub(crate) fn is_fused(&self) -> bool {
        self.matrices().len() < self.members.len()
    }

    /// Its weights, of all experts where they go together.
    pub(crate) fn weights(&self) -> f64 {
        self.members.iter().map(Member::weights).sum()
    }

    /// The same in bytes as they are stored.
    pub(crate) fn dense_bytes(&self) -> f64 {
        self.members.iter().map(|member| member.weights() * f64::from(member.element_bytes)).sum()
    }

    /// What is stored: modules that are in one tensor are one matrix.
    pub(crate) fn matrices(&self) -> Vec<Member> {
        let mut matrices: Vec<Member> = Vec::with_capacity(self.members.len());
        for member in &self.members {
            let same = |other: &&mut Member| {
                other.tensor == member.tensor
                    && (other.inputs, other.copies) == (member.inputs, member.copies)
            };
            match matrices.iter_mut().find(same) {
                Some(matrix) => matrix.outputs = matrix.outputs.saturating_add(member.outputs),
                None => matrices.push(member.clone()),
            }
        }
        matrices
    }
}

impl Member {
    fn weights(&self) -> f64 {
        f64::from(self.outputs) * f64::from(self.inputs) * f64::from(self.copies)
    }
}

/// The cells of one layer, in the order of the forward pass; with `apart`, those of experts come expert after expert.
pub(crate) fn cells(
    model: &Model,
    options: &Options,
    formats: &Formats,
    modules: &[LinearModule],
    apart: bool,
) -> Result<Vec<Cell>, String> {
    let cell = |module: &LinearModule, expert: Option<u32>| {
        let inputs = module.inputs;
        whole_groups(model, options, formats, &module.name, inputs)?;
        let member = Member {
            name: module.name.clone(),
            tensor: module.tensor.clone(),
            outputs: module.outputs,
            inputs,
            copies: if expert.is_some() { 1 } else { module.matrices },
            of_experts: module.is_of_experts(),
            element_bytes: module.element_bytes.unwrap_or_else(|| usual_bytes(model)),
        };
        Ok(Cell { members: vec![member], expert, of_embeddings: false })
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

/// Refuses rows that are no whole groups of the size that was asked for.
pub(crate) fn whole_groups(
    model: &Model,
    options: &Options,
    formats: &Formats,
    name: &str,
    inputs: u32,
) -> Result<(), String> {
    let asked = options.int("group-size") as u32;
    match formats.leaves_groups_open() && asked > 0 && !inputs.is_multiple_of(asked) {
        true => Err(format!(
            "`group-size` is {asked}, which does not divide the {inputs} inputs of `{name}` in model `{}`",
            model.name
        )),
        false => Ok(()),
    }
}

/// Bytes of a weight as most weights of the model are stored, where nobody says more.
pub(crate) fn usual_bytes(model: &Model) -> u32 {
    if model.bytes_per_parameter >= 3.0 { 4 } else { 2 }
}
