"""Layers one by one are the model's own forward, and unedited it is that of plain transformers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM

from attune_torch.subject import Subject
from attune_torch.trials import random_ids
from conftest import loaded
from families import FAMILIES, make

Family = Callable[[str], Subject]


def composed(
    subject: Subject, ids: torch.Tensor, mask: torch.Tensor | None = None, copies: int = 1
) -> torch.Tensor:
    prepared = subject.prepare(ids, mask)
    hidden = torch.cat([prepared.hidden] * copies, dim=prepared.batch_axis)
    for layer in subject.layers:
        hidden = subject.run_layer(layer.index, hidden, prepared)
    return subject.finish(hidden, prepared)


@pytest.mark.parametrize("name", FAMILIES)
@torch.no_grad()
def test_layers_one_by_one_are_the_whole_forward(name: str, family: Family) -> None:
    subject = family(name)
    assert subject.layerwise, subject.whole_because
    ids = random_ids(subject, 3, 21)
    plain = subject.model(input_ids=ids, use_cache=False).logits.float()
    scale = plain.abs().max()
    assert (
        subject.project(subject.hidden(ids).flatten(0, 1)) - plain.flatten(0, 1)
    ).abs().max() <= 1e-5 * scale
    found = subject.project(composed(subject, ids).flatten(0, 1))
    assert (found - plain.flatten(0, 1)).abs().max() <= 1e-5 * scale


@pytest.mark.parametrize(
    "name", ["llama", "gemma2", "gemma3n_text", "bloom", "lfm2", "qwen3_next", "gpt_oss"]
)
@torch.no_grad()
def test_copies_of_a_batch_behind_each_other_and_padding_change_nothing(name: str, family: Family) -> None:
    subject = family(name)
    ids = random_ids(subject, 2, 15)
    mask = torch.ones_like(ids)
    mask[1, 9:] = 0
    one = subject.hidden(ids, mask)[mask.bool()]
    for copy in composed(subject, ids, mask, copies=3).unflatten(0, (3, 2)):
        assert (copy[mask.bool()] - one).abs().max() <= 1e-5 * one.abs().max()
    alone = subject.hidden(ids[1:, :9])[0]
    assert (one[-9:] - alone).abs().max() <= 1e-4 * one.abs().max()


@torch.no_grad()
def test_layers_that_share_more_than_the_stream_run_as_a_whole(tmp_path: Path) -> None:
    subject = loaded(
        make(
            "gemma3n_text",
            tmp_path,
            num_kv_shared_layers=1,
            num_hidden_layers=4,
            layer_types=["sliding_attention", "full_attention"] * 2,
            activation_sparsity_pattern=[0.0] * 4,
        )
    )
    assert not subject.layerwise and subject.whole_because is not None
    ids = random_ids(subject, 2, 9)
    assert torch.allclose(
        subject.project(subject.hidden(ids)[0]), subject.model(input_ids=ids).logits[0], atol=1e-5
    )


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "auto"])
@torch.no_grad()
def test_unedited_is_plain_transformers(dtype: str, tmp_path: Path) -> None:
    folder = make("glm4_moe", tmp_path, torch.bfloat16)
    subject = loaded(folder, dtype=dtype)
    asked = "auto" if dtype == "auto" else getattr(torch, dtype)
    plain = AutoModelForCausalLM.from_pretrained(folder, dtype=asked).eval()
    ids = random_ids(subject, 2, 17)
    assert subject.dtype == plain.dtype
    assert torch.equal(subject.project(subject.hidden(ids)[0]), plain(input_ids=ids).logits[0].float())
