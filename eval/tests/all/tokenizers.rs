//! Tokenizer files as they should not be.

use std::collections::BTreeMap;
use std::path::PathBuf;

use attune_core::evaluator::{Split, TaskInfo};
use attune_eval::passages::ReadingTask as _;
use attune_eval::text::{TextSpec, TextTask};
use proptest::prelude::*;
use serde_json::{Value, json};
use tempfile::TempDir;

struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        for (name, word) in [("sel.txt", "abacab"), ("rep.txt", "cbbaca")] {
            let line = |number: u32| {
                format!("{} {word}{}\n", number * 7919 % 1000, "abc".repeat(number as usize % 5))
            };
            std::fs::write(folder.path(name), (0..200).map(line).collect::<String>()).unwrap();
        }
        folder
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn open(&self, tokenizer: &str, vocab: usize) -> Result<TaskInfo, String> {
        std::fs::write(self.path("tokenizer.json"), tokenizer).unwrap();
        self.open_as_it_is(vocab)
    }

    fn open_as_it_is(&self, vocab: usize) -> Result<TaskInfo, String> {
        let spec = TextSpec {
            tokenizer: self.path("tokenizer.json"),
            selection: self.path("sel.txt"),
            report: self.path("rep.txt"),
            elsewhere: BTreeMap::new(),
            length: 16,
            selection_items: 0,
            report_items: 0,
            lengths: BTreeMap::new(),
            passkeys: BTreeMap::new(),
        };
        TextTask::open(&spec, vocab, 512).map(|task| task.info().clone()).map_err(|error| error.to_string())
    }

    fn refusal(&self, tokenizer: &Value) -> String {
        let Err(error) = self.open(&tokenizer.to_string(), 100) else { panic!("{tokenizer} was accepted") };
        let file = self.path("tokenizer.json").display().to_string();
        error.split_once(&file).unwrap_or_else(|| panic!("{file} is not in {error}")).1.to_owned()
    }
}

/// Letters, digits and a few pairs.
fn tokenizer() -> Value {
    let mut vocab: serde_json::Map<String, Value> = serde_json::Map::new();
    for token in "abc0123456789 \n".chars().map(String::from).chain([
        "ab".to_owned(),
        "abc".to_owned(),
        "ca".to_owned(),
    ]) {
        let id = vocab.len();
        vocab.insert(token, json!(id));
    }
    let merges = json!([["a", "b"], ["ab", "c"], ["c", "a"]]);
    json!({"version": "1.0", "model": {"type": "BPE", "vocab": vocab, "merges": merges}})
}

fn with(key: &str, value: Value) -> Value {
    let mut tokenizer = tokenizer();
    tokenizer[key] = value;
    tokenizer
}

#[test]
fn files_on_which_the_tokenizer_library_panics_are_refused_by_name() {
    let folder = Folder::new();
    assert!(folder.open(&tokenizer().to_string(), 100).is_ok());
    let charsmap =
        |coded: &str| with("normalizer", json!({"type": "Precompiled", "precompiled_charsmap": coded}));
    for broken in [
        with("normalizer", json!({"type": "Replace", "pattern": {"String": ""}, "content": "x"})),
        with("pre_tokenizer", json!({"type": "FixedLength", "length": 0})),
        // No trie at all, one of a single unit that leads out of it, and one that announces 4 GiB.
        charsmap("AAAAAA=="),
        charsmap("BAAAAP///38="),
        charsmap("/////wAAAAA="),
        charsmap(""),
    ] {
        let refusal = folder.refusal(&broken);
        assert!(refusal.starts_with(" is not a tokenizer: "), "{broken} {refusal}");
    }
}

#[test]
fn dropout_is_for_training() {
    let folder = Folder::new();
    let plain = folder.open(&tokenizer().to_string(), 100).unwrap();
    let mut dropping = tokenizer();
    dropping["model"]["dropout"] = json!(0.5);
    assert_eq!(folder.open(&dropping.to_string(), 100).unwrap(), plain, "every merge is made, every time");
}

#[test]
fn other_files_under_this_name() {
    let folder = Folder::new();
    let settings = json!({"tokenizer_class": "LlamaTokenizer", "bos_token": "<s>"});
    assert!(folder.refusal(&settings).contains("it is tokenizer_config.json under another name"));
    assert!(folder.refusal(&json!({"model_type": "llama"})).contains("it has no `model`"));
    assert!(
        folder.open("not JSON", 100).unwrap_err().contains("tokenizer.json is not a tokenizer: expected ")
    );
    let missing = |other: &str| {
        std::fs::write(folder.path(other), "").unwrap();
        let spec = TextSpec {
            tokenizer: folder.path("none/tokenizer.json"),
            selection: folder.path("sel.txt"),
            report: folder.path("rep.txt"),
            elsewhere: BTreeMap::new(),
            length: 16,
            selection_items: 0,
            report_items: 0,
            lengths: BTreeMap::new(),
            passkeys: BTreeMap::new(),
        };
        TextTask::open(&spec, 100, 512).err().unwrap().to_string()
    };
    std::fs::create_dir(folder.path("none")).unwrap();
    assert!(
        missing("none/other").contains("no such file or directory; expected tokenizer.json beside the model"),
        "{}",
        missing("none/other")
    );
    assert!(
        missing("none/tokenizer.model")
            .contains("there is no such file, only tokenizer.model; make one of it")
    );
}

#[test]
fn tokens_that_the_model_does_not_know() {
    let folder = Folder::new();
    let mut foreign = tokenizer();
    foreign["added_tokens"] = json!([{"id": 40, "content": "abca", "single_word": false, "lstrip": false, "rstrip": false,
        "normalized": false, "special": false}]);
    let known = folder.open(&foreign.to_string(), 100).unwrap();
    assert!(known.items[&Split::Selection] > 0);
    let refusal = folder.open(&foreign.to_string(), 18).unwrap_err();
    assert!(
        refusal.contains("(\"abca\") of the selection text is not below the vocabulary size 18 of the model"),
        "{refusal}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_change_of_a_tokenizer_file_brings_anything_down(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4), part in 0..6usize) {
        let folder = Folder::new();
        let parts = [
            json!({"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": "a"}, {"type": "Replace", "pattern": {"Regex": "b+"}, "content": "c"}, {"type": "NFKC"}]}),
            json!({"type": "Precompiled", "precompiled_charsmap": "BAAAAAAAAAAA"}),
            json!({"type": "Split", "pattern": {"Regex": "[a-c]+|\\s"}, "behavior": "Isolated", "invert": false}),
            json!({"type": "FixedLength", "length": 5}),
            json!({"type": "Metaspace", "replacement": "a", "prepend_scheme": "always", "split": true}),
            json!({"type": "Digits", "individual_digits": true}),
        ];
        let key = if part < 2 { "normalizer" } else { "pre_tokenizer" };
        let mut bytes = with(key, parts[part].clone()).to_string().into_bytes();
        for (index, byte) in changes {
            let at = index.index(bytes.len());
            bytes[at] = byte;
        }
        // Bytes that are no UTF-8 are as welcome as others.
        std::fs::write(folder.path("tokenizer.json"), &bytes).unwrap();
        if let Err(message) = folder.open_as_it_is(100) {
            prop_assert!(message.contains("tokenizer.json") || message.contains("tokens, too few") || message.contains("overlap"), "{}", message);
        }
    }
}

#[test]
fn tokens_that_only_other_files_know_matter_where_a_text_has_them() {
    let folder = Folder::new();
    let tokenizer = tokenizer().to_string();
    folder.open(&tokenizer, 100).unwrap();
    let with = |name: &str, value: &Value| {
        std::fs::write(folder.path(name), value.to_string()).unwrap();
        let opened = folder.open_as_it_is(100);
        std::fs::remove_file(folder.path(name)).unwrap();
        opened
    };
    for (name, value) in [
        ("tokenizer_config.json", json!({"pad_token": "bac"})),
        ("tokenizer_config.json", json!({"mask_token": {"content": "bac", "lstrip": true}})),
        (
            "tokenizer_config.json",
            json!({"added_tokens_decoder": {"7": {"content": "bac", "special": true}}}),
        ),
        ("tokenizer_config.json", json!({"additional_special_tokens": ["x", "bac"]})),
        ("tokenizer_config.json", json!({"extra_special_tokens": {"image_token": "bac"}})),
        ("added_tokens.json", json!({"bac": 99})),
    ] {
        let refusal = with(name, &value).unwrap_err();
        let said = format!("{}: it makes a token of `bac`", folder.path(name).display());
        assert!(refusal.starts_with(&said) && refusal.contains("save_pretrained"), "{refusal}");
    }
    let unused =
        json!({"pad_token": "[PAD]", "added_tokens_decoder": {"7": {"content": "<x>"}}, "unk_token": null});
    with("tokenizer_config.json", &unused).unwrap();
}
