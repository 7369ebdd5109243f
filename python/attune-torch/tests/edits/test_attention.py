"""Edited attention against its definition, in families with windows, soft-caps, sinks and latents."""

from __future__ import annotations

import math
from contextlib import ExitStack
from typing import Any

import pytest
import torch
from attune_worker.evaluator import Edit, EvaluatorError, Unsupported
from torch import Tensor

from attune_torch import edits
from attune_torch.calibration import Calibration
from attune_torch.edits import attention, kv_bits
from attune_torch.edits.attention_facts import facts
from attune_torch.grids.cache_grid import Grid
from attune_torch.edits.heads import Cache, EditedHeads, Span
from attune_torch.subject import Subject

from .subjects import logits, prose, random_ids, random_model, random_subject, subject_of, tiny_moe


def edit(kind: str, **args: Any) -> Edit:
    return Edit(kind, {name.replace("_", "-"): value for name, value in args.items()})


def kv(
    layer: int = 0,
    keys: int = 3,
    values: int = 2,
    group_size: int = 8,
    sink: int = 1,
    recent: int = 2,
    **args: Any,
) -> Edit:
    return edit(
        "kv-bits",
        layer=layer,
        keys=keys,
        values=values,
        group_size=group_size,
        sink=sink,
        recent=recent,
        **args,
    )


def span(layer: int = 0, kv_head: int = 0, sink: int = 1, alpha: float = 3.0, beta: float = 0.0) -> Edit:
    return edit("attention-span", layer=layer, kv_head=kv_head, sink=sink, alpha=alpha, beta=beta)


def scored(subject: Subject, plan: list[Edit], ids: Tensor) -> Tensor:
    with edits.compile(subject, plan).entered(subject):
        return logits(subject, ids)


def by_definition(call: attention.Call, heads: EditedHeads) -> Tensor:
    """One query, one key at a time, in float64."""
    items, count, queries, channels = call.query.shape
    kv_heads = call.key.shape[1]
    mixed = torch.zeros(items, queries, count, call.value.shape[-1], dtype=torch.float64)
    seen, _ = attention.visible(call)
    for item in range(items):
        for head in range(count):
            own = head // (count // kv_heads)
            cache, look = heads.caches.get(own), heads.spans.get(own)
            key, value = call.key[item, own].double(), call.value[item, own].double()
            coarse_key = cache.keys.quantised(key).double() if cache and cache.keys else key
            coarse_value = cache.values.quantised(value).double() if cache and cache.values else value
            for i in range(queries):
                keys = []
                for j in range(i + 1):
                    if not seen[min(item, len(seen) - 1), min(head, seen.shape[1] - 1), i, j]:
                        continue
                    if (
                        look is None
                        or j < look.sink
                        or i - j < max(1, math.floor(look.alpha + look.beta * queries))
                    ):
                        keys.append(j)
                exact = [cache is None or j < cache.sink or j > i - cache.recent for j in keys]
                rows = torch.stack(
                    [key[j] if near else coarse_key[j] for j, near in zip(keys, exact, strict=True)]
                )
                met = torch.stack(
                    [value[j] if near else coarse_value[j] for j, near in zip(keys, exact, strict=True)]
                )
                scores = rows @ call.query[item, head, i].double() * call.scaling
                if call.cap:
                    scores = call.cap * torch.tanh(scores / call.cap)
                if call.sinks is not None:
                    scores = torch.cat([scores, call.sinks[head].double().view(1)])
                mixed[item, i, head] = torch.softmax(scores, 0)[: len(keys)] @ met
    return mixed


@pytest.mark.parametrize("mask", ["causal", "seen", "added"])
@pytest.mark.parametrize("rule", ["plain", "cap", "sinks"])
def test_heads_do_what_the_vocabulary_says(mask: str, rule: str) -> None:
    draw = torch.Generator().manual_seed(5)
    query, key, value = (
        torch.randn(2, heads, 11, dim, generator=draw) for heads, dim in ((6, 8), (3, 8), (3, 4))
    )
    window = torch.ones(11, 11, dtype=torch.bool).tril().triu(-6)[None, None]
    masks = {
        "causal": None,
        "seen": window,
        "added": torch.where(window, 0.0, torch.finfo(torch.float32).min),
    }
    call = attention.Call(
        torch.nn.Identity(),
        query,
        key,
        value,
        masks[mask],
        0.3,
        2.0 if rule == "cap" else None,
        torch.randn(6, generator=draw) if rule == "sinks" else None,
        lambda: None,
    )
    heads = EditedHeads(random_subject("llama"), 3, False)
    heads.caches = {0: Cache(Grid(2, 8), Grid(3, 4), 2, 3), 2: Cache(Grid(4, 4), None, 0, 0)}
    heads.spans = {1: Span(2, 3.5, 0.0), 2: Span(0, -4.0, 0.6)}
    found = heads.attend(call)
    assert found is not None
    expected = by_definition(call, heads)
    assert float((found - expected).abs().max()) < 1e-5


@pytest.mark.parametrize("family", ["llama", "qwen3", "mistral", "gemma2", "gpt_oss", "gpt_neox", "opt"])
def test_exact_heads_are_the_model(family: str) -> None:
    subject, ids = random_subject(family), random_ids(2, 20)
    dense = logits(subject, ids)
    found = facts(subject)[0]
    assert found.refusal is None and not found.latent
    # Codes of 8 bits that are met from 19 tokens on: the last query alone, and by one key.
    near = scored(subject, [kv(keys=8, values=8, sink=0, recent=19, group_size=found.head_dim)], ids)
    assert torch.allclose(near[:, :19], dense[:, :19], atol=2e-5)
    far = scored(subject, [kv(keys=1, values=1, sink=0, recent=0, group_size=found.head_dim)], ids)
    assert float((far - dense).abs().max()) > 1e-3
    assert torch.equal(logits(subject, ids), dense)


@pytest.mark.parametrize(
    "plan",
    [
        [],
        [kv(keys=16, values=16)],
        [kv(recent=20)],
        [kv(sink=20, recent=0)],
        [span(alpha=20.0)],
        [span(sink=20)],
        [span(beta=1e300, alpha=1e300)],
    ],
    ids=str,
)
def test_what_changes_nothing_is_the_same_to_the_bit(plan: list[Edit]) -> None:
    for attention_name in ("eager", "sdpa"):
        subject = subject_of(random_model("llama", attention_name))
        ids = random_ids(2, 20)
        assert torch.equal(scored(subject, plan, ids), logits(subject, ids))


def test_kinds_of_edits_of_one_layer_take_effect_together() -> None:
    subject, ids = random_subject("llama"), random_ids(2, 20)
    both = scored(subject, [kv(kv_head=1), span()], ids)
    one, other = scored(subject, [kv(kv_head=1)], ids), scored(subject, [span()], ids)
    assert not torch.equal(both, one) and not torch.equal(both, other)
    # Whatever order they are entered in.
    assert torch.equal(scored(subject, [span(), kv(kv_head=1)], ids), both)


def test_an_item_is_the_same_in_any_company() -> None:
    subject, ids = tiny_moe(), prose(3, 24)
    plan = [kv(2, group_size=16), span(3, beta=0.2), span(3, kv_head=1)]
    together = scored(subject, plan, ids)
    for item in range(3):
        assert torch.allclose(scored(subject, plan, ids[item : item + 1])[0], together[item], atol=1e-4)


def test_a_span_goes_by_the_tokens_of_an_item_and_not_by_its_padding() -> None:
    subject, ids = random_subject("llama"), random_ids(2, 20)
    mask = torch.ones_like(ids)
    mask[1, 12:] = 0
    plan = edits.compile(subject, [span(alpha=0.0, beta=0.25)])
    with plan.entered(subject), torch.no_grad():
        padded = subject.hidden(ids, mask)
        whole = subject.hidden(ids[:1])
        short = subject.hidden(ids[1:, :12])
    assert torch.allclose(padded[0], whole[0], atol=1e-5)
    assert torch.allclose(padded[1, :12], short[0], atol=1e-5)


def test_a_cached_query_sees_what_it_sees_in_the_whole_text() -> None:
    subject, ids = random_subject("llama"), random_ids(1, 20)
    plan = edits.compile(subject, [kv(), kv(1), span(), span(1, kv_head=1)])
    with plan.entered(subject), torch.no_grad():
        whole = subject.decoder(input_ids=ids, use_cache=False).last_hidden_state
        first = subject.decoder(input_ids=ids[:, :19], use_cache=True)
        name = "cache" if hasattr(first, "cache") else "past_key_values"
        last = subject.decoder(
            input_ids=ids[:, 19:], use_cache=True, **{name: getattr(first, name)}
        ).last_hidden_state
    assert torch.allclose(last[0, 0], whole[0, 19], atol=1e-5)


def test_latent_attention_has_one_span_and_no_bits() -> None:
    subject, ids = random_subject("deepseek_v3"), random_ids(2, 20)
    assert facts(subject)[0].kv_heads == 1 and facts(subject)[0].latent
    assert not torch.equal(scored(subject, [span()], ids), logits(subject, ids))
    with pytest.raises(Unsupported, match="KV heads 0 to 0"):
        edits.compile(subject, [span(kv_head=1)])
    with pytest.raises(Unsupported, match="one latent per token"):
        edits.compile(subject, [kv()])


@pytest.mark.parametrize(
    "wrong, message",
    [
        (kv(keys=9), "9 bits; expected 1 to 8"),
        (kv(group_size=5), "does not divide the head of 8"),
        (kv(kv_head=2), "KV heads 0 to 1"),
        (kv(smoothing=1.5), "expected 0 to 1"),
        (kv(shrink_from=8, keys=3), "are not"),
        (kv(shrink_from=5), "expected 2, 4, 8 or 16"),
        (kv(layer=2), "layers 0 to 1"),
        (span(alpha=math.inf), "finite"),
    ],
    ids=str,
)
def test_what_cannot_be_is_refused(wrong: Edit, message: str) -> None:
    with pytest.raises(Unsupported, match=message):
        edits.compile(random_subject("llama"), [wrong])


def test_a_layer_and_its_head_contradict_each_other() -> None:
    with pytest.raises(Unsupported, match="changes the same place"):
        edits.compile(random_subject("llama"), [kv(), kv(kv_head=1)])


def test_attention_beside_the_interface_is_refused_by_name() -> None:
    with pytest.raises(Unsupported, match="BloomAttention does not go through"):
        edits.compile(random_subject("bloom"), [kv()])


@pytest.mark.parametrize(
    "family, turns",
    [
        ("llama", True),
        ("qwen3", True),
        ("mistral", True),
        ("gemma2", True),
        ("gpt_neox", False),
        ("opt", False),
        ("ernie4_5_moe", False),
    ],
)
def test_keys_are_smoothed_where_whole_heads_turn_by_halves(family: str, turns: bool) -> None:
    assert all(of.turns_halves == turns for of in facts(random_subject(family)))


def test_scales_of_smoothed_keys_come_from_calibration_data_alone() -> None:
    subject = subject_of(random_model("llama"))
    plan = [kv(keys=2, values=16, sink=0, recent=0, smoothing=0.5)]
    assert kv_bits.smooths(plan) and not kv_bits.smooths([kv(), kv(1, keys=16, smoothing=0.5)])
    with pytest.raises(EvaluatorError, match="none"):
        kv_bits.calibrate(subject)
    kv_bits.calibrate_on(subject, Calibration(tuple(map(tuple, random_ids(3, 16).tolist())), "of these"))
    with pytest.raises(EvaluatorError, match="before its scales"):
        scored(subject, plan, random_ids(2, 20))
    kv_bits.calibrate(subject)
    assert kv_bits.calibration(subject) == "of these"
    smoothed = scored(subject, plan, random_ids(2, 20))
    assert not torch.equal(
        smoothed, scored(subject, [kv(keys=2, values=16, sink=0, recent=0)], random_ids(2, 20))
    )


def test_layers_may_be_left_in_any_order() -> None:
    subject, ids = random_subject("llama"), random_ids(2, 20)
    dense = logits(subject, ids)
    both = edits.compile(subject, [kv(), kv(1)])
    first, second = ExitStack(), ExitStack()
    first.enter_context(both.layers[0].entered(subject))
    second.enter_context(both.layers[1].entered(subject))
    first.close()
    assert torch.equal(logits(subject, ids), scored(subject, [kv(1)], ids))
    second.close()
    assert torch.equal(logits(subject, ids), dense)
