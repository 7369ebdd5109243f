//! The form for a new study, with the techniques, strategies, models and profiles that come with attune.

use std::os::unix::fs::symlink;

use crate::support::{Place, root, stderr};
use crate::terminal::Terminal;

/// The sizes at which every shipped profile is opened and launched.
const SIZES: [(u16, u16); 3] = [(60, 18), (80, 24), (200, 60)];

/// A place with all models and profiles, where a checkout has them.
fn checkout() -> Place {
    let place = Place::new();
    symlink(root().join("models"), place.path("models")).unwrap();
    symlink(root().join("profiles"), place.path("profiles")).unwrap();
    place
}

/// Opens a profile in the form, by the filter of the list.
fn opens(person: &mut Terminal, profile: &str) {
    person.sees("profiles/quickstart.ron");
    // The cursor is in the list of studies when there are some.
    person.waits_for("the studies to be listed", |text| text.contains('›'));
    if !person.text().contains("›profiles/") {
        person.press("\t");
    }
    person.waits_for("a profile to be chosen", |text| text.contains("›profiles/"));
    person.press(&format!("/profiles/{profile}\r"));
    person.waits_for("the filter to be kept", |text| {
        text.contains(&format!("filter: profiles/{profile}")) && !text.contains('▏')
    });
    person.press("\r");
    person.waits_for("the form", |text| text.contains("new study"));
}

/// How the form stands, once nothing is being looked at any more.
fn verdict(person: &mut Terminal) -> String {
    let settled = |text: &str| text.contains("ready to launch") || text.contains(" to put right");
    person.waits_for("a verdict", settled);
    person.text()
}

#[test]
fn every_shipped_profile_is_opened_and_launched() {
    // Systems compile a component and open a task each: once is enough.
    let systems = ["checkpoint-codec", "frame-rate", "memory-plan", "node-sleep", "queue-policy"];
    let models = [
        "digits-checkpoint-mix",
        "merge-experts",
        "quickstart",
        "tiny-moe-activation-bits",
        "tiny-moe-block-dropping",
        "tiny-moe-weight-bits",
    ];
    for (index, (columns, rows)) in SIZES.into_iter().enumerate() {
        for name in models.into_iter().chain(systems.into_iter().filter(|_| index == 0)) {
            let place = checkout();
            if name == "merge-experts" {
                let profile = root().join("profiles/quickstart.ron").display().to_string();
                let set = |key: &'static str| ["--set", key];
                let small = [set("items=1"), set("report.items=1"), set("report.random=0")].concat();
                let ran = place.attune(&[&["run", &profile, "--trials", "2"], &small[..]].concat());
                assert!(ran.status.success(), "{}", stderr(&ran));
            }
            let mut person = Terminal::sized(&place, columns, rows);
            if name == "merge-experts" {
                person.sees("finished");
            }
            opens(&mut person, name);
            let form = verdict(&mut person);
            assert!(form.contains("ready to launch"), "{name}:\n{form}");
            person.press("l");
            person.waits_for(name, |text| text.contains("searching"));
            person.press("x");
            person.waits_for("the study to stop", |text| text.contains("interrupted"));
            person.press("q");
            assert_eq!(person.code(), Some(0));
            assert!(!place.journal(name).is_empty());
        }
    }
}

#[test]
fn a_profile_whose_model_is_not_there_says_that_and_nothing_else() {
    for (columns, rows) in SIZES {
        for name in ["smollm2-kv-bits", "smollm2-attention-spans"] {
            let place = Place::new();
            symlink(root().join("profiles"), place.path("profiles")).unwrap();
            let mut person = Terminal::sized(&place, columns, rows);
            opens(&mut person, name);
            let form = verdict(&mut person);
            assert!(form.contains("1 field to put right"), "{form}");
            let faults: Vec<&str> = form.lines().filter(|line| line.contains(" ! ")).collect();
            assert!(matches!(faults[..], [line] if line.starts_with("›model ")), "{form}");
            person.press("l");
            person.waits_for("why it cannot be launched", |text| text.matches("smollm2").count() > 1);
            assert!(!place.path("store").exists(), "nothing was begun");
        }
    }
}

#[test]
fn a_profile_that_starts_from_a_study_says_that_it_is_not_there() {
    let place = checkout();
    let mut person = Terminal::open(&place);
    opens(&mut person, "merge-experts");
    let form = verdict(&mut person);
    assert!(form.contains("1 field to put right"), "{form}");
    assert!(form.contains("! start from study: start.study: there is no"), "{form}");
    person.press("l");
    person.sees(" ! start.study: there is no study `quickstart` in the store; run it first");
}

/// All that come built in.
const TECHNIQUES: [&str; 7] = [
    "activation-bits",
    "attention-spans",
    "block-dropping",
    "checkpoint-mix",
    "expert-pruning",
    "kv-bits",
    "weight-bits",
];

#[test]
fn every_technique_is_searched_by_every_strategy_that_can() {
    let place = checkout();
    let mut person = Terminal::open(&place);
    person.waits_for("profiles", |text| text.contains("›profiles/"));
    person.press("n");
    for technique in TECHNIQUES {
        let mixes = technique == "checkpoint-mix";
        person.fill("model", if mixes { "models/tiny-digits" } else { "models/tiny-moe" });
        choose(&mut person, "technique", technique);
        for strategy in [
            "cma-es",
            "eep",
            "evolution",
            "evopress",
            "hybrid",
            "kvtuner",
            "lcsc",
            "nsga2",
            "profiling",
            "random",
        ] {
            choose(&mut person, "strategy", strategy);
            let form = verdict(&mut person);
            let cannot = match strategy {
                "cma-es" => !mixes,
                "hybrid" | "profiling" => mixes,
                _ => false,
            };
            if cannot {
                let fault = format!("strategy `{strategy}` cannot search dimension");
                assert!(form.contains("1 field to put right"), "{technique} by {strategy}:\n{form}");
                assert!(form.contains(&fault), "{technique} by {strategy}:\n{form}");
            } else {
                assert!(form.contains("ready to launch"), "{technique} by {strategy}:\n{form}");
            }
        }
    }
}

/// Walks with the arrow until the field with this label says `word`.
fn choose(person: &mut Terminal, label: &str, word: &str) {
    person.go_to(label);
    let chosen = |text: &str| {
        let line = text.lines().find_map(|line| line.split_once(&format!("›{label} "))).map(|(_, rest)| rest);
        line.and_then(|line| line.split_whitespace().next()).unwrap_or_default().to_owned()
    };
    for _ in 0..24 {
        let before = chosen(&person.text());
        if before == word {
            return;
        }
        person.press("\x1b[C");
        person.waits_for("the next choice", |text| chosen(text) != before);
    }
    panic!("`{label}` never says {word}:\n{}", person.text());
}

#[test]
fn a_new_study_of_every_technique_is_launched_as_the_form_makes_it() {
    for technique in TECHNIQUES {
        let place = checkout();
        let mut person = Terminal::open(&place);
        person.waits_for("profiles", |text| text.contains("›profiles/"));
        person.press("n");
        if technique != "checkpoint-mix" {
            person.fill("model", "models/tiny-moe");
        }
        choose(&mut person, "technique", technique);
        let form = verdict(&mut person);
        assert!(form.contains("ready to launch"), "{technique}:\n{form}");
        person.press("l");
        person.waits_for(technique, |text| text.contains("searching"));
        person.press("x");
        person.waits_for("the study to stop", |text| text.contains("interrupted"));
        person.press("q");
        assert_eq!(person.code(), Some(0));
    }
}

#[test]
fn a_name_that_another_study_has_is_refused_in_the_form_with_a_free_one() {
    let place = Place::new();
    let profile = place.small_profile(&[("trials: 24", "trials: 4")]);
    place.run(&profile, &[]);
    let mut person = Terminal::sized(&place, 100, 36);
    person.sees("finished");
    person.press("\t");
    person.waits_for("the profile to be chosen", |text| text.contains("›small.ron"));
    person.press("\r");
    // The study itself, which goes on where it stands.
    assert!(verdict(&mut person).contains("ready to launch"));
    person.fill("seed", "8");
    person.waits_for("the name to be refused", |text| text.contains("1 field to put right"));
    person.press("l");
    person.go_to("study name");
    for words in [
        "taken by another study",
        "`small-2`",
        "`attune studies rm small`",
        "it differs in its seed: it has 7",
    ] {
        person.sees(words);
    }
    person.fill("study name", "small-2");
    assert!(verdict(&mut person).contains("ready to launch"));
}

#[test]
fn a_target_that_takes_nothing_of_the_technique_is_refused_in_the_form_at_its_field() {
    let place = Place::new();
    place.small_profile(&[("    task: (", "    target: \"mlx\",\n    task: (")]);
    let mut person = Terminal::sized(&place, 100, 36);
    person.waits_for("the profile", |text| text.contains("›small.ron"));
    person.press("\r");
    assert!(verdict(&mut person).contains("1 field to put right"), "{}", person.text());
    // A launch goes to the field that is in its way.
    person.press("l");
    person.waits_for("the target", |text| text.contains("›target"));
    person.sees("target: `mlx` takes weight-bits");
    choose(&mut person, "target", "hf");
    let form = verdict(&mut person);
    assert!(form.contains("ready to launch"), "{form}");
}
