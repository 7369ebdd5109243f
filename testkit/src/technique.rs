//! The conformance suite for techniques: equal arguments give equal results, and what comes out lies in the space.
//!
//! [`findings`] tries every function on example models and tells what came of each; [`check`] is the same for a test, and
//! panics.
//!
//! ```
//! use attune_testkit::{scripted, technique};
//!
//! let model = scripted::model();
//! technique::check(&scripted::ScriptedTechnique::default(), &[model], &|_, _| None);
//! ```

use std::collections::BTreeSet;

use attune_core::allowance::{Allowance, Used};
use attune_core::facts::Facts;
use attune_core::format;
use attune_core::hash::ContentHash;
use attune_core::options::Settings;
use attune_core::rng;
use attune_core::space::{Config, Constraint, Space};
use attune_core::technique::{Baseline, FailureKind, Operator, Signal, Technique, TechniqueFailure};

/// Configs that are drawn from each space.
const DRAWS: u64 = 20;
/// Configs that are drawn without regard to constraints, to see how much of the space these leave.
const FREE_DRAWS: u64 = 200;
/// Seed of the draws; any would do.
const SEED: u64 = 1;

/// An operator that no technique should have.
const STRANGER: &str = "no-such-operator";

/// What was tried on one example model.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// The example model, in words.
    pub model: String,
    /// What was tried.
    pub what: String,
    /// What came of it, or what is wrong.
    pub outcome: Result<String, String>,
}

/// A made-up measurement of the signal of that name on a model; `None` where nobody could measure it.
pub type Signals<'a> = &'a dyn Fn(&str, &Facts) -> Option<Signal>;

/// Every promise, as test assertions.
///
/// # Panics
/// With the first promise that is broken.
pub fn check(technique: &dyn Technique, models: &[Facts], signals: Signals<'_>) {
    for Finding { model, what, outcome } in findings(technique, models, signals) {
        if let Err(broken) = outcome {
            panic!("{what}, on {model}: {broken}");
        }
    }
}

/// Tries all of a technique with default options: draws configs, lowers, costs, compares and varies them, and does so
/// twice, since equal arguments must give equal results. A technique may refuse a model that it is not for, but not every
/// model.
pub fn findings(technique: &dyn Technique, models: &[Facts], signals: Signals<'_>) -> Vec<Finding> {
    let mut trial = Trial { technique, signals, findings: Vec::new() };
    let applicable = models.iter().filter(|model| trial.model(model)).count();
    if applicable == 0 {
        trial.find("all", "apply to a model", Err("it refuses every example model".to_owned()));
    }
    trial.findings
}

struct Trial<'a> {
    technique: &'a dyn Technique,
    signals: Signals<'a>,
    findings: Vec<Finding>,
}

impl Trial<'_> {
    /// Tries everything on one model; `false` when the technique is not for it.
    fn model(&mut self, model: &Facts) -> bool {
        let options = Settings::new();
        let space = match self.technique.space(model, &options) {
            Ok(space) => space,
            Err(TechniqueFailure { kind: FailureKind::Refused(reason), .. }) => {
                self.find(&model.name, "space", Ok(format!("not for this model: {reason}")));
                return false;
            }
            Err(failure) => {
                self.find(&model.name, "space", Err(failure.kind.to_string()));
                return true;
            }
        };
        let described = describe(&space);
        let again = self.technique.space(model, &options);
        self.find(&model.name, "space", same("space", Ok(space.clone()), again).map(|_| described));

        match draw(&space) {
            Err(problem) => self.find(&model.name, "draw configs", Err(problem)),
            Ok(configs) => {
                let different: BTreeSet<ContentHash> = configs.iter().map(Config::hash).collect();
                let refused = refused(&space);
                let text = format!("{} of {} draws are different; {refused}", different.len(), configs.len());
                self.find(&model.name, "draw configs", Ok(text));
                self.configs(model, &options, &space, &configs);
            }
        }
        self.baselines(model, &options, &space);
        self.damage_signals(model, &options);
        true
    }

    fn configs(&mut self, model: &Facts, options: &Settings, space: &Space, configs: &[Config]) {
        let technique = self.technique;
        let plans = self.each(configs, |config| {
            let lower = || technique.lower(model, options, config);
            same("lower", lower(), lower()).map(|plan| plan.edits().len())
        });
        self.find(&model.name, "lower", plans.map(|edits| range("edits per plan", &edits)));

        let costs = self.each(configs, |config| {
            let cost = || technique.cost(model, options, config);
            same("cost", cost(), cost())
        });
        let text = costs.map(|costs| {
            let first = costs.first().into_iter().flatten();
            let texts = first
                .map(|cost| format!("{} {} {} (dense {})", cost.resource, cost.value, cost.unit, cost.dense));
            texts.collect::<Vec<String>>().join(", ")
        });
        self.find(&model.name, "cost", text);

        let info = technique.info();
        if info.has_operators && info.operators.is_empty() {
            let vary = |parents: &[&Config]| technique.vary(model, options, parents, SEED).map(Some);
            let found = self.children(space, configs, 1, &vary);
            self.find(&model.name, "vary", found);
        }
        for Operator { name, parents, .. } in &info.operators {
            // An operator may have nothing to do somewhere.
            let vary = |parents: &[&Config]| match technique.vary_by(model, options, name, parents, SEED) {
                Err(TechniqueFailure { kind: FailureKind::Refused(_), .. }) => Ok(None),
                child => child.map(Some),
            };
            let found = self.children(space, configs, *parents, &vary);
            self.find(&model.name, &format!("vary by {name}"), found);
        }
        let known = |name: &str| info.operators.iter().any(|operator| operator.name == name);
        if let (Some(parent), false, false) = (configs.first(), info.operators.is_empty(), known(STRANGER)) {
            let answer = technique.vary_by(model, options, STRANGER, &[parent], SEED);
            if !matches!(&answer, Err(TechniqueFailure { kind: FailureKind::Refused(_), .. })) {
                let problem = format!("an operator that it does not have is answered by {answer:?}");
                self.find(&model.name, &format!("vary by {STRANGER}"), Err(problem));
            }
        }
    }

    /// Children of each config, and of it and the next one where there are to be two parents.
    fn children(
        &self,
        space: &Space,
        configs: &[Config],
        parents: usize,
        vary: &Vary<'_>,
    ) -> Result<String, String> {
        let next = |parent: &Config| configs.iter().cycle().skip_while(move |other| *other != parent).nth(1);
        let changed = self.each(configs, |parent| {
            let all: Vec<&Config> = std::iter::once(parent).chain(next(parent)).take(parents).collect();
            let Some(child) = same("vary", vary(&all), vary(&all))? else { return Ok(None) };
            space
                .check_domains(&child)
                .map_err(|violation| format!("a child is no point of the space: {violation}"))?;
            Ok(Some((child != *parent, space.check(&child).is_err())))
        })?;
        let made: Vec<&(bool, bool)> = changed.iter().flatten().collect();
        let differ = made.iter().filter(|(differs, _)| *differs).count();
        let mut text = format!("{differ} of {} children differ from their parent", made.len());
        match made.iter().filter(|(_, repaired)| *repaired).count() {
            0 => {}
            repaired => text += &format!("; {repaired} break constraints, which attune repairs"),
        }
        match changed.len() - made.len() {
            0 => {}
            refused => text += &format!("; {refused} refused, and made by the domains"),
        }
        Ok(text)
    }

    fn baselines(&mut self, model: &Facts, options: &Settings, space: &Space) {
        let names = &self.technique.info().signals;
        let signals: Vec<Signal> = names.iter().filter_map(|name| (self.signals)(name, model)).collect();
        let baselines = || self.technique.baselines(model, options, &signals);
        let outcome = same("baselines", baselines(), baselines()).and_then(|baselines| {
            let mut names: Vec<String> = Vec::with_capacity(baselines.len());
            for Baseline { name, config, .. } in baselines {
                // It may break a budget, and be reported all the same.
                space
                    .check_domains(&config)
                    .map_err(|violation| format!("`{name}` is no point of the space: {violation}"))?;
                if names.contains(&name) {
                    return Err(format!("two are called `{name}`"));
                }
                names.push(name);
            }
            Ok(if names.is_empty() { "none".to_owned() } else { names.join(", ") })
        });
        self.find(&model.name, "baselines", outcome);
    }

    /// Signals are not made up here, so an estimate of damages is only tried as far as to what it is made of.
    fn damage_signals(&mut self, model: &Facts, options: &Settings) {
        let signals = || self.technique.damage_signals(model, options);
        let text = same("signals", signals(), signals()).map(|signals| match signals {
            None => "no estimate of its own".to_owned(),
            Some(signals) => {
                let texts: Vec<String> = signals.iter().map(ToString::to_string).collect();
                format!("made of {}", if texts.is_empty() { "nothing".to_owned() } else { texts.join(", ") })
            }
        });
        self.find(&model.name, "damages", text);
    }

    fn each<T>(
        &self,
        configs: &[Config],
        f: impl Fn(&Config) -> Result<T, String>,
    ) -> Result<Vec<T>, String> {
        let numbered = configs.iter().enumerate();
        numbered
            .map(|(index, config)| {
                self.is_quick()?;
                f(config).map_err(|problem| format!("draw {index}: {problem}"))
            })
            .collect()
    }

    /// Refuses a technique whose calls, each within its limit, take longer together than a study would wait.
    fn is_quick(&self) -> Result<(), String> {
        let usage = self.technique.usage();
        let used = usage.values().fold(Used::default(), |sum, used| sum.plus(*used));
        if !Allowance::NEEDED.is_spent(used) {
            return Ok(());
        }
        let each = format::count(used.each() as f64);
        Err(format!(
            "its {} calls so far took {each} instructions each, so a study would end here",
            used.calls
        ))
    }

    fn find(&mut self, model: &str, what: &str, outcome: Result<String, String>) {
        self.findings.push(Finding { model: model.to_owned(), what: what.to_owned(), outcome });
    }
}

/// An operator on parents; nothing where it has nothing to do.
type Vary<'a> = dyn Fn(&[&Config]) -> Result<Option<Config>, TechniqueFailure> + 'a;

/// The result of two equal calls, when it is one.
fn same<T: PartialEq>(
    call: &str,
    first: Result<T, TechniqueFailure>,
    second: Result<T, TechniqueFailure>,
) -> Result<T, String> {
    let first = first.map_err(|failure| failure.kind.to_string())?;
    let second = second.map_err(|failure| format!("the second time only: {}", failure.kind))?;
    if first == second {
        Ok(first)
    } else {
        Err(format!("two equal calls of `{call}` gave different results"))
    }
}

fn draw(space: &Space) -> Result<Vec<Config>, String> {
    let drawn = (0..DRAWS).map(|index| space.sample(&mut rng::derive(SEED, "check", &[index])));
    drawn.collect::<Result<_, _>>().map_err(|infeasible| infeasible.to_string())
}

/// How often the constraints of a space refuse what lies in its domains, in words.
fn refused(space: &Space) -> String {
    if space.constraints().is_empty() {
        return "no constraints".to_owned();
    }
    // Orders and conditions say what the cells are: they are drawn, and refuse nothing.
    let kept = space.constraints().iter().filter(|constraint| constraint.is_structure());
    let kept: Vec<Constraint> = kept.cloned().collect();
    if kept.len() == space.constraints().len() {
        return "no constraints but orders and conditions".to_owned();
    }
    let Ok(free) = Space::new(space.dimensions().to_vec(), kept) else {
        return "constraints hold the domains together".to_owned();
    };
    let drawn =
        (0..FREE_DRAWS).filter_map(|index| free.sample(&mut rng::derive(SEED, "free", &[index])).ok());
    let (mut refused, mut all) = (0, 0);
    for config in drawn {
        all += 1;
        refused += u32::from(space.check(&config).is_err());
    }
    format!("constraints refuse {refused} of {all} that are drawn without them")
}

fn describe(space: &Space) -> String {
    let dimension = |(name, cells): (&str, usize)| format!("{name} × {cells}");
    let dimensions = space.dimensions().iter().map(|found| dimension((&found.name, found.cells())));
    let dimensions = dimensions.collect::<Vec<String>>().join(", ");
    format!("{dimensions}: {}", format::configs(space.count()))
}

fn range(what: &str, numbers: &[usize]) -> String {
    let least = numbers.iter().min().unwrap_or(&0);
    let most = numbers.iter().max().unwrap_or(&0);
    format!("{least} to {most} {what}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scripted::{ScriptedTechnique, model};

    fn broken(technique: &ScriptedTechnique) -> Vec<String> {
        let findings = findings(technique, &[model()], &|_, _| None);
        findings.into_iter().filter_map(|finding| finding.outcome.err()).collect()
    }

    #[test]
    fn it_is_said_how_much_the_constraints_leave() {
        let found = findings(&ScriptedTechnique::default(), &[model()], &|_, _| None);
        let text = found.into_iter().find(|finding| finding.what == "draw configs").unwrap().outcome.unwrap();
        let refused = text.split_once("constraints refuse ").unwrap().1.split_once(" of 200 ").unwrap().0;
        // Half of the sums of bits, more or less, are above the budget.
        assert!((20..180).contains(&refused.parse::<u32>().unwrap()), "{text}");
        let free = Space::of(ScriptedTechnique::space().unwrap().dimensions().iter().cloned()).unwrap();
        assert_eq!(super::refused(&free), "no constraints");
    }

    #[test]
    fn broken_promises_are_noticed() {
        assert_eq!(broken(&ScriptedTechnique::default().with_operators()), [""; 0]);
        let refuses = |call: &'static str| {
            let fault = move |asked: &str, _: &[&Config]| {
                (asked == call).then(|| FailureKind::Refused("not today".to_owned()))
            };
            broken(&ScriptedTechnique::default().with_operators().failing(fault))
        };
        for call in ["lower", "cost", "vary"] {
            assert_eq!(refuses(call), ["draw 0: not today"], "{call}");
        }
        // Named operators are tried each, and one that answers to any name is none.
        assert_eq!(broken(&ScriptedTechnique::default().with_named_operators()), [""; 0]);
        let answers = broken(&ScriptedTechnique::default().with_named_operators().answering_to_any_name());
        assert!(answers[0].contains("an operator that it does not have is answered by Ok"), "{answers:?}");
        // What depends on how often it was asked.
        let asked = std::sync::atomic::AtomicUsize::new(0);
        let fault = move |call: &str, _: &[&Config]| {
            let again = call == "lower" && asked.fetch_add(1, std::sync::atomic::Ordering::Relaxed) == 1;
            again.then(|| FailureKind::Refused("asked before".to_owned()))
        };
        let found = broken(&ScriptedTechnique::default().failing(fault));
        assert_eq!(found, ["draw 0: the second time only: asked before"]);
    }
}
