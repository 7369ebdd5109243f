//! A page of Markdown as blocks, for whoever draws them: a terminal or a man page.

use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag};

/// How a piece of text is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    Plain,
    Code,
    Strong,
    Emphasis,
}

/// A piece of text in one style.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) text: String,
    pub(super) style: Style,
}

/// A paragraph's worth of text.
pub(super) type Spans = Vec<Span>;

/// A part of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Block {
    Heading {
        level: u8,
        text: Spans,
    },
    Paragraph(Spans),
    /// Lines that stay as they are.
    Code(String),
    /// Items; numbered from this number, or not at all.
    List {
        from: Option<u64>,
        items: Vec<Vec<Block>>,
    },
    Table {
        head: Vec<Spans>,
        rows: Vec<Vec<Spans>>,
    },
    Quote(Vec<Block>),
}

/// A page, and where its links lead, each once, in their order.
pub(super) struct Document {
    pub(super) blocks: Vec<Block>,
    pub(super) links: Vec<String>,
}

impl Document {
    /// Reads a page. HTML is left out: the book has comments and folded parts in it, and neither has words.
    pub(super) fn of(markdown: &str) -> Self {
        let mut reader =
            Reader { events: Parser::new_ext(markdown, Options::ENABLE_TABLES), links: Vec::new() };
        let blocks = reader.blocks();
        Self { blocks, links: reader.links }
    }
}

/// The text of spans, without their styles.
pub(super) fn plain(spans: &[Span]) -> String {
    spans.iter().map(|span| span.text.as_str()).collect()
}

struct Reader<'a> {
    events: Parser<'a>,
    links: Vec<String>,
}

impl<'a> Reader<'a> {
    /// Everything up to the end of what is open. Items of tight lists have text without a paragraph around it.
    fn blocks(&mut self) -> Vec<Block> {
        let (mut found, mut loose) = (Vec::new(), Spans::new());
        while let Some(event) = self.events.next() {
            match event {
                Event::End(_) => break,
                Event::Start(tag) => match self.block(tag, &mut loose) {
                    Some(block) => {
                        close(&mut loose, &mut found);
                        found.push(block);
                    }
                    None => continue,
                },
                other => inline(&other, Style::Plain, &mut loose),
            }
        }
        close(&mut loose, &mut found);
        found.retain(|block| !matches!(block, Block::Paragraph(spans) if plain(spans).trim().is_empty()));
        found
    }

    /// The block that a tag opens; a tag inside of a line goes on in `loose`.
    fn block(&mut self, tag: Tag<'a>, loose: &mut Spans) -> Option<Block> {
        Some(match tag {
            Tag::Paragraph => Block::Paragraph(self.spans()),
            Tag::Heading { level, .. } => Block::Heading { level: depth(level), text: self.spans() },
            Tag::BlockQuote(_) => Block::Quote(self.blocks()),
            Tag::CodeBlock(CodeBlockKind::Fenced(_) | CodeBlockKind::Indented) => {
                Block::Code(plain(&self.spans()).trim_end().to_owned())
            }
            Tag::HtmlBlock => {
                drop(self.spans());
                Block::Paragraph(Spans::new())
            }
            Tag::List(from) => Block::List { from, items: self.items() },
            Tag::Table(_) => {
                let mut rows = self.rows();
                let head = if rows.is_empty() { Vec::new() } else { rows.remove(0) };
                Block::Table { head, rows }
            }
            within => {
                self.within(within, Style::Plain, loose);
                return None;
            }
        })
    }

    /// The parts of a list, up to its end.
    fn items(&mut self) -> Vec<Vec<Block>> {
        let mut items = Vec::new();
        while let Some(Event::Start(_)) = self.events.next() {
            items.push(self.blocks());
        }
        items
    }

    /// The rows of a table with its head, up to its end.
    fn rows(&mut self) -> Vec<Vec<Spans>> {
        let mut rows = Vec::new();
        while let Some(Event::Start(_)) = self.events.next() {
            let mut row = Vec::new();
            while let Some(Event::Start(_)) = self.events.next() {
                row.push(self.spans());
            }
            rows.push(row);
        }
        rows
    }

    /// The text up to the end of what is open.
    fn spans(&mut self) -> Spans {
        let mut spans = Spans::new();
        self.text(Style::Plain, &mut spans);
        spans
    }

    fn text(&mut self, style: Style, spans: &mut Spans) {
        while let Some(event) = self.events.next() {
            match event {
                Event::End(_) => return,
                Event::Start(tag) => self.within(tag, style, spans),
                other => inline(&other, style, spans),
            }
        }
    }

    /// What stands inside of a line: words in another style, a link, a picture.
    fn within(&mut self, tag: Tag<'a>, style: Style, spans: &mut Spans) {
        match tag {
            Tag::Emphasis => self.text(Style::Emphasis, spans),
            Tag::Strong => self.text(Style::Strong, spans),
            Tag::Link { dest_url, .. } => {
                self.text(style, spans);
                if !dest_url.starts_with('#') && !self.links.iter().any(|link| **link == *dest_url) {
                    self.links.push(dest_url.into_string());
                }
            }
            Tag::Image { .. } => {
                let mut words = Spans::new();
                self.text(Style::Plain, &mut words);
                spans.push(Span { text: format!("[Picture: {}]", plain(&words)), style: Style::Emphasis });
            }
            _ => self.text(style, spans),
        }
    }
}

/// Ends the paragraph that stands without a tag of its own.
fn close(loose: &mut Spans, found: &mut Vec<Block>) {
    if !loose.is_empty() {
        found.push(Block::Paragraph(std::mem::take(loose)));
    }
}

fn inline(event: &Event<'_>, style: Style, spans: &mut Spans) {
    let (text, style) = match event {
        Event::Text(text) => (text.to_string(), style),
        Event::Code(text) => (text.to_string(), Style::Code),
        Event::SoftBreak | Event::HardBreak => (" ".to_owned(), style),
        _ => return,
    };
    spans.push(Span { text, style });
}

fn depth(level: HeadingLevel) -> u8 {
    match level {
        HeadingLevel::H1 => 1,
        HeadingLevel::H2 => 2,
        _ => 3,
    }
}
