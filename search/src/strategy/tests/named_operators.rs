//! Operators with names: who makes children is marked, limited and learned, and all of it by replay.

use std::collections::BTreeMap;

use super::*;
use attune_core::facts::Facts;
use attune_core::hash::ContentHash;
use attune_core::technique::Technique;
use attune_testkit::scripted::ScriptedTechnique;

use crate::operators::TechniqueOperators;

fn word(text: &str) -> OptionValue {
    OptionValue::Text(text.to_owned())
}

fn with_operators(space: &Arc<Space>, seed: u64) -> SearchContext {
    let technique: Arc<dyn Technique> = Arc::new(ScriptedTechnique::default().with_named_operators());
    let model = Facts { name: "m".to_owned(), fingerprint: ContentHash::of(b"m"), values: Settings::new() };
    let own = TechniqueOperators::new(technique, model, Settings::new(), space.clone());
    SearchContext { operators: Some(Arc::new(own)), ..context(space, seed) }
}

/// How many children each operator made in a search that minimises the sum of the levels.
fn makers(choice: &Selected) -> BTreeMap<String, usize> {
    let space = Arc::new(ScriptedTechnique::space().unwrap());
    let mut strategy = build(choice, with_operators(&space, 5)).unwrap();
    let mut makers = BTreeMap::new();
    for _ in 0..60 {
        let proposals = strategy.ask(8);
        let mut told = Vec::new();
        for Proposal { index, config, origin } in proposals {
            if let Origin::Varied { operator, parents } = origin {
                let operator = operator.unwrap_or_default();
                assert!(operator != "cross" || parents.len() == 2, "it is made for two");
                *makers.entry(operator).or_default() += 1;
            }
            let level = |value: &Value| if let Value::Index(level) = value { f64::from(*level) } else { 0.0 };
            let losses = Some(vec![config.dimensions()[0].iter().map(level).sum()]);
            told.push(Observation { index, losses, estimate: None, fresh: None });
        }
        strategy.tell(&told);
    }
    makers
}

#[test]
fn a_search_with_named_operators_is_rebuilt_by_replay() {
    let space = Arc::new(ScriptedTechnique::space().unwrap());
    for name in ["evolution", "nsga2", "eep"] {
        for operators in ["auto", "technique", "adaptive", "domain"] {
            let options: &[_] = if name == "eep" { &[] } else { &[("operators", word(operators))] };
            let choice = choice(name, options);
            attune_testkit::strategy::check(&space, &|space, seed| {
                build(&choice, with_operators(&space, seed)).unwrap()
            });
        }
    }
}

#[test]
fn children_are_marked_with_their_operator_and_a_profile_limits_which_there_are() {
    let few = [("screen", 1), ("initial", 16), ("population", 16)];
    let few = few.map(|(name, number)| (name, OptionValue::Int(number)));
    let all = makers(&choice("evolution", &few));
    assert_eq!(all.keys().collect::<Vec<_>>(), ["cross", "step", "swap"]);
    let some = choice("evolution", &[&few[..], &[("operator-names", word(" step  cross "))]].concat());
    assert_eq!(makers(&some).keys().collect::<Vec<_>>(), ["cross", "step"]);
    let one = choice("evolution", &[("operator-names", word("step"))]);
    assert_eq!(makers(&one).keys().collect::<Vec<_>>(), ["step"], "with a screen, too");
    let none = makers(&choice("evolution", &[("operators", word("domain"))]));
    assert_eq!(none.keys().collect::<Vec<_>>(), [""], "those of the space have no names");
    let slip = choice("evolution", &[("operator-names", word("stop"))]);
    let space = Arc::new(ScriptedTechnique::space().unwrap());
    let refusal = build(&slip, with_operators(&space, 1)).err().unwrap();
    assert_eq!(
        refusal.to_string(),
        "strategy `evolution` is told to use the operator `stop` of the technique, expected some of swap, step, cross; did you \
         mean `step`?"
    );
}

#[test]
fn an_operator_whose_children_are_no_better_makes_fewer_of_them() {
    // Exchanging two layers never changes the sum.
    let options = [("screen", OptionValue::Int(1)), ("crossover", OptionValue::Real(0.0))];
    let with = |operators| choice("evolution", &[&options[..], &[("operators", word(operators))]].concat());
    let (even, adaptive) = (makers(&with("technique")), makers(&with("adaptive")));
    assert!(even["swap"].abs_diff(even["step"]) < 100, "{even:?}");
    assert!(adaptive["step"] > adaptive["swap"] && adaptive["swap"] > 0, "{adaptive:?}");
}

#[test]
fn an_option_that_limits_nothing_leaves_studies_what_they_were() {
    let options = |given: &[(&str, OptionValue)]| resolved(&choice("evolution", given)).unwrap().options;
    assert_eq!(options(&[("operator-names", word(""))]), options(&[]));
    assert!(!options(&[]).contains_key("operator-names"));
    assert_eq!(options(&[("operator-names", word("swap"))])["operator-names"], word("swap"));
}
