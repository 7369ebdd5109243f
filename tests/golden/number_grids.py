#!/usr/bin/env python3
"""Record what engines make of numbers in few bits, with the engines' own code: the goldens of `grid` of `weight-bits`.

    pip install gguf==0.19.0 numpy
    pip download --no-deps --no-binary llama-cpp-python llama-cpp-python==0.3.36 && tar xzf llama_cpp_python-0.3.36.tar.gz
    python tests/golden/number_grids.py gguf llama_cpp_python-0.3.36/vendor/llama.cpp/ggml
    pip install torch compressed-tensors==0.20.1
    python tests/golden/number_grids.py compressed-tensors
    python tests/golden/number_grids.py packed

    pip install ml_dtypes==0.6.0
    python tests/golden/number_grids.py cache

The first writes `gguf-blocks.safetensors`: what llama.cpp's reference quantisers store, compiled here by gcc without contracting
products and sums; and `gguf-grids.safetensors`: the same read back by the package `gguf`. Where that quantises, too, both have to
make the same bytes. The second writes
`compressed-tensors-grids.safetensors`: what that library quantises to and
reads back, its scales included. Both quantise the same `input`.
The third writes `compressed-tensors-packed.safetensors`: the tensors that the same library stores for some of these numbers.
The fourth writes `cache-grids.safetensors`: what is left of keys and values, by `gguf` and by `ml_dtypes`.
"""

import ctypes
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from weight_bits import write

HERE = Path(__file__).resolve().parent
GGUF = ["Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "Q2_K", "Q3_K", "Q4_K", "Q5_K", "Q6_K"]
WHOLE = [2, 3, 4, 5, 6, 8]


def rows():
    """[12, 512]: ordinary weights, and rows that quantisers stumble over."""
    draw = np.random.default_rng(18)
    values = (draw.standard_normal((12, 512)) * 0.04).astype(np.float32)
    values[1] *= 1000
    values[2] = np.abs(values[2])
    values[3] = -np.abs(values[3]) - np.float32(0.01)
    values[4, ::37] *= 20
    values[5] = 0
    values[6] = np.float32(0.75)
    values[7, 32:] = 0
    # Ties: whole and half numbers, the same numbers with both signs, and numbers of 8 significant bits.
    values[8] = draw.integers(-16, 17, 512) / np.float32(2)
    values[9] = np.where(np.arange(512) % 2, -1, 1) * values[9, np.arange(512) // 2]
    values[10] = (values[10].view(np.uint32) & 0xFFFF0000).view(np.float32)
    values[11] *= np.float32(1e-6)
    return values


def gguf(sources):
    from gguf import GGML_QUANT_SIZES, GGMLQuantizationType, quants

    values, tensors, blocks = rows(), {}, {}
    with tempfile.TemporaryDirectory() as folder:
        library = f"{folder}/quants.so"
        source, headers = Path(sources) / "src", Path(sources) / "include"
        flags = ["-O2", "-ffp-contract=off", "-fPIC", "-shared", "-Wl,--unresolved-symbols=ignore-all"]
        command = ["gcc", *flags, f"-I{source}", f"-I{headers}", str(source / "ggml-quants.c"), "-o", library, "-lm"]
        subprocess.run(command, check=True)
        engine = ctypes.CDLL(library, mode=os.RTLD_LAZY)
    for name in GGUF:
        kind = GGMLQuantizationType[name]
        block, size = GGML_QUANT_SIZES[kind]
        stored = np.zeros(values.size // block * size, np.uint8)
        quantise = getattr(engine, f"quantize_row_{name.replace('Q', 'q')}_ref")
        quantise(values.ctypes.data_as(ctypes.c_void_p), stored.ctypes.data_as(ctypes.c_void_p), ctypes.c_int64(values.size))
        if "K" not in name:  # the package reads these and does not make them
            assert np.array_equal(quants.quantize(values, kind).reshape(-1), stored), name
        blocks[name.lower()] = stored.reshape(len(values), -1)
        tensors[name.lower()] = quants.dequantize(blocks[name.lower()], kind).astype(np.float32)
    write(HERE / "gguf-blocks.safetensors", blocks)
    return tensors


def compressed_tensors():
    import torch
    from compressed_tensors.quantization import QuantizationArgs, fake_quantize
    from compressed_tensors.quantization.utils import calculate_qparams, generate_gparam

    values, tensors = torch.from_numpy(rows()), {}

    def made(groups, whole=None, **args):
        """With scales of the last axis of `groups`."""
        args = QuantizationArgs(**args)
        scale, zero = calculate_qparams(groups.amin(-1), groups.amax(-1), args, global_scale=whole)
        return fake_quantize(values, scale, zero, args, global_scale=whole).numpy()

    for group in [32, 128, 512]:
        for bits in WHOLE:
            for name, symmetric in [("symmetric", True), ("affine-int", False)]:
                args = {"num_bits": bits, "symmetric": symmetric, "strategy": "group", "group_size": group}
                tensors[f"{name}.bits{bits}.group{group}"] = made(values.unflatten(-1, (-1, group)), **args)
    eight = {"num_bits": 8, "type": "float", "symmetric": True}
    tensors["fp8-e4m3-tensor"] = made(values.flatten(), **eight, strategy="tensor")
    tensors["fp8-e4m3-channel"] = made(values.unsqueeze(1), **eight, strategy="channel")
    blocks = values.unflatten(-1, (4, 128)).transpose(0, 1).flatten(1)[None]
    tensors["fp8-e4m3-block"] = made(blocks, **eight, strategy="block", block_structure=[128, 128])
    four = {"num_bits": 4, "type": "float", "symmetric": True}
    args = {**four, "strategy": "group", "group_size": 32, "scale_dtype": torch.uint8, "zp_dtype": torch.uint8}
    tensors["mxfp4"] = made(values.unflatten(-1, (-1, 32)), **args)
    args = {**four, "strategy": "tensor_group", "group_size": 16}
    args |= {"scale_dtype": torch.float8_e4m3fn, "zp_dtype": torch.float8_e4m3fn}
    whole = generate_gparam(values.amin(), values.amax())
    tensors["nvfp4"] = made(values.unflatten(-1, (-1, 16)), whole, **args)
    return tensors


def schemes():
    """Name, bits and group of each grid with what the library calls it, and the blocks that share a scale."""
    for group in [32, 256]:
        strategy = {"strategy": "group", "group_size": group} if group == 32 else {"strategy": "channel"}
        for bits in WHOLE:
            for name, symmetric in [("symmetric", True), ("affine-int", False)]:
                yield f"{name}.bits{bits}.group{group}", "pack-quantized", {"num_bits": bits, "symmetric": symmetric, **strategy}, group
    eight = {"num_bits": 8, "type": "float", "symmetric": True}
    yield "fp8-e4m3-tensor.bits8.group256", "float-quantized", {**eight, "strategy": "tensor"}, None
    yield "fp8-e4m3-channel.bits8.group256", "float-quantized", {**eight, "strategy": "channel"}, 256
    yield "fp8-e4m3-block.bits8.group128", "float-quantized", {**eight, "strategy": "block", "block_structure": [128, 128]}, 128
    import torch

    four = {"num_bits": 4, "type": "float", "symmetric": True}
    args = {**four, "strategy": "group", "group_size": 32, "scale_dtype": torch.uint8, "zp_dtype": torch.uint8}
    yield "mxfp4.bits4.group32", "mxfp4-pack-quantized", args, 32
    args = {**four, "strategy": "tensor_group", "group_size": 16}
    args |= {"scale_dtype": torch.float8_e4m3fn, "zp_dtype": torch.float8_e4m3fn}
    yield "nvfp4.bits4.group16", "nvfp4-pack-quantized", args, 16


def packed():
    """What is stored for [12, 256], once with scales in float32 and once in bfloat16, of numbers that were quantised in float32."""
    import torch
    from compressed_tensors.compressors import BaseCompressor
    from compressed_tensors.quantization import QuantizationArgs, QuantizationScheme, fake_quantize
    from compressed_tensors.quantization.utils import calculate_qparams, generate_gparam
    from safetensors.torch import save_file

    # All of these are bfloat16 numbers.
    values = torch.from_numpy(np.ascontiguousarray(rows()[:, :256])).bfloat16().float()
    tensors = {"input": values}
    for name, format, args, group in schemes():
        args = QuantizationArgs(**args)
        whole = generate_gparam(values.amin(), values.amax()) if args.strategy == "tensor_group" else None
        if args.strategy == "block":
            groups = values.unflatten(-1, (-1, group)).transpose(0, 1).flatten(1)[None]
        else:
            groups = values.flatten() if group is None else values.unflatten(-1, (-1, group))
        scale, zero = calculate_qparams(groups.amin(-1), groups.amax(-1), args, global_scale=whole)
        scored = fake_quantize(values, scale, zero, args, global_scale=whole)
        own = args.scale_dtype is None and args.strategy != "block"
        for kind in [torch.float32, torch.bfloat16] if own else [torch.float32]:
            stored = scale.to(kind).float()
            state = {"weight": values if kind == torch.float32 else scored, "weight_scale": stored}
            # With a zero point that is 0, the library would forget the sign of a number that is rounded to 0.
            state |= {} if args.symmetric else {"weight_zero_point": zero}
            state |= {"weight_global_scale": whole} if whole is not None else {}
            scheme = QuantizationScheme(targets=["any"], weights=args, format=format)
            made = BaseCompressor.get_value_from_registry(format).compress(state, scheme)
            made["weight_scale"] = made["weight_scale"].to(kind) if own else made["weight_scale"]
            for part, tensor in made.items():
                tensors[f"{name}.{str(kind).removeprefix('torch.')}.{part}"] = tensor.contiguous()
    save_file(tensors, HERE / "compressed-tensors-packed.safetensors")
    print("compressed-tensors-packed", len(tensors))


def cache():
    """[12, 64]: the channels of tokens."""
    import ml_dtypes
    from gguf import GGMLQuantizationType, quants

    values, tensors = np.ascontiguousarray(rows()[:, :64]), {}
    tensors["fp8-e4m3"] = np.clip(values, -448, 448).astype(ml_dtypes.float8_e4m3fn).astype(np.float32)
    for name in ["Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0"]:
        kind = GGMLQuantizationType[name]
        tensors[name.lower()] = quants.dequantize(quants.quantize(values, kind), kind).astype(np.float32)
    write(HERE / "cache-grids.safetensors", {"input": values, **tensors})


def main():
    if sys.argv[1] in ("cache", "packed"):
        return {"cache": cache, "packed": packed}[sys.argv[1]]()
    made = gguf(sys.argv[2]) if sys.argv[1] == "gguf" else compressed_tensors()
    name = f"{sys.argv[1]}-grids"
    write(HERE / f"{name}.safetensors", {"input": rows(), **made})
    print(name, len(made))


if __name__ == "__main__":
    main()
