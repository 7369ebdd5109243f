//! One layer of a folded checkpoint.

use attune_core::plan::Edit;
use attune_vocabulary::ModelEdit as _;
use attune_vocabulary::edits::{ExpertsPerToken, KeepExperts, MergeExperts, RouteExperts};

/// What the experts of a layer are made of, by their new number.
#[derive(Clone, Debug)]
pub(in crate::targets::hf) struct FoldedLayer {
    /// Whose row of the router each has.
    pub(in crate::targets::hf) rows: Vec<u32>,
    /// Whose weights each has: the sum of coefficient · expert, in ascending order of the experts.
    pub(in crate::targets::hf) weights: Vec<Vec<(f32, u32)>>,
}

impl FoldedLayer {
    /// The layer without any change.
    pub(super) fn whole(experts: u32) -> Self {
        Self::of((0..experts).collect())
    }

    fn of(experts: Vec<u32>) -> Self {
        Self { weights: experts.iter().map(|&expert| vec![(1.0, expert)]).collect(), rows: experts }
    }

    /// Does one edit, which contradicts no other.
    pub(super) fn apply(&mut self, edit: &Edit, experts: u32) -> Result<(), String> {
        if let Some(KeepExperts { experts: kept, .. }) = KeepExperts::of(edit) {
            if let Some(expert) = kept.iter().find(|expert| **expert >= experts) {
                return Err(format!(
                    "there is no expert {expert}: the model has {experts} per layer, counted from 0"
                ));
            }
            *self = Self::of(kept);
        } else if let Some(MergeExperts { rows, matrix, .. }) = MergeExperts::of(edit) {
            let rows = rows_of(rows, &matrix, experts)?;
            self.weights = rows.map(|row| terms(row).collect()).collect();
        } else if let Some(RouteExperts { rows, matrix, .. }) = RouteExperts::of(edit) {
            let rows = rows_of(rows, &matrix, experts)?;
            self.rows =
                rows.enumerate().map(|(number, row)| one_hot(number, row)).collect::<Result<_, _>>()?;
        }
        Ok(())
    }

    /// Whether the layer makes sense, now that all of its edits are done.
    pub(super) fn check(&self, edit: &Edit, per_token: u32) -> Result<(), String> {
        let layer = attune_vocabulary::layer(edit);
        let [routed, weights] = [self.rows.len(), self.weights.len()];
        if routed != weights {
            return Err(format!(
                "layer {layer} would have {routed} rows in its router and {weights} experts; `route-experts` and \
                 `merge-experts` need the same number of rows, and alone as many as the model has experts"
            ));
        }
        match edit.kind.as_str() {
            ExpertsPerToken::KIND if per_token == 0 || routed < per_token as usize => {
                Err(format!("layer {layer} has {routed} experts; route each token to 1 to {routed} of them"))
            }
            KeepExperts::KIND if routed == 0 || routed < per_token as usize => Err(format!(
                "it keeps {routed} of layer {layer}'s experts, and the router picks {per_token} per token; keep \
                 at least as many"
            )),
            _ if routed < per_token as usize => {
                Err(format!("it leaves {routed} experts, and the router picks {per_token} per token"))
            }
            _ => Ok(()),
        }
    }
}

fn rows_of(rows: u32, matrix: &[f64], experts: u32) -> Result<impl Iterator<Item = &[f64]>, String> {
    if rows == 0 || experts == 0 || matrix.len() as u64 != u64::from(rows) * u64::from(experts) {
        let found = matrix.len();
        return Err(format!("its matrix has {found} numbers, expected {rows} rows of {experts}"));
    }
    Ok(matrix.chunks_exact(experts as usize))
}

/// The coefficients of a row that are not 0, in float32, as evaluators have them.
fn terms(row: &[f64]) -> impl Iterator<Item = (f32, u32)> {
    row.iter().map(|&number| number as f32).zip(0..).filter(|(number, _)| *number != 0.0)
}

/// The expert of a row of the routing matrix that has a single 1.
fn one_hot(number: usize, row: &[f64]) -> Result<u32, String> {
    let present: Vec<(f32, u32)> = terms(row).collect();
    match present[..] {
        [(1.0, expert)] => Ok(expert),
        _ => {
            let words: Vec<String> =
                present.iter().map(|(number, expert)| format!("{number:.2}·{expert}")).collect();
            Err(format!(
                "row {number} of its matrix makes {} of the probabilities of the experts, behind the softmax, where \
                 a checkpoint has nothing: only rows with a single 1 fold into rows of the router; search with \
                 one-hot routing (option `routing` of expert-pruning), or use `--to plan`",
                if words.is_empty() { "nothing".to_owned() } else { words.join(" + ") }
            ))
        }
    }
}
