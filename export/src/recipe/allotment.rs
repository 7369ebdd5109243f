//! What a recipe gives to each matrix, and the plan that says the same.

use std::collections::BTreeMap;

use attune_core::plan::{Edit, Plan};
use attune_vocabulary::arrange;
use attune_vocabulary::edits::{EmbeddingBits, WeightBits};
use attune_vocabulary::{Embedding, NumberGrid};

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
    embeddings: BTreeMap<Embedding, Said>,
}

impl<'a> Allotment<'a> {
    pub(super) fn new(matrices: &'a Matrices) -> Self {
        Self {
            matrices,
            said: vec![None; matrices.list().len()],
            beside: BTreeMap::new(),
            embeddings: BTreeMap::new(),
        }
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
        self.set_beside(name, level, at);
        Ok(())
    }

    /// A weight that the model has beside its linear modules: an embedding that plans have a name for gets its level, another weight is
    /// noted; what was said before counts no more.
    pub(super) fn set_beside(&mut self, name: &str, level: Level, at: Option<usize>) {
        match self.matrices.embedding(name) {
            Some(matrix) => self.set_embedding(matrix.embedding, level, at),
            None => self.note_beside(name, level),
        }
    }

    /// Gives a matrix outside of the layers its level; what was said before counts no more.
    pub(super) fn set_embedding(&mut self, embedding: Embedding, level: Level, at: Option<usize>) {
        self.embeddings.insert(embedding, (level, at));
    }

    /// A weight beside the linear modules that plans have no name for; what was said before counts no more.
    pub(super) fn note_beside(&mut self, name: &str, level: Level) {
        self.beside.insert(name.to_owned(), level);
    }

    /// Whether something was said of such a weight.
    pub(super) fn has_beside(&self, name: &str) -> bool {
        self.beside.contains_key(name)
    }

    /// Whether something was said of a matrix outside of the layers.
    pub(super) fn has_embedding(&self, embedding: Embedding) -> bool {
        self.embeddings.contains_key(&embedding)
    }

    /// Whether something was said of a matrix.
    pub(super) fn has(&self, number: usize) -> bool {
        self.said[number].is_some()
    }

    /// Leaves matrices exact of which this holds, by their rows and channels, whatever was said of them.
    pub(super) fn except(&mut self, is: impl Fn([Option<u32>; 2], Level) -> bool) {
        for (matrix, said) in self.matrices.list().iter().zip(&mut self.said) {
            if let Some((level, _)) = said
                && is([matrix.outputs, matrix.inputs], *level)
            {
                *level = Level::Exact;
            }
        }
        for (&embedding, (level, _)) in &mut self.embeddings {
            let matrix = self.matrices.of_embedding(embedding);
            if matrix.is_some_and(|matrix| is([Some(matrix.tokens), Some(matrix.channels)], *level)) {
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
        let few_bits = self.beside.clone().into_iter().filter(|(_, level)| *level != Level::Exact);
        let mut all: Vec<Edit> = edits.into_iter().map(Edit::from).collect();
        for (&embedding, &said) in &self.embeddings {
            all.extend(self.of_embedding(embedding, said)?.map(Edit::from));
        }
        Ok((arrange(all), few_bits.map(|(name, _)| name).collect()))
    }

    /// What the plan says of a matrix; `None` where it stays as it is.
    fn edit(&self, number: usize) -> Result<Option<WeightBits>, Fault> {
        let matrix = &self.matrices.list()[number];
        let Some((Level::Bits { bits, group, grid }, at)) = self.said[number] else { return Ok(None) };
        let group_size = group_size((bits, group, grid), matrix.inputs, &matrix.tensor, at)?;
        let &Matrix { layer, module, expert, .. } = matrix;
        Ok(Some(WeightBits { layer, module, expert, bits, group_size, grid: Some(grid), rounding: None }))
    }

    /// What the plan says of a matrix outside of the layers; `None` where it stays as it is.
    fn of_embedding(&self, embedding: Embedding, said: Said) -> Result<Option<EmbeddingBits>, Fault> {
        let (Level::Bits { bits, group, grid }, at) = said else { return Ok(None) };
        let channels = self.matrices.of_embedding(embedding).map(|matrix| matrix.channels);
        let name = crate::embedding::name(self.matrices.family(), embedding);
        let group_size = group_size((bits, group, grid), channels, name, at)?;
        Ok(Some(EmbeddingBits { matrix: embedding, bits, group_size, grid: Some(grid) }))
    }
}

/// Channels of a group in rows of so many `inputs` of a `tensor`, where its grid has them.
fn group_size(
    (bits, group, grid): (u32, Group, NumberGrid),
    inputs: Option<u32>,
    tensor: &str,
    at: Option<usize>,
) -> Result<u32, Fault> {
    let size = match (group, inputs) {
        (Group::Of(size), _) => size,
        (Group::Row, Some(inputs)) => inputs,
        (Group::Row, None) => {
            let found = format!("a scale for each row of `{tensor}`");
            return Err(Fault::new(
                at,
                found,
                "a size of groups: how long rows are is not known of this model",
            ));
        }
    };
    if let Some(inputs) = inputs {
        grid.check(bits, size, inputs).map_err(|reason| {
            Fault::new(at, format!("`{tensor}`: {reason}"), "bits and groups that its grid has")
        })?;
    }
    Ok(size)
}
