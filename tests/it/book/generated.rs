//! Parts of the book that are made: options of techniques and strategies, and the limits of the sandbox.

use std::fmt::Write as _;

use attune_core::options::OptionSpec;
use attune_core::technique::Technique as _;
use syn::{Expr, Item, Lit, Meta};

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

/// A number as people read it: bytes in binary units, thousands apart.
fn shown(name: &str, value: u64) -> String {
    let units = [(30, "GiB"), (20, "MiB"), (10, "KiB")];
    if name.ends_with("BYTES") {
        for (shift, unit) in units {
            if value >= 1 << shift && value % (1 << shift) == 0 {
                return format!("{} {unit}", value >> shift);
            }
        }
    }
    let digits = value.to_string();
    let parts: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().map(|part| std::str::from_utf8(part).unwrap()).collect();
    parts.join(",")
}

/// The documentation of an item in one line.
fn documented(attributes: &[syn::Attribute]) -> String {
    let lines = attributes.iter().filter_map(|attribute| match &attribute.meta {
        Meta::NameValue(pair) if pair.path.is_ident("doc") => match &pair.value {
            Expr::Lit(literal) => match &literal.lit {
                Lit::Str(text) => Some(text.value().trim().to_owned()),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    });
    lines.collect::<Vec<_>>().join(" ").replace("[`", "`").replace("`]", "`")
}

#[test]
fn the_page_of_limits_has_every_constant() {
    let source = std::fs::read_to_string(root().join("plugins/src/limits.rs")).unwrap();
    let mut page = String::from(
        "# Limits of the sandbox\n\nA technique is a WebAssembly component. It imports what attune gives it and nothing of the \
         system: no files, no network, no environment, no clock. Every call runs on a fresh instance, within these limits. What \
         exceeds one fails by name, and the next call starts clean. What there is to compile is counted before it is compiled.\n\n\
         A failure that is repeatable is the same everywhere and is kept as a result; one by the clock is not.\n\n\
         This page is made from `plugins/src/limits.rs` (`ATTUNE_REWRITE_DOCS=1 cargo test -p attune-tests --test it book` writes \
         it anew).\n\n| limit | value | of what |\n| --- | ---: | --- |\n",
    );
    let mut rows = 0;
    for item in syn::parse_file(&source).unwrap().items {
        let Item::Const(constant) = item else { continue };
        let (name, value) = (constant.ident.to_string(), number(&constant.expr));
        let (true, Some(value)) = (matches!(constant.vis, syn::Visibility::Public(_)), value) else {
            continue;
        };
        writeln!(page, "| `{name}` | {} | {} |", shown(&name, value), documented(&constant.attrs)).unwrap();
        rows += 1;
    }
    assert!(rows > 20, "{rows}");
    keeps("book/limits.md", &page);
}
