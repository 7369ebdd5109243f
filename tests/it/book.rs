//! The book: its pages lead somewhere, its snippets work, and what is generated is what the program says.
//!
//! Fenced code says what it is: `ron` is a profile or a part of one, `sh` are commands (those of attune are parsed by a test of
//! `attune-cli`), `sh,run` are run, `console` is run and its output compared, `rust,from=FILE` is an excerpt of a file that tests
//! compile, `json` is read, and `text` is for the eye alone.

mod console;
mod generated;
mod json;
mod links;
mod profiles;

use std::path::{Path, PathBuf};

use crate::support::root;

/// One fenced block of a page.
struct Block {
    page: String,
    /// What stands behind the fence, split at commas.
    info: Vec<String>,
    text: String,
}

impl Block {
    fn language(&self) -> &str {
        self.info.first().map_or("", String::as_str)
    }

    /// What stands behind `NAME=` in the fence.
    fn value(&self, name: &str) -> Option<&str> {
        self.info.iter().find_map(|part| part.strip_prefix(name)?.strip_prefix('='))
    }
}

/// Pages below a folder of `docs`, by their path from there, sorted.
fn pages(below: &str) -> Vec<String> {
    let docs = root().join("docs");
    let mut found = Vec::new();
    let mut folders = vec![docs.join(below)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                found.push(path.strip_prefix(&docs).unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    found.sort();
    found
}

fn read(page: &str) -> String {
    std::fs::read_to_string(path(page)).unwrap()
}

fn path(page: &str) -> PathBuf {
    root().join("docs").join(page)
}

/// The fenced blocks of a page.
fn blocks(page: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut open = false;
    for line in read(page).lines() {
        // Lists indent what is in them.
        let bare = line.trim_start();
        if let Some(info) = bare.strip_prefix("```") {
            if !open {
                let info = info.split(',').map(|part| part.trim().to_owned()).collect();
                blocks.push(Block { page: page.to_owned(), info, text: String::new() });
            }
            open = !open;
        } else if open {
            let block = blocks.last_mut().unwrap();
            block.text.push_str(line);
            block.text.push('\n');
        }
    }
    assert!(!open, "a block of {page} has no end");
    blocks
}

/// Writes a page anew where `ATTUNE_REWRITE_DOCS` asks for it, and compares.
fn keeps(page: &str, expected: &str) {
    if std::env::var_os("ATTUNE_REWRITE_DOCS").is_some() {
        std::fs::write(path(page), expected).unwrap();
    }
    let found = read(page);
    let other = expected.lines().zip(found.lines()).find(|(expected, found)| expected != found);
    assert!(
        expected == found,
        "ATTUNE_REWRITE_DOCS=1 writes docs/{page} anew; the first other line: {other:?}"
    );
}

#[test]
fn every_block_of_the_book_says_what_it_is() {
    const KNOWN: [&str; 10] =
        ["sh", "console", "ron", "rust", "python", "javascript", "typescript", "json", "text", "bash"];
    for block in pages("book").iter().flat_map(|page| blocks(page)) {
        assert!(KNOWN.contains(&block.language()), "{}: a block of {:?}", block.page, block.info);
        let needs_source = ["rust", "python", "javascript", "typescript"].contains(&block.language());
        assert!(
            !needs_source || block.value("from").is_some(),
            "{}: {:?} names no file",
            block.page,
            block.info
        );
        if block.language() == "json" {
            for line in block.text.lines().filter(|line| line.starts_with('{')) {
                serde_json::from_str::<serde_json::Value>(line)
                    .unwrap_or_else(|error| panic!("{}: {error}\n{line}", block.page));
            }
        }
    }
}

/// Lines of an excerpt stand in its file, in their order; an empty line or `…` may leave some out. Comments may be of a doc test.
#[test]
fn excerpts_are_of_files_that_are_compiled_or_run() {
    let mut seen = 0;
    for block in pages("book").iter().flat_map(|page| blocks(page)) {
        let Some(file) = block.value("from") else { continue };
        let source = std::fs::read_to_string(root().join(file))
            .unwrap_or_else(|error| panic!("{} takes from {file}: {error}", block.page));
        let bare = |line: &str| line.trim().trim_start_matches("//! ").trim().to_owned();
        let mut source = source.lines().map(bare);
        for line in
            block.text.lines().map(bare).filter(|line| !line.is_empty() && line != "…" && line != "# …")
        {
            assert!(
                source.any(|found| found == line),
                "{}: `{line}` is not in {file}, or not behind what stands before it",
                block.page
            );
        }
        seen += 1;
    }
    assert!(seen > 1, "{seen}");
}

/// A picture has words for those who do not see it, and is small enough to be read as text.
#[test]
fn pictures_have_words_and_are_small() {
    for page in pages("book") {
        let text = read(&page);
        let prose: String = text.split("```").step_by(2).collect();
        for part in prose.split("![").skip(1) {
            let (words, rest) = part.split_once("](").unwrap();
            let file = rest.split_once(')').unwrap().0;
            assert!(words.split_whitespace().count() > 3, "{page}: {file} has few words: {words}");
            assert!(Path::new(&path(&page)).parent().unwrap().join(file).exists(), "{page}: {file}");
        }
    }
    for entry in std::fs::read_dir(path("book/pictures")).unwrap() {
        let picture = entry.unwrap().path();
        let text = std::fs::read_to_string(&picture).unwrap();
        assert!(text.starts_with("<svg ") && text.trim_end().ends_with("</svg>"), "{}", picture.display());
        assert!(text.len() < 12_000, "{} has {} bytes", picture.display(), text.len());
    }
}
