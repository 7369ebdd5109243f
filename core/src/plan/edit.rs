//! The typed edits.

use super::OpenEdit;
use super::checkpoints::CombineCheckpoints;
use super::experts::{ExpertsPerToken, KeepExperts, MergeExperts, RouteExperts};
use super::open::{EditError, Reader};
use super::weights::WeightBits;

/// Store keys and values of a layer's cache, or of one KV head of it, in few bits.
///
/// Post-RoPE keys and values are quantised per token and KV head over groups of `group_size`
/// channels, asymmetric round-to-nearest: `s = (max − min)/(2ᵇ − 1)`, `q = round((x − min)/s)`,
/// `x' = q·s + min` (the grid of KIVI, arXiv 2402.02750, and PM-KVQ, arXiv 2505.18610). Seen from query
/// position `i`, position `j` stays exact when `j < sink` or `j > i − recent`.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct KvBits {
    /// The layer, counted from 0.
    pub layer: u32,
    /// The KV head, counted from 0; `None` means every KV head of the layer.
    pub kv_head: Option<u32>,
    /// Bits per key channel; 16 leaves keys exact.
    pub keys: u32,
    /// Bits per value channel; 16 leaves values exact.
    pub values: u32,
    /// Channels that share one scale and one zero point; divides the head dimension.
    pub group_size: u32,
    /// First positions that stay exact.
    pub sink: u32,
    /// Last positions, the query's own included, that stay exact.
    pub recent: u32,
    /// Exponent `α` of 0 to 1: keys are divided by `λ = max|K|^α` before they are quantised and multiplied by it
    /// after, per KV head and channel; `λ` is kept within 10⁻⁴ to 10⁴ and shared by the two channels that
    /// rotary embedding turns together (PM-KVQ). The maxima are those of the dense model on calibration data.
    pub smoothing: Option<f64>,
    /// Bits that are quantised to first: from there, codes are halved in width until they have `keys` or `values`
    /// bits, `q' = round(q/(2ᵇ + 1))`, `s' = s·(2ᵇ + 1)` (PM-KVQ's progressive shrink). One of 2, 4, 8 and 16.
    pub shrink_from: Option<u32>,
}

/// How far one KV head looks (MoA, arXiv 2406.14909, §3: `S = α + β·N`).
///
/// Query `i` attends to `j ≤ i` when `j < sink` or `i − j < span`, with
/// `span = max(1, ⌊alpha + beta·N⌋)` tokens for a sequence of `N` tokens.
#[derive(Clone, Debug, PartialEq)]
pub struct AttentionSpan {
    /// The layer, counted from 0.
    pub layer: u32,
    /// The KV head, counted from 0; all query heads that share it share the span.
    pub kv_head: u32,
    /// First positions that every query sees.
    pub sink: u32,
    /// Constant part of the span, in tokens.
    pub alpha: f64,
    /// Part of the span that grows with the sequence, in tokens per token.
    pub beta: f64,
}

/// One change to a model.
#[derive(Clone, Debug, PartialEq)]
pub enum Edit {
    /// See [`KeepExperts`].
    KeepExperts(KeepExperts),
    /// See [`KvBits`].
    KvBits(KvBits),
    /// See [`AttentionSpan`].
    AttentionSpan(AttentionSpan),
    /// See [`MergeExperts`].
    MergeExperts(MergeExperts),
    /// See [`RouteExperts`].
    RouteExperts(RouteExperts),
    /// See [`ExpertsPerToken`].
    ExpertsPerToken(ExpertsPerToken),
    /// See [`WeightBits`].
    WeightBits(WeightBits),
    /// See [`CombineCheckpoints`].
    CombineCheckpoints(CombineCheckpoints),
}

/// What an edit touches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The layer, counted from 0.
    pub layer: u32,
    /// One KV head of it, or all of the layer.
    pub kv_head: Option<u32>,
}

impl Place {
    /// Whether the two have something in common.
    pub fn overlaps(self, other: Self) -> bool {
        let heads = self.kv_head.is_none() || other.kv_head.is_none() || self.kv_head == other.kv_head;
        self.layer == other.layer && heads
    }
}

impl Edit {
    /// The name of every edit that this build knows.
    pub const KINDS: [&'static str; 8] = [
        "keep-experts",
        "kv-bits",
        "attention-span",
        "merge-experts",
        "route-experts",
        "experts-per-token",
        "weight-bits",
        "combine-checkpoints",
    ];

    /// The name of this edit in the vocabulary.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::KeepExperts(_) => "keep-experts",
            Self::KvBits(_) => "kv-bits",
            Self::AttentionSpan(_) => "attention-span",
            Self::MergeExperts(_) => "merge-experts",
            Self::RouteExperts(_) => "route-experts",
            Self::ExpertsPerToken(_) => "experts-per-token",
            Self::WeightBits(_) => "weight-bits",
            Self::CombineCheckpoints(_) => "combine-checkpoints",
        }
    }

    /// The (first) layer that this edit touches: 0 for one that touches the whole model.
    pub fn layer(&self) -> u32 {
        self.place().layer
    }

    /// Layer and part of the layer that this edit touches.
    pub fn place(&self) -> Place {
        let whole = |layer| Place { layer, kv_head: None };
        match self {
            Self::KeepExperts(edit) => whole(edit.layer),
            Self::KvBits(edit) => Place { layer: edit.layer, kv_head: edit.kv_head },
            Self::AttentionSpan(edit) => Place { layer: edit.layer, kv_head: Some(edit.kv_head) },
            Self::MergeExperts(edit) => whole(edit.layer),
            Self::RouteExperts(edit) => whole(edit.layer),
            Self::ExpertsPerToken(edit) => whole(edit.layer),
            Self::WeightBits(edit) => whole(edit.layer),
            Self::CombineCheckpoints(edit) => whole(edit.layer.unwrap_or(0)),
        }
    }

    /// Where it comes among the edits of its layer; different for edits that do not contradict each other.
    pub(super) fn rank(&self) -> (u32, &'static str, Option<u32>) {
        let kv_head = self.place().kv_head;
        let part = match self {
            Self::WeightBits(edit) => edit.part(),
            _ => kv_head.unwrap_or(0),
        };
        (part, self.kind(), kv_head)
    }

    /// Whether both cannot be honoured: two of one kind for one place, a module of one expert and of all, or experts that
    /// are dropped or stored in few bits by one and mixed by the other.
    pub fn contradicts(&self, other: &Self) -> bool {
        let mixes = |edit: &Self| matches!(edit, Self::MergeExperts(_) | Self::RouteExperts(_));
        let keeps = |edit: &Self| matches!(edit, Self::KeepExperts(_));
        match (self, other) {
            (Self::WeightBits(one), Self::WeightBits(other)) => one.overlaps(other),
            (Self::MergeExperts(merge), Self::WeightBits(bits))
            | (Self::WeightBits(bits), Self::MergeExperts(merge)) => {
                merge.layer == bits.layer && bits.module.is_feed_forward()
            }
            _ => {
                let one_kind = self.kind() == other.kind() && self.place().overlaps(other.place());
                let mixed = keeps(self) && mixes(other) || mixes(self) && keeps(other);
                one_kind || mixed && self.layer() == other.layer()
            }
        }
    }

    /// The open form, as components and files write it.
    pub fn to_open(&self) -> OpenEdit {
        let int = |value: u32| i64::from(value);
        match self {
            Self::KeepExperts(edit) => OpenEdit::new(self.kind())
                .int("layer", int(edit.layer))
                .ints("experts", edit.experts.iter().map(|&expert| int(expert)).collect()),
            Self::KvBits(edit) => {
                let mut open = OpenEdit::new(self.kind())
                    .int("layer", int(edit.layer))
                    .int("keys", int(edit.keys))
                    .int("values", int(edit.values))
                    .int("group-size", int(edit.group_size))
                    .int("sink", int(edit.sink))
                    .int("recent", int(edit.recent));
                // Absent where they say nothing: plans keep the text that they had before these came.
                if let Some(kv_head) = edit.kv_head {
                    open = open.int("kv-head", int(kv_head));
                }
                if let Some(smoothing) = edit.smoothing {
                    open = open.real("smoothing", smoothing);
                }
                if let Some(bits) = edit.shrink_from {
                    open = open.int("shrink-from", int(bits));
                }
                open
            }
            Self::AttentionSpan(edit) => OpenEdit::new(self.kind())
                .int("layer", int(edit.layer))
                .int("kv-head", int(edit.kv_head))
                .int("sink", int(edit.sink))
                .real("alpha", edit.alpha)
                .real("beta", edit.beta),
            Self::MergeExperts(MergeExperts { layer, rows, matrix })
            | Self::RouteExperts(RouteExperts { layer, rows, matrix }) => OpenEdit::new(self.kind())
                .int("layer", int(*layer))
                .int("rows", int(*rows))
                .reals("matrix", matrix.clone()),
            Self::ExpertsPerToken(edit) => {
                OpenEdit::new(self.kind()).int("layer", int(edit.layer)).int("count", int(edit.count))
            }
            Self::WeightBits(edit) => {
                let open = OpenEdit::new(self.kind())
                    .int("layer", int(edit.layer))
                    .text("module", edit.module.name())
                    .int("bits", int(edit.bits))
                    .int("group-size", int(edit.group_size));
                edit.expert.into_iter().fold(open, |open, expert| open.int("expert", int(expert)))
            }
            Self::CombineCheckpoints(edit) => {
                let open = OpenEdit::new(self.kind()).reals("coefficients", edit.coefficients.clone());
                match edit.layer {
                    Some(layer) => open.int("layer", int(layer)),
                    None => open,
                }
            }
        }
    }

    /// The typed form of an open edit.
    ///
    /// # Errors
    /// An unknown kind, an unknown, missing or ill-typed argument, or a number out of range.
    pub fn from_open(open: &OpenEdit) -> Result<Self, EditError> {
        let mut args = open.reader();
        let edit = match open.kind.as_str() {
            "keep-experts" => {
                Self::KeepExperts(KeepExperts { layer: args.int("layer")?, experts: args.ints("experts")? })
            }
            "kv-bits" => Self::KvBits(KvBits {
                layer: args.int("layer")?,
                keys: args.int("keys")?,
                values: args.int("values")?,
                group_size: args.int("group-size")?,
                sink: args.int("sink")?,
                recent: args.int("recent")?,
                kv_head: args.if_given("kv-head", Reader::int)?,
                smoothing: args.if_given("smoothing", Reader::real)?,
                shrink_from: args.if_given("shrink-from", Reader::int)?,
            }),
            "attention-span" => Self::AttentionSpan(AttentionSpan {
                layer: args.int("layer")?,
                kv_head: args.int("kv-head")?,
                sink: args.int("sink")?,
                alpha: args.real("alpha")?,
                beta: args.real("beta")?,
            }),
            "merge-experts" => {
                let (layer, rows, matrix) =
                    (args.int("layer")?, args.int("rows")?, args.matrix("matrix", "rows")?);
                Self::MergeExperts(MergeExperts { layer, rows, matrix })
            }
            "route-experts" => {
                let (layer, rows, matrix) =
                    (args.int("layer")?, args.int("rows")?, args.matrix("matrix", "rows")?);
                Self::RouteExperts(RouteExperts { layer, rows, matrix })
            }
            "experts-per-token" => Self::ExpertsPerToken(ExpertsPerToken {
                layer: args.int("layer")?,
                count: args.int("count")?,
            }),
            "weight-bits" => Self::WeightBits(WeightBits {
                layer: args.int("layer")?,
                module: args.module("module")?,
                expert: args.if_given("expert", Reader::int)?,
                bits: args.int("bits")?,
                group_size: args.int("group-size")?,
            }),
            "combine-checkpoints" => Self::CombineCheckpoints(CombineCheckpoints {
                layer: args.if_given("layer", Reader::int)?,
                coefficients: args.reals("coefficients")?,
            }),
            unknown => return Err(EditError::UnknownKind { kind: unknown.to_owned() }),
        };
        args.finish()?;
        Ok(edit)
    }

    pub(super) fn normalised(mut self) -> Self {
        match &mut self {
            Self::KeepExperts(edit) => {
                edit.experts.sort_unstable();
                edit.experts.dedup();
            }
            // −0 means 0 and would be another text.
            Self::CombineCheckpoints(edit) => edit.coefficients.iter_mut().for_each(|number| *number += 0.0),
            Self::MergeExperts(MergeExperts { matrix, .. })
            | Self::RouteExperts(RouteExperts { matrix, .. }) => {
                // −0 means 0 and would be another text.
                matrix.iter_mut().filter(|number| **number == 0.0).for_each(|number| *number = 0.0);
            }
            Self::KvBits(edit) => {
                // λ⁰ = 1, exact keys have no grid, and what is not above the bits shrinks to nothing.
                edit.smoothing = edit.smoothing.filter(|&exponent| exponent != 0.0 && edit.keys != 16);
                let stays = |bits, from| bits == 16 || bits == from;
                edit.shrink_from =
                    edit.shrink_from.filter(|&from| !(stays(edit.keys, from) && stays(edit.values, from)));
            }
            Self::AttentionSpan(_) | Self::ExpertsPerToken(_) | Self::WeightBits(_) => {}
        }
        self
    }
}
