"""Signals against recorded gradients in float64, against difference quotients, and against their
definitions."""

from __future__ import annotations

from functools import cache, partial
from pathlib import Path
from typing import Any

import pytest
import torch
from attune_worker.evaluator import BadRequest, Edit
from safetensors.torch import load_file
from torch import Tensor
from transformers import AutoModelForCausalLM

from attune_torch import edits, signals
from attune_torch.grids.cache_grid import Grid
from attune_torch.signals.answers import greedy
from attune_torch.signals.gradients import backward
from attune_torch.subject import Subject

from ..edits.subjects import logits, prose, random_ids, random_subject, subject_of, tiny_moe

GOLDEN = Path(__file__).parents[4] / "tests" / "golden"


@cache
def mixtral() -> Subject:
    return subject_of(
        AutoModelForCausalLM.from_pretrained(GOLDEN / "models" / "mixtral", dtype=torch.float32)
    )


@cache
def recorded() -> dict[str, Tensor]:
    return load_file(GOLDEN / "gradients.safetensors")


def measured(subject: Subject, name: str, ids: Tensor, **args: Any) -> Tensor:
    found = signals.measure(subject, name, {key.replace("_", "-"): value for key, value in args.items()}, ids)
    return torch.tensor(found.values, dtype=torch.float64).view([size for _, size in found.axes])


def test_torch_in_float64_finds_the_same_influence() -> None:
    found = measured(mixtral(), "attention-influence", recorded()["input_ids"][None], loss="text", sink=4)
    expected = recorded()["influence"].double()
    assert float((found - expected).abs().max()) < 1e-3 * float(expected.max())


def test_torch_in_float64_finds_the_same_errors_of_caches() -> None:
    found = measured(mixtral(), "kv-quantisation-error", recorded()["input_ids"][None], bits=[1, 2, 3, 4, 8])
    expected = recorded()["kv_error"].double()
    assert torch.allclose(found, expected, rtol=2e-3, atol=0)
    sinks = measured(mixtral(), "kv-quantisation-error", recorded()["input_ids"][None], bits=[2], sink=40)
    assert not sinks.any()


def test_exact_positions_have_no_gradient() -> None:
    """By the recorded gradients of a cache with two exact first and five exact last positions."""
    found = measured(
        mixtral(), "kv-quantisation-error", recorded()["input_ids"][None], bits=[2], sink=2, recent=5
    )
    for part, name in enumerate(("keys", "values")):
        for layer in range(2):
            stored, gradient = recorded()[f"{layer}.{name}"], recorded()[f"{layer}.{name}.gradient.cache"]
            expected = ((Grid(2, 8).quantised(stored) - stored) * gradient).double().abs().mean((1, 2))
            assert torch.allclose(found[layer, :, part, 0], expected, rtol=5e-3, atol=1e-12)


def test_greedy_answers_are_those_of_whole_forwards() -> None:
    ids, expected = recorded()["input_ids"], recorded()["greedy"]
    found = greedy(mixtral(), torch.stack([ids[:12], ids[20:32]]), len(ids), lambda: None)
    assert torch.equal(found[0], expected)
    text = greedy(tiny_moe(), prose(1, 9), 30, lambda: None)
    said = logits(tiny_moe(), text)[0]
    assert all(said[place - 1, text[0, place]] > said[place - 1].max() - 1e-3 for place in range(9, 30))


def test_the_block_influence_that_was_recorded() -> None:
    blocks = load_file(GOLDEN / "blocks-and-activations.safetensors")
    llama = subject_of(AutoModelForCausalLM.from_pretrained(GOLDEN / "models" / "llama", dtype=torch.float32))
    for subject, name in ((llama, "llama.influence"), (tiny_moe(), "tiny-moe.influence")):
        found = measured(subject, "block-influence", blocks[f"{name}.input_ids"].view(1, -1))
        assert float((found - blocks[name].double()).abs().max()) < 1e-5, name


def test_routers_shares_and_scores_sum_to_one() -> None:
    ids = prose(3, 32)
    for name in ("expert-frequency", "expert-soft-activation"):
        found = measured(tiny_moe(), name, ids)
        assert found.shape == (6, 8) and torch.allclose(found.sum(1), torch.ones(6, dtype=torch.float64))
    # A layer without experts has zeros.
    assert not measured(random_subject("deepseek_v3"), "expert-frequency", random_ids(2, 12))[0].any()


def test_the_best_subset_is_the_one_whose_layer_answers_nearest() -> None:
    subject, ids = mixtral(), recorded()["input_ids"][None]
    found = measured(subject, "expert-reconstruction", ids)
    assert torch.equal(found.sum(2), torch.arange(1, 6, dtype=torch.float64).expand(2, 5))
    outputs = _mixture_outputs(subject, ids, [])
    for layer in range(2):
        errors = {}
        for dropped in range(5):
            kept = [expert for expert in range(5) if expert != dropped]
            plan = [Edit("keep-experts", {"layer": layer, "experts": kept})]
            # Inputs of later layers change, so layers are looked at one by one.
            errors[dropped] = float(
                (_mixture_outputs(subject, ids, plan)[layer] - outputs[layer]).square().sum()
            )
        best = min(errors, key=errors.__getitem__)
        assert found[layer, 3, best] == 0, errors


def _mixture_outputs(subject: Subject, ids: Tensor, plan: list[Edit]) -> list[Tensor]:
    """What the mixture of each layer gives."""
    given: dict[int, Tensor] = {}
    hooks = [
        layer.feed_forward.register_forward_hook(partial(_note, given, layer.index))
        for layer in subject.layers
        if layer.feed_forward is not None
    ]
    with edits.compile(subject, plan).entered(subject), torch.no_grad():
        subject.hidden(ids)
    for hook in hooks:
        hook.remove()
    return [given[layer] for layer in range(len(subject.layers))]


def _note(given: dict[int, Tensor], layer: int, _module: Any, _args: Any, out: Tensor) -> None:
    given[layer] = out


def _gradients(subject: Subject, ids: Tensor) -> dict[tuple[int, str], Tensor]:
    """Of the mean cross-entropy, by plain autograd over the whole model, for every matrix that is alone in
    its tensor."""
    for parameter in subject.model.parameters():
        parameter.requires_grad_(True)
    loss = subject.model(input_ids=ids, use_cache=False).logits[0, :-1].float()
    torch.nn.functional.cross_entropy(loss, ids[0, 1:]).backward()
    found = {
        (layer.index, name): matrix.of(matrix.tensor.grad).clone()
        for layer in subject.layers
        for name, (matrix, *_) in layer.linear.items()
        if matrix.expert is None
    }
    for parameter in subject.model.parameters():
        parameter.grad = None
        parameter.requires_grad_(False)
    return found


@pytest.mark.parametrize("family", ["llama", "gpt_neox", "gemma2", "deepseek_v3"])
def test_weight_signals_are_made_of_the_gradients_of_the_whole_model(family: str) -> None:
    subject, ids = random_subject(family), random_ids(2, 16)
    first = measured(subject, "weight-quantisation-error", ids, bits=[3, 8])
    second = measured(subject, "weight-fisher", ids, bits=[3, 8])
    names = [
        name
        for name in ("q-a", "q-b", "q", "kv-a", "kv-b", "k", "v", "o", "gate", "up", "down")
        if any(name in layer.linear for layer in subject.layers)
    ]
    assert first.shape == (2, len(names), 2)
    of_items = [_gradients(subject, item[None]) for item in ids]
    for layer in subject.layers:
        for name, (matrix, *_) in layer.linear.items():
            if matrix.expert is not None:
                continue
            change = Grid(3, matrix.inputs).quantised(matrix.read()) - matrix.read()
            each = [gradients[layer.index, name] * change for gradients in of_items]
            place = layer.index, names.index(name), 0
            linear = sum(float(one.abs().sum()) for one in each) / 2
            square = sum(0.5 * 15 * float(one.square().sum()) for one in each) / 2
            assert abs(float(first[place]) - linear) < 2e-3 * linear + 1e-9, (layer.index, name)
            assert abs(float(second[place]) - square) < 4e-3 * square + 1e-12, (layer.index, name)
    # Finer grids do less.
    assert bool((first[..., 1] <= first[..., 0]).all()) and bool((second[..., 1] <= second[..., 0]).all())


def test_experts_of_a_layer_are_added_up() -> None:
    subject, ids = tiny_moe(), prose(1, 24)
    found = measured(subject, "weight-fisher", ids, bits=[2], group_size=32)
    assert found.shape == (6, 7, 1) and bool((found > 0).all())
    assert not any(
        parameter.requires_grad or parameter.grad is not None for parameter in subject.model.parameters()
    )


def test_the_loss_is_that_of_the_model_and_only_scored_tokens_count() -> None:
    subject, ids = tiny_moe(), prose(1, 24)
    said = torch.nn.functional.cross_entropy(logits(subject, ids)[0, :-1], ids[0, 1:], reduction="none")
    subject.model.requires_grad_(True)
    try:
        assert abs(backward(subject, ids, 1) - float(said.mean())) < 1e-5
        assert abs(backward(subject, ids, 12) - float(said[11:].mean())) < 1e-5
    finally:
        subject.model.requires_grad_(False)
        subject.model.zero_grad()


def test_measuring_leaves_the_model_as_it_was() -> None:
    subject, ids = tiny_moe(), prose(2, 16)
    before = logits(subject, ids)
    for signal in signals.KNOWN:
        signals.measure(subject, signal.name, {}, ids)
        assert torch.equal(logits(subject, ids), before), signal.name


def test_work_is_counted_in_layer_tokens() -> None:
    ids = prose(2, 16)
    of = {signal.name: signals.measure(tiny_moe(), signal.name, {}, ids).work for signal in signals.KNOWN}
    found = {name: work.computed if work else 0 for name, work in of.items()}
    forward = 2 * 16 * 6
    assert found["expert-frequency"] == forward
    assert found["expert-reconstruction"] == 4 * forward
    assert found["kv-quantisation-error"] == found["weight-fisher"] == 4 * forward
    assert found["attention-influence"] == 4 * forward + 2 * 15 * 6


@pytest.mark.parametrize(
    "name, args, message",
    [
        ("colour", {}, "`colour` is not known; this evaluator measures expert-frequency"),
        ("kv-quantisation-error", {"bits": [9]}, "expected whole numbers from 1 to 8"),
        ("kv-quantisation-error", {"depth": 1}, "has no argument `depth`; it has loss, sink"),
        ("kv-quantisation-error", {"group-size": 5}, "does not divide the 32 channels"),
        ("attention-influence", {"loss": "tears"}, "answers or text"),
        ("expert-frequency", {"loss": "text"}, "no arguments"),
    ],
)
def test_what_cannot_be_measured_is_refused(name: str, args: dict[str, Any], message: str) -> None:
    with pytest.raises(BadRequest, match=message):
        signals.measure(tiny_moe(), name, args, prose(1, 16))


@pytest.mark.parametrize(
    "family, name, message",
    [
        ("llama", "expert-frequency", "needs a model with experts"),
        ("deepseek_v3", "kv-quantisation-error", "one latent per token"),
        ("bloom", "attention-influence", "does not go through"),
    ],
)
def test_models_that_do_not_have_what_a_signal_measures_are_refused(
    family: str, name: str, message: str
) -> None:
    with pytest.raises(BadRequest, match=message):
        signals.measure(random_subject(family), name, {}, random_ids(1, 16))


def test_latent_attention_has_an_influence_of_all_heads_together() -> None:
    found = measured(random_subject("deepseek_v3"), "attention-influence", random_ids(1, 16), loss="text")
    assert found.shape == (2, 1, 16) and bool((found[:, 0, 1:8] > 0).all())
