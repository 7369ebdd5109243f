//! Content hashes as 64 hexadecimal digits.

use attune_core::hash::ContentHash;

use super::WireError;

/// The hash that `text` stands for, as field `name`.
pub(super) fn from_wire(name: &str, text: &str) -> Result<ContentHash, WireError> {
    text.parse().map_err(|error| WireError::Meaning(format!("{name}: {error}")))
}
