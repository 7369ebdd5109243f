//! The volume that points dominate.

use super::{Points, known};

/// The volume of what `points` dominate within `reference` (all coordinates minimised). Points that do not lie
/// below the reference in every coordinate add nothing.
///
/// Two dimensions: a sweep, O(n log n). Three: a sweep over the last coordinate that keeps a staircase of the
/// others and its area (Fonseca, Paquete & López-Ibáñez 2006). More: WFG (While, Bradstreet & Barone 2012).
pub fn hypervolume(points: Points<'_>, reference: &[f64]) -> f64 {
    debug_assert_eq!(points.dimension, reference.len());
    let inside = |point: &&[f64]| point.iter().zip(reference).all(|(value, limit)| known(*value) < *limit);
    let rows: Vec<Vec<f64>> = points.iter().filter(inside).map(<[f64]>::to_vec).collect();
    volume(rows, reference)
}

fn volume(mut rows: Vec<Vec<f64>>, reference: &[f64]) -> f64 {
    match reference.len() {
        0 => 0.0,
        1 => rows.iter().map(|row| reference[0] - row[0]).fold(0.0, f64::max),
        2 => {
            rows.sort_unstable_by(|a, b| a[0].total_cmp(&b[0]).then(a[1].total_cmp(&b[1])));
            let mut height = reference[1];
            let mut area = 0.0;
            for row in &rows {
                if row[1] < height {
                    area += (reference[0] - row[0]) * (height - row[1]);
                    height = row[1];
                }
            }
            area
        }
        3 => sweep(rows, reference),
        _ => wfg(rows, reference),
    }
}

fn sweep(mut rows: Vec<Vec<f64>>, reference: &[f64]) -> f64 {
    rows.sort_unstable_by(|a, b| a[2].total_cmp(&b[2]));
    let mut stairs = Stairs { steps: Vec::with_capacity(rows.len()), area: 0.0 };
    let (mut total, mut from) = (0.0, 0.0);
    for row in &rows {
        total += stairs.area * (row[2] - from);
        from = row[2];
        stairs.add(row[0], row[1], reference);
    }
    total + stairs.area * (reference[2] - from)
}

/// Points none of which dominates another, first coordinate ascending and second descending, and the area that they
/// dominate.
struct Stairs {
    steps: Vec<(f64, f64)>,
    area: f64,
}

impl Stairs {
    fn add(&mut self, x: f64, y: f64, reference: &[f64]) {
        let from = self.steps.partition_point(|step| step.0 < x);
        let mut height = if from > 0 { self.steps[from - 1].1 } else { reference[1] };
        let dominated = height <= y || self.steps.get(from).is_some_and(|step| step.0 == x && step.1 <= y);
        if dominated {
            return;
        }
        // The new area: strips between x and the first lower step, above y and below the old staircase.
        let (mut to, mut left) = (from, x);
        while let Some(&step) = self.steps.get(to).filter(|step| step.1 >= y) {
            self.area += (step.0 - left) * (height - y);
            (left, height) = step;
            to += 1;
        }
        let right = self.steps.get(to).map_or(reference[0], |step| step.0);
        self.area += (right - left) * (height - y);
        self.steps.splice(from..to, [(x, y)]);
    }
}

/// Σ of exclusive volumes: that of a point is its box minus what the later points dominate of it.
fn wfg(mut rows: Vec<Vec<f64>>, reference: &[f64]) -> f64 {
    let last = reference.len() - 1;
    rows.sort_unstable_by(|a, b| b[last].total_cmp(&a[last]));
    let mut total = 0.0;
    for (index, row) in rows.iter().enumerate() {
        let own: f64 = row.iter().zip(reference).map(|(value, limit)| limit - value).product();
        let limited =
            rows[index + 1..].iter().map(|other| other.iter().zip(row).map(|(a, b)| a.max(*b)).collect());
        total += own - nested(front(limited.collect()), reference, row[last]);
    }
    total
}

/// The volume of points that share their last coordinate: one dimension less.
fn nested(rows: Vec<Vec<f64>>, reference: &[f64], level: f64) -> f64 {
    let last = reference.len() - 1;
    let rows = rows.into_iter().map(|mut row| {
        row.truncate(last);
        row
    });
    volume(rows.collect(), &reference[..last]) * (reference[last] - level)
}

/// Points that no other dominates, each once.
fn front(rows: Vec<Vec<f64>>) -> Vec<Vec<f64>> {
    let mut kept: Vec<Vec<f64>> = Vec::new();
    for row in rows {
        let covers = |a: &[f64], b: &[f64]| a.iter().zip(b).all(|(a, b)| a <= b);
        if kept.iter().all(|other| !covers(other, &row)) {
            kept.retain(|other| !covers(&row, other));
            kept.push(row);
        }
    }
    kept
}
