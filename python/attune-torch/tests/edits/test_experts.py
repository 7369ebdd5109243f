"""Edits of experts against what a checkpoint with sliced or merged experts computes, and against their
definition."""

from __future__ import annotations

import copy
from contextlib import ExitStack
from typing import Any

import pytest
import torch
from attune_worker.evaluator import Edit, Unsupported
from torch import Tensor, nn

from attune_torch import edits
from attune_torch.edits.routers import Routing, edited_routing, route
from attune_torch.structure.routers import Router
from attune_torch.subject import Subject
from attune_torch.trials.routing import try_router

from .subjects import logits, random_ids, random_model, random_subject, subject_of

E = 8


def edit(kind: str, layer: int = 1, **args: Any) -> Edit:
    return Edit(kind, {"layer": layer, **args})


def keep(*experts: int) -> Edit:
    return edit("keep-experts", experts=list(experts))


def matrix(kind: str, rows: list[dict[int, float]]) -> Edit:
    """Rows by the experts that they have."""
    numbers = [row.get(expert, 0.0) for row in rows for expert in range(E)]
    return edit(kind, rows=len(rows), matrix=numbers)


def merge(*rows: dict[int, float]) -> Edit:
    return matrix("merge-experts", list(rows))


def mapped(*rows: dict[int, float]) -> Edit:
    return matrix("route-experts", list(rows))


def per_token(count: int) -> Edit:
    return edit("experts-per-token", count=count)


IDENTITY = [{expert: 1.0} for expert in range(E)]


def scored(subject: Subject, plan: list[Edit], ids: Tensor) -> Tensor:
    with edits.compile(subject, plan).entered(subject):
        return logits(subject, ids)


LEARNED = {
    "mixtral": ("softmax", True, 1.0, False, None),
    "qwen3_moe": ("softmax", False, 1.0, False, None),
    "granitemoe": ("softmax", True, 1.0, False, None),
    "gpt_oss": ("softmax", True, 1.0, False, None),
    "deepseek_v3": ("sigmoid", True, 2.5, True, (2, 1)),
    "deepseek_v2": ("softmax", False, 2.5, False, (4, 2)),
    "dots1": ("sigmoid", False, 1.0, True, None),
    "ernie4_5_moe": ("softmax", True, 1.0, True, None),
    "minimax_m2": ("sigmoid", True, 1.0, True, None),
    "lfm2_moe": ("sigmoid", True, 1.0, True, None),
    "llama4_text": ("sigmoid", False, 1.0, False, None),
}


@pytest.mark.parametrize("family", LEARNED)
def test_rules_of_routers_are_learned(family: str) -> None:
    subject = random_subject(family)
    router = subject.layers[1].router
    assert router is not None and router.refusal is None
    found = (
        router.scores,
        router.renormalised,
        round(router.scale, 4),
        router.correction is not None,
        router.groups,
    )
    assert found == LEARNED[family]


@pytest.mark.parametrize("family", [*LEARNED, "phimoe"])
def test_a_rule_gives_what_the_model_gives(family: str) -> None:
    """Through another choice and other weights, which are the same."""
    subject, ids = random_subject(family), random_ids(2, 20)
    dense = logits(subject, ids)
    from contextlib import ExitStack

    from attune_torch.edits.routers import edited_routing

    with ExitStack() as stack:
        for layer in subject.layers:
            if layer.router is not None:
                edited_routing(stack, layer)
        assert torch.allclose(logits(subject, ids), dense, atol=2e-4)
    assert torch.equal(logits(subject, ids), dense)


def test_small_sigmoids_are_divided_by_what_the_model_divides_them_by() -> None:
    """LFM2 adds 1e-6 to their sum, which here is not much larger."""
    model = random_model("lfm2_moe")
    layer: Any = model.model.layers[1]
    with torch.no_grad():
        # Every row that the mixture is given makes logits around -13.
        layer.feed_forward.gate.weight.copy_(-torch.linspace(12, 14, E)[:, None] / 32)
    subject = subject_of(model)
    rows, given = torch.ones(1, 5, 32), []
    for stack in (ExitStack(), ExitStack()):
        with stack, torch.no_grad():
            if given:
                edited_routing(stack, subject.layers[1])
            given.append(layer.feed_forward(rows))
    first, second = (one[0] if isinstance(one, tuple) else one for one in given)
    assert first.abs().max() > 1e-3
    assert torch.allclose(first, second, rtol=1e-5, atol=0)


def test_kept_experts_are_a_checkpoint_with_sliced_ones() -> None:
    for family in ("mixtral", "qwen3_moe", "granitemoe", "gpt_oss", "dots1", "minimax_m2"):
        model, kept = random_model(family), [0, 2, 3, 5, 7]
        subject, ids = subject_of(copy.deepcopy(model)), random_ids(2, 20)
        found = scored(subject, [keep(*kept)], ids)
        block = subject_of(model).layers[1]
        assert block.router is not None
        _slice(block.router, kept)
        assert torch.allclose(found, logits(subject_of(model), ids), atol=2e-4), family
        assert not torch.allclose(found, logits(subject, ids), atol=1e-2), family


def _slice(router: Router, kept: list[int]) -> None:
    """Leaves only these experts and their rows of the router."""
    for module in router.mixture.modules():
        for name, tensor in [*module.named_parameters(recurse=False), *module.named_buffers(recurse=False)]:
            if tensor.shape[:1] == (router.count,):
                held = module._parameters if name in module._parameters else module._buffers
                held[name] = nn.Parameter(tensor[kept].detach(), requires_grad=False)
        for name in ("num_experts", "n_routed_experts"):
            if getattr(module, name, None) == router.count:
                setattr(module, name, len(kept))


def test_merged_experts_are_a_checkpoint_with_merged_ones() -> None:
    rows = [{0: 1.0}, {1: 0.5, 4: 0.5}, {2: 2.0, 0: -1.0}, {}, {4: 1.0}, {7: 1.0}, {6: 1.0}, {5: 0.25}]
    numbers = torch.tensor([[row.get(expert, 0.0) for expert in range(E)] for row in rows])
    for family in ("mixtral", "gpt_oss", "llama4_text"):
        model = random_model(family)
        subject, ids = subject_of(copy.deepcopy(model)), random_ids(2, 20)
        found = scored(subject, [merge(*rows)], ids)
        block = subject_of(model).layers[1]
        assert block.router is not None
        for tensor in block.router.experts.parameters():
            tensor.data = torch.einsum("je,e...->j...", numbers, tensor.data)
        assert torch.allclose(found, logits(subject_of(model), ids), atol=5e-4), family


def test_plans_that_say_the_same_of_experts_score_the_same() -> None:
    for family in ("mixtral", "qwen3_moe", "minimax_m2", "gpt_oss", "lfm2_moe"):
        subject, ids, kept = random_subject(family), random_ids(2, 20), [0, 2, 3, 5, 7]
        one_hot = [{expert: 1.0} for expert in kept]
        pair = scored(subject, [merge(*one_hot), mapped(*one_hot)], ids)
        router = subject.layers[1].router
        assert router is not None
        if router.renormalised:
            assert torch.allclose(pair, scored(subject, [keep(*kept)], ids), atol=2e-4), family
        assert torch.equal(scored(subject, [per_token(2)], ids), logits(subject, ids))
        assert torch.equal(scored(subject, [keep(*range(E))], ids), logits(subject, ids))
        assert torch.equal(scored(subject, [merge(*IDENTITY), mapped(*IDENTITY)], ids), logits(subject, ids))
        one = scored(subject, [per_token(1), keep(*kept)], ids)
        assert not torch.allclose(one, scored(subject, [keep(*kept)], ids), atol=1e-3), family


def test_tokens_without_a_positive_sum_have_no_answer() -> None:
    subject, ids = random_subject("mixtral"), random_ids(2, 20)
    nobody = [{expert: -1.0} for expert in range(E)]
    without = scored(subject, [mapped(*nobody)], ids)
    zeros = scored(subject, [merge(*[{}] * E)], ids)
    assert torch.allclose(without, zeros, atol=1e-5)


def choices(logits_: list[float], routing: Routing, **rule: Any) -> list[tuple[int, float]]:
    """Whom one row of logits chooses."""
    from attune_torch.structure.linear import LinearModule

    module = nn.Linear(4, len(logits_))
    router = Router(
        module, module, module, len(logits_), 2, LinearModule(module, "weight", len(logits_), 4), **rule
    )
    chosen, weights = route(router, torch.tensor([logits_]), routing)
    return [(int(who), round(float(much), 5)) for who, much in zip(chosen[0], weights[0], strict=True)]


def test_the_likeliest_kept_experts_answer() -> None:
    said = [0.0, 1.0986123, 2.1972246, 100.0]
    assert choices(said, Routing(kept=[0, 1, 2])) == [(2, 0.75), (1, 0.25)]
    assert choices(said, Routing(kept=[0, 1, 2], per_token=1)) == [(2, 1.0)]


def test_a_mapping_takes_the_place_of_the_scores() -> None:
    # p = 0.1, 0.3, 0.6
    said = [0.0, 1.0986123, 1.7917595]

    def by(numbers: list[list[float]], count: int = 2) -> list[tuple[int, float]]:
        return choices(said, Routing(mapping=torch.tensor(numbers), per_token=count))

    assert by([[1, 0, 1], [0, 1, 0], [-2, 0, 1]]) == [(0, 0.63636), (2, 0.36364)]
    # A negative entry inside a positive sum keeps its sign.
    assert by([[0, 0, 1], [-1, 0, 0]]) == [(0, 1.2), (1, -0.2)]
    for numbers in ([[0, 0, 0]] * 2, [[0, 0, 1], [0, 0, -1]], [[0, 0, 3e38], [3e38, 3e38, 3e38]]):
        assert [weight for _, weight in by(numbers)] == [0.0, 0.0], numbers
    # Equal ones: the first wins, whatever the sign of a zero is.
    assert by([[0, 0, -0.0], [1, 0, 0], [0, 0, 0]]) == [(1, 1.0), (0, 0.0)]


def test_a_correction_goes_along_with_the_row_of_its_expert() -> None:
    said, correction = [0.3, -1.0, 2.0, 0.1], torch.tensor([0.0, 3.0, -3.0, 0.2])
    rows = torch.tensor([[0.0, 0, 1, 0], [0, 1, 0, 0], [1, 0, 0, 0]])
    one = choices(said, Routing(mapping=rows), scores="sigmoid", correction=correction)
    other = choices(said, Routing(kept=[0, 1, 2]), scores="sigmoid", correction=correction)
    assert [who for who, _ in one] == [1, 2] and [who for who, _ in other] == [1, 0]
    assert [much for _, much in one] == [much for _, much in other]


def test_scores_that_vanish_are_no_weights_and_not_nan() -> None:
    assert choices([-200.0] * 3, Routing(), scores="sigmoid") == [(0, 0.0), (1, 0.0)]
    corrected = choices([0.0, -200.0, -200.0], Routing(), correction=torch.tensor([0.0, 2.0, 2.0]))
    assert corrected == [(1, 0.0), (2, 0.0)]


@pytest.mark.parametrize(
    "family, plan, message",
    [
        ("mixtral", [keep(1)], "fewer than the 2"),
        ("mixtral", [keep(1, 8)], "no expert 8"),
        ("mixtral", [merge({0: 1.0})], "without route-experts in the same layer it needs 8"),
        ("mixtral", [merge({0: 1.0}), mapped({0: 1.0})], "fewer than the 2"),
        (
            "mixtral",
            [merge(*IDENTITY[:3]), mapped(*IDENTITY[:4])],
            "has 3 rows, and route-experts of the same layer has 4",
        ),
        ("mixtral", [mapped(*IDENTITY[:7], {0: 1e39})], "finite in float32"),
        ("mixtral", [per_token(9)], "count from 1 to 8"),
        ("mixtral", [keep(0, 1, 2), per_token(4)], "fewer than the 4|count from 1 to 3"),
        ("mixtral", [keep(0, 1, 2), merge(*IDENTITY)], "changes the same place"),
        ("llama", [keep(0, 1)], "the model has no experts"),
        ("deepseek_v3", [keep(0, 1)], "chooses from 2 groups"),
        ("deepseek_v3", [edit("keep-experts", 0, experts=[0, 1])], "an ordinary feed-forward part"),
        ("deepseek_v3", [per_token(5)], "fewer than that"),
        ("minimax_m2", [mapped({0: 0.5, 1: 0.5}, *IDENTITY[1:])], "single 1"),
        ("phimoe", [per_token(1)], "chooses two"),
        ("phimoe", [mapped({1: 1.0}, *IDENTITY[1:])], "near its own"),
        ("jetmoe", [keep(0, 1)], "is not understood"),
    ],
    ids=str,
)
def test_what_cannot_be_is_refused(family: str, plan: list[Edit], message: str) -> None:
    with pytest.raises(Unsupported, match=message):
        edits.compile(random_subject(family), plan)


def test_a_router_that_is_not_understood_is_refused_by_name() -> None:
    model = random_model("mixtral")
    subject = subject_of(model)
    router = subject.layers[1].router
    assert router is not None
    own = router.module.forward

    def forward(hidden: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        said, weights, chosen = own(hidden)
        return said, weights.square(), chosen

    router.module.forward = forward  # type: ignore[method-assign]
    try_router(router)
    with pytest.raises(Unsupported, match="MixtralTopKRouter makes of logits is none of the rules"):
        edits.compile(subject, [keep(0, 1)])
    edits.compile(subject, [edit("keep-experts", 0, experts=[0, 1])])


@pytest.mark.parametrize("dtype", [torch.float8_e4m3fn, torch.int8])
def test_experts_in_codes_are_not_merged(dtype: torch.dtype) -> None:
    model = random_model("mixtral")
    subject = subject_of(model)
    router = subject.layers[1].router
    assert router is not None
    experts: Any = router.experts
    codes = nn.Parameter(experts.down_proj.detach().to(dtype), requires_grad=False)
    experts.down_proj = codes
    with pytest.raises(Unsupported, match=f"`down_proj` of its MixtralExperts is {dtype} .* in floating point"):
        edits.compile(subject, [merge({0: 0.5, 1: 0.5}, *IDENTITY[1:])])
    edits.compile(subject, [keep(0, 1)])
