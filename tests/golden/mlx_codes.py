#!/usr/bin/env python3
"""Record how MLX packs the codes of `weight-bits`.

    pip install "mlx[cpu]==0.32.4" numpy && python tests/golden/mlx_codes.py

Codes, scales and minimums are numpy's, in float32, and so are the words: MLX has no function that packs given codes. That
they are the words that MLX reads is checked by `mx.dequantize`, which has to give back the grid.
"""

from pathlib import Path

import mlx.core as mx
import numpy as np

HERE = Path(__file__).parent
ROWS, INPUTS = 3, 128


def through(values, dtype):
    """Rounded to the element type."""
    return np.array(mx.array(values).astype(dtype).astype(mx.float32))


def grid(weights, bits, group, dtype):
    """Codes, scales and minimums of groups of neighbouring inputs, as [outputs, groups, group] and [outputs, groups, 1]."""
    groups = weights.reshape(ROWS, -1, group)
    low, high = groups.min(-1, keepdims=True), groups.max(-1, keepdims=True)
    scale = (high - low) / np.float32(2**bits - 1)
    values = np.clip(np.rint((groups - low) / scale), 0, 2**bits - 1) * scale + low
    # Where these are rounded, the codes are those that come nearest to what was scored.
    low, scale = through(low, dtype), through(scale, dtype)
    codes = np.clip(np.rint((values - low) / scale), 0, 2**bits - 1)
    return codes.astype(np.float32), scale, low


def packed(codes, bits):
    """The codes of each row as one stream of bits, the lowest first, in words of 32."""
    rows = codes.reshape(ROWS, INPUTS, 1).astype(np.uint8)
    stream = np.unpackbits(rows, axis=-1, bitorder="little")[..., :bits].reshape(ROWS, -1)
    return mx.array(np.packbits(stream, axis=-1, bitorder="little").view(np.uint32))


def main():
    random = np.random.default_rng(1)
    weights = random.normal(size=(ROWS, INPUTS)).astype(np.float32)
    weights[1] *= 1e-3
    weights[2, 5] = 40  # an outlier
    tensors = {}
    for name, dtype in {"float32": mx.float32, "bfloat16": mx.bfloat16}.items():
        stored = through(weights, dtype)
        tensors[f"{name}.input"] = mx.array(stored).astype(dtype)
        for bits in (2, 3, 4, 5, 6, 8):
            for group in (32, 64, 128):
                codes, scale, low = grid(stored, bits, group, dtype)
                words = packed(codes, bits)
                scales, biases = (mx.array(x.reshape(ROWS, -1)).astype(dtype) for x in (scale, low))
                back = mx.dequantize(words, scales.astype(mx.float32), biases.astype(mx.float32), group_size=group, bits=bits)
                expected = (codes * scale + low).reshape(ROWS, INPUTS)
                np.testing.assert_allclose(np.array(back), expected, rtol=1e-6, atol=1e-6)
                tensors |= {f"{name}.bits{bits}.group{group}.{part}": value for part, value in (("packed", words), ("scales", scales), ("biases", biases))}
    mx.save_safetensors(str(HERE / "mlx-codes.safetensors"), tensors)
    print(len(tensors), "tensors")


if __name__ == "__main__":
    main()
