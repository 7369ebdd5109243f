//! Plans and results in words: what every view says about them.

use crate::numbers;
use crate::objective::compare;
use crate::plan::{Edit, Plan};
use crate::report::{Contender, Report};
use crate::strategy::{Planned, Spent};

/// A plan in words, one line per edit.
pub fn plan(plan: &Plan) -> Vec<String> {
    if plan.edits().is_empty() {
        return vec!["the dense model".to_owned()];
    }
    plan.edits().iter().map(edit).collect()
}

fn edit(edit: &Edit) -> String {
    match edit {
        Edit::KeepExperts(edit) => {
            let experts: Vec<String> = edit.experts.iter().map(u32::to_string).collect();
            format!("layer {} keeps experts {}", edit.layer, experts.join(" "))
        }
        Edit::KvBits(edit) => {
            format!("layer {}: keys {} bits, values {} bits", edit.layer, edit.keys, edit.values)
        }
        Edit::AttentionSpan(edit) => format!(
            "layer {}, KV head {}: sees {} first tokens and the last {} + {}·N",
            edit.layer, edit.kv_head, edit.sink, edit.alpha, edit.beta
        ),
    }
}

/// What a strategy planned, and what is proven about it, in one sentence.
pub fn planned(planned: &Planned) -> String {
    let gap = planned.gap();
    let proven = match gap {
        0.0 => "the optimum of the additive model".to_owned(),
        _ => format!("at most {} % above the optimum of the additive model", numbers::short(100.0 * gap)),
    };
    let spent = |budget: &Spent| {
        let amount = numbers::amount(budget.limit, &budget.unit);
        format!(", {} {} of {amount}", budget.resource, numbers::short(budget.used))
    };
    let budgets: String = planned.budgets.iter().map(spent).collect();
    format!("planned: predicted damage {}, {proven}{budgets}", numbers::short(planned.damage))
}

/// The strongest of the technique's own baselines on the first metric: what a result has to beat.
pub fn reference(report: &Report) -> Option<&Contender> {
    let metric = report.best.estimates.keys().next()?;
    let own = |name: &str| !["dense", "random", "random-best", "default"].contains(&name);
    let value = |contender: &Contender| contender.estimates.get(metric).map_or(f64::NAN, |e| e.mean);
    report
        .baselines
        .iter()
        .filter(|contender| own(&contender.name) && contender.delta.contains_key(metric))
        .min_by(|a, b| compare(value(a), value(b)))
}

/// How the winner compares with [`reference()`], in one sentence.
pub fn verdict(technique: &str, report: &Report) -> Option<String> {
    let reference = reference(report)?;
    let (metric, delta) = reference.delta.iter().next()?;
    let words = if delta.is_below_zero() {
        "better than"
    } else if delta.is_above_zero() {
        "WORSE than"
    } else {
        "not distinguishable from"
    };
    Some(format!(
        "The found config is {words} `{}`, the strongest baseline of {technique}: {metric} {}.",
        reference.name,
        numbers::signed(delta)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::KeepExperts;

    #[test]
    fn plans_read_as_sentences() {
        let keep = Edit::KeepExperts(KeepExperts { layer: 3, experts: vec![7, 0, 2, 5] });
        assert_eq!(plan(&Plan::new([keep])), ["layer 3 keeps experts 0 2 5 7"]);
        assert_eq!(plan(&Plan::dense()), ["the dense model"]);
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
