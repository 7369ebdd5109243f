//! Skip a block, or one half of it.

use attune_core::options::OptionValue;
use attune_core::plan::{Argument, EditSchema};

use crate::view::{Field, view};

/// One half of a transformer block: a residual branch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Half {
    /// Attention.
    Attention,
    /// The feed-forward part: dense, or a mixture with its router.
    FeedForward,
}

/// Skip the block of one layer, or one half of it: its residual branch adds nothing (ShortGPT, arXiv 2403.03853, §3.2).
///
/// What other edits say about a half that is skipped has no effect.
#[derive(Clone, Debug, PartialEq)]
pub struct DropBlock {
    /// The layer, counted from 0.
    pub layer: u32,
    /// The half; `None` skips both.
    pub part: Option<Half>,
}

view!(DropBlock, "drop-block", layer: "layer", part: "part");

impl Half {
    /// Both, in the order of the forward pass.
    pub const ALL: [Self; 2] = [Self::Attention, Self::FeedForward];

    /// The name in plans.
    pub fn name(self) -> &'static str {
        match self {
            Self::Attention => "attention",
            Self::FeedForward => "feed-forward",
        }
    }
}

impl Field for Half {
    const EXPECTED: &'static str = "one of attention, feed-forward";

    fn get(value: &OptionValue) -> Option<Self> {
        match value {
            OptionValue::Text(name) => Self::ALL.into_iter().find(|half| half.name() == name),
            _ => None,
        }
    }

    fn put(&self) -> Option<OptionValue> {
        Some(OptionValue::Text(self.name().to_owned()))
    }
}

impl DropBlock {
    pub(super) fn schema() -> EditSchema {
        let summary = "Skip the block of one layer, or one half of it: its residual branch adds nothing.";
        let source = "ShortGPT (arXiv 2403.03853), §3.2; halves as in EvoPress (arXiv 2410.14649), §4.1";
        let halves = Half::ALL.map(Half::name);
        EditSchema::new("drop-block", summary, source)
            .with(Argument::count("layer", "the transformer block"))
            .with(
                Argument::word("part", halves, "the half that is skipped").optional("both, the whole block"),
            )
            .in_group("layer")
            .in_part("part", 1)
            .once_per(&["layer", "part"])
            .reads("layer {layer}: [the {part} half|the whole block] is skipped")
    }
}
