//! Which positions a query sees.

use std::ops::Range;

/// What one KV head sees from each query, for one sequence length.
///
/// Query `i` sees `j ≤ i` with `i − j < window` and `⌊j/chunk⌋ = ⌊i/chunk⌋`, and `j < sink` or `i − j < span`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct AttentionMask {
    /// The model's own sliding window, in tokens.
    pub(crate) window: usize,
    /// The model's own chunks of tokens, of which a query sees its own alone.
    pub(crate) chunk: usize,
    /// First positions that stay visible.
    pub(crate) sink: usize,
    /// Last positions that are visible, the query's own included.
    pub(crate) span: usize,
}

impl AttentionMask {
    pub(crate) const FULL: Self = Self { window: usize::MAX, chunk: usize::MAX, sink: 0, span: usize::MAX };

    /// The visible positions of query `i`: sinks, then the local run, which ends at `i`.
    #[inline(always)]
    pub(crate) fn ranges(&self, i: usize) -> [Range<usize>; 2] {
        let start = self.start(i);
        let local = (i + 1).saturating_sub(self.span).max(start);
        if self.sink >= local {
            // One run, so that a row is summed in the order of a head that attends fully.
            return [start..start, start..i + 1];
        }
        [start..self.sink.max(start), local..i + 1]
    }

    /// The first position that query `i` or any later one may see.
    pub(crate) fn first_visible(&self, i: usize) -> usize {
        let [sinks, local] = self.ranges(i);
        if sinks.is_empty() { local.start } else { sinks.start }
    }

    /// Whether query `i` sees `position`.
    #[inline(always)]
    pub(crate) fn sees(&self, i: usize, position: usize) -> bool {
        position <= i && position >= self.start(i) && (position < self.sink || i - position < self.span)
    }

    /// The first position that the model itself lets query `i` see.
    #[inline(always)]
    fn start(&self, i: usize) -> usize {
        (i + 1).saturating_sub(self.window).max(i - i % self.chunk)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_the_definition() {
        for (window, chunk) in [(1, 100), (3, 100), (100, 100), (100, 5), (3, 5), (100, 1)] {
            for sink in 0..6 {
                for span in 1..8 {
                    let look = AttentionMask { window, chunk, sink, span };
                    for i in 0..12 {
                        let found: Vec<usize> = look.ranges(i).into_iter().flatten().collect();
                        let own = |j: usize| i - j < window && i / chunk == j / chunk;
                        let expected: Vec<usize> =
                            (0..=i).filter(|&j| own(j) && (j < sink || i - j < span)).collect();
                        assert_eq!(found, expected, "{look:?} at {i}");
                        let one_by_one: Vec<usize> = (0..20).filter(|&j| look.sees(i, j)).collect();
                        assert_eq!(one_by_one, expected, "{look:?} at {i}");
                    }
                }
            }
        }
        assert_eq!(AttentionMask::FULL.ranges(4)[1], 0..5);
    }
}
