//! Texts in a given width.

use ratatui::text::Span;

/// Columns that a text takes.
pub(crate) fn width(text: &str) -> usize {
    Span::raw(text).width()
}

/// The text in at most `columns` columns; what does not fit ends in `…`.
pub(crate) fn fit(text: &str, columns: usize) -> String {
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

/// The text in lines of at most `columns` columns, broken between words where that is possible.
pub(crate) fn wrap(text: &str, columns: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if width(line) + 1 + width(word) <= columns => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(fit(word, columns)),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_fit_their_columns() {
        assert_eq!(fit("expert-pruning", 8), "expert-…");
        assert_eq!(fit("日本語", 5), "日本…");
        assert_eq!(fit("ab", 2), "ab");
        assert_eq!(fit("ab", 0), "");
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
    }
}
