"""Calling a model's layers one by one, as the model itself calls them.

Nothing is composed by hand: the model's own forward runs with its layers stubbed, which gives the arguments
that it passes to each of them; its own code before and behind the layers computes the embedding, the masks,
the positions and the norm. Whether that is the same as the whole forward is proved on a small batch, and
refused by name where it is not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from .replaced import replaced_forward

if TYPE_CHECKING:
    from .subject import Subject

Path = tuple[int, str]
"""A layer and the name of one of its arguments."""


@dataclass
class Prepared:
    """A batch of items, ready to go through the layers."""

    ids: Tensor
    mask: Tensor | None
    hidden: Tensor
    """What enters the first layer."""
    batch_axis: int
    """The axis of `hidden` that counts items; the next one counts tokens."""
    calls: list[tuple[tuple[Any, ...], dict[str, Any]]]
    """For each layer, the arguments beside the stream."""
    repeated: dict[int, Prepared] = field(default_factory=dict, repr=False)

    @property
    def items(self) -> int:
        return self.ids.shape[0]


@dataclass
class _Finished(Exception):
    """The decoder's forward has been left."""

    hidden: Tensor


class Layerwise:
    """The stages of a forward pass."""

    def __init__(self, subject: Subject) -> None:
        self.subject = subject
        self.tried = False
        """Whether `trials.layers` has looked; before, nothing may run layer by layer."""
        self.refusal: str | None = None
        self.batch_axis = 0
        self.tuples: list[tuple[Any, ...] | None] = []
        """For each layer, what it gives beside the stream, where it gives a tuple."""
        self.batched: dict[tuple[int, str], int] = {}
        """Arguments that have an axis of items, and which it is: learned from two batches of different
        sizes."""
        self.output: type = tuple
        """What the decoder gives."""
        self.plain_norm: torch.nn.Module | None = None
        """The norm behind the layers, where all that the decoder does there is to call it."""

    # Stages

    def prepare(self, ids: Tensor, mask: Tensor | None) -> Prepared:
        """See `Subject.prepare`."""
        calls: list[tuple[tuple[Any, ...], dict[str, Any]]] = []
        first: list[Tensor] = []

        def stub(index: int) -> Callable[..., Any]:
            def forward(*args: Any, **kwargs: Any) -> Any:
                hidden, args, kwargs = _split(args, kwargs)
                if index == 0:
                    first.append(hidden)
                calls.append((args, kwargs))
                return self.given(index, hidden)

            return forward

        with self._stubbed(stub):
            self._decode(ids, mask)
        if len(calls) != len(self.subject.layers):
            raise RuntimeError(f"the decoder called {len(calls)} layers of {len(self.subject.layers)}")
        return Prepared(ids, mask, first[0], self.batch_axis, calls)

    def run_layer(self, index: int, hidden: Tensor, prepared: Prepared) -> Tensor:
        """See `Subject.run_layer`."""
        times, rest = divmod(hidden.shape[prepared.batch_axis], prepared.items)
        if rest:
            found = hidden.shape[prepared.batch_axis]
            raise ValueError(
                f"{found} rows of items, where {prepared.items} were prepared, or a multiple of them"
            )
        args, kwargs = self._call(index, prepared, times)
        block = self.subject.layers[index].block
        with self.subject.counting(hidden.shape[prepared.batch_axis], prepared.ids.shape[1], prepared.mask):
            given = block(hidden, *args, **kwargs)
        result: Tensor = given[0] if isinstance(given, tuple) else given
        return result

    def finish(self, hidden: Tensor, prepared: Prepared | None) -> Tensor:
        """See `Subject.finish`."""
        if self.plain_norm is not None:
            finished: Tensor = self.plain_norm(hidden)
            return finished
        if prepared is None:
            raise ValueError("what this model does behind its layers needs the prepared items")
        times = hidden.shape[prepared.batch_axis] // prepared.items
        last = len(self.subject.layers) - 1

        def stub(index: int) -> Callable[..., Any]:
            def forward(*args: Any, **kwargs: Any) -> Any:
                return self.given(index, hidden if index == last else _split(args, kwargs)[0])

            return forward

        ids = prepared.ids.repeat(times, 1)
        mask = None if prepared.mask is None else prepared.mask.repeat(times, 1)
        with self._stubbed(stub):
            return self._decode(ids, mask)

    def project(self, rows: Tensor) -> Tensor:
        """See `Subject.project`."""

        def decoded(_: Callable[..., Any]) -> Callable[..., Any]:
            def forward(*args: Any, **kwargs: Any) -> Any:
                hidden = rows.unsqueeze(0)
                return (hidden,) if self.output is tuple else self.output(last_hidden_state=hidden)

            return forward

        token = torch.zeros(1, 1, dtype=torch.long, device=self.subject.device)
        with replaced_forward(self.subject.decoder, decoded):
            logits: Tensor = self.subject.model(input_ids=token, use_cache=False).logits
        return logits[0].to(torch.float32)

    def whole(self, ids: Tensor, mask: Tensor | None) -> Tensor:
        """See `Subject.hidden`."""
        with self.subject.counting(ids.shape[0], ids.shape[1], mask):
            return self._decode(ids, mask)

    # Parts of stages

    def _decode(self, ids: Tensor, mask: Tensor | None) -> Tensor:
        """The decoder within the model's own forward, left before the head."""

        def leaving(own: Callable[..., Any]) -> Callable[..., Any]:
            def forward(*args: Any, **kwargs: Any) -> Any:
                given = own(*args, **kwargs)
                self.output = type(given)
                raise _Finished(given[0] if isinstance(given, tuple) else given.last_hidden_state)

            return forward

        with replaced_forward(self.subject.decoder, leaving):
            try:
                self.subject.model(input_ids=ids, attention_mask=mask, use_cache=False)
            except _Finished as finished:
                return finished.hidden
        raise RuntimeError("the model's forward did not call its decoder")

    @contextmanager
    def _stubbed(self, stub: Callable[[int], Callable[..., Any]]) -> Iterator[None]:
        with ExitStack() as stack:
            for layer in self.subject.layers:
                own = stub(layer.index)
                stack.enter_context(replaced_forward(layer.block, lambda _, own=own: own))  # type: ignore[misc]
            yield

    def given(self, index: int, hidden: Tensor) -> Any:
        """`hidden` in the form in which layer `index` gives its result."""
        rest = self.tuples[index] if self.tuples else None
        return hidden if rest is None else (hidden, *rest)

    def _call(self, index: int, prepared: Prepared, times: int) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """The arguments of a layer for `times` stacked copies of the prepared items."""
        if times == 1:
            return prepared.calls[index]
        known = prepared.repeated.get(times)
        if known is None:
            known = replace(
                prepared,
                calls=[self._repeat(i, call, prepared, times) for i, call in enumerate(prepared.calls)],
            )
            prepared.repeated.clear()
            prepared.repeated[times] = known
        return known.calls[index]

    def _repeat(
        self, index: int, call: tuple[tuple[Any, ...], dict[str, Any]], prepared: Prepared, times: int
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        copies: dict[int, Tensor] = {}

        def repeat(path: str, value: Any) -> Any:
            axis = self.batched.get((index, path))
            if axis is None or value.shape[axis] % prepared.items:
                return value
            if id(value) not in copies:
                copies[id(value)] = torch.cat([value] * times, dim=axis)
            return copies[id(value)]

        args, kwargs = call
        return tuple(_mapped(repeat, str(at), value) for at, value in enumerate(args)), {
            name: _mapped(repeat, name, value) for name, value in kwargs.items()
        }


def _split(args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Tensor, tuple[Any, ...], dict[str, Any]]:
    """The stream, and the other arguments of a layer."""
    if args:
        return args[0], args[1:], kwargs
    rest = dict(kwargs)
    return rest.pop("hidden_states"), (), rest


def _mapped(change: Callable[[str, Any], Any], path: str, value: Any) -> Any:
    """`value` with every tensor in it changed; `path` says where it stands."""
    if isinstance(value, Tensor):
        return change(path, value)
    if isinstance(value, tuple | list):
        return type(value)(_mapped(change, f"{path}.{at}", inner) for at, inner in enumerate(value))
    if type(value) is dict:
        return {name: _mapped(change, f"{path}.{name}", inner) for name, inner in value.items()}
    return value
