//! The one integration binary: everything together, through the command line where users stand.
#![expect(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

mod architecture;
mod author;
mod bad_input;
mod book;
mod bytes;
mod choice;
mod codes;
mod components;
mod containers;
mod evaluators;
mod export;
mod facts;
mod families;
#[cfg(unix)]
mod form;
mod generator;
mod gguf_header;
#[cfg(unix)]
mod given_back;
mod module_circles;
mod moved;
mod own_edits;
mod pages;
#[cfg(unix)]
mod pictures;
mod python_packages;
mod quickstart;
mod recipes;
mod resume;
#[cfg(unix)]
mod screens;
mod sensitivities;
mod some_layers;
#[cfg(unix)]
mod streams;
mod studies;
mod support;
mod targets;
mod techniques;
#[cfg(unix)]
mod terminal;
#[cfg(unix)]
mod torch;
#[cfg(target_os = "linux")]
mod torch_ray;
#[cfg(unix)]
mod verify;
mod walk;
mod workers;
