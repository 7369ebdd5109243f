//! The linear modules of a model as facts: what techniques of bits choose among, and count by.

use attune_core::facts::Facts;
use attune_core::options::{OptionValue, Settings};

/// Names of the modules of all layers, in the order of the forward pass and with spaces between them: a text.
pub const MODULES: &str = "modules";
/// For each module, the number of the first one that reads the same values: whole numbers.
pub const MODULE_INPUTS: &str = "module-inputs";
/// For each module, the number of the first one that is stored in the same tensor: whole numbers.
pub const MODULE_TENSORS: &str = "module-tensors";
/// `[layer][module]` and four whole numbers: outputs, inputs, matrices and rows, as in [`Matrices`]; all 0 where a layer
/// has no such module.
pub const MODULE_SHAPES: &str = "module-shapes";
/// `[layer][module]`, whole numbers: the bytes of a stored weight; 0 where a layer has no such module. Said where the weights of all
/// modules are stored as floating-point numbers, 2 or 4 bytes each.
pub const MODULE_ELEMENT_BYTES: &str = "module-element-bytes";

/// The linear modules of a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinearModules {
    /// Those of all layers, in the order of the forward pass.
    pub modules: Vec<NamedModule>,
    /// For each layer, the matrices of each of [`modules`](Self::modules); `None` where it has none.
    pub layers: Vec<Vec<Option<Matrices>>>,
}

/// A linear module, whichever layer it is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedModule {
    /// The name in plans; without spaces.
    pub name: String,
    /// The number of the first module that reads the same values.
    pub input: usize,
    /// The number of the first module that is stored in the same tensor.
    pub tensor: usize,
}

/// What a layer has of a linear module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Matrices {
    /// Output channels of each matrix.
    pub outputs: u32,
    /// Input channels of each matrix.
    pub inputs: u32,
    /// How many there are: 1, or one for each expert.
    pub count: u32,
    /// Rows that a token gives them: 1, or one for each of its experts where those have inputs of their own.
    pub rows: u32,
}

impl LinearModules {
    /// What `facts` say; `None` where they say nothing, or what is no list of modules.
    pub fn of(facts: &Facts) -> Option<Self> {
        let ints = |name: &str| match facts.values.get(name) {
            Some(OptionValue::Ints(values)) => Some(values),
            _ => None,
        };
        let names: Vec<&str> = facts.text(MODULES).split(' ').filter(|name| !name.is_empty()).collect();
        let (inputs, tensors, shapes) = (ints(MODULE_INPUTS)?, ints(MODULE_TENSORS)?, ints(MODULE_SHAPES)?);
        let number = |&value: &i64| usize::try_from(value).ok().filter(|&number| number < names.len());
        if names.is_empty() || [inputs, tensors].iter().any(|list| list.len() != names.len()) {
            return None;
        }
        let module = |(&name, (input, tensor)): (&&str, (&i64, &i64))| {
            Some(NamedModule { name: name.to_owned(), input: number(input)?, tensor: number(tensor)? })
        };
        let modules = names.iter().zip(inputs.iter().zip(tensors)).map(module).collect::<Option<_>>()?;
        let count = |value: i64| u32::try_from(value).ok();
        let matrices = |shape: &[i64]| match *shape {
            [0, 0, 0, 0] => Some(None),
            [outputs, inputs, matrices, rows] => Some(Some(Matrices {
                outputs: count(outputs)?,
                inputs: count(inputs)?,
                count: count(matrices)?,
                rows: count(rows)?,
            })),
            _ => None,
        };
        let layer = |layer: &[i64]| layer.chunks(4).map(matrices).collect::<Option<Vec<_>>>();
        let layers: Vec<_> = shapes.chunks(4 * names.len()).map(layer).collect::<Option<_>>()?;
        let whole = layers.iter().all(|layer| layer.len() == names.len());
        whole.then_some(Self { modules, layers })
    }

    /// Says all of it in facts.
    pub fn say(&self, values: &mut Settings) {
        let number = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
        let names: Vec<&str> = self.modules.iter().map(|module| module.name.as_str()).collect();
        let of = |part: fn(&NamedModule) -> usize| {
            OptionValue::Ints(self.modules.iter().map(|module| number(part(module))).collect())
        };
        let shape = |matrices: &Option<Matrices>| {
            let of = |matrices: &Matrices| [matrices.outputs, matrices.inputs, matrices.count, matrices.rows];
            matrices.as_ref().map_or([0; 4], of).map(i64::from)
        };
        let shapes = self.layers.iter().flatten().flat_map(shape).collect();
        values.insert(MODULES.to_owned(), OptionValue::Text(names.join(" ")));
        values.insert(MODULE_INPUTS.to_owned(), of(|module| module.input));
        values.insert(MODULE_TENSORS.to_owned(), of(|module| module.tensor));
        values.insert(MODULE_SHAPES.to_owned(), OptionValue::Ints(shapes));
    }

    /// The number of the module of that name.
    pub fn number(&self, name: &str) -> Option<usize> {
        self.modules.iter().position(|module| module.name == name)
    }

    /// What a layer has of the module of that name.
    pub fn matrices(&self, layer: u32, name: &str) -> Option<Matrices> {
        *self.layers.get(layer as usize)?.get(self.number(name)?)?
    }
}

#[cfg(test)]
mod tests {
    use attune_core::hash::ContentHash;

    use super::*;

    fn modules() -> LinearModules {
        let module = |name: &str, input, tensor| NamedModule { name: name.to_owned(), input, tensor };
        let dense = Matrices { outputs: 8, inputs: 4, count: 1, rows: 1 };
        LinearModules {
            modules: vec![module("q", 0, 0), module("k", 0, 0), module("down", 2, 2)],
            layers: vec![vec![Some(dense), None, Some(Matrices { count: 3, rows: 2, ..dense })]; 2],
        }
    }

    fn facts() -> Facts {
        let mut values = Settings::new();
        modules().say(&mut values);
        Facts { name: "tiny".to_owned(), fingerprint: ContentHash::of(b"tiny"), values }
    }

    #[test]
    fn what_was_said_is_heard() {
        assert_eq!(LinearModules::of(&facts()), Some(modules()));
        assert_eq!(modules().matrices(1, "down").map(|down| (down.count, down.rows)), Some((3, 2)));
        assert_eq!(modules().matrices(1, "k"), None);
        assert_eq!(modules().matrices(2, "q"), None);
    }

    #[test]
    fn lists_that_contradict_each_other_are_no_modules() {
        let with = |name: &str, value: OptionValue| {
            let mut facts = facts();
            facts.values.insert(name.to_owned(), value);
            LinearModules::of(&facts)
        };
        assert_eq!(with(MODULES, OptionValue::Text("q k".to_owned())), None);
        assert_eq!(with(MODULE_INPUTS, OptionValue::Ints(vec![0, 0, 3])), None);
        assert_eq!(with(MODULE_TENSORS, OptionValue::Ints(vec![0, -1, 2])), None);
        assert_eq!(with(MODULE_SHAPES, OptionValue::Ints(vec![1; 16])), None);
        assert_eq!(with(MODULE_SHAPES, OptionValue::Ints(vec![-1; 12])), None);
    }
}
