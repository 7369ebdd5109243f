//! Products of rows around their mean.

use super::features::Row;

/// The mean of rows. Products are taken around it, which makes the model's constant free.
pub(super) struct Centre {
    /// Of the cells.
    pub(super) mean: Vec<f64>,
    /// Of the predictions, as they are read.
    pub(super) predicted: f64,
    square: f64,
}

/// A row minus the mean, for products with many others.
pub(super) struct Apart {
    cells: Vec<f64>,
    /// Product of the mean with it.
    shift: f64,
}

impl Apart {
    /// `(row − mean)·(other − mean)` over the cells, for every other row.
    pub(super) fn times<'a>(&self, others: impl Iterator<Item = &'a Row>) -> Vec<f64> {
        let mut products = Row::dots(others, &self.cells);
        products.iter_mut().for_each(|product| *product -= self.shift);
        products
    }
}

impl Centre {
    /// Of the cells of `rows`, which have so many places; predictions are not read yet.
    pub(super) fn new(rows: &[&Row], places: usize) -> Self {
        let mut mean = vec![0.0; places];
        rows.iter().for_each(|row| row.add_to(1.0 / rows.len() as f64, &mut mean));
        let square = super::dot(&mean, &mean);
        Self { mean, predicted: 0.0, square }
    }

    pub(super) fn apart(&self, row: &Row) -> Apart {
        let mut cells: Vec<f64> = self.mean.iter().map(|mean| -mean).collect();
        row.add_to(1.0, &mut cells);
        Apart { cells, shift: row.dot(&self.mean) - self.square }
    }

    /// Lower triangle of the products of all rows, by columns from the diagonal down.
    pub(super) fn kernel(&self, rows: &[&Row]) -> Vec<Vec<f64>> {
        let column = |(first, row): (usize, &&Row)| self.apart(row).times(rows[first..].iter().copied());
        rows.iter().enumerate().map(column).collect()
    }
}
