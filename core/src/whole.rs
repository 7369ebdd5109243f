//! Line breaking: what a line may not be broken inside of, however narrow it is.

use std::borrow::Cow;

/// The parts of a text between which a line may be broken: words, but a number stays with what it counts, and a command,
/// a name or an interval in its marks stays whole.
pub fn parts(text: &str) -> Vec<Cow<'_, str>> {
    let mut parts: Vec<Cow<'_, str>> = Vec::new();
    let mut open = Open::default();
    let mut before = "";
    for word in text.split_whitespace() {
        let counts = is_number(before) && !is_number(word);
        match parts.last_mut() {
            Some(last) if open.is_open() || counts => {
                let last = last.to_mut();
                last.push(' ');
                last.push_str(word);
            }
            _ => parts.push(Cow::Borrowed(word)),
        }
        open.read(word);
        before = word;
    }
    parts
}

/// Marks that were opened and not closed yet.
#[derive(Default)]
struct Open {
    quoted: bool,
    brackets: usize,
}

impl Open {
    fn is_open(&self) -> bool {
        self.quoted || self.brackets > 0
    }

    fn read(&mut self, word: &str) {
        for letter in word.chars() {
            match letter {
                '`' => self.quoted = !self.quoted,
                '[' if !self.quoted => self.brackets += 1,
                ']' if !self.quoted => self.brackets = self.brackets.saturating_sub(1),
                _ => {}
            }
        }
    }
}

/// Whether a word is a number and nothing else.
fn is_number(word: &str) -> bool {
    let digits = word.trim_start_matches(['+', '-', '−', '±', '(']);
    digits.starts_with(|first: char| first.is_ascii_digit())
        && digits.chars().all(|letter| letter.is_ascii_digit() || matches!(letter, '.' | ',' | 'e' | '-'))
        && !digits.ends_with([',', '.'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stay_with_their_units_and_commands_whole() {
        let of = |text: &str| parts(text).join("|");
        assert_eq!(of("48 trials in 3 min, seed 1."), "48 trials|in|3 min,|seed|1.");
        assert_eq!(of("by +0.29 [+0.27, +0.31] nats"), "by|+0.29 [+0.27, +0.31]|nats");
        assert_eq!(of("run `attune continue quick` again"), "run|`attune continue quick`|again");
        assert_eq!(of("keeps experts 0 2 5"), "keeps|experts|0|2|5");
        assert_eq!(of("with 4 096 and 95 % of it"), "with|4|096 and|95 %|of|it");
        assert_eq!(of("  "), "");
    }
}
