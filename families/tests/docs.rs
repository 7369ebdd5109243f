//! `docs/families.md` lists the families that there are. `ATTUNE_REWRITE_DOCS=1` writes its table anew.

use std::path::Path;

use attune_families::{all, markdown};

#[test]
fn the_page_lists_every_family() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/families.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let start = page.find("| `model_type` |").unwrap();
    let end = start + page[start..].find("\n\n").unwrap() + 1;
    let table = markdown::table(all());
    if std::env::var_os("ATTUNE_REWRITE_DOCS").is_some() {
        std::fs::write(&path, format!("{}{table}{}", &page[..start], &page[end..])).unwrap();
        return;
    }
    assert_eq!(page[start..end], table, "run with ATTUNE_REWRITE_DOCS=1");
}
