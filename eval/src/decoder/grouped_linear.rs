//! Products of many candidates' rows with weights that candidates may have in few bits of their own.

use attune_vocabulary::Module;
use burn_tensor::Tensor;

use super::Batch;
use crate::edits::{LayerEdits, Level};
use crate::model::{Linear, Model, Site};
use crate::ops::activations::ActivationGrid;

/// Whose rows they are: some of each candidate, one candidate after the other.
pub(super) struct CandidateRows<'a> {
    edits: &'a [&'a LayerEdits],
    /// For each candidate, how many rows of each of its items.
    items: Vec<Vec<usize>>,
    counts: Vec<usize>,
    exact: bool,
    /// Rows that are of a token of their own: all of them, or the first of two that are one.
    distinct: usize,
}

impl<'a> CandidateRows<'a> {
    /// All rows of `batch`, as many of each candidate.
    pub(super) fn evenly(edits: &'a [&'a LayerEdits], batch: Batch) -> Self {
        Self::new(edits, vec![vec![batch.tokens; batch.sequences / edits.len()]; edits.len()])
    }

    /// The rows `chosen` of `batch`, ascending.
    pub(super) fn chosen(edits: &'a [&'a LayerEdits], chosen: &[u32], batch: Batch) -> Self {
        let each = batch.sequences / edits.len();
        let distinct = if let [one, other] = chosen { 1 + usize::from(one != other) } else { chosen.len() };
        let mut items = vec![vec![0; each]; edits.len()];
        for &row in chosen {
            let item = row as usize / batch.tokens;
            items[item / each][item % each] += 1;
        }
        Self { distinct, ..Self::new(edits, items) }
    }

    fn new(edits: &'a [&'a LayerEdits], items: Vec<Vec<usize>>) -> Self {
        let counts: Vec<usize> = items.iter().map(|items| items.iter().sum()).collect();
        let distinct = counts.iter().sum();
        let exact = edits.iter().all(|edits| edits.weights.is_empty() && edits.inputs.is_empty());
        Self { edits, items, counts, exact, distinct }
    }
}

/// How a module is computed: the level of its weights and the grid of its inputs.
type How = (Option<Level>, Option<ActivationGrid>);

impl Model {
    /// `x · W + b` where `linear` has `modules` side by side, from `site`'s module on: each candidate's rows with
    /// that candidate's weights. Candidates with the same level of a module share its product.
    pub(super) fn product(
        &self,
        linear: &Linear,
        site: Site,
        modules: &[Module],
        x: Tensor<2>,
        owners: &CandidateRows<'_>,
    ) -> Tensor<2> {
        for watch in owners.edits.iter().filter_map(|edits| edits.watch.as_ref()) {
            watch.see(modules, site.expert, &x, owners.distinct);
        }
        if owners.exact {
            return linear.apply(x);
        }
        let hows = |edits: &&LayerEdits| -> Vec<How> {
            let how = |&module: &Module| {
                (edits.weights.of(module, site.expert), edits.inputs.get(&module).copied())
            };
            modules.iter().map(how).collect()
        };
        let hows: Vec<Vec<How>> = owners.edits.iter().map(hows).collect();
        let exact: Vec<bool> = hows.iter().map(|hows| hows.iter().all(|how| *how == (None, None))).collect();
        group_by_level(x, &owners.counts, &exact, &mut |exact, x, owners_of| {
            if exact {
                return linear.apply(x);
            }
            let counts: Vec<usize> = owners_of.iter().map(|&owner| owners.counts[owner]).collect();
            let mut first = 0;
            let outputs = modules.iter().enumerate().map(|(place, &module)| {
                let columns = first..first + self.config.layer(site.layer).outputs(module);
                first = columns.end;
                let keys: Vec<How> = owners_of.iter().map(|&owner| hows[owner][place]).collect();
                group_by_level(x.clone(), &counts, &keys, &mut |(level, grid), x, those| {
                    let x = match grid {
                        None => x,
                        Some(grid) => {
                            let items = those.iter().flat_map(|&at| &owners.items[owners_of[at]]).copied();
                            grid.apply(x, &of_rows(items.collect()))
                        }
                    };
                    let site = Site { module, ..site };
                    // Those of one level have the same codes.
                    let weights = those.first().map(|&at| &owners.edits[owners_of[at]].weights);
                    let codes = weights.and_then(|weights| weights.codes(module, site.expert));
                    self.levels.module(&self.compute, site, level, codes, linear, columns.clone()).apply(x)
                })
            });
            Tensor::cat(outputs.collect(), 1)
        })
    }
}

/// The rows of items as a product sees them: a single row comes twice, see [`of_two_rows`].
fn of_rows(items: Vec<usize>) -> Vec<usize> {
    if items.iter().sum::<usize>() == 1 { vec![2] } else { items }
}

/// Gives the rows of all owners with one key to `body` at once, with who they are, and puts what comes back into the
/// order of the rows. Owner `o` has the next `counts[o]` rows; one without rows is left out.
fn group_by_level<K: Copy + PartialEq>(
    x: Tensor<2>,
    counts: &[usize],
    keys: &[K],
    body: &mut dyn FnMut(K, Tensor<2>, &[usize]) -> Tensor<2>,
) -> Tensor<2> {
    let mut kinds: Vec<(K, Vec<usize>)> = Vec::new();
    let mut starts = Vec::with_capacity(counts.len());
    let mut rows = 0;
    for (owner, (&count, &key)) in counts.iter().zip(keys).enumerate() {
        starts.push(rows);
        rows += count;
        if count == 0 {
            continue;
        }
        match kinds.iter_mut().find(|(kind, _)| *kind == key) {
            Some((_, owners)) => owners.push(owner),
            None => kinds.push((key, vec![owner])),
        }
    }
    if let [(key, owners)] = &kinds[..] {
        return of_two_rows(x, &mut |x| body(*key, x, owners));
    }
    let mut parts: Vec<Option<Tensor<2>>> = vec![None; counts.len()];
    for (key, owners) in &kinds {
        let theirs = owners.iter().map(|&owner| x.clone().narrow(0, starts[owner], counts[owner])).collect();
        let result = of_two_rows(Tensor::cat(theirs, 0), &mut |x| body(*key, x, owners));
        let mut first = 0;
        for &owner in owners {
            parts[owner] = Some(result.clone().narrow(0, first, counts[owner]));
            first += counts[owner];
        }
    }
    Tensor::cat(parts.into_iter().flatten().collect(), 0)
}

/// A product with one row runs another kernel, which adds up in another order: a row's result must not depend on
/// whether others share its weights.
fn of_two_rows(x: Tensor<2>, body: &mut dyn FnMut(Tensor<2>) -> Tensor<2>) -> Tensor<2> {
    if x.dims()[0] != 1 {
        return body(x);
    }
    body(Tensor::cat(vec![x.clone(), x], 0)).narrow(0, 0, 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compute::Compute;

    #[test]
    fn rows_come_back_in_order_and_those_alike_go_together() {
        let compute = Compute::cpu();
        let x: Tensor<2> = compute.tensor((0..7).map(|row| row as f32).collect(), [7, 1]);
        let mut met = Vec::new();
        let found = group_by_level(x, &[2, 1, 0, 3, 1], &['a', 'b', 'c', 'a', 'd'], &mut |key, x, owners| {
            let rows: Vec<f32> = x.clone().into_data().iter::<f32>().collect();
            met.push((key, rows, owners.to_vec()));
            x * 10.0
        });
        let found: Vec<f32> = found.into_data().iter::<f32>().collect();
        assert_eq!(found, [0.0, 10.0, 20.0, 30.0, 40.0, 50.0, 60.0]);
        // A single row comes twice.
        assert_eq!(
            met,
            [
                ('a', vec![0.0, 1.0, 3.0, 4.0, 5.0], vec![0, 3]),
                ('b', vec![2.0, 2.0], vec![1]),
                ('d', vec![6.0, 6.0], vec![4]),
            ]
        );
    }
}
