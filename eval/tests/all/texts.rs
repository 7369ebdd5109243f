//! Files that hold text in one form or another, and files that hold none.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use attune_core::evaluator::Split;
use attune_core::hash::ContentHash;
use attune_eval::passages::ReadingTask as _;
use attune_eval::text::{TextSpec, TextTask};
use proptest::prelude::*;
use serde_json::json;
use tempfile::TempDir;

/// A folder with a tokenizer of whole words and bytes.
struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models/tiny-moe/tokenizer.json");
        std::fs::copy(shipped, folder.path("tokenizer.json")).unwrap();
        folder.write("sel.txt", prose("ship", 60));
        folder
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        std::fs::write(self.path(name), bytes).unwrap();
    }

    fn spec(&self, report: &str) -> TextSpec {
        TextSpec {
            tokenizer: self.path("tokenizer.json"),
            selection: self.path("sel.txt"),
            report: self.path(report),
            elsewhere: BTreeMap::new(),
            length: 32,
            selection_items: 4,
            report_items: 4,
            lengths: BTreeMap::new(),
            passkeys: BTreeMap::new(),
        }
    }

    fn open(&self, report: &str) -> Result<TextTask, String> {
        TextTask::open(&self.spec(report), 100_000, 512).map_err(|error| error.to_string())
    }

    /// The identity of a report text's items.
    fn items(&self, report: &str) -> ContentHash {
        self.open(report).unwrap().info().fingerprints[&Split::Report]
    }

    /// What is said about a report text, behind its name.
    fn refusal(&self, report: &str) -> String {
        let Err(error) = self.open(report) else { panic!("{report} was accepted") };
        let file = self.path(report).display().to_string();
        error.split_once(&file).unwrap_or_else(|| panic!("{file} is not in {error}")).1.to_owned()
    }
}

fn prose(what: &str, lines: usize) -> String {
    (0..lines)
        .map(|line| {
            format!("The {what} number {} meets {} others on day {line}.\n", line * 7919 % 1000, line * 31)
        })
        .collect()
}

#[test]
fn the_byte_order_mark_of_utf8_is_no_text() {
    let folder = Folder::new();
    let text = prose("ferry", 40);
    folder.write("plain.txt", &text);
    folder.write("marked.txt", format!("\u{feff}{text}"));
    assert_eq!(folder.items("marked.txt"), folder.items("plain.txt"));
}

#[test]
fn json_lines_are_read_by_their_text() {
    let folder = Folder::new();
    let text = prose("ferry \"Ünïcöde\"", 40);
    folder.write("plain.txt", &text);
    let records = |field: &str| -> String {
        text.lines().enumerate().map(|(id, line)| format!("{}\n", json!({"id": id, field: line}))).collect()
    };
    let lines = records("text");
    folder.write("records.jsonl", &lines);
    folder.write("records.txt", lines.replace('\n', "\r\n\r\n"));
    folder.write("records.json", format!("\u{feff}{lines}"));
    for name in ["records.jsonl", "records.txt", "records.json"] {
        assert_eq!(folder.items(name), folder.items("plain.txt"), "{name}");
    }
    folder.write("other.jsonl", records("content"));
    let refusal = folder.refusal("other.jsonl");
    assert!(
        refusal
            .starts_with(", line 1: the record has `content`, `id`, expected `text` or `messages`; rename"),
        "{refusal}"
    );
    folder.write("broken.jsonl", format!("{lines}{{\"text\": \"cut\n"));
    assert!(folder.refusal("broken.jsonl").starts_with(", line 41: it is no JSON object ("));
    folder.write("mixed.jsonl", format!("{lines}\n{{\"text\": null}}\n{lines}"));
    assert!(folder.refusal("mixed.jsonl").starts_with(", line 42: `text` is null, expected a string; "));
    folder.write("gap.jsonl", format!("{lines}{{\"id\": 3}}\n"));
    assert!(
        folder
            .refusal("gap.jsonl")
            .starts_with(", line 41: the record has no `text` as those before it, but `id`")
    );
}

#[test]
fn conversations_are_written_by_the_models_chat_template() {
    let folder = Folder::new();
    let turns =
        |line: &str| json!([{"role": "user", "content": line}, {"role": "assistant", "content": " Yes. "}]);
    let text = prose("ferry", 30);
    let records: String =
        text.lines().map(|line| format!("{}\n", json!({"messages": turns(line), "id": 3}))).collect();
    folder.write("chats.jsonl", &records);
    assert!(
        folder.refusal("chats.jsonl").contains("its records have `messages`")
            && folder.refusal("chats.jsonl").contains("has no chat template")
    );
    let template = "{%- for message in messages %}\n    {%- if message.role not in ['user', 'assistant'] %}{{ raise_exception('No ' + message.role) }}{% endif %}\n\
                    {{- bos_token + message['role'].upper() + ': ' + message['content'] | trim + '\\n' }}\n{%- endfor %}";
    let settings = |template: serde_json::Value| {
        json!({"bos_token": {"content": "<|endoftext|>"}, "chat_template": template}).to_string()
    };
    folder.write("tokenizer_config.json", settings(json!(template)));
    let written = |line: &str| format!("<|endoftext|>USER: {line}\n<|endoftext|>ASSISTANT: Yes.\n");
    folder.write("written.txt", text.lines().map(written).collect::<String>());
    assert_eq!(folder.items("chats.jsonl"), folder.items("written.txt"));
    folder.write(
        "tokenizer_config.json",
        settings(json!([{"name": "tool_use", "template": "no"}, {"name": "default", "template": template}])),
    );
    assert_eq!(folder.items("chats.jsonl"), folder.items("written.txt"));
    // A file of its own goes first.
    folder.write("chat_template.jinja", template.replace("user", "human"));
    let refusal = folder.refusal("chats.jsonl");
    assert!(
        refusal.starts_with(", line 1: the chat template of ") && refusal.contains("No user"),
        "{refusal}"
    );
    folder.write("chat_template.jinja", "{{ messages | strange }}");
    assert!(folder.refusal("chats.jsonl").contains("strange"), "{}", folder.refusal("chats.jsonl"));
    folder.write(
        "chat_template.jinja",
        "{% for a in range(99999) %}{% for b in range(99999) %}{{ a }}{% endfor %}{% endfor %}",
    );
    assert!(folder.refusal("chats.jsonl").starts_with(", line 1: the chat template of "));
}

#[test]
fn what_is_no_utf8_is_shown_in_its_place() {
    let folder = Folder::new();
    let mut bytes = prose("ferry", 40).into_bytes();
    bytes[500] = 0xE9;
    let before = &bytes[..500];
    let line = 1 + before.iter().filter(|&&byte| byte == b'\n').count();
    let column = 500 - before.iter().rposition(|&byte| byte == b'\n').unwrap();
    folder.write("latin.txt", &bytes);
    let refusal = folder.refusal("latin.txt");
    let place = format!(", byte 500, line {line}, byte {column} of it: 0xE9 is not UTF-8 there; convert");
    assert!(refusal.starts_with(&place), "{refusal}");
    // Beyond the blocks that are read at once, and in the middle of a character.
    let mut long = "é".repeat(100_000).into_bytes();
    long.extend([b'x', 0xC3]);
    folder.write("long.txt", long);
    assert!(
        folder.refusal("long.txt").starts_with(", byte 200001, line 1, "),
        "{}",
        folder.refusal("long.txt")
    );
    folder
        .write("wide.txt", prose("ferry", 40).encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>());
    assert!(folder.refusal("wide.txt").starts_with(": it is UTF-16 text, expected"));
}

#[test]
fn what_holds_no_text_is_refused_by_what_it_is() {
    let folder = Folder::new();
    folder.write("packed.txt", b"\x1F\x8B\x08\0\0\0\0\0");
    folder.write("table.csv", "text,label\nabc,1\n");
    folder.write("list.json", "[{\"text\": \"abc\"}]");
    folder.write("empty.txt", "");
    folder.write("blank.txt", " \n\t\n".repeat(500));
    folder.write("short.txt", "A short text.");
    std::fs::create_dir(folder.path("texts")).unwrap();
    for (name, found) in [
        ("packed.txt", ": it is compressed by gzip"),
        ("table.csv", ": it is a table"),
        ("list.json", ": it is one JSON document"),
        ("empty.txt", ": the file is empty; give a report text"),
        ("blank.txt", ": it has nothing but white space"),
        ("short.txt", " has 4 tokens, too few for 1 item of 32; give more text, or shorter items"),
        ("texts", " is a folder, expected a regular file; expected a text file"),
        ("sle.txt", ": no such file or directory; did you mean `sel.txt`?"),
    ] {
        let refusal = folder.refusal(name);
        assert!(refusal.starts_with(found), "{name}: {refusal}");
    }
}

#[cfg(unix)]
#[test]
fn pipes_and_devices_are_not_waited_for() {
    let folder = Folder::new();
    let made = std::process::Command::new("mkfifo").arg(folder.path("pipe.txt")).status();
    if made.is_ok_and(|status| status.success()) {
        assert!(folder.refusal("pipe.txt").starts_with(" is a pipe, "));
    }
    std::os::unix::fs::symlink("/dev/zero", folder.path("zeros.txt")).unwrap();
    assert!(folder.refusal("zeros.txt").starts_with(" is a device, "));
    std::fs::remove_file(folder.path("tokenizer.json")).unwrap();
    std::os::unix::fs::symlink("/dev/zero", folder.path("tokenizer.json")).unwrap();
    assert!(folder.open("sel.txt").err().unwrap().contains("tokenizer.json is a device"));
}

#[test]
fn of_a_large_text_no_more_is_read_than_the_study_uses() {
    let folder = Folder::new();
    let text = prose("ferry", 200_000);
    assert!(text.len() > 9 << 20);
    folder.write("large.txt", &text);
    let open = |items: u32| {
        let mut spec = folder.spec("large.txt");
        spec.report_items = items;
        TextTask::open(&spec, 100_000, 512).unwrap().info().clone()
    };
    let (few, more) = (open(4), open(400));
    assert_eq!(few, more, "what a study uses within the first part decides nothing");
    let held = few.items[&Split::Report];
    let all = open(held + 1).items[&Split::Report];
    assert!(all > held && open(0).items[&Split::Report] > all);
    // Whatever is cut off, the items are those of the whole text.
    folder.write("first.txt", &text[..4 << 20]);
    let whole = folder.open("first.txt").unwrap().info().items[&Split::Report];
    assert!(whole >= held && whole - held < 200, "{whole} and {held}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_bring_reading_down(parts in prop::collection::vec(0..12usize, 0..40), noise in prop::collection::vec(any::<u8>(), 0..64)) {
        let folder = Folder::new();
        let pieces: [&[u8]; 11] = [
            b"{\"text\": \"a line of text\"}\n", b"{\"messages\": []}\n", b"{\"text\": ", b"\n", b"\xEF\xBB\xBF", b"\xFF\xFE", "Ünïcödé ".as_bytes(), b"\0\0\0\0",
            b"[1, 2]", b"\"}\r\n", b"A plain sentence of some words. ",
        ];
        let bytes: Vec<u8> = parts.iter().flat_map(|&part| pieces.get(part).copied().unwrap_or(&noise).to_vec()).collect();
        for name in ["noise.txt", "noise.jsonl"] {
            folder.write(name, &bytes);
            if let Err(message) = folder.open(name) {
                prop_assert!(message.contains(name) && message.len() < 2000, "{}", message);
            }
        }
    }
}
