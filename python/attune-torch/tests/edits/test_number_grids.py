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


@pytest.mark.parametrize("name", CACHES)
def test_interleaved_blocks_hold_channels_of_both_halves_by_turns(name: str) -> None:
    rows = load_file(GOLDEN / "cache-grids.safetensors")["input"]
    places = torch.arange(64).view(2, 32).t().flatten()
    assert places[:4].tolist() == [0, 32, 1, 33]
    # What the engine stores, which has the channels in that order.
    stored = Grid(CACHES[name][0], 32, engine=name).quantised(rows[:, places])
    found = Grid(CACHES[name][0], 32, engine=name, interleaved=True).quantised(rows)
    assert torch.equal(found[:, places], stored)
    own = Grid(CACHES[name][0], 32, engine=name).quantised(rows)
    # Numbers of fp8 have no blocks.
    assert torch.equal(found, own) == (name == "fp8-e4m3")


def test_scales_of_interleaved_keys_belong_to_channels() -> None:
    scales = torch.tensor([1.0, 2.0, 4.0, 8.0])
    row = torch.tensor([3.0, 10.0, 8.0, -24.0])
    # Divided: 3, 5, 2, −3; groups are channels 0 and 2, and 1 and 3, whose ends come back.
    assert torch.equal(Grid(1, 2, interleaved=True).quantised(row, scales), row)


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
