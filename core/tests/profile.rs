//! The schema of a profile, from outside: whatever it can say survives, and every key can be set.

use std::collections::BTreeMap;

use attune_core::profile::schema::{self, Kind, Silence};
use attune_core::profile::{Profile, Value};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::subsequence;

/// What a profile has to say.
const LEAST: &str = r#"(version: 1, name: "n", model: "m", technique: (name: "t"),
    task: (selection: "a", report: "b"), trials: 1, items: 4)"#;

fn set(sets: &[(String, String)]) -> Profile {
    Profile::parse("p.ron", LEAST, sets).unwrap_or_else(|error| panic!("{error}: {sets:?}"))
}

fn text() -> impl Strategy<Value = String> {
    "[^\\p{C}]{1,12}|[a-z\"\\\\{}(),:=\u{202e}\u{0}\\n]{1,8}"
}

/// The value of an option, as RON.
fn option() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<bool>().prop_map(|value| value.to_string()),
        any::<i32>().prop_map(|value| value.to_string()),
        any::<f32>().prop_filter("finite", |value| value.is_finite()).prop_map(|value| format!("{value:?}")),
        text().prop_map(|value| format!("{value:?}")),
        vec(any::<i32>(), 1..4).prop_map(|values| format!("{values:?}")),
        btree_map(any::<u32>(), any::<u32>(), 1..3).prop_map(|values| format!("{values:?}")),
    ]
}

/// A value that a key of this kind takes, as `--set` takes it.
fn value(kind: Kind) -> BoxedStrategy<String> {
    match kind {
        Kind::Whole { min, max } => (min..=max).prop_map(|value| value.to_string()).boxed(),
        Kind::Share { .. } => (0.001..0.999).prop_map(|value| format!("{value:?}")).boxed(),
        Kind::Command => vec(text(), 1..4).prop_map(|words| format!("{words:?}")).boxed(),
        Kind::Files => btree_map(text(), text(), 0..3).prop_map(|files| format!("{files:?}")).boxed(),
        Kind::Objectives => vec(("[a-z-]{1,8}", prop_oneof![Just("minimise"), Just("maximise")]), 1..3)
            .prop_map(|all| {
                let one = |(metric, direction)| format!("(metric: {metric:?}, direction: {direction})");
                format!("[{}]", all.into_iter().map(one).collect::<Vec<String>>().join(", "))
            })
            .boxed(),
        Kind::Options | Kind::Settings => option().boxed(),
        _ => text().boxed(),
    }
}

/// Some keys with values, as `--set` takes them, in a profile's order.
fn sets() -> impl Strategy<Value = Vec<(String, String)>> {
    let all: Vec<&schema::Key> = schema::keys().iter().collect();
    let count = all.len();
    subsequence(all, 0..=count).prop_flat_map(|keys| {
        let one = |key: &schema::Key| {
            let (name, kind) = (key.set_name(), key.kind);
            let option = "[a-z][a-z_]{0,6}".prop_filter("a key of its own", move |option| {
                kind != Kind::Settings
                    || schema::keys().iter().all(|key| key.path != format!("task.{option}"))
            });
            (option, value(kind)).prop_map(move |(option, value)| (name.replace("NAME", &option), value))
        };
        keys.into_iter().map(one).collect::<Vec<_>>()
    })
}

/// A group that is set in part lacks what a file would be asked for.
fn whole(mut sets: Vec<(String, String)>) -> Vec<(String, String)> {
    let asked = |key: &&schema::Key| {
        key.silence == Silence::Refused
            || key.brings().is_some() && matches!(key.kind, Kind::Text | Kind::Component)
    };
    for key in schema::keys().iter().filter(asked) {
        let group = format!("{}.", key.parts().0);
        if group.len() > 1 && sets.iter().any(|(name, _)| name.starts_with(&group)) {
            sets.insert(0, (key.path.to_owned(), format!("some {}", key.path)));
        }
    }
    sets
}

proptest! {
    #[test]
    fn whatever_a_profile_says_survives_its_text(sets in sets()) {
        let sets = whole(sets);
        let Ok(profile) = Profile::parse("p.ron", LEAST, &sets) else {
            // The one thing that is refused of keys that are right by themselves.
            let value = |name: &str| sets.iter().rev().find(|set| set.0 == name).map(|set| set.1.as_str());
            let same = value("task.selection").unwrap_or("a") == value("task.report").unwrap_or("b");
            prop_assert!(same, "{:?}: {:?}", sets, Profile::parse("p.ron", LEAST, &sets));
            return Ok(());
        };
        let text = profile.to_ron();
        let again = Profile::parse("p.ron", &text, &[]);
        prop_assert_eq!(again.as_ref(), Ok(&profile), "{}", text);
        prop_assert_eq!(
            Profile { notes: None, ..profile.clone() }.agreement(),
            profile.clone().agreement(),
            "what is noted changes no study"
        );
        let named = Profile { name: "n".to_owned(), trials: 7, ..profile };
        let identity = named.identity();
        let again = Profile::from_identity(&identity, "n", 7).map(|again| again.identity());
        prop_assert_eq!(again.as_ref(), Ok(&identity));
    }
}

#[test]
fn every_key_can_be_set_to_its_example_which_says_something() {
    for key in schema::keys() {
        let option = key.kind.is_open();
        let (name, example) = match option {
            true => (key.set_name().replace("NAME", "x"), "128"),
            false => (key.path.to_owned(), key.example),
        };
        let sets = whole(vec![(name, example.to_owned())]);
        let (before, after) = (key.value(&set(&[])), key.value(&set(&sets)));
        assert_ne!(before, after, "{} = {example}", key.path);
        if let (Some(default), true) = (key.default(), option) {
            assert_eq!(default, Value::Options(BTreeMap::new()), "{}", key.path);
        }
    }
}

#[test]
fn a_key_says_what_it_is() {
    let mut paths: Vec<&str> = schema::keys().iter().map(|key| key.path).collect();
    for key in schema::keys() {
        assert!(key.help.ends_with('.') && key.help.len() > 10, "{}: {:?}", key.path, key.help);
        assert!(!key.example.is_empty(), "{} has no example", key.path);
        assert_eq!(key.default().is_some(), matches!(key.silence, Silence::Default(_)), "{}", key.path);
        let (group, _) = key.parts();
        assert!(group.is_empty() || schema::GROUPS.iter().any(|known| known.name == group), "{}", key.path);
        assert!(key.field.label.chars().count() <= 18, "the label of {} is cut in the form", key.path);
        assert_eq!(key.field.label.is_empty(), key.kind.is_open(), "{}", key.path);
        assert_eq!(key.field.off.is_empty(), key.brings().is_none(), "{}", key.path);
        let numbers = matches!(key.kind, Kind::Whole { .. });
        assert!(numbers || key.unit.is_empty(), "{} is no number", key.path);
    }
    paths.sort_unstable();
    paths.dedup();
    assert_eq!(paths.len(), schema::keys().len(), "each key is there once");
}
