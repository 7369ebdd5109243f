//! What the edits of one layer say together about its experts.

use attune_core::plan::Edit;
use attune_families::Mixture;
use attune_vocabulary::ModelEdit as _;
use attune_vocabulary::edits::{ExpertsPerToken, KeepExperts, MergeExperts, RouteExperts};

/// What the edits of one layer say about its experts.
#[derive(Default)]
pub(super) struct ExpertLayer {
    /// Kept experts.
    pub(super) kept: Option<usize>,
    /// Rows of the merging matrix.
    pub(super) merge: Option<u32>,
    /// Rows of the routing matrix.
    pub(super) route: Option<u32>,
    /// Experts per token.
    per_token: Option<usize>,
}

impl ExpertLayer {
    /// `edits` are those of one layer.
    pub(super) fn of(edits: &[Edit]) -> Self {
        let mut found = Self::default();
        for edit in edits {
            if let Some(keep) = KeepExperts::of(edit) {
                found.kept = Some(keep.experts.len());
            } else if let Some(merge) = MergeExperts::of(edit) {
                found.merge = Some(merge.rows);
            } else if let Some(route) = RouteExperts::of(edit) {
                found.route = Some(route.rows);
            } else if let Some(edit) = ExpertsPerToken::of(edit) {
                found.per_token = Some(edit.count as usize);
            }
        }
        found
    }

    pub(super) fn per_token(&self, mixture: &Mixture) -> usize {
        self.per_token.unwrap_or(mixture.per_token)
    }

    /// Why a matrix of `rows` rows over the experts cannot be applied, if it cannot. `other` are the rows of `other_kind`
    /// in the same layer.
    pub(super) fn check_matrix(
        &self,
        rows: u32,
        matrix: &[f64],
        other: Option<u32>,
        other_kind: &str,
        mixture: &Mixture,
    ) -> Result<(), String> {
        let (rows, experts) = (rows as usize, mixture.experts);
        if !(1..=experts).contains(&rows) || matrix.len() != rows * experts {
            return Err(format!(
                "its matrix has {} numbers in {rows} rows; expected 1 to {experts} rows of {experts} numbers, one \
                 for each expert of the model",
                matrix.len()
            ));
        }
        if !matrix.iter().all(|&number| (number as f32).is_finite()) {
            return Err("its matrix must be finite in float32".to_owned());
        }
        match other {
            Some(other) if other as usize != rows => {
                return Err(format!("it has {rows} rows, and {other_kind} of the same layer has {other}"));
            }
            None if rows != experts => {
                return Err(format!(
                    "it has {rows} rows; without {other_kind} in the same layer it needs {experts}, one for each \
                     expert of the model"
                ));
            }
            _ => {}
        }
        let per_token = self.per_token(mixture);
        if rows < per_token {
            return Err(format!(
                "it has {rows} rows, fewer than the {per_token} experts that each token is routed to"
            ));
        }
        Ok(())
    }
}
