"""Where it runs, and what decides the last digits of scores: the latter is part of the key under which they are kept."""

from __future__ import annotations

import torch

from . import describe
from .outline import Outline

STACKED = "sequences stacked: in other company scores differ by up to 1e-3 of their size"
ALONE = "one sequence at a time"


def numerics(device: torch.device, outline: Outline) -> str:
    """Libraries, element type, device and how products are summed, in one line."""
    options = outline.options
    dtype: str = options.dtype
    if dtype == "auto":
        dtype = str(getattr(outline.config, "dtype", None) or "auto").removeprefix("torch.")
    known = [describe.numerics(), dtype, f"{options.attention} attention"]
    if options.device_map != "one":
        known.append(f"device-map {options.device_map}")
    if device.type == "cpu":
        # Products are cut among threads, and sums with them.
        kernels = torch.backends.cpu.get_cpu_capability()
        known += [f"cpu {kernels}", f"{torch.get_num_threads()} threads", ALONE]
    else:
        known += [device_name(device, options), STACKED]
    return ", ".join(known)


def device_name(device: torch.device, options: describe.Options) -> str:
    """Where it runs, for people."""
    if device.type != "cuda":
        return str(device)
    count = 1 if options.device_map == "one" else torch.cuda.device_count()
    where = str(device) if count == 1 else f"{count} × cuda"
    return f"{where} ({torch.cuda.get_device_name(device)}, CUDA {torch.version.cuda})"
