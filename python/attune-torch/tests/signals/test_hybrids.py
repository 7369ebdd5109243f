"""Signals of models of which only some layers have attention."""

from __future__ import annotations

from pathlib import Path

import torch
from conftest import loaded
from families import make

from attune_torch.signals.measured import MEASURES, Asked


def test_blocks_of_a_hybrid_have_an_influence_and_halves_where_there_is_attention(tmp_path: Path) -> None:
    subject = loaded(make("lfm2", tmp_path / "lfm2"), dtype="float32")
    ids = torch.randint(0, subject.config.vocab_size, (2, 12), generator=torch.Generator().manual_seed(1))
    found = MEASURES["block-influence"](Asked(subject, "block-influence", {}, ids, lambda: None))
    rows = torch.tensor(found.values).view(3, 3)
    assert (rows[[0, 2], :2] == 0).all() and (rows[1] > 0).all() and (rows[:, 2] > 0).all()
