//! The normal form in which texts are compared.

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// Symbols of ASCII that tell records and formulas apart. The others are punctuation, which editors change.
const SYMBOLS: &str = "+*/=<>%$#@&_\\|~^{}[]";

/// What is left of a text for comparing: compatibility forms unified (NFKC), no case, no accents that stand alone, no spaces or
/// line ends, no punctuation, nothing invisible.
pub(super) fn form(text: &str) -> String {
    let mut form = String::with_capacity(text.len());
    text.nfkc().for_each(|character| push(character, &mut form));
    form
}

/// Appends what is left of one character.
pub(super) fn push(character: char, form: &mut String) {
    if stays(character) {
        form.extend(character.to_lowercase().filter(|lower| !is_combining_mark(*lower)));
    }
}

fn stays(character: char) -> bool {
    if character.is_ascii() {
        return character.is_ascii_alphanumeric() || SYMBOLS.contains(character);
    }
    // Blocks of punctuation and of what has no shape: general punctuation, CJK symbols, presentation forms.
    let punctuation = matches!(
        character,
        '\u{80}'..='\u{BF}' | '\u{2000}'..='\u{206F}' | '\u{3000}'..='\u{303F}' | '\u{FE00}'..='\u{FE6F}' | '\u{FEFF}' | '\u{E0000}'..
    );
    character.is_alphanumeric()
        || !(punctuation
            || character.is_whitespace()
            || character.is_control()
            || is_combining_mark(character))
}

#[cfg(test)]
mod tests {
    use super::form;

    #[test]
    fn what_editors_change_is_not_seen() {
        let plain = form("The baker's \"last\" letter - 12 apples.\nAgain!");
        assert_eq!(plain, "thebakerslastletter12applesagain");
        for other in [
            "the  BAKER’S “last” letter — 12 apples.\r\n\r\nagain",
            "\u{feff}The\u{a0}baker\u{2019}s «last» let\u{ad}ter … １２ apples.\tAgain?",
        ] {
            assert_eq!(form(other), plain, "{other}");
        }
        assert_eq!(form("e\u{301}te\u{301} ﬁn"), form("ÉTÉ fin"));
        assert_ne!(form("3 + 4 = 7"), form("3 * 4 = 7"));
        assert_eq!(form("春眠暁を覚えず。"), "春眠暁を覚えず");
    }
}
