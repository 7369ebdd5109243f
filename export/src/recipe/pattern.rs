//! Patterns over names of modules, as the tools match them.

use regex::Regex;

use super::error::Fault;

/// Characters by which AutoRound tells that a name is a regular expression.
const META: [&str; 10] = [".*", "^", "$", "|", "(", ")", "[", "]", "?", "+"];

/// What AutoRound matches with a name that is no module's: a part of names, or a regular expression in which a dot that no
/// asterisk follows is a dot; found anywhere.
pub(super) fn of_autoround(name: &str, at: usize) -> Result<Regex, Fault> {
    if !META.iter().any(|token| name.contains(token)) {
        return regular(&regex::escape(name), at);
    }
    let mut pattern = String::new();
    let mut rest = name.chars().peekable();
    while let Some(character) = rest.next() {
        let is_dot = character == '.' && rest.peek() != Some(&'*') && !pattern.ends_with('\\');
        if is_dot {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    regular(&pattern, at)
}

/// What ModelOpt matches with a name that may have asterisks: the whole of it, or a module and everything within.
pub(super) fn of_modelopt(name: &str, at: usize) -> Result<Regex, Fault> {
    regular(&format!("^{}$", regex::escape(name).replace("\\*", ".*")), at)
}

/// What llama-quantize matches: a regular expression in small letters, found anywhere.
pub(super) fn of_llama_cpp(pattern: &str, at: usize) -> Result<Regex, Fault> {
    regular(&pattern.to_lowercase(), at)
}

fn regular(pattern: &str, at: usize) -> Result<Regex, Fault> {
    Regex::new(pattern).map_err(|_| {
        Fault::new(
            Some(at),
            format!("`{pattern}` is no regular expression that is understood here"),
            "one without references and looks to the side, or the names themselves",
        )
    })
}
