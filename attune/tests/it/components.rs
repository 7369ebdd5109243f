//! Evaluators that are components, as a program opens them.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::{Arc, Mutex};

use attune::core::evaluator::{Request, Split};
use attune::core::plan::{Edit, Plan};
use attune::core::profile::Profile;
use attune::evaluators;
use attune::run_options::RunOptions;

#[test]
fn what_a_component_warns_of_is_a_complaint() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../plugins/fixtures");
    let text = r#"(
        version: 1, name: "warned", evaluator: (name: "misbehaving-evaluator.wasm"), technique: (name: "edits"),
        task: (kind: "misbehave"), trials: 1, items: 1,
    )"#;
    let file = fixtures.join("warned.ron");
    let profile = Profile::parse("warned.ron", text, &[]).unwrap();
    let heard = Arc::new(Mutex::new(Vec::new()));
    let complaints = Arc::clone(&heard);
    let complain = Arc::new(move |complaint| complaints.lock().unwrap().push(complaint));
    let evaluator = evaluators::open(&profile, &RunOptions::new(&file, "cpu"), complain).unwrap();
    let plan = Plan::from_canonical(vec![Edit::new("misbehave").text("how", "warn")]);
    let request = Request::new(Split::Selection, vec![0]);
    let ended = evaluator.evaluate(&[plan], &request, &mut |_, outcome| {
        assert!(outcome.is_ok());
        ControlFlow::Continue(())
    });
    ended.unwrap();
    let warning = "evaluator misbehaving-evaluator: this is not what you want".to_owned();
    assert!(heard.lock().unwrap().contains(&warning), "{:?}", heard.lock().unwrap());
}
