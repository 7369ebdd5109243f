//! `tokenizer.json`, through the library that reads it.

use crate::{Target, scratch};

const SMALL: &str = r#"{"version": "1.0", "truncation": null, "padding": null, "added_tokens": [
  {"id": 0, "content": "<s>", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": true}],
 "normalizer": {"type": "Sequence", "normalizers": [{"type": "Replace", "pattern": {"String": " "}, "content": "_"}, {"type": "NFC"}]},
 "pre_tokenizer": {"type": "Split", "pattern": {"Regex": "\\w+"}, "behavior": "Isolated", "invert": false},
 "post_processor": {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
  "pair": [], "special_tokens": {"<s>": {"id": "<s>", "ids": [0], "tokens": ["<s>"]}}},
 "decoder": {"type": "ByteFallback"},
 "model": {"type": "BPE", "dropout": null, "unk_token": "<s>", "continuing_subword_prefix": null, "end_of_word_suffix": null,
  "fuse_unk": false, "byte_fallback": false, "vocab": {"<s>": 0, "a": 1, "b": 2, "ab": 3, "_": 4}, "merges": ["a b"]}}"#;

pub(crate) const TARGET: Target = Target {
    name: "tokenizer",
    seeds: |_| {
        let fixed = SMALL.replace(
            "{\"type\": \"NFC\"}",
            "{\"type\": \"Precompiled\", \"precompiled_charsmap\": \"ALQCAACEAAA=\"}",
        );
        vec![SMALL.as_bytes().to_vec(), fixed.into_bytes()]
    },
    run: |input| {
        let folder = scratch::folder("tokenizer");
        let tokenizer = folder.join("tokenizer.json");
        scratch::write(&tokenizer, input);
        super::texts::open(&folder, &tokenizer, "a b ab ba ".repeat(100).as_bytes());
    },
};
