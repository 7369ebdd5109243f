//! Frames kept per chunk of a video clip under a budget, and how well linear interpolation brings back the rest.
//!
//! The schedulers of DLFR-VAE (arXiv 2502.11897) and VGDFR (arXiv 2504.12259) decide how many frames of each chunk a video
//! generator works on. There is no autoencoder and no generator here: frames are dropped from a finished clip and interpolated,
//! so it is the scheduler that is tested. The rule of DLFR-VAE is re-derived from its abstract, that of VGDFR from its code.
//!
//! A [`Clip`] of 8-bit gray frames is cut into chunks ([`Chunks`]); each keeps its frames at one of four [`RATES`]. A
//! [`Quality`] knows the structural similarity ([`ssim`]) of every chunk at every rate. What is decided: rates by an exact
//! dynamic programme ([`optimum`]), by a search that knows only what schedules are worth ([`exchange`]), by ordered
//! [`thresholds`] on the chunk's complexity, by [`merging`] similar frames, or [`uniform`]ly. Nothing here does IO, and the same clip gives the same bits on every machine.

mod chunks;
mod clip;
pub mod exchange;
pub mod generate;
pub mod merging;
pub mod optimum;
mod quality;
mod reconstruction;
pub mod ssim;
pub mod thresholds;
pub mod uniform;
pub mod y4m;

pub use attune_random::Random;
pub use chunks::{Chunks, RATES, Schedule};
pub use clip::{Clip, ClipError};
pub use quality::Quality;
pub use reconstruction::frame_similarities;
