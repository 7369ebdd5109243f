//! Crowding distance: how lonely a point is on its front.

use super::{Points, known};

/// Crowding distances (Deb et al. 2002, "A fast and elitist multiobjective genetic algorithm: NSGA-II", §III-B):
/// the sum over coordinates of the distance between both neighbours, as a share of the range; infinite at the
/// ends. All points are taken to be of one front.
pub fn crowding(points: Points<'_>) -> Vec<f64> {
    let mut distances = vec![0.0; points.len()];
    let mut order: Vec<usize> = (0..points.len()).collect();
    for coordinate in 0..points.dimension {
        let value = |index: usize| known(points.point(index)[coordinate]);
        order.sort_by(|&a, &b| value(a).total_cmp(&value(b)).then(a.cmp(&b)));
        let [first, .., last] = order[..] else { return vec![f64::INFINITY; points.len()] };
        let range = value(last) - value(first);
        distances[first] = f64::INFINITY;
        distances[last] = f64::INFINITY;
        if range > 0.0 && range.is_finite() {
            for three in order.windows(3) {
                distances[three[1]] += (value(three[2]) - value(three[0])) / range;
            }
        }
    }
    distances
}
