//! One iteration of one rank of Megatron-LM: weights, the schedule 1F1B with virtual chunks (Narayanan et al., SC 2021), the activations
//! of a layer by their formulas (Korthikanti et al., arXiv 2205.05198, §4.1: 34·s·b·h bytes without attention scores, which a fused
//! attention does not keep), recomputation, and temporaries.

use crate::{Buffer, Instance, Random};

/// What makes sizes differ from pass to pass.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Irregular {
    /// Nothing: every micro-batch is as long as every other.
    #[default]
    No,
    /// Every micro-batch has its own length, between a quarter and the whole.
    Lengths,
    /// The second half of each layer is eight experts, and routers send each its own share of the tokens.
    Experts,
}

/// What is trained, and how.
#[derive(Clone, Copy, Debug)]
pub struct Megatron {
    /// Layers of this rank, all chunks together.
    pub layers: u32,
    /// Width of the residual stream.
    pub hidden: u64,
    /// Tokens of a sequence, at most.
    pub sequence: u64,
    /// Sequences of a micro-batch.
    pub batch: u64,
    /// Ranks that share each layer.
    pub tensor_parallel: u64,
    /// Stages of the pipeline; this rank is the first, which holds most.
    pub stages: u32,
    /// Virtual chunks of this rank (1: no interleaving); `layers` is a multiple of it.
    pub chunks: u32,
    /// Micro-batches of an iteration, a multiple of `stages` where there are several chunks.
    pub micro_batches: u32,
    /// Whether only the input of a layer is kept, and the rest made again for its backward pass.
    pub recompute: bool,
    /// What makes sizes differ.
    pub irregular: Irregular,
}

const EXPERTS: usize = 8;

impl Megatron {
    /// One of several trainings, numbered: what is trained differs from number to number, also where nothing within one is irregular.
    /// The first stage of four, eight micro-batches of one sequence of 2048 tokens. Seeds say how wide it is: an even and an odd one never the same.
    pub fn varied(number: usize, seed: u64, layers: u32, irregular: Irregular) -> Self {
        let chunks = [1, 2, 4][number % 3];
        Self {
            layers: layers.next_multiple_of(chunks),
            hidden: 256 * (4 + seed % 14),
            sequence: 2048,
            batch: 1,
            tensor_parallel: [1, 2][number / 3 % 2],
            stages: 4,
            chunks,
            micro_batches: 8,
            recompute: number % 4 == 3,
            irregular,
        }
    }

    /// The trace. The seed decides what is irregular, and nothing where nothing is.
    pub fn trace(&self, seed: u64) -> Instance {
        let mut trace = Trace { config: *self, buffers: Vec::new(), now: 0, phases: Vec::new() };
        let mut random = Random::new(seed);
        let passes = self.micro_batches as usize;
        let lengths: Vec<u64> = (0..passes)
            .map(|_| match self.irregular {
                Irregular::Lengths => (self.sequence as f64 * (0.25 + 0.75 * random.unit())) as u64,
                _ => self.sequence,
            })
            .collect();
        let layers = self.layers.max(1) as usize;
        let shares: Vec<Vec<[f64; EXPERTS]>> =
            (0..passes).map(|_| (0..layers).map(|_| shares(&mut random)).collect()).collect();
        let per_chunk = layers / self.chunks.max(1) as usize;
        // 12·h² weights of 2 bytes for each layer, their gradients of 4, for the whole iteration.
        for _ in 0..layers {
            for size in [24, 48] {
                trace.keep(size * self.hidden * self.hidden / self.tensor_parallel);
            }
        }
        let mut kept: Vec<Vec<Vec<Vec<usize>>>> = vec![vec![Vec::new(); self.chunks as usize]; passes];
        for (forward, chunk, pass) in self.schedule() {
            trace.phases.push(trace.now);
            let first = chunk * per_chunk;
            if forward {
                for share in &shares[pass][first..first + per_chunk] {
                    let layer = trace.forward(lengths[pass], share, self.recompute);
                    kept[pass][chunk].push(layer);
                }
            } else {
                for layer in (first..first + per_chunk).rev() {
                    let mut live = kept[pass][chunk].pop().unwrap_or_default();
                    if self.recompute {
                        live.extend(trace.forward(lengths[pass], &shares[pass][layer], false).split_off(1));
                    }
                    trace.backward(live, lengths[pass]);
                }
            }
        }
        let end = trace.now + 1;
        for buffer in &mut trace.buffers {
            if buffer.end == 0 {
                buffer.end = end;
            }
        }
        Instance::new(trace.buffers)
            .expect("a trace of buffers with bytes and time")
            .with_phases(trace.phases)
    }

    /// Passes of the first stage in their order: forward or not, chunk, micro-batch.
    fn schedule(&self) -> Vec<(bool, usize, usize)> {
        let (stages, chunks) = (self.stages as usize, self.chunks.max(1) as usize);
        let total = self.micro_batches as usize * chunks;
        let warm = if chunks == 1 { stages - 1 } else { (stages - 1) * 2 + (chunks - 1) * stages };
        let warm = warm.min(total);
        // With chunks, a group of as many micro-batches as there are stages goes through one chunk before the next.
        let place = |step: usize, forward: bool| {
            if chunks == 1 {
                return (0, step);
            }
            let group = step / (stages * chunks);
            let within = step % (stages * chunks);
            let chunk = within / stages;
            (if forward { chunk } else { chunks - 1 - chunk }, group * stages + within % stages)
        };
        let pass = |step, forward| {
            let (chunk, pass) = place(step, forward);
            (forward, chunk, pass)
        };
        let mut order: Vec<_> = (0..warm).map(|step| pass(step, true)).collect();
        for step in warm..total {
            order.push(pass(step, true));
            order.push(pass(step - warm, false));
        }
        order.extend((total - warm..total).map(|step| pass(step, false)));
        order
    }
}

/// How a router divides tokens: sums to 1, the fullest several times the emptiest.
fn shares(random: &mut Random) -> [f64; EXPERTS] {
    let drawn = [0.0; EXPERTS].map(|_: f64| 0.1 + random.unit() * random.unit());
    let sum: f64 = drawn.iter().sum();
    drawn.map(|share| share / sum)
}

struct Trace {
    config: Megatron,
    buffers: Vec<Buffer>,
    now: u64,
    phases: Vec<u64>,
}

impl Trace {
    /// Allocates; alive to the end unless it is freed. Sizes are multiples of 512, as the allocator makes them.
    fn keep(&mut self, size: u64) -> usize {
        self.buffers.push(Buffer { start: self.now, end: 0, size: crate::caching::rounded(size) });
        self.now += 1;
        self.buffers.len() - 1
    }

    fn free(&mut self, buffer: usize) {
        self.buffers[buffer].end = self.now;
        self.now += 1;
    }

    /// A layer's forward pass; what stays alive, its input first.
    fn forward(&mut self, tokens: u64, shares: &[f64; EXPERTS], input_only: bool) -> Vec<usize> {
        let Megatron { hidden, batch, tensor_parallel: parallel, irregular, .. } = self.config;
        let row = tokens * batch * hidden;
        let mut live = vec![self.keep(2 * row)];
        // Norm's output; queries, keys and values; context; mask of the dropout; the second norm's input and output.
        for size in [2 * row, 6 * row / parallel, 2 * row / parallel, row, 2 * row, 2 * row] {
            live.push(self.keep(size));
        }
        // What a projection makes before it is summed over ranks.
        let scratch = self.keep(2 * row);
        if irregular == Irregular::Experts {
            for share in shares {
                let routed = ((tokens * batch) as f64 * share) as u64 + 1;
                // Rows sent to the expert, its wide activations before and after the nonlinearity, its output.
                for size in [2, 8, 8, 2] {
                    live.push(self.keep(size * routed * hidden / parallel));
                }
            }
        } else {
            for size in [8 * row / parallel, 8 * row / parallel] {
                live.push(self.keep(size));
            }
        }
        live.push(self.keep(row));
        self.free(scratch);
        if input_only {
            for buffer in live.split_off(1) {
                self.free(buffer);
            }
        }
        live
    }

    /// A layer's backward pass: a gradient for each activation, each freed when the next is there.
    fn backward(&mut self, mut live: Vec<usize>, tokens: u64) {
        let row = tokens * self.config.batch * self.config.hidden;
        let mut gradient = self.keep(2 * row);
        while let Some(activation) = live.pop() {
            let next = self.keep(self.buffers[activation].size);
            self.free(gradient);
            self.free(activation);
            gradient = next;
        }
        self.free(gradient);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(crate) fn small(irregular: Irregular) -> Megatron {
        Megatron {
            layers: 4,
            hidden: 256,
            sequence: 512,
            batch: 1,
            tensor_parallel: 1,
            stages: 2,
            chunks: 2,
            micro_batches: 4,
            recompute: false,
            irregular,
        }
    }

    #[test]
    fn the_schedule_is_that_of_the_paper() {
        let mut config = small(Irregular::No);
        (config.stages, config.chunks, config.micro_batches) = (3, 1, 4);
        let order: String = config
            .schedule()
            .iter()
            .map(|(forward, _, pass)| format!("{}{pass} ", if *forward { 'F' } else { 'B' }))
            .collect();
        assert_eq!(order, "F0 F1 F2 B0 F3 B1 B2 B3 ");
        let interleaved = small(Irregular::No).schedule();
        let forward: Vec<_> = interleaved.iter().filter(|pass| pass.0).map(|pass| (pass.1, pass.2)).collect();
        assert_eq!(forward, [(0, 0), (0, 1), (1, 0), (1, 1), (0, 2), (0, 3), (1, 2), (1, 3)]);
        let backward = interleaved.iter().filter(|pass| !pass.0);
        assert_eq!(backward.map(|pass| pass.1).collect::<Vec<_>>(), [1, 1, 0, 0, 1, 1, 0, 0]);
    }

    #[test]
    fn activations_of_a_layer_have_the_bytes_of_the_formula() {
        let mut config = small(Irregular::No);
        (config.layers, config.chunks, config.stages, config.micro_batches) = (1, 1, 1, 1);
        let mut trace = Trace { config, buffers: Vec::new(), now: 0, phases: Vec::new() };
        let live = trace.forward(config.sequence, &[0.125; EXPERTS], false);
        let bytes: u64 = live.iter().map(|&buffer| trace.buffers[buffer].size).sum();
        assert_eq!(bytes, 34 * 512 * 256);
    }

    #[test]
    fn only_what_is_irregular_follows_from_the_seed() {
        let regular = small(Irregular::No);
        assert_eq!(regular.trace(1), regular.trace(2));
        for irregular in [Irregular::Lengths, Irregular::Experts] {
            let config = small(irregular);
            assert_eq!(config.trace(1), config.trace(1));
            assert_ne!(config.trace(1), config.trace(2));
        }
    }

    #[test]
    fn recomputation_needs_less_at_once() {
        let mut config = small(Irregular::No);
        let all = config.trace(0).bound();
        config.recompute = true;
        assert!(config.trace(0).bound() < all * 3 / 4);
    }
}
