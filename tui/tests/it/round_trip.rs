//! A profile that is opened in the form and saved again is the same profile.

use attune_core::objective::{Direction, Objective};
use attune_core::options::{OptionValue, Settings};
use attune_core::profile::{EvaluatorChoice, Profile, Racing, ReportSpec, Selected, Start, Task};
use attune_tui::{Key, Setup};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;

use crate::backend_harness::Harness;
use crate::demo::{Demo, catalogue};

const FILE: &str = "profiles/quickstart.ron";
/// The largest numbers of trials and of seconds that a profile takes.
const MOST_TRIALS: u64 = 1_000_000_000;
const LONGEST_DEADLINE: u64 = 1_000_000_000;

/// Words and paths, with everything in them that means something to the form or to a profile.
fn text() -> impl Strategy<Value = String> {
    "[a-zé0-9\"'\\\\,=._/()-]([a-z ,=\"'\\\\/#-]{0,8}[a-z\"\\\\,=])?"
}

fn setting() -> impl Strategy<Value = OptionValue> {
    prop_oneof![
        any::<bool>().prop_map(OptionValue::Bool),
        any::<i32>().prop_map(|number| OptionValue::Int(number.into())),
        (-1e6..1e6).prop_map(OptionValue::Real),
        text().prop_map(OptionValue::Text),
        vec(any::<i32>().prop_map(i64::from), 0..4).prop_map(OptionValue::Ints),
    ]
}

/// Options that the demo's technique and strategy describe, and others.
fn choice(names: &[&'static str], known: BoxedStrategy<Settings>) -> impl Strategy<Value = Selected> {
    let others = btree_map("[a-z]{1,6}", setting(), 0..3);
    (proptest::sample::select(names.to_vec()), known, others).prop_map(|(name, known, others)| Selected {
        name: name.to_owned(),
        options: others.into_iter().chain(known).collect(),
    })
}

fn technique() -> impl Strategy<Value = Selected> {
    let known = (1..256_i64, any::<bool>()).prop_map(|(keep, tied)| {
        Settings::from([("keep".into(), OptionValue::Int(keep)), ("tied".into(), OptionValue::Bool(tied))])
    });
    choice(&["expert-pruning", "kv-bits", "own.wasm"], known.boxed())
}

fn strategy() -> impl Strategy<Value = Selected> {
    let words = proptest::sample::select(vec!["domain", "own"]);
    let known = words.prop_map(|word| Settings::from([("operators".into(), OptionValue::Text(word.into()))]));
    choice(&["evolution", "random"], known.boxed())
}

/// Items by tokens.
fn counts() -> impl Strategy<Value = OptionValue> {
    btree_map(2..u32::MAX, 1..u32::MAX, 0..3).prop_map(OptionValue::Counts)
}

fn task() -> impl Strategy<Value = Task> {
    let files = (text(), text()).prop_filter("never tune on the report", |(one, other)| one != other);
    let whole = || (2..i64::from(u32::MAX)).prop_map(OptionValue::Int);
    let known = prop_oneof![
        (whole(), counts(), counts()).prop_map(|(length, lengths, passkeys)| {
            ("text", vec![("length", length), ("lengths", lengths), ("passkeys", passkeys)])
        }),
        (text().prop_map(OptionValue::Text), whole()).prop_map(|(classifier, samples)| (
            "images",
            vec![("classifier", classifier), ("samples", samples)]
        )),
    ];
    // Options that nobody has described.
    let others = btree_map("[a-j]{1,6}", setting(), 0..3);
    let known = (known, any::<bool>(), others).prop_map(|((kind, known), silent, others)| {
        let known = known.into_iter().map(|(name, value)| (name.to_owned(), value));
        let kind = (!silent || kind != "text").then(|| kind.to_owned());
        (kind, others.into_iter().chain(known).collect())
    });
    (files, btree_map(text(), text(), 0..3), known).prop_map(
        |((selection, report), elsewhere, (kind, options))| Task {
            kind,
            selection,
            report,
            elsewhere,
            options,
        },
    )
}

fn objectives() -> impl Strategy<Value = Vec<Objective>> {
    let direction = prop_oneof![Just(Direction::Minimise), Just(Direction::Maximise)];
    let objective =
        ("[a-z-]{1,8}", direction).prop_map(|(metric, direction)| Objective { metric, direction });
    vec(objective, 1..3)
}

fn profile() -> impl Strategy<Value = Profile> {
    let racing = (1..u32::MAX, 0.001..0.999, 0.0..=1.0, 0.01..=1.0);
    let racing = racing.prop_map(|(first, error, floor, keep)| Racing { first, error, floor, keep });
    let report = (any::<u32>(), 0..=10_000_u32).prop_map(|(items, random)| ReportSpec { items, random });
    let numbers = (1..=MOST_TRIALS, 1..u32::MAX, 1..=LONGEST_DEADLINE, any::<u64>());
    let named = choice(&["own.wasm", "native", "torch"], Just(Settings::new()).boxed());
    let command = vec(text(), 1..3);
    let evaluator = (named, proptest::option::of((command, any::<bool>()))).prop_map(|(named, program)| {
        let (command, nameless) = program.unwrap_or_default();
        let name = if nameless { String::new() } else { named.name };
        EvaluatorChoice { name, command, options: named.options }
    });
    let evaluator = proptest::option::of(evaluator);
    let objectives = prop_oneof![objectives(), Just(Vec::new())];
    let named = (text(), proptest::option::of(text()));
    let target = proptest::option::of(proptest::sample::select(vec!["plan", "hf", "mlx"]));
    let whole = (named, text(), (evaluator, technique(), target), task(), objectives, strategy(), numbers);
    let start = (text(), any::<Option<u64>>()).prop_map(|(study, trial)| Start { study, trial });
    let files = (btree_map(text(), text(), 0..3), proptest::option::of(text()));
    let report = (report, files);
    (whole, proptest::option::of(racing), proptest::option::of(start), report).prop_map(
        |(
            ((name, notes), model, (evaluator, technique, target), task, objectives, strategy, numbers),
            racing,
            start,
            (report, (baselines, sensitivities)),
        )| {
            let (trials, items, deadline_seconds, seed) = numbers;
            Profile {
                name,
                notes,
                model,
                evaluator,
                technique,
                target: target.map(str::to_owned),
                task,
                objectives,
                strategy,
                sensitivities,
                trials,
                items,
                racing,
                start,
                deadline_seconds,
                seed,
                report,
                baselines,
            }
        },
    )
}

/// Without what says what silence says.
fn spoken(mut profile: Profile) -> Profile {
    let catalogue = catalogue();
    let kind = profile.task.kind.take().unwrap_or_else(|| "text".to_owned());
    let task = catalogue.tasks.iter().find(|task| task.name == kind);
    let Some(task) = task else { panic!("there is no task {kind}") };
    let technique = catalogue.techniques.iter().find(|info| info.name == profile.technique.name);
    let strategy = catalogue.strategies.iter().find(|row| row.name == profile.strategy.name);
    let specs = [
        technique.map_or(Vec::new(), |info| info.options.clone()),
        strategy.map_or(Vec::new(), |row| row.options.clone()),
        task.options.iter().map(|option| option.spec.clone()).collect(),
    ];
    let options = [&mut profile.technique.options, &mut profile.strategy.options, &mut profile.task.options];
    for (options, specs) in options.into_iter().zip(specs) {
        for spec in specs {
            options.retain(|name, value| *name != spec.name || *value != spec.default);
        }
    }
    if profile.objectives.is_empty() {
        let metric = &task.metrics[0];
        profile.objectives.push(Objective { metric: metric.name.clone(), direction: metric.direction });
    }
    profile.task.kind = Some(kind);
    profile
}

fn parsed(text: &str) -> Profile {
    Profile::parse(FILE, text, &[]).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// What the form writes of a file that says `text`.
fn saved(text: String) -> String {
    let demo = Demo { profile: Some(text), ..Demo::default() };
    let mut person = Harness::over(demo, 120, 60, Setup::default());
    person.key(Key::Tab);
    person.key(Key::Enter);
    person.keys("s");
    person.key(Key::Enter);
    let Some(text) = person.demo.saved.remove(FILE) else { panic!("nothing was saved:\n{}", person.text()) };
    text
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn a_profile_survives_the_form(profile in profile()) {
        let once = saved(profile.to_ron());
        prop_assert_eq!(spoken(parsed(&once)), spoken(profile), "{}", once);
        prop_assert_eq!(saved(once.clone()), once, "a second time changes nothing");
    }
}

#[test]
fn races_are_fields_that_come_when_they_are_wanted() {
    let mut person = Harness::new(120, 60, Setup::default());
    person.keys("na");
    person.sees("race after items   0");
    assert!(!person.text().contains("race floor"));
    person.fill("race after items", "8");
    person.sees("race error         0.05");
    person.keys("s");
    let text = person.demo.saved.values().next().unwrap();
    assert!(text.contains("    racing: (first: 8, error: 0.05, floor: 0.0),"), "{text}");
    assert_eq!(parsed(text).racing, Some(Racing { first: 8, error: 0.05, floor: 0.0, keep: 1.0 }));
}
