"""How edits take effect: one file for each kind, a line in the registry; plans checked against a subject and
sorted by layer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Protocol

from attune_worker.evaluator import Edit, Plan, Unsupported

from ..subject import Layer, Subject
from . import embedding_bits, kv_bits, rounded
from .activation_bits import ActivationBits
from .attention_span import AttentionSpan
from .contradictions import refuse_contradictions
from .drop_block import DropBlock
from .experts_per_token import ExpertsPerToken
from .keep_experts import KeepExperts
from .merge_experts import MergeExperts
from .route_experts import RouteExperts
from .silence_experts import SilenceExperts
from .weight_bits import WeightBits


class EditKind(Protocol):
    """A kind of edit. One object each, in `KINDS`."""

    kind: str

    def check(self, subject: Subject, edit: Edit, plan: Plan) -> None:
        """Raises `Unsupported` where the edit cannot be honoured exactly; `plan` is the whole plan. Layers
        are known to exist."""

    def changes(self, subject: Subject, edit: Edit) -> bool:
        """Whether a checked edit changes anything: 16 bits or all experts do not, and are left out of
        prefixes."""

    def enter(self, stack: ExitStack, subject: Subject, layer: Layer, edits: list[Edit]) -> None:
        """All edits of this kind in this layer, those that change something, take effect until the stack is
        closed; nothing is reloaded."""


@dataclass
class LayerEdits:
    """What is different in one layer."""

    layer: int
    edits: list[Edit] = field(default_factory=list)
    """Those that change anything, in the plan's order."""

    @property
    def key(self) -> str:
        """Equal for layers that compute the same from the same input."""
        return "; ".join(str(edit) for edit in self.edits)

    @contextmanager
    def entered(self, subject: Subject) -> Iterator[None]:
        """The layer is edited within."""
        with ExitStack() as stack:
            for kind in KINDS:
                own = [edit for edit in self.edits if edit.kind == kind.kind]
                if own:
                    kind.enter(stack, subject, subject.layers[self.layer], own)
            yield


@dataclass
class CompiledPlan:
    """A plan by layers: what the forward looks up."""

    layers: list[LayerEdits]
    embeddings: list[Edit] = field(default_factory=list)
    """Those of the matrices before the first layer and behind the last one that change anything."""
    calibration: str | None = None
    """Fingerprint of the data, apart from the scored items, that its scores depend on."""

    def of_embedding(self, matrix: str) -> str:
        """The edits of one of these matrices as a text: empty where nothing is edited."""
        own = [edit for edit in self.embeddings if edit.args["matrix"] == matrix]
        return "; ".join(str(edit) for edit in own)

    @contextmanager
    def at_ends(self, subject: Subject) -> Iterator[None]:
        """The matrices before the first layer and behind the last one are edited within, and no layer."""
        with embedding_bits.entered(subject, self.embeddings):
            yield

    @contextmanager
    def entered(self, subject: Subject) -> Iterator[None]:
        """Everything is edited within: for whole forwards and generation."""
        with ExitStack() as stack:
            stack.enter_context(self.at_ends(subject))
            for layer in self.layers:
                if layer.edits:
                    stack.enter_context(layer.entered(subject))
            yield


KINDS: list[EditKind] = [
    WeightBits(),
    ActivationBits(),
    MergeExperts(),
    KeepExperts(),
    RouteExperts(),
    ExpertsPerToken(),
    SilenceExperts(),
    kv_bits.KvBits(),
    AttentionSpan(),
    DropBlock(),
]
"""All kinds that are honoured, in the order in which they are entered: what computes experts comes before
what chooses them, and what skips halves last."""


def kinds() -> list[str]:
    """The names of all kinds that are honoured."""
    return [*(kind.kind for kind in KINDS), embedding_bits.KIND]


def compile(subject: Subject, plan: Sequence[Edit]) -> CompiledPlan:
    """The plan by layers. Raises `Unsupported` for the first edit that cannot be honoured exactly."""
    refuse_contradictions(plan)
    by_name = {kind.kind: kind for kind in KINDS}
    compiled = CompiledPlan([LayerEdits(index) for index in range(len(subject.layers))])
    for edit in plan:
        kind = by_name.get(edit.kind)
        if edit.kind == embedding_bits.KIND:
            embedding_bits.check(subject, edit)
            if embedding_bits.changes(edit):
                compiled.embeddings.append(edit)
            continue
        if kind is None:
            raise Unsupported(edit, f"it is none of {', '.join(kinds())}")
        layer = edit.args.get("layer")
        if not isinstance(layer, int) or not 0 <= layer < len(subject.layers):
            raise Unsupported(edit, f"the model has layers 0 to {len(subject.layers) - 1}")
        kind.check(subject, edit, tuple(plan))
        if kind.changes(subject, edit):
            compiled.layers[layer].edits.append(edit)
    if kv_bits.smooths(plan) or rounded.feeds_back(plan):
        compiled.calibration = kv_bits.calibration(subject)
    return compiled


def check(subject: Subject, plan: Sequence[Edit]) -> str | None:
    """Raises `Unsupported` where the plan cannot be honoured; else the fingerprint of its calibration data,
    if it has any."""
    return compile(subject, plan).calibration
