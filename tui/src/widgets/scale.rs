//! How numbers become places on an axis.

/// A range of numbers, straight or logarithmic.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Scale {
    low: f64,
    high: f64,
    log: bool,
}

impl Scale {
    /// A scale over the finite ones of `values`; logarithmic when `log` is allowed and they span much.
    pub(crate) fn over(values: impl Iterator<Item = f64>, log: bool) -> Option<Self> {
        let finite = values.filter(|value| value.is_finite());
        let (low, high) = finite
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)));
        if low > high {
            return None;
        }
        Some(Self { low, high, log: log && low > 0.0 && high / low > 8.0 })
    }

    pub(crate) fn low(self) -> f64 {
        self.low
    }

    pub(crate) fn high(self) -> f64 {
        self.high
    }

    /// Whether it has a length.
    pub(crate) fn is_point(self) -> bool {
        self.high <= self.low
    }

    /// Whether equal steps multiply and do not add.
    pub(crate) fn is_log(self) -> bool {
        self.log
    }

    /// Whether a scale that holds this value too is at most three times as long; a scale of one value holds any.
    pub(crate) fn reaches(self, value: f64) -> bool {
        let length = self.high - self.low;
        length == 0.0 || (self.low - 2.0 * length..=self.high + 2.0 * length).contains(&value)
    }

    /// How far along a value is, from 0 to 1; `None` outside. The one value of a point is in the middle.
    pub(crate) fn share(self, value: f64) -> Option<f64> {
        if self.is_point() {
            return (value == self.low).then_some(0.5);
        }
        let turn = |value: f64| if self.log { value.ln() } else { value };
        let share = (turn(value) - turn(self.low)) / (turn(self.high) - turn(self.low));
        (0.0..=1.0).contains(&share).then_some(share)
    }

    /// The value that is this far along; the ends are exact.
    pub(crate) fn value(self, share: f64) -> f64 {
        match share {
            0.0 => self.low,
            1.0 => self.high,
            share if self.log => (self.low.ln() * (1.0 - share) + self.high.ln() * share).exp(),
            share => self.low * (1.0 - share) + self.high * share,
        }
    }

    /// The place of a value among `places`, from the low end.
    pub(crate) fn place(self, value: f64, places: u16) -> Option<u16> {
        let last = places.checked_sub(1)?;
        Some((self.share(value)? * f64::from(last)).round() as u16)
    }
}
