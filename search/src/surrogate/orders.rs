//! Orders as places that are marked.

/// Elements of an order that is read.
const MOST_ELEMENTS: usize = 64;

/// What is read of an order: what matters differs from problem to problem, so trials tell which reading is best.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Orders {
    /// Of every two elements, whether the smaller comes first: products of two orders count the pairs on which they agree, as
    /// Kendall's distance does.
    Pairs,
    /// Where each element stands.
    Places,
    /// Which element follows which.
    Neighbours,
    /// The last two.
    Both,
}

impl Orders {
    pub(super) const ALL: [Self; 4] = [Self::Pairs, Self::Places, Self::Neighbours, Self::Both];

    /// Places of an order of so many elements; `None` for more than are read.
    pub(super) fn width(self, of: usize) -> Option<usize> {
        let width = match self {
            Self::Pairs => of * of.saturating_sub(1) / 2,
            Self::Places | Self::Neighbours => of * of,
            Self::Both => 2 * of * of,
        };
        (of <= MOST_ELEMENTS).then_some(width)
    }

    /// The places that an order marks.
    pub(super) fn places(self, order: &[u32]) -> Vec<u32> {
        let of = order.len() as u32;
        let stands = || order.iter().zip(0..).map(|(element, place)| element * of + place);
        let follows = |first: u32| order.windows(2).map(move |pair| first + pair[0] * of + pair[1]);
        match self {
            Self::Pairs => {
                let larger = |(place, before): (usize, &u32)| {
                    let (before, after) = (*before, &order[place + 1..]);
                    let first = before * (2 * of - before - 1) / 2;
                    after
                        .iter()
                        .filter(move |after| **after > before)
                        .map(move |after| first + after - before - 1)
                };
                order.iter().enumerate().flat_map(larger).collect()
            }
            Self::Places => stands().collect(),
            Self::Neighbours => follows(0).collect(),
            Self::Both => stands().chain(follows(of * of)).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Orders;

    #[test]
    fn every_reading_has_its_places() {
        let order = [2, 0, 3, 1];
        // Of the pairs 01, 02, 03, 12, 13, 23.
        assert_eq!(Orders::Pairs.places(&order), [5, 2, 0]);
        assert_eq!(Orders::Places.places(&order), [8, 1, 14, 7]);
        assert_eq!(Orders::Neighbours.places(&order), [8, 3, 13]);
        assert_eq!(Orders::Both.places(&order), [8, 1, 14, 7, 24, 19, 29]);
        for orders in Orders::ALL {
            let width = orders.width(4).unwrap();
            assert!(orders.places(&order).iter().all(|place| (*place as usize) < width));
            assert_eq!(orders.width(5_000), None);
        }
    }
}
