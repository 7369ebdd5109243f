//! `docs/edits.md` says what the schemas say. `ATTUNE_REWRITE_DOCS=1` writes the tables anew.

use std::path::Path;

use attune_vocabulary::{markdown, model};

#[test]
fn the_page_on_edits_says_what_the_schemas_say() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/edits.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let mut expected = page.clone();
    for schema in model().schemas() {
        let heading = format!("\n## {}\n\n", schema.kind);
        let start = expected.find(&heading).unwrap_or_else(|| panic!("no section on `{}`", schema.kind));
        let table = start + heading.len();
        let rest: Vec<&str> = expected[table..]
            .split_inclusive('\n')
            .skip_while(|line| !line.starts_with("Meaning:"))
            .collect();
        let rest = rest.concat();
        expected.truncate(table);
        expected.push_str(&markdown::opening(schema));
        expected.push('\n');
        expected.push_str(&rest);
        for part in schema.source.split(['(', ')', ',', ';']).filter(|part| part.starts_with("arXiv")) {
            assert!(rest.contains(part), "the section on `{}` does not name {part}", schema.kind);
        }
    }
    if std::env::var_os("ATTUNE_REWRITE_DOCS").is_some() {
        std::fs::write(&path, &expected).unwrap();
    }
    let other = expected.lines().zip(page.lines()).find(|(expected, found)| expected != found);
    assert!(expected == page, "run this test with ATTUNE_REWRITE_DOCS=1; the first other line: {other:?}");
}
