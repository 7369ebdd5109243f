//! The one integration binary: everything together, through the command line where users stand.

mod architecture;
mod bad_input;
mod export;
mod quickstart;
mod resume;
mod support;
mod techniques;
