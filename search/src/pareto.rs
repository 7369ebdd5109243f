//! Several losses at once: ranks, crowding, hypervolume.
//!
//! Points are rows of one flat slice, every coordinate to be minimised. A NaN counts as +∞, so it never
//! dominates.

mod crowding;
mod divide;
mod hypervolume;
mod rank;

pub use crowding::crowding;
pub use hypervolume::hypervolume;
pub use rank::ranks;

/// Points of the same dimension, row after row.
#[derive(Clone, Copy, Debug)]
pub struct Points<'a> {
    values: &'a [f64],
    dimension: usize,
}

impl<'a> Points<'a> {
    /// Rows of `dimension` values; an incomplete last row is left out.
    pub fn new(values: &'a [f64], dimension: usize) -> Self {
        let dimension = dimension.max(1);
        Self { values: &values[..values.len() / dimension * dimension], dimension }
    }

    /// Number of points.
    pub fn len(&self) -> usize {
        self.values.len() / self.dimension
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Coordinates of one point.
    pub fn point(&self, index: usize) -> &'a [f64] {
        &self.values[index * self.dimension..(index + 1) * self.dimension]
    }

    fn iter(&self) -> impl Iterator<Item = &'a [f64]> + use<'a> {
        self.values.chunks_exact(self.dimension)
    }

    /// Positions in lexicographic order.
    fn sorted(&self) -> Vec<u32> {
        let mut keyed: Vec<(f64, u32)> = self.iter().map(|point| known(point[0])).zip(0..).collect();
        keyed.sort_unstable_by(|a, b| {
            let rest = || {
                let (a, b) = (self.point(a.1 as usize), self.point(b.1 as usize));
                let pairs = a[1..].iter().zip(&b[1..]);
                pairs.map(|(a, b)| known(*a).total_cmp(&known(*b))).find(|order| order.is_ne())
            };
            a.0.total_cmp(&b.0).then_with(|| rest().unwrap_or(a.1.cmp(&b.1)))
        });
        keyed.into_iter().map(|(_, index)| index).collect()
    }
}

/// NaN as +∞, −0 as +0.
fn known(value: f64) -> f64 {
    if value.is_nan() { f64::INFINITY } else { value + 0.0 }
}

#[cfg(test)]
mod tests;
