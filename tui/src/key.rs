//! Keys, free of any terminal library, so that `update` can be driven by a table.

/// One key press.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// A character, as typed.
    Char(char),
    /// A letter with the control key.
    Ctrl(char),
    /// The return key.
    Enter,
    /// Escape: always one step back.
    Esc,
    /// The next panel or field.
    Tab,
    /// The previous panel or field.
    BackTab,
    /// Deletes to the left.
    Backspace,
    /// Deletes to the right.
    Delete,
    /// Arrow.
    Left,
    /// Arrow.
    Right,
    /// Arrow.
    Up,
    /// Arrow.
    Down,
    /// A screenful up.
    PageUp,
    /// A screenful down.
    PageDown,
    /// To the first.
    Home,
    /// To the last.
    End,
}

impl Key {
    /// How far this key moves a cursor in a list of `len` lines of which a page shows `page`; `None` when it
    /// moves nothing. `j` and `k` move as the arrows do.
    pub(crate) fn moved(self, cursor: usize, len: usize, page: usize) -> Option<usize> {
        let last = len.saturating_sub(1);
        let to = match self {
            Self::Up | Self::Char('k') => cursor.saturating_sub(1),
            Self::Down | Self::Char('j') => cursor.saturating_add(1),
            Self::PageUp => cursor.saturating_sub(page),
            Self::PageDown => cursor.saturating_add(page),
            Self::Home => 0,
            Self::End => last,
            _ => return None,
        };
        Some(to.min(last))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_stays_inside_its_list() {
        assert_eq!(Key::Up.moved(0, 3, 10), Some(0));
        assert_eq!(Key::Down.moved(2, 3, 10), Some(2));
        assert_eq!(Key::PageDown.moved(0, 30, 10), Some(10));
        assert_eq!(Key::End.moved(0, 0, 10), Some(0));
        assert_eq!(Key::Char('j').moved(0, 2, 10), Some(1));
        assert_eq!(Key::Enter.moved(0, 2, 10), None);
    }
}
