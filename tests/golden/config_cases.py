"""Edits of config.json and of weight files, and what transformers makes of each.

Every base below is a tiny model of a supported family. Each key of its config.json is taken away, set to null, written twice,
given another type, another value, and moved to where other versions write it; keys of other families are added; tensors are
added, taken away and renamed. For each such variant this records what two versions of transformers compute (the perplexity of
fixed tokens and a few logits), or that they refuse. eval/tests/all/config_cases.rs loads the same variants and demands the same
numbers or a refusal.

No weights are stored: both sides make them from the name of the tensor (`values`).

    python config_cases.py --old DIR        DIR: a folder with transformers 4.57 (`pip install --target DIR …`)

`--record FILE` is what it runs for itself, once with each version.
"""

import argparse
import json
import logging
import math
import os
import random
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
FILE = HERE / "config-cases.json"
MASK = (1 << 64) - 1

# --- weights -----------------------------------------------------------------------------------------------------------------


def values(name, shape):
    """FNV-1a of the name seeds SplitMix64; 24 bits of each number make a float in [-1, 1), exactly."""
    seed = 0xCBF29CE484222325
    for byte in name.encode():
        seed = ((seed ^ byte) * 0x100000001B3) & MASK
    count = math.prod(shape)
    state = (np.uint64(seed) + np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)).astype(np.uint64)
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    state = state ^ (state >> np.uint64(31))
    unit = (state >> np.uint64(40)).astype(np.float64) / (1 << 23) - 1.0
    if "norm" in name:
        unit = 1.0 + unit / 4
    elif "embed" not in name:
        unit = unit / 2
    return unit.astype(np.float32).reshape(shape)


def tensors(config):
    """Names and shapes that a config asks for."""
    hidden, heads, inner = config["hidden_size"], config["num_attention_heads"], config["intermediate_size"]
    head, kv = config.get("head_dim") or hidden // heads, config["num_key_value_heads"]
    kind = config["model_type"]
    attention_bias = config.get("attention_bias", False)
    out = {"model.embed_tokens.weight": [config["vocab_size"], hidden], "model.norm.weight": [hidden]}
    for n in range(config["num_hidden_layers"]):
        p = f"model.layers.{n}."
        for norm in ("input_layernorm", "post_attention_layernorm"):
            out[f"{p}{norm}.weight"] = [hidden]
        for name, rows, columns in (("q", heads * head, hidden), ("k", kv * head, hidden), ("v", kv * head, hidden), ("o", hidden, heads * head)):
            out[f"{p}self_attn.{name}_proj.weight"] = [rows, columns]
            if attention_bias or (kind == "qwen2" and name != "o"):
                out[f"{p}self_attn.{name}_proj.bias"] = [rows]
        if kind == "qwen3":
            out |= {f"{p}self_attn.{name}_norm.weight": [head] for name in "qk"}
        if kind == "mixtral":
            out[f"{p}block_sparse_moe.gate.weight"] = [config["num_local_experts"], hidden]
            for e in range(config["num_local_experts"]):
                for name, rows, columns in (("w1", inner, hidden), ("w2", hidden, inner), ("w3", inner, hidden)):
                    out[f"{p}block_sparse_moe.experts.{e}.{name}.weight"] = [rows, columns]
        else:
            for name, rows, columns in (("gate", inner, hidden), ("up", inner, hidden), ("down", hidden, inner)):
                out[f"{p}mlp.{name}_proj.weight"] = [rows, columns]
                if config.get("mlp_bias"):
                    out[f"{p}mlp.{name}_proj.bias"] = [rows]
    if not config["tie_word_embeddings"]:
        out["lm_head.weight"] = [config["vocab_size"], hidden]
    return out


# --- bases -------------------------------------------------------------------------------------------------------------------

VOCAB, LAYERS, WINDOW = 48, 3, 8
TOKENS = [(7 * i * i + 3 * i + 5) % VOCAB for i in range(40)]
COLUMNS = [0, 5, 11]
# Values are far from every default, so that a key that is not read changes the logits.
SHAPE = {
    "vocab_size": VOCAB, "hidden_size": 32, "intermediate_size": 24, "num_hidden_layers": LAYERS, "num_attention_heads": 4,
    "num_key_value_heads": 2, "hidden_act": "silu", "max_position_embeddings": 128, "rms_norm_eps": 0.01, "tie_word_embeddings": False,
}
HARMLESS = {
    "initializer_range": 0.02, "use_cache": True, "torch_dtype": "float32", "transformers_version": "4.57.6", "attention_dropout": 0.1,
    "pretraining_tp": 1, "bos_token_id": 1, "eos_token_id": [2, 3], "pad_token_id": 0,
}
NAMES = {"llama": "Llama", "mistral": "Mistral", "mixtral": "Mixtral", "qwen2": "Qwen2", "qwen3": "Qwen3"}
OLD = {"rope_theta": 500.0}
NEW = {"rope_parameters": {"rope_type": "default", "rope_theta": 500.0}}
LLAMA3 = {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 32}
YARN = {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 32}
EVERY_YARN = YARN | {"rope_theta": 500.0, "beta_fast": 16.0, "beta_slow": 2.0, "mscale": 0.7, "mscale_all_dim": 1.3, "truncate": False}
TYPES = ["sliding_attention", "full_attention", "sliding_attention"]
EXPERTS = {"num_local_experts": 4, "num_experts_per_tok": 2}
USED = {"use_sliding_window": True, "sliding_window": WINDOW}


def base(kind, **keys):
    return {"architectures": [NAMES[kind] + "ForCausalLM"], "model_type": kind} | SHAPE | keys


BASES = {
    "llama": base("llama", attention_bias=False, mlp_bias=False, rope_scaling=None, **OLD, **HARMLESS),
    "llama-new": base("llama", **NEW),
    "llama-tied-biases": base("llama", **OLD, attention_bias=True, mlp_bias=True) | {"tie_word_embeddings": True},
    "llama-wide-heads": base("llama", **NEW, head_dim=16),
    "llama-linear": base("llama", **OLD, rope_scaling={"type": "linear", "factor": 4.0}),
    "llama-linear-new": base("llama", rope_parameters={"rope_type": "linear", "factor": 4.0, "rope_theta": 500.0}),
    "llama-dynamic": base("llama", **OLD, rope_scaling={"rope_type": "dynamic", "factor": 4.0}) | {"max_position_embeddings": 24},
    "llama-llama3": base("llama", **OLD, rope_scaling=LLAMA3) | {"tie_word_embeddings": True},
    "llama-llama3-new": base("llama", rope_parameters=LLAMA3 | {"rope_theta": 500.0}),
    "llama-yarn": base("llama", **OLD, rope_scaling={"type": "yarn", "factor": 4.0, "original_max_position_embeddings": 32}),
    "llama-yarn-new": base("llama", rope_parameters=EVERY_YARN),
    "mistral": base("mistral", **OLD, sliding_window=WINDOW),
    "mistral-new": base("mistral", **NEW, sliding_window=None, head_dim=8),
    "mixtral": base("mixtral", **OLD, **EXPERTS, sliding_window=None, router_aux_loss_coef=0.02, output_router_logits=False, router_jitter_noise=0.0),
    "mixtral-new": base("mixtral", **NEW, **EXPERTS, sliding_window=WINDOW, head_dim=16),
    "qwen2": base("qwen2", **OLD, use_sliding_window=False, sliding_window=WINDOW, max_window_layers=1),
    "qwen2-window": base("qwen2", **OLD, **USED, max_window_layers=1),
    "qwen2-types": base("qwen2", **NEW, **USED, max_window_layers=1, layer_types=TYPES),
    "qwen3": base("qwen3", **OLD, head_dim=16, attention_bias=False, use_sliding_window=False, sliding_window=None, max_window_layers=3),
    "qwen3-types": base("qwen3", **NEW, **USED, head_dim=16, attention_bias=True, max_window_layers=1, layer_types=TYPES) | {"tie_word_embeddings": True},
    "qwen3-yarn": base("qwen3", **OLD, head_dim=16, attention_bias=False, rope_scaling=YARN),
    "mistral-yarn": base("mistral", **OLD, sliding_window=WINDOW, rope_scaling=YARN),
    "mixtral-dynamic": base("mixtral", **OLD, **EXPERTS, head_dim=16, sliding_window=None, rope_scaling={"rope_type": "dynamic", "factor": 4.0}) | {"max_position_embeddings": 24},
    "mixtral-tied": base("mixtral", **OLD, num_local_experts=3, num_experts_per_tok=1) | {"tie_word_embeddings": True},
    "qwen2-llama3": base("qwen2", **OLD, **USED, max_window_layers=2, rope_scaling=LLAMA3) | {"tie_word_embeddings": True},
    "qwen3-linear-new": base("qwen3", head_dim=16, rope_parameters={"rope_type": "linear", "factor": 4.0, "rope_theta": 500.0}),
}

# --- edits -------------------------------------------------------------------------------------------------------------------
# A list of operations on config.json and on the list of tensors, small enough to be stored:
#   ["set", path, value]  ["drop", path]  ["twice", key, value]   ["tensor", name, shape]  ["no-tensor", name]
#   ["rename", part, other]: in the names of all tensors; ["same", name, other]: `name` has the values of `other`


def apply(config, names, edits):
    """The text of config.json, and name → (shape, the name whose values it has)."""
    config, doubled = json.loads(json.dumps(config)), []
    stored = {name: (shape, name) for name, shape in names.items()}
    for kind, *rest in edits:
        if kind in ("set", "drop"):
            path, inside = rest[0], config
            for part in path[:-1]:
                inside = inside[part]
            if kind == "set":
                inside[path[-1]] = rest[1]
            else:
                del inside[path[-1]]
        elif kind == "twice":
            doubled.append(f", {json.dumps(rest[0])}: {json.dumps(rest[1])}")
        elif kind == "tensor":
            stored[rest[0]] = (rest[1], rest[0])
        elif kind == "no-tensor":
            del stored[rest[0]]
        elif kind == "rename":
            stored = {name.replace(*rest): of for name, of in stored.items()}
        elif kind == "same":
            stored[rest[0]] = (stored[rest[1]][0], rest[1])
    return json.dumps(config)[:-1] + "".join(doubled) + "}", stored


def other(value):
    """Another value of the same type."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value * 2
    if isinstance(value, float):
        return value * 2.5
    if isinstance(value, str):
        return {"silu": "gelu", "llama3": "linear", "yarn": "linear", "linear": "default", "dynamic": "linear", "default": "linear", "float32": "float32"}.get(value, value + "x")
    return value


def wrong(value):
    """The value as other types."""
    yield "as a text", str(value)
    yield "in a list", [value]
    if isinstance(value, bool):
        yield "as a number", int(value)
    elif isinstance(value, int):
        yield "as a float", float(value)
        yield "negative", -value
        yield "zero", 0
        yield "with a fraction", value + 0.5
    elif isinstance(value, float):
        yield "as an integer", max(1, int(value))
        yield "negative", -value
        yield "zero", 0.0
    elif isinstance(value, list):
        yield "in an object", {"0": value}
        yield "cut", value[:-1]


def keys_of(config):
    """Paths of all keys, those of the rotary objects included."""
    for key, value in config.items():
        yield [key], value
        if isinstance(value, dict):
            for inner, number in value.items():
                yield [key, inner], number


ROPE = {"rope_theta", "rope_scaling", "rope_parameters", "rope_type", "original_max_position_embeddings", "max_position_embeddings", "partial_rotary_factor"}
# What a base is there for; the others are there for every key.
ONLY = {
    "llama-new": ROPE, "llama-wide-heads": {"head_dim", "num_attention_heads", "num_key_value_heads", "hidden_size"},
    "llama-tied-biases": {"attention_bias", "mlp_bias", "tie_word_embeddings"},
    "llama-linear": ROPE, "llama-linear-new": ROPE, "llama-dynamic": ROPE, "llama-llama3": ROPE | {"tie_word_embeddings"}, "llama-llama3-new": ROPE,
    "llama-yarn": ROPE, "llama-yarn-new": ROPE, "qwen3-yarn": ROPE, "mistral-yarn": ROPE, "mixtral-dynamic": ROPE | {"head_dim"}, "qwen3-linear-new": ROPE,
    "mixtral-tied": {"num_local_experts", "num_experts_per_tok", "tie_word_embeddings"}, "qwen2-llama3": {"rope_scaling", "tie_word_embeddings", "max_window_layers"},
    "qwen2-window": {"sliding_window", "use_sliding_window", "max_window_layers", "layer_types", "num_hidden_layers"},
}


def of_interest(name, key):
    return key in ONLY.get(name, {key})


def of_keys(name, config):
    """Every key absent, null, doubled, of another type, of another value, and moved."""
    roof = next((key for key in ("rope_scaling", "rope_parameters") if config.get(key)), None)
    for path, value in keys_of(config):
        key, label = path[-1], ".".join(path)
        # A key that does not matter does so in one family as in the next, and so on.
        if (key in HARMLESS and name != "llama") or not of_interest(name, path[0]):
            continue
        put = lambda new: ["set", path, new]
        # A refusal names the key, or the object that it is in, or what no longer fits it.
        touched = path + {"num_hidden_layers": ["layer_types"]}.get(key, [])
        yield f"{label} absent", [["drop", path]], touched
        if value is not None:
            yield f"{label} null", [put(None)], touched
        if len(path) == 1:
            yield f"{label} twice", [["twice", key, value]], touched
            if other(value) != value:
                yield f"{label} twice and different", [["twice", key, other(value)]], touched
        if other(value) != value:
            yield f"{label} changed", [put(other(value))], touched
        if value is not None and not isinstance(value, dict):
            for how, new in wrong(value):
                yield f"{label} {how}", [put(new)], touched
        if len(path) == 2:
            yield f"{label} moved to the top", [["drop", path], ["set", [key], value]], [key, path[0]]
            yield f"{label} at the top as well", [["set", [key], value]], [key]
            if other(value) != value:
                yield f"{label} at the top and different", [["set", [key], other(value)]], [key, path[0]]
    if roof:
        rope = config[roof]
        twin = {"rope_scaling": "rope_parameters", "rope_parameters": "rope_scaling"}[roof]
        yield f"{roof} named {twin}", [["drop", [roof]], ["set", [twin], rope]], [roof, twin]
        yield f"{roof} beside the same {twin}", [["set", [twin], rope]], [roof, twin]
        yield f"{roof} nested by layer type", [["set", [roof], {"full_attention": rope, "sliding_attention": rope}]], [roof]
        yield f"{roof} nested by one layer type", [["set", [roof], {"full_attention": rope}]], [roof]
        yield f"{roof} empty", [["set", [roof], {}]], [roof]
        for key in ("rope_type", "type"):
            if key in rope:
                spelt = {"rope_type": "type", "type": "rope_type"}[key]
                yield f"{roof}.{key} as {spelt}", [["drop", [roof, key]], ["set", [roof, spelt], rope[key]]], [spelt]
                yield f"{roof}.{key} beside the same {spelt}", [["set", [roof, spelt], rope[key]]], [spelt]
                yield f"{roof}.{key} beside another {spelt}", [["set", [roof, spelt], other(rope[key])]], [spelt]
    if "rope_theta" in config:
        yield "rope_theta moved", [["drop", ["rope_theta"]], ["set", ["rope_parameters"], {"rope_theta": config["rope_theta"]}]], ["rope_parameters", "rope_theta"]
    if name not in ONLY:
        yield "all in text_config", [["set", ["text_config"], config]], ["text_config"]


FULL = ["full_attention"] * LAYERS
# Keys of other families, of other versions, and of nobody.
ADDED = [
    ("attention_bias", [True, False]), ("mlp_bias", [True, False]), ("qkv_bias", [True]), ("use_bias", [True]), ("lm_head_bias", [True]),
    ("sliding_window", [4, None]), ("use_sliding_window", [True, False]), ("max_window_layers", [0, 2]), ("sliding_window_pattern", [2]),
    ("layer_types", [FULL, ["sliding_attention"] * LAYERS, TYPES, FULL[:2], ["chunked_attention"] * LAYERS, None]),
    ("partial_rotary_factor", [0.5, 1.0]), ("rotary_pct", [0.5]), ("rotary_dim", [4]), ("no_rope_layers", [[0, 1, 0]]), ("rope_interleaved", [True, False]),
    ("rope_scaling", [YARN, {"type": "linear", "factor": 4.0}, {"rope_type": "default"}, {"factor": 4.0}, {"rope_type": "longrope", "factor": 4.0, "short_factor": [1.0] * 4, "long_factor": [2.0] * 4}, {}, None]),
    ("rope_parameters", [NEW["rope_parameters"], {"rope_type": "default", "rope_theta": 77.0}, {"rope_theta": 77.0}, {"rope_type": "linear", "factor": 4.0}, {"rope_type": "default", "mrope_section": [2, 1, 1]}, {}, None]),
    ("rope_theta", [77.0, 500.0]), ("rope_type", ["linear"]), ("rope_local_base_freq", [77.0]), ("original_max_position_embeddings", [16, 32]),
    ("head_dim", [8, 16, None]), ("num_experts", [4]), ("num_local_experts", [4]), ("num_experts_per_tok", [1]), ("norm_topk_prob", [False, True]),
    ("hidden_act", ["swish"]), ("hidden_activation", ["gelu"]), ("layer_norm_eps", [0.5]), ("norm_epsilon", [0.5]), ("use_qk_norm", [True]), ("qk_norm", [True]),
    ("logit_scale", [0.5]), ("logits_scaling", [4.0]), ("final_logit_softcapping", [3.0]), ("attn_logit_softcapping", [3.0]), ("query_pre_attn_scalar", [64]),
    ("embedding_multiplier", [2.0]), ("residual_multiplier", [0.5]), ("attention_multiplier", [0.5]), ("attention_chunk_size", [4]), ("clip_qkv", [0.1]),
    ("per_layer_config", [{"1": {"sliding_window": 2}}]), ("quantization_config", [None]), ("architectures", [None, [], ["GraniteForCausalLM"], ["LlamaModel"]]),
    ("auto_map", [{"AutoModelForCausalLM": "modeling_x.XForCausalLM"}]), ("is_encoder_decoder", [True]), ("moe_layer_freq", [2]), ("is_causal", [False]),
]
# What people write into `rope_scaling`: in part, in excess, against the rest of the file, and of other families.
ROPES = [
    {"type": "su", "short_factor": [1.0] * 4, "long_factor": [2.0] * 4}, {"type": "mrope", "mrope_section": [2, 1, 1]}, {"rope_type": "proportional"}, {"rope_type": "ntk", "factor": 4.0},
    {"rope_type": None, "factor": 4.0}, {"rope_type": ""}, {"rope_type": "LINEAR", "factor": 4.0}, {"rope_type": "linear"}, {"rope_type": "linear", "factor": 0.5}, {"rope_type": "linear", "factor": 1.0}, {"rope_type": "linear", "factor": "4"}, {"rope_type": "linear", "factor": 0.0}, {"rope_type": "linear", "factor": 4},
    {"rope_type": "linear", "factor": 4.0, "original_max_position_embeddings": 32}, {"rope_type": "default", "factor": 4.0}, {"rope_type": "default", "factor": None}, {"rope_type": "default", "original_max_position_embeddings": 32},
    {"rope_type": "dynamic", "factor": 2.0}, {"rope_type": "dynamic", "factor": 2.0, "original_max_position_embeddings": 16}, {"rope_type": "dynamic", "alpha": 1000.0}, {"rope_type": "dynamic"},
    {"rope_type": "yarn", "factor": 4.0}, {"rope_type": "yarn", "original_max_position_embeddings": 32}, {"rope_type": "yarn", "factor": 2.0, "original_max_position_embeddings": 32}, {"rope_type": "yarn", "factor": 1.0}, {"rope_type": "yarn", "factor": 0.5}, {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 256},
    {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 32.0}, {"rope_type": "yarn", "factor": 4, "original_max_position_embeddings": 32}, {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 32, "finetuned": True}, {"rope_type": "yarn", "factor": 4.0, "attn_factor": 2.0}, {"rope_type": "yarn", "factor": 4.0, "extrapolation_factor": 1.0},
    YARN | {"attention_factor": 1.5}, YARN | {"attention_factor": None}, YARN | {"attention_factor": 0.0}, YARN | {"attention_factor": -1.0}, YARN | {"attention_factor": 1}, YARN | {"beta_fast": None, "beta_slow": None}, YARN | {"beta_fast": 1.0, "beta_slow": 32.0}, YARN | {"beta_fast": 2.0, "beta_slow": 2.0}, YARN | {"beta_fast": 16}, YARN | {"beta_slow": 0.0}, YARN | {"beta_fast": 32.5},
    YARN | {"mscale": 0.7}, YARN | {"mscale_all_dim": 1.3}, YARN | {"mscale": 1.0, "mscale_all_dim": 1.0}, YARN | {"mscale": 0.0, "mscale_all_dim": 1.3}, YARN | {"mscale": 0.7, "mscale_all_dim": 1.3, "attention_factor": 1.5}, YARN | {"truncate": False}, YARN | {"truncate": None}, YARN | {"truncate": 0},
    {"type": "yarn", "rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 32}, {"type": "yarn", "rope_type": "linear", "factor": 4.0}, {"type": "yarn", "rope_type": "default", "factor": 4.0, "original_max_position_embeddings": 32},
    {"rope_type": "llama3", "factor": 8.0}, LLAMA3 | {"factor": 1.0}, LLAMA3 | {"low_freq_factor": 4.0}, LLAMA3 | {"low_freq_factor": 4.0, "high_freq_factor": 1.0}, LLAMA3 | {"original_max_position_embeddings": 256}, LLAMA3 | {"original_max_position_embeddings": None}, LLAMA3 | {"factor": 8, "low_freq_factor": 1, "high_freq_factor": 4},
    LLAMA3 | {"attention_factor": 1.5}, LLAMA3 | {"partial_rotary_factor": 1.0}, {"rope_type": "linear", "factor": 4.0, "partial_rotary_factor": 0.5}, {"rope_type": "longrope", "short_factor": [1.0] * 4, "long_factor": [2.0] * 4, "original_max_position_embeddings": 32}, {"rope_type": "longrope", "short_factor": [1.0] * 4, "long_factor": [1.0] * 4, "factor": 1.0},
    False, "", [], "linear", 4.0, [{"rope_type": "linear", "factor": 4.0}],
]
# Less usual keys, and usual ones with less usual values.
ODD = [
    ("layer_types", [[], {}, "full_attention"]), ("head_dim", [0, 6, 7]), ("num_key_value_heads", [0, 3, 8, [2, 2, 2]]), ("num_hidden_layers", [0]), ("vocab_size", [VOCAB - 1, VOCAB + 1]),
    ("quantization_config", [{}, False, {"quant_method": "bitsandbytes", "load_in_4bit": True}, {"quant_method": "fp8"}]), ("pad_token_id", [-1, VOCAB, None]), ("bos_token_id", [None, VOCAB]), ("eos_token_id", [None, [], VOCAB]),
    ("dtype", ["float16", "bfloat16", "auto", None]), ("torch_dtype", ["float16", "bfloat16", "float64", None, "no such type"]), ("model_max_length", [128]), ("sliding_window", [0, -1, False, 200, "8"]), ("use_sliding_window", [None]), ("max_window_layers", [None, LAYERS, 100]),
    ("architectures", [["LlamaForCausalLM", "MistralForCausalLM"], ["LlamaForSequenceClassification"], "LlamaForCausalLM", [None]]), ("text_config", [{}, None]), ("vision_config", [None, {}]), ("llm_config", [{"hidden_size": 64}]), ("language_config", [None]),
    ("mlp_only_layers", [[], [0], None]), ("decoder_sparse_step", [1, 2]), ("moe_intermediate_size", [24]), ("shared_expert_intermediate_size", [24, None]), ("first_k_dense_replace", [1]), ("output_size", [None]), ("embedding_size", [None]), ("attn_logit_softcapping", [None]), ("final_logit_softcapping", [None]),
    ("intermediate_size", [[24, 24, 24]]), ("attention_bias", [None]), ("mlp_bias", [None]), ("tie_word_embeddings", [None]), ("rope_interleaved", [None]), ("rope_theta", [None, 500, "500", 0.0, -1.0, 1.0]), ("rope_local_base_freq", [None]), ("mrope_section", [[2, 1, 1]]), ("partial_rotary_factor", [None, 1]), ("rms_norm_eps", [None, 0.0, 0, 1e-30]),
    ("hidden_act", ["SiLU", "silu_and_mul", "relu", None]), ("hidden_activation", ["silu", None]), ("activation_function", ["silu"]), ("router_jitter_noise", [0.1, None]), ("output_router_logits", [True, None]), ("num_experts_per_tok", [0, 5, None]), ("num_local_experts", [0, None]), ("norm_topk_prob", [None, True]), ("use_cache", [False]),
    ("pretraining_tp", [2, None]), ("tie_encoder_decoder", [True]), ("is_decoder", [True, None]), ("chunk_size_feed_forward", [4]), ("pruned_heads", [{"0": [1]}, []]), ("torchscript", [True]), ("output_hidden_states", [True]), ("output_attentions", [True]), ("add_cross_attention", [None, True]), ("is_encoder_decoder", [False, None]),
    ("attention_dropout", [0, 1.0]), ("max_position_embeddings", [16, 1 << 20]), ("_attn_implementation", ["sdpa", "eager"]), ("attn_implementation", ["eager"]), ("auto_map", [None, {}, {"AutoConfig": "configuration_x.XConfig"}]), ("use_bfloat16", [True]), ("transformers_version", ["3.0.0", 5]),
    ("model_type", ["Llama", "llama ", "granite", "phi3", "qwen2_moe", ""]), ("extra", [None, 1, False, "x", {}]), ("", [1, None]),
]
IGNORED = {
    "_name_or_path": "somewhere", "max_length": 20, "min_length": 3, "temperature": 0.7, "top_k": 40, "top_p": 0.9, "do_sample": True, "repetition_penalty": 1.1,
    "output_attentions": False, "output_hidden_states": False, "return_dict": True, "tokenizer_class": "LlamaTokenizer", "task_specific_params": None, "problem_type": None,
    "id2label": {"0": "a", "1": "b"}, "label2id": {"a": 0, "b": 1}, "finetuning_task": None, "use_bfloat16": False, "torchscript": False, "chunk_size_feed_forward": 0,
    "cross_attention_hidden_size": None, "add_cross_attention": False, "is_decoder": False, "pruned_heads": {}, "tie_encoder_decoder": False, "sep_token_id": None,
    "decoder_start_token_id": None, "router_jitter_noise": 0.0, "unsloth_version": "2024.9", "_attn_implementation_autoset": True, "use_mrope": False, "is_llama_config": True,
    "transformers.js_config": {"dtype": "q4"}, "dtype": "float32", "resid_pdrop": 0.1,
}


# Bases that these are tried on: for each family, in the older form or in the newer one.
ROTATED = {"llama", "llama-new", "mixtral"}
WIDE = {"llama", "llama-new", "mistral-new", "mixtral", "qwen2", "qwen3", "qwen3-types"}
# Other keys that a refusal may name.
MOVED = {"layer_types": ["sliding_window"], "num_hidden_layers": ["layer_types", "layers."], "head_dim": ["_proj"], "vocab_size": ["embed_tokens"], "num_key_value_heads": ["_proj"], "torch_dtype": ["dtype"]}


def of_additions(name, config):
    for key, options in ADDED:
        for value in options:
            if config.get(key, "absent") != value and of_interest(name, key):
                yield f"{key} added: {json.dumps(value)}", [["set", [key], value]], [key] + (["sliding_window"] if key == "layer_types" else [])
    if name in ("llama", "mixtral-new", "qwen3"):
        for key, value in IGNORED.items():
            if key not in config:
                yield f"{key} added: {json.dumps(value)}", [["set", [key], value]], [key]
    roof = "rope_parameters" if "rope_parameters" in config else "rope_scaling"
    for rope in ROPES if name in ROTATED else ():
        value = config[roof] | rope if config.get(roof) and isinstance(rope, dict) else rope
        yield f"{roof} is {json.dumps(rope)}", [["set", [roof], value]], [roof]
    for key, options in ODD if name in WIDE else ():
        for value in options:
            yield f"{key} is {json.dumps(value)}", [["set", [key], value]], [key] + MOVED.get(key, [])
    for kind in NAMES:
        if kind != config["model_type"] and name not in ONLY:
            yield f"as {kind}", [["set", ["model_type"], kind], ["set", ["architectures"], [NAMES[kind] + "ForCausalLM"]]], None
    # What people add to a file that has the older form, and the other way round.
    for rope in (YARN, LLAMA3, {"type": "linear", "factor": 2.0}) if of_interest(name, "rope_scaling") else ():
        kind = rope.get("rope_type", rope.get("type"))
        yield f"original_max_position_embeddings at the top of {kind}", [["set", ["rope_scaling"], {k: v for k, v in rope.items() if k != "original_max_position_embeddings"}], ["set", ["original_max_position_embeddings"], 16]], ["original_max_position_embeddings", "rope_scaling"]


def of_tensors(name, config, names):
    if not of_interest(name, "tie_word_embeddings"):
        return
    head, hidden = config.get("head_dim") or 8, 32
    q = config["num_attention_heads"] * head
    add = lambda *tensors: [["tensor", name, shape] for name, shape in tensors]
    yield "tensors: a bias of queries", add(("model.layers.1.self_attn.q_proj.bias", [q])), ["q_proj.bias"]
    yield "tensors: biases of the output", add(*((f"model.layers.{n}.self_attn.o_proj.bias", [hidden]) for n in range(LAYERS))), ["o_proj.bias"]
    yield "tensors: a bias of down", add(("model.layers.0.mlp.down_proj.bias", [hidden])), ["down_proj.bias"]
    yield "tensors: norms of queries and keys", add(*((f"model.layers.{n}.self_attn.{x}_norm.weight", [head]) for n in range(LAYERS) for x in "qk")), ["_norm"]
    yield "tensors: a bias of a norm", add(("model.norm.bias", [hidden])), ["norm.bias"]
    yield "tensors: a bias of the output matrix", add(("lm_head.bias", [VOCAB])), ["lm_head.bias"]
    yield "tensors: norms after", add(("model.layers.0.post_feedforward_layernorm.weight", [hidden])), ["post_feedforward_layernorm"]
    yield "tensors: scales beside a matrix", add(("model.layers.0.self_attn.q_proj.weight_scale_inv", [1, 1])), ["weight_scale_inv"]
    yield "tensors: one more layer", add(*((key.replace("layers.0.", f"layers.{LAYERS}."), shape) for key, shape in names.items() if "layers.0." in key)), [f"layers.{LAYERS}", "num_hidden_layers"]
    yield "tensors: one layer fewer asked for", [["set", ["num_hidden_layers"], LAYERS - 1]], ["layers.2", "num_hidden_layers", "layer_types"]
    yield "tensors: one layer more asked for", [["set", ["num_hidden_layers"], LAYERS + 1]], ["layers.3", "num_hidden_layers", "layer_types"]
    yield "tensors: rotary buffers", add(*((f"model.layers.{n}.self_attn.rotary_emb.inv_freq", [head // 2]) for n in range(LAYERS))), ["inv_freq"]
    yield "tensors: a shared expert", add(("model.layers.0.mlp.shared_expert.gate_proj.weight", [24, hidden])), ["shared_expert"]
    yield "tensors: of an adapter", add(("model.layers.0.self_attn.q_proj.lora_A.weight", [4, hidden])), ["lora_A"]
    yield "tensors: an empty one that nobody reads", add(("model.layers.0.self_attn.q_proj.g_idx", [0])), None
    yield "tensors: empty ones in place of biases", add(*((f"model.layers.{n}.self_attn.o_proj.bias", [0]) for n in range(LAYERS))), ["o_proj.bias"]
    yield "tensors: an empty part of another layer", add((f"model.layers.{LAYERS + 4}.mlp.extra", [3, 0])), None
    yield "tensors: rotary buffers of another place", add(("model.rotary_emb.inv_freq", [head // 2])), None
    yield "tensors: a second norm", add(("model.final_norm.weight", [hidden])), ["final_norm"]
    yield "tensors: an embedding with one row more", [["tensor", "model.embed_tokens.weight", [VOCAB + 1, hidden]]], ["embed_tokens"]
    yield "tensors: an embedding with one row less", [["tensor", "model.embed_tokens.weight", [VOCAB - 1, hidden]]], ["embed_tokens"]
    yield "tensors: a norm as a matrix", [["tensor", "model.norm.weight", [1, hidden]]], ["model.norm.weight"]
    yield "tensors: a flat matrix", [["tensor", "model.layers.0.self_attn.q_proj.weight", [q * hidden]]], ["q_proj.weight"]
    yield "tensors: a transposed matrix", [["tensor", "model.layers.0.self_attn.q_proj.weight", [hidden, q]]], ["q_proj.weight"]
    yield "tensors: names in capitals", [["rename", "q_proj", "Q_PROJ"]], ["q_proj"]
    yield "tensors: norms of the older kind", [["rename", "input_layernorm", "attention_norm"]], ["input_layernorm"]
    yield "tensors: gamma for weight", [["rename", "layernorm.weight", "layernorm.gamma"]], ["layernorm"]
    yield "tensors: under base_model.model.", [["rename", "model.", "base_model.model.model."]], ["model.embed_tokens.weight"]
    yield "tensors: without a prefix", [["rename", "model.", ""]], ["model.embed_tokens.weight"]
    yield "tensors: of a head beside", add(("score.weight", [2, hidden])), ["score.weight"]
    yield "tensors: of a value head", add(("v_head.summary.weight", [1, hidden]), ("v_head.summary.bias", [1])), ["v_head"]
    yield "tensors: of extra heads for speculation", add(("medusa_head.0.0.linear.weight", [hidden, hidden])), ["medusa_head"]
    for gone in ("model.norm.weight", "model.layers.1.self_attn.k_proj.weight", "model.embed_tokens.weight"):
        yield f"tensors: without {gone}", [["no-tensor", gone]], [gone]
    yield "tensors: under model.language_model.", [["rename", "model.", "model.language_model."]], ["model.embed_tokens.weight"]
    yield "tensors: under transformer.", [["rename", "model.", "transformer."]], ["model.embed_tokens.weight"]
    yield "tensors: as a compiled module", [["rename", "model.", "_orig_mod.model."]], ["model.embed_tokens.weight"]
    if config["tie_word_embeddings"]:
        yield "tensors: an output matrix of its own", add(("lm_head.weight", [VOCAB, hidden])), ["lm_head.weight", "tie_word_embeddings"]
        yield "tensors: the output matrix, the same", [["same", "lm_head.weight", "model.embed_tokens.weight"]], ["lm_head.weight"]
    else:
        yield "tensors: no output matrix", [["no-tensor", "lm_head.weight"]], ["lm_head.weight", "tie_word_embeddings"]
        yield "tensors: tied, with the output matrix", [["set", ["tie_word_embeddings"], True]], ["lm_head.weight", "tie_word_embeddings"]
        yield "tensors: tied, with the same output matrix", [["set", ["tie_word_embeddings"], True], ["same", "lm_head.weight", "model.embed_tokens.weight"]], ["lm_head.weight"]
        yield "tensors: tied, without the output matrix", [["set", ["tie_word_embeddings"], True], ["no-tensor", "lm_head.weight"]], ["lm_head.weight"]


# Edits that leave most of a file without meaning tell nothing beside others.
ALONE = ("as a ", "as an ", "in a", "negative", "zero", "with a fraction", "cut", "twice", "all in", "as mi", "as ll", "as qw", "tensors: under", "tensors: as a compiled", "tensors: without")
PAIRS = 24


def of_pairs(name, singles):
    """Two edits at once, drawn with a fixed seed."""
    draw = random.Random(name)
    places = lambda edits: {(edit[0] in ("set", "drop"), edit[1][0] if edit[0] in ("set", "drop") else edit[1]) for edit in edits}
    singles = [single for single in singles if not any(part in single[0] for part in ALONE)]
    for _ in range(PAIRS):
        (one, first, names), (other, second, others) = draw.sample(singles, 2)
        if not places(first) & places(second):
            yield f"{one}; {other}", first + second, None if names is None or others is None else names + others


def variants():
    for name, config in BASES.items():
        names = tensors(config)
        yield {"base": name, "case": "as it is", "edits": [], "names": []}
        seen = set()
        singles = [*of_keys(name, config), *of_additions(name, config), *of_tensors(name, config, names)]
        for case, edits, touched in [*singles, *of_pairs(name, singles)]:
            text = json.dumps(edits)
            if text not in seen:
                seen.add(text)
                yield {"base": name, "case": case, "edits": edits, "names": touched}


# --- what transformers says --------------------------------------------------------------------------------------------------


def rounded(number):
    return float(f"{number:.7g}")


def record(file):
    os.environ |= {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_VERBOSITY": "critical"}
    import warnings

    import torch
    import transformers
    from safetensors.numpy import save_file
    from transformers import AutoModelForCausalLM

    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    transformers.utils.logging.disable_progress_bar()
    torch.set_num_threads(1)
    ids = torch.tensor([TOKENS])
    out = []
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "model"
        for number, variant in enumerate(variants()):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            config = BASES[variant["base"]]
            text, stored = apply(config, tensors(config), variant["edits"])
            (folder / "config.json").write_text(text)
            save_file({name: values(of, shape) for name, (shape, of) in stored.items()}, folder / "model.safetensors", metadata={"format": "pt"})
            try:
                model, info = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager", output_loading_info=True)
                if missing := sorted(info["missing_keys"]):
                    raise ValueError(f"without {missing[0]}")
                with torch.no_grad():
                    logits = model.eval()(ids, use_cache=False).logits[0].double()
                loss = torch.nn.functional.cross_entropy(logits[:-1], ids[0, 1:])
                numbers = [rounded(loss.exp().item()), *(rounded(logits[-1, column].item()) for column in COLUMNS)]
                out.append(numbers if np.isfinite(numbers).all() else "not finite")
            except Exception as error:
                out.append(type(error).__name__.replace("StrictDataclass", "Strict"))
            if number % 500 == 0:
                print(number, variant["base"], variant["case"], out[-1], file=sys.stderr, flush=True)
    Path(file).write_text(json.dumps({"version": transformers.__version__, "found": out}))


def dense(value):
    return json.dumps(value, separators=(",", ":"))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--record")
    parser.add_argument("--old")
    arguments = parser.parse_args()
    if arguments.record:
        return record(arguments.record)
    found = []
    with tempfile.TemporaryDirectory() as place:
        runs = []
        for number, path in enumerate([None, arguments.old]):
            file = Path(place) / f"{number}.json"
            env = os.environ | ({"PYTHONPATH": path} if path else {})
            runs.append((file, subprocess.Popen([sys.executable, __file__, "--record", file], env=env)))
        for file, run in runs:
            assert run.wait() == 0
            found.append(json.loads(file.read_text()))
    lines, first = [], {}
    for variant, new, old in zip(variants(), *(run["found"] for run in found), strict=True):
        first.setdefault(variant["base"], new)
        # Most variants compute what their base does, and most versions what the other does.
        same = lambda one, two: isinstance(one, list) and isinstance(two, list) and np.allclose(one, two, rtol=1e-5, atol=1e-5)
        old = "=" if same(old, new) else old if isinstance(old, list) else None
        new = "=" if variant["edits"] and same(new, first[variant["base"]]) else new
        lines.append(dense(variant | {"new": new, "old": old}))
    bases = {name: {"config": config, "tensors": tensors(config)} for name, config in BASES.items()}
    head = {"transformers": {"new": found[0]["version"], "old": found[1]["version"]}, "tokens": TOKENS, "columns": COLUMNS}
    parts = [f" {json.dumps(key)}: {json.dumps(value)}" for key, value in head.items()]
    parts.append(' "bases": {\n' + ",\n".join(f"  {json.dumps(name)}: {dense(of)}" for name, of in bases.items()) + "\n }")
    parts.append(' "variants": [\n' + ",\n".join(f"  {line}" for line in lines) + "\n ]")
    FILE.write_text("{\n" + ",\n".join(parts) + "\n}\n")
    print(len(lines), "variants", FILE.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
