//! Commands of the book that are run: those whose output a page shows, and the five-minute start.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

use super::{blocks, pages};
use crate::support::root;

/// A long search in few trials, of few and short items.
const SHORT: [&str; 10] = [
    "--trials",
    "12",
    "--set",
    "items=2",
    "--set",
    "task.length=24",
    "--set",
    "report.items=4",
    "--set",
    "report.random=2",
];

/// A folder as a checkout is one for its user: profiles and models are there, and studies go beside them.
fn place() -> TempDir {
    let dir = TempDir::new().unwrap();
    for name in ["profiles", "models"] {
        copy(&root().join(name), &dir.path().join(name));
    }
    dir
}

/// Copies a folder; large files of models that are fetched are left out.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let to = to.join(path.file_name().unwrap());
        if path.is_dir() {
            let fetched = from.ends_with("models")
                && !["tiny-moe", "tiny-digits"].iter().any(|name| path.ends_with(name));
            if !fetched && !path.ends_with("recipe") {
                copy(&path, &to);
            }
        } else {
            std::fs::copy(&path, &to).unwrap();
        }
    }
}

fn attune(place: &Path, words: &[String]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_attune-under-test"));
    command.args(&words[1..]).current_dir(place).stdin(Stdio::null()).env("COLUMNS", "80");
    for name in ["ATTUNE_STORE", "ATTUNE_PYTHON", "ATTUNE_SHARE", "VIRTUAL_ENV"] {
        command.env_remove(name);
    }
    command.output().unwrap()
}

/// The words of a command line; pages quote with single marks and need no more.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (index, part) in line.split('\'').enumerate() {
        if index % 2 == 1 {
            words.push(part.to_owned());
        } else {
            words.extend(part.split_whitespace().map(str::to_owned));
        }
    }
    words
}

/// Words with single spaces between them: pages fold long lines.
fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn said(output: &Output) -> String {
    format!("{}\n{}", String::from_utf8_lossy(&output.stderr), String::from_utf8_lossy(&output.stdout))
}

/// Whether the output has the parts of the page, between `…`, in their order.
fn holds(found: &str, expected: &str) -> Result<(), String> {
    let mut rest = flat(found);
    for part in expected.split('…').map(flat).filter(|part| !part.is_empty()) {
        let Some(at) = rest.find(&part) else { return Err(part) };
        rest.drain(..at + part.len());
    }
    Ok(())
}

/// What a page shows is what comes out. Blocks `ron,file=NAME` of the page are files in the folder.
#[test]
fn consoles_of_the_book_show_what_comes_out() {
    let mut run = 0;
    for page in pages("book") {
        let blocks = blocks(&page);
        if !blocks.iter().any(|block| block.language() == "console") {
            continue;
        }
        let place = place();
        for block in blocks {
            if let Some(file) = block.value("file") {
                std::fs::write(place.path().join(file), &block.text).unwrap();
            }
            if block.language() != "console" {
                continue;
            }
            for part in block.text.split("$ ").skip(1) {
                let (line, expected) = part.split_once('\n').unwrap();
                let output = attune(place.path(), &words(line));
                if let Err(missing) = holds(&said(&output), expected) {
                    panic!("docs/{page}: `{line}` does not print\n{missing}\nbut\n{}", said(&output));
                }
                run += 1;
            }
        }
    }
    assert!(run > 8, "{run}");
}

/// Every command of the five-minute start works in the order of the page, with a shorter search.
#[test]
fn the_five_minute_start_works() {
    let place = place();
    let mut run = 0;
    for block in blocks("book/start.md").iter().filter(|block| block.info.iter().any(|part| part == "run")) {
        for line in block.text.lines() {
            let mut words = words(line);
            assert_eq!(words[0], "attune", "{line}");
            if words[1] == "run" {
                words.extend(SHORT.map(str::to_owned));
            }
            let output = attune(place.path(), &words);
            assert!(output.status.success(), "{line}\n{}", said(&output));
            run += 1;
        }
    }
    assert!(run > 5, "{run}");
    assert!(place.path().join("pruned/model.safetensors").exists());
}
