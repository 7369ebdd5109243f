//! Results in words: what every view says about them.

use crate::bounds::{Gap, Gaps};
use crate::format;
use crate::objective::{Direction, Objective, compare};
use crate::report::{Contender, Report, UNEDITED};
use crate::strategy::{Planned, Spent};
use crate::technique::Cost;

/// What the system said, in its words and without its number for them.
pub fn of_system(error: &std::io::Error) -> String {
    let text = error.to_string();
    // A library that passes an error of the system on by its inner form.
    let inner =
        text.strip_prefix("Os {").and_then(|inner| inner.split_once("message: \"")?.1.split_once('"'));
    let words = inner.map_or(&text[..], |(words, _)| words);
    match words.split_once(" (os error ") {
        Some((words, _)) => words.to_lowercase(),
        None if inner.is_some() => words.to_lowercase(),
        None => text,
    }
}

/// What a strategy planned, and what is proven about it, in one sentence.
pub fn planned(planned: &Planned) -> String {
    let gap = planned.gap();
    let proven = match gap {
        0.0 => "the optimum of the additive model".to_owned(),
        _ => format!("at most {} % above the optimum of the additive model", format::short(100.0 * gap)),
    };
    let spent = |budget: &Spent| {
        let amount = format::amount(budget.limit, &budget.unit);
        format!(", {} {} of {amount}", budget.resource, format::short(budget.used))
    };
    let budgets: String = planned.budgets.iter().map(spent).collect();
    format!("planned: predicted damage {}, {proven}{budgets}", format::short(planned.damage))
}

/// The strongest of the technique's own baselines on the first metric: what a result has to beat.
pub fn reference(report: &Report) -> Option<&Contender> {
    strongest(report, |_| true)
}

fn strongest(report: &Report, among: impl Fn(&Contender) -> bool) -> Option<&Contender> {
    let Objective { metric, direction } = report.judged_by()?;
    let own = |name: &str| ![UNEDITED, "random", "random-best", "default"].contains(&name);
    let loss = |value: f64| Objective { metric: String::new(), direction }.loss(value);
    let value = |contender: &Contender| contender.estimates.get(&metric).map_or(f64::NAN, |e| loss(e.mean));
    report
        .baselines
        .iter()
        .filter(|contender| own(&contender.name) && contender.delta.contains_key(&metric) && among(contender))
        .min_by(|a, b| compare(value(a), value(b)))
}

/// How the winner compares with [`reference()`], in one sentence; in two where that costs more than the winner.
pub fn verdict(technique: &str, report: &Report) -> Option<String> {
    let reference = reference(report)?;
    let Objective { metric, direction } = report.judged_by()?;
    let found = |contender: &Contender| -> Option<String> {
        let delta = contender.delta.get(&metric)?;
        let (better, worse) = match direction {
            Direction::Minimise => (delta.is_below_zero(), delta.is_above_zero()),
            Direction::Maximise => (delta.is_above_zero(), delta.is_below_zero()),
        };
        let words = match (better, worse) {
            _ if (delta.low, delta.high) == (0.0, 0.0) => "the same on every item as",
            (true, _) => "better than",
            (_, true) => "WORSE than",
            (false, false) => "not distinguishable from",
        };
        Some(format!("{words} `{}`, METRIC: {metric} {}.", contender.name, format::signed(delta)))
    };
    let said = |contender: &Contender, who: &str| Some(found(contender)?.replacen("METRIC", who, 1));
    let first = said(reference, &format!("the strongest baseline of {technique}"))?;
    let Some((cost, own)) = dearer(reference, report) else {
        return Some(format!("The found config is {first}"));
    };
    let second = strongest(report, |contender| dearer(contender, report).is_none());
    let second = match second {
        Some(contender) => said(contender, "the strongest that costs no more")?,
        None => "without a baseline that costs no more.".to_owned(),
    };
    let (cost, own) = (format::cost(cost), format::cost(own));
    Some(format!("The found config is {first} That costs {cost} instead of {own}; the found one is {second}"))
}

/// How far a plan is from values that no plan can beat, a sentence for each metric with known bounds.
pub fn gaps(gaps: &Gaps) -> Vec<String> {
    gaps.iter().map(|(metric, gap)| format!("{metric}: {}.", self::gap(gap))).collect()
}

/// `0.8 % [0.5 %, 1.1 %] above the known bound 1048576; 2 of 6 items reach it`.
fn gap(gap: &Gap) -> String {
    let bound = format::short(gap.bound);
    let only = match gap.known == gap.items {
        true => String::new(),
        false => format!(" (bound known for {} of {} items)", gap.known, gap.items),
    };
    if gap.is_closed() {
        let items = match gap.known {
            1 => "its item".to_owned(),
            known => format!("all {known} items"),
        };
        return format!("at the known bound {bound} on {items}, so no plan is better there{only}");
    }
    let side = match gap.direction {
        Direction::Minimise => "above",
        Direction::Maximise => "below",
    };
    let (estimate, write): (_, fn(f64) -> String) = match &gap.share {
        Some(share) => (share, format::percent),
        None => (&gap.distance, format::short),
    };
    // The interval of one item is that item.
    let interval = match estimate.low < estimate.high {
        true => format!(" [{}, {}]", write(estimate.low), write(estimate.high)),
        false => String::new(),
    };
    let reached = match (gap.known, gap.reached) {
        (1, _) => String::new(),
        (_, 0) => "; no item reaches it".to_owned(),
        (known, 1) => format!("; 1 of {known} items reaches it"),
        (known, reached) => format!("; {reached} of {known} items reach it"),
    };
    format!("{}{interval} {side} the known bound {bound}{reached}{only}", write(estimate.mean))
}

/// The first cost by which `contender` takes more than the winner, and the winner's.
fn dearer<'a>(contender: &'a Contender, report: &'a Report) -> Option<(&'a Cost, &'a Cost)> {
    let pairs = contender.costs.iter().zip(&report.best.costs);
    pairs.into_iter().find(|(cost, own)| cost.value > own.value * (1.0 + 1e-9))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::plan::Plan;
    use crate::report::{Best, Estimates};
    use crate::scores::Scores;
    use crate::space::Config;
    use crate::stats::Estimate;

    #[test]
    fn the_system_is_quoted_without_its_numbers_and_its_inner_forms() {
        let missing = std::io::Error::from_raw_os_error(2);
        let words = of_system(&missing);
        assert!(!words.contains("os error") && !words.contains('('), "{words}");
        let wrapped = std::io::Error::other(format!("{missing:?}"));
        assert_eq!(of_system(&wrapped), words);
        assert_eq!(of_system(&std::io::Error::other("It is closed")), "It is closed");
    }

    #[test]
    fn a_baseline_that_costs_more_is_said_to() {
        let kl = |mean: f64| {
            let estimate = Estimate { mean, low: mean - 0.001, high: mean + 0.001 };
            Estimates::from([("kl".to_owned(), estimate)])
        };
        let bits = |value| {
            vec![Cost { resource: "bits".to_owned(), unit: "bits/element".to_owned(), value, dense: 16.0 }]
        };
        let contender = |name: &str, value, mean: f64| Contender {
            name: name.to_owned(),
            help: String::new(),
            costs: bits(value),
            report: Scores::default(),
            out_of_domain: BTreeMap::new(),
            estimates: kl(mean),
            delta: kl(0.007 - mean),
            out_of_domain_delta: BTreeMap::new(),
            gaps: BTreeMap::new(),
        };
        let best = Best {
            trial: 9,
            config: Config::new(vec![]),
            plan: Plan::empty(),
            costs: bits(3.25),
            search: BTreeMap::new(),
            report: Scores::default(),
            estimates: kl(0.007),
            out_of_domain: BTreeMap::new(),
            gaps: BTreeMap::new(),
            out_of_domain_gaps: BTreeMap::new(),
            search_gaps: BTreeMap::new(),
        };
        let mut report = Report {
            trials: 12,
            best,
            front: None,
            baselines: vec![contender("within", 3.0, 0.009)],
            bounds: BTreeMap::new(),
            objectives: Vec::new(),
            words: None,
        };
        let within = "The found config is better than `within`, the strongest baseline of kv-bits: kl -0.002000 [-0.003000, -0.001000].";
        assert_eq!(verdict("kv-bits", &report).unwrap(), within);
        let same = Estimate { mean: 0.0, low: 0.0, high: 0.0 };
        report.baselines[0].delta = [("kl".to_owned(), same)].into();
        assert!(
            verdict("kv-bits", &report)
                .unwrap()
                .starts_with("The found config is the same on every item as `within`")
        );
        report.baselines[0] = contender("within", 3.0, 0.009);
        report.baselines.push(contender("uniform", 4.0, 0.002));
        assert_eq!(
            verdict("kv-bits", &report).unwrap(),
            "The found config is WORSE than `uniform`, the strongest baseline of kv-bits: kl +0.005000 [+0.004000, +0.006000]. That \
             costs 4.000 bits/element instead of 3.250 bits/element; the found one is better than `within`, the strongest that \
             costs no more: kl -0.002000 [-0.003000, -0.001000]."
        );
        assert_eq!(reference(&report).unwrap().name, "uniform");
        // What is maximised is better above.
        let direction = Direction::Maximise;
        report.objectives = vec![Objective { metric: "kl".to_owned(), direction }];
        assert_eq!(reference(&report).unwrap().name, "within");
        let said = verdict("kv-bits", &report).unwrap();
        assert!(said.starts_with("The found config is WORSE than `within`"), "{said}");
    }

    #[test]
    fn gaps_are_said_in_plain_words() {
        let around = |mean: f64| Estimate { mean, low: mean - 0.003, high: mean + 0.003 };
        let some = Gap {
            direction: Direction::Minimise,
            bound: 1_048_576.0,
            distance: around(8388.0),
            share: Some(around(0.008)),
            known: 6,
            items: 6,
            reached: 2,
        };
        let said = |gap: Gap| gaps(&[("peak".to_owned(), gap)].into()).remove(0);
        assert_eq!(
            said(some),
            "peak: 0.8 % [0.5 %, 1.1 %] above the known bound 1048576; 2 of 6 items reach it."
        );
        let partly = Gap { direction: Direction::Maximise, known: 4, reached: 1, ..some };
        assert_eq!(
            said(partly),
            "peak: 0.8 % [0.5 %, 1.1 %] below the known bound 1048576; 1 of 4 items reaches it (bound known for 4 of 6 items)."
        );
        let closed = Gap { known: 4, reached: 4, ..some };
        assert_eq!(
            said(closed),
            "peak: at the known bound 1048576 on all 4 items, so no plan is better there (bound known for 4 of 6 items)."
        );
        let distance = Estimate { mean: 0.375, low: 0.375, high: 0.375 };
        let of_nothing = Gap { bound: 0.0, share: None, known: 1, items: 1, reached: 0, distance, ..some };
        assert_eq!(said(of_nothing), "peak: 0.3750 above the known bound 0.");
    }

    #[test]
    fn a_plan_says_what_is_proven_and_what_it_takes() {
        let (resource, unit) = ("bits".to_owned(), "bits/element".to_owned());
        let budgets = vec![Spent { resource, unit, used: 3.0, limit: 3.25 }];
        let some = Planned { damage: 2.0, bound: 1.99, budgets };
        assert_eq!(
            planned(&some),
            "planned: predicted damage 2.000, at most 0.5000 % above the optimum of the additive model, bits 3.000 of \
             3.250 bits/element"
        );
        let best = Planned { bound: 2.0, budgets: vec![], ..some };
        assert_eq!(planned(&best), "planned: predicted damage 2.000, the optimum of the additive model");
    }
}
