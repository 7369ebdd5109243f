#!/usr/bin/env python3
"""Export plans of spans and caches of small random models to every target that says them, and check each in transformers.

    python tests/golden/windows.py FOLDER [NAME...]

Models, plans and exports are left in FOLDER; the exports are written by the test `folders` of attune-export. With names, only cases that
contain one of them run. Exit status 0 when `check_windows.py` is content with all.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import torch
from transformers import AutoConfig, AutoModelForCausalLM

ROOT = Path(__file__).resolve().parents[2]
SHAPE = {
    "vocab_size": 97, "hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 3, "num_attention_heads": 4,
    "num_key_value_heads": 2, "head_dim": 32, "max_position_embeddings": 256, "pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2,
}
LLAMA3 = {"rope_type": "llama3", "rope_theta": 10000.0, "factor": 4.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 32}
MODELS = {
    "llama": ("llama", {}),
    "llama-scaled": ("llama", {"rope_parameters": LLAMA3, "tie_word_embeddings": True}),
    "mistral": ("mistral", {"sliding_window": None}),
    "mistral-windows": ("mistral", {"sliding_window": 12}),
    "ministral": ("ministral", {"sliding_window": 8, "layer_types": ["full_attention"] * 3}),
    "qwen2": ("qwen2", {}),
    "qwen3": ("qwen3", {}),
    "gemma2": ("gemma2", {"sliding_window": 8, "query_pre_attn_scalar": 32, "attn_logit_softcapping": 5.0}),
    "granite": ("granite", {"attention_multiplier": 0.17, "embedding_multiplier": 1.5, "residual_multiplier": 0.7, "logits_scaling": 2.0}),
    "mixtral": ("mixtral", {"num_local_experts": 4, "num_experts_per_tok": 2, "sliding_window": None}),
    "cohere2": ("cohere2", {"hidden_size": 128, "sliding_window": 10, "layer_types": ["sliding_attention", "full_attention", "sliding_attention"], "logit_scale": 2.0}),
    "gpt_oss": ("gpt_oss", {"num_local_experts": 4, "num_experts_per_tok": 2, "sliding_window": 10, "rope_parameters": {"rope_type": "default", "rope_theta": 10000.0}}),
}


def span(layer, head, sink, alpha, beta=0.0):
    return {"edit": "attention-span", "layer": layer, "kv-head": head, "sink": sink, "alpha": alpha, "beta": beta}


def bits(layer, keys, values, group, sink, recent, **more):
    edit = {"edit": "kv-bits", "layer": layer, "keys": keys, "values": values, "group-size": group, "sink": sink, "recent": recent}
    return edit | {name.replace("_", "-"): value for name, value in more.items()}


def window(layers, tokens):
    return [span(layer, head, 0, tokens) for layer in layers for head in (0, 1)]


ONE_WINDOW = window([0, 2], 8.0)
PLANS = {
    "window": ONE_WINDOW,
    "short-window": window([1], 2.0),
    "middle-window": window([1], 8.0),
    "every-window": window([0, 1, 2], 6.0),
    "spans": [span(0, 0, 2, 5.0), span(0, 1, 0, 9.5), span(2, 1, 4, 3.0)],
    "growing": [span(0, 0, 2, 1.0, 0.25), span(2, 1, 1, -4.0, 0.5)],
    "bits": [bits(0, 2, 3, 16, 2, 4), bits(1, 4, 16, 32, 0, 0, kv_head=1), bits(2, 4, 2, 32, 1, 3, shrink_from=8)],
    "grids": [bits(0, 8, 4, 32, 0, 2, key_grid="q8_0", value_grid="q4_0"), bits(1, 8, 5, 32, 3, 0, key_grid="fp8-e4m3", value_grid="q5_1"), bits(2, 4, 5, 32, 0, 1, key_grid="q4_1", value_grid="q5_0")],
    "both": [span(0, 0, 2, 5.0), span(1, 1, 0, 9.0), bits(0, 2, 3, 16, 2, 4), bits(1, 3, 2, 32, 0, 0, kv_head=1)],
}
CASES = [
    *(("windows", model, "window") for model in ("llama", "llama-scaled", "mistral", "ministral", "qwen2", "qwen3")),
    # Layers 0 and 2 of a Gemma 2 have the window already; a Mistral's own is longer than the plan's.
    ("windows", "gemma2", "middle-window"),
    ("windows", "mistral-windows", "every-window"),
    ("windows", "llama", "short-window"),
    *(("granite-swa", model, "window") for model in ("llama", "llama-scaled", "mistral", "granite")),
    *(("transformers", "llama", plan) for plan in ("spans", "growing", "bits", "grids", "both")),
    *(("transformers", model, "both") for model in ("qwen3", "gemma2", "mistral-windows", "granite", "mixtral", "cohere2", "gpt_oss")),
]


def make(folder, name):
    family, more = MODELS[name]
    torch.manual_seed(3)
    model = AutoModelForCausalLM.from_config(AutoConfig.for_model(family, **(SHAPE | more))).float()
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.ndim > 1:
                parameter.normal_(0, 0.2)
    model.save_pretrained(folder)


def exporter():
    """The tests of attune-export, built."""
    build = ["cargo", "test", "--locked", "-q", "-p", "attune-export", "--test", "export", "--no-run", "--message-format=json"]
    lines = subprocess.run(build, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()
    return [path for line in lines if (path := json.loads(line).get("executable"))][-1]


def main():
    folder, names = Path(sys.argv[1]).resolve(), sys.argv[2:]
    failed, export = [], [exporter(), "folders", "--ignored"]
    for target, model, plan in CASES:
        case = f"{target}.{model}.{plan}"
        if names and not any(name in case for name in names):
            continue
        dense, out, file = folder / model, folder / case, folder / f"{plan}.json"
        if not (dense / "config.json").exists():
            make(dense, model)
        facts = {"name": model, "fingerprint": "0" * 64}
        file.write_text(json.dumps({"format": "attune-plan", "version": 1, "plan": {"edits": PLANS[plan]}, "model": facts}))
        given = {"ATTUNE_MODEL": dense, "ATTUNE_OUT": out, "ATTUNE_PLAN": file, "ATTUNE_TARGET": target}
        subprocess.run(export, env=os.environ | {name: str(value) for name, value in given.items()}, check=True, stdout=subprocess.DEVNULL)
        check = [sys.executable, str(Path(__file__).with_name("check_windows.py")), str(dense), str(out), str(out / "attune-export.json")]
        done = subprocess.run(check, stdout=subprocess.PIPE, text=True)
        print(case, done.stdout.strip() or "failed", flush=True)
        failed += [case] if done.returncode else []
    print(f"failed: {', '.join(failed)}" if failed else "all are as they should be")
    raise SystemExit(1 if failed else 0)


if __name__ == "__main__":
    main()
