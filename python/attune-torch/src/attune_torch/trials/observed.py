"""What passes through the parts of every layer while a few tokens go through the model."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from torch import Tensor, nn

from ..replaced import replaced_forward

if TYPE_CHECKING:
    from ..subject import Subject


@dataclass
class Call:
    """One call of a module."""

    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    given: Any

    @property
    def entered(self) -> Tensor:
        """The first tensor that it was given."""
        found: Tensor = next(
            value for value in (*self.args, *self.kwargs.values()) if isinstance(value, Tensor)
        )
        return found

    @property
    def result(self) -> Tensor:
        """What it gave, or the first of it."""
        found: Tensor = self.given[0] if isinstance(self.given, tuple) else self.given
        return found

    def tensors(self) -> list[Tensor]:
        """All tensors that it was given."""
        return [value for value in (*self.args, *self.kwargs.values()) if isinstance(value, Tensor)]


@dataclass
class Seen:
    """Calls of the parts of one layer: `block`, `attention`, `feed-forward`, `router`, `experts`."""

    calls: dict[str, Call] = field(default_factory=dict)


def observe(subject: Subject, ids: Tensor) -> list[Seen]:
    """What passes through every layer for `ids`."""
    seen = [Seen() for _ in subject.layers]
    with ExitStack() as stack:
        for layer in subject.layers:
            parts: dict[str, nn.Module | None] = {
                "block": layer.block,
                "attention": layer.attention,
                "feed-forward": layer.feed_forward,
                "router": layer.router.module if layer.router else None,
                "experts": layer.router.experts if layer.router else None,
            }
            for name, module in parts.items():
                # A list of experts is never called itself.
                if module is not None and not isinstance(module, nn.ModuleList | nn.ModuleDict):
                    stack.enter_context(replaced_forward(module, _noting(seen[layer.index].calls, name)))
        subject.hidden(ids)
    return seen


def _noting(calls: dict[str, Call], name: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def make(own: Callable[..., Any]) -> Callable[..., Any]:
        def forward(*args: Any, **kwargs: Any) -> Any:
            given = own(*args, **kwargs)
            calls.setdefault(name, Call(args, kwargs, given))
            return given

        return forward

    return make
