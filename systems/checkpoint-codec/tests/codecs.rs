//! Codecs: what they give back, and how many bytes they take.

use attune_checkpoint_codec::bf16;
use attune_checkpoint_codec::bound::mask_share;
use attune_checkpoint_codec::codec::{FullCodec, Moment, MomentCodec, WeightCodec};
use proptest::collection::vec;
use proptest::prelude::*;

const MOMENTS: [Moment; 2] = [Moment::First, Moment::Second];

/// Two saves of a tensor: some weights move a little, some jump, most stay.
fn saves() -> impl Strategy<Value = (Vec<u16>, Vec<u16>)> {
    let weight = (any::<u16>(), 0u8..4, any::<u16>(), -3i32..4);
    vec(weight, 0..300).prop_map(|weights| {
        let pair = |(old, kind, jump, step): (u16, u8, u16, i32)| match kind {
            0 => (old, jump),
            1 => (old, bf16::from_ordinal((i32::from(bf16::ordinal(old)) + step).clamp(0, 65535) as u16)),
            _ => (old, old),
        };
        weights.into_iter().map(pair).unzip()
    })
}

fn values() -> impl Strategy<Value = Vec<f32>> {
    vec(prop_oneof![Just(0.0f32), -1.0f32..1.0, -1e-6f32..1e-6], 1..300)
}

fn nonnegative(moment: Moment, values: &[f32]) -> Vec<f32> {
    values.iter().map(|&value| if moment == Moment::Second { value.abs() } else { value }).collect()
}

proptest! {
    #[test]
    fn weights_come_back_bit_for_bit((old, new) in saves()) {
        for codec in [WeightCodec::Raw, WeightCodec::Mask, WeightCodec::Delta] {
            let encoded = codec.encode(&new, &old);
            let decoded = codec.decode(&encoded.bytes, &old).expect("nothing is missing");
            prop_assert_eq!(&decoded.elements, &new, "{:?}", codec);
        }
        for codec in [FullCodec::Raw, FullCodec::Packed] {
            let encoded = codec.encode(&new);
            let decoded = codec.decode(&encoded.bytes, new.len()).expect("nothing is missing");
            prop_assert_eq!(&decoded.elements, &new, "{:?}", codec);
        }
    }

    #[test]
    fn a_mask_takes_its_closed_form((old, new) in saves()) {
        let changed = old.iter().zip(&new).filter(|(old, new)| old != new).count();
        let bytes = WeightCodec::Mask.encode(&new, &old).bytes.len();
        prop_assert_eq!(bytes, new.len().div_ceil(8) + 2 * changed);
        if !new.is_empty() {
            let bound = mask_share(changed as f64 / new.len() as f64) * 2.0 * new.len() as f64;
            prop_assert!(bytes as f64 >= bound - 1e-9 && (bytes as f64) < bound + 1.0);
        }
    }

    #[test]
    fn cut_weights_are_refused_or_other_weights((old, new) in saves(), cut in 1usize..40) {
        for codec in [WeightCodec::Raw, WeightCodec::Mask, WeightCodec::Delta] {
            let bytes = codec.encode(&new, &old).bytes;
            let kept = &bytes[..bytes.len().saturating_sub(cut)];
            let decoded = codec.decode(kept, &old);
            prop_assert!(codec == WeightCodec::Delta || bytes.is_empty() || decoded.is_none());
        }
    }

    #[test]
    fn masters_are_a_weight_and_a_remainder(bits in any::<u32>()) {
        let master = f32::from_bits(bits);
        prop_assume!(master.is_finite());
        let joined = bf16::join(bf16::round(master), bf16::remainder(master));
        prop_assert_eq!(joined.to_bits(), bits);
    }

    #[test]
    fn blocks_are_off_by_half_a_step_at_most(values in values(), bits in 2u32..=8, size in 1usize..80) {
        for moment in MOMENTS {
            let values = nonnegative(moment, &values);
            let codec = MomentCodec::Block { bits, size };
            let encoded = codec.encode(moment, &values);
            let count = values.len();
            prop_assert_eq!(encoded.bytes.len(), (count * bits as usize).div_ceil(8) + 4 * count.div_ceil(size));
            let decoded = codec.decode(moment, &encoded.bytes, count).expect("nothing is missing").elements;
            for (block, found) in values.chunks(size).zip(decoded.chunks(size)) {
                let most = block.iter().fold(0.0f32, |most, value| most.max(value.abs()));
                for (&value, &found) in block.iter().zip(found) {
                    match moment {
                        Moment::First => {
                            let step = most / ((1 << (bits - 1)) - 1) as f32;
                            prop_assert!((value - found).abs() <= step * 0.5001, "{} {} {}", value, found, step);
                        }
                        Moment::Second => {
                            let step = most.sqrt() / ((1 << bits) - 1) as f32;
                            let above = found.sqrt() - value.sqrt();
                            prop_assert!(above >= -1e-6 * most.sqrt() && above <= step * 1.0001 + 1e-6 * most.sqrt());
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn clusters_take_their_closed_form_and_stay_in_range(values in values(), label in 1u32..=5, bits in 1u32..=8) {
        for moment in MOMENTS {
            let values = nonnegative(moment, &values);
            let clusters = 1usize << label;
            let codec = MomentCodec::Cluster { clusters, bits };
            let encoded = codec.encode(moment, &values);
            let count = values.len();
            prop_assert_eq!(encoded.bytes.len(), (count * (bits + label) as usize).div_ceil(8) + 8 * clusters);
            let decoded = codec.decode(moment, &encoded.bytes, count).expect("nothing is missing").elements;
            let (least, most) = values.iter().fold((f32::MAX, f32::MIN), |(least, most), &value| (least.min(value), most.max(value)));
            let slack = 1e-6 * most.abs().max(least.abs());
            prop_assert!(decoded.iter().all(|&value| value >= least - slack && value <= most + slack));
            prop_assert!(values.iter().zip(&decoded).all(|(&value, &found)| value != 0.0 || found == 0.0));
        }
    }

    #[test]
    fn moments_as_they_are_come_back(values in values()) {
        let encoded = MomentCodec::Raw.encode(Moment::Second, &values);
        let decoded = MomentCodec::Raw.decode(Moment::Second, &encoded.bytes, values.len()).expect("all of it");
        prop_assert_eq!(decoded.elements, values);
    }
}

/// A tie on an even weight was a remainder of 32768, one more than fits.
#[test]
fn masters_come_back_whatever_is_below_their_upper_half() {
    // 1.0 and its neighbour, the same below zero, zeros, subnormals, and the largest finite number.
    for upper in [0x3f80u32, 0x3f81, 0xbf80, 0xbf81, 0x0000, 0x8000, 0x0001, 0x7f7f, 0xff7f] {
        for lower in 0..=0xffff {
            let bits = upper << 16 | lower;
            let master = f32::from_bits(bits);
            let (weight, remainder) = (bf16::round(master), bf16::remainder(master));
            assert_eq!(bf16::join(weight, remainder).to_bits(), bits, "{bits:#010x}");
            let off = (f64::from(bf16::widen(weight)) - f64::from(master)).abs();
            let step = f64::from(f32::from_bits((upper + 1) << 16)) - f64::from(f32::from_bits(upper << 16));
            assert!(!step.is_finite() || off <= step.abs() / 2.0, "{bits:#010x} is rounded to {weight:#06x}");
        }
    }
    // Halfway between two bfloat16, with an even and with an odd one below.
    assert_eq!([0x3f80_8000, 0x3f81_8000].map(|tie| bf16::round(f32::from_bits(tie))), [0x3f81, 0x3f82]);
    for infinite in [f32::INFINITY, f32::NEG_INFINITY] {
        assert_eq!(bf16::join(bf16::round(infinite), bf16::remainder(infinite)), infinite);
    }
    for bits in [0x7f80_0001, 0x7fc0_0000, 0x7fff_ffff, 0xffff_ffff] {
        let none = f32::from_bits(bits);
        assert!(bf16::widen(bf16::round(none)).is_nan());
        assert!(bf16::join(bf16::round(none), bf16::remainder(none)).is_nan(), "{bits:#010x}");
    }
}

#[test]
fn two_values_far_apart_have_clusters_of_their_own() {
    let values: Vec<f32> = (0..64).map(|place| if place % 2 == 0 { 1e-6 } else { 1.0 }).collect();
    let codec = MomentCodec::Cluster { clusters: 2, bits: 1 };
    let encoded = codec.encode(Moment::First, &values);
    assert_eq!(codec.decode(Moment::First, &encoded.bytes, 64).expect("all of it").elements, values);
    let block = MomentCodec::Block { bits: 2, size: 64 };
    let encoded = block.encode(Moment::First, &values);
    assert_eq!(block.decode(Moment::First, &encoded.bytes, 64).expect("all of it").elements[0], 0.0);
}

/// By the closed form: 16 with nothing changed, 1 at 15 of 16 changed, and less beyond.
#[test]
fn the_mask_loses_from_fifteen_sixteenths_on() {
    let old = vec![7u16; 1600];
    for (changed, ratio) in [(0, 16.0), (100, 8.0), (1500, 1.0), (1600, 16.0 / 17.0)] {
        let new: Vec<u16> = (0..1600).map(|place| if place < changed { 9 } else { 7 }).collect();
        let bytes = WeightCodec::Mask.encode(&new, &old).bytes.len();
        assert_eq!(3200.0 / bytes as f64, ratio);
    }
}

#[test]
fn small_moves_take_few_bits_as_deltas() {
    let old: Vec<u16> = (0..4096u32).map(|place| bf16::round((place as f32 - 2000.0) * 1e-3)).collect();
    let new: Vec<u16> = old
        .iter()
        .enumerate()
        .map(|(place, &weight)| if place % 2 == 0 { weight + 1 } else { weight })
        .collect();
    let mask = WeightCodec::Mask.encode(&new, &old).bytes.len();
    let delta = WeightCodec::Delta.encode(&new, &old).bytes.len();
    assert!(delta * 3 < mask, "{delta} and {mask} bytes");
}
