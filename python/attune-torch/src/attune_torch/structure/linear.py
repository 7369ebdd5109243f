"""One matrix of a linear module, wherever it is stored: a tensor by itself, rows of a fused one, one expert of a batched one."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

MODULES = ("q-a", "q-b", "q", "kv-a", "kv-b", "k", "v", "o", "gate", "up", "down")
"""Names of the vocabulary, in the order of the forward pass."""

FEED_FORWARD = ("gate", "up", "down")


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
    def tensor(self) -> Tensor:
        """The whole stored tensor, which other matrices may share."""
        return self.owner._parameters[self.parameter]  # type: ignore[return-value]

    def of(self, tensor: Tensor) -> Tensor:
        """This matrix `[outputs, inputs]` in a tensor of the same layout: a view, or a copy where rows are scattered."""
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
