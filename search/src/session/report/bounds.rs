//! Known bounds of the data that a report is on, and gaps to them.

use std::collections::BTreeMap;

use attune_core::bounds::{self, KnownBounds};
use attune_core::evaluator::{EvalFailure, MetricInfo, Request, Split};
use attune_core::event::Event;
use attune_core::scores::Scores;
use attune_core::trial::Trial;

use super::{Column, ReportBuilder};
use crate::session::SessionError;
use crate::session::measure::interruptible;

/// What is known of each split, on the items that are reported and that the search scored every config on.
pub(super) struct Bounds {
    pub(super) report: KnownBounds,
    pub(super) selection: KnownBounds,
    /// By domain.
    pub(super) out_of_domain: BTreeMap<String, KnownBounds>,
}

/// Asks the evaluator. Bounds that one of the reported plans beats are none: they are left out, with a warning. `None` when someone asked
/// to stop.
pub(super) fn asked(
    builder: &mut ReportBuilder<'_, '_>,
    best: &Trial,
    columns: [&Column; 2],
    out_of_domain: &BTreeMap<String, Column>,
) -> Result<Option<Bounds>, SessionError> {
    let items = builder.setup.report_fidelity(&Split::Report)?.all();
    let Some(mut report) = of(builder, Split::Report, items)? else { return Ok(None) };
    // Whoever knows nothing of one split knows nothing of the others.
    let knows = !report.is_empty();
    let selection = if knows { builder.setup.fidelity.all() } else { Vec::new() };
    let mut selection = match selection.is_empty() {
        true => KnownBounds::new(),
        false => match of(builder, Split::Selection, selection)? {
            Some(bounds) => bounds,
            None => return Ok(None),
        },
    };
    let metrics = &builder.setup.evaluator.task().metrics;
    let scored = columns.into_iter().flat_map(|column| column.values());
    for message in keep_unbeaten(&mut report, &Split::Report, metrics, scored) {
        (builder.events)(Event::Warning { message });
    }
    for message in keep_unbeaten(&mut selection, &Split::Selection, metrics, best.scores().into_iter()) {
        (builder.events)(Event::Warning { message });
    }
    let mut elsewhere = BTreeMap::new();
    for (domain, column) in out_of_domain.iter().filter(|_| knows) {
        let split = Split::OutOfDomain(domain.clone());
        let items = builder.setup.report_fidelity(&split)?.all();
        let Some(mut bounds) = of(builder, split.clone(), items)? else { return Ok(None) };
        for message in keep_unbeaten(&mut bounds, &split, metrics, column.values()) {
            (builder.events)(Event::Warning { message });
        }
        elsewhere.insert(domain.clone(), bounds);
    }
    Ok(Some(Bounds { report, selection, out_of_domain: elsewhere }))
}

/// What the evaluator knows of these items; `None` when someone asked to stop.
fn of(
    builder: &mut ReportBuilder<'_, '_>,
    split: Split,
    items: Vec<u32>,
) -> Result<Option<KnownBounds>, SessionError> {
    let (evaluator, control) = (&builder.setup.evaluator, &mut builder.scoring.control);
    let during = format!("asking for known bounds of the {split} data");
    let request = Request { stop: control.flag(), ..Request::new(split, items) };
    let ask = || evaluator.known_bounds(&request);
    // The generation after which it is to stop is over, and a report that is begun is made.
    let ends_by_itself = control.after_generation && !control.now;
    let known = if ends_by_itself { Some(ask()) } else { interruptible(control, &during, &mut || (), ask)? };
    let known = match known {
        None | Some(Err(EvalFailure::Interrupted)) => return Ok(None),
        Some(known) => known,
    };
    let known = known.and_then(|known| {
        let fault = bounds::fault(&known, &evaluator.task().metrics, request.items.len());
        fault.map_or(Ok(known), |fault| Err(EvalFailure::Internal(format!("it says {fault}"))))
    });
    known.map(Some).map_err(|failure| SessionError::Evaluator { during, failure })
}

/// Takes away what some of `scored` beats, and says so.
fn keep_unbeaten<'a>(
    known: &mut KnownBounds,
    split: &Split,
    metrics: &[MetricInfo],
    scored: impl Iterator<Item = &'a Scores> + Clone,
) -> Vec<String> {
    let mut warnings = Vec::new();
    for metric in metrics {
        let Some(values) = known.get(&metric.name) else { continue };
        let mut scores = scored.clone().filter_map(|scores| scores.metrics.get(&metric.name));
        let beaten = scores.find_map(|score| {
            let at = bounds::beaten(metric.direction, score, values)?;
            Some((at, score.items[at], values[at].unwrap_or(f64::NAN)))
        });
        if let Some((item, value, bound)) = beaten {
            known.remove(&metric.name);
            warnings.push(format!(
                "`{}` of item {item} of the {split} data is {value}, better than {bound}, which its evaluator calls a bound: \
                 gaps to its bounds are left out",
                metric.name
            ));
        }
    }
    warnings
}
