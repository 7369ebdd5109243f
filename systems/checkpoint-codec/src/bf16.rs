//! Weights in bfloat16, and what is left of the float32 that they were rounded from.

/// The nearest bfloat16, ties away from zero; a NaN stays one.
///
/// PyTorch rounds ties to even. Then 65,537 numbers round to an even weight and 65,535 to an odd one, and 16 bits do not say which of
/// them it was; here it is 65,536 for each. What differs is a tie above an even weight: about one number in 131,072.
pub fn round(value: f32) -> u16 {
    let bits = value.to_bits();
    // Of a NaN, the carry would make another number.
    if value.is_nan() { (bits >> 16) as u16 | 0x40 } else { ((bits + 0x8000) >> 16) as u16 }
}

/// The number that a bfloat16 stands for.
pub fn widen(weight: u16) -> f32 {
    f32::from_bits(u32::from(weight) << 16)
}

/// What has to be added to the bits of the rounded weight to have those of `master` back, unless that is a NaN: −32768 to 32767.
pub fn remainder(master: f32) -> i16 {
    let rounded = u32::from(round(master)) << 16;
    master.to_bits().wrapping_sub(rounded) as i32 as i16
}

/// The float32 that was rounded to `weight` and left `remainder`.
pub fn join(weight: u16, remainder: i16) -> f32 {
    f32::from_bits((u32::from(weight) << 16).wrapping_add_signed(i32::from(remainder)))
}

/// The place of a bfloat16 or float16 among all of them in ascending order, so that neighbours differ by 1.
pub fn ordinal(weight: u16) -> u16 {
    if weight & 0x8000 == 0 { weight | 0x8000 } else { !weight }
}

/// The weight at a place: the inverse of [`ordinal`].
pub fn from_ordinal(place: u16) -> u16 {
    if place & 0x8000 == 0 { !place } else { place & 0x7fff }
}
