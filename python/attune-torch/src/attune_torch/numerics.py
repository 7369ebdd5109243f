"""What decides the last digits of scores: part of the key under which they are kept."""

from __future__ import annotations

import torch

DEVICE_TOLERANCE = "in other company scores differ by up to 1e-3 of their size"


def numerics(device: torch.device, dtype: torch.dtype) -> str:
    """Library, element type, device and how products are summed, in one line."""
    name = str(dtype).removeprefix("torch.")
    library = f"torch {torch.__version__.split('+')[0]} {name}"
    if device.type == "cuda":
        cuda = torch.version.cuda or torch.version.hip or "unknown"
        return f"{library}, cuda {cuda} on {torch.cuda.get_device_name(device)}, sequences stacked: {DEVICE_TOLERANCE}"
    if device.type != "cpu":
        return f"{library}, {device.type}, sequences stacked: {DEVICE_TOLERANCE}"
    # Products are cut among threads, and sums with them.
    kernels = torch.backends.cpu.get_cpu_capability()
    return f"{library}, cpu {kernels}, {torch.get_num_threads()} threads, one sequence at a time"
