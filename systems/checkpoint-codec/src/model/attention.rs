//! Causal attention over one sequence.

use super::ops::{add_scaled, dot, softmax};

/// Shares of attention, by head and row; row *t* has *t* + 1.
pub(super) type Shares = Vec<Vec<f32>>;

/// The mixed values of every position, and the shares.
pub(super) fn attend(q: &[f32], k: &[f32], v: &[f32], width: usize, heads: usize) -> (Vec<f32>, Shares) {
    let (size, length) = (width / heads, q.len() / width);
    let scale = 1.0 / (size as f32).sqrt();
    let mut mixed = vec![0.0; q.len()];
    let mut all = Vec::with_capacity(heads * length);
    for head in 0..heads {
        let of = |row: usize| row * width + head * size..row * width + (head + 1) * size;
        for row in 0..length {
            let mut shares: Vec<f32> =
                (0..=row).map(|other| scale * dot(&q[of(row)], &k[of(other)])).collect();
            softmax(&mut shares);
            for (other, &share) in shares.iter().enumerate() {
                add_scaled(&mut mixed[of(row)], &v[of(other)], share);
            }
            all.push(shares);
        }
    }
    (mixed, all)
}

/// The gradients of query, key and value.
pub(super) fn attend_back(
    (q, k, v): (&[f32], &[f32], &[f32]),
    shares: &Shares,
    dmixed: &[f32],
    width: usize,
    heads: usize,
) -> [Vec<f32>; 3] {
    let (size, length) = (width / heads, q.len() / width);
    let scale = 1.0 / (size as f32).sqrt();
    let [mut dq, mut dk, mut dv] = [vec![0.0; q.len()], vec![0.0; q.len()], vec![0.0; q.len()]];
    for head in 0..heads {
        let of = |row: usize| row * width + head * size..row * width + (head + 1) * size;
        for row in 0..length {
            let shares = &shares[head * length + row];
            let back: Vec<f32> = (0..=row).map(|other| dot(&dmixed[of(row)], &v[of(other)])).collect();
            let mean = dot(shares, &back);
            for (other, (&share, back)) in shares.iter().zip(back).enumerate() {
                add_scaled(&mut dv[of(other)], &dmixed[of(row)], share);
                let score = scale * share * (back - mean);
                add_scaled(&mut dq[of(row)], &k[of(other)], score);
                add_scaled(&mut dk[of(other)], &q[of(row)], score);
            }
        }
    }
    [dq, dk, dv]
}
