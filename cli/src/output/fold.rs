//! Long lines on a terminal: folded between words, so that the terminal does not do it inside a number.

use std::io;

use attune_core::whole;
use terminal_size::{Width, terminal_size_of};
use unicode_width::UnicodeWidthStr as _;

/// The narrowest terminal that anything is folded for.
const NARROWEST: usize = 20;
/// What goes on is this much further in than where it began.
const FURTHER: usize = 2;

/// Columns that lines on standard output are folded at; `None` where it is no terminal: programs read lines whole.
pub(super) fn of_stdout() -> Option<usize> {
    of(terminal_size_of(io::stdout()))
}

/// The same of standard error.
pub(super) fn of_stderr() -> Option<usize> {
    of(terminal_size_of(io::stderr()))
}

fn of(size: Option<(Width, terminal_size::Height)>) -> Option<usize> {
    size.map(|(Width(columns), _)| usize::from(columns)).filter(|columns| *columns >= NARROWEST)
}

/// A text whose lines have at most `columns` columns, where what is to stay whole allows. A command in a line of its own
/// is left to the terminal, which gives it back in one piece when it is copied.
pub(super) fn fold(text: &str, columns: Option<usize>) -> String {
    let Some(columns) = columns else { return text.to_owned() };
    text.split('\n').map(|line| folded(line, columns)).collect::<Vec<_>>().join("\n")
}

fn folded(line: &str, columns: usize) -> String {
    if line.width() <= columns || line.trim_start().starts_with("attune ") {
        return line.to_owned();
    }
    let indent = line.len() - line.trim_start_matches(' ').len();
    let mut lines: Vec<String> = Vec::new();
    for part in whole::parts(line) {
        match lines.last_mut() {
            Some(last) if last.width() + 1 + part.width() <= columns => {
                last.push(' ');
                last.push_str(&part);
            }
            None => lines.push(format!("{}{part}", " ".repeat(indent))),
            Some(_) => lines.push(format!("{}{part}", " ".repeat(indent + FURTHER))),
        }
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    const VERDICT: &str = "expert-pruning: found is better than frequency on kl by 0.2927 nats/token \
                           [0.2715, 0.3147] at 4.447 MiB, which `attune show quickstart` shows again";

    #[test]
    fn sentences_fit_and_what_belongs_together_stays_together() {
        for columns in 30..120 {
            let text = fold(VERDICT, Some(columns));
            assert!(text.lines().all(|line| line.width() <= columns), "{columns}:\n{text}");
            for whole in ["0.2927 nats/token", "[0.2715, 0.3147]", "4.447 MiB", "`attune show quickstart`"] {
                assert!(text.contains(whole), "{columns} breaks {whole}:\n{text}");
            }
        }
        assert_eq!(fold(VERDICT, None), VERDICT);
        assert_eq!(fold("  layer 0: a b c d e f g h", Some(20)), "  layer 0: a b c d e\n    f g h");
    }

    #[test]
    fn commands_and_lines_that_fit_are_as_they_were() {
        let command = "  attune export quickstart --to plan --out DIR --store some/where/far/away";
        assert_eq!(fold(command, Some(30)), command);
        assert_eq!(fold("a  b", Some(30)), "a  b");
    }
}
