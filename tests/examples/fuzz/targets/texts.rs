//! Texts, plain and in JSON Lines.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use attune_eval::text::{TextSpec, TextTask};

use crate::{Target, scratch};

pub(crate) const TARGET: Target = Target {
    name: "texts",
    seeds: |_| {
        let line = "{\"text\": \"a line of text, with \\u00e9 and \\\"quotes\\\"\"}\n";
        let chat = "{\"messages\": [{\"role\": \"user\", \"content\": \"a question\"}]}\n";
        vec![
            line.repeat(20).into_bytes(),
            chat.repeat(20).into_bytes(),
            "Some words.\n".repeat(40).into_bytes(),
        ]
    },
    run: |input| {
        let tokenizer = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models/tiny-moe/tokenizer.json");
        open(&scratch::folder("texts"), &tokenizer, input);
    },
};

/// Opens `selection` as a plain text and as JSON Lines.
pub(super) fn open(folder: &Path, tokenizer: &Path, selection: &[u8]) {
    let report = folder.join("report.txt");
    scratch::write(&report, "Something else entirely, 1234567890. ".repeat(40).as_bytes());
    for name in ["selection.txt", "selection.jsonl"] {
        let selection_file: PathBuf = folder.join(name);
        scratch::write(&selection_file, selection);
        let spec = TextSpec {
            tokenizer: tokenizer.to_owned(),
            selection: selection_file,
            report: report.clone(),
            elsewhere: BTreeMap::new(),
            length: 8,
            selection_items: 4,
            report_items: 4,
            lengths: BTreeMap::new(),
            passkeys: BTreeMap::new(),
        };
        let _ = TextTask::open(&spec, 1 << 20, 128);
    }
}
