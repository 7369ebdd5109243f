//! Which layers have no rotation.

use super::fields::Fields;
use super::heads::listed;
use super::windows::Windows;
use crate::error::ConfigError;
use crate::schema::Unrotated;

/// For each layer, whether it is without rotation.
pub(super) fn unrotated(
    fields: &Fields<'_>,
    rule: Unrotated,
    windows: &Windows,
    layers: usize,
) -> Result<Vec<bool>, ConfigError> {
    match rule {
        Unrotated::None => Ok(vec![false; layers]),
        Unrotated::FullAttention => {
            Ok((0..layers).map(|layer| windows.are_used() && windows.of(layer).is_none()).collect())
        }
        Unrotated::WithoutWindow => Ok((0..layers).map(|layer| windows.of(layer).is_none()).collect()),
        Unrotated::Listed { interval } => listed(fields, interval, layers),
    }
}
