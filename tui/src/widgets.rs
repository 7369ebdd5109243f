//! What screens are drawn with.

mod axes;
mod blocks;
mod fit;
mod page;
mod plot;
mod scale;
pub(crate) mod seen;
mod table;
mod window;

pub(crate) use axes::Axis;
pub(crate) use blocks::{Blocks, Cells};
pub(crate) use fit::{fit, only_visible, width, wrap};
pub(crate) use page::{Page, key, panel};
pub(crate) use plot::{Layer, Plot};
pub(crate) use scale::Scale;
pub(crate) use table::{Column, Table, first_seen};
pub(crate) use window::{centred, window};
