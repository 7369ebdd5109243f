//! The terminal: the only part that touches it. Everything arrives as messages on one channel; a burst of them
//! is one drawing, so that a study is never slowed down by being watched.

mod input;
mod pacing;
mod signals;
mod terminal;

use std::io::{self, IsTerminal as _};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use attune::backend::{self, Mailbox};
use ratatui::Terminal;
use ratatui::backend::Backend;
use ratatui::layout::{Position, Rect};

use crate::effect::Effect;
use crate::message::Message;
use crate::model::{Model, Setup};
use crate::update::update;
use crate::view::view;
use pacing::Pacing;
use terminal::Screen;

/// Messages that are taken in before the clock is looked at again.
const BATCH: usize = 512;

/// Why the screens closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// A person quit.
    Quit,
    /// The terminal is gone, or the system asked to end.
    HungUp,
    /// Some thread panicked; its message is on the terminal.
    Panicked,
}

/// Opens the screens on the terminal and returns when they are closed; the terminal is as it was, also after
/// a panic.
///
/// # Errors
/// When the terminal cannot be set up or drawn to.
pub fn run(setup: Setup, backend: &mut dyn backend::Backend) -> io::Result<Ended> {
    let (send, receive) = channel();
    let signals = signals::Watch::start(send.clone())?;
    let mut screen = Screen::open(setup.mouse)?;
    let input = input::Reader::start(send.clone())?;
    let ended = match drive(setup, screen.terminal(), backend, (send, receive), &terminal::Hooks) {
        // Drawing may notice that the window was closed before the signal does.
        Err(_) if !io::stdin().is_terminal() => Ok(Ended::HungUp),
        ended => ended,
    };
    input.stop();
    signals.stop();
    screen.close();
    backend.close();
    ended
}

/// What the loop needs from a real terminal and a test does not have.
pub trait Hooks {
    /// Gives the terminal back, stops the process, and sets the terminal up again when it continues.
    ///
    /// # Errors
    /// When the terminal cannot be set up again.
    fn suspend(&self) -> io::Result<()>;

    /// Sets the terminal up again.
    ///
    /// # Errors
    /// When that fails.
    fn resume(&self) -> io::Result<()>;

    /// Gives the terminal to an editor of the person's own on the file `path`, and takes it back when that is closed.
    /// Returns why there was no editor, if there was none.
    ///
    /// # Errors
    /// When the terminal cannot be set up again.
    fn edit(&self, path: &str) -> io::Result<Option<String>>;

    /// Gives a text to the terminal's clipboard.
    ///
    /// # Errors
    /// When the terminal cannot be written to.
    fn copy(&self, text: &str) -> io::Result<()>;

    /// Whether some thread has panicked and the terminal has been given back.
    fn panicked(&self) -> bool;
}

/// The loop of [`run`], over any terminal.
///
/// # Errors
/// When the terminal cannot be drawn to.
pub fn drive<B: Backend>(
    setup: Setup,
    terminal: &mut Terminal<B>,
    backend: &mut dyn backend::Backend,
    (send, receive): (Sender<Message>, Receiver<Message>),
    hooks: &dyn Hooks,
) -> io::Result<Ended>
where
    B::Error: Send + Sync + 'static,
{
    let clock = Instant::now();
    // The receiver is gone when the screens have closed: then nobody wants to know.
    let mailbox = Mailbox::new(move |answer| drop(send.send(Message::Answer(answer))));
    let size = terminal.size().map_err(io::Error::other)?;
    let (mut model, first) = Model::new(setup, (size.width, size.height));
    let mut pacing = Pacing::default();
    let mut effects = first;
    let mut hung_up = false;
    loop {
        for effect in std::mem::take(&mut effects) {
            match effect {
                Effect::Ask(request) => backend.ask(request, &mailbox),
                Effect::Quit if hung_up => return Ok(Ended::HungUp),
                Effect::Quit => return Ok(Ended::Quit),
                Effect::Suspend => {
                    hooks.suspend()?;
                    anew(terminal)?;
                    pacing.asked();
                }
                Effect::Copy(text) => hooks.copy(&text)?,
                Effect::Edit(path) => {
                    let failure = hooks.edit(&path)?;
                    anew(terminal)?;
                    pacing.asked();
                    effects.extend(update(&mut model, Message::Edited { path, failure }));
                }
                Effect::Redraw => {
                    hooks.resume()?;
                    anew(terminal)?;
                    pacing.asked();
                }
            }
        }
        if hooks.panicked() {
            return Ok(Ended::Panicked);
        }
        let now = clock.elapsed();
        let seconds = model.now.as_secs();
        effects.extend(update(&mut model, Message::Tick(now)));
        if model.now.as_secs() > seconds && model.is_lively() {
            pacing.changed();
        }
        if pacing.due(now) {
            terminal.draw(|frame| view(&model, frame)).map_err(io::Error::other)?;
            pacing.drawn(clock.elapsed());
        }
        if !effects.is_empty() {
            continue;
        }
        match receive.recv_timeout(pacing.patience(clock.elapsed())) {
            Ok(message) => {
                for message in std::iter::once(message).chain(receive.try_iter()).take(BATCH) {
                    hung_up |= matches!(message, Message::Hangup);
                    match message {
                        Message::Key(_) | Message::Mouse(_) | Message::Paste(_) | Message::Resize(..) => {
                            pacing.asked();
                        }
                        _ => pacing.changed(),
                    }
                    effects.extend(update(&mut model, message));
                }
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return Ok(Ended::HungUp),
        }
    }
}

/// Makes the next drawing a whole one. `Terminal::clear` would ask the terminal where its cursor is, and read the
/// answer from under the thread that reads keys.
fn anew<B: Backend>(terminal: &mut Terminal<B>) -> io::Result<()>
where
    B::Error: Send + Sync + 'static,
{
    let size = terminal.size().map_err(io::Error::other)?;
    terminal.resize(Rect::from((Position::ORIGIN, size))).map_err(io::Error::other)
}

/// Longest time without looking at the clock.
const SECOND: Duration = Duration::from_secs(1);
