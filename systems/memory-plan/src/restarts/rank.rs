//! Orders that rounds try buffers in.

use crate::Random;
use crate::canonical::Sections;

/// What buffers are ranked by, the largest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// Where branches ended.
    Weight,
    /// The same times the root of size × life.
    WeightedArea,
    /// Bytes of the fullest moment of a buffer's life.
    Pressure,
    /// Size × life.
    Area,
    /// How long it lives.
    Life,
    /// How many overlap it.
    Degree,
    /// Life, then area; without noise, as the next two: those that MiniMalloc begins with.
    LifeArea,
    /// Pressure, then area.
    PressureArea,
    /// Pressure, then life.
    PressureLife,
}

impl Key {
    /// The key of a round, from 1, where they take turns.
    pub(super) fn of_round(round: u64) -> Self {
        match round {
            1 => Self::LifeArea,
            2 => Self::PressureArea,
            3 => Self::PressureLife,
            _ => match round % 4 {
                0 | 2 => Self::Weight,
                1 => Self::WeightedArea,
                _ => [Self::Pressure, Self::Area, Self::Life, Self::Degree][(round / 4 % 4) as usize],
            },
        }
    }
}

/// An order by `key`, the largest first, with some noise: `noise` times as much as is usual for the key.
pub fn ranked(sections: &Sections, key: Key, weights: &[f64], noise: f64, random: &mut Random) -> Vec<u32> {
    let keys: Vec<[f64; 3]> = (0..sections.len())
        .map(|buffer| {
            let (life, pressure) = (sections.life(buffer) as f64, sections.pressure(buffer) as f64);
            let area = sections.size(buffer) as f64 * life;
            let (value, usual) = match key {
                Key::Weight => (weights[buffer] + 1e-3, 0.2),
                Key::WeightedArea => ((weights[buffer] + 1e-9) * area.sqrt(), 0.5),
                Key::Pressure => (pressure, 0.1),
                Key::Area => (area, 1.0),
                Key::Life => (life, 1.0),
                Key::Degree => (sections.degree(buffer) as f64, 0.3),
                Key::LifeArea => return [life, area, 0.0],
                Key::PressureArea => return [pressure, area, life],
                Key::PressureLife => return [pressure, life, area],
            };
            [value * (1.0 + usual * noise * random.unit()), 0.0, 0.0]
        })
        .collect();
    let mut order: Vec<u32> = (0..sections.len() as u32).collect();
    order.sort_by(|&one, &other| {
        let pairs = keys[other as usize].iter().zip(&keys[one as usize]);
        pairs.fold(std::cmp::Ordering::Equal, |so_far, (other, one)| so_far.then(other.total_cmp(one)))
    });
    order
}
