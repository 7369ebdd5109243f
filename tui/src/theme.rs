//! Styles. Only the sixteen colours of the terminal, never a background of our own: what a person chose
//! for a light or a dark screen stays readable. Without colour, weight and reversal carry everything.

use ratatui::style::{Color, Modifier, Style};

/// How things look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Theme {
    pub(crate) colour: bool,
}

impl Theme {
    fn paint(self, colour: Color) -> Style {
        if self.colour { Style::new().fg(colour) } else { Style::new() }
    }

    pub(crate) fn plain(self) -> Style {
        Style::new()
    }

    /// Headings.
    pub(crate) fn title(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    /// What can be read later.
    pub(crate) fn faint(self) -> Style {
        Style::new().add_modifier(Modifier::DIM)
    }

    /// A key that does something here.
    pub(crate) fn key(self) -> Style {
        self.paint(Color::Cyan).add_modifier(Modifier::BOLD)
    }

    /// What the eye should find first: the best, the front, what runs.
    pub(crate) fn accent(self) -> Style {
        self.paint(Color::Magenta).add_modifier(Modifier::BOLD)
    }

    pub(crate) fn good(self) -> Style {
        self.paint(Color::Green)
    }

    pub(crate) fn bad(self) -> Style {
        self.paint(Color::Red).add_modifier(Modifier::BOLD)
    }

    /// The line under the cursor.
    pub(crate) fn chosen(self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }

    /// A cell of a heat map, from 0 to 1. The text of the cell says the same.
    pub(crate) fn heat(self, strength: f64) -> Style {
        match strength {
            s if s >= 0.75 => self.paint(Color::Magenta).add_modifier(Modifier::BOLD),
            s if s >= 0.5 => self.paint(Color::Cyan),
            s if s >= 0.25 => self.plain(),
            _ => self.faint(),
        }
    }
}
