"""Routers, understood by experiment: a rule is taken for a router's only if it gives what the model itself
gives its experts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from torch import Tensor, nn

from .linear import LinearModule


@dataclass
class Router:
    """How a mixture chooses. All fields but `refusal` hold what was proved on random inputs."""

    mixture: nn.Module
    """The module that is given the residual stream and holds router and experts."""
    module: nn.Module
    """The router itself: its matrix is in it."""
    experts: nn.Module
    """What is called with `(rows [n, hidden], chosen [n, k], weights [n, k])`."""
    count: int
    """Experts, `E`."""
    per_token: int
    """Experts per token, `k`."""
    matrix: LinearModule
    """`[E, hidden]`."""
    bias: Tensor | None = None
    """`[E]`, added to logits."""
    correction: Tensor | None = None
    """`[E]`, added to scores for the choice alone."""
    scores: Literal["softmax", "sigmoid"] = "softmax"
    renormalised: bool = True
    """Whether the chosen scores are divided by their sum."""
    addend: float = 1e-20
    """What is added to the sum of chosen sigmoids before they are divided by it."""
    scale: float = 1.0
    """What weights are multiplied by at last."""
    weighs_input: bool = False
    """Whether weights multiply what enters an expert instead of what it gives (Llama 4)."""
    groups: tuple[int, int] | None = None
    """Groups of experts, and how many of them are chosen from."""
    sparsemixer: bool = False
    """Whether scores are SparseMixer's (Phi-3.5-MoE), which chooses two experts one after the other."""
    refusal: str | None = None
    """Why edits of experts are refused in this layer; None: it is understood."""

    @property
    def mapping(self) -> Literal["one-hot", "none"] | None:
        """Which mappings of scores are defined, where not all are; the fact `router-mapping`."""
        if self.groups is not None or self.sparsemixer:
            return "none"
        return "one-hot" if self.correction is not None else None
