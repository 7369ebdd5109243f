#!/usr/bin/env python3
"""Check an export with attention spans or caches in few bits against the dense model with attention of its own.

    python tests/golden/check_windows.py DIR_DENSE DIR_EXPORTED PLAN.json

transformers loads both folders, in float32. In the dense model attention is computed by this file, one head after the other, with what
the plan hides and what is left of keys and values. Prints how far the logits of the export are from it, in one pass and token by token,
and how far from the dense model as it is, which has to be far; of a plan with windows alone also how far the first W positions are from
the dense model (a window of W hides nothing from them), and position W. Exit status 0 when all of that is as it should be.
"""

import argparse
import json
import math
import sys
from pathlib import Path

import torch
from transformers import AttentionInterface, AttentionMaskInterface, AutoModelForCausalLM, logging
from transformers.masking_utils import ALL_MASK_ATTENTION_FUNCTIONS

from reference import quantise

LENGTH = 48
EDITS = {}


def stored(edit, what, rows):
    """What a cache gives back of the keys or values of one head, `[keys, channels]`."""
    bits, grid = edit[what], edit.get({"keys": "key-grid", "values": "value-grid"}[what])
    if bits == 16:
        return rows
    if grid is None:
        return quantise(rows, bits, edit["group-size"], edit.get("shrink-from"))[0]
    sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "python/attune-torch/src"))
    from attune_torch.grids.caches import quantise as of_engine

    return of_engine(grid, rows)


def head(query, key, value, seen, scaling, cap, sink, edits):
    """Attention of one query head; `seen: [queries, keys]` is what the model itself lets queries see."""
    length = len(key)
    i, j = torch.arange(length)[:, None], torch.arange(length)[None]
    key_of, value_of, exact = key, value, torch.ones(length, length, dtype=torch.bool)
    for edit in edits:
        if edit["edit"] == "attention-span":
            tokens = max(1, math.floor(edit["alpha"] + edit["beta"] * length))
            seen = seen & ((j < edit["sink"]) | (i - j < tokens))
        else:
            key_of, value_of = stored(edit, "keys", key), stored(edit, "values", value)
            exact = (j < edit["sink"]) | (j > i - edit["recent"])
    scores = torch.where(exact, query @ key.T, query @ key_of.T) * scaling
    if cap is not None:
        scores = cap * torch.tanh(scores / cap)
    scores = scores.masked_fill(~seen, -math.inf)
    top = scores.max(-1, keepdim=True).values if sink is None else torch.maximum(scores.max(-1, keepdim=True).values, sink)
    weights = torch.exp(scores - top)
    weights = weights / (weights.sum(-1, keepdim=True) + (0 if sink is None else torch.exp(sink - top)))
    return (weights * exact) @ value + (weights * ~exact) @ value_of


def attention(module, query, key, value, mask, scaling, softcap=None, s_aux=None, **_):
    group = query.shape[1] // key.shape[1]
    out = torch.empty(*query.shape[:3], value.shape[-1])
    for item in range(query.shape[0]):
        for number in range(query.shape[1]):
            kv = number // group
            edits = [edit for edit in EDITS.get(module.layer_idx, []) if edit.get("kv-head") in (None, kv)]
            seen = mask[item % len(mask), 0, :, : key.shape[2]] > -1e30
            sink = None if s_aux is None else s_aux[number]
            out[item, number] = head(query[item, number], key[item, kv], value[item, kv], seen, scaling, softcap, sink, edits)
    return out.transpose(1, 2).contiguous(), None


AttentionInterface.register("plain", attention)
AttentionMaskInterface.register("plain", ALL_MASK_ATTENTION_FUNCTIONS["eager"])


def load(folder, **settings):
    model, info = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, output_loading_info=True, **settings)
    problems = [name for name in ("missing_keys", "unexpected_keys", "mismatched_keys") if info[name]]
    assert not problems, f"{folder}: {problems}: {info}"
    return model.eval()


def token_by_token(model, ids):
    cache, logits = None, []
    for place in range(ids.shape[1]):
        given = model(ids[:, place : place + 1], cache=cache, use_cache=True)
        cache = given.cache
        logits.append(given.logits)
    return torch.cat(logits, 1)


@torch.no_grad()
def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("dense", "exported", "plan"):
        parser.add_argument(name)
    args = parser.parse_args()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    edits = json.loads(Path(args.plan).read_text())["plan"]["edits"]
    dense = load(args.dense, attn_implementation="plain")
    exported = load(args.exported, trust_remote_code=True)
    ids = torch.randint(1, dense.config.vocab_size, (2, LENGTH), generator=torch.Generator().manual_seed(1))

    before = dense(ids, use_cache=False).logits
    for edit in edits:
        EDITS.setdefault(edit["layer"], []).append(edit)
    expected = dense(ids, use_cache=False).logits
    found = exported(ids, use_cache=False).logits
    apart = lambda one, other: (one - other).abs().max().item()
    scale = expected.abs().max().item()
    figures = {
        "scale": scale,
        "one_pass": apart(found, expected),
        "token_by_token": apart(token_by_token(exported, ids), expected),
        "from_dense": apart(found, before),
        "agreement": (found.argmax(-1) == expected.argmax(-1)).float().mean().item(),
    }
    # Spans that grow are those of the whole text in one pass only.
    grows = any(edit.get("beta") for edit in edits)
    # A rounding that falls the other way moves a cache by a whole step.
    limit = 1e-4 * scale if all(edit["edit"] == "attention-span" for edit in edits) else 1e-3 * scale
    good = figures["one_pass"] <= limit and figures["from_dense"] > 1e-2 * scale and (grows or figures["token_by_token"] <= limit)
    if all(edit["edit"] == "attention-span" and not edit["sink"] and not grows for edit in edits):
        window = min(math.floor(edit["alpha"]) for edit in edits)
        figures |= {
            "window": window,
            "first_positions": apart(found[:, :window], before[:, :window]),
            "position_w": apart(found[:, window], before[:, window]),
        }
        good = good and figures["first_positions"] <= 1e-4 * scale and figures["position_w"] > 1e-3 * scale
    print(json.dumps(figures))
    raise SystemExit(0 if good else 1)


if __name__ == "__main__":
    main()
