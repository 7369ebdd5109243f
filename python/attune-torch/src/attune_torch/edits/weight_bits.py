"""Weights in few bits, swapped in and out of place (`eval/src/edits/weight_bits.rs`,
`eval/src/model/quantised.rs`).

Asymmetric round-to-nearest over groups of input channels: `s = (max − min)/(2ᵇ − 1)`, `q = round((w −
min)/s)` with halves to even, `w' = q·s + min`, in float32 whatever the model's type is; a group of equal
weights stays as it is. With `grid` it is the number grid of an engine instead (`..grids`), and with
`rounding` codes are made as `.rounded` says. In a model of 16 bits `w'` is then rounded to the model's
type, in which its product is computed.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial

import torch
from attune_worker.evaluator import Edit, Plan, Unsupported
from torch import Tensor

from ..grids import GRIDS, feedback
from ..replaced import replaced_parameter
from ..structure.layer import Layer
from ..structure.linear import FEED_FORWARD, LinearModule
from ..subject import Subject
from . import rounded
from .level_memory import levels_of

LEVELS = (2, 3, 4, 5, 6, 8, 16)


@dataclass(frozen=True)
class Level:
    """A quantiser of weights."""

    bits: int
    group: int
    grid: str | None = None
    """The number grid of an engine, if it is one."""
    rounding: str | None = None
    """How codes are made, where not each weight is rounded to the nearest."""

    def of(self, weights: Tensor, codes: Tensor | None = None) -> Tensor:
        """What is left of `weights: [outputs, inputs]`, in float32; `codes` are those of the rounding."""
        if codes is not None:
            return feedback.dequantise(weights, self.bits, self.group, self.grid, codes.to(weights.device))
        if self.grid is None:
            return quantise(weights, self.bits, self.group)
        return GRIDS[self.grid].quantise(weights.to(torch.float32), self.bits, self.group)


class WeightBits:
    """See `docs/edits.md`."""

    kind = "weight-bits"

    def check(self, subject: Subject, edit: Edit, plan: Plan) -> None:
        layer = subject.layers[edit.args["layer"]]
        module, bits, group = edit.args["module"], edit.args["bits"], edit.args["group-size"]
        expert = edit.args.get("expert")
        if bits not in LEVELS:
            raise Unsupported(edit, f"weights in {bits} bits; expected 2, 3, 4, 5, 6 or 8, or 16 for exact")
        if expert is not None:
            if layer.router is None:
                dense = all(other.router is None for other in subject.layers)
                raise Unsupported(
                    edit,
                    "the model has no experts"
                    if dense
                    else "this layer has no experts, but an ordinary feed-forward part",
                )
            if module not in FEED_FORWARD:
                raise Unsupported(edit, f"{module} is no module of an expert; those are gate, up and down")
            if not 0 <= expert < layer.router.count:
                raise Unsupported(
                    edit, f"there is no expert {expert}; the model has 0 to {layer.router.count - 1}"
                )
        why = layer.refusal(module)
        if why is not None:
            raise Unsupported(edit, why)
        matrix = layer.linear[module][0]
        if group < 1 or matrix.inputs % group:
            raise Unsupported(edit, f"a group of {group} channels does not divide the {matrix.inputs} inputs")
        grid = edit.args.get("grid")
        if grid is not None and bits < 16:
            if grid not in GRIDS:
                raise Unsupported(edit, f"there is no number grid {grid}; there are {', '.join(GRIDS)}")
            why = GRIDS[grid].refusal(grid, bits, group, matrix.inputs)
            if why is not None:
                raise Unsupported(edit, why)
        if edit.args.get("rounding") is not None and bits < 16:
            why = rounded.refusal(layer, matrix, edit)
            if why is not None:
                raise Unsupported(edit, why)
        if bits < 16 and not matrix.readable:
            raise Unsupported(
                edit,
                f"the weights of {module} are codes of few bits already, in a {type(matrix.owner).__name__}",
            )

    def changes(self, subject: Subject, edit: Edit) -> bool:
        return bool(edit.args["bits"] < 16)

    def enter(self, stack: ExitStack, subject: Subject, layer: Layer, edits: list[Edit]) -> None:
        levels: dict[tuple[str, int], Level] = {}
        for edit in edits:
            module, expert = edit.args["module"], edit.args.get("expert")
            experts = range(len(layer.linear[module])) if expert is None else [expert]
            grid, rounding = edit.args.get("grid"), edit.args.get("rounding")
            level = Level(edit.args["bits"], edit.args["group-size"], grid, rounding)
            levels |= {(module, number): level for number in experts}
        tensors: dict[tuple[int, str], list[tuple[LinearModule, str, int, Level]]] = {}
        for (module, number), level in levels.items():
            matrix = layer.linear[module][number]
            tensors.setdefault((id(matrix.owner), matrix.parameter), []).append(
                (matrix, module, number, level)
            )
        for parts in tensors.values():
            owner, parameter = parts[0][0].owner, parts[0][0].parameter
            key = (layer.index, parameter, *((module, number, level) for _, module, number, level in parts))
            make = partial(_edited, subject, layer, parts)
            value = levels_of(subject).get_or_make(key, make)
            stack.enter_context(replaced_parameter(owner, parameter, value))


def _edited(subject: Subject, layer: Layer, parts: list[tuple[LinearModule, str, int, Level]]) -> Tensor:
    """A stored tensor with the matrices that it holds at their levels."""
    tensor = parts[0][0].tensor.detach().clone()
    for matrix, module, number, level in parts:
        codes = None
        if level.rounding is not None:
            own = rounded.Level(level.bits, level.group, level.grid)
            codes = rounded.codes_of(subject, (layer.index, module, number), own)
        matrix.put(tensor, level.of(matrix.read(), codes))
    return tensor


def quantise(weights: Tensor, bits: int, group: int) -> Tensor:
    """Quantises and dequantises `weights: [outputs, inputs]` in float32, each output over groups of `group`
    inputs."""
    codes = float(2**bits - 1)
    groups = weights.to(torch.float32).unflatten(-1, (-1, group))
    low = groups.amin(-1, keepdim=True)
    scale = (groups.amax(-1, keepdim=True) - low) / codes
    steps = torch.where(scale > 0, scale, torch.ones_like(scale))
    rounded = ((groups - low) / steps).round().clamp(max=codes) * scale + low
    return torch.where(scale > 0, rounded, groups).flatten(-2)
