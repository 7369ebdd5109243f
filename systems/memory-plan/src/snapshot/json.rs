//! JSON, as far as snapshots have it.

use super::document::{Document, Node};

/// Lists and maps in each other, at most.
const DEPTH: usize = 64;

/// Reads a file; the error says where, in bytes from 0, and what is wrong.
pub(super) fn read(bytes: &[u8]) -> Result<Document, (usize, &'static str)> {
    let mut reader = Reader { bytes, at: 0, document: Document::default() };
    let root = reader.value(0)?;
    reader.document.root = root;
    reader.space();
    if reader.at < bytes.len() { Err((reader.at, "something after the end")) } else { Ok(reader.document) }
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    document: Document,
}

impl Reader<'_> {
    fn space(&mut self) {
        while self.bytes.get(self.at).is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
    }

    fn next(&mut self) -> Option<u8> {
        self.space();
        self.bytes.get(self.at).copied()
    }

    fn expect(&mut self, byte: u8, what: &'static str) -> Result<(), (usize, &'static str)> {
        if self.next() != Some(byte) {
            return Err((self.at, what));
        }
        self.at += 1;
        Ok(())
    }

    fn value(&mut self, depth: usize) -> Result<usize, (usize, &'static str)> {
        if depth > DEPTH {
            return Err((self.at, "lists and maps are nested too deeply"));
        }
        let node = match self.next() {
            Some(b'{') => self.map(depth)?,
            Some(b'[') => self.list(depth)?,
            Some(b'"') => Node::Text(self.string()?),
            Some(_) => self.word()?,
            None => return Err((self.at, "the file ends too early")),
        };
        Ok(self.document.add(node))
    }

    fn map(&mut self, depth: usize) -> Result<Node, (usize, &'static str)> {
        self.at += 1;
        let mut entries = Vec::new();
        while self.next() != Some(b'}') {
            if !entries.is_empty() {
                self.expect(b',', "expected `,` or `}`")?;
                self.space();
            }
            if self.bytes.get(self.at) != Some(&b'"') {
                return Err((self.at, "expected a name in quotes"));
            }
            let name = Node::Text(self.string()?);
            let name = self.document.add(name);
            self.expect(b':', "expected `:`")?;
            entries.push((name, self.value(depth + 1)?));
        }
        self.at += 1;
        Ok(Node::Map(entries))
    }

    fn list(&mut self, depth: usize) -> Result<Node, (usize, &'static str)> {
        self.at += 1;
        let mut values = Vec::new();
        while self.next() != Some(b']') {
            if !values.is_empty() {
                self.expect(b',', "expected `,` or `]`")?;
            }
            values.push(self.value(depth + 1)?);
        }
        self.at += 1;
        Ok(Node::List(values))
    }

    /// Names that snapshots are read for are ASCII: an escape stands for itself.
    fn string(&mut self) -> Result<String, (usize, &'static str)> {
        let start = self.at + 1;
        let mut at = start;
        while let Some(&byte) = self.bytes.get(at) {
            match byte {
                b'"' => {
                    self.at = at + 1;
                    return Ok(String::from_utf8_lossy(&self.bytes[start..at]).into_owned());
                }
                b'\\' => at += 2,
                _ => at += 1,
            }
        }
        Err((self.at, "text without an end"))
    }

    fn word(&mut self) -> Result<Node, (usize, &'static str)> {
        let start = self.at;
        let part = |byte: &u8| byte.is_ascii_alphanumeric() || b"+-.".contains(byte);
        while self.bytes.get(self.at).is_some_and(part) {
            self.at += 1;
        }
        let word = std::str::from_utf8(&self.bytes[start..self.at]).unwrap_or("");
        match word {
            "null" => Ok(Node::Null),
            "true" | "false" => Ok(Node::Other),
            "" => Err((start, "expected a value")),
            _ if word.parse::<f64>().is_ok() => Ok(word.parse().map_or(Node::Other, Node::Int)),
            _ => Err((start, "expected a value")),
        }
    }
}
