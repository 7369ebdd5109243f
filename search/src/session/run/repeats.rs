//! Configs that are asked again: on which items, and their scoring, which no race ends early.

use std::collections::BTreeMap;

use attune_core::evaluator::{Request, Split};
use attune_core::plan::Plan;
use attune_core::strategy::{Origin, Proposal};
use attune_core::trial::{Repeat, Trial};

use super::generation::Generation;
use crate::session::measure::{Flow, Scoring, Step, Wanted};
use crate::session::race::{Ended, Finish};
use crate::session::{SessionError, SessionSetup};

/// The items of every repeat among the proposals of a generation, by number, after the trials before it.
///
/// The `n`-th repeat of a config has the `n`-th block after the items of first trials, of as many items (the last one may be
/// shorter): configs that are asked again equally often meet the same items.
pub(super) fn blocks(
    setup: &SessionSetup,
    before: &[Trial],
    proposals: &[Proposal],
) -> Result<BTreeMap<u64, Vec<u32>>, SessionError> {
    let mut blocks = BTreeMap::new();
    let mut asked: BTreeMap<u64, u32> = BTreeMap::new();
    let again = proposals.iter().filter_map(|proposal| match proposal.origin {
        Origin::Again { of } => Some((proposal.index, of)),
        _ => None,
    });
    for (index, of) in again {
        let earlier = || before.iter().filter(|trial| trial.again_of() == Some(of)).count();
        let times = asked.entry(of).or_insert_with(|| earlier() as u32);
        *times += 1;
        let size = setup.fidelity.items;
        let available = setup.preflight().available(&Split::Selection, size)?;
        let first = times.saturating_mul(size);
        let items: Vec<u32> = (first..first.saturating_add(size).min(available)).collect();
        if items.is_empty() {
            return Err(SessionError::BadProposal {
                strategy: setup.strategy.name().to_owned(),
                proposal: index,
                found: format!("trial {of} asked again {times} times"),
                expected: format!(
                    "at most {} times, since the selection split has {available} items and a trial {size} \
                     (`SearchContext::repeats`)",
                    setup.repeats()?
                ),
            });
        }
        blocks.insert(index, items);
    }
    Ok(blocks)
}

/// Scores `repeats`: positions, plans and items of the generation.
pub(super) fn score(
    setup: &SessionSetup,
    scoring: &mut Scoring<'_>,
    generation: &mut Generation<'_, '_>,
    repeats: Vec<(usize, Plan, Vec<u32>)>,
) -> Result<Flow, SessionError> {
    let mut together: BTreeMap<Vec<u32>, Vec<(usize, Plan)>> = BTreeMap::new();
    for (position, plan, items) in repeats {
        together.entry(items).or_default().push((position, plan));
    }
    for (items, plans) in together {
        let wanted: Vec<Wanted<'_>> = plans
            .iter()
            .map(|(position, plan)| Wanted { plan, by: generation.id(*position).to_string() })
            .collect();
        let request = Request { deadline: setup.deadline, ..Request::new(Split::Selection, items.clone()) };
        let flow = scoring.score(&request, &wanted, &mut |step| match step {
            Step::Started(number) => {
                generation.started(plans[number].0);
                Ok(())
            }
            Step::Evaluated(evaluations) => {
                generation.evaluated(evaluations);
                Ok(())
            }
            Step::Scored(number, scored) => {
                let repeat =
                    |scores| Finish::Repeated(Repeat { items: items.clone(), scores, reused: false });
                let outcome = scored.outcome.map(repeat);
                generation
                    .settled(plans[number].0, Ended { outcome, shared: scored.shared, effort: scored.effort })
            }
        })?;
        if flow == Flow::Stopped {
            return Ok(Flow::Stopped);
        }
    }
    Ok(Flow::Done)
}
