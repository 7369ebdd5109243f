//! Non-dominated ranks.

use super::{Points, divide, known};

/// The front of every point: 0 for points that nothing dominates, 1 for those that only points of front 0
/// dominate, and so on. Equal points share a front.
///
/// Points are visited in lexicographic order, so only earlier ones can dominate, and the fronts that hold a dominator
/// are the first ones: a binary search over fronts finds the place (ENS-BS; Zhang et al. 2015). In two
/// dimensions the last point of a front decides (Jensen 2003, O(n log n)); in three, a staircase of the other two
/// coordinates does. Beyond, the module `divide` halves the points.
pub fn ranks(points: Points<'_>) -> Vec<u32> {
    match points.dimension {
        1 => by_fronts(points, &mut Vec::<Lowest>::new(), |point| [known(point[0]), 0.0, 0.0]),
        2 => by_fronts(points, &mut Vec::<Lowest>::new(), |point| [known(point[0]), known(point[1]), 0.0]),
        3 => by_fronts(points, &mut Vec::<Stairs>::new(), |point| {
            [known(point[0]), known(point[1]), known(point[2])]
        }),
        _ => divide::ranks(points),
    }
}

/// What a front must remember to tell whether it dominates a lexicographically later, different point.
trait Front<P>: Default {
    fn dominates(&self, point: &P) -> bool;
    fn add(&mut self, point: &P);
}

fn by_fronts<P: PartialEq, F: Front<P>>(
    points: Points<'_>,
    fronts: &mut Vec<F>,
    read: impl Fn(&[f64]) -> P,
) -> Vec<u32> {
    let mut ranks = vec![0; points.len()];
    let mut last: Option<(P, u32)> = None;
    for index in points.sorted() {
        let point = read(points.point(index as usize));
        let rank = match &last {
            Some((same, rank)) if *same == point => *rank,
            _ => {
                let rank = fronts.partition_point(|front| front.dominates(&point));
                if rank == fronts.len() {
                    fronts.push(F::default());
                }
                fronts[rank].add(&point);
                rank as u32
            }
        };
        ranks[index as usize] = rank;
        last = Some((point, rank));
    }
    ranks
}

/// Two coordinates: the least second coordinate so far.
#[derive(Default)]
struct Lowest(Option<f64>);

impl Front<[f64; 3]> for Lowest {
    fn dominates(&self, point: &[f64; 3]) -> bool {
        self.0.is_some_and(|lowest| lowest <= point[1])
    }

    fn add(&mut self, point: &[f64; 3]) {
        self.0 = Some(point[1]);
    }
}

/// Three coordinates: the staircase of the others, second ascending and third descending.
#[derive(Default)]
struct Stairs(Vec<(f64, f64)>);

impl Front<[f64; 3]> for Stairs {
    fn dominates(&self, point: &[f64; 3]) -> bool {
        let after = self.0.partition_point(|step| step.0 <= point[1]);
        after > 0 && self.0[after - 1].1 <= point[2]
    }

    fn add(&mut self, point: &[f64; 3]) {
        let from = self.0.partition_point(|step| step.0 < point[1]);
        let to = from + self.0[from..].partition_point(|step| step.1 >= point[2]);
        self.0.splice(from..to, [(point[1], point[2])]);
    }
}
