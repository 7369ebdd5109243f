//! Both native evaluators keep the promises of the trait.

use std::path::Path;

use attune_eval::diffusion::{GeneratorEvaluator, GeneratorSpec, ImageSpec};
use attune_testkit::evaluator;

use crate::contract::Fixture;

#[test]
fn the_decoder_keeps_its_promises() {
    let decoder = Fixture::new().open();
    let plans = evaluator::plans::of(&decoder);
    // Made up from schemas alone, and still every kind of edit is among them.
    for kind in attune_core::evaluator::Evaluator::info(&decoder).edits.kinds() {
        assert!(plans.iter().any(|plan| plan.edits()[0].kind == kind), "no plan with {kind}");
    }
    evaluator::check(&decoder);
}

#[test]
fn the_generator_keeps_its_promises() {
    let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models/tiny-digits");
    let task = ImageSpec {
        classifier: model.join("classifier"),
        selection: model.join("data/digits.selection.safetensors"),
        report: model.join("data/digits.report.safetensors"),
        elsewhere: [].into(),
        samples: 16,
    };
    let spec = GeneratorSpec { model: &model, device: "cpu", task, activation_memory: None };
    evaluator::check(&GeneratorEvaluator::open(&spec).unwrap());
}
