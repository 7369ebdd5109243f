//! OLMo 3: OLMo 2 with a window in three of four layers, which turn by frequencies of their own.

use super::olmo2::OLMO2;
use crate::schema::{Attention, Family, RotationRule, WindowRule};

pub(super) const OLMO3: Family = Family {
    name: "olmo3",
    architecture: "Olmo3ForCausalLM",
    models: "OLMo 3, 7B and 32B",
    attention: Attention {
        windows: WindowRule::Listed { tokens: Some(4096), full_every: Some(4), every_key: None },
        ..OLMO2.attention
    },
    // Layers with a window turn by the unscaled frequencies.
    rotation: RotationRule { base: 500_000.0, local_base: Some(500_000.0), ..RotationRule::WHOLE },
    ..OLMO2
};
