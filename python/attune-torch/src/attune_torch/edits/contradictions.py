"""Edits that cannot stand beside each other (`vocabulary/src/edits/*.rs`), for hosts that have not looked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from attune_worker.evaluator import Edit, Unsupported

from ..structure.linear import FEED_FORWARD


@dataclass(frozen=True)
class _Rule:
    """An edit of `kind` excludes one of `other` where each argument of `meet` is the same in both, or absent
    in one."""

    kind: str
    other: str
    meet: tuple[str, ...]
    feed_forward_alone: bool = False


_RULES = (
    _Rule("weight-bits", "weight-bits", ("layer", "module", "expert")),
    _Rule("weight-bits", "merge-experts", ("layer",), feed_forward_alone=True),
    _Rule("embedding-bits", "embedding-bits", ("matrix",)),
    _Rule("activation-bits", "activation-bits", ("layer", "module")),
    _Rule("drop-block", "drop-block", ("layer", "part")),
    _Rule("kv-bits", "kv-bits", ("layer", "kv-head")),
    _Rule("attention-span", "attention-span", ("layer", "kv-head")),
    _Rule("keep-experts", "keep-experts", ("layer",)),
    _Rule("merge-experts", "merge-experts", ("layer",)),
    _Rule("route-experts", "route-experts", ("layer",)),
    _Rule("experts-per-token", "experts-per-token", ("layer",)),
    _Rule("silence-experts", "silence-experts", ("layer",)),
    _Rule("silence-experts", "keep-experts", ("layer",)),
    _Rule("silence-experts", "merge-experts", ("layer",)),
    _Rule("silence-experts", "route-experts", ("layer",)),
    _Rule("keep-experts", "merge-experts", ("layer",)),
    _Rule("keep-experts", "route-experts", ("layer",)),
)


def refuse_contradictions(plan: Sequence[Edit]) -> None:
    """Raises `Unsupported` for the first edit that contradicts one before it."""
    layers: dict[object, list[Edit]] = {}
    for edit in plan:
        before = layers.setdefault(edit.args.get("layer"), [])
        for other in before:
            if any(_excludes(rule, *pair) for rule in _RULES for pair in ((edit, other), (other, edit))):
                raise Unsupported(edit, f"{other} changes the same place")
        before.append(edit)


def _excludes(rule: _Rule, edit: Edit, other: Edit) -> bool:
    if (edit.kind, other.kind) != (rule.kind, rule.other):
        return False
    if rule.feed_forward_alone and edit.args.get("module") not in FEED_FORWARD:
        return False
    return all(
        edit.args[name] == other.args[name] for name in rule.meet if name in edit.args and name in other.args
    )
