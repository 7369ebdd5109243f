//! The screens of attune, in Elm style: a [`Model`], [`Message`]s, a pure [`update`] that answers with
//! [`Effect`]s, and a pure [`view`].
//!
//! This crate opens no store, runs no study and reads no file. Everything that it wants to know or to have
//! done is a [`Request`](attune::backend::Request) to a [`Backend`](attune::backend::Backend); everything that it
//! learns is an [`Answer`](attune::backend::Answer). A study in this process and one that another process runs reach the screens
//! as the same events. Only [`run`](fn@run) touches the terminal.

mod chooser;
mod command_line;
mod compare;
mod draft;
mod effect;
mod export;
mod home;
mod key;
mod line_edit;
mod message;
mod modal;
mod model;
pub mod recording;
#[cfg(unix)]
mod runtime;
mod study;
mod theme;
mod update;
mod view;
mod widgets;

pub use effect::Effect;
pub use key::Key;
pub use message::{Message, Mouse, MouseKind};
pub use model::{Model, Setup};
#[cfg(unix)]
pub use runtime::{Ended, Hooks, drive, run};
pub use update::update;
pub use view::view;
