//! Products, norms and softmax of rows, and their gradients.

const EPSILON: f32 = 1e-5;

/// `out += x · w` for rows of `x`, with `w` as `inputs × outputs`.
pub(super) fn multiply(x: &[f32], w: &[f32], inputs: usize, out: &mut [f32]) {
    let outputs = w.len() / inputs;
    for (row, sums) in x.chunks_exact(inputs).zip(out.chunks_exact_mut(outputs)) {
        for (&value, weights) in row.iter().zip(w.chunks_exact(outputs)) {
            add_scaled(sums, weights, value);
        }
    }
}

/// What [`multiply`] hands back: `dx += dout · wᵀ` and `dw += xᵀ · dout`.
pub(super) fn multiply_back(
    x: &[f32],
    w: &[f32],
    inputs: usize,
    dout: &[f32],
    dx: &mut [f32],
    dw: &mut [f32],
) {
    let outputs = w.len() / inputs;
    for ((row, back), dx) in
        x.chunks_exact(inputs).zip(dout.chunks_exact(outputs)).zip(dx.chunks_exact_mut(inputs))
    {
        for (input, weights) in w.chunks_exact(outputs).enumerate() {
            dx[input] += dot(back, weights);
            add_scaled(&mut dw[input * outputs..(input + 1) * outputs], back, row[input]);
        }
    }
}

pub(super) fn add_scaled(sums: &mut [f32], values: &[f32], factor: f32) {
    for (sum, value) in sums.iter_mut().zip(values) {
        *sum += factor * value;
    }
}

pub(super) fn dot(one: &[f32], other: &[f32]) -> f32 {
    one.iter().zip(other).map(|(one, other)| one * other).sum()
}

/// Rows divided by their root mean square, times gains (Zhang and Sennrich, 2019).
pub(super) fn norm(x: &[f32], gains: &[f32]) -> Vec<f32> {
    let mut out = Vec::with_capacity(x.len());
    for row in x.chunks_exact(gains.len()) {
        let scale = inverse_root(row);
        out.extend(row.iter().zip(gains).map(|(value, gain)| value * scale * gain));
    }
    out
}

/// What [`norm`] hands back: adds to `dx` and `dgains`.
pub(super) fn norm_back(x: &[f32], gains: &[f32], dout: &[f32], dx: &mut [f32], dgains: &mut [f32]) {
    let width = gains.len();
    for ((row, back), dx) in
        x.chunks_exact(width).zip(dout.chunks_exact(width)).zip(dx.chunks_exact_mut(width))
    {
        let scale = inverse_root(row);
        let mut along = 0.0;
        for (channel, &value) in row.iter().enumerate() {
            dgains[channel] += back[channel] * value * scale;
            along += back[channel] * gains[channel] * value;
        }
        let pull = along * scale * scale * scale / width as f32;
        for (channel, &value) in row.iter().enumerate() {
            dx[channel] += back[channel] * gains[channel] * scale - value * pull;
        }
    }
}

fn inverse_root(row: &[f32]) -> f32 {
    1.0 / (dot(row, row) / row.len() as f32 + EPSILON).sqrt()
}

/// Scores into shares that sum to 1.
pub(super) fn softmax(scores: &mut [f32]) {
    let most = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let mut sum = 0.0;
    for score in scores.iter_mut() {
        *score = libm::expf(*score - most);
        sum += *score;
    }
    scores.iter_mut().for_each(|score| *score /= sum);
}
