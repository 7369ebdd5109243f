"""One matrix of a linear module, wherever it is stored: a tensor by itself, rows of a fused one, one expert
of a batched one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeGuard

import torch
from torch import Tensor, nn

MODULES = ("q-a", "q-b", "q", "kv-a", "kv-b", "k", "v", "o", "gate", "up", "down")
"""Names of the vocabulary, in the order of the forward pass."""

_PLAIN = (torch.float32, torch.bfloat16, torch.float16, torch.float64)

FEED_FORWARD = ("gate", "up", "down")


def is_plain(tensor: Tensor | None) -> TypeGuard[Tensor]:
    """Whether a tensor holds the numbers themselves, in 16 bits or more: no codes, and no subclass that
    computes with codes."""
    return type(tensor) in (Tensor, nn.Parameter) and tensor is not None and tensor.dtype in _PLAIN


@dataclass
class LinearModule:
    """A matrix `[outputs, inputs]`."""

    owner: nn.Module
    """The module that holds the tensor."""
    parameter: str
    """The name of the tensor in it."""
    outputs: int
    inputs: int
    expert: int | None = None
    """Its place on the first axis, in a tensor `[experts, …]` of all experts."""
    rows: slice | Tensor | None = None
    """Which outputs of a fused tensor are its own; None: all of them."""
    transposed: bool = False
    """Whether the tensor is stored `[inputs, outputs]`."""

    @property
    def readable(self) -> bool:
        """Whether the tensor holds the weights themselves, as floating-point numbers of 16 bits or more: not
        codes of few bits."""
        tensor = self.owner._parameters.get(self.parameter)
        return is_plain(tensor) and tuple(tensor.shape[-2:]) == self._stored

    @property
    def _stored(self) -> tuple[int, ...]:
        """The shape of the last two axes, as far as this matrix knows it."""
        shape = list(self.tensor.shape[-2:])
        if self.rows is None:
            shape = [self.inputs, self.outputs] if self.transposed else [self.outputs, self.inputs]
        else:
            shape[0 if self.transposed else 1] = self.inputs
        return tuple(shape)

    @property
    def bias(self) -> Tensor | None:
        """What is added to its products, `[outputs]`, if anything."""
        found = self.owner._parameters.get("bias" if self.parameter == "weight" else f"{self.parameter}_bias")
        if found is None:
            return None
        bias: Tensor = found
        if self.expert is not None:
            bias = bias[self.expert]
        return bias if self.rows is None else bias[self.rows]

    @property
    def tensor(self) -> Tensor:
        """The whole stored tensor, which other matrices may share."""
        return self.owner._parameters[self.parameter]  # type: ignore[return-value]

    def of(self, tensor: Tensor) -> Tensor:
        """This matrix `[outputs, inputs]` in a tensor of the same layout: a view, or a copy where rows are
        scattered."""
        if self.expert is not None:
            tensor = tensor[self.expert]
        if self.transposed:
            tensor = tensor.t()
        return tensor if self.rows is None else tensor[self.rows]

    def put(self, tensor: Tensor, values: Tensor) -> None:
        """Writes `values: [outputs, inputs]` to its place in a tensor of the same layout."""
        if self.expert is not None:
            tensor = tensor[self.expert]
        if self.transposed:
            tensor = tensor.t()
        tensor[slice(None) if self.rows is None else self.rows] = values.to(tensor.dtype)

    def read(self) -> Tensor:
        """The matrix in float32, a copy."""
        return self.of(self.tensor).detach().to(torch.float32, copy=True)


def matrix(module: nn.Module) -> LinearModule | None:
    """The matrix of a module that multiplies by one: `torch.nn.Linear` and those that look like it, the
    transposed `Conv1D` of GPT-2, a router that holds a bare weight, and linear modules whose weights are
    codes. None for anything else."""
    weight = module._parameters.get("weight")
    if isinstance(module, nn.Embedding):
        return None
    if hasattr(module, "in_features") and hasattr(module, "out_features"):
        name = "weight" if weight is not None else next(iter(module._parameters), "weight")
        linear: Any = module
        return LinearModule(module, name, int(linear.out_features), int(linear.in_features))
    if weight is None or weight.dim() != 2:
        return None
    transposed = type(module).__name__ == "Conv1D"
    outputs, inputs = weight.shape[::-1] if transposed else weight.shape
    return LinearModule(module, "weight", outputs, inputs, transposed=transposed)
