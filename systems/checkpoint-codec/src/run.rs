//! A training run that keeps its saves.

use crate::bf16;
use crate::model::{AdamW, Layout, State, loss, loss_and_gradient};
use crate::saves::{Save, Tensor};
use attune_random::Random;

/// Chapters of attune's own book, ASCII.
const TEXT: &[u8] = include_bytes!("../data/text.txt");
/// Sequences that a resumed run is judged on.
const JUDGED: usize = 8;

const OPTIMISER: AdamW = AdamW { betas: (0.9, 0.95), epsilon: 1e-8, decay: 0.1, clip: 1.0 };

/// What a run is like.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RunOptions {
    /// First weights and batches follow from it.
    pub seed: u64,
    /// Steps.
    pub steps: usize,
    /// Steps from one save to the next.
    pub gap: usize,
    /// Steps that a resumed run takes before it is judged.
    pub horizon: usize,
    /// The highest learning rate, reached after a twentieth of the steps; from there it falls to 0 as a cosine does.
    pub rate: f64,
    /// Sequences of a batch.
    pub batch: usize,
    /// Sizes of the model.
    pub layout: Layout,
}

impl Default for RunOptions {
    fn default() -> Self {
        let layout = Layout { width: 16, heads: 2, layers: 2, context: 32 };
        Self { seed: 0, steps: 240, gap: 4, horizon: 8, rate: 3e-3, batch: 2, layout }
    }
}

/// A run that was trained, with its state at every save.
#[derive(Clone, Debug)]
pub struct Run {
    options: RunOptions,
    states: Vec<State>,
    losses: Vec<f64>,
}

impl Run {
    /// Trains. Options whose steps make no save, or whose model has no size, are a bug of the caller.
    pub fn train(options: RunOptions) -> Self {
        let mut random = Random::new(options.seed);
        let master = options.layout.initial(&mut random);
        let zeros = vec![0.0; master.len()];
        let mut state = State { step: 0, master, mean: zeros.clone(), square: zeros };
        let mut run = Self { options, states: Vec::new(), losses: Vec::new() };
        while state.step < options.steps {
            let loss = run.advance(&mut state);
            run.losses.push(loss);
            if state.step.is_multiple_of(options.gap) {
                run.states.push(state.clone());
            }
        }
        run
    }

    /// How it was trained.
    pub fn options(&self) -> &RunOptions {
        &self.options
    }

    /// The state at each save.
    pub fn states(&self) -> &[State] {
        &self.states
    }

    /// The loss of each step's batch before the step, in nats per byte.
    pub fn losses(&self) -> &[f64] {
        &self.losses
    }

    /// The learning rate of a step, counted from 0.
    pub fn rate(&self, step: usize) -> f64 {
        let total = (self.options.steps + self.options.horizon) as f64;
        let warm = total / 20.0;
        let done = step as f64 + 1.0;
        if done < warm {
            return self.options.rate * done / warm;
        }
        let share = ((done - warm) / (total - warm)).min(1.0);
        self.options.rate * 0.5 * (1.0 + libm::cos(share * std::f64::consts::PI))
    }

    /// Takes the step that comes after a state, on the batch that it has in this run, and says the batch's loss.
    pub fn advance(&self, state: &mut State) -> f64 {
        let rate = self.rate(state.step);
        let mut random = Random::new(self.options.seed ^ (state.step as u64 + 1) << 32);
        let length = self.options.layout.context + 1;
        let learnt = TEXT.len() / 10 * 9;
        let batch: Vec<&[u8]> = (0..self.options.batch)
            .map(|_| random.below(learnt - length))
            .map(|start| &TEXT[start..start + length])
            .collect();
        let (loss, gradient) = loss_and_gradient(&self.options.layout, &rounded(&state.master), &batch);
        OPTIMISER.step(state, &gradient, rate as f32);
        loss
    }

    /// The loss in nats per byte on text that no run learns from, of a run that goes on for the horizon from a state.
    pub fn resume(&self, mut state: State) -> f64 {
        for _ in 0..self.options.horizon {
            self.advance(&mut state);
        }
        self.judge(&state)
    }

    /// The loss in nats per byte on text that no run learns from.
    pub fn judge(&self, state: &State) -> f64 {
        let length = self.options.layout.context + 1;
        let (from, stride) = (TEXT.len() / 10 * 9, TEXT.len() / 10 / JUDGED);
        let judged: Vec<&[u8]> = (0..JUDGED).map(|index| &TEXT[from + index * stride..][..length]).collect();
        loss(&self.options.layout, &rounded(&state.master), &judged)
    }

    /// What is written at each save.
    pub fn saves(&self) -> Vec<Save> {
        let parts = self.options.layout.parts();
        let save = |state: &State| Save {
            tensors: parts
                .iter()
                .map(|part| Tensor {
                    name: part.name.clone(),
                    class: part.class,
                    weights: state.master[part.range.clone()]
                        .iter()
                        .map(|&value| bf16::round(value))
                        .collect(),
                    remainders: state.master[part.range.clone()]
                        .iter()
                        .map(|&value| bf16::remainder(value))
                        .collect(),
                    moments: [
                        state.mean[part.range.clone()].to_vec(),
                        state.square[part.range.clone()].to_vec(),
                    ],
                })
                .collect(),
        };
        self.states.iter().map(save).collect()
    }
}

/// The weights that the model computes with.
fn rounded(master: &[f32]) -> Vec<f32> {
    master.iter().map(|&value| bf16::widen(bf16::round(value))).collect()
}
