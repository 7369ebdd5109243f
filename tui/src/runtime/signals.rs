//! Signals become messages: the terminal that closes, the system that asks to end, the process that continues.

use std::io;
use std::sync::mpsc::Sender;
use std::thread;

use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::{Handle, Signals};

use super::input;
use crate::message::Message;

/// A thread that waits for signals.
pub(super) struct Watch {
    handle: Handle,
}

impl Watch {
    pub(super) fn start(messages: Sender<Message>) -> io::Result<Self> {
        let mut signals = Signals::new([SIGHUP, SIGTERM, SIGINT, SIGCONT])?;
        let handle = signals.handle();
        thread::Builder::new().name("signals".to_owned()).spawn(move || {
            for signal in &mut signals {
                // An editor that is open has the same terminal: its Ctrl-C is not for the screens.
                if signal == SIGINT && input::is_silent() {
                    continue;
                }
                let message = if signal == SIGCONT { Message::Continued } else { Message::Hangup };
                if messages.send(message).is_err() {
                    return;
                }
            }
        })?;
        Ok(Self { handle })
    }

    pub(super) fn stop(self) {
        self.handle.close();
    }
}
