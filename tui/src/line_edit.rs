//! One line of text that a person edits.

use crate::key::Key;

/// A text and a cursor in it, counted in characters.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub(crate) struct LineEdit {
    text: String,
    cursor: usize,
}

impl LineEdit {
    /// An editor with the cursor at the end.
    pub(crate) fn new(text: &str) -> Self {
        Self { text: text.to_owned(), cursor: text.chars().count() }
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The text before and after the cursor.
    pub(crate) fn parts(&self) -> (&str, &str) {
        self.text.split_at(self.byte(self.cursor))
    }

    /// Obeys an editing key; says whether it was one.
    pub(crate) fn press(&mut self, key: Key) -> bool {
        match key {
            Key::Char(character) if !character.is_control() => self.insert(character),
            Key::Backspace if self.cursor > 0 => {
                self.cursor -= 1;
                self.text.remove(self.byte(self.cursor));
            }
            Key::Delete if self.cursor < self.len() => {
                self.text.remove(self.byte(self.cursor));
            }
            Key::Left => self.cursor = self.cursor.saturating_sub(1),
            Key::Right => self.cursor = (self.cursor + 1).min(self.len()),
            Key::Home => self.cursor = 0,
            Key::End => self.cursor = self.len(),
            Key::Ctrl('u') => {
                self.text.drain(..self.byte(self.cursor));
                self.cursor = 0;
            }
            Key::Backspace | Key::Delete => {}
            _ => return false,
        }
        true
    }

    /// Inserts pasted text; line breaks are no part of a line.
    pub(crate) fn paste(&mut self, text: &str) {
        text.chars().filter(|character| !character.is_control()).for_each(|character| self.insert(character));
    }

    fn insert(&mut self, character: char) {
        self.text.insert(self.byte(self.cursor), character);
        self.cursor += 1;
    }

    fn len(&self) -> usize {
        self.text.chars().count()
    }

    fn byte(&self, position: usize) -> usize {
        self.text.char_indices().nth(position).map_or(self.text.len(), |(byte, _)| byte)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_edit_characters_and_not_bytes() {
        let mut line = LineEdit::new("größe");
        for key in [Key::Left, Key::Left, Key::Backspace, Key::Char('o'), Key::Delete] {
            assert!(line.press(key));
        }
        assert_eq!(line.text(), "groe");
        assert_eq!(line.parts(), ("gro", "e"));
        line.paste("a\nb");
        assert_eq!(line.text(), "groabe");
        assert!(!line.press(Key::Enter));
    }
}
