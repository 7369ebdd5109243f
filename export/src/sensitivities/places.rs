//! What the options of a space do to modules: which matrices a cell is about, and how many bits each option gives them.

use std::collections::BTreeMap;

use attune_core::plan::Plan;
use attune_core::sensitivity::{choices, reference};
use attune_core::space::{Domain, Slot, Value};
use attune_vocabulary::edits::WeightBits;
use attune_vocabulary::{ModelEdit as _, Module};

use super::{Tabled, Unsaid};
use crate::matrices::{Matrices, Matrix};

/// This many bits mean that nothing is quantised.
pub(super) const EXACT: u32 = 16;

/// The matrices that one cell decides.
pub(super) struct Cell {
    /// Their numbers, ascending.
    pub(super) members: Vec<usize>,
    /// Bits by option; `None` where members differ.
    pub(super) bits: Vec<Option<u32>>,
}

impl Cell {
    /// The option that gives so many bits.
    pub(super) fn option(&self, bits: u32) -> Option<u32> {
        self.bits.iter().position(|found| *found == Some(bits)).map(|option| option as u32)
    }

    /// All bits that it can have, ascending.
    pub(super) fn levels(&self) -> Vec<u32> {
        let mut levels: Vec<u32> = self.bits.iter().copied().flatten().collect();
        levels.sort_unstable();
        levels.dedup();
        levels
    }
}

/// The cells of a space that decide bits of matrices.
pub(super) struct Places {
    pub(super) matrices: Matrices,
    pub(super) cells: BTreeMap<Slot, Cell>,
}

impl Places {
    /// Those of a search.
    ///
    /// # Errors
    /// Why modules are not known by name, or the technique makes no plans, in words.
    pub(super) fn of(of: &Tabled<'_>) -> Result<Self, String> {
        let matrices = Matrices::of(of.facts)?;
        let bits = Bits::new(&matrices);
        let at = reference(of.space, None).map_err(|error| error.to_string())?;
        let mut cells = BTreeMap::new();
        for slot in of.space.slots() {
            let domain = &of.space.dimensions()[slot.dimension].domain;
            if !matches!(domain, Domain::Level { .. } | Domain::Choice { .. }) {
                continue;
            }
            let option = |option: u32| {
                let mut config = at.clone();
                config.set(slot, Value::Index(option));
                (of.lower)(&config).map(|plan| bits.of(&plan)).map_err(|failure| failure.to_string())
            };
            let options = (0..choices(domain)).map(option).collect::<Result<Vec<Vec<u32>>, String>>()?;
            let differs = |number: &usize| options.iter().any(|bits| bits[*number] != options[0][*number]);
            let members: Vec<usize> = (0..matrices.list().len()).filter(differs).collect();
            let Some(&first) = members.first() else { continue };
            let same = |bits: &Vec<u32>| {
                members.iter().all(|&number| bits[number] == bits[first]).then(|| bits[first])
            };
            let bits = options.iter().map(same).collect();
            cells.insert(slot, Cell { members, bits });
        }
        Ok(Self { matrices, cells })
    }

    /// The weights of a matrix, where the model says how large it is.
    pub(super) fn weights(&self, number: usize) -> Option<f64> {
        let Matrix { outputs, inputs, .. } = &self.matrices.list()[number];
        Some(f64::from((*outputs)?) * f64::from((*inputs)?))
    }

    /// The names of the tensors of some matrices, each once.
    pub(super) fn tensors(&self, members: &[usize]) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for &number in members {
            let name = self.matrices.list()[number].tensor.as_str();
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }

    /// The most bits that the search gives any of some matrices; `None` where it leaves them alone.
    pub(super) fn most(&self, members: &[usize]) -> Option<u32> {
        let of = |cell: &&Cell| cell.members.iter().any(|member| members.contains(member));
        self.cells.values().filter(of).flat_map(Cell::levels).max()
    }

    /// The name of the first linear module, as an example.
    pub(super) fn example(&self) -> &str {
        self.matrices.list().first().map_or("", |matrix| matrix.tensor.as_str())
    }
}

/// Refuses a search that gives anything else than bits to modules.
pub(super) fn weights_alone(of: &Tabled<'_>, places: &Places) -> Result<(), Unsaid> {
    let others = of.space.slots().find(|slot| !places.cells.contains_key(slot));
    let Some(slot) = others else { return Ok(()) };
    let dimension = &of.space.dimensions()[slot.dimension];
    // A level that nothing depends on is no harm.
    if matches!(&dimension.domain, Domain::Level { levels } if levels.len() < 2) {
        return Ok(());
    }
    let reason =
        "it tells bits of modules' weights, and this is something else; use `--format csv`".to_owned();
    Err((format!("dimension `{}`", dimension.name), reason))
}

/// The number of a matrix, and its expert.
type Numbered = (usize, Option<u32>);

/// Bits of all matrices by plans.
struct Bits {
    all: usize,
    numbers: BTreeMap<(u32, Module), Vec<Numbered>>,
}

impl Bits {
    fn new(matrices: &Matrices) -> Self {
        let mut numbers: BTreeMap<(u32, Module), Vec<Numbered>> = BTreeMap::new();
        for (number, matrix) in matrices.list().iter().enumerate() {
            numbers.entry((matrix.layer, matrix.module)).or_default().push((number, matrix.expert));
        }
        Self { all: matrices.list().len(), numbers }
    }

    fn of(&self, plan: &Plan) -> Vec<u32> {
        let mut bits = vec![EXACT; self.all];
        for edit in plan.edits().iter().filter_map(|edit| WeightBits::read(edit).ok()) {
            for (number, expert) in self.numbers.get(&(edit.layer, edit.module)).into_iter().flatten() {
                if edit.expert.is_none() || edit.expert == *expert {
                    bits[*number] = edit.bits;
                }
            }
        }
        bits
    }
}
