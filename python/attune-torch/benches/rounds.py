"""Works that are timed in turn, so that what else the machine does meets all of them alike."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import torch

Clock = Literal["wall", "processor"]
CLOCKS: tuple[Clock, Clock] = ("wall", "processor")


@dataclass(frozen=True)
class Spent:
    """Seconds of the wall, and of all threads of this process."""

    wall: float
    processor: float

    def by(self, clock: Clock) -> float:
        return self.wall if clock == "wall" else self.processor


def timed(work: Callable[[], object], device: torch.device) -> Spent:
    """What a work takes, until the device has done it."""
    _finish(device)
    wall, processor = time.perf_counter(), time.process_time()
    work()
    _finish(device)
    return Spent(time.perf_counter() - wall, time.process_time() - processor)


def in_turn(works: Mapping[str, Callable[[], object]], rounds: int, device: torch.device) -> dict[str, list[Spent]]:
    """Every work once in each round."""
    found: dict[str, list[Spent]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            found[name].append(timed(work, device))
    return found


def median(spent: list[Spent], clock: Clock) -> float:
    return statistics.median(one.by(clock) for one in spent)


def ratio(base: list[Spent], spent: list[Spent], clock: Clock) -> tuple[float, float, float]:
    """How many times faster than `base`, round by round: lower quartile, median, upper quartile."""
    found = sorted(one.by(clock) / max(other.by(clock), 1e-9) for one, other in zip(base, spent, strict=True))
    if len(found) == 1:
        return found[0], found[0], found[0]
    low, middle, high = statistics.quantiles(found, n=4, method="inclusive")
    return low, middle, high


def _finish(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
