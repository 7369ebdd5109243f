//! Keys and values of one head in the order that products read them, as a cache of any width gives them back.

use super::HeadConfig;
use super::product::{Factors, GROUP};
use crate::ops::host;
use crate::ops::quantise::Grid;

/// One side of the cache of one head: its keys, or its values.
pub(super) struct Side {
    /// What queries meet beyond the recent window.
    pub(super) stored: Vec<Factors>,
    /// What they meet within it, where that differs.
    pub(super) near: Option<Vec<Factors>>,
}

/// The cache of one head.
pub(super) struct Packed {
    /// By groups of keys: `[⌈tokens/8⌉][head_dim]`, keys after the last are 0.
    pub(super) keys: Side,
    /// By groups of channels: `[⌈value_dim/8⌉][tokens]`, channels after the last are 0.
    pub(super) values: Side,
    /// Last positions that are met exactly, the query's own included.
    pub(super) recent: usize,
}

impl Packed {
    /// Packs the keys of a head, `[tokens, head_dim]`, and its values, `[tokens, value_dim]`: rows beside their width.
    pub(super) fn new(view: &HeadConfig, keys: (&[f32], usize), values: (&[f32], usize)) -> Self {
        let cache = view.cache.as_ref();
        let (sink, recent) = cache.map_or((0, 0), |cache| (cache.sink, cache.recent));
        let side = |(rows, channels), grid: Option<&Grid>, pack: fn(Rows<'_>) -> Vec<Factors>| Side {
            stored: pack(Rows { rows, channels, grid, sink }),
            near: (grid.is_some() && recent > 0).then(|| pack(Rows { rows, channels, grid: None, sink })),
        };
        Self {
            keys: side(keys, cache.and_then(|cache| cache.keys.as_ref()), by_tokens),
            values: side(values, cache.and_then(|cache| cache.values.as_ref()), by_channels),
            recent,
        }
    }
}

/// Rows on their way into a cache.
#[derive(Clone, Copy)]
struct Rows<'a> {
    /// `[tokens, channels]`.
    rows: &'a [f32],
    channels: usize,
    /// `None` leaves them as they are.
    grid: Option<&'a Grid>,
    /// First rows that stay exact.
    sink: usize,
}

impl Rows<'_> {
    /// Calls `body(first_row, rows)` with up to 8 rows at a time.
    #[inline(always)]
    fn for_each(self, mut body: impl FnMut(usize, &[f32])) {
        let mut some = vec![0.0; GROUP * self.channels];
        for (number, rows) in self.rows.chunks(GROUP * self.channels).enumerate() {
            let first = number * GROUP;
            match self.grid {
                None => body(first, rows),
                Some(grid) => {
                    let some = &mut some[..rows.len()];
                    some.copy_from_slice(rows);
                    let exact = self.sink.saturating_sub(first) * self.channels;
                    for row in some.get_mut(exact..).unwrap_or_default().chunks_exact_mut(self.channels) {
                        grid.row(row);
                    }
                    body(first, some);
                }
            }
        }
    }
}

fn by_tokens(rows: Rows<'_>) -> Vec<Factors> {
    let tokens = rows.rows.len() / rows.channels;
    let mut packed = vec![[0.0; GROUP]; tokens.div_ceil(GROUP) * rows.channels];
    host::vectorised(
        #[inline(always)]
        || {
            rows.for_each(
                #[inline(always)]
                |first, some| {
                    let group = &mut packed[first / GROUP * rows.channels..][..rows.channels];
                    for (member, row) in some.chunks_exact(rows.channels).enumerate() {
                        for (factors, value) in group.iter_mut().zip(row) {
                            factors[member] = *value;
                        }
                    }
                },
            );
        },
    );
    packed
}

fn by_channels(rows: Rows<'_>) -> Vec<Factors> {
    let tokens = rows.rows.len() / rows.channels;
    let mut packed = vec![[0.0; GROUP]; rows.channels.div_ceil(GROUP) * tokens];
    host::vectorised(
        #[inline(always)]
        || {
            rows.for_each(
                #[inline(always)]
                |first, some| {
                    for (token, row) in some.chunks_exact(rows.channels).enumerate() {
                        for (group, channels) in row.chunks(GROUP).enumerate() {
                            let to = &mut packed[group * tokens + first + token];
                            match channels.try_into() {
                                Ok(channels) => *to = channels,
                                Err(_) => to[..channels.len()].copy_from_slice(channels),
                            }
                        }
                    }
                },
            );
        },
    );
    packed
}
