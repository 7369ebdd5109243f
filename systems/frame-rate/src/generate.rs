//! Clips from a seed: scenes of textures that stand, pan, shake or pass by, with cuts between them.

use crate::clip::Clip;
use attune_random::Random;

/// What generated clips are like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Pixels across, at least 11.
    pub width: usize,
    /// Pixels down, at least 11.
    pub height: usize,
    /// Frames, at least 2.
    pub frames: usize,
}

/// How the camera of a scene moves.
#[derive(Clone, Copy, Debug)]
enum Camera {
    Still,
    /// Pixels per frame.
    Pan(f64, f64),
    /// Pixels by which every frame is off at most.
    Shake(f64),
}

struct Scene {
    frames: usize,
    camera: Camera,
    texture: u64,
    /// Pixels between the coarsest points of the texture.
    coarse: f64,
    contrast: f64,
    /// A disc that moves through: centre, radius, pixels per frame.
    disc: (f64, f64, f64, f64, f64),
}

/// A clip that is a function of its size and seed. Every scene lasts 12 to 48 frames; grain of ±1 lies over all of it.
pub fn clip(size: Size, seed: u64) -> Clip {
    let size = Size { width: size.width.max(11), height: size.height.max(11), frames: size.frames.max(2) };
    let mut random = Random::new(seed ^ 0x6672_616d_6573);
    let mut frames = Vec::with_capacity(size.frames);
    while frames.len() < size.frames {
        let scene = scene(size, &mut random);
        let (mut x, mut y) = (random.between(0.0, 1e3), random.between(0.0, 1e3));
        for step in 0..scene.frames.min(size.frames - frames.len()) {
            let (mut dx, mut dy) = (0.0, 0.0);
            match scene.camera {
                Camera::Still => {}
                Camera::Pan(right, down) => (x, y) = (x + right, y + down),
                Camera::Shake(most) => (dx, dy) = (random.between(-most, most), random.between(-most, most)),
            }
            frames.push(frame(size, &scene, (x + dx, y + dy), step as f64, &mut random));
        }
    }
    match Clip::new(&format!("generated-{seed}"), size.width, size.height, frames) {
        Ok(clip) => clip,
        Err(error) => unreachable!("the size was made to fit: {error}"),
    }
}

fn scene(size: Size, random: &mut Random) -> Scene {
    let camera = match random.below(5) {
        0 => Camera::Still,
        1 => Camera::Pan(random.between(-0.3, 0.3), random.between(-0.1, 0.1)),
        2 => Camera::Pan(random.between(-1.5, 1.5), random.between(-0.5, 0.5)),
        3 => Camera::Pan(random.between(-4.0, 4.0), random.between(-2.0, 2.0)),
        _ => Camera::Shake(random.between(0.3, 2.0)),
    };
    let (width, height) = (size.width as f64, size.height as f64);
    // Half of the scenes have something that moves on its own.
    let radius = if random.below(2) == 0 { 0.0 } else { random.between(0.1, 0.3) * height };
    Scene {
        frames: 12 + random.below(37),
        camera,
        texture: random.bits(),
        coarse: random.between(8.0, 24.0),
        contrast: random.between(60.0, 160.0),
        disc: (
            random.between(0.0, width),
            random.between(0.2, 0.8) * height,
            radius,
            random.between(-3.0, 3.0),
            random.between(-1.0, 1.0),
        ),
    }
}

fn frame(size: Size, scene: &Scene, (x, y): (f64, f64), step: f64, random: &mut Random) -> Vec<u8> {
    let (left, top, radius, right, down) = scene.disc;
    let (centre_x, centre_y) = (left + right * step, top + down * step);
    let mut pixels = Vec::with_capacity(size.width * size.height);
    for row in 0..size.height {
        for column in 0..size.width {
            let (across, along) = (column as f64, row as f64);
            let (off_x, off_y) = (across - centre_x, along - centre_y);
            let inside = off_x * off_x + off_y * off_y < radius * radius;
            let value = if inside {
                // What moves has a texture of its own, which moves with it.
                texture(!scene.texture, off_x + 500.0, off_y + 500.0, scene.coarse / 2.0)
            } else {
                texture(scene.texture, across + x, along + y, scene.coarse)
            };
            let grain = random.below(3) as f64 - 1.0;
            pixels.push((128.0 + scene.contrast * (value - 0.5) + grain).clamp(0.0, 255.0) as u8);
        }
    }
    pixels
}

/// Value noise of three octaves, 0 to 1.
fn texture(seed: u64, x: f64, y: f64, coarse: f64) -> f64 {
    let octave = |number: u64, share: f64| {
        let scale = coarse / (1u64 << number) as f64;
        share * noise(seed.wrapping_add(number), x / scale, y / scale)
    };
    octave(0, 0.5) + octave(1, 0.3) + octave(2, 0.2)
}

/// Random values at whole points, smooth between them.
fn noise(seed: u64, x: f64, y: f64) -> f64 {
    let (column, row) = (x.floor(), y.floor());
    let smooth = |part: f64| part * part * (3.0 - 2.0 * part);
    let (across, down) = (smooth(x - column), smooth(y - row));
    let at = |right: i64, below: i64| {
        let place = ((column as i64 + right) as u64) << 32 ^ ((row as i64 + below) as u64 & 0xffff_ffff);
        Random::new(seed ^ place.wrapping_mul(0x9e37_79b9_7f4a_7c15)).unit()
    };
    let top = at(0, 0) * (1.0 - across) + at(1, 0) * across;
    let bottom = at(0, 1) * (1.0 - across) + at(1, 1) * across;
    top * (1.0 - down) + bottom * down
}
