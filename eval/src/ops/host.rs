//! Loops over the memory of CPU tensors.

use burn_tensor::{Tensor, TensorData};
use rayon::prelude::*;

/// Elements below which a loop is not worth a second thread.
const PARALLEL: usize = 1 << 15;

/// Calls `body` on the elements of a CPU tensor, in place unless somebody else holds them too.
pub(crate) fn edit<const D: usize>(tensor: Tensor<D>, body: impl FnOnce(&mut [f32])) -> Tensor<D> {
    let device = tensor.device();
    let mut data = tensor.into_data();
    body(data.as_mut_slice().expect(FLOAT32));
    Tensor::from_data(data, &device)
}

/// Calls `body` on the elements of a CPU tensor and gives the tensor back.
pub(crate) fn read<const D: usize, R>(tensor: Tensor<D>, body: impl FnOnce(&[f32]) -> R) -> (Tensor<D>, R) {
    let device = tensor.device();
    let data = tensor.into_data();
    let result = body(data.as_slice().expect(FLOAT32));
    (Tensor::from_data(data, &device), result)
}

/// A CPU tensor of `values`, on the device of the tensors it was computed from.
pub(crate) fn tensor<const D: usize>(
    values: Vec<f32>,
    shape: [usize; D],
    device: &burn_tensor::Device,
) -> Tensor<D> {
    Tensor::from_data(TensorData::new(values, shape), device)
}

/// A CPU tensor of its own memory with the elements of `tensor`, which may be a view.
pub(crate) fn copy<const D: usize>(tensor: Tensor<D>) -> Tensor<D> {
    let device = tensor.device();
    Tensor::from_data(tensor.into_data(), &device)
}

const FLOAT32: &str = "host loops run on float32 tensors only, see Compute::on_host";

/// Compiles `body` for the widest vector instructions of this processor and runs it. Pass an
/// `#[inline(always)]` closure: one that stays a function of its own keeps the baseline's instructions.
///
/// No loop here fuses multiplications into additions, so results do not depend on the choice.
#[inline(always)]
pub(crate) fn vectorised<R>(body: impl FnOnce() -> R) -> R {
    pulp::Arch::new().dispatch(body)
}

/// Gives `x: [rows, width]` back beside a copy of which `body` has changed every row. Pass an `#[inline(always)]` closure, as
/// to [`vectorised`].
#[inline(always)]
pub(crate) fn beside(x: Tensor<2>, body: impl Fn(&mut [f32]) + Sync) -> (Tensor<2>, Tensor<2>) {
    let (shape, device) = (x.dims(), x.device());
    let (x, changed) = read(x, |values| {
        let mut changed = values.to_vec();
        for_rows(&mut changed, shape[1], |_, rows| {
            vectorised(
                #[inline(always)]
                || {
                    for row in rows.chunks_exact_mut(shape[1]) {
                        body(row);
                    }
                },
            );
        });
        changed
    });
    (x, tensor(changed, shape, &device))
}

/// Calls `body(first_row, rows)` on disjoint runs of whole rows, on several threads when there is enough to
/// do. Runs never depend on the number of threads, so neither does anything computed per run.
pub(crate) fn for_rows(values: &mut [f32], width: usize, body: impl Fn(usize, &mut [f32]) + Sync) {
    let run = (PARALLEL / width.max(1)).max(1);
    if values.len() <= run * width {
        return body(0, values);
    }
    values.par_chunks_mut(run * width).enumerate().for_each(|(index, rows)| body(index * run, rows));
}
