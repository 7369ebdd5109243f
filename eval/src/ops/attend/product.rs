//! The one product of attention on a CPU: a group of keys or channels against a tile of queries.

use pulp::Simd;

/// Queries of a tile, next to each other in memory: the widest vector there is, so that every processor adds up in
/// the same order.
pub(super) const LANES: usize = 16;

/// Keys or channels that are multiplied at once: as many sums as registers hold.
pub(super) const GROUP: usize = 8;

/// One number per query of a tile.
pub(super) type Lanes = [f32; LANES];

/// One number per key or channel of a group.
pub(super) type Factors = [f32; GROUP];

/// `sums[g][l] += Σₖ factors[k][g] · lanes[k][l]`, with `k` ascending.
#[inline(always)]
pub(super) fn add_product<S: Simd>(simd: S, factors: &[Factors], lanes: &[Lanes], sums: &mut [Lanes; GROUP]) {
    // Vectors of a tile times members of a group that are summed at once: half of the registers, or 8.
    match S::F32_LANES {
        16 => part::<S, 1, 8>(simd, factors, lanes, sums, 0),
        8 => {
            part::<S, 2, 4>(simd, factors, lanes, sums, 0);
            part::<S, 2, 4>(simd, factors, lanes, sums, 4);
        }
        4 => {
            part::<S, 4, 4>(simd, factors, lanes, sums, 0);
            part::<S, 4, 4>(simd, factors, lanes, sums, 4);
        }
        _ => {
            for first in 0..GROUP {
                part::<S, LANES, 1>(simd, factors, lanes, sums, first);
            }
        }
    }
}

#[inline(always)]
fn part<S: Simd, const VECTORS: usize, const MEMBERS: usize>(
    simd: S,
    factors: &[Factors],
    lanes: &[Lanes],
    sums: &mut [Lanes; GROUP],
    first: usize,
) {
    let mut totals = [[simd.splat_f32s(0.0); VECTORS]; MEMBERS];
    for (member, totals) in totals.iter_mut().enumerate() {
        totals.copy_from_slice(&S::as_simd_f32s(&sums[first + member]).0[..VECTORS]);
    }
    for (factors, lanes) in factors.iter().zip(lanes) {
        let vectors = S::as_simd_f32s(lanes).0;
        for (member, totals) in totals.iter_mut().enumerate() {
            let factor = simd.splat_f32s(factors[first + member]);
            for (vector, total) in totals.iter_mut().enumerate() {
                *total = simd.mul_add_e_f32s(factor, vectors[vector], *total);
            }
        }
    }
    for (member, totals) in totals.iter().enumerate() {
        S::as_mut_simd_f32s(&mut sums[first + member]).0[..VECTORS].copy_from_slice(totals);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_the_definition() {
        let factors: Vec<Factors> = (0..5).map(|k| std::array::from_fn(|g| (k * 8 + g) as f32)).collect();
        let lanes: Vec<Lanes> = (0..5).map(|k| std::array::from_fn(|l| (k * 3 + l) as f32 - 7.0)).collect();
        let mut sums = [[1.0; LANES]; GROUP];
        struct Run<'a>(&'a [Factors], &'a [Lanes], &'a mut [Lanes; GROUP]);
        impl pulp::WithSimd for Run<'_> {
            type Output = ();
            fn with_simd<S: Simd>(self, simd: S) {
                add_product(simd, self.0, self.1, self.2);
            }
        }
        pulp::Arch::new().dispatch(Run(&factors, &lanes, &mut sums));
        let mut plain = [[1.0; LANES]; GROUP];
        // Whole numbers are exact in any order, fused or not.
        Run(&factors, &lanes, &mut plain).with_simd_scalar();
        assert_eq!(sums, plain);
        for g in 0..GROUP {
            for l in 0..LANES {
                let expected: f32 = (0..5).map(|k| factors[k][g] * lanes[k][l]).sum();
                assert_eq!(sums[g][l], 1.0 + expected);
            }
        }
    }

    trait OnScalar: pulp::WithSimd<Output = ()> + Sized {
        fn with_simd_scalar(self) {
            self.with_simd(pulp::Scalar);
        }
    }
    impl<T: pulp::WithSimd<Output = ()>> OnScalar for T {}
}
