//! Codes that error feedback chose, in the place of the nearest ones. Scales and zero points are those of the weights either way.

use attune_grids::codes::Codes;

use crate::chosen::ChosenRows;

/// How a matrix of whole numbers is stored.
#[derive(Clone, Copy)]
pub(super) struct Shape {
    /// Channels of a row.
    pub(super) inputs: usize,
    /// Channels that share a scale.
    pub(super) group: usize,
    /// Bits of a code.
    pub(super) bits: u32,
}

/// Puts the codes of the rows that were chosen into `codes`, which are those to the nearest. `scored` are the scales before they
/// were rounded to the type that they are stored in: where that changes one, a code is the one that comes nearest to what was
/// scored.
pub(super) fn put(codes: &mut Codes, scored: &[f32], shape: Shape, chosen: &ChosenRows<'_>) {
    let Shape { inputs, group, bits } = shape;
    let half = (1_u32 << (bits - 1)) as f32;
    let (inputs, group) = (inputs.max(1), group.max(1));
    let groups = inputs / group;
    for (number, row) in codes.codes.chunks_exact_mut(inputs).enumerate() {
        let Some(chosen) = chosen.row(number) else { continue };
        for (place, (code, &index)) in row.iter_mut().zip(chosen).enumerate() {
            let at = number * groups + place / group;
            let (before, stored) = (scored[at], codes.scales[at]);
            let zero = codes.zero_points.get(at).copied().map_or(0.0, f32::from);
            let whole = f32::from(index) - half;
            let nearest = match stored > 0.0 && stored != before {
                true => ((whole - zero) * before / stored + zero).clamp(-half, half - 1.0).round_ties_even(),
                false => whole,
            };
            *code = nearest as i8 as u8;
        }
    }
}
