//! Sums without rounding: whether a hard budget is met must not depend on the order of its terms.

/// A sum of floating-point numbers, exact until it is read (Shewchuk 1997, "Adaptive precision floating-point
/// arithmetic and fast robust geometric predicates", §2.4). All that is added must be finite, and far from the
/// largest number that there is.
#[derive(Clone, Debug, Default)]
pub(super) struct ExactSum {
    /// Numbers whose bits do not overlap, ascending in magnitude; together they are the sum.
    parts: Vec<f64>,
}

impl ExactSum {
    pub(super) fn add(&mut self, number: f64) {
        let mut carried = number;
        let mut kept = 0;
        for place in 0..self.parts.len() {
            let part = self.parts[place];
            let (large, small) = if carried.abs() < part.abs() { (part, carried) } else { (carried, part) };
            let sum = large + small;
            let lost = small - (sum - large);
            if lost != 0.0 {
                self.parts[kept] = lost;
                kept += 1;
            }
            carried = sum;
        }
        self.parts.truncate(kept);
        self.parts.push(carried);
    }

    /// Adds `factor · number`, also exactly.
    pub(super) fn add_product(&mut self, factor: f64, number: f64) {
        let product = factor * number;
        self.add(product);
        self.add(factor.mul_add(number, -product));
    }

    /// Adds `factor · number`, exactly for whole numbers that no `f64` holds, too.
    pub(super) fn add_whole(&mut self, factor: f64, number: i64) {
        let rounded = number as f64;
        self.add_product(factor, rounded);
        self.add_product(factor, (i128::from(number) - rounded as i128) as f64);
    }

    /// The sum, rounded once.
    pub(super) fn value(&self) -> f64 {
        self.parts.iter().rev().sum()
    }
}

#[cfg(test)]
mod tests {
    use super::ExactSum;

    #[test]
    fn what_cancels_leaves_nothing_behind_and_what_is_small_is_not_lost() {
        let mut sum = ExactSum::default();
        for number in [1e16, 1.0, 1.0, -1e16, 1.0] {
            sum.add(number);
        }
        assert_eq!(sum.value(), 3.0);
        // 0.1 is a little more than a tenth, and ten of them a little more than 1.
        (0..10).for_each(|_| sum.add(-0.1));
        sum.add(-2.0);
        assert!(sum.value() < 0.0 && sum.value() > -1e-15, "{}", sum.value());
    }

    #[test]
    fn products_of_whole_numbers_are_exact_beyond_two_to_the_53() {
        let mut sum = ExactSum::default();
        sum.add_whole(3.0, i64::MAX);
        sum.add_whole(-3.0, i64::MAX - 1);
        assert_eq!(sum.value(), 3.0);
    }
}
