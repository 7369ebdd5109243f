"""The linear modules of a model's layers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .errors import Refused

if TYPE_CHECKING:
    from .model import Model


@dataclass(frozen=True)
class LinearModule:
    """What a layer has of a linear module."""

    name: str
    """The name in plans."""
    input: str
    """The first module of the model that reads the same values."""
    tensor: str
    """The first module of the model that is stored in the same tensor."""
    outputs: int
    """Output channels of each matrix."""
    inputs: int
    """Input channels of each matrix."""
    matrices: int = 1
    """How many matrices there are: 1, or one for each expert."""
    rows: int = 1
    """Rows that a token gives them: 1, or one for each of its experts where those have inputs of their own."""
    element_bytes: int | None = None
    """Bytes of a stored weight, 2 or 4; `None` where the host does not say."""

    def weights(self) -> float:
        """Weights of all its matrices."""
        return float(self.outputs) * self.inputs * self.matrices

    def is_of_experts(self) -> bool:
        """Whether every expert has one of its own."""
        return self.matrices > 1


def linear_modules(model: Model) -> list[list[LinearModule]]:
    """See `Model.linear_modules`."""
    listed = model.word("modules")
    if listed is None:
        return _usual_modules(model)
    names = listed.split(" ")
    inputs, tensors, shapes = (
        model.wholes(fact) for fact in ("module-inputs", "module-tensors", "module-shapes")
    )
    if inputs is None or tensors is None or shapes is None:
        raise _contradiction(model)
    elements = model.wholes("module-element-bytes") or []
    width = 4 * len(names)
    starts = range(0, len(shapes), width)
    try:
        return [
            _layer(names, inputs, tensors, shapes[start : start + width], elements[start // 4 :])
            for start in starts
        ]
    except IndexError:
        raise _contradiction(model) from None


def _layer(
    names: Sequence[str],
    inputs: Sequence[int],
    tensors: Sequence[int],
    shapes: Sequence[int],
    elements: Sequence[int],
) -> list[LinearModule]:
    modules = []
    for number, name in enumerate(names):
        shape = shapes[4 * number : 4 * number + 4]
        if len(shape) < 4 or shape[2] == 0:
            continue
        outputs, inputs_of, matrices, rows = shape
        size = elements[number] if number < len(elements) else 0
        module = LinearModule(
            name,
            names[inputs[number]],
            names[tensors[number]],
            outputs,
            inputs_of,
            matrices,
            rows,
            size if size > 0 else None,
        )
        modules.append(module)
    return modules


def _contradiction(model: Model) -> Refused:
    return Refused(f"the lists of modules of model `{model.name}` contradict each other")


def _usual_modules(model: Model) -> list[list[LinearModule]]:
    """Queries, keys, values and output of attention, and a gated feed-forward part, in every layer."""
    if model.heads == 0:
        return []
    if "expert-layers" in model.extra:
        raise Refused(
            f"only some layers of model `{model.name}` have experts, and this attune does not list their "
            "modules; use a newer one"
        )
    hidden, inner = model.hidden, model.feed_forward()
    queries, keys = model.heads * model.head_dim, model.kv_heads * model.head_dim
    experts = max(model.experts, 1)

    def module(
        name: str, reads: str, outputs: int, inputs: int, matrices: int = 1, rows: int = 1
    ) -> LinearModule:
        return LinearModule(name, reads, name, outputs, inputs, matrices, rows)

    layer = [
        module("q", "q", queries, hidden),
        module("k", "q", keys, hidden),
        module("v", "q", keys, hidden),
        module("o", "o", hidden, queries),
        # The experts of a token read the same row.
        module("gate", "gate", inner, hidden, experts),
        module("up", "gate", inner, hidden, experts),
        module("down", "down", hidden, inner, experts, max(model.experts_per_token, 1)),
    ]
    return [list(layer) for _ in range(model.layers)]
