//! Plans and results in words: what every view says about them.

use crate::numbers;
use crate::objective::compare;
use crate::plan::{Edit, Plan};
use crate::report::{Contender, Report};

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
            let head = edit.kv_head.map(|head| format!(", KV head {head}")).unwrap_or_default();
            let from = edit.shrink_from.map(|bits| format!(", shrunk from {bits}")).unwrap_or_default();
            let smoothing = edit.smoothing.map(|by| format!(", keys smoothed by {by}")).unwrap_or_default();
            let (layer, keys, values) = (edit.layer, edit.keys, edit.values);
            format!("layer {layer}{head}: keys {keys} bits, values {values} bits{from}{smoothing}")
        }
        Edit::AttentionSpan(edit) => format!(
            "layer {}, KV head {}: sees {} first tokens and the last {} + {}·N",
            edit.layer, edit.kv_head, edit.sink, edit.alpha, edit.beta
        ),
        Edit::CombineCheckpoints(edit) => {
            let place = edit.layer.map_or("the whole model".to_owned(), |layer| format!("layer {layer}"));
            let numbers: Vec<String> =
                edit.coefficients.iter().map(|number| format!("{number:+.3}")).collect();
            format!("{place}: checkpoints mixed by {}", numbers.join(" "))
        }
        Edit::MergeExperts(edit) => {
            format!(
                "layer {}: {} experts, merged of {}",
                edit.layer,
                edit.rows,
                mixed(edit.rows, &edit.matrix)
            )
        }
        Edit::RouteExperts(edit) => {
            format!("layer {}: router mapped to {}", edit.layer, mixed(edit.rows, &edit.matrix))
        }
        Edit::ExpertsPerToken(edit) => format!("layer {}: {} experts per token", edit.layer, edit.count),
        Edit::WeightBits(edit) => {
            let expert = edit.expert.map_or_else(String::new, |expert| format!(" of expert {expert}"));
            format!(
                "layer {}: {}{expert} {} bits in groups of {}",
                edit.layer,
                edit.module.name(),
                edit.bits,
                edit.group_size
            )
        }
    }
}

/// The rows of a matrix over experts: `(0) (0.5·2 + 0.5·7)`.
fn mixed(rows: u32, matrix: &[f64]) -> String {
    let row = |row: &[f64]| {
        let present = row.iter().enumerate().filter(|(_, number)| **number != 0.0);
        let term = |(expert, number): (usize, &f64)| {
            if *number == 1.0 { expert.to_string() } else { format!("{number:.2}·{expert}") }
        };
        format!("({})", present.map(term).collect::<Vec<_>>().join(" + "))
    };
    let columns = (matrix.len() / rows.max(1) as usize).max(1);
    matrix.chunks(columns).map(row).collect::<Vec<_>>().join(" ")
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
    use crate::plan::{KeepExperts, MergeExperts};

    #[test]
    fn plans_read_as_sentences() {
        let keep = Edit::KeepExperts(KeepExperts { layer: 3, experts: vec![7, 0, 2, 5] });
        assert_eq!(plan(&Plan::new([keep])), ["layer 3 keeps experts 0 2 5 7"]);
        assert_eq!(plan(&Plan::dense()), ["the dense model"]);
        let matrix = vec![0.0, 1.0, 0.0, 0.5, 0.0, -0.25];
        let merge = Edit::MergeExperts(MergeExperts { layer: 0, rows: 2, matrix });
        assert_eq!(plan(&Plan::new([merge])), ["layer 0: 2 experts, merged of (1) (0.50·0 + -0.25·2)"]);
    }
}
