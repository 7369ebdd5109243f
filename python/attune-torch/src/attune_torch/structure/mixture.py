"""Mixtures: the experts' matrices, batched or apart, and the router's."""

from __future__ import annotations

from typing import Any

from torch import nn

from .feed_forward import dense
from .layer import Layer
from .linear import LinearModule, matrix
from .routers import Router

_WEIGHS_INPUT = ("Llama4TextExperts",)
"""Classes whose experts are given rows that weights multiplied."""
_SIGMOID = ("llama4_text",)
"""Families whose scores are sigmoids; so are those beside a correction, nearly everywhere."""
_ADDENDS = {"lfm2_moe": 1e-6}
"""What families add to a sum of sigmoids that they divide by; all others 1e-20, which tells nothing from 0. No experiment tells
it in 16 bits, and it matters where all sigmoids are small."""
_TRANSPOSED = ("Llama4TextExperts",)
"""Classes whose experts are stored `[experts, inputs, outputs]`, and do not say so."""


def mixture(layer: Layer, part: nn.Module, config: Any) -> None:
    """Finds experts and router of the mixture `part`."""
    experts = getattr(part, "experts", None)
    if not isinstance(experts, nn.Module):
        layer.unknown["feed-forward"] = f"a {type(part).__name__} has no `experts`"
        layer.unknown["router"] = layer.unknown["feed-forward"]
        return
    linear = _batched(experts) or _apart(experts)
    if linear is None:
        layer.unknown["feed-forward"] = (
            f"its experts, a {type(experts).__name__}, are stored in an unknown way"
        )
    else:
        layer.linear |= linear
    count = len(linear["down"]) if linear else getattr(experts, "num_experts", 0)
    layer.router = _router(part, experts, count, config)
    if layer.router is None:
        layer.unknown["router"] = (
            f"a {type(part).__name__} has no matrix of {count} rows that chooses its experts"
        )


def _batched(experts: nn.Module) -> dict[str, list[LinearModule]] | None:
    """Matrices of all experts in one tensor."""
    tensors = {name: p for name, p in experts.named_parameters(recurse=False) if p.dim() == 3}
    down = tensors.get("down_proj")
    inner = tensors.get("gate_up_proj", tensors.get("up_proj"))
    if down is None or inner is None or set(tensors) - {"gate_up_proj", "up_proj", "gate_proj", "down_proj"}:
        return None
    transposed = bool(getattr(experts, "is_transposed", type(experts).__name__ in _TRANSPOSED))
    axes = (2, 1) if transposed else (1, 2)

    def of(name: str, rows: slice | None = None) -> list[LinearModule]:
        shape = tensors[name].shape
        outputs = len(range(shape[axes[0]])[rows]) if rows else shape[axes[0]]
        return [
            LinearModule(experts, name, outputs, shape[axes[1]], e, rows, transposed) for e in range(shape[0])
        ]

    width = down.shape[axes[1]]
    if "gate_up_proj" in tensors:
        if tensors["gate_up_proj"].shape[axes[0]] != 2 * width:
            return None
        turns = getattr(experts, "is_concatenated", True) is False
        gate, up = (
            (slice(0, None, 2), slice(1, None, 2)) if turns else (slice(0, width), slice(width, 2 * width))
        )
        return {"gate": of("gate_up_proj", gate), "up": of("gate_up_proj", up), "down": of("down_proj")}
    gates = {"gate": of("gate_proj")} if "gate_proj" in tensors else {}
    return {**gates, "up": of("up_proj"), "down": of("down_proj")}


def _apart(experts: nn.Module) -> dict[str, list[LinearModule]] | None:
    """A list of feed-forward parts."""
    if not isinstance(experts, nn.ModuleList | nn.ModuleDict):
        return None
    children = experts.values() if isinstance(experts, nn.ModuleDict) else experts
    parts = [dense(child) for child in children]
    first = parts[0] if parts else None
    if first is None or any(part is None or part.keys() != first.keys() for part in parts):
        return None
    return {name: [part[name] for part in parts if part is not None] for name in first}


def _router(part: nn.Module, experts: nn.Module, count: int, config: Any) -> Router | None:
    own = {id(module) for module in experts.modules()}
    found: list[tuple[nn.Module, LinearModule]] = []
    for name, module in part.named_modules():
        if id(module) in own or name.startswith("shared"):
            continue
        whole = matrix(module)
        if whole is not None and (whole.outputs, whole.inputs) == (count, config.hidden_size):
            found.append((module, whole))
    if len(found) != 1 or count == 0:
        return None
    holder, rows = found[0]
    bias = holder._parameters.get("bias")
    corrections = [
        tensor
        for module in part.modules()
        if id(module) not in own
        for name, tensor in [*module.named_parameters(recurse=False), *module.named_buffers(recurse=False)]
        if "correction" in name and tensor.numel() == count
    ]
    chosen = [getattr(module, "top_k", None) for module in (holder, part, *part.children())]
    per_token = next((number for number in chosen if isinstance(number, int)), 0)
    kind = config.model_type
    return Router(
        part,
        holder,
        experts,
        count,
        per_token,
        rows,
        bias,
        corrections[0] if corrections else None,
        weighs_input=type(experts).__name__ in _WEIGHS_INPUT,
        groups=_groups(config),
        addend=_ADDENDS.get(kind, 1e-20),
        sparsemixer=kind == "phimoe",
        scores="sigmoid" if kind in _SIGMOID or corrections and kind != "ernie4_5_moe" else "softmax",
    )


def _groups(config: Any) -> tuple[int, int] | None:
    """The groups of the experts, and how many of them a token chooses from; one group is none."""
    count, kept = getattr(config, "n_group", None) or 1, getattr(config, "topk_group", None) or 1
    if count <= 1 or getattr(config, "topk_method", None) == "greedy":
        return None
    return count, kept
