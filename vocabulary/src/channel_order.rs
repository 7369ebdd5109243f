//! In which order the channels of a head are cut into groups.

use attune_core::options::OptionValue;

use crate::view::Field;

/// An order of the channels of a head that is not the model's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ChannelOrder {
    /// Channels of both halves of a head by turns, `0, d/2, 1, d/2 + 1, …` of `d`: those that rotary embedding turns together stand
    /// side by side.
    Interleaved,
}

impl ChannelOrder {
    /// All of them.
    pub const ALL: [Self; 1] = [Self::Interleaved];

    /// The name in plans.
    pub fn name(self) -> &'static str {
        match self {
            Self::Interleaved => "interleaved",
        }
    }

    /// The order of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|order| order.name() == name)
    }
}

impl Field for ChannelOrder {
    const EXPECTED: &'static str = "interleaved";

    fn get(value: &OptionValue) -> Option<Self> {
        match value {
            OptionValue::Text(name) => Self::from_name(name),
            _ => None,
        }
    }

    fn put(&self) -> Option<OptionValue> {
        Some(OptionValue::Text(self.name().to_owned()))
    }
}
