//! Where the matrix of one module lies.

use std::ops::Range;

use super::Tensor;

/// A matrix `[outputs, inputs]` within a stored tensor: element `(o, i)` is number `offset + o·strides[0] + i·strides[1]`
/// of the tensor in row-major order, where the outputs are not in runs. A bias has one input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MatrixSlice {
    /// Name of the tensor.
    pub tensor: String,
    /// Shape of the tensor.
    pub shape: Vec<usize>,
    /// Rows of the matrix.
    pub outputs: usize,
    /// Columns of the matrix.
    pub inputs: usize,
    /// Where its first element is.
    pub offset: usize,
    /// Elements from one output to the next, and from one input to the next.
    pub strides: [usize; 2],
    /// Where the outputs are not one run.
    pub runs: Option<Runs>,
}

/// Outputs that lie in runs of equally many, others between them: heads of queries between those of keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Runs {
    /// Outputs of a run.
    pub outputs: usize,
    /// Elements from the beginning of a run to that of the next.
    pub stride: usize,
    /// The number, counted from the first run's first, of the output that the matrix begins with.
    pub first: usize,
}

impl MatrixSlice {
    /// A tensor that is the matrix.
    pub fn whole(tensor: String, outputs: usize, inputs: usize) -> Self {
        Self {
            tensor,
            shape: vec![outputs, inputs],
            outputs,
            inputs,
            offset: 0,
            strides: [inputs, 1],
            runs: None,
        }
    }

    /// A tensor that is a bias.
    pub fn bias(tensor: String, outputs: usize) -> Self {
        Self { tensor, shape: vec![outputs], outputs, inputs: 1, offset: 0, strides: [1, 1], runs: None }
    }

    /// Some rows of it.
    #[must_use]
    pub fn rows(&self, rows: Range<usize>) -> Self {
        let Some(runs) = self.runs else {
            let offset = self.offset + rows.start * self.strides[0];
            return Self { offset, outputs: rows.len(), ..self.clone() };
        };
        let runs = Some(Runs { first: runs.first + rows.start, ..runs });
        Self { runs, outputs: rows.len(), ..self.clone() }
    }

    /// The number of an element of the matrix in the tensor.
    pub fn place(&self, output: usize, input: usize) -> usize {
        let down = match self.runs {
            None => output * self.strides[0],
            Some(Runs { outputs, stride, first }) => {
                (first + output) / outputs * stride + (first + output) % outputs * self.strides[0]
            }
        };
        self.offset + down + input * self.strides[1]
    }

    /// Elements of the matrix.
    pub fn elements(&self) -> usize {
        self.outputs * self.inputs
    }

    /// Whether the tensor holds nothing else.
    pub fn is_whole(&self) -> bool {
        self.contiguous().is_some_and(|range| range == (0..self.shape.iter().product()))
    }

    /// Its elements in the tensor, where they follow each other in row-major order.
    pub fn contiguous(&self) -> Option<Range<usize>> {
        let packed = self.strides == [self.inputs, 1] || (self.inputs == 1 && self.strides[0] == 1);
        (packed && self.runs.is_none()).then(|| self.offset..self.offset + self.elements())
    }

    /// Name and shape of the tensor.
    pub fn stored(&self) -> Tensor {
        (self.tensor.clone(), self.shape.clone())
    }
}

/// A matrix and its bias.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinearPart {
    /// `[outputs, inputs]`.
    pub weight: MatrixSlice,
    /// `[outputs]`.
    pub bias: Option<MatrixSlice>,
}

/// Matrices with the same inputs that are multiplied as one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinearTensors {
    /// The matrices, in order of their outputs.
    pub parts: Vec<LinearPart>,
    /// Input channels of all of them.
    pub inputs: usize,
}

impl LinearTensors {
    /// One tensor each, named without `.weight` and `.bias`, with these outputs.
    pub(super) fn apart(place: &str, parts: &[(&str, usize)], inputs: usize, biased: bool) -> Self {
        let part = |(name, outputs): &(&str, usize)| LinearPart {
            weight: MatrixSlice::whole(format!("{place}.{name}.weight"), *outputs, inputs),
            bias: biased.then(|| MatrixSlice::bias(format!("{place}.{name}.bias"), *outputs)),
        };
        Self { parts: parts.iter().map(part).collect(), inputs }
    }

    /// One tensor with the rows of all.
    pub(super) fn fused(place: &str, name: &str, outputs: &[usize], inputs: usize, biased: bool) -> Self {
        let all = outputs.iter().sum();
        let weight = MatrixSlice::whole(format!("{place}.{name}.weight"), all, inputs);
        let bias = biased.then(|| MatrixSlice::bias(format!("{place}.{name}.bias"), all));
        Self::split(&weight, bias.as_ref(), outputs)
    }

    /// One tensor with so many rows of each by turns, `turns` times.
    pub(super) fn in_turns(
        place: &str,
        name: &str,
        rows: &[usize],
        turns: usize,
        inputs: usize,
        biased: bool,
    ) -> Self {
        if turns == 1 {
            return Self::fused(place, name, rows, inputs, biased);
        }
        let each: usize = rows.iter().sum();
        let all = each * turns;
        let weight = MatrixSlice::whole(format!("{place}.{name}.weight"), all, inputs);
        let bias = biased.then(|| MatrixSlice::bias(format!("{place}.{name}.bias"), all));
        let mut first = 0;
        let parts = rows.iter().map(|&outputs| {
            let taken = |matrix: &MatrixSlice| MatrixSlice {
                outputs: outputs * turns,
                offset: first * matrix.strides[0],
                runs: Some(Runs { outputs, stride: each * matrix.strides[0], first: 0 }),
                ..matrix.clone()
            };
            let part = LinearPart { weight: taken(&weight), bias: bias.as_ref().map(taken) };
            first += outputs;
            part
        });
        Self { parts: parts.collect(), inputs }
    }

    /// The rows of `weight` in runs of so many each.
    pub(super) fn split(weight: &MatrixSlice, bias: Option<&MatrixSlice>, outputs: &[usize]) -> Self {
        let mut first = 0;
        let part = |&outputs: &usize| {
            let rows = first..first + outputs;
            first = rows.end;
            LinearPart { weight: weight.rows(rows.clone()), bias: bias.map(|bias| bias.rows(rows)) }
        };
        Self { parts: outputs.iter().map(part).collect(), inputs: weight.inputs }
    }

    /// Output channels of all of them.
    pub fn outputs(&self) -> usize {
        self.parts.iter().map(|part| part.weight.outputs).sum()
    }

    /// Where the weights lie.
    pub fn weights(&self) -> impl Iterator<Item = &MatrixSlice> {
        self.parts.iter().map(|part| &part.weight)
    }

    /// Where the biases lie, if there are any.
    pub fn biases(&self) -> impl Iterator<Item = &MatrixSlice> {
        self.parts.iter().filter_map(|part| part.bias.as_ref())
    }

    /// The tensors, each once: parts of one lie next to each other.
    pub(super) fn all(&self) -> impl Iterator<Item = Tensor> {
        let mut names: Vec<&MatrixSlice> = self.weights().chain(self.biases()).collect();
        names.dedup_by(|one, other| one.tensor == other.tensor);
        names.into_iter().map(MatrixSlice::stored)
    }
}
