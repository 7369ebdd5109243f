//! Commands as people type them: words between spaces, in quotes where a word has spaces of its own.

/// The words of a command: a list as a profile has it, or words as a shell has them, without anything but quotes.
///
/// # Errors
/// What was expected.
pub fn command_of(text: &str) -> Result<Vec<String>, String> {
    if text.trim_start().starts_with('[') {
        return ron::from_str(text).map_err(|error| super::error::problem(&error.code));
    }
    let mut words = Vec::new();
    let mut letters = text.chars().peekable();
    while let Some(&letter) = letters.peek() {
        if letter.is_whitespace() {
            letters.next();
            continue;
        }
        let mut word = String::new();
        let mut quote = None;
        while let Some(letter) = letters.next_if(|letter| quote.is_some() || !letter.is_whitespace()) {
            match (letter, quote) {
                ('"' | '\'', None) => quote = Some(letter),
                (letter, Some(open)) if letter == open => quote = None,
                ('\\', Some('"')) => word.extend(letters.next()),
                _ => word.push(letter),
            }
        }
        if let Some(open) = quote {
            return Err(format!("expected a closing {open}"));
        }
        words.push(word);
    }
    Ok(words)
}

/// A command as [`command_of`] reads it.
pub fn command_text(words: &[String]) -> String {
    let one = |word: &String| {
        let odd = |letter: char| letter.is_whitespace() || matches!(letter, '"' | '\'' | '[' | '\\');
        match word.is_empty() || word.contains(odd) {
            true => format!("\"{}\"", word.replace('\\', "\\\\").replace('"', "\\\"")),
            false => word.clone(),
        }
    };
    words.iter().map(one).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_typed_as_in_a_shell_or_as_in_a_profile() {
        let words = |text: &str| command_of(text).unwrap();
        assert_eq!(words(" python  my_eval.py "), ["python", "my_eval.py"]);
        assert_eq!(words(r#"["python", "my eval.py"]"#), ["python", "my eval.py"]);
        assert_eq!(
            words(r#"python 'my eval.py' "a \"b\"" C:\\x"#),
            ["python", "my eval.py", "a \"b\"", "C:\\\\x"]
        );
        assert!(command_of("python 'x").unwrap_err().contains("closing '"));
        assert!(command_of("[1]").is_err());
        assert!(words("").is_empty());
    }

    #[test]
    fn what_is_typed_back_is_the_same_command() {
        for words in [
            &["python", "my_eval.py"][..],
            &["a b", "", "[x]", "it's", "say \"x\"", "C:\\x"],
            &["[", "]"],
            &["\u{a0}x", "tab\there"],
        ] {
            let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
            assert_eq!(command_of(&command_text(&words)), Ok(words));
        }
    }
}
