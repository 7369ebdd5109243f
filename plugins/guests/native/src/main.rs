//! Evaluators as native code: what `cargo bench -p attune-plugins --bench evaluators` compares their components with.
//!
//! Called with the names of an evaluator and a task, the number of items and seconds, it reads plans from its standard input, an edit
//! a line and an empty line behind each plan. It scores them for the first time, each time with the task opened anew, and again and again
//! for so many seconds; it writes how long one plan on one item takes the first time and again, and then the values of each plan, one
//! plan a line, bit for bit.

// The guests' workspace is built for WebAssembly as a whole, where there is nothing of this.
#[cfg(not(target_arch = "wasm32"))]
mod scores;

#[cfg(not(target_arch = "wasm32"))]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    scores::run()
}

#[cfg(target_arch = "wasm32")]
fn main() {}
