//! Whether an engine computes what was scored, from the differences that were measured.

use attune_core::exporter::Exactness;
use attune_core::format::short;
use attune_core::scores::{Aggregate, MetricScore};
use attune_core::stats::{self, Estimate, Support};
use attune_export::description::Tolerance;

use crate::engines::{Answered, Figures, ItemFigures, Losses};

/// Whether an engine computes what was scored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It does, and without the plan it does not.
    Agrees,
    /// Not number by number, but what the plan loses in it is what was scored.
    SameLoss,
    /// It does not.
    Differs,
    /// It may, but the same without the plan cannot be told from it.
    Unclear,
}

impl Verdict {
    /// As manifests and scripts have it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Agrees => "agrees",
            Self::SameLoss => "agrees-in-loss",
            Self::Differs => "differs",
            Self::Unclear => "cannot-tell",
        }
    }
}

/// How far an engine may be from the evaluator.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Bound {
    /// Not at all: what is compared is a plan.
    Same,
    /// So far; the export is exact.
    Within(Tolerance),
    /// By this, in numbers of a checkpoint: what sums in float32 round to, in whatever order.
    Rounding(f64),
    /// On average half as far as without the plan: the export is approximate, and how far that may lead nobody has said.
    Nearer,
}

impl Bound {
    pub(super) fn of(exactness: &Exactness, tolerance: Tolerance) -> Self {
        match exactness {
            Exactness::Exact => Self::Within(tolerance),
            Exactness::Approximate { .. } => Self::Nearer,
        }
    }
}

/// In what an export is approximate.
pub(super) fn approximate(exactness: &Exactness) -> Option<String> {
    match exactness {
        Exactness::Exact => None,
        Exactness::Approximate { reason } => Some(reason.clone()),
    }
}

/// The verdict and why, in a sentence. `codes` says whether the plan rounds numbers that the model computes on its way to codes (those of a
/// cache, say): one that lies between two codes may go to either, and all that follows in its sequence shows it.
pub(super) fn of(answered: &Answered, bound: Bound, codes: bool) -> (Verdict, String) {
    let own = &answered.figures;
    let mut same = "it computes what was scored".to_owned();
    if let Bound::Within(tolerance) = bound
        && let Some(why) = beyond(answered, &tolerance)
    {
        match codes.then(|| tied(answered, &tolerance)).flatten() {
            Some(words) => same.push_str(&words),
            None => return (Verdict::Differs, why),
        }
    }
    let control = match &answered.control {
        Ok(control) => control,
        Err(why) => {
            return (Verdict::Unclear, format!("there is nothing to tell it from: without the plan, {why}"));
        }
    };
    match bound {
        Bound::Within(tolerance) if control.max_difference <= tolerance.log_probability => {
            let seen = format!("without the plan it is as near, at {} positions", own.positions);
            (Verdict::Unclear, format!("{seen}: either the plan changes nothing there, or it is passed over"))
        }
        Bound::Within(_) if !is_nearer(own, control) => {
            let seen = format!("without the plan it is on average as near, at {} positions", own.positions);
            (
                Verdict::Unclear,
                format!("{seen}: the engine's own arithmetic is coarser than what the plan changes"),
            )
        }
        Bound::Nearer if !is_nearer(own, control) => match loss(answered) {
            Some(loss) if loss.is_what_was_scored() => (
                Verdict::SameLoss,
                format!(
                    "what the plan loses in it is what was scored ({}), though single numbers are not: roundings that follow each \
                     other carry the last digit far",
                    loss.words()
                ),
            ),
            loss => {
                let lost = loss.map(|loss| format!("; the plan loses {}", loss.words())).unwrap_or_default();
                let why = "on average it is not half as far from what was scored as without the plan";
                (Verdict::Differs, format!("{why}{lost}"))
            }
        },
        Bound::Nearer => {
            (Verdict::Agrees, "on average it is nearer to what was scored than without the plan".to_owned())
        }
        Bound::Same | Bound::Rounding(_) | Bound::Within(_) => (Verdict::Agrees, same),
    }
}

/// What a plan loses: the divergence from the engine without it.
struct Loss {
    /// Means, nats: of what was scored, and of the engine.
    scored: f64,
    engine: f64,
    /// What the engine loses more, paired by sequence.
    more: Estimate,
}

impl Loss {
    /// Whether the engine loses at most half more or less, and the interval says so.
    fn is_what_was_scored(&self) -> bool {
        let most = self.scored / 2.0;
        -most < self.more.low && self.more.high < most
    }

    fn words(&self) -> String {
        let Estimate { low, high, .. } = self.more;
        format!(
            "KL {} in the engine, {} as scored, difference [{}, {}]",
            short(self.engine),
            short(self.scored),
            short(low),
            short(high)
        )
    }
}

/// Sequences below which an interval says nothing.
const FEWEST: usize = 4;

fn loss(answered: &Answered) -> Option<Loss> {
    let known: Vec<_> = answered.items.iter().filter_map(|item| Some((item, item.losses?))).collect();
    if known.len() < FEWEST {
        return None;
    }
    let weights: Vec<f64> = known.iter().map(|(item, _)| item.figures.positions as f64).collect();
    let score = |of: fn(&Losses) -> f64| MetricScore {
        aggregate: Aggregate::Mean,
        items: known.iter().map(|(_, losses)| of(losses)).collect(),
        weights: weights.clone(),
    };
    let (scored, engine) = (score(|losses| losses.scored), score(|losses| losses.engine));
    let more = stats::difference(Support::Any, &engine, &scored, 0).ok()?;
    Some(Loss { scored: scored.value(), engine: engine.value(), more })
}

/// One of so many sequences, at most, may be farther away for a code that lay between two. What is wrong with an export shows in all of them:
/// each goes through every layer, and is compared at positions from its first to its last.
const TIED: usize = 4;

/// In how many sequences a code may have gone the other way, where all others are as near as they have to be.
fn tied(answered: &Answered, tolerance: &Tolerance) -> Option<String> {
    let is_off = |of: &&ItemFigures| {
        of.figures.max_difference > tolerance.log_probability || of.figures.agreement < tolerance.agreement
    };
    let (off, all) = (answered.items.iter().filter(is_off).count(), answered.items.len());
    (off * TIED <= all).then(|| {
        format!(
            "; in {off} of {all} sequences it is off by up to {} nats, as where a number that lies between two codes goes to the other one",
            short(answered.figures.max_difference)
        )
    })
}

/// Whether it is on average at most half as far away.
fn is_nearer(own: &Figures, control: &Figures) -> bool {
    own.mean_difference <= control.mean_difference / 2.0
}

/// In what an engine is farther away than it may be, with the item that shows it most.
fn beyond(answered: &Answered, tolerance: &Tolerance) -> Option<String> {
    let own = &answered.figures;
    if own.max_difference > tolerance.log_probability {
        let worst = answered
            .items
            .iter()
            .max_by(|one, other| one.figures.max_difference.total_cmp(&other.figures.max_difference));
        let place = worst.map(|worst| format!(" (report item {})", worst.item)).unwrap_or_default();
        return Some(format!(
            "log p of a next token is off by up to {} nats{place}, {} on average; expected at most {}",
            short(own.max_difference),
            short(own.mean_difference),
            short(tolerance.log_probability)
        ));
    }
    (own.agreement < tolerance.agreement).then(|| {
        let percent = |share: f64| format!("{:.1}", 100.0 * share);
        format!(
            "the most likely token is another one at {} % of {} positions; expected at most {} %",
            percent(1.0 - own.agreement),
            own.positions,
            percent(1.0 - tolerance.agreement)
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures(max: f64, mean: f64, agreement: f64) -> Figures {
        Figures { max_difference: max, mean_difference: mean, kl: 0.0, agreement, positions: 128 }
    }

    fn verdict(own: Figures, control: Result<Figures, String>, bound: Bound) -> (Verdict, String) {
        let item = |item, figures| ItemFigures { item, tokens: 9, figures, losses: None };
        let items = vec![item(4, figures(0.0, 0.0, 1.0)), item(7, own)];
        of(&Answered { version: "1".to_owned(), figures: own, control, items }, bound, false)
    }

    const EXACT: Bound = Bound::Within(Tolerance::FLOAT32);

    #[test]
    fn near_with_the_plan_and_far_without_it_agrees() {
        let far = Ok(figures(4.0, 0.5, 0.7));
        assert_eq!(verdict(figures(2e-6, 1e-7, 1.0), far.clone(), EXACT).0, Verdict::Agrees);
        assert_eq!(verdict(figures(0.2, 0.01, 0.95), far, Bound::Nearer).0, Verdict::Agrees);
    }

    #[test]
    fn far_with_the_plan_differs_and_names_the_item() {
        let far = Ok(figures(4.0, 0.5, 0.7));
        let (verdict_, why) = verdict(figures(0.25, 0.125, 1.0), far.clone(), EXACT);
        assert_eq!(verdict_, Verdict::Differs);
        assert!(
            why.contains("up to 0.25") && why.contains("report item 7") && why.contains("0.001"),
            "{why}"
        );
        let (verdict_, why) = verdict(figures(1e-4, 1e-6, 0.5), far.clone(), EXACT);
        assert_eq!(verdict_, Verdict::Differs);
        assert!(why.contains("another one at 50.0 % of 128 positions"), "{why}");
        assert_eq!(verdict(figures(2.0, 0.3, 0.8), far, Bound::Nearer).0, Verdict::Differs);
    }

    #[test]
    fn numbers_that_differ_may_still_lose_what_was_scored() {
        let (own, control) = (figures(2.0, 0.3, 0.8), figures(4.0, 0.5, 0.7));
        let verdict = |losses: &[(f64, f64)]| {
            let items = losses.iter().zip(0..).map(|(&(scored, engine), item)| {
                let losses = Some(Losses { scored, engine });
                ItemFigures { item, tokens: 9, figures: own, losses }
            });
            let answered = Answered {
                version: "1".to_owned(),
                figures: own,
                control: Ok(control),
                items: items.collect(),
            };
            of(&answered, Bound::Nearer, false)
        };
        let (same, why) = verdict(&[(0.10, 0.11), (0.20, 0.19), (0.15, 0.15), (0.12, 0.14), (0.09, 0.08)]);
        assert_eq!(same, Verdict::SameLoss);
        assert!(why.contains("KL 0.1340 in the engine, 0.1320 as scored"), "{why}");
        // An engine that passes over the plan loses nothing, and one that rounds more loses more.
        let (nothing, why) = verdict(&[(0.10, 0.0), (0.20, 0.0), (0.15, 0.0), (0.12, 0.0), (0.09, 0.0)]);
        assert_eq!(nothing, Verdict::Differs);
        assert!(why.contains("the plan loses KL 0 in the engine"), "{why}");
        assert_eq!(
            verdict(&[(0.10, 0.2), (0.20, 0.4), (0.15, 0.3), (0.12, 0.2), (0.09, 0.2)]).0,
            Verdict::Differs
        );
        // Items that say this and that say nothing together, and few say nothing at all.
        assert_eq!(
            verdict(&[(0.10, 0.3), (0.20, 0.0), (0.15, 0.3), (0.12, 0.0), (0.09, 0.1)]).0,
            Verdict::Differs
        );
        assert_eq!(verdict(&[(0.10, 0.10), (0.20, 0.20)]).0, Verdict::Differs);
    }

    #[test]
    fn a_code_that_goes_the_other_way_shows_in_few_sequences_and_only_where_there_are_codes() {
        let (near, off) = (figures(2e-6, 1e-7, 1.0), figures(0.04, 2e-4, 1.0));
        let answered = |off_ones: usize| {
            let item = |number: usize| ItemFigures {
                item: number as u32,
                tokens: 24,
                figures: if number < off_ones { off } else { near },
                losses: None,
            };
            let items = (0..8).map(item).collect();
            let control = Ok(figures(3.0, 0.5, 0.7));
            Answered { version: "1".to_owned(), figures: off, control, items }
        };
        let (verdict_, why) = of(&answered(1), EXACT, true);
        assert_eq!(verdict_, Verdict::Agrees);
        assert!(why.contains("in 1 of 8 sequences it is off by up to 0.04"), "{why}");
        assert_eq!(of(&answered(3), EXACT, true).0, Verdict::Differs, "a fault shows in more");
        assert_eq!(of(&answered(1), EXACT, false).0, Verdict::Differs, "there is nothing to tie");
    }

    #[test]
    fn what_cannot_be_told_from_the_model_without_the_plan_is_unclear() {
        let own = figures(2e-6, 1e-7, 1.0);
        let (verdict_, why) = verdict(own, Ok(own), EXACT);
        assert_eq!(verdict_, Verdict::Unclear);
        assert!(why.contains("passed over"), "{why}");
        let (verdict_, why) = verdict(own, Err("it does not load".to_owned()), EXACT);
        assert!(verdict_ == Verdict::Unclear && why.ends_with("it does not load"), "{why}");
        // An engine of coarse arithmetic, and a plan that changes less than that.
        let coarse = Bound::Within(Tolerance { log_probability: 0.5, agreement: 0.9, why: "8 bits" });
        assert_eq!(verdict(figures(0.4, 0.1, 1.0), Ok(figures(0.6, 0.11, 1.0)), coarse).0, Verdict::Unclear);
    }
}
