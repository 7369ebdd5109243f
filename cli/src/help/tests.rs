//! Topics, their pages, and command lines in the book. `ATTUNE_REWRITE_DOCS=1` writes the page of commands anew.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::{CommandFactory as _, Parser as _};
use unicode_width::UnicodeWidthStr as _;

use super::{page, roff_text};
use crate::args::Args;
use crate::topics::{TOPICS, names};

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs")
}

fn help(words: &[&str], columns: usize) -> Result<String, String> {
    let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
    page(&words, columns).map(|text| text.to_string()).map_err(|error| error.message())
}

/// Every page below a folder.
fn pages(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let of = |path: PathBuf| if path.is_dir() { pages(&path) } else { vec![path] };
    entries.flat_map(of).filter(|path| path.extension().is_some_and(|extension| extension == "md")).collect()
}

#[test]
fn every_chapter_of_the_book_is_a_topic_and_every_name_means_one_thing() {
    let topics: BTreeSet<PathBuf> = TOPICS.iter().map(|topic| docs().join(topic.path)).collect();
    for chapter in pages(&docs().join("book")) {
        assert!(topics.contains(&chapter), "{} is no topic of `attune help`", chapter.display());
    }
    let all: Vec<&str> = names().collect();
    assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len(), "a name stands twice");
    for topic in TOPICS {
        assert!(Args::command().find_subcommand(topic.name).is_none(), "{} is a command as well", topic.name);
        assert!(topic.text.starts_with("# "), "{} begins without a heading", topic.path);
    }
}

#[test]
fn topics_fit_a_terminal_and_keep_their_words() {
    for topic in TOPICS {
        for columns in [60, 80, 100] {
            let text = help(&[topic.name], columns).unwrap();
            assert!(!text.contains("<!--"), "{}:\n{text}", topic.name);
            for line in text.lines() {
                // Code stays as it is, and a word that is longer than a line stays whole.
                let code = line.starts_with("  ");
                let long = line.split_whitespace().count() < 4;
                assert!(line.width() <= columns || code || long, "{} in {columns}: {line}", topic.name);
            }
        }
        let text = help(&[topic.name], 80).unwrap();
        assert!(text.starts_with(&topic.title().replace('`', "")), "{}:\n{text}", topic.name);
    }
    let budgets = help(&["budgets"], 80).unwrap();
    for words in ["`bytes` of `weight-bits`", "technique: (name: \"weight-bits\"", "See also: attune help"] {
        assert!(budgets.contains(words), "{words} is not in\n{budgets}");
    }
}

#[test]
fn commands_and_topics_are_listed_and_strangers_are_told_the_nearest() {
    let all = help(&[], 80).unwrap();
    for words in ["Usage: attune", "sensitivities", "budgets", "Choosing a budget", "kv-bits", "Exit codes"] {
        assert!(all.contains(words), "{words} is not in\n{all}");
    }
    assert!(help(&["technique", "new"], 80).unwrap().contains("Usage: attune technique new"));
    assert!(help(&["intervals"], 80).unwrap().starts_with("Reading the report"));
    for (words, message) in [
        (&["budgest"][..], "did you mean `budget`?"),
        (&["exprt"], "did you mean `export`?"),
        (&["weather-forecast"], "`attune help` lists both"),
        (&["technique", "buidl"], "did you mean `build`?"),
        (&["budgets", "bytes"], "attune help budgets"),
    ] {
        let error = help(words, 80).unwrap_err();
        assert!(error.contains(message), "{error}");
    }
}

#[test]
fn man_pages_are_written_for_every_command_and_topic() {
    let folder = tempfile::tempdir().unwrap();
    let count = super::write_man_pages(folder.path()).unwrap();
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    assert!(read("attune.1").contains(".TH attune 1"), "{}", read("attune.1"));
    assert!(read("attune-technique-new.1").contains("\\-\\-from"));
    for topic in TOPICS {
        let page = read(&format!("{}.7", roff_text::page_name(topic.name)));
        assert!(page.contains(".SH NAME") && page.contains(".SH \"SEE ALSO\""), "{page}");
    }
    assert!(count > TOPICS.len() + 20, "{count}");
    let nowhere = folder.path().join("attune.1/below");
    assert!(super::write_man_pages(&nowhere).unwrap_err().message().contains("name a folder"));
}

/// A page with the help of every command, as it is printed in 100 columns.
fn commands() -> String {
    let mut page = String::from(
        "# Commands\n\nWhat `attune help COMMAND` prints. This page is made by \
         `ATTUNE_REWRITE_DOCS=1 cargo test -p attune-cli help`.\n",
    );
    fn add(page: &mut String, command: &mut clap::Command, path: &str) {
        // The list of topics is that of this book.
        let mut shown = command.clone().after_long_help("").after_help("").term_width(78);
        page.push_str(&format!(
            "\n## {path}\n\n```text\n{}\n```\n",
            shown.render_long_help().to_string().trim_end()
        ));
        for below in command.get_subcommands_mut() {
            let path = format!("{path} {}", below.get_name());
            add(page, below, &path);
        }
    }
    let mut command = Args::command();
    command.build();
    add(&mut page, &mut command, "attune");
    page.lines().map(str::trim_end).collect::<Vec<_>>().join("\n") + "\n"
}

#[test]
fn the_page_of_commands_is_what_they_print() {
    let (path, expected) = (docs().join("book/commands.md"), commands());
    if std::env::var_os("ATTUNE_REWRITE_DOCS").is_some() {
        std::fs::write(&path, &expected).unwrap();
    }
    let page = std::fs::read_to_string(&path).unwrap();
    let other = expected.lines().zip(page.lines()).find(|(expected, found)| expected != found);
    assert!(expected == page, "run this test with ATTUNE_REWRITE_DOCS=1; the first other line: {other:?}");
}

/// Command lines of a page: lines of its code that begin with `attune`, with what a backslash goes on with.
fn lines_of(text: &str) -> Vec<String> {
    let mut within = false;
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            // What is shown as text is no command to type.
            within = !within && !line.contains("text");
            continue;
        }
        let line = line.trim_start().trim_start_matches("$ ");
        match lines.last_mut() {
            Some(last) if within && last.ends_with('\\') => {
                last.pop();
                last.push_str(line);
            }
            _ if within && line.starts_with("attune ") => lines.push(line.to_owned()),
            _ => {}
        }
    }
    lines
}

/// The words of a command line as a shell parts them, up to a comment, a pipe or a redirection.
fn words_of(line: &str) -> Vec<String> {
    // Pages put what a command does behind it, some spaces away.
    let line = line.split("   ").next().unwrap_or(line);
    let (mut words, mut word, mut quote) = (Vec::new(), String::new(), None);
    for letter in line.chars() {
        match (quote, letter) {
            (Some(open), _) if letter == open => quote = None,
            (None, '\'' | '"') => quote = Some(letter),
            (None, ' ') => words.push(std::mem::take(&mut word)),
            _ => word.push(letter),
        }
    }
    words.push(word);
    words.retain(|word| !word.is_empty());
    let end = words.iter().position(|word| ["#", ">", "|", "&&", "&", "2>"].contains(&word.as_str()));
    words.truncate(end.unwrap_or(words.len()));
    words
}

#[test]
fn command_lines_in_pages_are_ones_that_attune_takes() {
    let mut tried = 0;
    for path in pages(&docs()) {
        let text = std::fs::read_to_string(&path).unwrap();
        for line in lines_of(&text) {
            let words = words_of(&line);
            let parsed = Args::try_parse_from(&words);
            let failed = parsed.err().filter(clap::Error::use_stderr);
            assert!(
                failed.is_none(),
                "{}: `{line}`\n{}",
                path.display(),
                failed.map_or(String::new(), |e| e.to_string())
            );
            tried += 1;
        }
    }
    assert!(tried > 40, "{tried}");
}
