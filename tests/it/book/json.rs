//! The page on JSON has every field that events and results really have, and no other.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::read;
use crate::support::Place;

/// Names of fields below which names are of the study: metrics, resources, dimensions, baselines, arguments.
const OPEN: [&str; 12] = [
    "config",
    "plan",
    "cost",
    "search",
    "report",
    "elsewhere",
    "baselines",
    "delta",
    "elsewhere_delta",
    "budgets",
    "origin",
    "members",
];

/// The fields of an object and of the objects in it, as paths with dots.
fn fields(object: &Value, before: &str, found: &mut BTreeSet<String>) {
    let Value::Object(object) = object else { return };
    for (name, value) in object.iter().filter(|(name, _)| *name != "event") {
        let path = if before.is_empty() { name.clone() } else { format!("{before}.{name}") };
        if !OPEN.contains(&name.as_str()) {
            fields(value, &path, found);
        }
        found.insert(path);
    }
}

/// The fields that the page has of an event, first cells of the table below its heading; and whether each is always there.
fn documented(page: &str, event: &str) -> BTreeMap<String, bool> {
    let section = page.split("\n## ").find(|section| section.starts_with(&format!("`{event}`")));
    let section = section.unwrap_or_else(|| panic!("docs/book/json.md has no section `{event}`"));
    let rows = section.lines().filter_map(|line| line.strip_prefix("| `"));
    rows.filter_map(|row| Some((row.split_once('`')?.0.to_owned(), !row.contains("only where")))).collect()
}

#[test]
fn the_page_has_the_fields_of_every_event() {
    let place = Place::new();
    let racing = "strategy: (name: \"evolution\", options: {\"generation\": 8}), racing: (first: 1, keep: 0.5), trials: 24";
    // A profile is a file of one name: it is run before the next one is written.
    let mut events = Vec::new();
    for (changes, name) in [(&[("trials: 24", racing)][..], "raced"), (&[], "plain")] {
        let profile = place.small_profile(changes);
        events.extend(place.run(&profile, &["--study", name]));
    }
    let planned = [
        ("expert-pruning", "kv-bits"),
        ("{\"keep\": 4}", "{\"average\": 4.0, \"levels\": [2, 4, 8], \"sink\": 1, \"recent\": 4}"),
        ("trials: 24", "strategy: (name: \"profiling\"), trials: 4"),
    ];
    events.extend(place.run(&place.small_profile(&planned), &["--study", "planned"]));
    let front = "objectives: [(metric: \"kl\", direction: minimise), (metric: \"bits\", direction: minimise)], \
                 strategy: (name: \"nsga2\", options: {\"population\": 8}), trials: 16";
    let front = [planned[0], planned[1], ("trials: 24", front)];
    events.extend(place.run(&place.small_profile(&front), &["--study", "front"]));

    let page = read("book/json.md");
    let names: BTreeSet<&str> = events.iter().filter_map(|event| event["event"].as_str()).collect();
    for name in names {
        let mut found = BTreeSet::new();
        events.iter().filter(|event| event["event"] == name).for_each(|event| fields(event, "", &mut found));
        let page = documented(&page, name);
        let missing: Vec<&String> = found.iter().filter(|field| !page.contains_key(*field)).collect();
        let gone = page.iter().filter(|(field, always)| **always && !found.contains(*field));
        let gone: Vec<&String> = gone.map(|(field, _)| field).collect();
        assert!(missing.is_empty(), "docs/book/json.md lacks of `{name}`: {missing:?}");
        assert!(gone.is_empty(), "docs/book/json.md has of `{name}` what was not there: {gone:?}");
    }
    for name in ["interrupted", "warning", "failed"] {
        assert!(!documented(&page, name).is_empty(), "{name}");
    }
}
