//! Studies of profiles: what a builder says is what a profile says.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::channel;

use attune::core::event::Event;
use attune::core::options::OptionValue;
use attune::core::profile::Selected;
use attune::core::store::{Record, Store};
use attune::{Error, Outcome, Study, StudyBuilder, strategy};

use crate::parts::boat;

pub(crate) const PROFILE: &str = r#"(
    version: 1,
    name: "small",
    model: "tiny-moe",
    technique: (name: "expert-pruning", options: {"keep": 4}),
    task: (selection: "tiny-moe/data/prose.selection.txt", report: "tiny-moe/data/prose.report.txt", length: 24),
    strategy: (name: "evolution", options: {"initial": 4, "generation": 4}),
    trials: 12,
    items: 2,
    seed: 7,
    report: (items: 2, random: 2),
)"#;

pub(crate) fn models() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../models")
}

fn small() -> StudyBuilder {
    Study::builder().profile_text(PROFILE, models()).device("cpu")
}

/// The bytes of a study's journal in a store.
fn journal(store: &Path) -> Vec<u8> {
    std::fs::read(store.join("journal/small.jsonl")).unwrap()
}

#[test]
fn a_study_that_was_stopped_ends_like_one_that_was_not() {
    let [undisturbed, disturbed] = [(), ()].map(|()| tempfile::tempdir().unwrap());
    let result = small().store(undisturbed.path()).build().unwrap().run().unwrap().into_result().unwrap();
    assert_eq!(result.finished.progress.trials, 12);

    let study = small().store(disturbed.path()).build().unwrap();
    let handle = study.handle();
    let outcome = study.run_with(&mut |event| {
        if matches!(event, Event::TrialFinished { trial, .. } if trial.id == 2) {
            // A study that is paused waits, and one that is stopped ends.
            handle.pause();
            handle.resume();
            assert!(handle.stop(), "it is there to hear it");
        }
    });
    let outcome = outcome.unwrap();
    assert!(!handle.stop(), "it is over");
    let Outcome::Interrupted { study, progress } = &outcome else { panic!("it went on: {outcome:?}") };
    assert_eq!(study, "small");
    assert!((3..12).contains(&progress.trials), "{progress:?}");
    let error = outcome.into_result().unwrap_err();
    assert_eq!(error.to_string(), "study `small` is interrupted; run it again to continue");

    let again = small().store(disturbed.path()).build().unwrap().run().unwrap().into_result().unwrap();
    assert_eq!(again.best(), result.best());
    assert!(journal(disturbed.path()) == journal(undisturbed.path()), "the same bytes");
}

#[test]
fn typed_values_are_the_study_of_the_same_profile() {
    let identity = |builder: StudyBuilder| builder.build().unwrap().header().profile.clone();
    let typed = small()
        .strategy(strategy::Evolution { initial: 4, generation: 4, population: 24, ..Default::default() })
        .technique("expert-pruning")
        .technique_option("keep", OptionValue::Int(2))
        .items(1)
        .seed(9);
    let sets = [
        ("strategy.options.population", "24"),
        ("technique.options.keep", "2"),
        ("items", "1"),
        ("seed", "9"),
    ];
    let set = sets.into_iter().fold(small(), |builder, (key, value)| builder.set(key, value));
    assert_eq!(identity(typed), identity(set));
}

#[test]
fn a_strategy_of_ones_own_searches_what_a_profile_describes() {
    // The best of ten random configs, in its own words.
    let own = || {
        strategy::own("mine", |context| {
            strategy::build(&Selected { name: "random".into(), options: Default::default() }, context)
        })
    };
    let store = tempfile::tempdir().unwrap();
    let study = |trials| small().strategy(own()).trials(trials).store(store.path()).build().unwrap();
    assert!(study(6).header().profile.contains(r#"strategy: (name: "mine""#));
    let first = study(6).run().unwrap().into_result().unwrap();
    let more = study(9).run().unwrap().into_result().unwrap();
    assert_eq!((first.finished.progress.trials, more.finished.progress.trials), (6, 9));
    // Who has no such strategy says so.
    let error = small().strategy("mine").store(store.path()).build().err().unwrap();
    assert!(error.to_string().starts_with("there is no strategy `mine`"), "{error}");
}

#[test]
fn what_is_said_beside_a_profile_counts_before_the_profile_is_checked() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("small.ron");
    let models = models().canonicalize().unwrap();
    let text = PROFILE.replace("tiny-moe", &models.join("tiny-moe").display().to_string());
    std::fs::write(&file, text.replace("seed: 7,", "seed: 7, evaluator: (name: \"abacus\"),")).unwrap();
    let study = || Study::builder().profile_file(&file).device("cpu");
    let error = study().build().err().unwrap().to_string();
    assert!(error.contains("small.ron:") && error.contains("evaluator.name is \"abacus\""), "{error}");
    assert!(study().evaluator_named("native").build().is_ok());
}

#[test]
fn an_evaluator_of_ones_own_takes_no_task_of_a_profile() {
    let said = |task: &str, more: &str| {
        let task = format!(r#"(selection: "s.txt", report: "r.txt"{task})"#);
        let text = format!(
            r#"(version: 1, name: "p", model: "m", technique: (name: "t"), trials: 3, items: 2, task: {task}{more})"#
        );
        boat().profile_text(text, "")
    };
    let message = |task: &str, more: &str| said(task, more).build().err().unwrap().to_string();
    assert!(said("", "").build().is_ok(), "two files have to be there, and are not read");
    assert!(message(", length: 64", "").contains("has its task"));
    assert!(message(r#", elsewhere: {"a": "b"}"#, "").contains("has its task"));
    assert!(message("", r#", notes: "n""#).contains("keeps no notes"));
    assert!(message("", r#", evaluator: (name: "native")"#).contains("has one evaluator"));
}

#[test]
fn events_reach_listeners_and_channels_alike() {
    let (send, events) = channel();
    let seen = Arc::new(std::sync::Mutex::new(Vec::new()));
    let heard = Arc::clone(&seen);
    let study =
        small().trials(4).events(send).on_event(move |event| heard.lock().unwrap().push(event.clone()));
    study.build().unwrap().run().unwrap();
    let sent: Vec<Event> = events.into_iter().collect();
    assert!(matches!(sent.first(), Some(Event::Started { budget: 4, .. })));
    assert!(matches!(sent.last(), Some(Event::Finished(_))));
    assert_eq!(sent, *seen.lock().unwrap());
}

#[test]
fn a_store_of_ones_own_is_written_to() {
    let store = Arc::new(attune_store::MemoryStore::new());
    small().trials(4).own_store(store.clone()).build().unwrap().run().unwrap();
    let records = store.records("small").unwrap();
    let trials = records.iter().filter(|record| matches!(record, Record::Trial(_))).count();
    assert_eq!((trials, records.len()), (4, 6), "header, trials, report");
}

#[test]
fn what_is_missing_or_wrong_is_said_before_anything_runs() {
    let store = tempfile::tempdir().unwrap();
    let message = |builder: StudyBuilder| match builder.store(store.path().join("store")).build() {
        Err(error @ Error::Input(_)) => error.to_string(),
        Err(error) => panic!("it is no slip of who asks: {error}"),
        Ok(_) => panic!("it should be refused"),
    };
    for (builder, words) in [
        (Study::builder(), "needs a profile or an evaluator"),
        (Study::builder().profile_file("nowhere.ron"), "nowhere.ron"),
        (small().set("items", "many"), "items"),
        (small().name("a/b"), "is no name for a study"),
        (small().technique("expert-prunning"), "did you mean `expert-pruning`?"),
        (small().technique_option("keep", OptionValue::Int(99)).technique("expert-pruning"), "keep"),
        (small().minimise("klx"), "did you mean `kl`?"),
        (small().model("nowhere"), "cannot open the model nowhere"),
        (small().device("tpu"), "tpu"),
        (small().evaluator_named("abacus"), "abacus"),
        (small().trials(0), "trials is 0, expected at least 1"),
        (small().technique_option("keep", OptionValue::Int(2)), "a technique that is named here"),
        (boat().set("trials", 3), "there is none"),
        (boat().device("cpu"), "has its model and its device"),
        (boat().minimise("gapp"), "did you mean `gap`?"),
    ] {
        let message = message(builder);
        assert!(message.contains(words), "`{words}` is not in: {message}");
    }
    assert!(!store.path().join("store").exists(), "a refused study leaves no trace");
}
