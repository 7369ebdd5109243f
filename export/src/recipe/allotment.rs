//! What a recipe gives to each matrix, and the plan that says the same.

use std::collections::BTreeMap;

use attune_core::plan::{Edit, Plan};
use attune_vocabulary::arrange;
use attune_vocabulary::edits::WeightBits;

use super::error::Fault;
use super::level::{Group, Level};
use crate::matrices::{Matrices, Matrix};

/// What was said of a matrix, and at which byte of the file.
type Said = (Level, Option<usize>);

/// What a recipe gives to each matrix.
pub(super) struct Allotment<'a> {
    pub(super) matrices: &'a Matrices,
    said: Vec<Option<Said>>,
    beside: BTreeMap<String, Level>,
}

impl<'a> Allotment<'a> {
    pub(super) fn new(matrices: &'a Matrices) -> Self {
        Self { matrices, said: vec![None; matrices.list().len()], beside: BTreeMap::new() }
    }

    /// Gives a matrix its level; what was said before counts no more.
    pub(super) fn set(&mut self, number: usize, level: Level, at: Option<usize>) {
        self.said[number] = Some((level, at));
    }

    /// Gives all matrices of a tensor their level. A weight beside them that is stored in few bits is noted.
    ///
    /// # Errors
    /// When the model has no such tensor.
    pub(super) fn set_tensor(&mut self, name: &str, level: Level, at: Option<usize>) -> Result<(), Fault> {
        let found = self.matrices.of_tensor(name);
        if found.is_empty() {
            return self.note(name, level, at);
        }
        found.iter().for_each(|&number| self.set(number, level, at));
        Ok(())
    }

    /// A weight that is no matrix of a plan.
    fn note(&mut self, name: &str, level: Level, at: Option<usize>) -> Result<(), Fault> {
        if !self.matrices.is_beside(name) {
            let example = self.matrices.list().first().map_or("", |matrix| matrix.tensor.as_str());
            let expected = format!("names of the model's linear modules, as `{example}`");
            return Err(Fault::new(at, format!("the model has no module `{name}`"), expected));
        }
        self.note_beside(name, level);
        Ok(())
    }

    /// A weight that the model has beside its linear modules; what was said before counts no more.
    pub(super) fn note_beside(&mut self, name: &str, level: Level) {
        self.beside.insert(name.to_owned(), level);
    }

    /// Whether something was said of such a weight.
    pub(super) fn has_beside(&self, name: &str) -> bool {
        self.beside.contains_key(name)
    }

    /// Whether something was said of a matrix.
    pub(super) fn has(&self, number: usize) -> bool {
        self.said[number].is_some()
    }

    /// Leaves matrices exact of which this holds, whatever was said of them.
    pub(super) fn except(&mut self, is: impl Fn(&Matrix, Level) -> bool) {
        for (matrix, said) in self.matrices.list().iter().zip(&mut self.said) {
            if let Some((level, _)) = said
                && is(matrix, *level)
            {
                *level = Level::Exact;
            }
        }
    }

    /// The first matrix of which nothing was said.
    pub(super) fn first_without(&self) -> Option<&'a Matrix> {
        let number = self.said.iter().position(Option::is_none)?;
        self.matrices.list().get(number)
    }

    /// Gives all matrices of which nothing was said this level.
    pub(super) fn rest(&mut self, level: Level) {
        self.said.iter_mut().for_each(|said| _ = said.get_or_insert((level, None)));
    }

    /// The plan, and the weights that it leaves exact where the recipe does not.
    ///
    /// # Errors
    /// When a matrix cannot be stored so.
    pub(super) fn plan(self) -> Result<(Plan, Vec<String>), Fault> {
        let list = self.matrices.list();
        let mut edits: Vec<WeightBits> = Vec::new();
        let mut number = 0;
        for matrices in list.chunk_by(|one, other| (one.layer, one.module) == (other.layer, other.module)) {
            let numbers = number..number + matrices.len();
            number = numbers.end;
            let found: Vec<Option<WeightBits>> =
                numbers.map(|number| self.edit(number)).collect::<Result<_, Fault>>()?;
            // Experts that agree are one edit, as techniques say it.
            let of_all = |edit: &Option<WeightBits>| Some(WeightBits { expert: None, ..edit.clone()? });
            match found.first().and_then(of_all) {
                Some(first) if found.iter().all(|edit| of_all(edit).as_ref() == Some(&first)) => {
                    edits.push(first);
                }
                _ => edits.extend(found.into_iter().flatten()),
            }
        }
        let few_bits = self.beside.into_iter().filter(|(_, level)| *level != Level::Exact);
        Ok((arrange(edits.into_iter().map(Edit::from)), few_bits.map(|(name, _)| name).collect()))
    }

    /// What the plan says of a matrix; `None` where it stays as it is.
    fn edit(&self, number: usize) -> Result<Option<WeightBits>, Fault> {
        let matrix = &self.matrices.list()[number];
        let Some((Level::Bits { bits, group, grid }, at)) = self.said[number] else { return Ok(None) };
        let group_size = match (group, matrix.inputs) {
            (Group::Of(size), _) => size,
            (Group::Row, Some(inputs)) => inputs,
            (Group::Row, None) => {
                let found = format!("a scale for each row of `{}`", matrix.tensor);
                return Err(Fault::new(
                    at,
                    found,
                    "a size of groups: how long rows are is not known of this model",
                ));
            }
        };
        if let Some(inputs) = matrix.inputs {
            grid.check(bits, group_size, inputs).map_err(|reason| {
                Fault::new(at, format!("`{}`: {reason}", matrix.tensor), "bits and groups that its grid has")
            })?;
        }
        let &Matrix { layer, module, expert, .. } = matrix;
        Ok(Some(WeightBits { layer, module, expert, bits, group_size, grid: Some(grid), rounding: None }))
    }
}
