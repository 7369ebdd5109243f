"""A population on some units: what plans have in common is computed once.

Plans that agree in all edits before layer `k` have the same activations there, so plans are a trie over layers. Each distinct
prefix is run once and its children go on from its activations; a prefix whose activations are still in memory is not run at
all. A layer is edited once for all prefixes that share its edits.

On a host every sequence of every prefix runs by itself, so that scores are equal to the bit whatever else is asked for:
products of other shapes are summed in another order. On other devices the sequences of a unit, and the prefixes with equal edits,
share one product.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from ..subject import Prepared, Subject
from .candidates import Candidate
from .limit import Limit
from .prefixes import Place, PrefixCache
from .units import Unit

HOST_ROWS = 1
DEVICE_ROWS = 8192
"""Tokens per product on devices other than the host."""


@dataclass
class Node:
    """One distinct prefix on one unit, after its last layer."""

    unit: int
    prefix: bytes
    depth: int
    activation: Tensor
    plans: list[int]
    prepared: Prepared
    """What is passed to layers beside the activation."""


@dataclass
class Passed:
    """What a population gives on one unit."""

    finals: list[tuple[Tensor, list[int]]]
    """Final hidden states `[passages, tokens, hidden]` of each distinct plan, and the plans that have them."""
    computed: list[float] = field(default_factory=list)
    """Tokens times layers computed for each plan; what several share is divided among them."""


class Forward:
    """Runs candidates through a subject."""

    def __init__(self, subject: Subject, cache: PrefixCache, share: bool = True) -> None:
        self.subject = subject
        self.cache = cache
        self.share = share
        """Whether what plans have in common is computed once, where layers can be called one by one."""

    @property
    def on_host(self) -> bool:
        return self.subject.device.type == "cpu"

    @property
    def by_layer(self) -> bool:
        """Whether layers are called one by one, else the model runs whole for every plan."""
        return self.share and self.subject.layerwise

    def run(
        self,
        units: Sequence[Unit],
        candidates: Sequence[Candidate],
        limit: Limit,
        tick: Callable[[float], None],
    ) -> list[Passed]:
        """Runs all candidates on all units; `tick` is told which part of that is done since it was told last."""
        if self.by_layer:
            return self._by_layer(units, candidates, limit, tick)
        return self._whole(units, candidates, limit, tick)

    def dense(self, unit: Unit, limit: Limit) -> Tensor:
        """Final hidden states of the dense model, computed as those of candidates are, without looking at what is kept."""
        limit.check()
        if not self.by_layer:
            return self.subject.hidden(unit.ids)
        prepared = self.subject.prepare(unit.ids)
        hidden = prepared.hidden
        for layer in range(len(self.subject.layers)):
            limit.check()
            hidden = self.subject.run_layer(layer, hidden, prepared)
        return self.subject.finish(hidden, prepared)

    def _whole(
        self, units: Sequence[Unit], candidates: Sequence[Candidate], limit: Limit, tick: Callable[[float], None]
    ) -> list[Passed]:
        distinct = _distinct([candidate.hidden for candidate in candidates]) if self.share else None
        groups = [[number] for number in range(len(candidates))] if distinct is None else distinct
        passed = [Passed([], [0.0] * len(candidates)) for _ in units]
        for plans in groups:
            with candidates[plans[0]].plan.entered(self.subject):
                for unit, found in zip(units, passed, strict=True):
                    limit.check()
                    found.finals.append((self.subject.hidden(unit.ids), plans))
                    for plan in plans:
                        found.computed[plan] += unit.rows * len(self.subject.layers) / len(plans)
                    tick(1 / (len(groups) * len(units)))
        return passed

    def _by_layer(
        self, units: Sequence[Unit], candidates: Sequence[Candidate], limit: Limit, tick: Callable[[float], None]
    ) -> list[Passed]:
        layers = len(self.subject.layers)
        computed = [[0.0] * len(candidates) for _ in units]
        for unit in units:
            for candidate in candidates:
                if candidate.prefixes[0] not in unit.prepared:
                    with candidate.plan.at_ends(self.subject):
                        unit.prepared[candidate.prefixes[0]] = self.subject.prepare(unit.ids)
        nodes = [node for number, unit in enumerate(units) for node in self._roots(number, unit, candidates)]
        runs = sum(_runs(node, candidates, layers) for node in nodes)
        for layer in range(layers):
            # Nodes that begin deeper than this layer wait for it.
            ready = [child for node in nodes if node.depth == layer for child in _children(node, candidates)]
            nodes = [node for node in nodes if node.depth > layer]
            for own in _grouped(ready, lambda node: candidates[node.plans[0]].keys[layer]):
                edits = candidates[own[0].plans[0]].plan.layers[layer]
                with edits.entered(self.subject):
                    for bundle in self._bundles(own, units):
                        limit.check()
                        self._step(layer, bundle)
                        for node in bundle:
                            unit = units[node.unit]
                            for plan in node.plans:
                                computed[node.unit][plan] += unit.rows / len(node.plans)
                            if node.depth < layers:
                                self._keep(unit, node, candidates[node.plans[0]])
                        tick(len(bundle) / runs)
            nodes += ready
        passed = [Passed([], own) for own in computed]
        for node in nodes:
            hidden = self.subject.finish(node.activation, node.prepared)
            passed[node.unit].finals.append((hidden, node.plans))
        return passed

    def _roots(self, number: int, unit: Unit, candidates: Sequence[Candidate]) -> list[Node]:
        """Where every plan begins: behind its deepest prefix that is in memory, else at the embedding. Plans with a common
        prefix that is in memory begin there or deeper, so no prefix is met twice."""
        found: dict[bytes, Node] = {}
        for plan, candidate in enumerate(candidates):
            prepared = unit.prepared[candidate.prefixes[0]]
            for depth in reversed(range(len(self.subject.layers))):
                prefix = candidate.prefixes[depth]
                if prefix in found:
                    found[prefix].plans.append(plan)
                    break
                activation = self._at_hand(unit, prepared, depth, prefix)
                if activation is not None:
                    found[prefix] = Node(number, prefix, depth, activation, [plan], prepared)
                    break
        return list(found.values())

    def _at_hand(self, unit: Unit, prepared: Prepared, depth: int, prefix: bytes) -> Tensor | None:
        """The activations after the `depth` layers of a prefix; what enters the first layer always is at hand."""
        if depth == 0:
            return prepared.hidden
        parts = self.cache.all([Place(name, depth, prefix) for name in unit.names])
        return None if parts is None else _joined(parts, prepared.batch_axis)

    def _bundles(self, nodes: Sequence[Node], units: Sequence[Unit]) -> Iterator[list[Node]]:
        """Nodes that share one product: of one unit, as many as a product should have."""
        for own in _grouped(nodes, lambda node: (node.unit, id(node.prepared))):
            most = 1 if self.on_host else max(1, DEVICE_ROWS // units[own[0].unit].rows)
            for first in range(0, len(own), most):
                yield own[first : first + most]

    def _step(self, layer: int, bundle: Sequence[Node]) -> None:
        """Runs a layer for some prefixes, whose edits of it are entered."""
        prepared = bundle[0].prepared
        axis = prepared.batch_axis
        stacked = _joined([node.activation for node in bundle], axis)
        version = stacked._version
        after = self.subject.run_layer(layer, stacked, prepared)
        if stacked._version != version:
            raise RuntimeError(f"layer {layer} changes its input in place, which other candidates share")
        parts = [after] if len(bundle) == 1 else after.chunk(len(bundle), axis)
        for node, part in zip(bundle, parts, strict=True):
            node.activation, node.depth = part, layer + 1

    def _keep(self, unit: Unit, node: Node, candidate: Candidate) -> None:
        """Keeps a node's activations, passage by passage, for children of the candidate."""
        activation = node.activation
        count = len(unit.asked)
        if not self.cache.takes(activation.numel() * activation.element_size() // count):
            return
        for number, name in enumerate(unit.names):
            place = Place(name, node.depth, node.prefix)
            own = activation.narrow(node.prepared.batch_axis, number, 1)
            # A part of a tensor would keep the whole of it alive.
            alone = own.numel() == own.untyped_storage().nbytes() // own.element_size()
            self.cache.keep(place, own if alone else own.clone(), candidate.whole)


def _children(node: Node, candidates: Sequence[Candidate]) -> list[Node]:
    """One for each different edit of the next layer, which has not run yet."""
    found: dict[bytes, Node] = {}
    for plan in node.plans:
        prefix = candidates[plan].prefixes[node.depth + 1]
        if prefix in found:
            found[prefix].plans.append(plan)
        else:
            found[prefix] = Node(node.unit, prefix, node.depth, node.activation, [plan], node.prepared)
    return list(found.values())


def _runs(node: Node, candidates: Sequence[Candidate], layers: int) -> int:
    """How often a layer is run for what begins at a node: once for every distinct prefix that ends with it."""
    depths = range(node.depth + 1, layers + 1)
    return sum(len({candidates[plan].prefixes[depth] for plan in node.plans}) for depth in depths)


def _grouped(nodes: Sequence[Node], by: Callable[[Node], object]) -> list[list[Node]]:
    """Nodes that say the same, in the order in which they come first."""
    found: dict[object, list[Node]] = {}
    for node in nodes:
        found.setdefault(by(node), []).append(node)
    return list(found.values())


def _distinct(names: Sequence[bytes]) -> list[list[int]]:
    found: dict[bytes, list[int]] = {}
    for number, name in enumerate(names):
        found.setdefault(name, []).append(number)
    return list(found.values())


def _joined(parts: Sequence[Tensor], axis: int) -> Tensor:
    return parts[0] if len(parts) == 1 else torch.cat(list(parts), axis)
