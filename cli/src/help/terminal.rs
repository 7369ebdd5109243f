//! A chapter for a terminal, or for whatever reads text: lines of at most so many columns.

use unicode_width::UnicodeWidthStr as _;

use super::document::{Block, Document, Span, Spans, Style, plain};
use crate::topics::{TOPICS, Topic};
use crate::view::sheet::Sheet;

/// Nobody reads longer lines of prose with pleasure.
const WIDEST: usize = 100;
/// Cells further in than these columns are lines of a list instead.
const LEAST_TEXT: usize = 30;

/// The chapter, with the escape codes of a terminal; whoever prints it takes them out where nobody wants them.
pub(super) fn render(topic: &Topic, columns: usize) -> String {
    let document = Document::of(topic.text);
    let mut page = Page { columns: columns.min(WIDEST), lines: Vec::new() };
    page.blocks(&document.blocks, 0);
    let (topics, files) = see_also(topic, &document.links);
    if !topics.is_empty() {
        page.paragraph(&[word(&format!("See also: attune help {}", topics.join(", ")))], 0, "");
    }
    if !files.is_empty() {
        page.paragraph(&[word(&format!("Further: {}", files.join(", ")))], 0, "");
    }
    let text = page.lines.join("\n");
    format!("{}\n", text.trim_end())
}

/// Where links of a page lead: to topics, by their names, and to what is no topic, from the root of the sources.
pub(super) fn see_also(topic: &Topic, links: &[String]) -> (Vec<&'static str>, Vec<String>) {
    let (mut topics, mut others) = (Vec::new(), Vec::new());
    for link in links {
        let file = link.split('#').next().unwrap_or(link);
        if file.contains("://") {
            others.push(file.to_owned());
            continue;
        }
        let path = resolved(topic.path, file);
        match TOPICS.iter().find(|other| other.path == path) {
            Some(other) if other.name != topic.name => topics.push(other.name),
            Some(_) => {}
            None => others.push(format!("docs/{path}")),
        }
    }
    topics.dedup();
    others.sort();
    others.dedup();
    (topics, others)
}

/// A path relative to a page, from the folder of pages.
fn resolved(page: &str, file: &str) -> String {
    let mut parts: Vec<&str> = page.split('/').collect();
    parts.pop();
    for part in file.split('/') {
        match part {
            ".." => drop(parts.pop()),
            "." | "" => {}
            name => parts.push(name),
        }
    }
    parts.join("/")
}

fn word(text: &str) -> Span {
    Span { text: text.to_owned(), style: Style::Plain }
}

struct Page {
    columns: usize,
    lines: Vec<String>,
}

impl Page {
    fn blocks(&mut self, blocks: &[Block], indent: usize) {
        for block in blocks {
            self.block(block, indent);
        }
    }

    fn block(&mut self, block: &Block, indent: usize) {
        match block {
            Block::Heading { level, text } => self.heading(*level, &plain(text)),
            Block::Paragraph(spans) => self.paragraph(spans, indent, ""),
            Block::Code(text) => {
                let lines =
                    text.lines().map(|line| format!("{}  {line}", " ".repeat(indent)).trim_end().to_owned());
                self.lines.extend(lines);
                self.gap();
            }
            Block::List { from, items } => self.list(*from, items, indent),
            Block::Table { head, rows } => self.table(head, rows, indent),
            Block::Quote(blocks) => self.blocks(blocks, indent + 2),
        }
    }

    /// An empty line, never two.
    fn gap(&mut self) {
        if self.lines.last().is_some_and(|line| !line.is_empty()) {
            self.lines.push(String::new());
        }
    }

    fn heading(&mut self, level: u8, text: &str) {
        self.gap();
        self.lines.push(format!("\u{1b}[1m{text}\u{1b}[0m"));
        let under = match level {
            1 => "═",
            2 => "─",
            _ => "",
        };
        if !under.is_empty() {
            self.lines.push(under.repeat(text.width().min(self.columns)));
        }
        self.gap();
    }

    /// Words in lines; the first one begins with `mark`, under which the others stand.
    fn paragraph(&mut self, spans: &[Span], indent: usize, mark: &str) {
        let further = indent + mark.width();
        let mut line = format!("{}{mark}", " ".repeat(indent));
        let (mut at, mut begun) = (further, false);
        for word in words(spans) {
            let width: usize = word.iter().map(|piece| piece.text.width()).sum();
            if begun && at + 1 + width > self.columns {
                self.lines.push(std::mem::replace(&mut line, " ".repeat(further)));
                (at, begun) = (further, false);
            }
            if begun {
                line.push(' ');
                at += 1;
            }
            line.extend(word.iter().map(drawn));
            (at, begun) = (at + width, true);
        }
        if begun {
            self.lines.push(line);
        }
        self.gap();
    }

    fn list(&mut self, from: Option<u64>, items: &[Vec<Block>], indent: usize) {
        // Short items stand together, long ones apart.
        let short = items.iter().all(|blocks| matches!(blocks.as_slice(), [Block::Paragraph(_)]));
        for (index, blocks) in (0..).zip(items) {
            let mark = from.map_or_else(|| "* ".to_owned(), |first| format!("{}. ", first + index));
            let rest = match blocks.split_first() {
                Some((Block::Paragraph(spans), rest)) => {
                    self.paragraph(spans, indent, &mark);
                    rest
                }
                _ => blocks,
            };
            self.blocks(rest, indent + mark.width());
            if short && self.lines.last().is_some_and(String::is_empty) {
                self.lines.pop();
            }
        }
        self.gap();
    }

    /// Columns side by side where their texts have room; else every row is a list under its first cell.
    fn table(&mut self, head: &[Spans], rows: &[Vec<Spans>], indent: usize) {
        let cell =
            |spans: &Spans| words(spans).iter().map(|word| plain(word)).collect::<Vec<String>>().join(" ");
        let texts = |row: &[Spans]| {
            let mut texts: Vec<String> = row.iter().map(cell).collect();
            texts.resize(head.len(), String::new());
            texts
        };
        let (header, body): (Vec<String>, Vec<Vec<String>>) =
            (texts(head), rows.iter().map(|row| texts(row)).collect());
        let widest = |column: usize| {
            let cells = std::iter::once(&header).chain(&body).map(|row| row[column].width());
            cells.max().unwrap_or(0) + 3
        };
        let room = self.columns.saturating_sub(indent);
        let whole: usize = (0..header.len()).map(widest).sum();
        let names: usize = (0..header.len().saturating_sub(1)).map(widest).sum();
        if whole <= room || names + LEAST_TEXT <= room {
            let mut sheet = Sheet::with_text(header);
            body.into_iter().for_each(|row| sheet.row(row));
            let lines = sheet.render(room);
            self.lines.extend(
                lines.lines().map(|line| format!("{}{line}", " ".repeat(indent)).trim_end().to_owned()),
            );
        } else {
            for row in rows {
                let (first, others) =
                    row.split_first().map_or((&[][..], &[][..]), |(first, others)| (first, others));
                self.paragraph(first, indent, "");
                self.lines.pop();
                for (name, spans) in
                    head.iter().skip(1).zip(others).filter(|(_, spans)| !plain(spans).trim().is_empty())
                {
                    let label = plain(name);
                    let label = if label.is_empty() { String::new() } else { format!("{label}: ") };
                    let spans: Spans = std::iter::once(word(&label)).chain(spans.iter().cloned()).collect();
                    self.paragraph(&spans, indent + 4, "");
                    self.lines.pop();
                }
                self.gap();
            }
        }
        self.gap();
    }
}

/// Words of a text: each is pieces in one style that no space parts. Code keeps its marks; a short piece of it is one word.
fn words(spans: &[Span]) -> Vec<Spans> {
    let mut words: Vec<Spans> = Vec::new();
    let mut open = false;
    for Span { text, style } in spans {
        let text = if *style == Style::Code { format!("`{text}`") } else { text.clone() };
        let parts: Vec<&str> = match style {
            Style::Code if text.width() <= LEAST_TEXT => vec![&text],
            _ => text.split(' ').collect(),
        };
        for (index, part) in parts.into_iter().enumerate() {
            open &= index == 0;
            if part.is_empty() {
                continue;
            }
            let piece = Span { text: part.to_owned(), style: *style };
            match words.last_mut() {
                Some(last) if open => last.push(piece),
                _ => words.push(vec![piece]),
            }
            open = true;
        }
    }
    words
}

/// A piece with the codes of a terminal.
fn drawn(piece: &Span) -> String {
    let text = &piece.text;
    match piece.style {
        Style::Plain => text.clone(),
        Style::Code => format!("\u{1b}[36m{text}\u{1b}[0m"),
        Style::Strong => format!("\u{1b}[1m{text}\u{1b}[0m"),
        Style::Emphasis => format!("\u{1b}[3m{text}\u{1b}[0m"),
    }
}
