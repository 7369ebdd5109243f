//! The front of a study with several objectives, as a table.

use attune_core::format;
use attune_core::report::Front;
use attune_core::technique::Cost;

use super::cells::{cost_cells, dash, gap, has_column, mean};
use super::sheet::Sheet;

/// The members that were scored for the report in `columns` columns, and how to export one of them.
pub(crate) fn front(front: &Front, study: &str, unedited: &str, columns: usize) -> String {
    let metrics: Vec<&String> =
        front.members.first().map(|member| member.estimates.keys().collect()).unwrap_or_default();
    let has_costs = front.members.first().is_some_and(|member| !member.costs.is_empty());
    let cost_cells = |costs: &[Cost]| has_costs.then(|| cost_cells(costs)).into_iter().flatten();
    let mut header = vec!["trial".to_owned()];
    if has_costs {
        header.extend(["cost".to_owned(), format!("vs {unedited}")]);
    }
    header.extend(metrics.iter().map(|metric| (*metric).clone()));
    header.extend(metrics.iter().map(|metric| format!("{metric} − {unedited}")));
    let bounded: Vec<&String> = metrics
        .iter()
        .copied()
        .filter(|metric| front.members.iter().any(|member| has_column(&member.gaps, metric)))
        .collect();
    header.extend(bounded.iter().map(|metric| format!("{metric} to bound")));
    let mut table = Sheet::of_numbers(header);
    for member in &front.members {
        let mut row = vec![member.trial.to_string()];
        row.extend(cost_cells(&member.costs));
        row.extend(metrics.iter().map(|metric| mean(&member.estimates, metric)));
        row.extend(metrics.iter().map(|metric| member.delta.get(*metric).map_or_else(dash, format::signed)));
        row.extend(bounded.iter().map(|metric| gap(&member.gaps, metric)));
        table.row(row);
    }
    let table = table.render(columns);
    let shown = front.members.len() as u64;
    let which =
        if shown < front.size { format!("{shown} of them, spread over it") } else { "all".to_owned() };
    let trials = if front.size == 1 { "trial" } else { "trials" };
    format!(
        "\nThe front: no trial is better than these in one objective without being worse in another ({} {trials}, {which}).\n\
         {table}\nExport any of them:\n  attune export {study} --to plan --out DIR --trial ID",
        front.size
    )
}

#[cfg(test)]
mod tests {
    use attune_core::plan::Plan;
    use attune_core::report::FrontMember;
    use attune_core::scores::Scores;
    use attune_core::space::Config;
    use attune_core::stats::Estimate;
    use attune_core::technique::Cost;

    use super::*;

    #[test]
    fn every_member_stands_with_its_cost_and_its_interval_against_dense() {
        let member = |trial: u64, kl: f64, value: f64| FrontMember {
            trial,
            config: Config::new(Vec::new()),
            plan: Plan::empty(),
            costs: vec![Cost { resource: "bits".into(), unit: "bits/element".into(), value, dense: 16.0 }],
            search: [].into(),
            report: Scores::default(),
            estimates: [("kl".to_owned(), Estimate { mean: kl, low: kl, high: kl })].into(),
            delta: [("kl".to_owned(), Estimate { mean: kl, low: kl - 0.01, high: kl + 0.01 })].into(),
            gaps: [].into(),
        };
        let text = front(
            &Front { size: 31, members: vec![member(7, 0.25, 4.0), member(12, 0.5, 2.0)] },
            "s",
            "dense",
            120,
        );
        for part in ["31 trials, 2 of them", "4.000 bits/element", "+0.2500 [+0.2400, +0.2600]", "--trial ID"]
        {
            assert!(text.contains(part), "{part} in {text}");
        }
    }
}
