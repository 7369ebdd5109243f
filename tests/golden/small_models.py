"""Write tiny random models of each supported family under models/, and record their logits.

The weights come from a seeded generator (numpy PCG64), large enough that every part of the network
matters: a wrong RoPE frequency, a missing bias or a forgotten norm moves logits by far more than
the tolerance. The config.json files are written by hand in the forms met in the wild: rope scaling
under the old key with `type`, under the old key with `rope_type`, and under `rope_parameters`.
"""

import json
import shutil
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file

HERE = Path(__file__).resolve().parent
HIDDEN, LAYERS, VOCAB, HEADS, KV_HEADS, FFN = 32, 2, 64, 4, 2, 48
LENGTH = 40

BASE = {
    "vocab_size": VOCAB,
    "hidden_size": HIDDEN,
    "intermediate_size": FFN,
    "num_hidden_layers": LAYERS,
    "num_attention_heads": HEADS,
    "num_key_value_heads": KV_HEADS,
    "hidden_act": "silu",
    "max_position_embeddings": 128,
    "rms_norm_eps": 1e-6,
    "tie_word_embeddings": False,
    "bos_token_id": 0,
    "eos_token_id": 0,
}
LLAMA = BASE | {"architectures": ["LlamaForCausalLM"], "model_type": "llama"}
LLAMA3 = {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 64}
YARN = {"rope_type": "yarn", "rope_theta": 10000.0, "factor": 4.0, "original_max_position_embeddings": 32}

# name: (seed, stored type, shards, config)
MODELS = {
    "llama": (1, "float32", 1, LLAMA | {"rope_theta": 10000.0}),
    "llama-rope-llama3": (2, "float32", 1, LLAMA | {"rope_theta": 500.0, "rope_scaling": LLAMA3, "tie_word_embeddings": True}),
    "llama-rope-linear": (3, "float16", 1, LLAMA | {"rope_theta": 10000.0, "rope_scaling": {"type": "linear", "factor": 4.0}}),
    "llama-rope-yarn": (4, "float32", 1, LLAMA | {"rope_parameters": YARN}),
    "mistral": (5, "bfloat16", 1, BASE | {"architectures": ["MistralForCausalLM"], "model_type": "mistral", "head_dim": 8, "rope_theta": 1000000.0, "sliding_window": None}),
    "mistral-window": (6, "float32", 1, BASE | {"architectures": ["MistralForCausalLM"], "model_type": "mistral", "rope_theta": 10000.0, "sliding_window": 8}),
    "qwen2": (7, "float32", 3, BASE | {"architectures": ["Qwen2ForCausalLM"], "model_type": "qwen2", "rope_theta": 1000000.0, "tie_word_embeddings": True, "use_sliding_window": False, "sliding_window": 128, "max_window_layers": 2}),
    # Qwen3 states a head size that is not hidden / heads.
    "qwen3": (8, "float32", 1, BASE | {"architectures": ["Qwen3ForCausalLM"], "model_type": "qwen3", "head_dim": 16, "rope_theta": 1000000.0, "attention_bias": False, "tie_word_embeddings": True}),
    "mixtral": (9, "float32", 1, BASE | {"architectures": ["MixtralForCausalLM"], "model_type": "mixtral", "intermediate_size": 24, "num_local_experts": 5, "num_experts_per_tok": 2, "rope_theta": 10000.0, "sliding_window": None}),
}


def weights(config, seed):
    rng = np.random.default_rng(seed)
    head = config.get("head_dim", HIDDEN // HEADS)
    ffn = config["intermediate_size"]
    tensors = {}

    def matrix(name, rows, columns):
        tensors[name] = torch.from_numpy((rng.standard_normal((rows, columns)) * 1.5 / np.sqrt(columns)).astype(np.float32))

    def vector(name, size, around):
        tensors[name] = torch.from_numpy((around + 0.3 * rng.standard_normal(size)).astype(np.float32))

    matrix("model.embed_tokens.weight", VOCAB, HIDDEN)
    for n in range(LAYERS):
        p = f"model.layers.{n}."
        vector(p + "input_layernorm.weight", HIDDEN, 1.0)
        vector(p + "post_attention_layernorm.weight", HIDDEN, 1.0)
        for name, rows in (("q", HEADS * head), ("k", KV_HEADS * head), ("v", KV_HEADS * head)):
            matrix(f"{p}self_attn.{name}_proj.weight", rows, HIDDEN)
            if config["model_type"] == "qwen2":
                vector(f"{p}self_attn.{name}_proj.bias", rows, 0.0)
        matrix(p + "self_attn.o_proj.weight", HIDDEN, HEADS * head)
        if config["model_type"] == "qwen3":
            vector(p + "self_attn.q_norm.weight", head, 1.0)
            vector(p + "self_attn.k_norm.weight", head, 1.0)
        if config["model_type"] == "mixtral":
            matrix(p + "block_sparse_moe.gate.weight", config["num_local_experts"], HIDDEN)
            for e in range(config["num_local_experts"]):
                for name, rows, columns in (("w1", ffn, HIDDEN), ("w2", HIDDEN, ffn), ("w3", ffn, HIDDEN)):
                    matrix(f"{p}block_sparse_moe.experts.{e}.{name}.weight", rows, columns)
        else:
            for name, rows, columns in (("gate", ffn, HIDDEN), ("up", ffn, HIDDEN), ("down", HIDDEN, ffn)):
                matrix(f"{p}mlp.{name}_proj.weight", rows, columns)
    vector("model.norm.weight", HIDDEN, 1.0)
    if not config["tie_word_embeddings"]:
        matrix("lm_head.weight", VOCAB, HIDDEN)
    return tensors


def write(folder, tensors, shards):
    if shards == 1:
        save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
        return
    names, where = sorted(tensors), {}
    for s in range(shards):
        file = f"model-{s + 1:05}-of-{shards:05}.safetensors"
        part = {name: tensors[name] for name in names[s::shards]}
        save_file(part, folder / file, metadata={"format": "pt"})
        where |= dict.fromkeys(part, file)
    total = sum(t.numel() * t.element_size() for t in tensors.values())
    index = {"metadata": {"total_size": total}, "weight_map": dict(sorted(where.items()))}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index, indent=1) + "\n")


@torch.no_grad()
def record():
    from transformers import AutoModelForCausalLM

    recorded = {}
    for name, (seed, dtype, shards, config) in MODELS.items():
        folder = HERE / "models" / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        (folder / "config.json").write_text(json.dumps(config | {"torch_dtype": dtype}, indent=1) + "\n")
        tensors = {key: t.to(getattr(torch, dtype)) for key, t in weights(config, seed).items()}
        write(folder, tensors, shards)
        # Stored in whatever type, computed in float32.
        model, info = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager", output_loading_info=True)
        assert not info["missing_keys"] and not info["unexpected_keys"] and not info["mismatched_keys"], (name, info)
        ids = torch.from_numpy(np.random.default_rng(100 + seed).integers(0, VOCAB, (1, LENGTH)))
        logits = model.eval()(ids).logits
        recorded |= {f"{name}.input_ids": ids, f"{name}.logits": logits.contiguous()}
        print(f"{name:18} {dtype:9} logits std {logits.std():.2f}")
    save_file(recorded, HERE / "small-models.safetensors")
