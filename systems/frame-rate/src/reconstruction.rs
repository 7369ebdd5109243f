//! A clip brought back from the frames that were kept.

use crate::clip::Clip;
use crate::ssim::{Moments, Similarity};

/// The similarity of the frames `from + 1 .. to` with what linear interpolation between the kept frames `from` and `to` makes of
/// them, rounded to 8 bits. `moments` has those of the whole clip.
pub(crate) fn between<'a>(
    clip: &'a Clip,
    similarity: &'a Similarity,
    moments: impl Fn(usize) -> &'a Moments + 'a,
    from: usize,
    to: usize,
) -> impl Iterator<Item = f64> + 'a {
    let frames = clip.frames();
    (from + 1..to).map(move |frame| {
        let made = interpolated(&frames[from], &frames[to], frame - from, to - from);
        similarity.compare(&frames[frame], moments(frame), &made)
    })
}

/// The frame `step` of `steps` between two, rounded to nearest, halves up.
fn interpolated(first: &[u8], second: &[u8], step: usize, steps: usize) -> Vec<u8> {
    let (step, steps) = (step as u32, steps as u32);
    let mix = |(&one, &other): (&u8, &u8)| {
        let sum = (steps - step) * u32::from(one) + step * u32::from(other);
        ((2 * sum + steps) / (2 * steps)) as u8
    };
    first.iter().zip(second).map(mix).collect()
}

/// The similarity of every frame with its reconstruction when exactly `kept` (ascending, the first and the last frame among
/// them) are kept; kept frames have 1.
pub fn frame_similarities(clip: &Clip, kept: &[usize]) -> Vec<f64> {
    let similarity = Similarity::new(clip.width(), clip.height());
    let moments: Vec<Moments> = clip.frames().iter().map(|frame| similarity.moments(frame)).collect();
    let mut all = vec![1.0; clip.frames().len()];
    for pair in kept.windows(2) {
        let values = between(clip, &similarity, |frame| &moments[frame], pair[0], pair[1]);
        for (frame, value) in (pair[0] + 1..).zip(values) {
            all[frame] = value;
        }
    }
    all
}
