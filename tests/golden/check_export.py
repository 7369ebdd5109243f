#!/usr/bin/env python3
"""Check an exported, pruned Mixtral folder against the dense model with a masked router.

    python tests/golden/check_export.py DIR_DENSE DIR_EXPORTED PLAN.json

Both folders are loaded by transformers as ordinary checkpoints, in float32. In the dense model the
router logits of dropped experts become -inf before the softmax. If the export folds the plan
exactly, the logits agree. Exit status 0 when max |difference| <= 1e-4, else 1.
"""

import argparse
import json
import types
from pathlib import Path

import torch
from tokenizers import Tokenizer
from transformers import AutoModelForCausalLM

TOLERANCE = 1e-4


def keep_experts(document):
    """The keep-experts edits of a plan file, as {layer: experts}."""
    edits = document["plan"]["edits"]
    return {edit["layer"]: edit["experts"] for edit in edits if edit["edit"] == "keep-experts"}


def load(folder):
    model, info = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager", output_loading_info=True)
    problems = [name for name in ("missing_keys", "unexpected_keys", "mismatched_keys") if info[name]]
    assert not problems, f"{folder}: {problems}: {info}"
    return model.eval()


def mask_router(router, kept):
    """Replace the forward of one router (it returns logits, weights and expert numbers)."""

    def forward(self, hidden):
        logits = hidden.reshape(-1, hidden.shape[-1]) @ self.weight.T
        dropped = [e for e in range(logits.shape[1]) if e not in kept]
        logits[:, dropped] = -torch.inf
        top, chosen = logits.softmax(-1).topk(self.top_k, dim=-1)
        return logits, top / top.sum(-1, keepdim=True), chosen

    router.forward = types.MethodType(forward, router)


def inputs(folder, vocabulary):
    """Random ids reach every token; real text, where the folder has some, routes as in use."""
    rows = torch.randint(0, vocabulary, (4, 64), generator=torch.Generator().manual_seed(1))
    for text in sorted((Path(folder) / "data").glob("*.report.txt")):
        ids = Tokenizer.from_file(str(Path(folder) / "tokenizer.json")).encode(text.read_text(encoding="utf-8")[:2000]).ids
        if len(ids) >= 64:
            rows = torch.cat([rows, torch.tensor([ids[:64]])])
    return rows


@torch.no_grad()
def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dense")
    parser.add_argument("exported")
    parser.add_argument("plan")
    args = parser.parse_args()

    kept = keep_experts(json.loads(Path(args.plan).read_text()))
    assert kept, f"{args.plan} holds no keep-experts edit"
    dense, exported = load(args.dense), load(args.exported)
    layers = dense.model.layers
    for number, layer in enumerate(exported.model.layers):
        rows = layer.mlp.gate.weight.shape[0]
        expected = len(kept.get(number, range(layers[number].mlp.gate.weight.shape[0])))
        assert rows == expected, f"layer {number}: the export holds {rows} experts, the plan keeps {expected}"

    ids = inputs(args.dense, dense.config.vocab_size)
    untouched = dense(ids).logits
    for number, experts in kept.items():
        mask_router(layers[number].mlp.gate, experts)
    expected = dense(ids).logits
    difference = (exported(ids).logits - expected).abs().max().item()
    print(json.dumps({"max_difference": difference, "tolerance": TOLERANCE, "max_change_by_plan": (expected - untouched).abs().max().item(), "layers": len(kept), "sequences": len(ids)}))
    raise SystemExit(0 if difference <= TOLERANCE else 1)


if __name__ == "__main__":
    main()
