"""What the attention of a model does, found by experiment: a few tokens go through the model once, and what
is registered here is compared with what the model computes. Heads and channels are those that attention is
given, whatever a configuration calls them."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import torch
from attune_worker.evaluator import Edit, Unsupported
from torch import Tensor, nn

from ..subject import Layer, Subject
from . import attention
from .heads import attention as attend

TOKENS = 48
"""Of the experiment."""


@dataclass
class AttentionFacts:
    """Of one layer."""

    kv_heads: int = 0
    """Those of the cache: 1 with latent attention."""
    head_dim: int = 0
    """Channels of a key."""
    value_dim: int = 0
    """Channels of a value."""
    latent: bool = False
    """Whether the cache holds one thing per token for all heads."""
    turns_halves: bool = False
    """Whether RoPE turns whole heads, in pairs of channels half a head apart."""
    shared: bool = False
    """Whether other layers attend to the same keys."""
    refusal: str | None = None
    """Why edits of attention are refused; None: it computes what is registered here."""


_KNOWN: WeakKeyDictionary[Subject, list[AttentionFacts]] = WeakKeyDictionary()


def facts(subject: Subject) -> list[AttentionFacts]:
    """Of every layer, found once."""
    known = _KNOWN.get(subject)
    if known is None:
        known = _KNOWN[subject] = _said(subject) if subject.device.type == "meta" else _found(subject)
    return known


def understood(subject: Subject, edit: Edit) -> AttentionFacts:
    """Those of the layer of `edit`. Raises `Unsupported` where its attention cannot be edited."""
    found: AttentionFacts = facts(subject)[edit["layer"]]
    if found.refusal is not None:
        raise Unsupported(edit, found.refusal)
    return found


def check_head(edit: Edit, found: AttentionFacts) -> None:
    """Raises `Unsupported` where the KV head of `edit` does not exist."""
    head = edit.args.get("kv-head")
    if head is not None and not 0 <= head < found.kv_heads:
        raise Unsupported(edit, f"the model has KV heads 0 to {found.kv_heads - 1}")


class _Experiment:
    """Acts for one module and changes nothing."""

    def __init__(self) -> None:
        self.given: Tensor | None = None
        self.key: Tensor | None = None
        self.value_dim = 0
        self.apart = 0.0

    def attend(self, call: attention.Call) -> None:
        # Kept, so that no other tensor comes to lie at its address.
        self.given = call.key
        self.key, self.value_dim = call.key.float(), call.value.shape[-1]
        expected = call.base()[0].float()
        wide = attention.Call(
            call.module,
            call.query.float(),
            call.key.float(),
            call.value.float(),
            call.mask,
            call.scaling,
            call.cap,
            call.sinks,
            call.base,
        )
        found = attend(wide, None, (wide.key, wide.value), None)
        apart = (found.reshape(expected.shape) - expected).abs().amax()
        self.apart = float(apart / expected.abs().amax().clamp_min(1e-30))


def _found(subject: Subject) -> list[AttentionFacts]:
    found = [_of_code(layer) for layer in subject.layers]
    vocab = subject.config.vocab_size
    ids = torch.arange(1, TOKENS + 1, device=subject.device) * 7919 % vocab
    various = _ran(subject, found, ids)
    alike = _ran(subject, found, torch.full_like(ids, int(ids[0])))
    given = [ran.given.data_ptr() for ran in various if ran.given is not None]
    limit = 1e-3 if subject.dtype == torch.float32 else 5e-2
    for layer, of in zip(subject.layers, found, strict=True):
        if of.refusal is not None:
            continue
        ran, same, kind = various[layer.index], alike[layer.index], type(layer.attention).__name__
        if ran.key is None or same.key is None:
            of.refusal = f"the attention of a {kind} did not call transformers' AttentionInterface"
        elif not ran.apart <= limit:
            of.refusal = (
                f"the attention of a {kind} does something beside a scale, a soft-cap, sinks and its "
                "mask: it is "
                f"{ran.apart:.2g} of its range from that"
            )
        else:
            of.kv_heads = 1 if of.latent else ran.key.shape[1]
            of.head_dim, of.value_dim = ran.key.shape[-1], ran.value_dim
            of.turns_halves = not of.latent and _turns_halves(same.key)
            of.shared = ran.given is not None and given.count(ran.given.data_ptr()) > 1
    return found


def _said(subject: Subject) -> list[AttentionFacts]:
    """Of a model without values: what its code and its configuration say. Whether whole heads turn is not
    known yet, and not refused."""
    found = [_of_code(layer) for layer in subject.layers]
    for of in found:
        of.kv_heads, of.head_dim = subject.facts.get("kv-heads", 0), subject.facts.get("head-dim", 0)
        of.value_dim, of.turns_halves = of.head_dim, not of.latent
    return found


def _of_code(layer: Layer) -> AttentionFacts:
    if layer.attention is None:
        why = layer.unknown.get("attention", "this layer has no attention")
        return AttentionFacts(refusal=why)
    latent = any(name in layer.linear for name in ("kv-a", "kv-b"))
    return AttentionFacts(latent=latent, refusal=attention.refusal(layer.attention))


def _ran(subject: Subject, found: list[AttentionFacts], ids: Tensor) -> list[_Experiment]:
    experiments = [_Experiment() for _ in found]
    with ExitStack() as stack, torch.no_grad():
        for layer, of, experiment in zip(subject.layers, found, experiments, strict=True):
            if of.refusal is None and isinstance(layer.attention, nn.Module):
                attention.act(stack, layer.attention, experiment)
        subject.hidden(ids[None])
    return experiments


def _turns_halves(key: Tensor) -> bool:
    """Of equal tokens, keys differ by their turn alone: then the length of each pair is the same at all
    positions, and channels are not. `key: [1, kv-heads, tokens, channels]`."""
    channels = key.shape[-1]
    if channels % 2 or not torch.isfinite(key).all():
        return False
    first, second = key[..., : channels // 2], key[..., channels // 2 :]
    length = (first.square() + second.square()).sqrt()
    scale = key.abs().amax().clamp_min(1e-30)
    steady = (length - length[:, :, :1]).abs().amax() <= 2e-2 * scale
    turning = (key - key[:, :, :1]).abs().amax() > 0.1 * scale
    return bool(steady and turning)
