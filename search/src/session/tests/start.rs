//! Studies that start from a trial of another one.

use attune_core::plan::{Edit, KeepExperts, Plan};
use attune_core::space::{Axis, Dimension};
use attune_core::strategy::Origin;

use super::*;
use crate::session::Start;
use crate::session::starts::kept;
use crate::testkit::ScriptedTechnique;

fn start(dimensions: Vec<Dimension>) -> Start {
    Start {
        study: "before".to_owned(),
        trial: 7,
        technique: "other".to_owned(),
        dimensions,
        config: ScriptedTechnique::config([2, 0, 0, 1, 1, 1]),
        plan: Plan::dense(),
    }
}

#[test]
fn a_trial_of_the_same_space_comes_first_and_is_reported() {
    let dimensions = ScriptedTechnique::space().unwrap().dimensions().to_vec();
    let given = start(dimensions);
    let study = Study { start: Some(given.clone()), ..Study::default() };
    let (finished, _) = finished(&study);
    let first = &trials(&study)[0];
    assert_eq!((&first.config, &first.origin), (&given.config, &Origin::Start("start".to_owned())));
    let line = finished.report.baselines.iter().find(|line| line.name == "start").unwrap();
    assert_eq!(line.help, "trial 7 of study `before`");
    assert!(line.delta.contains_key("damage"));
}

#[test]
fn a_trial_that_means_nothing_here_is_refused() {
    let study = Study { start: Some(start(vec![])), ..Study::default() };
    let message = error(&study);
    assert!(message.starts_with("cannot start from trial 7 of study `before`: technique `"), "{message}");
    assert!(message.contains("that study (of `other`)"), "{message}");
}

#[test]
fn kept_experts_are_a_signal_and_layers_without_an_edit_keep_all() {
    let study = Study::default();
    let facts = study.setup().unwrap().evaluator.model().clone();
    let model = attune_core::facts::ModelFacts { layers: 2, experts: 3, ..facts };
    let keep = |layer| Edit::KeepExperts(KeepExperts { layer, experts: vec![0, 2] });
    let signal = kept(&Plan::new([keep(1)]), &model).unwrap();
    assert_eq!(signal.axes, [Axis::new("layer", 2), Axis::new("expert", 3)]);
    assert_eq!(signal.values, [1.0, 1.0, 1.0, 1.0, 0.0, 1.0]);
    assert_eq!(kept(&Plan::dense(), &model), None);
    assert_eq!(kept(&Plan::new([keep(5)]), &model), None);
}
