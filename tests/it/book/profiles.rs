//! Profiles on pages are read as any other: their keys, and the options of techniques and strategies.

use attune_core::options::resolve;
use attune_core::profile::Profile;
use attune_core::technique::Technique as _;

use super::{Block, blocks, pages};

/// What a part of a profile stands in.
const REST: [(&str, &str); 6] = [
    ("version", "1"),
    ("name", "\"page\""),
    ("model", "\"../models/tiny-moe\""),
    ("technique", "(name: \"expert-pruning\")"),
    ("task", "(selection: \"a.txt\", report: \"b.txt\")"),
    ("trials", "1"),
];

/// The keys at the top of a part of a profile.
fn keys(text: &str) -> Vec<String> {
    let (mut depth, mut keys) = (0_i32, Vec::new());
    for line in text.lines() {
        let code = line.split("//").next().unwrap();
        if depth == 0
            && let Some((key, _)) = code.split_once(':')
        {
            keys.push(key.trim().to_owned());
        }
        depth += code.matches(['(', '{', '[']).count() as i32 - code.matches([')', '}', ']']).count() as i32;
    }
    keys
}

/// A block as a whole profile.
fn whole(block: &Block) -> String {
    let text = block.text.trim();
    let begun = text.lines().find(|line| !line.trim_start().starts_with("//")).unwrap_or("");
    if begun.starts_with('(') {
        return text.to_owned();
    }
    let said = keys(text);
    let comma = if text.ends_with(',') { "" } else { "," };
    let mut profile = format!("(\n{text}{comma}\n");
    for (key, value) in REST.iter().filter(|(key, _)| !said.iter().any(|said| said == key)) {
        profile.push_str(&format!("{key}: {value},\n"));
    }
    if !said.contains(&"items".to_owned()) {
        profile.push_str("items: 2,\n");
    }
    profile + ")\n"
}

#[test]
fn profiles_on_pages_are_read() {
    let techniques = attune_plugins::Host::new().unwrap().builtins().unwrap();
    let mut read = 0;
    for block in pages("").iter().flat_map(|page| blocks(page)).filter(|block| block.language() == "ron") {
        let text = whole(&block);
        let profile = Profile::parse(&block.page, &text, &[])
            .unwrap_or_else(|error| panic!("docs/{}: {error}\n{text}", block.page));
        let chosen = &profile.technique;
        if let Some(technique) = techniques.iter().find(|technique| technique.info().name == chosen.name) {
            resolve("technique", &technique.info().options, &chosen.options)
                .unwrap_or_else(|error| panic!("docs/{}: {error}\n{text}", block.page));
        }
        attune_search::strategy::resolved(&profile.strategy)
            .unwrap_or_else(|error| panic!("docs/{}: {error}\n{text}", block.page));
        read += 1;
    }
    assert!(read > 20, "{read}");
}
