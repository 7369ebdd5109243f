"""What the edits of one layer say together about its experts, and why some of it cannot be applied."""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass

import torch
from attune_worker.evaluator import Edit, Plan, Unsupported
from torch import Tensor

from ..structure.routers import Router
from ..subject import Layer, Subject

EXPERTS = ("keep-experts", "merge-experts", "route-experts")


@dataclass
class ExpertLayer:
    """Of one layer: how many experts it keeps, rows of its matrices, experts per token."""

    kept: int | None = None
    merge: int | None = None
    route: int | None = None
    per_token: int | None = None

    @classmethod
    def of(cls, plan: Plan, layer: int) -> ExpertLayer:
        """What `plan` says."""
        found = cls()
        for edit in plan:
            if edit.args.get("layer") != layer:
                continue
            if edit.kind == "keep-experts":
                found.kept = len(edit["experts"])
            elif edit.kind == "merge-experts":
                found.merge = edit["rows"]
            elif edit.kind == "route-experts":
                found.route = edit["rows"]
            elif edit.kind == "experts-per-token":
                found.per_token = edit["count"]
        return found


def layer_of(subject: Subject, edit: Edit) -> Layer:
    """The layer of an edit, which exists."""
    layer: Layer = subject.layers[edit["layer"]]
    return layer


def mixture(subject: Subject, edit: Edit) -> Router:
    """The router of the layer of `edit`. Raises `Unsupported` where there is none, or none that is
    understood."""
    layer = layer_of(subject, edit)
    why = layer.unknown.get("router")
    if layer.router is None:
        if why is None and "feed-forward" in layer.unknown:
            unknown = layer.unknown["feed-forward"]
            why = f"the feed-forward part of layer {layer.index} is not understood: {unknown}"
        if why is None and all(
            other.router is None and "router" not in other.unknown for other in subject.layers
        ):
            why = "the model has no experts"
        raise Unsupported(edit, why or "this layer has no experts, but an ordinary feed-forward part")
    if layer.router.refusal is not None or why is not None:
        raise Unsupported(edit, layer.router.refusal or why or "")
    return layer.router


def free_mixture(subject: Subject, edit: Edit, plan: Plan) -> Router:
    """That of edits that change which experts there are, or what the router says of them: none that chooses
    from groups."""
    router = mixture(subject, edit)
    if router.groups is not None:
        raise Unsupported(
            edit,
            f"its router chooses from {router.groups[0]} groups of experts, and what is left of "
            "groups is not "
            "defined",
        )
    for other in plan:
        if other is edit or other.kind not in EXPERTS or other["layer"] != edit["layer"]:
            continue
        if other.kind == edit.kind or "keep-experts" in (other.kind, edit.kind):
            raise Unsupported(edit, f"{other} changes the same place")
    return router


def check_matrix(subject: Subject, edit: Edit, plan: Plan, other_kind: str) -> Router:
    """Raises `Unsupported` where a matrix over the experts cannot be applied beside the matrix of
    `other_kind`."""
    router, layer = free_mixture(subject, edit, plan), ExpertLayer.of(plan, edit["layer"])
    rows, matrix, experts = edit["rows"], edit["matrix"], router.count
    if not 1 <= rows <= experts or len(matrix) != rows * experts:
        raise Unsupported(
            edit,
            f"its matrix has {len(matrix)} numbers in {rows} rows; expected 1 to {experts} rows of {experts} "
            "numbers, one for each expert of the model",
        )
    if not all(map(_finite, matrix)):
        raise Unsupported(edit, "its matrix must be finite in float32")
    other = layer.merge if other_kind == "merge-experts" else layer.route
    if other is not None and other != rows:
        raise Unsupported(edit, f"it has {rows} rows, and {other_kind} of the same layer has {other}")
    if other is None and rows != experts:
        raise Unsupported(
            edit,
            f"it has {rows} rows; without {other_kind} in the same layer it needs {experts}, one for "
            "each expert "
            "of the model",
        )
    per_token = layer.per_token or router.per_token
    if rows < per_token:
        raise Unsupported(
            edit, f"it has {rows} rows, fewer than the {per_token} experts that each token is routed to"
        )
    return router


def _finite(number: float) -> bool:
    try:
        return math.isfinite(struct.unpack("f", struct.pack("f", number))[0])
    except OverflowError:
        return False


def matrix_of(edit: Edit) -> Tensor:
    """The matrix of an edit, `[rows, E]`, float32."""
    return (
        torch.tensor([float(number) for number in edit["matrix"]], dtype=torch.float64)
        .float()
        .view(edit["rows"], -1)
    )


def is_identity(edit: Edit) -> bool:
    """Whether the matrix of an edit changes nothing."""
    matrix = matrix_of(edit)
    return matrix.shape[0] == matrix.shape[1] and bool((matrix == torch.eye(matrix.shape[0])).all())
