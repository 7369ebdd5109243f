//! The automation of attune.
fn main() {}
