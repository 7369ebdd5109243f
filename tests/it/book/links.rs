//! The table of contents has every page, and pages of the book stay in it: what is built has nothing else beside them.

use std::collections::BTreeSet;

use super::{pages, path, read};
use crate::support::root;

/// Where files of the sources are on the web.
const SOURCES: &str = "https://github.com/attune-dev/attune/";

/// Pages that are parts of others.
const PARTS: [&str; 3] = ["results/", "strategies-bench/", "SUMMARY.md"];

/// What stands in `](…)`, outside of code.
fn links(text: &str) -> Vec<&str> {
    let prose = text.split("```").step_by(2);
    prose
        .flat_map(|prose| prose.split("](").skip(1))
        .filter_map(|part| Some(part.split_once(')')?.0))
        .collect()
}

/// A link that leaves the folder of pages for another file of the sources, as it is on the web.
fn on_the_web(page: &str, link: &str) -> Option<String> {
    let (file, place) = link.find('#').map_or((link, ""), |at| link.split_at(at));
    let below = resolved(&format!("docs/{page}"), file)?;
    let kind = if root().join(&below).is_dir() { "tree" } else { "blob" };
    let there = root().join(&below).exists() && !below.starts_with("docs/");
    there.then(|| format!("{SOURCES}{kind}/main/{below}{place}"))
}

/// `ATTUNE_REWRITE_DOCS=1` has links that leave the folder of pages lead to the web.
fn rewritten(page: &str) {
    if std::env::var_os("ATTUNE_REWRITE_DOCS").is_none() {
        return;
    }
    let found = read(page);
    let mut text = found.clone();
    for link in links(&found) {
        if resolved(page, link.split('#').next().unwrap()).is_none()
            && let Some(web) = on_the_web(page, link)
        {
            text = text.replace(&format!("]({link})"), &format!("]({web})"));
        }
    }
    if text != found {
        std::fs::write(path(page), text).unwrap();
    }
}

/// A link from a page, as a path from the folder of pages; `None` when it leaves it.
fn resolved(page: &str, link: &str) -> Option<String> {
    let mut parts: Vec<&str> = page.split('/').collect();
    parts.pop();
    for part in link.split('/') {
        match part {
            ".." => drop(parts.pop()?),
            "." | "" => {}
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

fn contents() -> Vec<String> {
    let text = read("SUMMARY.md");
    links(&text).into_iter().map(str::to_owned).collect()
}

#[test]
fn the_table_of_contents_has_every_page_once() {
    let contents = contents();
    let once: BTreeSet<&String> = contents.iter().collect();
    assert_eq!(once.len(), contents.len(), "a page stands twice in docs/SUMMARY.md");
    for page in &contents {
        assert!(path(page).exists(), "docs/SUMMARY.md names {page}, which is not there");
    }
    let parts = |page: &String| PARTS.iter().any(|part| page.starts_with(part));
    for page in pages("").iter().filter(|page| !parts(page)) {
        assert!(once.contains(page), "docs/SUMMARY.md has no {page}");
    }
}

#[test]
fn pages_of_the_book_link_to_pages_of_the_book() {
    let contents = contents();
    for page in &contents {
        rewritten(page);
        let text = read(page);
        for link in links(&text) {
            let file = link.split('#').next().unwrap();
            if let Some(source) = file.strip_prefix(SOURCES) {
                let below = source.strip_prefix("blob/main/").or_else(|| source.strip_prefix("tree/main/"));
                let there = below.is_some_and(|below| root().join(below).exists());
                assert!(there, "{page} links to {link}, which is not in the sources");
                continue;
            }
            if file.contains("://") || file.is_empty() {
                continue;
            }
            let found = resolved(page, file).filter(|found| path(found).is_file());
            let Some(found) = found else {
                panic!(
                    "{page} links to {link}, which is no file of docs: sources are {SOURCES}blob/main/… \
                     (ATTUNE_REWRITE_DOCS=1 writes links to them)"
                )
            };
            let known = !found.ends_with(".md") || contents.contains(&found);
            assert!(known, "{page} links to {link}, which docs/SUMMARY.md does not have");
        }
    }
}
