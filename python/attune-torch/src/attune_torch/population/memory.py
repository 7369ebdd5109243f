"""How much memory there is, and less at a time where there is not enough."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import torch

P = TypeVar("P")
R = TypeVar("R")

SHARE = 4
"""Share of the free memory that activations take at most when nobody says otherwise: a quarter."""
SMALL = 384 << 20
"""What they take for a small model on the host."""
WEIGHTS = 4
"""How many times its weights they take for a larger one there."""
UNKNOWN = 2 << 30
"""What they take where the free memory cannot be asked."""


def for_activations(device: torch.device, parameters: int) -> int:
    """Bytes for activations when nobody says otherwise. On the host, what is in proportion to the model, within a quarter of
    what is free; elsewhere a quarter of what is free beside the loaded weights."""
    if device.type == "cuda":
        free, _ = torch.cuda.mem_get_info(device)
        return free // SHARE
    if device.type != "cpu":
        return UNKNOWN
    free_host = _kernel("/proc/meminfo", "MemAvailable:")
    wanted = max(SMALL, parameters * 4 * WEIGHTS)
    return min(wanted, UNKNOWN if free_host is None else free_host // SHARE)


def peak(device: torch.device) -> int | None:
    """The most memory that evaluating has taken so far, bytes: of the device, or of this process on the host."""
    if device.type == "cuda":
        return sum(torch.cuda.max_memory_allocated(number) for number in range(torch.cuda.device_count()))
    return _kernel("/proc/self/status", "VmHWM:")


def _kernel(file: str, name: str) -> int | None:
    """A line of a file of the kernel, which counts in KiB."""
    try:
        lines = Path(file).read_text().splitlines()
    except OSError:
        return None
    for line in lines:
        if line.startswith(name):
            return int(line[len(name) :].split()[0]) << 10
    return None


def is_shortage(error: BaseException) -> bool:
    """Whether an exception says that memory ran out."""
    if isinstance(error, (MemoryError, torch.OutOfMemoryError)):
        return True
    # The allocator of the host has no exception of its own.
    return isinstance(error, RuntimeError) and "not enough memory" in str(error)


def halving(plans: Sequence[P], most: int, attempt: Callable[[Sequence[P], int], list[R]]) -> tuple[list[R], int]:
    """Has `attempt` do all `plans` with at most `most` sequences side by side; returns what it gives for each, and what `most`
    has become. When memory runs out: half of the plans, and with a single plan half of the sequences, which stays so for what
    follows. What was done is not done again.

    Raises what `attempt` raises; that memory ran out only where one plan on one sequence is too much.
    """
    while True:
        try:
            return attempt(plans, most), most
        except Exception as error:
            if not is_shortage(error) or (len(plans) <= 1 and most <= 1):
                raise
        # Outside of the handler, whose traceback keeps tensors alive.
        if len(plans) > 1:
            middle = len(plans) // 2
            one, most = halving(plans[:middle], most, attempt)
            other, most = halving(plans[middle:], most, attempt)
            return one + other, most
        most //= 2
