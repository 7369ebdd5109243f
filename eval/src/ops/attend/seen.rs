//! What the queries of a tile see together.

use std::ops::Range;

use super::AttentionMask;

/// Positions seen by neighbouring queries.
pub(super) struct Seen {
    /// Everything that any of them sees, without overlap, ascending.
    pub(super) any: [Range<usize>; 2],
    /// Runs that all of them see.
    all: [Range<usize>; 2],
}

impl Seen {
    /// What the queries `first..end` see; at least one.
    pub(super) fn new(look: &AttentionMask, first: usize, end: usize) -> Self {
        let [mut sinks, mut local] = look.ranges(first);
        let mut all = [sinks.clone(), local.clone()];
        for query in first + 1..end {
            let [more_sinks, more_local] = look.ranges(query);
            all = [meet(&all[0], &more_sinks), meet(&all[1], &more_local)];
            sinks = join(&sinks, &more_sinks);
            local = join(&local, &more_local);
        }
        if !sinks.is_empty() && sinks.end >= local.start {
            local.start = local.start.min(sinks.start);
            sinks = local.start..local.start;
        }
        Self { any: [sinks, local], all }
    }

    /// Whether all of them see `position`.
    pub(super) fn by_all(&self, position: usize) -> bool {
        self.all.iter().any(|run| run.contains(&position))
    }
}

fn meet(a: &Range<usize>, b: &Range<usize>) -> Range<usize> {
    a.start.max(b.start)..a.end.min(b.end)
}

/// The shortest run with everything of both.
fn join(a: &Range<usize>, b: &Range<usize>) -> Range<usize> {
    match (a.is_empty(), b.is_empty()) {
        (true, _) => b.clone(),
        (_, true) => a.clone(),
        _ => a.start.min(b.start)..a.end.max(b.end),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiles_see_what_their_queries_see() {
        for (window, chunk) in [5, 12, usize::MAX]
            .map(|window| (window, usize::MAX))
            .into_iter()
            .chain([(usize::MAX, 6), (9, 11)])
        {
            for sink in [0, 1, 3, 9, 40] {
                for span in [1, 2, 6, 20, usize::MAX] {
                    let look = AttentionMask { window, chunk, sink, span };
                    for first in [0, 8, 24] {
                        let end = first + 7;
                        let seen = Seen::new(&look, first, end);
                        let sees = |query: usize, position: usize| {
                            look.ranges(query).iter().any(|run| run.contains(&position))
                        };
                        let [sinks, local] = &seen.any;
                        assert!(sinks.is_empty() || sinks.end < local.start, "{look:?} {:?}", seen.any);
                        for position in 0..end + 3 {
                            let by_any = (first..end).any(|query| sees(query, position));
                            let listed = sinks.contains(&position) || local.contains(&position);
                            assert!(listed || !by_any, "{look:?} from {first}: {position} is missing");
                            let by_all = (first..end).all(|query| sees(query, position));
                            assert!(by_all || !seen.by_all(position), "{look:?} from {first}: {position}");
                        }
                    }
                }
            }
        }
    }
}
