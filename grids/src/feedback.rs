//! Rounding with error feedback (GPTQ, arXiv 2210.17323): codes that leave little error in a module's products, instead of in its weights.
//!
//! Of a row `w` of weights and the inputs `x` of its module, `Σ ((w − w')·x)²` is to be small. With `H = Σ x·xᵀ + λ·1`, columns are
//! rounded in their order, and the error of each is made good by the ones behind it (§3.3, Eq. 2 and 3). Scales are those of the
//! original weights, group by group ("static groups"), so that codes stay on the grid that rounding to the nearest has. `λ` is
//! 1 % of the mean of the diagonal of `Σ x·xᵀ`, as in the paper's §4.
//!
//! The paper updates the weights that are left by rows of the Cholesky factor of `H⁻¹`. With `H = R·Rᵀ` for an upper triangular `R`, that
//! factor is `R⁻¹`, and the same weight comes out of the errors so far without inverting anything: column `j` is rounded
//! as `w_j + Σ_{i<j} (w_i − w'_i)·R_ij/R_jj`, which leaves nothing of the `j`-th term of `‖Rᵀ·(w − w')‖²` but what rounding does.

mod codes;
mod factor;
mod moments;

pub use codes::{codes, dequantise};
pub use factor::Factor;
pub use moments::Moments;

#[cfg(test)]
mod tests;
