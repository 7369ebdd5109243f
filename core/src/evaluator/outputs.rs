//! What a subject computes under a plan, before anything is made of it: what an engine that runs an export is held to.

/// Rows of outputs of one sequence of an item.
#[derive(Clone, Debug, PartialEq)]
pub struct Outputs {
    /// The item.
    pub item: u32,
    /// What the subject read, as numbers of its alphabet, in order.
    pub inputs: Vec<u32>,
    /// Where it was listened to, ascending: the row of position *p* follows from the inputs 0 to *p*.
    pub positions: Vec<u32>,
    /// Values of a row.
    pub width: usize,
    /// `positions × width`, row by row: logarithms of the probabilities of what comes next, up to a constant in each row.
    pub values: Vec<f32>,
}

/// At most `most` positions of a sequence of `length`, evenly spread from the first to the last; the last alone where one is wanted.
pub fn spread(length: usize, most: u32) -> Vec<u32> {
    let (last, most) = (length.saturating_sub(1) as u64, u64::from(most));
    match (length as u64).min(most) {
        0 => Vec::new(),
        1 => vec![last as u32],
        count => (0..count).map(|number| (number * last / (count - 1)) as u32).collect(),
    }
}

impl Outputs {
    /// What is wrong with them, in words: lengths that do not fit, positions that are none, values that are not finite.
    pub fn fault(&self) -> Option<String> {
        let (rows, width) = (self.positions.len(), self.width);
        if rows == 0 || width == 0 {
            return Some(format!("outputs of item {} have {rows} rows of {width} values", self.item));
        }
        if rows.checked_mul(width) != Some(self.values.len()) {
            let values = self.values.len();
            return Some(format!(
                "outputs of item {} have {values} values, expected {rows} × {width}",
                self.item
            ));
        }
        let ascending = self.positions.windows(2).all(|pair| pair[0] < pair[1]);
        let last = self.positions[rows - 1];
        if !ascending || last as usize >= self.inputs.len() {
            let inputs = self.inputs.len();
            return Some(format!(
                "positions of item {} are {:?}, expected ascending ones of {inputs} inputs",
                self.item, self.positions
            ));
        }
        let wrong = self.values.iter().find(|value| !value.is_finite());
        wrong.map(|value| format!("an output of item {} is {value}", self.item))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_are_spread_from_the_first_to_the_last() {
        assert_eq!(spread(9, 3), [0, 4, 8]);
        assert_eq!(spread(128, 16).len(), 16);
        assert_eq!(spread(128, 16)[15], 127);
        assert_eq!(spread(4, 16), [0, 1, 2, 3]);
        assert_eq!(
            (spread(7, 1), spread(1, 16), spread(0, 16), spread(5, 0)),
            (vec![6], vec![0], vec![], vec![])
        );
    }

    #[test]
    fn what_does_not_fit_is_said() {
        let good = Outputs {
            item: 2,
            inputs: vec![7, 8, 9],
            positions: vec![0, 2],
            width: 2,
            values: vec![0.0, 1.0, 2.0, 3.0],
        };
        assert_eq!(good.fault(), None);
        let faults = [
            (Outputs { values: vec![0.0; 3], ..good.clone() }, "3 values, expected 2 × 2"),
            (Outputs { positions: vec![0, 3], ..good.clone() }, "ascending ones of 3 inputs"),
            (Outputs { positions: vec![2, 0], ..good.clone() }, "ascending"),
            (Outputs { values: vec![0.0, f32::NAN, 0.0, 0.0], ..good.clone() }, "is NaN"),
            (Outputs { positions: vec![], values: vec![], ..good.clone() }, "0 rows"),
            (Outputs { width: 0, values: vec![], ..good }, "of 0 values"),
        ];
        for (faulty, words) in faults {
            let found = faulty.fault().unwrap();
            assert!(found.contains(words), "{found}");
        }
    }
}
