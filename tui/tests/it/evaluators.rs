//! Who evaluates, in the form: an evaluator of another process is asked what it is, and its tasks and options follow.

#![expect(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

use attune_core::options::OptionValue;
use attune_core::profile::{EvaluatorChoice, Profile};
use attune_tui::{Key, Setup};

use crate::backend_harness::Harness;
use crate::demo::{Demo, PROFILE};

fn new_study() -> Harness {
    let mut person = Harness::new(160, 90, Setup::default());
    person.keys("na");
    person
}

fn saved(person: &mut Harness) -> Profile {
    person.keys("s");
    let (file, text) = person.demo.saved.pop_first().unwrap();
    Profile::parse(&file, &text, &[]).unwrap()
}

#[test]
fn the_options_of_a_named_evaluator_are_fields() {
    let mut person = new_study();
    assert!(!person.text().contains("dtype"), "{}", person.text());
    person.fill("evaluator", "torch");
    person.sees("Runs models in a process of Python.");
    person.fill("dtype", "bfloat16");
    person.sees("ready to launch");
    let evaluator = saved(&mut person).evaluator.unwrap();
    assert_eq!(evaluator.name, "torch");
    assert_eq!(evaluator.options["dtype"], OptionValue::Text("bfloat16".to_owned()));
    // Back to one of this build: its options are gone.
    person.fill("evaluator", "native");
    assert!(!person.text().contains("dtype"), "{}", person.text());
}

#[test]
fn a_program_is_an_evaluator_and_needs_no_model() {
    let mut person = new_study();
    person.fill("evaluator command", "python \"my eval.py\"");
    person.sees("dtype");
    person.fill("model", "");
    person.sees("ready to launch");
    let profile = saved(&mut person);
    assert_eq!(profile.model, "");
    let expected = EvaluatorChoice {
        command: ["python", "my eval.py"].map(str::to_owned).to_vec(),
        ..EvaluatorChoice::named("")
    };
    assert_eq!(profile.evaluator, Some(expected));
}

#[test]
fn a_program_that_is_no_evaluator_is_said_beside_its_field() {
    let mut person = new_study();
    person.fill("evaluator command", "python gone.py");
    person.sees("it ended before it said what it is");
    person.sees("1 field to put right");
    person.fill("evaluator command", "python 'gone.py");
    person.sees("expected a closing '");
    person.fill("evaluator command", "");
    person.sees("ready to launch");
}

#[test]
fn a_profile_with_a_program_opens_and_is_written_as_it_was() {
    let text = PROFILE.replace(
        "    trials:",
        "    evaluator: (command: [\"python\", \"a.py\"], options: {\"dtype\": \"float16\"}),\n    trials:",
    );
    let demo = Demo { profile: Some(text.clone()), ..Demo::default() };
    let mut person = Harness::over(demo, 160, 90, Setup::default());
    person.key(Key::Tab);
    person.key(Key::Enter);
    person.keys("a");
    person.sees("float16");
    person.sees("ready to launch");
    person.fill("trials", "33");
    let trials = Profile::parse("p.ron", &text, &[]).unwrap();
    person.keys("s");
    person.key(Key::Enter);
    let (file, written) = person.demo.saved.pop_first().unwrap();
    let written = Profile::parse(&file, &written, &[]).unwrap();
    assert_eq!(written.evaluator, trials.evaluator);
}
