"""Weights that are rounded with error feedback: made once for each module and level, before plans that have
them are entered (`eval/src/rounding.rs`).

A module's inputs are those of the dense model on the calibration text, whatever else a plan edits; those of
an expert are the rows that are routed to it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary

import torch
from attune_worker.evaluator import Edit, EvaluatorError, Plan
from torch import Tensor

from ..calibration import Calibration
from ..describe import ROUNDINGS
from ..grids import feedback
from ..replaced import replaced_forward
from ..structure.layer import Layer
from ..structure.linear import LinearModule
from ..subject import Subject
from . import kv_bits
from .expert_inputs import watched_experts, why_not

Site = tuple[int, str, int]
"""A layer, a module of it, and an expert, 0 for modules that no expert has."""


@dataclass(frozen=True)
class Level:
    """A grid that codes are chosen of."""

    bits: int
    group: int
    grid: str | None


@dataclass
class _Rounded:
    """What was made of one text."""

    text: Calibration | None
    codes: dict[tuple[Site, Level], Tensor] = field(default_factory=dict)
    """Those that were asked for longest ago first."""
    factors: dict[Site, Tensor | None] = field(default_factory=dict)
    """By the first module that has the input."""


_ROUNDED: WeakKeyDictionary[Subject, _Rounded] = WeakKeyDictionary()


def refusal(layer: Layer, matrix: LinearModule, edit: Edit) -> str | None:
    """Why the module cannot be rounded so, if it cannot."""
    rounding, grid = edit["rounding"], edit.args.get("grid")
    if rounding not in ROUNDINGS:
        return f"there is no rounding {rounding}; there are {', '.join(ROUNDINGS)}"
    if grid not in feedback.GRIDS:
        return (
            f"{rounding} needs whole numbers under a scale for each group that follows from the weights "
            f"alone, and is not defined on {grid}; leave `rounding` out, or use affine-int, symmetric or no `grid`"
        )
    return None if matrix.expert is None else why_not(layer, "token")


def feeds_back(plan: Sequence[Edit]) -> bool:
    """Whether `plan` has weights that are rounded with error feedback."""
    return any(_is_rounded(edit) for edit in plan)


def _is_rounded(edit: Edit) -> bool:
    return edit.kind == "weight-bits" and edit.args.get("rounding") is not None and edit["bits"] < 16


def sites(layer: Layer, edit: Edit) -> Iterator[Site]:
    """The modules of an edit."""
    expert, module = edit.args.get("expert"), edit["module"]
    experts = range(len(layer.linear[module])) if expert is None else [expert]
    for number in experts:
        yield layer.index, module, number


def codes_of(subject: Subject, site: Site, level: Level) -> Tensor:
    """What `round_weights` made."""
    known = _ROUNDED.get(subject)
    if known is None or (site, level) not in known.codes:
        raise EvaluatorError(f"{site} at {level} was entered before it was rounded")
    return known.codes[site, level]


def round_weights(
    subject: Subject, plans: Iterable[Plan], breathe: Callable[[], None] = lambda: None
) -> None:
    """Rounds what `plans`, which are honoured, need. Call it while nothing is edited: before such a plan is
    entered."""
    text = kv_bits.measured_on(subject)
    rounded = _ROUNDED.get(subject)
    if rounded is None or rounded.text is not text:
        rounded = _ROUNDED[subject] = _Rounded(text)
    wanted: dict[tuple[Site, Level], None] = {}
    for edit in (edit for plan in plans for edit in plan if _is_rounded(edit)):
        layer = subject.layers[edit["layer"]]
        level = Level(edit["bits"], edit["group-size"], edit.args.get("grid"))
        wanted |= {(site, level): None for site in sites(layer, edit)}
    missing = [key for key in wanted if key not in rounded.codes]
    for part in _parts(subject, rounded, missing):
        _measure(subject, rounded, {site for site, _ in part}, breathe)
        for site, level in part:
            breathe()
            weights = _matrix(subject, site).read()
            factor = rounded.factors[_input(subject, site)]
            made = feedback.codes(weights, level.bits, level.group, level.grid, factor)
            rounded.codes[site, level] = made.cpu()
    for key in wanted:
        rounded.codes[key] = rounded.codes.pop(key)
    # Beyond the memory for levels, only what these plans need stays.
    spare = sum(map(Tensor.numel, rounded.codes.values())) - subject.level_memory
    for key in [key for key in rounded.codes if key not in wanted]:
        if spare <= 0:
            break
        spare -= rounded.codes.pop(key).numel()


def chosen(
    subject: Subject, plan: Plan, breathe: Callable[[], None] = lambda: None
) -> Iterator[tuple[int, list[bytes]]]:
    """Codes of the edits of `plan` that are rounded so, by their place in it: of each, those of its module, or
    of the modules of all experts in their order; `[outputs, inputs]`, counted from the least code."""
    round_weights(subject, [plan], breathe)
    for place, edit in enumerate(plan):
        if not _is_rounded(edit):
            continue
        level = Level(edit["bits"], edit["group-size"], edit.args.get("grid"))
        found = (codes_of(subject, site, level) for site in sites(subject.layers[edit["layer"]], edit))
        yield place, [codes.contiguous().numpy().tobytes() for codes in found]


def _matrix(subject: Subject, site: Site) -> LinearModule:
    layer, module, number = site
    return subject.layers[layer].linear[module][number]


def _input(subject: Subject, site: Site) -> Site:
    """The site whose module is the first that is given what this one is given."""
    layer, module, number = site
    own = _matrix(subject, site)
    for other, matrices in subject.layers[layer].linear.items():
        # Batched experts are given one input for `gate` and `up`, whose tensors may be two.
        inner = own.expert is not None and "down" not in (other, module)
        if number < len(matrices) and (matrices[number].owner is own.owner) and (own.expert is None or inner):
            return layer, other, number
    return site


def _parts(
    subject: Subject, rounded: _Rounded, missing: list[tuple[Site, Level]]
) -> Iterator[list[tuple[Site, Level]]]:
    """What is missing, in parts whose inputs have moments and factors that fit into the memory for levels, a
    module at least."""
    part: list[tuple[Site, Level]] = []
    held: set[Site] = set(rounded.factors)
    for key in missing:
        own = _input(subject, key[0])
        held.add(own)
        if part and sum(_bytes(subject, site) for site in held) > subject.level_memory:
            yield part
            part, held = [], {own}
            rounded.factors.clear()
        part.append(key)
    if part:
        yield part


def _bytes(subject: Subject, site: Site) -> int:
    return 8 * _matrix(subject, site).inputs ** 2


def _measure(subject: Subject, rounded: _Rounded, sites: set[Site], breathe: Callable[[], None]) -> None:
    """Factors of what enters modules; those that are not known are measured in one pass of the text."""
    inputs = {_input(subject, site) for site in sites} - set(rounded.factors)
    if not inputs:
        return
    if rounded.text is None:
        raise EvaluatorError(
            "weights are rounded by what enters their modules on the selection split, and there is none"
        )
    moments = {site: _Moments(subject, site) for site in inputs}
    with ExitStack() as stack, torch.no_grad():
        batched: dict[int, dict[tuple[int, str], _Moments]] = {}
        for (layer, module, number), own in moments.items():
            matrix = _matrix(subject, (layer, module, number))
            if matrix.expert is None:
                stack.enter_context(replaced_forward(matrix.owner, partial(_seeing, own)))
            else:
                which = "down" if module == "down" else "inner"
                batched.setdefault(layer, {})[number, which] = own
        for layer, watched in batched.items():
            see = {key: own.see for key, own in watched.items()}
            watched_experts(stack, subject, subject.layers[layer], see)
        for tokens in rounded.text.sequences:
            breathe()
            subject.hidden(torch.tensor([tokens], device=subject.device))
    for site, own in moments.items():
        breathe()
        rounded.factors[site] = feedback.factor(own.sums)


def _seeing(moments: _Moments, own: Callable[..., Any]) -> Callable[..., Any]:
    def forward(x: Tensor, *args: Any, **kwargs: Any) -> Any:
        moments.see(x)
        return own(x, *args, **kwargs)

    return forward


class _Moments:
    """`Σ x·xᵀ` of rows, in float64."""

    def __init__(self, subject: Subject, site: Site) -> None:
        matrix = _matrix(subject, site)
        inputs = matrix.inputs
        self.sums = torch.zeros(inputs, inputs, dtype=torch.float64, device=matrix.tensor.device)

    def see(self, x: Tensor) -> None:
        rows = x.reshape(-1, x.shape[-1]).double()
        self.sums += rows.t() @ rows
