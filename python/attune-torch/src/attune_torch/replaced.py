"""Putting something in the place of a part of a model for a while, and back again whatever happens."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from torch import Tensor, nn


@contextmanager
def replaced_forward(
    module: nn.Module, make: Callable[[Callable[..., Any]], Callable[..., Any]]
) -> Iterator[None]:
    """Within, `module` computes `make(its own forward)`. May be nested: the inner one wraps the outer one."""
    own = module.__dict__.get("forward")
    module.forward = make(module.forward)
    try:
        yield
    finally:
        if own is None:
            del module.__dict__["forward"]
        else:
            module.forward = own


@contextmanager
def replaced_parameter(owner: nn.Module, name: str, value: Tensor) -> Iterator[None]:
    """Within, `owner.name` is `value`, of any shape; the parameter itself is kept untouched."""
    own = owner._parameters[name]
    owner._parameters[name] = nn.Parameter(value, requires_grad=False)
    try:
        yield
    finally:
        owner._parameters[name] = own
