"""Number grids against what the engines' own code made of the same numbers, which the native evaluator is tested against too
(`tests/golden/number_grids.py`)."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from attune_torch.grids.cache_grid import Grid
from attune_torch.grids import GRIDS
from attune_torch.grids.caches import CACHES

GOLDEN = Path(__file__).parents[4] / "tests" / "golden"
RECORDED = {
    file: load_file(GOLDEN / f"{file}.safetensors") for file in ("gguf-grids", "compressed-tensors-grids")
}
CASES = [(file, name) for file, tensors in RECORDED.items() for name in tensors if name != "input"]


def test_every_grid_was_recorded() -> None:
    assert {name.split(".")[0] for _, name in CASES} == set(GRIDS)


@pytest.mark.parametrize("name", CACHES)
def test_caches_hold_what_was_recorded(name: str) -> None:
    recorded = load_file(GOLDEN / "cache-grids.safetensors")
    grid = Grid(CACHES[name][0], 32, engine=name)
    assert torch.equal(grid.quantised(recorded["input"]), recorded[name])
    # As keys come: items, heads, tokens, channels.
    stacked = recorded["input"].reshape(2, 3, 2, 64)
    assert torch.equal(grid.quantised(stacked).reshape(12, 64), recorded[name])


@pytest.mark.parametrize("file, name", CASES)
def test_numbers_are_those_of_the_engine_to_the_bit(file: str, name: str) -> None:
    weights = RECORDED[file]["input"]
    grid, *rest = name.split(".")
    numbers = {part.rstrip("0123456789"): int(part.lstrip("bitsgroup")) for part in rest}
    known = GRIDS[grid]
    own = known.group if isinstance(known.group, int) else weights.shape[1]
    bits, group = numbers.get("bits", known.bits[0]), numbers.get("group", own)
    assert known.refusal(grid, bits, group, weights.shape[1]) is None
    found = known.quantise(weights, bits, group)
    assert torch.equal(found, RECORDED[file][name])
    assert not torch.equal(found, weights)
