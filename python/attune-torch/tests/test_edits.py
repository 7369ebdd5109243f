"""Weight, activation and block edits against recorded values and against computations that know nothing of
this package."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from attune_worker.evaluator import Edit, Unsupported
from safetensors.torch import load_file

from attune_torch.edits import check, compile
from attune_torch.edits.weight_bits import quantise
from attune_torch.subject import Subject
from attune_torch.trials import random_ids
from conftest import ROOT, loaded
from families import make
from plans import edit, hidden, layer_by_layer

Family = Callable[[str], Subject]
GOLDEN = ROOT / "tests" / "golden"


def recorded(name: str) -> list[dict[str, Any]]:
    cases: list[dict[str, Any]] = json.loads((GOLDEN / f"{name}.json").read_text())
    return cases


@pytest.mark.parametrize(
    ("file", "name"),
    [(file, case["name"]) for file in ("weight-bits", "blocks-and-activations") for case in recorded(file)],
)
@torch.no_grad()
def test_logits_agree_with_the_recorded_reference(file: str, name: str, tiny_moe: Subject) -> None:
    case = next(case for case in recorded(file) if case["name"] == name)
    if case["model"] == "smollm2" or not _folder(case["model"]).exists():
        pytest.skip("the model is not in the repository")
    subject = tiny_moe if case["model"] == "tiny-moe" else loaded(_folder(case["model"]), dtype="float32")
    data = load_file(GOLDEN / f"{file}.safetensors")
    kind = "weight-bits" if file == "weight-bits" else None
    plan = [
        Edit(kind or one["edit"], {key: value for key, value in one.items() if key != "edit"})
        for one in case["edits"]
    ]
    ids = data[f"{name}.input_ids"].view(1, -1)
    for run in (hidden, layer_by_layer):
        logits = subject.project(run(subject, plan, ids)[0])[:, :: case["column_stride"]]
        expected = data[f"{name}.logits"].view(logits.shape)
        assert (logits - expected).abs().max() <= 1e-3
    assert torch.equal(hidden(subject, [], ids), subject.hidden(ids))


def _folder(model: str) -> Path:
    return ROOT / "models" / model if model == "tiny-moe" else GOLDEN / "models" / model


def test_the_recorded_quantiser_agrees() -> None:
    data = load_file(GOLDEN / "weight-quantiser.safetensors")
    for bits in (2, 3, 4, 5, 6, 8):
        for group in (8, 16, 48):
            assert (
                quantise(data["input"], bits, group) - data[f"bits{bits}.group{group}"]
            ).abs().max() <= 1e-6
    assert torch.equal(quantise(torch.full((2, 8), 0.7), 2, 4), torch.full((2, 8), 0.7))


def naive(values: np.ndarray[Any, Any], bits: int, symmetric: bool = False) -> np.ndarray[Any, Any]:
    """One range of float32 values, by the formula of `docs/edits.md`."""
    x = values.astype(np.float32)
    low = np.float32(0) if symmetric else x.min()
    steps = np.float32(2 ** (bits - 1) - 1 if symmetric else 2**bits - 1)
    step = ((np.abs(x).max() if symmetric else x.max()) - low) / steps
    if step == 0:
        return x
    codes = np.clip(np.rint((x - low) / step), -steps, steps)
    return (codes * step + low).astype(np.float32)


def in_place(weight: torch.Tensor, bits: int, group: int) -> None:
    """Rounds `[outputs, inputs]` row by row and group by group."""
    for row in weight:
        for first in range(0, row.shape[0], group):
            part = row[first : first + group]
            part.copy_(torch.from_numpy(naive(part.float().numpy(), bits)).to(part.dtype))


@torch.no_grad()
def test_weights_of_plain_and_fused_and_batched_tensors_are_rounded_in_place(family: Family) -> None:
    cases: dict[str, tuple[list[Edit], Callable[[Any], None]]] = {
        "llama": (
            [
                edit("weight-bits", layer=1, module="k", bits=3, group_size=16),
                edit("weight-bits", layer=1, module="down", bits=2, group_size=8),
            ],
            lambda model: (
                in_place(model.model.layers[1].self_attn.k_proj.weight, 3, 16),
                in_place(model.model.layers[1].mlp.down_proj.weight, 2, 8),
            )[0],
        ),
        "phi3": (
            [
                edit("weight-bits", layer=0, module="v", bits=2, group_size=32),
                edit("weight-bits", layer=0, module="up", bits=3, group_size=16),
            ],
            lambda model: (
                in_place(model.model.layers[0].self_attn.qkv_proj.weight[48:], 2, 32),
                in_place(model.model.layers[0].mlp.gate_up_proj.weight[48:], 3, 16),
            )[0],
        ),
        "gpt2": (
            [edit("weight-bits", layer=2, module="q", bits=3, group_size=8)],
            lambda model: in_place(model.transformer.h[2].attn.c_attn.weight.t()[:32], 3, 8),
        ),
        "gpt_neox": (
            [edit("weight-bits", layer=0, module="k", bits=2, group_size=8)],
            lambda model: in_place(
                model.gpt_neox.layers[0]
                .attention.query_key_value.weight.view(4, 3, 8, 32)[:, 1]
                .flatten(0, 1),
                2,
                8,
            ),
        ),
        "mixtral": (
            [
                edit("weight-bits", layer=0, module="gate", expert=1, bits=2, group_size=16),
                edit("weight-bits", layer=0, module="down", bits=3, group_size=24),
            ],
            lambda model: (
                in_place(model.model.layers[0].mlp.experts.gate_up_proj[1, :48], 2, 16),
                [in_place(one, 3, 24) for one in model.model.layers[0].mlp.experts.down_proj],
            )[0],
        ),
        "gpt_oss": (
            [edit("weight-bits", layer=1, module="up", expert=3, bits=2, group_size=8)],
            lambda model: in_place(model.model.layers[1].mlp.experts.gate_up_proj[3].t()[1::2], 2, 8),
        ),
    }
    for name, (plan, change) in cases.items():
        subject = family(name)
        ids = random_ids(subject, 2, 13)
        dense = subject.hidden(ids)
        other = copy.deepcopy(subject.model)
        if name == "gpt_neox":
            weight = other.gpt_neox.layers[0].attention.query_key_value.weight.view(4, 3, 8, 32)
            for head in weight[:, 1]:
                in_place(head, 2, 8)
        else:
            change(other)
        expected = other(input_ids=ids).logits.float()
        found = hidden(subject, plan, ids)
        assert torch.equal(subject.project(found.flatten(0, 1)), expected.flatten(0, 1)), name
        assert torch.equal(found, hidden(subject, plan, ids)), "kept weights are the same"
        assert not torch.equal(found, dense) and torch.equal(subject.hidden(ids), dense), (
            "nothing stays behind"
        )


@torch.no_grad()
def test_in_sixteen_bits_weights_are_rounded_in_float32_and_then_to_the_model(tmp_path: Path) -> None:
    subject = loaded(make("llama", tmp_path, torch.bfloat16))
    plan = [edit("weight-bits", layer=0, module="q", bits=4, group_size=8)]
    matrix = subject.layers[0].linear["q"][0]
    own = matrix.tensor.clone()
    with compile(subject, plan).entered(subject):
        edited = matrix.tensor
        assert edited.dtype == torch.bfloat16 and torch.equal(edited, quantise(own.float(), 4, 8).bfloat16())
    assert torch.equal(matrix.tensor, own)


def rounded_rows(x: torch.Tensor, one: Edit) -> torch.Tensor:
    """`[items, tokens, channels]`, by the formula; OPT's feed-forward part has the rows of its two items one
    after the other."""
    if x.dim() == 2:
        return rounded_rows(x.view(2, -1, x.shape[-1]), one).view(x.shape)
    bits, symmetric = one["bits"], one["grid"] == "symmetric"
    group = one.args.get("group-size", x.shape[-1])
    out = x.clone()
    for item in range(x.shape[0]):
        if one["range"] == "tensor":
            out[item] = torch.from_numpy(naive(x[item].numpy(), bits, symmetric))
            continue
        for token in range(x.shape[1]):
            for first in range(0, x.shape[2], group):
                part = x[item, token, first : first + group].numpy()
                out[item, token, first : first + group] = torch.from_numpy(naive(part, bits, symmetric))
    return out


@pytest.mark.parametrize(
    "one",
    [
        edit("activation-bits", layer=1, bits=4, range="token", grid="affine"),
        edit("activation-bits", layer=1, bits=3, range="tensor", grid="symmetric"),
        edit("activation-bits", layer=1, bits=4, range="token", grid="symmetric", group_size=8),
        edit("activation-bits", layer=1, module="v", bits=3, range="tensor", grid="affine"),
        edit("activation-bits", layer=1, module="down", bits=3, range="token", grid="affine"),
    ],
    ids=str,
)
@pytest.mark.parametrize("name", ["llama", "phi3", "opt", "gpt2"])
@torch.no_grad()
def test_inputs_of_linear_modules_are_rounded(name: str, one: Edit, family: Family) -> None:
    subject = family(name)
    ids = random_ids(subject, 2, 7)
    other = copy.deepcopy(subject)
    for module, matrices in other.layers[1].linear.items():
        matrix = matrices[0]
        if one.args.get("module") not in (None, module) or matrix.rows is not None:
            continue
        matrix.owner.register_forward_pre_hook(lambda _m, args: (rounded_rows(args[0], one), *args[1:]))
    for names in (("q", "k", "v"), ("gate", "up")):
        fused = [other.layers[1].linear[part][0] for part in names if part in other.layers[1].linear]
        fused = [matrix for matrix in fused if matrix.rows is not None]
        if not fused:
            continue
        wanted = [part for part in names if one.args.get("module") in (None, part)]

        def parts(owner: Any, args: Any, out: torch.Tensor, wanted: Any = wanted) -> torch.Tensor:
            changed = type(owner).forward(owner, rounded_rows(args[0], one))
            for part in wanted:
                rows = other.layers[1].linear[part][0].rows
                out[..., rows] = changed[..., rows]
            return out

        fused[0].owner.register_forward_hook(parts)
    expected = other.hidden(ids)
    found = hidden(subject, [one], ids)
    assert torch.allclose(found, expected, rtol=1e-5, atol=1e-5)
    assert not torch.allclose(found, subject.hidden(ids), rtol=1e-3, atol=1e-3)
    both = hidden(subject, [one], torch.cat([ids, random_ids(subject, 3, 7)]))[:2]
    assert torch.allclose(both, found, rtol=1e-4, atol=1e-4), "what else is in a batch does not matter"


@pytest.mark.parametrize("range_", ["token", "tensor"])
@pytest.mark.parametrize("name", ["mixtral", "gpt_oss", "llama4_text", "qwen2_moe"])
@torch.no_grad()
def test_inputs_of_experts_are_rounded_among_the_tokens_that_meet_them(
    name: str, range_: str, family: Family
) -> None:
    subject = family(name)
    ids = random_ids(subject, 2, 9)
    plan = [
        edit("activation-bits", layer=1, module=module, bits=4, range=range_, grid="affine")
        for module in ("gate", "up", "down")
    ]
    layer = subject.layers[1]
    assert layer.router is not None and layer.feed_forward is not None
    entered: list[torch.Tensor] = []
    given: list[torch.Tensor] = []

    def note(_m: Any, args: Any, out: Any) -> None:
        entered.append(args[0].clone())
        given.append((out[0] if isinstance(out, tuple) else out).clone())

    hook = layer.feed_forward.register_forward_hook(note)
    try:
        hidden(subject, plan, ids)
        one, other = entered[0], given[0].view(2, 9, -1)
    finally:
        hook.remove()
    # The mixture once more, expert by expert and item by item.
    experts: Any = layer.router.experts
    caught: list[tuple[Any, ...]] = []
    hook = experts.register_forward_pre_hook(
        lambda _m, args: caught.append(tuple(arg.clone() for arg in args))
    )
    plain = layer.feed_forward(one.view(2, 9, -1))
    hook.remove()
    plain = (plain[0] if isinstance(plain, tuple) else plain).view(2, 9, -1)
    if name == "llama4_text":
        rows = caught[0][0].view(4, 18, -1)
        chosen, weights = rows.any(-1).long().argmax(0)[:, None], torch.ones(18, 1)
        source = lambda row, expert: rows[expert, row]  # noqa: E731
    else:
        chosen, weights = caught[0][1], caught[0][2]
        source = lambda row, expert: caught[0][0][row]  # noqa: E731
    dense, edited = torch.zeros(18, 32), torch.zeros(18, 32)
    for expert in range(4):
        for item in range(2):
            met = [row for row in range(item * 9, item * 9 + 9) if expert in chosen[row].tolist()]
            if not met:
                continue
            x = torch.stack([source(row, expert) for row in met])
            for total, quantised in ((dense, False), (edited, True)):
                y = _one_expert(experts, layer.linear, expert, x, range_ if quantised else None)
                for place, row in enumerate(met):
                    total[row] += y[place] * weights[row, chosen[row].tolist().index(expert)]
    assert torch.allclose((plain.view(18, -1) - dense), (other.view(18, -1) - edited), atol=2e-5)
    assert not torch.allclose(dense, edited, atol=1e-3)


def _one_expert(experts: Any, linear: Any, expert: int, x: torch.Tensor, range_: str | None) -> torch.Tensor:
    one = edit("activation-bits", layer=1, bits=4, range=range_ or "token", grid="affine")
    change = (lambda rows: rounded_rows(rows[None], one)[0]) if range_ else (lambda rows: rows)
    matrix = {name: linear[name][expert] for name in ("gate", "up", "down")}
    product = {
        name: change(x) @ matrix[name].read().T + (0 if matrix[name].bias is None else matrix[name].bias)
        for name in ("gate", "up")
    }
    if hasattr(experts, "limit"):
        gate, up = (
            product["gate"].clamp(max=experts.limit),
            product["up"].clamp(-experts.limit, experts.limit),
        )
        inner = (up + 1) * gate * torch.sigmoid(gate * experts.alpha)
    else:
        inner = experts.act_fn(product["gate"]) * product["up"]
    bias = 0 if matrix["down"].bias is None else matrix["down"].bias
    return change(inner) @ matrix["down"].read().T + bias


@torch.no_grad()
def test_a_block_that_is_skipped_is_a_model_without_it(family: Family) -> None:
    for name in ("llama", "gemma2", "mixtral", "falcon", "granitemoeshared", "lfm2"):
        subject = family(name)
        ids = random_ids(subject, 2, 11)
        other = copy.deepcopy(subject.model)
        holder: Any = other.get_submodule(
            next(n for n, m in subject.model.named_modules() if m is subject.decoder)
        )
        blocks = next(child for child in holder.children() if isinstance(child, torch.nn.ModuleList))
        gives_tuple = subject.stages.tuples[1] is not None
        blocks[1].forward = lambda hidden, *args, gives_tuple=gives_tuple, **kwargs: (
            (hidden, None) if gives_tuple else hidden
        )
        whole = [edit("drop-block", layer=1)]
        expected = other(input_ids=ids).logits.float()
        for run in (hidden, layer_by_layer):
            assert torch.allclose(
                subject.project(run(subject, whole, ids).flatten(0, 1)), expected.flatten(0, 1), atol=1e-5
            )
        if name == "lfm2":
            continue
        halves = [edit("drop-block", layer=1, part=part) for part in ("attention", "feed-forward")]
        assert torch.allclose(hidden(subject, halves, ids), hidden(subject, whole, ids), atol=1e-6)


@pytest.mark.parametrize(
    "name", ["llama", "gemma2", "olmo2", "mixtral", "cohere", "opt", "deepseek_v3", "granitemoeshared"]
)
@pytest.mark.parametrize("part", ["attention", "feed-forward"])
@torch.no_grad()
def test_a_half_that_is_skipped_adds_nothing(name: str, part: str, family: Family) -> None:
    subject = family(name)
    ids = random_ids(subject, 2, 11)
    other = copy.deepcopy(subject)
    layer = other.layers[1]
    for matrix in layer.linear["o" if part == "attention" else "down"]:
        matrix.tensor.zero_()
        if matrix.bias is not None:
            matrix.bias.zero_()
    if part == "feed-forward" and layer.router is not None:
        for module_name, module in layer.block.named_modules():
            if "shared" in module_name and module_name.endswith(("down_proj", "output_linear")):
                module.weight.zero_()  # type: ignore[operator, union-attr]
    found = hidden(subject, [edit("drop-block", layer=1, part=part)], ids)
    assert torch.allclose(found, other.hidden(ids), atol=1e-5)
    assert not torch.allclose(found, subject.hidden(ids), atol=1e-3)


@torch.no_grad()
def test_edits_of_one_layer_act_together_and_sixteen_bits_change_nothing(family: Family) -> None:
    subject = family("mixtral")
    ids = random_ids(subject, 2, 9)
    weights = edit("weight-bits", layer=0, module="down", bits=3, group_size=8)
    inputs = edit("activation-bits", layer=0, bits=4, range="token", grid="affine")
    together = hidden(subject, [weights, inputs], ids)
    assert not torch.allclose(together, hidden(subject, [weights], ids), atol=1e-3)
    assert not torch.allclose(together, hidden(subject, [inputs], ids), atol=1e-3)
    skipped = edit("drop-block", layer=0)
    assert torch.equal(hidden(subject, [weights, inputs, skipped], ids), hidden(subject, [skipped], ids))
    idle = [
        edit("weight-bits", layer=0, module="q", bits=16, group_size=8),
        edit("activation-bits", layer=1, bits=16, range="token", grid="affine"),
    ]
    assert torch.equal(hidden(subject, idle, ids), subject.hidden(ids))
    assert all(not layer.key for layer in compile(subject, idle).layers)


@pytest.mark.parametrize(
    ("name", "one", "why"),
    [
        ("llama", edit("weight-bits", layer=3, module="q", bits=4, group_size=8), "layers 0 to 2"),
        ("llama", edit("weight-bits", layer=0, module="q", bits=7, group_size=8), "7 bits"),
        (
            "llama",
            edit("weight-bits", layer=0, module="q", bits=4, group_size=5),
            "does not divide the 32 inputs",
        ),
        ("llama", edit("weight-bits", layer=0, module="kv-a", bits=4, group_size=8), "has no kv-a"),
        ("llama", edit("weight-bits", layer=0, module="up", expert=0, bits=4, group_size=8), "no experts"),
        (
            "mixtral",
            edit("weight-bits", layer=0, module="q", expert=0, bits=4, group_size=8),
            "no module of an expert",
        ),
        ("mixtral", edit("weight-bits", layer=0, module="up", expert=4, bits=4, group_size=8), "0 to 3"),
        (
            "minimax",
            edit("weight-bits", layer=0, module="q", bits=4, group_size=8),
            "MiniMaxLightningAttention",
        ),
        ("lfm2", edit("activation-bits", layer=0, bits=4, range="token", grid="affine"), "Lfm2ShortConv"),
        ("gemma3n_text", edit("drop-block", layer=0, part="attention"), "Gemma3nTextDecoderLayer"),
        (
            "llama",
            edit("activation-bits", layer=0, bits=4, range="tensor", grid="affine", group_size=8),
            "no groups",
        ),
        ("llama", edit("shuffle", layer=0), "none of"),
        (
            "llama",
            edit("weight-bits", layer=0, module="q", bits=4, group_size=8, grid="q4_0"),
            "groups of 32 channels, not of 8",
        ),
        (
            "llama",
            edit("weight-bits", layer=0, module="q", bits=4, group_size=16, grid="fp4"),
            "no number grid fp4",
        ),
        (
            "llama",
            edit("kv-bits", layer=0, keys=4, values=16, group_size=8, sink=0, recent=0, key_grid="q8_0"),
            "q8_0 has 8 bits, not 4",
        ),
    ],
)
def test_what_cannot_be_honoured_is_refused_by_name(name: str, one: Edit, why: str, family: Family) -> None:
    with pytest.raises(Unsupported, match=why) as refused:
        check(family(name), [one])
    assert refused.value.edit == str(one)


def test_edits_of_the_same_place_are_refused(family: Family) -> None:
    everywhere = edit("activation-bits", layer=0, bits=4, range="token", grid="affine")
    for pair in (
        [everywhere, edit("activation-bits", layer=0, module="q", bits=8, range="token", grid="affine")],
        [edit("drop-block", layer=0), edit("drop-block", layer=0, part="attention")],
    ):
        with pytest.raises(Unsupported, match="same place"):
            check(family("llama"), pair)


def test_caches_that_other_layers_read_keep_their_bits(tmp_path: Path) -> None:
    layers = ["sliding_attention", "full_attention", "sliding_attention", "full_attention"]
    changed = {"num_hidden_layers": 4, "num_kv_shared_layers": 2, "layer_types": layers}
    folder = make("gemma3n_text", tmp_path, activation_sparsity_pattern=[0.0] * 4, **changed)
    subject = loaded(folder)
    for layer in range(4):
        coarse = edit("kv-bits", layer=layer, keys=4, values=4, group_size=8, sink=0, recent=0)
        with pytest.raises(Unsupported, match="also those of other layers"):
            check(subject, [coarse])
