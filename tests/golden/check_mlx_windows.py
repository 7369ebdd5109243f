#!/usr/bin/env python3
"""Check an export with sliding windows for MLX against the dense model with masks of its own.

    pip install "mlx[cpu]" mlx-lm && python tests/golden/check_mlx_windows.py DIR_DENSE DIR_EXPORTED PLAN.json

mlx-lm loads both folders. In the dense model each layer gets a mask that this file makes of the plan. Prints how far the logits of the
export are from it, in one pass and token by token, and from the dense model as it is, which has to be far; how far the first W positions
are from the dense model (a window of W hides nothing from them), and position W. Exit status 0 when all of that is as it should be.
"""

import argparse
import json
import math
from pathlib import Path

import mlx.core as mx
import numpy as np
from mlx_lm.models.cache import make_prompt_cache
from mlx_lm.utils import load_model

LENGTH = 48


def masked(model, ids, windows):
    """Logits of the dense model, whose layers see as many tokens as `windows` says, or all."""
    i, j = np.arange(LENGTH)[:, None], np.arange(LENGTH)[None]
    hidden = model.model.embed_tokens(ids)
    for number, layer in enumerate(model.model.layers):
        seen = (j <= i) & (i - j < windows.get(number, math.inf))
        hidden = layer(hidden, mx.array(np.where(seen, 0, -np.inf).astype(np.float32)))
    hidden = model.model.norm(hidden)
    return np.array(model.model.embed_tokens.as_linear(hidden) if model.args.tie_word_embeddings else model.lm_head(hidden))


def token_by_token(model, ids):
    cache = make_prompt_cache(model)
    return np.concatenate([np.array(model(ids[:, place : place + 1], cache=cache)) for place in range(LENGTH)], 1)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("dense", "exported", "plan"):
        parser.add_argument(name)
    args = parser.parse_args()
    edits = json.loads(Path(args.plan).read_text())["plan"]["edits"]
    windows = {edit["layer"]: math.floor(edit["alpha"]) for edit in edits}
    (exported, _), (dense, _) = load_model(Path(args.exported)), load_model(Path(args.dense))
    exported.set_dtype(mx.float32)
    dense.set_dtype(mx.float32)
    ids = mx.array(np.random.default_rng(1).integers(0, dense.args.vocab_size, (2, LENGTH)))
    before, expected, found = np.array(dense(ids)), masked(dense, ids, windows), np.array(exported(ids))
    apart = lambda one, other: float(np.abs(one - other).max())
    scale, window = float(np.abs(expected).max()), min(windows.values())
    figures = {
        "scale": scale,
        "one_pass": apart(found, expected),
        "token_by_token": apart(token_by_token(exported, ids), expected),
        "from_dense": apart(found, before),
        "window": window,
        "first_positions": apart(found[:, :window], before[:, :window]),
        "position_w": apart(found[:, window], before[:, window]),
    }
    print(json.dumps(figures))
    near = max(figures["one_pass"], figures["token_by_token"], figures["first_positions"])
    raise SystemExit(0 if near <= 1e-4 * scale and figures["from_dense"] > 1e-2 * scale and figures["position_w"] > 1e-3 * scale else 1)


if __name__ == "__main__":
    main()
