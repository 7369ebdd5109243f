//! Ranks by divide and conquer, for any number of coordinates.
//!
//! The rank of a point is one more than the largest rank among those that dominate it. Halves by the last coordinate are
//! ranked one after the other; between them the lower half raises the ranks of the upper one in one coordinate less, down to
//! two, where a sweep in the order of the first coordinate asks a tree of prefix maxima over the second (Jensen 2003; Fortin,
//! Grenier & Parizeau 2013, "Generalizing the improved run-time complexity algorithm for non-dominated sorting", for equal
//! coordinates; the tree: Buzdalov & Shalyto 2014). `O(n·log^(d−1) n)` for `n` points of `d` coordinates.

use super::{Points, known};

/// Pairs that are compared one by one sooner than halved.
const FEW_PAIRS: usize = 256;

/// The front of every point, as [`ranks`](super::ranks) says it; at least two coordinates.
pub(super) fn ranks(points: Points<'_>) -> Vec<u32> {
    let order = points.sorted();
    let places = places(points);
    let dimension = points.dimension;
    let row = |index: u32| &places[index as usize * dimension..(index as usize + 1) * dimension];
    // Different points in lexicographic order; equal ones share what is found for the first of them.
    let mut rows: Vec<u32> = Vec::with_capacity(places.len());
    let mut number = vec![0; points.len()];
    let mut last: Option<u32> = None;
    for &index in &order {
        if last.is_none_or(|last| row(last) != row(index)) {
            rows.extend_from_slice(row(index));
        }
        number[index as usize] = rows.len() / dimension - 1;
        last = Some(index);
    }
    let count = rows.len() / dimension;
    let mut sorting =
        Sorting { rows, dimension, ranks: vec![0; count], tree: PrefixMaxima::new(points.len()) };
    sorting.among(&(0..count as u32).collect::<Vec<u32>>(), dimension);
    number.into_iter().map(|number| sorting.ranks[number]).collect()
}

/// Coordinates as places in the order of their values, equal values at equal places.
fn places(points: Points<'_>) -> Vec<u32> {
    let mut places = vec![0; points.values.len()];
    let mut keyed: Vec<(f64, usize)> = Vec::with_capacity(points.len());
    for coordinate in 0..points.dimension {
        keyed.clear();
        keyed.extend(points.iter().map(|point| known(point[coordinate])).zip(0..));
        keyed.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        let mut place = 0;
        for (at, &(value, index)) in keyed.iter().enumerate() {
            place += u32::from(at > 0 && keyed[at - 1].0 != value);
            places[index * points.dimension + coordinate] = place;
        }
    }
    places
}

/// Different points by their number in lexicographic order, and their ranks so far. Sets of them are ascending.
struct Sorting {
    rows: Vec<u32>,
    dimension: usize,
    ranks: Vec<u32>,
    tree: PrefixMaxima,
}

impl Sorting {
    fn at(&self, point: u32, coordinate: usize) -> u32 {
        self.rows[point as usize * self.dimension + coordinate]
    }

    /// Whether `one` is nowhere behind `other` in the first `coordinates`.
    fn precedes(&self, one: u32, other: u32, coordinates: usize) -> bool {
        let row = |point: u32| &self.rows[point as usize * self.dimension..][..coordinates];
        row(one).iter().zip(row(other)).all(|(one, other)| one <= other)
    }

    fn raise(&mut self, point: u32, rank: u32) {
        let own = &mut self.ranks[point as usize];
        *own = rank.max(*own);
    }

    /// Ranks the points of a set by each other, where they are equal in all but the first `coordinates`.
    fn among(&mut self, set: &[u32], coordinates: usize) {
        if set.len() * set.len() <= FEW_PAIRS {
            for (behind, &point) in set.iter().enumerate() {
                for &before in &set[..behind] {
                    if self.precedes(before, point, coordinates) {
                        self.raise(point, self.ranks[before as usize] + 1);
                    }
                }
            }
        } else if coordinates == 2 {
            self.sweep_among(set);
        } else {
            match self.middle(set, &[], coordinates - 1) {
                None => self.among(set, coordinates - 1),
                Some(middle) => {
                    let (low, high) = self.split(set, coordinates - 1, middle);
                    self.among(&low, coordinates);
                    self.between(&low, &high, coordinates - 1);
                    self.among(&high, coordinates);
                }
            }
        }
    }

    /// Raises the ranks of `high` by the final ones of `low`, which is nowhere behind it beyond the first `coordinates`.
    fn between(&mut self, low: &[u32], high: &[u32], coordinates: usize) {
        if low.len() * high.len() <= FEW_PAIRS {
            for &point in high {
                for &before in low {
                    if self.precedes(before, point, coordinates) {
                        self.raise(point, self.ranks[before as usize] + 1);
                    }
                }
            }
        } else if coordinates == 2 {
            self.sweep_between(low, high);
        } else {
            match self.middle(low, high, coordinates - 1) {
                None => self.between(low, high, coordinates - 1),
                Some(middle) => {
                    let (low_low, low_high) = self.split(low, coordinates - 1, middle);
                    let (high_low, high_high) = self.split(high, coordinates - 1, middle);
                    self.between(&low_low, &high_low, coordinates);
                    self.between(&low_low, &high_high, coordinates - 1);
                    self.between(&low_high, &high_high, coordinates);
                }
            }
        }
    }

    /// A place of a coordinate that halves two sets together: about half is there or before, and something is behind.
    /// `None` when all are equal in it.
    fn middle(&self, one: &[u32], other: &[u32], coordinate: usize) -> Option<u32> {
        let mut places: Vec<u32> = one.iter().chain(other).map(|&point| self.at(point, coordinate)).collect();
        let (least, most) =
            places.iter().fold((u32::MAX, 0), |(least, most), &place| (least.min(place), most.max(place)));
        if least >= most {
            return None;
        }
        let half = (places.len() - 1) / 2;
        let (before, &mut middle, _) = places.select_nth_unstable(half);
        if middle < most {
            return Some(middle);
        }
        // More than half stand at the last place.
        before.iter().copied().filter(|place| *place < most).max()
    }

    /// Those up to `middle` in a coordinate, and those behind.
    fn split(&self, set: &[u32], coordinate: usize, middle: u32) -> (Vec<u32>, Vec<u32>) {
        set.iter().partition(|&&point| self.at(point, coordinate) <= middle)
    }

    fn sweep_among(&mut self, set: &[u32]) {
        for &point in set {
            let place = self.at(point, 1);
            if let Some(rank) = self.tree.upto(place) {
                self.raise(point, rank + 1);
            }
            self.tree.add(place, self.ranks[point as usize]);
        }
        self.clear(set);
    }

    fn sweep_between(&mut self, low: &[u32], high: &[u32]) {
        let mut waiting = low.iter().copied().peekable();
        for &point in high {
            while let Some(before) = waiting.next_if(|before| *before < point) {
                self.tree.add(self.at(before, 1), self.ranks[before as usize]);
            }
            if let Some(rank) = self.tree.upto(self.at(point, 1)) {
                self.raise(point, rank + 1);
            }
        }
        self.clear(low);
    }

    fn clear(&mut self, set: &[u32]) {
        for &point in set {
            self.tree.remove(self.at(point, 1));
        }
    }
}

/// The largest rank up to a place (a binary indexed tree; Fenwick 1994).
struct PrefixMaxima(Vec<Option<u32>>);

impl PrefixMaxima {
    fn new(places: usize) -> Self {
        Self(vec![None; places + 1])
    }

    fn upto(&self, place: u32) -> Option<u32> {
        let mut at = place as usize + 1;
        let mut most = None;
        while at > 0 {
            most = most.max(self.0[at]);
            at &= at - 1;
        }
        most
    }

    fn add(&mut self, place: u32, rank: u32) {
        let mut at = place as usize + 1;
        while at < self.0.len() {
            self.0[at] = self.0[at].max(Some(rank));
            at += at & at.wrapping_neg();
        }
    }

    /// Forgets everything that was added at a place; others are to be removed before the next question.
    fn remove(&mut self, place: u32) {
        let mut at = place as usize + 1;
        while at < self.0.len() {
            self.0[at] = None;
            at += at & at.wrapping_neg();
        }
    }
}
