//! Studies that start from a trial of another one.

use attune_core::space::Dimension;
use attune_core::strategy::Origin;

use super::*;
use crate::session::Start;
use attune_testkit::scripted::ScriptedTechnique;

fn start(dimensions: Vec<Dimension>) -> Start {
    Start {
        study: "before".to_owned(),
        trial: 7,
        technique: "other".to_owned(),
        dimensions,
        config: ScriptedTechnique::config([2, 0, 0, 1, 1, 1]),
        signals: Vec::new(),
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
