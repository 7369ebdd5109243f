"""Caches in few bits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import torch
from attune_worker.evaluator import Edit, EvaluatorError, Plan, Unsupported
from torch import Tensor

from ..calibration import Calibration
from ..describe import CHANNEL_ORDERS
from ..grids import caches
from ..grids.cache_grid import Grid
from ..subject import Layer, Subject
from . import attention
from .attention_facts import check_head, facts, understood
from .edited_attention import edited_heads
from .heads import Cache

LIMITS = (1e-4, 1e4)
"""Scales beyond these make channels vanish, or grow without bound (PM-KVQ's limits)."""


class KvBits:
    """`kv-bits`."""

    kind = "kv-bits"

    def check(self, subject: Subject, edit: Edit, plan: Plan) -> None:
        """See `EditKind`."""
        found = understood(subject, edit)
        if found.latent:
            raise Unsupported(
                edit,
                "the cache of this model holds one latent per token for all heads, and no keys and values of "
                "heads: few bits of it are not computed",
            )
        if found.shared:
            raise Unsupported(
                edit, "its keys and values are also those of other layers, which would read the quantised ones"
            )
        for what in ("keys", "values"):
            if edit[what] not in (*range(1, 9), 16):
                raise Unsupported(edit, f"{what} in {edit[what]} bits; expected 1 to 8, or 16 for exact")
        check_head(edit, found)
        _check_alone(edit, plan)
        smoothing = edit.args.get("smoothing")
        if smoothing is not None:
            if not 0 <= smoothing <= 1:
                raise Unsupported(edit, f"keys smoothed by the exponent {smoothing}; expected 0 to 1")
            if not all(of.turns_halves for of in facts(subject) if of.refusal is None):
                raise Unsupported(
                    edit,
                    "keys are smoothed by pairs of channels half a head apart, and this model turns "
                    "others, or "
                    "not all of them, or its sinks hide what it turns",
                )
        wide = edit.args.get("shrink-from")
        if wide is not None:
            if wide not in (2, 4, 8, 16):
                raise Unsupported(edit, f"codes shrink from {wide} bits; expected 2, 4, 8 or 16")
            for what in ("keys", "values"):
                if not _shrinks_to(wide, edit[what]):
                    raise Unsupported(
                        edit,
                        f"{what} in {edit[what]} bits, which {wide} bits halved any number of times are not",
                    )
        _check_grids(edit)
        order = edit.args.get("key-order")
        if order is not None and order not in CHANNEL_ORDERS:
            raise Unsupported(
                edit, f"there is no order of channels {order}; there are {', '.join(CHANNEL_ORDERS)}"
            )
        if order is not None and found.head_dim % 2:
            raise Unsupported(
                edit, f"channels of keys are {order}, and a head of {found.head_dim} has no two halves"
            )
        group = edit["group-size"]
        for dim in {found.head_dim, found.value_dim}:
            if group <= 0 or dim % group:
                raise Unsupported(edit, f"a group of {group} channels does not divide the head of {dim}")

    def changes(self, subject: Subject, edit: Edit) -> bool:
        """See `EditKind`."""
        return not edit["keys"] == edit["values"] == 16

    def enter(self, stack: ExitStack, subject: Subject, layer: Layer, edits: list[Edit]) -> None:
        """See `EditKind`."""
        heads = edited_heads(stack, subject, layer)
        for edit in edits:
            keys = _grid(edit, "keys", "key-grid", edit.args.get("key-order") is not None)
            values = _grid(edit, "values", "value-grid")
            head = edit.args.get("kv-head")
            for place in range(heads.kv_heads) if head is None else [head]:
                scales = _scales(subject, layer, place, edit)
                heads.caches[place] = Cache(keys, values, edit["sink"], edit["recent"], scales)
        stack.callback(heads.caches.clear)


def _grid(edit: Edit, bits: str, grid: str, interleaved: bool = False) -> Grid | None:
    if edit[bits] == 16:
        return None
    shrinks, engine = edit.args.get("shrink-from"), edit.args.get(grid)
    return Grid(edit[bits], edit["group-size"], shrinks, engine, interleaved)


def _check_alone(edit: Edit, plan: Plan) -> None:
    for other in plan:
        if other.kind == edit.kind and other["layer"] == edit["layer"] and other is not edit:
            heads = edit.args.get("kv-head"), other.args.get("kv-head")
            if None in heads or heads[0] == heads[1]:
                raise Unsupported(edit, f"{other} changes the same place")


def _check_grids(edit: Edit) -> None:
    for what, argument in (("keys", "key-grid"), ("values", "value-grid")):
        name = edit.args.get(argument)
        if name is None or edit[what] == 16:
            continue
        if name not in caches.CACHES:
            raise Unsupported(
                edit, f"there is no number grid {name} of caches; there are {', '.join(caches.CACHES)}"
            )
        why = caches.refusal(name, edit[what], edit["group-size"])
        if why is not None:
            raise Unsupported(edit, why)
        if "smoothing" in edit.args or "shrink-from" in edit.args:
            raise Unsupported(edit, f"an engine with {name} smooths no keys and shrinks no codes")


def _shrinks_to(wide: int, bits: int) -> bool:
    """Whether `bits` are exact, or `wide` halved some number of times."""
    return bits == 16 or bits in [wide >> times for times in range(5)]


@dataclass
class _Measured:
    """What scales of smoothed keys are measured on, and what was found: `[kv-heads, channels/2]` for each
    layer."""

    data: Calibration
    maxima: list[Tensor | None] | None = None


_MEASURED: WeakKeyDictionary[Subject, _Measured] = WeakKeyDictionary()


def smooths(plan: Sequence[Edit]) -> bool:
    """Whether scores of `plan` depend on calibration data."""
    return any(
        edit.kind == KvBits.kind and edit.args.get("smoothing") is not None and edit["keys"] < 16
        for edit in plan
    )


def calibrate_on(subject: Subject, data: Calibration) -> None:
    """Says what scales of smoothed keys are measured on."""
    _MEASURED[subject] = _Measured(data)


def measured_on(subject: Subject) -> Calibration | None:
    """What scales are measured on, once that is known."""
    known = _MEASURED.get(subject)
    return None if known is None else known.data


def calibration(subject: Subject) -> str | None:
    """The fingerprint of what scales are measured on, once that is known."""
    known = _MEASURED.get(subject)
    return None if known is None else known.data.fingerprint


def calibrate(subject: Subject, breathe: Callable[[], None] = lambda: None) -> None:
    """Measures the scales, once. Call it while nothing is edited: before a plan that `smooths` is entered."""
    known = _MEASURED.get(subject)
    if known is None:
        raise EvaluatorError(
            "keys are smoothed by scales that are measured on the selection split, and there is none"
        )
    if known.maxima is not None:
        return
    recorders = [_Largest() for _ in subject.layers]
    with ExitStack() as stack, torch.no_grad():
        for layer, found, recorder in zip(subject.layers, facts(subject), recorders, strict=True):
            if found.refusal is None and layer.attention is not None:
                attention.act(stack, layer.attention, recorder)
        for tokens in known.data.sequences:
            breathe()
            subject.hidden(torch.tensor([tokens], device=subject.device))
    known.maxima = [recorder.largest for recorder in recorders]


class _Largest:
    """Largest magnitudes of keys after RoPE, of the two channels that RoPE turns together the larger:
    `[kv-heads, channels/2]`."""

    def __init__(self) -> None:
        self.largest: Tensor | None = None

    def attend(self, call: attention.Call) -> None:
        key = call.key.float().abs()
        key = key.reshape(*key.shape[:-1], 2, -1).amax((0, 2, 3))
        self.largest = key if self.largest is None else torch.maximum(self.largest, key)


def _scales(subject: Subject, layer: Layer, head: int, edit: Edit) -> Tensor | None:
    """`λ = max|K|^exponent` of every channel of a head."""
    exponent = edit.args.get("smoothing")
    if exponent is None or edit["keys"] == 16:
        return None
    known = _MEASURED.get(subject)
    maxima = None if known is None or known.maxima is None else known.maxima[layer.index]
    if maxima is None:
        raise EvaluatorError(f"{edit} was entered before its scales were measured")
    half = maxima[head].double().pow(exponent).clamp(*LIMITS).float()
    return torch.cat([half, half])
