//! AdamW (Loshchilov and Hutter, 2019) with master weights in float32.

/// What an optimiser remembers.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    /// Steps that were taken.
    pub step: usize,
    /// Weights in float32; the model computes with them rounded to bfloat16.
    pub master: Vec<f32>,
    /// The first moment.
    pub mean: Vec<f32>,
    /// The second moment.
    pub square: Vec<f32>,
}

/// The constants of the optimiser, but for the learning rate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AdamW {
    /// What the moments forget, β₁ and β₂.
    pub betas: (f32, f32),
    /// Added to the root of the second moment.
    pub epsilon: f32,
    /// Share of the weights that a step of rate 1 takes away.
    pub decay: f32,
    /// Largest norm of a gradient; a larger one is scaled down to it.
    pub clip: f32,
}

impl AdamW {
    /// Takes a step.
    pub fn step(&self, state: &mut State, gradient: &[f32], rate: f32) {
        state.step += 1;
        let norm =
            gradient.iter().map(|&value| f64::from(value) * f64::from(value)).sum::<f64>().sqrt() as f32;
        let scale = if norm > self.clip { self.clip / norm } else { 1.0 };
        let (first, second) = self.betas;
        let correction = |beta: f32| (1.0 - libm::pow(f64::from(beta), state.step as f64)) as f32;
        let (unbias_mean, unbias_square) = (correction(first), correction(second));
        for (place, &gradient) in gradient.iter().enumerate() {
            let gradient = gradient * scale;
            let mean = first * state.mean[place] + (1.0 - first) * gradient;
            let square = second * state.square[place] + (1.0 - second) * gradient * gradient;
            (state.mean[place], state.square[place]) = (mean, square);
            let master = &mut state.master[place];
            let direction = mean / unbias_mean / ((square / unbias_square).sqrt() + self.epsilon);
            *master -= rate * (direction + self.decay * *master);
        }
    }
}
