use std::path::Path;

use attune_core::evaluator::Split;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::*;
use crate::tokens::Tokens;

/// Everything that tokenizers treat in a way of its own.
const ODD: &str = "It's he'll WE'RE ſ'ſ naïve e\u{301}te\u{301} ﬁ Ǆ ١٢٣٤٥ 12345678 ¾ 中文字 \u{3000} \u{200b}\u{a0}x\u{2028}y\r\n\r\n\t\t  z 👩‍👩‍👧‍👦 🇩🇪 \
                   İ ß \u{feff} mid ½½ ------\n\n // ''''S <s>special</s> {\"key\": [1, 2]} \t                    after many spaces\n\n\n\n";
const PROSE: &str =
    "The baker watches the river before sunrise, and the old clock in the village counts every hour. ";

/// A tokenizer of letters, pairs and some words, in the dress of one of several families.
fn tokenizer(folder: &Path, family: &str) -> Tokens {
    let mut vocab = Map::new();
    let mut merges = Vec::new();
    let add = |vocab: &mut Map<String, Value>, token: String| {
        let id = vocab.len();
        vocab.entry(token).or_insert(json!(id));
    };
    for token in ["<unk>", "<s>", "</s>"] {
        add(&mut vocab, token.to_owned());
    }
    (0..=255u8).for_each(|byte| add(&mut vocab, format!("<0x{byte:02X}>")));
    let letters = "▁abcdefghijklmnopqrstuvwxyzTIEWRSDé.,'\"0123456789-{}[]: \n";
    letters.chars().for_each(|letter| add(&mut vocab, letter.to_string()));
    for (one, other) in [
        ("t", "h"),
        ("th", "e"),
        ("▁", "the"),
        ("i", "n"),
        ("e", "r"),
        ("▁", "o"),
        ("o", "r"),
        ("v", "er"),
        ("r", "i"),
        ("ri", "ver"),
        ("-", "-"),
        ("--", "--"),
        ("▁", "▁"),
        ("▁▁", "▁▁"),
        ("▁▁▁▁", "▁▁▁▁"),
        ("1", "2"),
        ("12", "3"),
        ("e", "▁"),
    ] {
        add(&mut vocab, format!("{one}{other}"));
        merges.push(json!([one, other]));
    }
    let special = json!([{"id": 1, "content": "<s>", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": true},
        {"id": 2, "content": "</s>", "single_word": false, "lstrip": true, "rstrip": true, "normalized": false, "special": true}]);
    let spaces = json!({"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": "▁"},
        {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}]});
    let bpe = |merges: Vec<Value>| json!({"type": "BPE", "unk_token": "<unk>", "fuse_unk": true, "byte_fallback": true, "vocab": vocab, "merges": merges});
    let pieces: Vec<Value> =
        vocab.iter().map(|(token, _)| json!([token, -(1.0 + 9.0 / token.chars().count() as f64)])).collect();
    let (normalizer, pre_tokenizer, model) = match family {
        "llama" => (spaces, Value::Null, bpe(merges)),
        "metaspace" => (
            Value::Null,
            json!({"type": "Metaspace", "replacement": "▁", "prepend_scheme": "first", "split": true}),
            bpe(merges),
        ),
        "unigram" => (
            json!({"type": "NFKC"}),
            json!({"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": true}),
            json!({"type": "Unigram", "unk_id": 0, "vocab": pieces, "byte_fallback": false}),
        ),
        "stripped" => (
            json!({"type": "Sequence", "normalizers": [{"type": "Strip", "strip_left": true, "strip_right": true}, {"type": "Lowercase"}]}),
            json!({"type": "WhitespaceSplit"}),
            bpe(merges),
        ),
        other => panic!("{other}"),
    };
    let whole = json!({"version": "1.0", "added_tokens": special, "normalizer": normalizer, "pre_tokenizer": pre_tokenizer,
        "post_processor": null, "decoder": null, "model": model});
    let file = folder.join("tokenizer.json");
    std::fs::write(&file, whole.to_string()).unwrap();
    Tokens::open(&file, usize::MAX).unwrap()
}

fn in_pieces(tokens: &Tokens, text: &str, cut: Cut) -> Vec<u32> {
    let mut pieces = Pieces::new(cut);
    pieces.advance(text, true, |part| tokens.places(part, &Split::Report), |_| ()).unwrap();
    pieces.finish(true)
}

fn families(folder: &Path) -> Vec<(&'static str, Tokens)> {
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models/tiny-moe/tokenizer.json");
    let made =
        ["llama", "metaspace", "unigram", "stripped"].map(|family| (family, tokenizer(folder, family)));
    made.into_iter().chain([("tiny-moe", Tokens::open(&shipped, usize::MAX).unwrap())]).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn pieces_say_what_the_whole_says(parts in prop::collection::vec(0..5usize, 20..120), piece in 300..900usize, overlap in 60..200usize) {
        let folder = tempfile::tempdir().unwrap();
        let text: String = parts.into_iter().map(|part| [PROSE, ODD, "word", " ", "日本語の文。"][part]).collect();
        for (family, tokens) in families(folder.path()) {
            let whole = tokens.encode(&text, &Split::Report).unwrap();
            prop_assert_eq!(in_pieces(&tokens, &text, Cut { piece, overlap }), whole, "{}", family);
        }
    }
}

#[test]
fn a_text_that_goes_on_is_cut_where_more_of_it_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let text = [PROSE, ODD].concat().repeat(30);
    for (family, tokens) in families(folder.path()) {
        let whole = tokens.encode(&text, &Split::Report).unwrap();
        let mut pieces = Pieces::new(Cut { piece: 1000, overlap: 200 });
        let encode = |part: &str| tokens.places(part, &Split::Report);
        let mut until = 3000;
        while until < 9000 {
            pieces.advance(&text[..text.floor_char_boundary(until)], false, encode, |_| ()).unwrap();
            until += 2500;
        }
        let count = pieces.count();
        let ids = pieces.finish(false);
        assert_eq!(ids.len(), count);
        assert!(ids.len() > 1000 && whole.starts_with(&ids), "{family}: {}", ids.len());
    }
}

#[test]
fn a_word_longer_than_any_overlap_is_not_torn() {
    let folder = tempfile::tempdir().unwrap();
    // No letter of it is known: one token for all of it.
    let text = format!("{PROSE}{}{PROSE}", "ж".repeat(4000));
    let tokens = tokenizer(folder.path(), "unigram");
    let whole = tokens.encode(&text, &Split::Report).unwrap();
    assert_eq!(in_pieces(&tokens, &text, Cut { piece: 500, overlap: 100 }), whole);
}
