//! Reading facts that came after 0.1.

use crate::{Model, Setting};

impl Model {
    /// Inner width of a feed-forward part, or of one expert.
    ///
    /// # Errors
    /// A sentence when the host is so old that it does not say.
    pub fn feed_forward(&self) -> Result<u32, String> {
        match self.extra.iter().find(|(name, _)| name == "feed-forward") {
            Some((_, Setting::Int(width))) => Ok(*width as u32),
            _ => Err(format!(
                "this attune does not say how wide the feed-forward part of model `{}` is; use a newer one",
                self.name
            )),
        }
    }
}
