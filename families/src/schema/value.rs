//! Values that a family has, or that its config.json gives.

/// A switch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flag {
    /// The same in every model; there is no key.
    Always(bool),
    /// A key, and what its absence means.
    Key(&'static str, bool),
}

/// A number that something is multiplied or capped by.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Number {
    /// Nothing is done.
    None,
    /// A key, and what its absence means.
    Key(&'static str, f64),
    /// One divided by the number at a key.
    Inverse(&'static str, f64),
    /// One divided by the root of the number at a key.
    InverseRoot(&'static str, f64),
    /// A key at which null means that nothing is done, and what its absence means.
    Optional(&'static str, Option<f64>),
    /// The root of the width of the residual stream.
    RootOfHidden,
}

/// The value at which a key changes nothing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Accepted {
    /// `true` or `false`.
    Flag(bool),
    /// A number.
    Number(f64),
    /// A text.
    Word(&'static str),
    /// A list of nothing but these words.
    ListOf(&'static [&'static str]),
    /// Null alone.
    Null,
}
