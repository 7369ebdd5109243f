//! Wire forms, version 1: what stands after `"record":` on a line.
//!
//! Domain types are never serialised. Every form here is explicit, refuses unknown fields, and converts to
//! and from its domain type; `HashMap`s and clocks have no place in it, so that equal records are equal
//! bytes.
//!
//! Within a version forms only grow, and every line that was ever written in it is read: a field that older
//! lines lack is optional, one that is no longer written is still understood or passed over. An older attune
//! that finds something newer names it, and leaves the file alone. A change that older lines do not survive is
//! a new format version.

mod cache;
mod config;
mod dimension;
mod evaluation;
mod float;
mod hash;
mod header;
mod plan;
mod record;
mod report;
mod run;
mod scores;
mod trial;

#[cfg(test)]
pub(crate) mod arbitrary;
#[cfg(test)]
mod tests;

use serde::Serialize;
use serde::de::DeserializeOwned;

pub(crate) use cache::Entry;

/// The text is intact and yet has no meaning for this version.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WireError {
    /// Not the form that this version writes.
    #[error("{0}")]
    Form(#[from] serde_json::Error),
    /// Well-formed, and nothing that the domain has.
    #[error("{0}")]
    Meaning(String),
}

/// A record in one of the logs.
pub(crate) trait Wire: Sized {
    /// The form that is written.
    type Form: Serialize + DeserializeOwned;

    /// The written form of `self`.
    fn to_form(&self) -> Result<Self::Form, WireError>;

    /// The record that a written form stands for.
    fn from_form(form: Self::Form) -> Result<Self, WireError>;
}

/// `record` as canonical JSON without line breaks.
///
/// What comes out is guaranteed to read back: a record that would not is refused here, before it is in a
/// file.
pub(crate) fn encode<T: Wire>(record: &T) -> Result<String, WireError> {
    let json = serde_json::to_string(&record.to_form()?)?;
    decode::<T>(&json)?;
    Ok(json)
}

/// The record that `json` stands for.
pub(crate) fn decode<T: Wire>(json: &str) -> Result<T, WireError> {
    T::from_form(serde_json::from_str(json)?)
}
