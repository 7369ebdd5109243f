//! Texts in a given width, escaped: most of them come from elsewhere.

use attune_core::{printable, whole};
use ratatui::buffer::Buffer;
use ratatui::text::Span;

/// More characters than any line or dialog shows.
const MOST: usize = 4_000;

/// Columns that a text takes.
pub(crate) fn width(text: &str) -> usize {
    Span::raw(text).width()
}

/// The text in at most `columns` columns; what does not fit ends in `…`.
pub(crate) fn fit(text: &str, columns: usize) -> String {
    let text = &*printable::line(text, MOST);
    if width(text) <= columns {
        return text.to_owned();
    }
    let mut short = String::new();
    let mut used = 0;
    for character in text.chars() {
        let wide = width(character.encode_utf8(&mut [0; 4]));
        if used + wide + 1 > columns {
            break;
        }
        used += wide;
        short.push(character);
    }
    if columns > 0 {
        short.push('…');
    }
    short
}

/// The text in lines of at most `columns` columns, broken where nothing that belongs together is torn, as far as that is
/// possible.
pub(crate) fn wrap(text: &str, columns: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let text = printable::block(text, MOST);
    let room = |part: &str| width(part) <= columns;
    // What is wider than a line has to be broken after all.
    let words = whole::parts(&text).into_iter().flat_map(|part| match room(&part) {
        true => vec![part.into_owned()],
        false => part.split_whitespace().map(str::to_owned).collect(),
    });
    for word in words {
        match lines.last_mut() {
            Some(line) if width(line) + 1 + width(&word) <= columns => {
                line.push(' ');
                line.push_str(&word);
            }
            _ => lines.push(fit(&word, columns)),
        }
    }
    lines
}

/// The last gate before a terminal, for texts that went another way: a cell with something in it that cannot be seen
/// shows a mark instead.
pub(crate) fn only_visible(buffer: &mut Buffer) {
    for cell in &mut buffer.content {
        let symbol = cell.symbol();
        if !symbol.bytes().all(|byte| matches!(byte, b' '..=b'~'))
            && !symbol.chars().all(printable::is_visible)
        {
            let wide = width(symbol);
            cell.set_symbol(if wide > 1 { "??" } else { "?" });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_commands_a_terminal_is_drawn() {
        assert_eq!(fit("a\x1b[2J\rb", 40), "a\\u{1b}[2J\\rb");
        assert_eq!(fit("\u{202e}abc", 8), "\\u{202e…");
        assert_eq!(wrap("one\ntwo\x07", 20), ["one two\\u{7}"]);
        assert!(fit(&"x".repeat(15 << 20), 60).len() < 80);
        let mut buffer = Buffer::empty(ratatui::layout::Rect::new(0, 0, 8, 1));
        buffer.set_string(0, 0, "a\u{202e}b\u{200b}c", ratatui::style::Style::default());
        only_visible(&mut buffer);
        let shown: String = buffer.content.iter().map(ratatui::buffer::Cell::symbol).collect();
        assert!(shown.chars().all(printable::is_visible), "{shown:?}");
        assert!(shown.contains('c'), "{shown:?}");
    }

    #[test]
    fn texts_fit_their_columns() {
        assert_eq!(fit("expert-pruning", 8), "expert-…");
        assert_eq!(fit("日本語", 5), "日本…");
        assert_eq!(fit("ab", 2), "ab");
        assert_eq!(fit("ab", 0), "");
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
    }
}
