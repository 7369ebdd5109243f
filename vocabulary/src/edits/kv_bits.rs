//! Store the KV cache in few bits.

use attune_core::options::OptionValue;
use attune_core::plan::{Argument, ArgumentKind, Condition, EditSchema};
use attune_grids::CacheGrid;

use crate::channel_order::ChannelOrder;
use crate::grid_argument::GridArgument;
use crate::view::view;

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
    /// The number grid of an engine that keys are on; `None` for the one above.
    pub key_grid: Option<CacheGrid>,
    /// The same of values.
    pub value_grid: Option<CacheGrid>,
    /// The order in which channels of keys are cut into groups; `None` for the model's own.
    pub key_order: Option<ChannelOrder>,
}

view!(
    KvBits, "kv-bits",
    layer: "layer",
    kv_head: "kv-head",
    keys: "keys",
    values: "values",
    group_size: "group-size",
    sink: "sink",
    recent: "recent",
    smoothing: "smoothing",
    shrink_from: "shrink-from",
    key_grid: "key-grid",
    value_grid: "value-grid",
    key_order: "key-order",
);

impl KvBits {
    /// Numbers of bits that are understood; 16 leaves keys or values exact.
    pub const LEVELS: [u32; 9] = [1, 2, 3, 4, 5, 6, 7, 8, 16];

    /// Bytes of one token of a KV head: keys of `key_channels` and values of `value_channels`. Without a grid, a group has a scale and
    /// a minimum in 16 bits beside its codes; exact numbers have `element_bytes`.
    pub fn bytes(&self, key_channels: u32, value_channels: u32, element_bytes: u32) -> u64 {
        let side = |bits: u32, grid: Option<CacheGrid>, channels: u32| match grid {
            _ if bits >= 16 => u64::from(channels) * u64::from(element_bytes),
            Some(grid) => grid.bytes(channels),
            None => {
                let codes = (u64::from(channels) * u64::from(bits)).div_ceil(8);
                codes + 4 * u64::from(channels.div_ceil(self.group_size.max(1)))
            }
        };
        side(self.keys, self.key_grid, key_channels) + side(self.values, self.value_grid, value_channels)
    }

    pub(super) fn schema() -> EditSchema {
        let summary = "Store keys and values of a layer's cache, or of one KV head of it, in few bits.";
        let source =
            "the grid of KIVI (arXiv 2402.02750); smoothing and shrinking of PM-KVQ (arXiv 2505.18610)";
        let unit = ArgumentKind::Real { min: 0.0, max: 1.0 };
        let exact = |bits: &str| Condition::is(bits, OptionValue::Int(16));
        let stays = |bits: &str| Condition::Any(vec![exact(bits), Condition::same(bits, "shrink-from")]);
        let schema = EditSchema::new("kv-bits", summary, source)
            .with(Argument::count("layer", "the attention layer"))
            .with(Argument::count("kv-head", "one KV head").optional("every KV head of the layer"))
            .with(Argument::level("keys", Self::LEVELS, "bits per channel of keys, after RoPE; 16 is exact"))
            .with(Argument::level("values", Self::LEVELS, "bits per channel of values; 16 is exact"))
            .with(Argument::count(
                "group-size",
                "channels of one head that share a scale and a zero point; divides the head dimension",
            ))
            .with(Argument::count("sink", "first positions that stay exact"))
            .with(Argument::count("recent", "last positions, the query's own included, that stay exact"))
            .with(
                Argument::new(
                    "smoothing",
                    unit,
                    "exponent of the scales that keys are divided by before and multiplied by after",
                )
                .optional("0, none"),
            )
            .with(
                Argument::level(
                    "shrink-from",
                    [2, 4, 8, 16],
                    "bits that are quantised to first; `keys` and `values` are this halved some number of times, or 16",
                )
                .optional("quantised at once"),
            )
            .in_group("layer")
            .in_part("kv-head", 0)
            .once_per(&["layer", "kv-head"])
            // λ⁰ = 1, exact keys have no grid, and what is not above the bits shrinks to nothing.
            .idle("smoothing", Condition::Any(vec![Condition::is("smoothing", OptionValue::Real(0.0)), exact("keys")]))
            .idle("shrink-from", Condition::All(vec![stays("keys"), stays("values")]))
            .reads(
                "layer {layer}[, KV head {kv-head}]: keys {keys} bits[ {key-grid}][, channels {key-order}], values {values} bits[ {value-grid}]\
                 [, shrunk from {shrink-from}][, keys smoothed by {smoothing}]",
            );
        let grids = CacheGrid::ALL.map(|grid| (grid.name(), grid.bits(), grid.group_size()));
        let grid = |name, bits, help| {
            let absent = "round-to-nearest with the group's least value as zero point";
            GridArgument { name, help, absent, bits, group: "group-size" }
        };
        let keys = grid("key-grid", "keys", "the number grid of keys, where an engine's own is meant");
        let values = grid("value-grid", "values", "the same of values");
        let order = Argument::word(
            "key-order",
            ChannelOrder::ALL.map(ChannelOrder::name),
            "the order in which channels of keys are cut into groups; `interleaved`: those of both halves of a head by turns, as an \
             engine has them that keeps channels which turn together side by side",
        );
        // Without groups there is nothing to cut.
        let whole = Condition::is("key-grid", OptionValue::Text(CacheGrid::Fp8E4m3.name().to_owned()));
        values
            .of(keys.of(schema, &grids), &grids)
            .with(order.optional("that of the model"))
            .idle("key-order", Condition::Any(vec![exact("keys"), whole]))
    }
}
