"""Experiments on a small batch when a model is loaded: whether its layers may be called one by one, and how
they are stacked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from ..layerwise import Layerwise, Prepared, _mapped

if TYPE_CHECKING:
    from ..subject import Subject

_TOKENS = 6


@torch.no_grad()
def try_layers(subject: Subject) -> None:
    """Learns how `subject.stages` calls layers, and leaves there why it cannot, if it cannot."""
    stages = subject.stages
    stages.tried = True
    try:
        ids = [random_ids(subject, items) for items in (2, 3)]
        _record(stages, ids[0])
        stages.batched = {}
        plain = _learn(stages, [stages.prepare(batch, None) for batch in ids])
        padded = plain or _learn(stages, [stages.prepare(batch, _padding(batch)) for batch in ids])
        stages.refusal = padded or _compare(subject, ids[0])
    except Exception as error:  # whatever a model's own code may raise: it still runs as a whole
        first = next(iter(str(error).splitlines()), "")
        stages.refusal = f"its layers cannot be called one by one: {type(error).__name__}: {first}"


def random_ids(subject: Subject, items: int, tokens: int = _TOKENS) -> Tensor:
    """Token ids `[items, tokens]`, the same ones in every run."""
    generator = torch.Generator().manual_seed(items * 1009 + tokens)
    ids = torch.randint(0, subject.config.vocab_size, (items, tokens), generator=generator)
    return ids.to(subject.device)


def _padding(ids: Tensor) -> Tensor:
    """A mask in which the last item ends one token earlier."""
    mask = torch.ones_like(ids)
    mask[-1, -1] = 0
    return mask


def _record(stages: Layerwise, ids: Tensor) -> None:
    """Which layers give tuples, and what is in them beside the stream."""
    given: dict[int, Any] = {}
    hooks = [
        layer.block.register_forward_hook(
            lambda _m, _a, out, index=layer.index: given.__setitem__(index, out)
        )
        for layer in stages.subject.layers
    ]
    try:
        stages.whole(ids, None)
    finally:
        for hook in hooks:
            hook.remove()
    stages.tuples = []
    for layer in stages.subject.layers:
        out = given[layer.index]
        if isinstance(out, tuple):
            stages.tuples.append(tuple(None if isinstance(value, Tensor) else value for value in out[1:]))
        else:
            stages.tuples.append(None)


def _learn(stages: Layerwise, prepared: list[Prepared]) -> str | None:
    """Finds the axis of items of the stream and of every argument: where batches of two sizes differ by just
    that."""
    sizes = [batch.items for batch in prepared]
    axis = _axis(prepared[0].hidden, prepared[1].hidden, sizes)
    if axis is None or prepared[0].hidden.shape[axis : axis + 2] != (sizes[0], _TOKENS):
        return f"what enters its layers has no axis of items: {tuple(prepared[0].hidden.shape)}"
    stages.batch_axis = axis
    for index, (one, other) in enumerate(zip(prepared[0].calls, prepared[1].calls, strict=True)):
        tensors: list[dict[str, Tensor]] = [{}, {}]
        for found, (args, kwargs) in zip(tensors, (one, other), strict=True):

            def note(path: str, value: Tensor, found: dict[str, Tensor] = found) -> Tensor:
                found[path] = value
                return value

            for name, value in [*((str(at), value) for at, value in enumerate(args)), *kwargs.items()]:
                _mapped(note, name, value)
        if tensors[0].keys() != tensors[1].keys():
            return f"layer {index} is given other arguments in batches of other sizes"
        for path, value in tensors[0].items():
            if (own := _axis(value, tensors[1][path], sizes)) is not None:
                stages.batched[index, path] = own
            elif value.shape != tensors[1][path].shape:
                return f"the argument `{path}` of layer {index} has no axis of items: {tuple(value.shape)}"
    return None


def _axis(one: Tensor, other: Tensor, sizes: list[int]) -> int | None:
    """The axis in which the two differ, if it is one alone and counts items, or the same number of rows for
    each item."""
    if one.dim() != other.dim():
        return None
    differ = [axis for axis in range(one.dim()) if one.shape[axis] != other.shape[axis]]
    if len(differ) != 1:
        return None
    rows = [tensor.shape[differ[0]] / size for tensor, size in zip((one, other), sizes, strict=True)]
    return differ[0] if rows[0] == rows[1] and rows[0].is_integer() else None


def _compare(subject: Subject, ids: Tensor) -> str | None:
    """Layer by layer, each with arguments prepared anew, against the model's own forward: nothing that a
    layer leaves for a later one but the stream may matter. Also what comes behind, and stacking."""
    stages = subject.stages
    for mask in (_padding(ids), None):
        valid = slice(None) if mask is None else mask.bool()
        own = stages.whole(ids, mask)
        hidden = stages.prepare(ids, mask).hidden
        for layer in subject.layers:
            hidden = stages.run_layer(layer.index, hidden, stages.prepare(ids, mask))
        prepared = stages.prepare(ids, mask)
        if not _equal(stages.finish(hidden, prepared)[valid], own[valid]):
            return "its layers share more than the stream: one by one they give other numbers"
        stacked = torch.cat([prepared.hidden] * 2, dim=stages.batch_axis)
        for layer in subject.layers:
            stacked = stages.run_layer(layer.index, stacked, prepared)
        found = stages.finish(stacked, prepared).unflatten(0, (2, ids.shape[0]))
        if not all(_equal(copy[valid], own[valid]) for copy in found):
            return "two copies of a batch behind each other give other numbers than one"
    stages.plain_norm = next((norm for norm in _norms(subject) if _equal_or_no(norm, hidden, own)), None)
    whole: Tensor = subject.model(input_ids=ids, use_cache=False).logits.to(torch.float32)
    if not _equal(stages.project(own.flatten(0, 1)), whole.flatten(0, 1)):
        return "its logits do not follow from its final hidden states alone"
    return None


def _equal(found: Tensor, expected: Tensor) -> bool:
    """Equal up to the last digits: products of another number of rows may be summed in another order."""
    loose = 1e-5 if expected.dtype in (torch.float32, torch.float64) else 2e-2
    scale = expected.to(torch.float32).abs().max().clamp(min=1e-6)
    apart = (found.to(torch.float32) - expected.to(torch.float32)).abs().max()
    return bool(torch.isfinite(scale)) and float(apart / scale) <= loose


def _norms(subject: Subject) -> list[torch.nn.Module]:
    """Children of the decoder that are called norms, the last one first."""
    children = list(subject.decoder.named_children())
    return [child for name, child in reversed(children) if "norm" in name or name.startswith("ln")]


def _equal_or_no(norm: torch.nn.Module, hidden: Tensor, own: Tensor) -> bool:
    """Whether the norm alone makes `own` of `hidden`."""
    try:
        found = norm(hidden)
        return found.shape == own.shape and _equal(found, own)
    except Exception:  # a norm of something else
        return False
