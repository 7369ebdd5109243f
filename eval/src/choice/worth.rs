//! What the likelihoods of choices are worth.

/// What is known of a question's choices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Choices {
    /// The place of the right one.
    pub(super) right: usize,
    /// Characters of each, without the delimiter: what likelihoods are divided by.
    pub(super) characters: Vec<u32>,
}

impl Choices {
    /// Accuracy, normalised accuracy and margin, from the log-likelihood of each choice, nats.
    pub(super) fn worth(&self, likelihoods: &[f64]) -> Vec<f64> {
        let by_character = likelihoods.iter().zip(&self.characters);
        let normalised: Vec<f64> = by_character.map(|(sum, &length)| sum / f64::from(length)).collect();
        vec![self.accuracy(likelihoods), self.accuracy(&normalised), self.margin(likelihoods)]
    }

    /// 1 where the right choice is the first of the best ones, else 0; not a number where one of them is none.
    fn accuracy(&self, values: &[f64]) -> f64 {
        if values.iter().any(|value| value.is_nan()) {
            return f64::NAN;
        }
        let better = |best: usize, place: usize| if values[place] > values[best] { place } else { best };
        f64::from(u8::from((0..values.len()).reduce(better) == Some(self.right)))
    }

    /// By how many nats the right choice is likelier than the best of the others.
    fn margin(&self, likelihoods: &[f64]) -> f64 {
        let others = likelihoods.iter().enumerate().filter(|&(place, _)| place != self.right);
        likelihoods[self.right] - others.map(|(_, &value)| value).fold(f64::NEG_INFINITY, f64::max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn worth(right: usize, characters: [u32; 3], likelihoods: [f64; 3]) -> Vec<f64> {
        Choices { right, characters: characters.to_vec() }.worth(&likelihoods)
    }

    #[test]
    fn both_accuracies_take_the_first_of_the_best() {
        assert_eq!(worth(1, [1, 1, 1], [-3.0, -2.0, -2.0]), [1.0, 1.0, 0.0]);
        assert_eq!(worth(2, [1, 1, 1], [-3.0, -2.0, -2.0]), [0.0, 0.0, 0.0]);
        assert_eq!(worth(1, [1, 1, 1], [-3.0, -1.0, -2.5])[2], 1.5);
        assert_eq!(worth(0, [1, 1, 1], [-3.0, -1.0, -2.5])[2], -2.0);
    }

    #[test]
    fn by_characters_the_longer_answer_may_be_the_likelier_one() {
        assert_eq!(worth(1, [2, 8, 1], [-3.0, -4.0, -9.0])[..2], [0.0, 1.0]);
    }

    #[test]
    fn a_model_that_says_no_number_is_not_wrong_but_broken() {
        assert!(worth(0, [1, 1, 1], [f64::NAN, -1.0, -2.0])[..2].iter().all(|value| value.is_nan()));
    }
}
