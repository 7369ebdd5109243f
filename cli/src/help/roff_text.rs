//! A chapter as a man page of section 7.

use roff::{Inline, Roff, bold, italic, roman};

use super::document::{Block, Document, Span, Spans, Style, plain};
use super::terminal::see_also;
use crate::topics::Topic;

/// The page `attune-NAME(7)`.
pub(super) fn render(topic: &Topic) -> String {
    let document = Document::of(topic.text);
    let mut page = Roff::new();
    let name = page_name(topic.name);
    let version = format!("attune {}", env!("CARGO_PKG_VERSION"));
    page.control("TH", [name.as_str(), "7", "", version.as_str(), "attune"]);
    page.control("SH", ["NAME"]);
    page.text([roman(format!("{name} - {}", topic.title()))]);
    page.control("SH", ["DESCRIPTION"]);
    // The first heading is the name.
    let body = match document.blocks.split_first() {
        Some((Block::Heading { level: 1, .. }, rest)) => rest,
        _ => &document.blocks,
    };
    blocks(&mut page, body);
    let (topics, files) = see_also(topic, &document.links);
    page.control("SH", ["SEE ALSO"]);
    let pages = std::iter::once("attune(1)".to_owned());
    let pages = pages.chain(topics.iter().map(|name| format!("{}(7)", page_name(name))));
    page.text([roman(pages.chain(files).collect::<Vec<_>>().join(", "))]);
    page.render()
}

/// What a topic is called among all the pages of a system.
pub(super) fn page_name(topic: &str) -> String {
    format!("attune-{topic}")
}

fn blocks(page: &mut Roff, blocks: &[Block]) {
    for block in blocks {
        match block {
            Block::Heading { level, text } => {
                let text = plain(text);
                page.control(if *level < 3 { "SH" } else { "SS" }, [text.as_str()]);
            }
            Block::Paragraph(spans) => {
                page.control("PP", []);
                page.text(inline(spans));
            }
            Block::Code(text) => {
                page.control("PP", []);
                page.control("in", ["+4"]);
                page.control("nf", []);
                text.lines().for_each(|line| {
                    page.text([roman(line)]);
                });
                page.control("fi", []);
                page.control("in", ["-4"]);
            }
            Block::List { from, items } => list(page, *from, items),
            Block::Table { head, rows } => rows.iter().for_each(|cells| row(page, head, cells)),
            Block::Quote(within) => {
                page.control("RS", ["4"]);
                self::blocks(page, within);
                page.control("RE", []);
            }
        }
    }
}

fn list(page: &mut Roff, from: Option<u64>, items: &[Vec<Block>]) {
    for (index, item) in (0..).zip(items) {
        let mark = from.map_or_else(|| "\u{2022}".to_owned(), |first| format!("{}.", first + index));
        page.control("IP", [mark.as_str(), "4"]);
        let rest = match item.split_first() {
            Some((Block::Paragraph(spans), rest)) => {
                page.text(inline(spans));
                rest
            }
            _ => item,
        };
        if !rest.is_empty() {
            page.control("RS", ["4"]);
            blocks(page, rest);
            page.control("RE", []);
        }
    }
}

/// A row of a table: its first cell is what it is about, and the others say which column they are of. Tables of roff need a
/// program of their own in front of it.
fn row(page: &mut Roff, head: &[Spans], cells: &[Spans]) {
    let Some((first, others)) = cells.split_first() else { return };
    page.control("TP", []);
    let tag = plain(first);
    page.text([bold(if tag.is_empty() { "\u{2022}".to_owned() } else { tag })]);
    let filled = head.iter().skip(1).zip(others).filter(|(_, spans)| !plain(spans).trim().is_empty());
    for (number, (name, spans)) in filled.enumerate() {
        if number > 0 {
            page.control("br", []);
        }
        let label = plain(name);
        let mut text = if label.is_empty() { Vec::new() } else { vec![roman(format!("{label}: "))] };
        text.extend(inline(spans));
        page.text(text);
    }
}

fn inline(spans: &[Span]) -> Vec<Inline> {
    let piece = |span: &Span| match span.style {
        Style::Plain => roman(span.text.as_str()),
        Style::Code | Style::Strong => bold(span.text.as_str()),
        Style::Emphasis => italic(span.text.as_str()),
    };
    spans.iter().map(piece).collect()
}
