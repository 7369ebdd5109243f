//! Cached scores of one plan, item by item.

use std::collections::HashMap;

use attune_core::evaluator::EvalFailure;
use attune_core::scores::Scores;
use attune_core::store::Cached;

/// Evaluations of one plan on one split.
pub(in crate::session) struct Known {
    pieces: Vec<Cached>,
    /// Piece and position of every scored item; the oldest piece wins.
    places: HashMap<u32, (usize, usize)>,
}

impl Known {
    pub(in crate::session) fn new(pieces: Vec<Cached>) -> Self {
        let mut known = Self { pieces: Vec::new(), places: HashMap::new() };
        pieces.into_iter().for_each(|piece| known.add(piece));
        known
    }

    pub(in crate::session) fn add(&mut self, piece: Cached) {
        if piece.outcome.is_ok() {
            for (position, item) in piece.items.iter().enumerate() {
                self.places.entry(*item).or_insert((self.pieces.len(), position));
            }
        }
        self.pieces.push(piece);
    }

    /// What is known about all of `items`: their scores, or a failure on some of them that would happen again.
    pub(in crate::session) fn answer(&self, items: &[u32]) -> Option<Result<Scores, EvalFailure>> {
        if let Some((_, failure)) = self.failure(items) {
            return Some(Err(failure.clone()));
        }
        let place = |item: &u32| {
            let (piece, position) = self.places.get(item)?;
            Some((self.pieces[*piece].outcome.as_ref().ok()?, *position))
        };
        let places: Option<Vec<(&Scores, usize)>> = items.iter().map(place).collect();
        Some(Ok(Scores::assemble(&places?)))
    }

    /// The items that nobody has scored, in the order of `items`.
    pub(in crate::session) fn missing(&self, items: &[u32]) -> Vec<u32> {
        items.iter().copied().filter(|item| !self.places.contains_key(item)).collect()
    }

    /// Whether everything that answers `items` was evaluated for other studies than `study`.
    pub(in crate::session) fn is_shared(&self, items: &[u32], study: &str) -> bool {
        if let Some((piece, _)) = self.failure(items) {
            return piece.origin.study != study;
        }
        let mut pieces = items.iter().filter_map(|item| self.places.get(item));
        pieces.all(|(piece, _)| self.pieces[*piece].origin.study != study)
    }

    /// A failure whose items are all among `items`.
    fn failure(&self, items: &[u32]) -> Option<(&Cached, &EvalFailure)> {
        let within = |piece: &&Cached| piece.items.iter().all(|item| items.contains(item));
        self.pieces.iter().filter(within).find_map(|piece| Some((piece, piece.outcome.as_ref().err()?)))
    }
}

#[cfg(test)]
mod tests {
    use attune_core::scores::{Aggregate, MetricScore};
    use attune_core::store::CacheOrigin;

    use super::*;

    fn piece(items: &[u32], by: &str) -> Cached {
        let values = items.iter().map(|item| f64::from(*item)).collect();
        let metric =
            MetricScore { aggregate: Aggregate::Mean, items: values, weights: vec![1.0; items.len()] };
        let scores = Scores { metrics: [("kl".to_owned(), metric)].into() };
        let origin = CacheOrigin { study: "s".to_owned(), by: by.to_owned() };
        Cached { items: items.to_vec(), outcome: Ok(scores), origin }
    }

    #[test]
    fn a_higher_fidelity_misses_only_its_new_items() {
        let mut known = Known::new(vec![piece(&[4, 1], "0"), piece(&[2], "7")]);
        assert_eq!(known.missing(&[1, 2, 3, 4, 5]), [3, 5]);
        assert!(known.answer(&[1, 3]).is_none());
        let scores = known.answer(&[2, 4]).unwrap().unwrap();
        assert_eq!(scores.metrics["kl"].items, [2.0, 4.0]);
        known.add(piece(&[3], "7"));
        assert!(known.answer(&[1, 3]).is_some());
    }

    #[test]
    fn shared_means_that_nothing_was_evaluated_for_this_study() {
        let of = |study: &str, items| {
            let origin = CacheOrigin { study: study.to_owned(), by: "0".to_owned() };
            Cached { origin, ..piece(items, "0") }
        };
        let known = Known::new(vec![of("a", &[0, 1]), of("b", &[2])]);
        assert!(known.is_shared(&[0, 1], "b"));
        assert!(!known.is_shared(&[0, 2], "b"));
    }

    #[test]
    fn a_failure_answers_requests_that_contain_its_items() {
        let failure = EvalFailure::BadRequest("no".to_owned());
        let failed = Cached { outcome: Err(failure.clone()), ..piece(&[2, 3], "0") };
        let known = Known::new(vec![piece(&[0, 1], "0"), failed]);
        assert_eq!(known.answer(&[0, 1, 2, 3]), Some(Err(failure)));
        assert!(known.answer(&[0, 1]).unwrap().is_ok());
        assert!(known.answer(&[2]).is_none(), "one of several items may be the one that failed");
    }
}
