//! What a model of 1.1 billion parameters in bfloat16 takes. Ignored unless asked for, as it writes 2.2 GB:
//! `cargo test -p attune-eval --test all -- --ignored --nocapture memory::`.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::time::Instant;

use attune_core::evaluator::Split;
use attune_core::plan::Plan;
use attune_eval::compute::Precision;
use attune_eval::native::{NativeEvaluator, NativeSpec};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::contract::{Fixture, all};

/// The shape of TinyLlama 1.1B (arXiv 2401.02385).
const CONFIG: &str = r#"{
    "model_type": "llama", "architectures": ["LlamaForCausalLM"], "vocab_size": 32000, "hidden_size": 2048,
    "intermediate_size": 5632, "num_hidden_layers": 22, "num_attention_heads": 32, "num_key_value_heads": 4,
    "max_position_embeddings": 2048, "rms_norm_eps": 1e-5, "rope_theta": 10000.0, "tie_word_embeddings": false,
    "hidden_act": "silu", "torch_dtype": "bfloat16"
}"#;
const VOCAB: usize = 32000;
const HIDDEN: usize = 2048;
const INNER: usize = 5632;
const KV: usize = 4 * 64;
const LAYERS: usize = 22;

/// What activations may take, and as much again for everything that is no weight: tiles, logits, texts, the program.
const ACTIVATIONS: u64 = 256 << 20;

fn tensors() -> Vec<(String, Vec<usize>)> {
    let mut all = vec![
        ("model.embed_tokens.weight".to_owned(), vec![VOCAB, HIDDEN]),
        ("lm_head.weight".to_owned(), vec![VOCAB, HIDDEN]),
        ("model.norm.weight".to_owned(), vec![HIDDEN]),
    ];
    for layer in 0..LAYERS {
        let mut add = |name: &str, shape: &[usize]| {
            all.push((format!("model.layers.{layer}.{name}.weight"), shape.to_vec()));
        };
        add("input_layernorm", &[HIDDEN]);
        add("post_attention_layernorm", &[HIDDEN]);
        for (name, outputs) in [("q", HIDDEN), ("k", KV), ("v", KV), ("o", HIDDEN)] {
            add(&format!("self_attn.{name}_proj"), &[outputs, HIDDEN]);
        }
        add("mlp.gate_proj", &[INNER, HIDDEN]);
        add("mlp.up_proj", &[INNER, HIDDEN]);
        add("mlp.down_proj", &[HIDDEN, INNER]);
    }
    all
}

/// Writes random weights, a few rows at a time: this process is the one that is measured. Returns their bytes.
fn write(folder: &Path) -> u64 {
    std::fs::write(folder.join("config.json"), CONFIG).unwrap();
    let mut header = String::from("{");
    let mut end = 0;
    for (name, shape) in tensors() {
        let bytes = 2 * shape.iter().product::<usize>();
        let comma = if end == 0 { "" } else { "," };
        write!(
            header,
            r#"{comma}"{name}":{{"dtype":"BF16","shape":{shape:?},"data_offsets":[{end},{}]}}"#,
            end + bytes
        )
        .unwrap();
        end += bytes;
    }
    header.push('}');
    let mut file = BufWriter::new(File::create(folder.join("model.safetensors")).unwrap());
    file.write_all(&(header.len() as u64).to_le_bytes()).unwrap();
    file.write_all(header.as_bytes()).unwrap();
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let noise: Vec<f32> = (0..1 << 16).map(|_| rng.random_range(-1.7..1.7_f32)).collect();
    for (_, shape) in tensors() {
        let [rows, columns] = shape[..] else {
            file.write_all(&[0x80, 0x3f].repeat(shape[0])).unwrap();
            continue;
        };
        let spread = (columns as f32).sqrt().recip();
        let noise: Vec<u8> =
            noise.iter().flat_map(|&value| half::bf16::from_f32(spread * value).to_le_bytes()).collect();
        for _ in 0..rows {
            let start = 2 * rng.random_range(0..noise.len() / 2 - columns);
            file.write_all(&noise[start..start + 2 * columns]).unwrap();
        }
    }
    file.flush().unwrap();
    end as u64
}

/// A line of /proc/self/status, in bytes.
fn status(name: &str) -> u64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    line.trim_matches(|c: char| !c.is_ascii_digit()).parse::<u64>().unwrap() << 10
}

#[test]
#[ignore = "writes 2.2 GB and runs for a minute"]
fn sixteen_bits_take_what_their_file_does() {
    let fixture = Fixture::new();
    let bytes = write(fixture.folder.path());
    let before = status("VmHWM:");
    let spec = NativeSpec {
        model: fixture.folder.path(),
        device: "cpu",
        precision: Precision::F32,
        task: &fixture.spec(),
        reference_memory: ACTIVATIONS / 4,
        activation_memory: Some(ACTIVATIONS),
    };
    let started = Instant::now();
    let evaluator = NativeEvaluator::open(&spec).unwrap();
    let (loaded, resident, own) = (started.elapsed(), status("VmHWM:"), status("RssAnon:"));
    let started = Instant::now();
    let scored = all(&evaluator, &[Plan::empty()], Split::Selection, 4);
    let evaluated = started.elapsed();
    let peak = status("VmHWM:");
    let gib = |bytes: u64| bytes as f64 / (1_u64 << 30) as f64;
    println!(
        "{:.3} GiB of weights: loaded in {:.1} s (peak {:.3} GiB, {:.3} GiB of it not the mapped file); {} tokens in \
         {:.1} s; peak resident set {:.3} GiB = {:.2} × weights, {:.3} GiB before; {:.3} GiB not mapped at the end",
        gib(bytes),
        loaded.as_secs_f64(),
        gib(resident),
        gib(own),
        scored[0].work.computed / LAYERS as u64,
        evaluated.as_secs_f64(),
        gib(peak),
        peak as f64 / bytes as f64,
        gib(before),
        gib(status("RssAnon:")),
    );
    assert!(peak <= bytes * 13 / 10 + ACTIVATIONS, "{peak} bytes for {bytes}");
}
