//! What a file is, by its first bytes and its name: text, JSON Lines, or something that holds no text to score.

use std::path::Path;

use serde_json::{Map, Value};

use crate::error::TaskError;

/// Forms of text that are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// UTF-8 text.
    Plain,
    /// One JSON object a line.
    JsonLines,
}

const UTF8_MARK: &[u8] = b"\xEF\xBB\xBF";

/// Bytes of the byte order mark of UTF-8 that a file begins with; it is no text.
pub(super) fn mark(head: &[u8]) -> usize {
    if head.starts_with(UTF8_MARK) { UTF8_MARK.len() } else { 0 }
}

/// First bytes of other formats, their names, and how text is made of them.
const MAGIC: [(&[u8], &str, &str); 17] = [
    (b"\xFF\xFE\0\0", "UTF-32 text", UTF16),
    (b"\0\0\xFE\xFF", "UTF-32 text", UTF16),
    (b"\xFF\xFE", "UTF-16 text", UTF16),
    (b"\xFE\xFF", "UTF-16 text", UTF16),
    (b"\x1F\x8B", "compressed by gzip", "unpack it first (`gunzip`)"),
    (b"\x28\xB5\x2F\xFD", "compressed by Zstandard", "unpack it first (`unzstd`)"),
    (b"\xFD7zXZ\0", "compressed by xz", "unpack it first (`unxz`)"),
    (b"BZh", "compressed by bzip2", "unpack it first (`bunzip2`)"),
    (b"\x04\x22\x4D\x18", "compressed by LZ4", "unpack it first (`unlz4`)"),
    (b"7z\xBC\xAF\x27\x1C", "a 7z archive", "unpack it first"),
    (
        b"PK\x03\x04",
        "a zip archive (or a document of an office program)",
        "unpack it, or save it as plain text",
    ),
    (b"PAR1", "a Parquet file", TABLE),
    (b"ARROW1", "an Arrow file", TABLE),
    (b"Obj\x01", "an Avro file", TABLE),
    (b"SQLite format 3\0", "an SQLite database", TABLE),
    (b"\x93NUMPY", "a NumPy array", "give the text that it was made of"),
    (b"%PDF-", "a PDF document", "make plain text of it first (`pdftotext`)"),
];

const UTF16: &str = "convert it to UTF-8 (such as `iconv -f utf-16 -t utf-8`)";
const TABLE: &str = "write its texts to a JSON Lines file, one {\"text\": …} a line, or to a text file";

/// Lines that have to be JSON objects for a file to count as JSON Lines whatever its name is, at most.
const LINES: usize = 1000;

/// Tells what the file with this beginning is; `whole` when the file has no more than that.
pub(super) fn recognise(file: &Path, head: &[u8], whole: bool) -> Result<Format, TaskError> {
    let refused = |found: &str, remedy: &str| {
        Err(TaskError::BadText {
            file: file.to_owned(),
            place: None,
            found: format!("it is {found}, expected text in UTF-8 or JSON Lines"),
            remedy: remedy.to_owned(),
        })
    };
    if let Some((_, name, remedy)) = MAGIC.iter().find(|(magic, ..)| head.starts_with(magic)) {
        return refused(name, remedy);
    }
    if let Some((name, remedy)) = binary(head) {
        return refused(name, remedy);
    }
    let extension = file.extension().unwrap_or_default().to_string_lossy().to_lowercase();
    match extension.as_str() {
        "csv" | "tsv" => return refused("a table (by its name)", TABLE),
        "parquet" | "arrow" | "feather" => return refused("named like a table, but no such file", TABLE),
        "jsonl" | "ndjson" | "jsonlines" => return Ok(Format::JsonLines),
        _ => {}
    }
    let text = String::from_utf8_lossy(&head[mark(head)..]);
    if are_objects(&text, whole) {
        return Ok(Format::JsonLines);
    }
    let bracket = text.trim_start().starts_with(['{', '[']);
    if bracket && (extension == "json" || whole && serde_json::from_str::<Value>(&text).is_ok()) {
        return refused(
            "one JSON document",
            "write its texts to a JSON Lines file, one {\"text\": …} a line (such as `jq -c '.[]'`)",
        );
    }
    Ok(Format::Plain)
}

/// Bytes that are no text in UTF-8, whatever follows.
fn binary(head: &[u8]) -> Option<(&'static str, &'static str)> {
    let head = &head[..head.len().min(4096)];
    // Text in UTF-16 without a mark: of most letters one byte of two is zero.
    let zeros = |odd: usize| head.iter().skip(odd).step_by(2).filter(|&&byte| byte == 0).count();
    let (even, odd) = (zeros(0), zeros(1));
    let pairs = head.len() / 2;
    if pairs >= 8 && even.max(odd) > pairs / 2 && even.min(odd) < pairs / 8 {
        return Some(("UTF-16 text", UTF16));
    }
    // Neither text in another encoding nor damaged text has zeros.
    match std::str::from_utf8(head) {
        Err(error) if error.error_len().is_some() && head.contains(&0) => {
            Some(("binary data", "give the text itself, as a text file"))
        }
        _ => None,
    }
}

/// Whether every line is a JSON object, as far as lines are complete; at least one has to be.
fn are_objects(text: &str, whole: bool) -> bool {
    let end = if whole { text.len() } else { text.rfind('\n').unwrap_or(0) };
    let mut lines = text[..end].lines().filter(|line| !line.trim().is_empty()).take(LINES).peekable();
    lines.peek().is_some()
        && lines.all(|line| {
            line.trim_start().starts_with('{') && serde_json::from_str::<Map<String, Value>>(line).is_ok()
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(name: &str, head: &[u8]) -> String {
        match recognise(Path::new(name), head, true) {
            Ok(format) => format!("{format:?}"),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn forms_are_told_by_content_and_by_name() {
        for (name, head) in [
            ("a.txt", "Once upon a time.\n{\"text\": 1}\n"),
            ("a.txt", "{not json}\n"),
            ("a.txt", "[Music] and more\n"),
            ("a.md", "\u{feff}Ünïcödé"),
            ("a", ""),
            ("a.txt", "NUL \0\0\0 bytes"),
        ] {
            assert_eq!(told(name, head.as_bytes()), "Plain", "{name} {head:?}");
        }
        let lines = "\u{feff}{\"text\": \"a\"}\n\n{\"text\": \"b\"}\n";
        for name in ["a.jsonl", "a.txt", "a.json", "a"] {
            assert_eq!(told(name, lines.as_bytes()), "JsonLines", "{name}");
        }
        assert_eq!(told("a.JSONL", b"whatever it is"), "JsonLines");
        for (name, head, found) in [
            ("a.txt", &b"\x1F\x8B\x08\0"[..], "compressed by gzip"),
            ("a.txt", b"PAR1\x15\x04", "a Parquet file"),
            ("a.parquet", b"text", "named like a table"),
            ("a.CSV", b"text,label\n", "a table"),
            ("a.json", b"[{\"text\": \"a\"},\n{\"text\": \"b\"}]", "one JSON document"),
            ("a.txt", b"[\n{\"text\": \"a\"}\n]\n", "one JSON document"),
            ("a.txt", b"\xFF\xFEO\0n\0", "UTF-16"),
            ("a.txt", b"O\0n\0c\0e\0 \0u\0p\0o\0n\0 \0a\0", "UTF-16"),
            ("a.safetensors", b"\xF0\x11\0\0\0\0\0\0{\"a\": 1}", "binary data"),
            ("a.txt", b"\x89PNG\r\n\x1A\n\0\0\0\rIHDR", "binary data"),
        ] {
            let message = told(name, head);
            assert!(message.starts_with(&format!("{name}: it is {found}")), "{name}: {message}");
        }
    }

    #[test]
    fn a_line_that_is_cut_by_the_end_of_the_head_decides_nothing() {
        let head = b"{\"text\": \"a\"}\n{\"text\": \"b";
        assert_eq!(recognise(Path::new("a"), head, false).unwrap(), Format::JsonLines);
        assert_eq!(recognise(Path::new("a"), head, true).unwrap(), Format::Plain);
    }
}
