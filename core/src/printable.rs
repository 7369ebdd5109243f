//! Text from elsewhere, made fit to be shown: the one place that escapes.
//!
//! Names, messages and logs of techniques, names of files and values that people typed reach a terminal only through
//! here. A terminal obeys what it is sent: control characters clear its screen and set its title, marks of direction
//! turn a line around, characters without width hide. What can be seen stays as it is; everything else is shown by its
//! number (`\u{1b}`), and a text of any size is cut to a bounded one. Nothing is escaped twice: what this module
//! returns, it returns unchanged.
//!
//! What it does not cover: letters of different scripts that look the same.

use std::borrow::Cow;
use std::fmt::Write as _;

use unicode_general_category::{GeneralCategory, get_general_category};

/// The longest message that is shown whole, in characters: a long paragraph.
pub const MESSAGE: usize = 2_000;
/// The longest name or value that a message quotes whole, in characters.
pub const QUOTED: usize = 120;
/// Combining marks that one letter may carry; more of them reach into other lines.
const MARKS: usize = 4;

/// The text on one line, of about `most` characters at most: line breaks are escaped too.
pub fn line(text: &str, most: usize) -> Cow<'_, str> {
    escaped(cut(text, most), |_| false)
}

/// The text with its line breaks, of about `most` characters at most.
pub fn block(text: &str, most: usize) -> Cow<'_, str> {
    escaped(cut(text, most), |character| character == '\n')
}

/// A name or value as messages quote it: one line of at most about [`QUOTED`] characters.
pub fn quoted(text: &str) -> Cow<'_, str> {
    line(text, QUOTED)
}

/// The same text with every character that cannot be seen as JSON writes it (`\u001b`). For JSON texts, in which such
/// characters only stand inside strings: there it means the same.
pub fn json(text: &str) -> Cow<'_, str> {
    if is_plain(text, |character| character == '\n') {
        return Cow::Borrowed(text);
    }
    let mut written = String::with_capacity(text.len() + 16);
    let mut marks = 0;
    for character in text.chars() {
        if character == '\n' || fits(character, &mut marks) {
            written.push(character);
            continue;
        }
        for unit in character.encode_utf16(&mut [0; 2]) {
            let done = write!(written, "\\u{unit:04x}");
            debug_assert!(done.is_ok(), "writing to a string does not fail");
        }
    }
    Cow::Owned(written)
}

/// The text, or its beginning and its end around how many characters are left out between them: messages begin with
/// what is wrong and end with what to do, paths end with a name.
pub fn cut(text: &str, most: usize) -> Cow<'_, str> {
    if text.len() <= most {
        return Cow::Borrowed(text);
    }
    let characters = text.chars().count();
    if characters <= most {
        return Cow::Borrowed(text);
    }
    let (head, tail) = (most - most / 3, most / 3);
    let position = |index: usize| text.char_indices().nth(index).map_or(text.len(), |(at, _)| at);
    let (head, tail) = (&text[..position(head)], &text[position(characters - tail)..]);
    Cow::Owned(format!("{head} … ({} more characters) … {tail}", grouped(characters - most)))
}

/// A whole number with its thousands apart: `1,234`.
pub fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Whether a character is seen as what it is, wherever it stands.
pub fn is_visible(character: char) -> bool {
    use GeneralCategory as Category;
    if character.is_ascii() {
        return !character.is_ascii_control();
    }
    match character {
        // Letters and marks that take no place or an empty one, by Unicode's property Default_Ignorable_Code_Point.
        '\u{34f}'
        | '\u{115f}'
        | '\u{1160}'
        | '\u{17b4}'
        | '\u{17b5}'
        | '\u{180b}'..='\u{180f}'
        | '\u{3164}'
        | '\u{ffa0}'
        | '\u{fe00}'..='\u{fe0d}'
        | '\u{e0100}'..='\u{e01ef}' => false,
        _ => !matches!(
            get_general_category(character),
            Category::Control
                | Category::Format
                | Category::Surrogate
                | Category::PrivateUse
                | Category::Unassigned
                | Category::LineSeparator
                | Category::ParagraphSeparator
        ),
    }
}

fn is_mark(character: char) -> bool {
    use GeneralCategory as Category;
    !character.is_ascii()
        && matches!(get_general_category(character), Category::NonspacingMark | Category::EnclosingMark)
}

/// Whether a character may stand after `marks` marks in a row, which it counts.
fn fits(character: char, marks: &mut usize) -> bool {
    *marks = if is_mark(character) { *marks + 1 } else { 0 };
    *marks <= MARKS && is_visible(character)
}

fn is_plain(text: &str, keep: impl Fn(char) -> bool) -> bool {
    let mut marks = 0;
    text.chars().all(|character| keep(character) || fits(character, &mut marks))
}

fn escaped(text: Cow<'_, str>, keep: impl Fn(char) -> bool) -> Cow<'_, str> {
    if is_plain(&text, &keep) {
        return text;
    }
    let mut shown = String::with_capacity(text.len() + 16);
    let mut marks = 0;
    for character in text.chars() {
        match character {
            _ if keep(character) || fits(character, &mut marks) => shown.push(character),
            '\n' => shown.push_str("\\n"),
            '\r' => shown.push_str("\\r"),
            '\t' => shown.push_str("\\t"),
            other => shown.extend(other.escape_unicode()),
        }
    }
    Cow::Owned(shown)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_commands_a_terminal_is_shown_by_its_number() {
        assert_eq!(line("\x1b[2J\x1b]0;title\x07", 80), "\\u{1b}[2J\\u{1b}]0;title\\u{7}");
        assert_eq!(line("a\rb\tc\nd", 80), "a\\rb\\tc\\nd");
        assert_eq!(line("\u{9b}2J \u{202e}txt \u{200b}\u{feff}\u{2028}", 80).matches("\\u{").count(), 5);
        assert_eq!(block("one\ntwo\x08", 80), "one\ntwo\\u{8}");
        // Empty letters, tags and selectors hide text as well.
        assert_eq!(line("\u{3164}\u{e0041}\u{e0100}\u{34f}\u{e000}", 80).matches("\\u{").count(), 5);
    }

    #[test]
    fn what_can_be_seen_stays_as_it_is() {
        for text in [
            "naïve",
            "cafe\u{301}",
            "日本語　です",
            "−43 % ✓",
            "नमस्ते",
            "⚠\u{fe0f}",
            "C:\\new\\table",
            "\"{x}\"",
        ] {
            assert!(matches!(line(text, 80), Cow::Borrowed(same) if same == text), "{text}");
        }
        // A heap of marks on one letter runs over the lines around it.
        assert_eq!(line(&format!("e{}", "\u{301}".repeat(9)), 80).matches("\\u{301}").count(), 5);
    }

    #[test]
    fn long_texts_keep_their_beginning_and_their_end() {
        let long = format!("model `{}`; use another one", "x".repeat(20_000));
        let short = line(&long, 90);
        assert!(short.starts_with("model `xxx") && short.ends_with("xxx`; use another one"), "{short}");
        assert!(short.contains(" … (19,935 more characters) … "), "{short}");
        assert_eq!(line("äöü", 3), "äöü");
    }

    #[test]
    fn json_means_the_same_and_cannot_command_a_terminal() {
        let text = "{\"a\": \"\u{202e}\u{9b}\u{e0041}é\"}\n";
        assert_eq!(json(text), "{\"a\": \"\\u202e\\u009b\\udb40\\udc41é\"}\n");
    }

    proptest! {
        #[test]
        fn nothing_but_what_is_visible_comes_out(text in any::<String>(), most in 0_usize..60) {
            let shown = line(&text, most);
            prop_assert!(shown.chars().all(is_visible), "{shown:?}");
            prop_assert!(cut(&text, most).chars().count() <= most + 60);
            prop_assert_eq!(line(&shown, usize::MAX), shown.clone());
        }
    }
}
