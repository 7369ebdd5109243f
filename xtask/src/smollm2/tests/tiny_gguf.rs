//! A tiny Llama as a GGUF file.

use std::collections::BTreeMap;

use half::f16;

/// A metadata value as GGUF stores it: type code and bytes.
pub(super) struct Raw(u32, Vec<u8>);

fn text(value: &str) -> Vec<u8> {
    [&(value.len() as u64).to_le_bytes()[..], value.as_bytes()].concat()
}

fn texts(values: &[&str]) -> Raw {
    let mut bytes = [8_u32.to_le_bytes().to_vec(), (values.len() as u64).to_le_bytes().to_vec()].concat();
    bytes.extend(values.iter().flat_map(|value| text(value)));
    Raw(9, bytes)
}

fn types(values: &[i32]) -> Raw {
    let mut bytes = [5_u32.to_le_bytes().to_vec(), (values.len() as u64).to_le_bytes().to_vec()].concat();
    bytes.extend(values.iter().flat_map(|value| value.to_le_bytes()));
    Raw(9, bytes)
}

pub(super) fn word(value: &str) -> Raw {
    Raw(8, text(value))
}

fn int(value: u32) -> Raw {
    Raw(4, value.to_le_bytes().to_vec())
}

fn real(value: f32) -> Raw {
    Raw(6, value.to_le_bytes().to_vec())
}

pub(super) struct Stored {
    pub(super) name: String,
    /// Innermost first, as in the file.
    pub(super) shape: Vec<u64>,
    pub(super) code: u32,
    pub(super) bytes: Vec<u8>,
}

pub(super) fn metadata() -> BTreeMap<&'static str, Raw> {
    BTreeMap::from([
        ("general.architecture", word("llama")),
        ("llama.vocab_size", int(5)),
        ("llama.embedding_length", int(32)),
        ("llama.feed_forward_length", int(64)),
        ("llama.block_count", int(1)),
        ("llama.attention.head_count", int(2)),
        ("llama.attention.head_count_kv", int(1)),
        ("llama.rope.dimension_count", int(4)),
        ("llama.context_length", int(128)),
        ("llama.attention.layer_norm_rms_epsilon", real(1e-5)),
        ("llama.rope.freq_base", real(100_000.0)),
        ("tokenizer.ggml.model", word("gpt2")),
        ("tokenizer.ggml.pre", word("smollm")),
        ("tokenizer.ggml.tokens", texts(&["<|end|>", "Ġ", "a", "b", "Ġa"])),
        ("tokenizer.ggml.token_type", types(&[3, 1, 1, 1, 1])),
        ("tokenizer.ggml.merges", texts(&["Ġ a"])),
        ("tokenizer.ggml.bos_token_id", int(0)),
        ("tokenizer.ggml.eos_token_id", int(0)),
        ("tokenizer.chat_template", word("{{ messages }}")),
    ])
}

/// Float32 values, row by row: value `1000·row + column`.
fn counted(name: &str, rows: u64, columns: u64) -> Stored {
    let values = (0..rows).flat_map(|row| (0..columns).map(move |column| (1000 * row + column) as f32));
    let shape = if rows == 1 { vec![columns] } else { vec![columns, rows] };
    Stored { name: name.into(), shape, code: 0, bytes: values.flat_map(f32::to_le_bytes).collect() }
}

pub(super) fn tensors() -> Vec<Stored> {
    let half = |value: f32| f16::from_f32(value).to_le_bytes().to_vec();
    // Row r of the embedding: scale 0.5, quants -16 … 15.
    let quants = (-16..16_i8).map(i8::cast_unsigned).collect::<Vec<_>>();
    let embedding = (0..5).flat_map(|_| [half(0.5), quants.clone()].concat()).collect();
    // ffn_up: scale 2, minimum -3, byte i = (15 - i) high, i low.
    let nibbles: Vec<u8> = (0..16).map(|i| ((15 - i) << 4) | i).collect();
    let up = (0..64).flat_map(|_| [half(2.0), half(-3.0), nibbles.clone()].concat()).collect();
    vec![
        Stored { name: "token_embd.weight".into(), shape: vec![32, 5], code: 8, bytes: embedding },
        counted("output_norm.weight", 1, 32),
        counted("blk.0.attn_norm.weight", 1, 32),
        counted("blk.0.attn_q.weight", 8, 32),
        counted("blk.0.attn_k.weight", 4, 32),
        counted("blk.0.attn_v.weight", 4, 32),
        counted("blk.0.attn_output.weight", 32, 8),
        counted("blk.0.ffn_norm.weight", 1, 32),
        counted("blk.0.ffn_gate.weight", 64, 32),
        Stored { name: "blk.0.ffn_up.weight".into(), shape: vec![32, 64], code: 3, bytes: up },
        counted("blk.0.ffn_down.weight", 32, 64),
    ]
}

pub(super) fn encode(metadata: &BTreeMap<&str, Raw>, tensors: &[Stored]) -> Vec<u8> {
    let mut bytes = b"GGUF".to_vec();
    bytes.extend(3_u32.to_le_bytes());
    bytes.extend((tensors.len() as u64).to_le_bytes());
    bytes.extend((metadata.len() as u64).to_le_bytes());
    for (key, Raw(kind, value)) in metadata {
        bytes.extend([text(key), kind.to_le_bytes().to_vec(), value.clone()].concat());
    }
    let mut offset = 0_u64;
    for tensor in tensors {
        bytes.extend(text(&tensor.name));
        bytes.extend((tensor.shape.len() as u32).to_le_bytes());
        bytes.extend(tensor.shape.iter().flat_map(|size| size.to_le_bytes()));
        bytes.extend(tensor.code.to_le_bytes());
        bytes.extend(offset.to_le_bytes());
        offset = (offset + tensor.bytes.len() as u64).next_multiple_of(32);
    }
    for tensor in tensors {
        bytes.resize(bytes.len().next_multiple_of(32), 0);
        bytes.extend(&tensor.bytes);
    }
    bytes
}
