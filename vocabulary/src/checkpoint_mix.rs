//! Checkpoint mixing: what a plan says about the checkpoints of every layer.

use attune_core::plan::{Edit, Plan};

use crate::ModelEdit as _;
use crate::edits::CombineCheckpoints;

/// Coefficients may miss the sum 1 by this much: rounding, and nothing that a model notices.
const SUM_ERROR: f64 = 1e-6;

/// The coefficients of every layer of a model with `checkpoints` saved checkpoints: `[layers][checkpoints]`. Layers
/// that the plan does not name keep the last checkpoint. Edits of other kinds are the caller's business.
///
/// # Errors
/// The first edit that has no meaning for such a model, and why.
pub fn checkpoint_mix(plan: &Plan, layers: u32, checkpoints: u32) -> Result<Vec<Vec<f64>>, (&Edit, String)> {
    let mut last = vec![0.0; checkpoints.max(1) as usize];
    if let Some(coefficient) = last.last_mut() {
        *coefficient = 1.0;
    }
    let mut mix = vec![last; layers as usize];
    let mut whole: Option<&Edit> = None;
    for edit in plan.edits() {
        let Some(CombineCheckpoints { layer, coefficients }) = CombineCheckpoints::of(edit) else { continue };
        if let Some(other) = whole {
            return Err((edit, format!("{} mixes the whole model", other)));
        }
        check(&coefficients, checkpoints).map_err(|reason| (edit, reason))?;
        match layer {
            None if mixes_a_layer(plan) => return Err((edit, "other edits mix single layers".to_owned())),
            None => {
                whole = Some(edit);
                mix.fill(coefficients);
            }
            Some(layer) => match mix.get_mut(layer as usize) {
                Some(place) => *place = coefficients,
                None => return Err((edit, format!("the model has {layers} layers, counted from 0"))),
            },
        }
    }
    Ok(mix)
}

fn mixes_a_layer(plan: &Plan) -> bool {
    let single = |edit: &Edit| CombineCheckpoints::of(edit).is_some_and(|mix| mix.layer.is_some());
    plan.edits().iter().any(single)
}

fn check(coefficients: &[f64], checkpoints: u32) -> Result<(), String> {
    if coefficients.len() != checkpoints as usize {
        let given = coefficients.len();
        return Err(format!("it has {given} coefficients, and the model has {checkpoints} checkpoints"));
    }
    let sum: f64 = coefficients.iter().sum();
    if sum.is_nan() || (sum - 1.0).abs() > SUM_ERROR {
        return Err(format!("its coefficients sum to {sum}, expected 1"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mix(layer: Option<u32>, coefficients: &[f64]) -> Edit {
        CombineCheckpoints { layer, coefficients: coefficients.to_vec() }.into()
    }

    fn refusal(edits: Vec<Edit>) -> String {
        let plan = crate::arrange(edits);
        checkpoint_mix(&plan, 2, 3).unwrap_err().1
    }

    #[test]
    fn layers_take_their_own_coefficients_those_of_the_model_or_the_last_checkpoint() {
        let found = |edits: Vec<Edit>| checkpoint_mix(&crate::arrange(edits), 2, 3).unwrap();
        assert_eq!(found(vec![]), [[0.0, 0.0, 1.0]; 2]);
        assert_eq!(found(vec![mix(None, &[2.0, -0.5, -0.5])]), [[2.0, -0.5, -0.5]; 2]);
        assert_eq!(found(vec![mix(Some(1), &[0.5, 0.5, 0.0])]), [[0.0, 0.0, 1.0], [0.5, 0.5, 0.0]]);
    }

    #[test]
    fn what_has_no_meaning_is_refused_with_the_reason() {
        let whole = || mix(None, &[1.0, 0.0, 0.0]);
        assert!(refusal(vec![mix(None, &[1.0])]).contains("1 coefficients, and the model has 3 checkpoints"));
        assert!(refusal(vec![mix(None, &[1.0, 0.0, 2e-6])]).contains("sum to 1.000002, expected 1"));
        assert!(refusal(vec![mix(Some(2), &[1.0, 0.0, 0.0])]).contains("2 layers, counted from 0"));
        let reason = refusal(vec![whole(), mix(Some(1), &[1.0, 0.0, 0.0])]);
        assert!(reason.contains("single layers"), "{reason}");
        assert!(checkpoint_mix(&crate::arrange([mix(None, &[1.0, 0.0, 5e-7])]), 2, 3).is_ok());
    }

    #[test]
    fn zero_has_no_sign_and_the_open_form_goes_there_and_back() {
        let edit = mix(Some(4), &[1.5, -0.5, 0.0]);
        assert_eq!(crate::model().accept(&edit).unwrap(), edit);
        let line = |edit| crate::arrange([edit]).canonical();
        assert_eq!(
            line(mix(None, &[1.0, -0.0])),
            "combine-checkpoints(coefficients:[1.0, 0.0])\n",
            "the canonical text is hashed: changing it loses cached results"
        );
        // A file that says 1 and 0 means 1.0 and 0.0.
        let whole = Edit::new("combine-checkpoints").ints("coefficients", vec![0, 1]);
        assert_eq!(crate::model().accept(&whole).unwrap(), mix(None, &[0.0, 1.0]));
        let broken = mix(None, &[f64::NAN]);
        assert!(crate::model().accept(&broken).unwrap_err().to_string().contains("finite real numbers"));
    }
}
