//! Parts of the book that are made: options of techniques and strategies, and the limits of the sandbox.

use std::fmt::Write as _;

use attune_core::options::OptionSpec;
use attune_core::technique::Technique as _;
use syn::{Expr, Item, Lit};

use super::{keeps, pages, read};
use crate::support::root;

/// The options of something as a table.
fn table(options: &[OptionSpec]) -> String {
    let mut table = String::from("| option | takes | default | what it does |\n| --- | --- | --- | --- |\n");
    let cell = |text: &str| text.replace('|', "\\|").replace('\n', " ");
    for OptionSpec { name, help, kind, default } in options {
        let (kind, help) = (cell(&kind.to_string()), cell(help));
        writeln!(table, "| `{name}` | {kind} | `{default}` | {help} |").unwrap();
    }
    table
}

/// A page with the table behind its mark written anew.
fn with_table(text: &str, mark: &str, table: &str) -> Option<String> {
    let (before, rest) = text.split_once(mark)?;
    let (_, after) = rest.split_once("<!-- end -->")?;
    Some(format!("{before}{mark}\n\n{table}\n<!-- end -->{after}"))
}

#[test]
fn pages_of_techniques_and_strategies_have_their_options() {
    let techniques = attune_plugins::Host::new().unwrap().builtins().unwrap();
    let techniques = techniques.iter().map(|technique| technique.info());
    let techniques = techniques.map(|info| ("technique", info.name.clone(), info.options.clone()));
    let strategies = attune_search::strategy::strategies().iter();
    let strategies = strategies.map(|info| ("strategy", info.name.to_owned(), info.options.clone()));
    for (what, name, options) in techniques.chain(strategies) {
        let folder = if what == "technique" { "techniques" } else { "strategies" };
        let page = format!("book/{folder}/{name}.md");
        assert!(pages("book").contains(&page), "the book has no page {page}");
        let text = read(&page);
        let mark = format!("<!-- options of {what} {name} -->");
        let expected = with_table(&text, &mark, &table(&options));
        let expected = expected.unwrap_or_else(|| panic!("docs/{page} has no {mark} and <!-- end -->"));
        keeps(&page, &expected);
        assert!(
            read(&format!("book/{folder}.md")).contains(&format!("{folder}/{name}.md")),
            "{name} is not listed"
        );
    }
}

/// What a constant says, worked out.
fn number(expr: &Expr) -> Option<u64> {
    match expr {
        Expr::Lit(literal) => match &literal.lit {
            Lit::Int(int) => int.base10_parse().ok(),
            _ => None,
        },
        Expr::Binary(binary) => {
            let (left, right) = (number(&binary.left)?, number(&binary.right)?);
            match binary.op {
                syn::BinOp::Shl(_) => Some(left << right),
                syn::BinOp::Mul(_) => Some(left * right),
                _ => None,
            }
        }
        Expr::Paren(inner) => number(&inner.expr),
        _ => None,
    }
}

/// The ways in which a table may write a number.
fn spellings(value: u64) -> Vec<String> {
    let digits = value.to_string();
    let parts: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().map(|part| std::str::from_utf8(part).unwrap()).collect();
    let mut spellings = vec![parts.join(" "), digits.clone()];
    for (shift, unit) in [(30, "GiB"), (20, "MiB"), (10, "KiB")] {
        if value >= 1 << shift && value.is_multiple_of(1 << shift) {
            spellings.push(format!("{} {unit}", value >> shift));
        }
    }
    spellings
}

/// The documentation of a file, in Markdown, without links to its items.
fn module_documentation(source: &str) -> String {
    let lines = source
        .lines()
        .map_while(|line| line.strip_prefix("//!"))
        .map(|line| line.strip_prefix(' ').unwrap_or(line));
    lines.collect::<Vec<_>>().join("\n").replace("[`", "`").replace("`]", "`")
}

#[test]
fn the_page_of_limits_is_that_of_the_sandbox_and_its_numbers_are_those_of_the_code() {
    let source = std::fs::read_to_string(root().join("plugins/src/limits.rs")).unwrap();
    let documentation = module_documentation(&source);
    let page = format!(
        "# Limits of the sandbox\n\nA technique is a WebAssembly component. It imports what attune gives it and nothing of the \
         system: no files, no network, no environment, no clock. Every call runs on a fresh instance, within these limits. What \
         exceeds one fails by name, and the next call starts clean. A failure that is repeatable is the same everywhere; one by \
         the clock is not.\n\nThis page is made from `plugins/src/limits.rs` (`ATTUNE_REWRITE_DOCS=1 cargo test -p attune-tests \
         --test it book` writes it anew).\n\n{documentation}\n"
    );
    keeps("book/limits.md", &page);
    let rows: Vec<&str> = documentation.lines().filter(|line| line.starts_with('|')).collect();
    let mut seen = 0;
    for item in syn::parse_file(&source).unwrap().items {
        let Item::Const(constant) = item else { continue };
        let named = format!("`{}`", constant.ident);
        let row = rows.iter().find(|row| row.split('|').nth(1).is_some_and(|cell| cell.contains(&named)));
        if let (Some(row), Some(value)) = (row, number(&constant.expr)) {
            let found = spellings(value).iter().any(|spelling| row.contains(spelling));
            assert!(found, "the table of plugins/src/limits.rs says of {named}, which is {value}: {row}");
            seen += 1;
        }
    }
    assert!(seen > 4, "{seen}");
}
