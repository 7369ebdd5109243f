//! The loss of the model on sequences of bytes, and its gradient.

use super::attention::{Shares, attend, attend_back};
use super::layout::{Block, Layout, VOCABULARY};
use super::ops::{add_scaled, dot, multiply, multiply_back, norm, norm_back, softmax};

/// What the gradient of a block needs of the way there.
struct Trace {
    input: Vec<f32>,
    normed: Vec<f32>,
    qkv: [Vec<f32>; 3],
    shares: Shares,
    mixed: Vec<f32>,
    middle: Vec<f32>,
    middle_normed: Vec<f32>,
    inner: Vec<f32>,
}

/// The mean loss in nats of predicting every byte of the sequences but the first, each of at most `context + 1` bytes below
/// [`VOCABULARY`].
pub fn loss(layout: &Layout, parameters: &[f32], sequences: &[&[u8]]) -> f64 {
    let mut sum = 0.0;
    for sequence in sequences {
        let (output, _) = hidden(layout, parameters, &sequence[..sequence.len() - 1], false);
        let normed = norm(&output, &parameters[layout.last_norm()]);
        for (row, &target) in normed.chunks_exact(layout.width).zip(&sequence[1..]) {
            sum += surprise(&scores(layout, parameters, row), target);
        }
    }
    sum / predicted(sequences)
}

/// The mean loss as [`loss`] has it, and its gradient by every parameter.
pub fn loss_and_gradient(layout: &Layout, parameters: &[f32], sequences: &[&[u8]]) -> (f64, Vec<f32>) {
    let mut gradient = vec![0.0; parameters.len()];
    let predicted = predicted(sequences);
    let mut sum = 0.0;
    for sequence in sequences {
        sum += backward(layout, parameters, sequence, 1.0 / predicted as f32, &mut gradient);
    }
    (sum / predicted, gradient)
}

fn predicted(sequences: &[&[u8]]) -> f64 {
    sequences.iter().map(|sequence| sequence.len() - 1).sum::<usize>() as f64
}

fn scores(layout: &Layout, parameters: &[f32], row: &[f32]) -> Vec<f32> {
    parameters[layout.tokens()].chunks_exact(layout.width).map(|token| dot(token, row)).collect()
}

/// Nats of the target under the softmax of the scores.
fn surprise(scores: &[f32], target: u8) -> f64 {
    let most = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let sum: f32 = scores.iter().map(|score| libm::expf(score - most)).sum();
    f64::from(most) + libm::log(f64::from(sum)) - f64::from(scores[usize::from(target)])
}

/// What the last block hands on, and the traces of all where they are wanted.
fn hidden(layout: &Layout, parameters: &[f32], input: &[u8], traced: bool) -> (Vec<f32>, Vec<Trace>) {
    let width = layout.width;
    let (tokens, positions) = (&parameters[layout.tokens()], &parameters[layout.positions()]);
    let mut x: Vec<f32> = positions[..input.len() * width].to_vec();
    for (row, &token) in x.chunks_exact_mut(width).zip(input) {
        add_scaled(row, &tokens[usize::from(token) * width..][..width], 1.0);
    }
    let mut traces = Vec::new();
    for layer in 0..layout.layers {
        let (output, trace) = block(layout, parameters, &layout.block(layer), x);
        x = output;
        if traced {
            traces.push(trace);
        }
    }
    (x, traces)
}

fn block(layout: &Layout, parameters: &[f32], block: &Block, input: Vec<f32>) -> (Vec<f32>, Trace) {
    let width = layout.width;
    let of = |range: &std::ops::Range<usize>| &parameters[range.clone()];
    let normed = norm(&input, of(&block.attention_norm));
    let project = |index: usize| {
        let mut out = vec![0.0; input.len()];
        multiply(&normed, of(&block.projections[index]), width, &mut out);
        out
    };
    let qkv = [project(0), project(1), project(2)];
    let (mixed, shares) = attend(&qkv[0], &qkv[1], &qkv[2], width, layout.heads);
    let mut middle = input.clone();
    multiply(&mixed, of(&block.projections[3]), width, &mut middle);
    let middle_normed = norm(&middle, of(&block.mlp_norm));
    let mut inner = vec![0.0; input.len() / width * layout.inner()];
    multiply(&middle_normed, of(&block.up), width, &mut inner);
    inner.iter_mut().for_each(|value| *value = value.max(0.0));
    let mut output = middle.clone();
    multiply(&inner, of(&block.down), layout.inner(), &mut output);
    (output, Trace { input, normed, qkv, shares, mixed, middle, middle_normed, inner })
}

/// Adds the gradient of `share` times the summed loss of a sequence, and says that sum.
fn backward(layout: &Layout, parameters: &[f32], sequence: &[u8], share: f32, gradient: &mut [f32]) -> f64 {
    let width = layout.width;
    let input = &sequence[..sequence.len() - 1];
    let (output, traces) = hidden(layout, parameters, input, true);
    let normed = norm(&output, &parameters[layout.last_norm()]);
    let mut sum = 0.0;
    let mut dnormed = vec![0.0; output.len()];
    for ((row, drow), &target) in
        normed.chunks_exact(width).zip(dnormed.chunks_exact_mut(width)).zip(&sequence[1..])
    {
        let mut shares = scores(layout, parameters, row);
        sum += surprise(&shares, target);
        softmax(&mut shares);
        shares[usize::from(target)] -= 1.0;
        for (token, chance) in shares.iter().enumerate() {
            let place = token * width..(token + 1) * width;
            add_scaled(drow, &parameters[place.clone()], share * chance);
            add_scaled(&mut gradient[place], row, share * chance);
        }
    }
    let mut dx = vec![0.0; output.len()];
    norm_back(&output, &parameters[layout.last_norm()], &dnormed, &mut dx, &mut gradient[layout.last_norm()]);
    for (layer, trace) in traces.iter().enumerate().rev() {
        dx = block_back(layout, parameters, &layout.block(layer), trace, dx, gradient);
    }
    let positions = layout.positions().start;
    add_scaled(&mut gradient[positions..positions + dx.len()], &dx, 1.0);
    for (row, &token) in dx.chunks_exact(width).zip(input) {
        add_scaled(&mut gradient[usize::from(token) * width..][..width], row, 1.0);
    }
    debug_assert!(layout.tokens().end == VOCABULARY * width);
    sum
}

fn block_back(
    layout: &Layout,
    parameters: &[f32],
    block: &Block,
    trace: &Trace,
    dout: Vec<f32>,
    gradient: &mut [f32],
) -> Vec<f32> {
    let width = layout.width;
    let of = |range: &std::ops::Range<usize>| &parameters[range.clone()];
    let mut dinner = vec![0.0; trace.inner.len()];
    multiply_back(
        &trace.inner,
        of(&block.down),
        layout.inner(),
        &dout,
        &mut dinner,
        &mut gradient[block.down.clone()],
    );
    for (back, &value) in dinner.iter_mut().zip(&trace.inner) {
        if value <= 0.0 {
            *back = 0.0;
        }
    }
    let mut dnormed = vec![0.0; dout.len()];
    multiply_back(
        &trace.middle_normed,
        of(&block.up),
        width,
        &dinner,
        &mut dnormed,
        &mut gradient[block.up.clone()],
    );
    let mut dmiddle = dout;
    norm_back(
        &trace.middle,
        of(&block.mlp_norm),
        &dnormed,
        &mut dmiddle,
        &mut gradient[block.mlp_norm.clone()],
    );
    let mut dmixed = vec![0.0; dmiddle.len()];
    let output = block.projections[3].clone();
    multiply_back(&trace.mixed, of(&output), width, &dmiddle, &mut dmixed, &mut gradient[output]);
    let [q, k, v] = &trace.qkv;
    let back = attend_back((q, k, v), &trace.shares, &dmixed, width, layout.heads);
    let mut dnormed = vec![0.0; dmiddle.len()];
    for (projection, back) in block.projections.iter().zip(&back) {
        multiply_back(
            &trace.normed,
            of(projection),
            width,
            back,
            &mut dnormed,
            &mut gradient[projection.clone()],
        );
    }
    let mut dinput = dmiddle;
    norm_back(
        &trace.input,
        of(&block.attention_norm),
        &dnormed,
        &mut dinput,
        &mut gradient[block.attention_norm.clone()],
    );
    dinput
}
