#!/usr/bin/env python3
"""Record what `kv-bits` gained: single heads, smoothed keys, codes that shrink.

    python tests/golden/kv_variants.py --model models/tiny-moe

`kv-variants.safetensors` is the quantiser alone, in numpy; `tiny-moe-kv.*` are whole models, from reference.py. The
windows are random tokens; of 24, each case takes the one whose discrete decisions are clearest, as tiny_moe.py does.
"""

import argparse
import hashlib
import json
from pathlib import Path

import numpy
import torch
from safetensors.numpy import save_file as save_arrays
from safetensors.torch import save_file

from reference import Reference

HERE = Path(__file__).resolve().parent
LENGTH = 48
STRIDE = 8


def kv(layer, keys, values, group_size, sink, recent, **more):
    edit = {"edit": "kv-bits", "layer": layer, "keys": keys, "values": values, "group-size": group_size, "sink": sink, "recent": recent}
    return edit | {name.replace("_", "-"): value for name, value in more.items()}


CASES = {
    "heads-apart": [kv(0, 2, 4, 16, 4, 16, kv_head=0), kv(0, 4, 2, 32, 2, 8, kv_head=1), kv(3, 3, 16, 8, 0, 0, kv_head=1)],
    "smoothed": [kv(1, 2, 16, 32, 4, 16, smoothing=0.65), kv(4, 3, 4, 32, 0, 8, smoothing=1.0, kv_head=0)],
    "shrunk": [kv(0, 4, 2, 32, 4, 16, shrink_from=16), kv(2, 2, 16, 16, 0, 0, shrink_from=8)],
    "everything": [kv(layer, 4, 2, 32, 4, 16, smoothing=0.05 + 0.15 * layer, shrink_from=16, kv_head=layer % 2) for layer in range(6)],
}


def quantise(rows, scales, from_bits, bits, size):
    """One row after the other, one group after the other, codes as whole numbers."""
    out = numpy.empty_like(rows)
    for number, row in enumerate(rows / scales):
        for first in range(0, len(row), size):
            group = row[first : first + size]
            low, step = group.min(), (group.max() - group.min()) / numpy.float32(2**from_bits - 1)
            if step == 0:
                out[number, first : first + size] = group
                continue
            codes, width = numpy.rint((group - low) / step).astype(numpy.int64), from_bits
            while width > bits:
                width //= 2
                codes = ((2 ** (2 * width) - 2**width + 1) * (codes + 2 ** (width - 1))) >> (3 * width)
                step = step * numpy.float32(2**width + 1)
            out[number, first : first + size] = codes.astype(numpy.float32) * step + low
    return out * scales


def record_quantiser():
    random = numpy.random.default_rng(11)
    rows = random.standard_normal((6, 32)).astype(numpy.float32)
    rows[1] = 0.75
    rows[2, ::5] *= 8  # channels that are large in every row are what smoothing is for
    rows[:, 3] *= 6
    half = numpy.maximum(numpy.abs(rows[:, :16]).max(0), numpy.abs(rows[:, 16:]).max(0))
    scales = numpy.tile(half ** numpy.float32(0.6), 2).astype(numpy.float32)
    arrays = {"input": rows, "scales": scales}
    for from_bits, bits in [(16, 2), (16, 8), (8, 4), (4, 4)]:
        for name, by in [("", numpy.ones(32, numpy.float32)), (".smooth", scales)]:
            for size in (8, 16, 32):
                arrays[f"shrink{from_bits}.bits{bits}{name}.group{size}"] = quantise(rows, by, from_bits, bits, size)
    save_arrays(arrays, HERE / "kv-variants.safetensors")


@torch.no_grad()
def record(model):
    sha = hashlib.sha256((model / "model.safetensors").read_bytes()).hexdigest()
    single, double = Reference(model), Reference(model, torch.float64)
    vocab = single.config["vocab_size"]
    torch.set_num_threads(1)
    torch.manual_seed(3)
    candidates = [torch.randint(vocab, (LENGTH,)) for _ in range(24)]
    tensors, cases = {}, []
    for name, edits in CASES.items():
        best = None
        for ids in candidates:
            single.logits(ids, edits)
            score = min(single.margins["router"], single.margins["rounding"])
            if best is None or score > best[0]:
                best = (score, ids, dict(single.margins))
        _, ids, margins = best
        logits, exact = single.logits(ids, edits), double.logits(ids, edits)
        noise = (logits - exact).abs().max().item()
        effect = (logits - single.logits(ids)).abs().max().item()
        assert noise < 1e-4, f"{name}: float32 and float64 differ by {noise}"
        assert effect > 0.05, f"{name}: the edit changes nothing"
        tensors |= {
            f"{name}.input_ids": ids[None],
            f"{name}.logits_every_{STRIDE}": logits[None, :, ::STRIDE].contiguous(),
            f"{name}.logsumexp": logits.logsumexp(-1)[None],
        }
        cases.append({"name": name, "edits": edits, "margins": margins, "float32_vs_float64": noise, "max_change_from_dense": effect})
        print(f"{name:12} margins {margins} noise {noise:.1e} effect {effect:.2f}")
    save_file(tensors, HERE / "tiny-moe-kv.safetensors")
    record = {"model_sha256": sha, "column_stride": STRIDE, "cases": cases}
    (HERE / "tiny-moe-kv.json").write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="models/tiny-moe")
    record_quantiser()
    record(Path(parser.parse_args().model))
