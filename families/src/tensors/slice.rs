//! Where the matrix of one module lies.

use std::ops::Range;

use super::Tensor;

/// A matrix `[outputs, inputs]` within a stored tensor: element `(o, i)` is number `offset + o·strides[0] + i·strides[1]`
/// of the tensor in row-major order. A bias has one input.
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
}

impl MatrixSlice {
    /// A tensor that is the matrix.
    pub fn whole(tensor: String, outputs: usize, inputs: usize) -> Self {
        Self { tensor, shape: vec![outputs, inputs], outputs, inputs, offset: 0, strides: [inputs, 1] }
    }

    /// A tensor that is a bias.
    pub fn bias(tensor: String, outputs: usize) -> Self {
        Self { tensor, shape: vec![outputs], outputs, inputs: 1, offset: 0, strides: [1, 1] }
    }

    /// Some rows of it.
    #[must_use]
    pub fn rows(&self, rows: Range<usize>) -> Self {
        let offset = self.offset + rows.start * self.strides[0];
        Self { offset, outputs: rows.len(), ..self.clone() }
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
        packed.then(|| self.offset..self.offset + self.elements())
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
