"""Random plans of tiny-moe and what the native evaluator scores them, as `native.json`.

python make_native.py plans > asked.json cargo run -p attune-tests --example plan_scores -- models/tiny-moe
models/tiny-moe/data/prose 3 64 < asked.json > found.json python make_native.py join asked.json found.json >
native.json

Values are kept with nine digits. The first items of `prose.selection.txt` are read again by whoever compares;
their `perplexity` says whether they are the same.
"""

from __future__ import annotations

import json
import random
import sys
from typing import Any

SEED = 17
PLANS = 80
LAYERS, HEADS, CHANNELS, EXPERTS, CHOSEN = 6, 2, 32, 8, 2
INPUTS = {"q": 128, "k": 128, "v": 128, "o": 128, "gate": 128, "up": 128, "down": 192}

Edit = dict[str, Any]


def kv_bits(draw: random.Random, layer: int) -> list[Edit]:
    """Of a whole layer, or of some of its heads."""
    edits = []
    for head in draw.choice([[None], [0], [1], [0, 1]]):
        shrink = draw.choice([None, None, 8, 16])
        levels = (
            [1, 2, 3, 4, 5, 6, 7, 8, 16]
            if shrink is None
            else [bits for bits in (1, 2, 4, 8) if bits <= shrink] + [16]
        )
        edit = {
            "edit": "kv-bits",
            "layer": layer,
            "keys": draw.choice(levels),
            "values": draw.choice(levels),
            "group-size": draw.choice([8, 16, 32]),
            "sink": draw.choice([0, 0, 1, 4, 70]),
            "recent": draw.choice([0, 1, 8, 33]),
        }
        if head is not None:
            edit["kv-head"] = head
        if draw.random() < 0.4:
            edit["smoothing"] = draw.choice([0.25, 0.5, 0.85, 1.0])
        if shrink is not None:
            edit["shrink-from"] = shrink
        edits.append(edit)
    return edits


def attention_span(draw: random.Random, layer: int) -> list[Edit]:
    return [
        {
            "edit": "attention-span",
            "layer": layer,
            "kv-head": head,
            "sink": draw.choice([0, 2, 4]),
            "alpha": draw.choice([-3.0, 4.0, 16.5]),
            "beta": draw.choice([0.0, 0.125, 0.3]),
        }
        for head in draw.choice([[0], [1], [0, 1]])
    ]


def matrix(draw: random.Random, rows: int, shape: str) -> list[float]:
    """`rows` rows over the experts: one of them each, a mean of two, or numbers of any sign."""
    found = []
    for _ in range(rows):
        row = [0.0] * EXPERTS
        if shape == "one-hot":
            row[draw.randrange(EXPERTS)] = 1.0
        elif shape == "mean":
            for expert in draw.sample(range(EXPERTS), 2):
                row[expert] = 0.5
        else:
            row = [round(draw.gauss(0.2, 0.5), 3) for _ in range(EXPERTS)]
        found += row
    return found


def experts(draw: random.Random, layer: int) -> list[Edit]:
    """Any combination that is allowed in one layer."""
    shapes = ["one-hot", "mean", "any"]
    which, rows = draw.choice(["keep", "merge", "route", "both", "count"]), EXPERTS
    edits: list[Edit] = []
    left = EXPERTS
    if which == "keep":
        left = draw.randint(2, EXPERTS - 1)
        edits.append(
            {"edit": "keep-experts", "layer": layer, "experts": sorted(draw.sample(range(EXPERTS), left))}
        )
    if which == "both":
        left = rows = draw.randint(2, EXPERTS)
    if which in ("merge", "both"):
        edits.append(
            {
                "edit": "merge-experts",
                "layer": layer,
                "rows": rows,
                "matrix": matrix(draw, rows, draw.choice(shapes)),
            }
        )
    if which in ("route", "both"):
        edits.append(
            {
                "edit": "route-experts",
                "layer": layer,
                "rows": rows,
                "matrix": matrix(draw, rows, draw.choice(shapes)),
            }
        )
    if which == "count" or draw.random() < 0.3:
        # Matrices need as many rows as the model chooses experts.
        edits.append({"edit": "experts-per-token", "layer": layer, "count": draw.randint(1, left)})
    return edits


def weight_bits(draw: random.Random, layer: int) -> list[Edit]:
    module = draw.choice(list(INPUTS))
    edit = {
        "edit": "weight-bits",
        "layer": layer,
        "module": module,
        "bits": draw.choice([2, 3, 4, 8]),
        "group-size": draw.choice([32, 64, INPUTS[module]]),
    }
    if module in ("gate", "up", "down") and draw.random() < 0.4:
        edit["expert"] = draw.randrange(EXPERTS)
    return [edit]


def activation_bits(draw: random.Random, layer: int) -> list[Edit]:
    edit = {
        "edit": "activation-bits",
        "layer": layer,
        "bits": draw.choice([4, 6, 8]),
        "range": draw.choice(["token", "tensor"]),
        "grid": draw.choice(["affine", "symmetric"]),
    }
    if draw.random() < 0.5:
        edit["module"] = draw.choice(list(INPUTS))
    return [edit]


def drop_block(draw: random.Random, layer: int) -> list[Edit]:
    part = draw.choice([None, "attention", "feed-forward"])
    return [{"edit": "drop-block", "layer": layer} | ({} if part is None else {"part": part})]


KINDS = [kv_bits, kv_bits, attention_span, experts, experts, weight_bits, activation_bits, drop_block]


def plan(draw: random.Random) -> list[Edit]:
    """Up to four layers of edits, none twice in one place."""
    edits: list[Edit] = []
    for layer in sorted(draw.sample(range(LAYERS), draw.randint(1, 3))):
        for kind in draw.sample(KINDS, draw.choice([1, 1, 2])):
            new = kind(draw, layer)
            known = {edit["edit"] for edit in edits if edit["layer"] == layer}
            fresh = {edit["edit"] for edit in new}
            both = known | fresh
            merged = "merge-experts" in both and "weight-bits" in both
            if not known & fresh and not merged and not (known & MIXED and fresh & MIXED):
                edits += new
    return edits


MIXED = {"keep-experts", "merge-experts", "route-experts", "experts-per-token"}

SIGNALS = [
    {"name": "expert-frequency"},
    {"name": "expert-soft-activation"},
    {"name": "expert-reconstruction"},
    {"name": "block-influence"},
    {"name": "attention-influence", "args": {"loss": "text"}},
    {"name": "attention-influence", "args": {"loss": "answers", "sink": 2}},
    {"name": "kv-quantisation-error", "args": {"bits": [2, 4]}},
    {
        "name": "kv-quantisation-error",
        "args": {"bits": [3], "loss": "answers", "group-size": 8, "sink": 4, "recent": 8},
    },
]


def main() -> None:
    if sys.argv[1] == "plans":
        draw = random.Random(SEED)
        json.dump({"plans": [[]] + [plan(draw) for _ in range(PLANS)], "signals": SIGNALS}, sys.stdout)
        return
    asked, found = (json.load(open(file, encoding="utf-8")) for file in sys.argv[2:4])
    short = lambda values: [float(f"{value:.9g}") for value in values]  # noqa: E731
    plans = []
    for edits, scores in zip(asked["plans"], found["scores"], strict=True):
        plans.append({"plan": edits, **{name: short(values) for name, values in scores.items()}})
    signals = [
        {**wanted, **signal, "values": short(signal["values"])}
        for wanted, signal in zip(asked["signals"], found["signals"], strict=True)
    ]
    lines = ",\n".join(json.dumps(each) for each in plans)
    signal_lines = ",\n".join(json.dumps(each) for each in signals)
    print(f'{{"items": 3, "length": 64, "plans": [\n{lines}\n], "signals": [\n{signal_lines}\n]}}')


if __name__ == "__main__":
    main()
