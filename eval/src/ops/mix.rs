//! Exact and quantised keys and values side by side: what a cache with a sink and a recent window holds.

use burn_tensor::{Bool, Tensor};

use super::host;
use super::softmax::key_and_age;
use crate::compute::Compute;

/// Some columns of a block of scores or weights, `[heads, group·queries, columns]`, and which positions are
/// exact seen from each query: `j < sink` or `i − j < recent`.
#[derive(Clone, Copy)]
pub(crate) struct ExactColumns {
    /// Position of the first query.
    pub(crate) first_query: usize,
    /// Queries in the block.
    pub(crate) queries: usize,
    /// Position of the first column.
    pub(crate) first_key: usize,
    /// First positions that are exact.
    pub(crate) sink: usize,
    /// Last positions that are exact, the query's own included.
    pub(crate) recent: usize,
}

impl ExactColumns {
    #[inline(always)]
    fn is_exact(&self, query: usize, key: usize) -> bool {
        key < self.sink || key + self.recent > query
    }

    /// `exact` where a position is exact, else `quantised`.
    pub(crate) fn choose(self, compute: &Compute, exact: Tensor<3>, quantised: Tensor<3>) -> Tensor<3> {
        if !compute.on_host() {
            let mask = self.mask(&exact);
            return quantised.mask_where(mask, exact);
        }
        let (_, chosen) = host::read(quantised, |quantised| {
            self.for_each(
                exact,
                |position, exact, is_exact| if is_exact { exact } else { quantised[position] },
            )
        });
        chosen
    }

    /// `weights` where a position is exact, else 0.
    pub(crate) fn only_exact(self, compute: &Compute, weights: Tensor<3>) -> Tensor<3> {
        if !compute.on_host() {
            let mask = self.mask(&weights);
            return weights.mask_fill(mask.bool_not(), 0.0);
        }
        self.for_each(weights, |_, weight, is_exact| if is_exact { weight } else { 0.0 })
    }

    fn for_each(self, tensor: Tensor<3>, value: impl Fn(usize, f32, bool) -> f32 + Sync) -> Tensor<3> {
        let [_, lines, columns] = tensor.dims();
        host::edit(tensor, |values| {
            host::for_rows(values, columns, |first, rows| {
                for (row, line) in rows.chunks_exact_mut(columns).enumerate() {
                    let query = self.first_query + (first + row) % lines % self.queries;
                    for (column, element) in line.iter_mut().enumerate() {
                        let position = (first + row) * columns + column;
                        *element = value(position, *element, self.is_exact(query, self.first_key + column));
                    }
                }
            });
        })
    }

    fn mask(self, like: &Tensor<3>) -> Tensor<3, Bool> {
        let [heads, lines, columns] = like.dims();
        let (key, age) = key_and_age(self.first_query, self.queries, self.first_key, columns, &like.device());
        let limit = |count: usize| i32::try_from(count).unwrap_or(i32::MAX);
        let exact = key.lower_elem(limit(self.sink)).bool_or(age.lower_elem(limit(self.recent)));
        let by_query = [heads, lines / self.queries, self.queries, columns];
        exact.unsqueeze::<4>().expand(by_query).reshape([heads, lines, columns])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_loop_agrees_with_the_operations() {
        let compute = Compute::cpu();
        let shape = [2, 6, 5];
        let columns = ExactColumns { first_query: 4, queries: 3, first_key: 2, sink: 3, recent: 2 };
        let exact: Tensor<3> = compute.tensor((0..60).map(|i| i as f32).collect(), shape);
        let quantised = exact.clone() + 100.0;
        let chosen = columns.choose(&compute, exact.clone(), quantised.clone());
        let expected = quantised.mask_where(columns.mask(&exact), exact.clone());
        assert_eq!(chosen.into_data(), expected.into_data());
        let kept = columns.only_exact(&compute, exact.clone());
        let expected = exact.clone().mask_fill(columns.mask(&exact).bool_not(), 0.0);
        assert_eq!(kept.into_data(), expected.into_data());
    }
}
