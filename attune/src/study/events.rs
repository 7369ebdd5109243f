//! Who hears of what happens in a study.

use std::sync::mpsc::Sender;

use attune_core::event::Event;

/// Hears events, on the thread that runs the study.
type Listener = Box<dyn FnMut(&Event) + Send>;

/// All of them, in the order in which they were named.
#[derive(Default)]
pub(super) struct Listeners(Vec<Listener>);

impl Listeners {
    pub(super) fn add(&mut self, listener: impl FnMut(&Event) + Send + 'static) {
        self.0.push(Box::new(listener));
    }

    pub(super) fn add_channel(&mut self, events: Sender<Event>) {
        // A receiver that is gone does not want to know.
        self.add(move |event| drop(events.send(event.clone())));
    }

    pub(super) fn tell(&mut self, event: &Event) {
        self.0.iter_mut().for_each(|listener| listener(event));
    }
}
