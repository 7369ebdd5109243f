"""Number grids against what the engines' own code made of the same numbers, which attune's evaluators are
tested against too (`tests/golden/number_grids.py`)."""

from __future__ import annotations

import json
import math
import struct
from pathlib import Path

import pytest

from attune_worker import grids

GOLDEN = Path(__file__).parents[3] / "tests" / "golden"
Rows = list[list[float]]


def recorded(file: str) -> dict[str, Rows]:
    """The tensors of a safetensors file in float32, row by row."""
    data = (GOLDEN / f"{file}.safetensors").read_bytes()
    start = 8 + int.from_bytes(data[:8], "little")
    tensors = {}
    for name, one in json.loads(data[8:start]).items():
        if name != "__metadata__":
            first, end = one["data_offsets"]
            values = struct.unpack(f"<{(end - first) // 4}f", data[start + first : start + end])
            inputs = one["shape"][-1]
            tensors[name] = [list(values[at : at + inputs]) for at in range(0, len(values), inputs)]
    return tensors


FILES = {name: recorded(name) for name in ("gguf-grids", "compressed-tensors-grids", "weight-quantiser")}
CASES = [(file, name) for file, tensors in FILES.items() for name in tensors if name != "input"]


def case(file: str, name: str) -> tuple[str | None, int, int]:
    """Grid, bits and group of a recorded tensor, `[<grid>][.bits<b>.group<g>]`."""
    grid, *rest = [None, *name.split(".")] if file == "weight-quantiser" else name.split(".")
    numbers = {str(part).rstrip("0123456789"): int(str(part).lstrip("bitsgroup")) for part in rest}
    known = grids.GRIDS[grid]
    own = known.group if isinstance(known.group, int) else len(FILES[file]["input"][0])
    return grid, numbers.get("bits", known.bits[0]), numbers.get("group", own)


def test_every_grid_was_recorded() -> None:
    assert {case(file, name)[0] for file, name in CASES} == set(grids.GRIDS)


@pytest.mark.parametrize("file, name", CASES)
def test_numbers_are_those_of_the_engine_to_the_bit(file: str, name: str) -> None:
    weights = FILES[file]["input"]
    found = grids.matrix(weights, *case(file, name))
    assert found == FILES[file][name]
    assert found != weights


def test_caches_hold_what_was_recorded() -> None:
    tensors = recorded("cache-grids")
    assert set(tensors) == {"input", *grids.CACHES}
    for name in grids.CACHES:
        assert [grids.cache(row, name) for row in tensors["input"]] == tensors[name]


@pytest.mark.parametrize("name", [name for name in grids.GRIDS if name is not None])
def test_numbers_of_every_size_come_back(name: str) -> None:
    known = grids.GRIDS[name]
    for size in (0.0, 2.0**-149, 2.0**-126, 1e-30, 1e30):
        row = [size * math.cos(place) for place in range(256)]
        group = known.group if isinstance(known.group, int) else 256
        found = grids.matrix([row, [0.0] * 256], name, known.bits[0], group)
        assert all(map(math.isfinite, found[0])) or size == 1e30, (size, found[0])
        assert found[1] == [0.0] * 256
        if size == 0.0:
            assert found[0] == [0.0] * 256


def test_what_a_grid_does_not_have_is_refused_with_what_it_has() -> None:
    row = [[float(place) for place in range(96)]]
    for arguments, message in (
        (("q4_0", 5, 32), "q4_0 has 4 bits, not 5"),
        (("q4_k", 4, 32), "q4_k has groups of 256 channels, not of 32"),
        (("q4_k", 4, 256), "groups of 256 channels do not divide the 96 inputs"),
        (("fp8-e4m3-channel", 8, 32), "fp8-e4m3-channel has groups of 96 channels, all inputs, not of 32"),
        (("q9", 4, 32), "no number grid 'q9', expected one of affine-int, "),
        ((None, 4, 0), "groups of 0 channels"),
    ):
        with pytest.raises(ValueError, match=message):
            grids.matrix(row, *arguments)
    with pytest.raises(ValueError, match="finite in float32"):
        grids.matrix([[1e39] * 32], "q8_0", 8, 32)
    with pytest.raises(ValueError, match="one length"):
        grids.matrix([[1.0], [1.0, 2.0]], None, 4, 1)
    with pytest.raises(ValueError, match="caches, expected one of fp8-e4m3"):
        grids.cache([1.0], "q4_k")
