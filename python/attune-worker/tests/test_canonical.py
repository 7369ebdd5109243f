"""Canonical text is that of the Rust side, to the letter."""

import json
import math
import random
import struct
from pathlib import Path

import pytest

from attune_worker import Edit
from attune_worker.canonical import real_text, text_text, value_text

GOLDEN = json.loads((Path(__file__).parent / "golden" / "rust_debug.json").read_text())


@pytest.mark.parametrize(("bits", "expected"), GOLDEN["reals"].items())
def test_reals_are_written_as_rust_writes_them(bits: str, expected: str) -> None:
    (number,) = struct.unpack(">d", bytes.fromhex(bits))
    assert real_text(number) == expected


@pytest.mark.parametrize(("text", "expected"), GOLDEN["texts"])
def test_texts_are_quoted_as_rust_quotes_them(text: str, expected: str) -> None:
    assert text_text(bytes.fromhex(text).decode()) == bytes.fromhex(expected).decode()


def test_every_real_reads_back_as_itself() -> None:
    draw = random.Random(1)
    for _ in range(20_000):
        (number,) = struct.unpack("<d", draw.randbytes(8))
        if math.isfinite(number):
            text = real_text(number)
            assert struct.pack("<d", float(text)) == struct.pack("<d", number)
            assert ("." in text) or ("e" in text)


def test_an_edit_names_its_arguments_in_order() -> None:
    args = {
        "to": [1, 2],
        "factor": 1.0,
        "grid": "affine",
        "both": True,
        "at": {64: 5, 8: 1},
        "rows": [0.5, 1e-7],
    }
    text = 'e(at:{8: 1, 64: 5},both:true,factor:1.0,grid:"affine",rows:[0.5, 1e-7],to:[1, 2])'
    assert str(Edit("e", args)) == text
    assert str(Edit("plain", {})) == "plain()"


def test_what_is_no_value_is_refused() -> None:
    with pytest.raises(TypeError, match="no value of an edit"):
        value_text(object())
