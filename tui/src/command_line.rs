//! The command lines that do what a screen does.

use crate::model::Setup;

/// A command line, quoted for a shell; the store is named when it is not the usual one.
pub(crate) fn line(setup: &Setup, words: &[&str]) -> String {
    let mut text = String::from("attune");
    let store = setup.store.as_deref().into_iter().flat_map(|store| ["--store", store]);
    for word in words.iter().copied().chain(store) {
        text.push(' ');
        text.push_str(&quoted(word));
    }
    text
}

fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,+@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_survive_a_shell() {
        let setup = Setup { store: Some("my studies".into()), ..Setup::default() };
        assert_eq!(line(&setup, &["show", "a.b-1"]), "attune show a.b-1 --store 'my studies'");
        assert_eq!(line(&Setup::default(), &["show", "it's"]), "attune show 'it'\\''s'");
    }
}
