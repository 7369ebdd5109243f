//! The linear modules of a model's layers.

use crate::{Model, Setting};

/// What a layer has of a linear module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinearModule {
    /// The name in plans.
    pub name: String,
    /// The first module of the model that reads the same values.
    pub input: String,
    /// The first module of the model that is stored in the same tensor.
    pub tensor: String,
    /// Output channels of each matrix.
    pub outputs: u32,
    /// Input channels of each matrix.
    pub inputs: u32,
    /// How many matrices there are: 1, or one for each expert.
    pub matrices: u32,
    /// Rows that a token gives them: 1, or one for each of its experts where those have inputs of their own.
    pub rows: u32,
    /// Bytes of a stored weight, 2 or 4; `None` where the host does not say.
    pub element_bytes: Option<u32>,
}

impl LinearModule {
    /// Weights of all its matrices.
    pub fn weights(&self) -> f64 {
        f64::from(self.outputs) * f64::from(self.inputs) * f64::from(self.matrices)
    }

    /// Whether every expert has one of its own.
    pub fn is_of_experts(&self) -> bool {
        self.matrices > 1
    }
}

impl Model {
    /// The linear modules of each layer, in the order of the forward pass; none in a layer that has none.
    ///
    /// A host that does not list them is believed to have what Llama and Mixtral have.
    ///
    /// # Errors
    /// A sentence when the lists of the host contradict each other, or when it says too little.
    pub fn linear_modules(&self) -> Result<Vec<Vec<LinearModule>>, String> {
        let Some(Setting::Text(names)) = self.fact("modules") else { return self.usual_modules() };
        let names: Vec<&str> = names.split(' ').collect();
        let contradiction = || format!("the lists of modules of model `{}` contradict each other", self.name);
        let list = |name: &str| self.whole_numbers(name).ok_or_else(contradiction);
        let (inputs, tensors) = (list("module-inputs")?, list("module-tensors")?);
        let named = |numbers: &[i64], module: usize| {
            let name = names.get(*numbers.get(module).ok_or_else(contradiction)? as usize);
            name.map(|&name| name.to_owned()).ok_or_else(contradiction)
        };
        let elements = self.whole_numbers("module-element-bytes").unwrap_or_default();
        let layer = |(layer, shapes): (usize, &[i64])| {
            let mut modules = Vec::with_capacity(names.len());
            for (number, (name, shape)) in names.iter().zip(shapes.chunks_exact(4)).enumerate() {
                let [outputs, inputs_of, matrices, rows] = [0, 1, 2, 3].map(|part| shape[part] as u32);
                if matrices > 0 {
                    modules.push(LinearModule {
                        name: (*name).to_owned(),
                        input: named(inputs, number)?,
                        tensor: named(tensors, number)?,
                        outputs,
                        inputs: inputs_of,
                        matrices,
                        rows,
                        element_bytes: elements
                            .get(layer * names.len() + number)
                            .map(|&bytes| bytes as u32)
                            .filter(|&bytes| bytes > 0),
                    });
                }
            }
            Ok(modules)
        };
        list("module-shapes")?.chunks(4 * names.len()).enumerate().map(layer).collect()
    }

    /// Queries, keys, values and output of attention, and a gated feed-forward part, in every layer.
    fn usual_modules(&self) -> Result<Vec<Vec<LinearModule>>, String> {
        if self.heads == 0 {
            return Ok(Vec::new());
        }
        if self.fact("expert-layers").is_some() {
            return Err(format!(
                "only some layers of model `{}` have experts, and this attune does not list their modules; use a newer one",
                self.name
            ));
        }
        let (hidden, inner) = (self.hidden, self.feed_forward()?);
        let (queries, kv) = (self.heads * self.head_dim, self.kv_heads * self.head_dim);
        let module = |name: &str, input: &str, outputs, inputs, (matrices, rows)| LinearModule {
            name: name.to_owned(),
            input: input.to_owned(),
            tensor: name.to_owned(),
            outputs,
            inputs,
            matrices,
            rows,
            element_bytes: None,
        };
        let experts = self.experts.max(1);
        let layer = vec![
            module("q", "q", queries, hidden, (1, 1)),
            module("k", "q", kv, hidden, (1, 1)),
            module("v", "q", kv, hidden, (1, 1)),
            module("o", "o", hidden, queries, (1, 1)),
            // The experts of a token read the same row.
            module("gate", "gate", inner, hidden, (experts, 1)),
            module("up", "gate", inner, hidden, (experts, 1)),
            module("down", "down", hidden, inner, (experts, self.experts_per_token.max(1))),
        ];
        Ok(vec![layer; self.layers as usize])
    }
}
