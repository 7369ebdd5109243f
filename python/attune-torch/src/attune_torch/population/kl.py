"""Candidates' next-token distributions against the dense model's.

With dense logits `d` and a candidate's logits `c`, shifted by their maxima, `KL(dense ‖ candidate) = Σ eᵈ(d − c)/Σ eᵈ − log Σ eᵈ +
log Σ eᶜ`. Exponentials are of float32, sums of float64, as in the native evaluator. Equal logits give exactly 0.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

Project = Callable[[Tensor], Tensor]
"""Logits `[rows, vocab]` of final hidden states `[rows, hidden]`."""

HOST_LOGITS = 1 << 22
"""Logits that are alive at once on the host, for each of the two: 16 MiB."""
DEVICE_LOGITS = 1 << 26
"""And on other devices: 256 MiB, of which a comparison holds a handful."""
HOST_BLOCK = 1 << 17
"""Logits that a thread of the host compares at once: 512 KiB, so that what is made of them on the way stays in its cache."""


@dataclass
class TokenScores:
    """What a candidate says of scored tokens, one value for each: see `attune_torch.tasks.Read`."""

    kl: list[float] = field(default_factory=list)
    nll: list[float] = field(default_factory=list)
    greedy: list[bool] = field(default_factory=list)


def compare(
    dense: Tensor,
    candidates: Sequence[Tensor],
    targets: Tensor,
    project: Project,
    vocab: int,
    check: Callable[[], None],
    projections: Sequence[Project] | None = None,
) -> list[TokenScores]:
    """Scores of every row of every candidate. `dense` and the candidates are final hidden states `[rows, hidden]`, `targets` the
    tokens `[rows]` that they predict. They are projected some rows at a time, how many is said by the vocabulary alone; `check`
    is called in between. `projections` are those of candidates, where they are others than that of the dense model."""
    theirs = [project] * len(candidates) if projections is None else projections
    on_host = dense.device.type == "cpu"
    step = max(1, (HOST_LOGITS if on_host else DEVICE_LOGITS) // vocab)
    # The same blocks for all, so that equal logits have equal sums.
    block = max(1, HOST_BLOCK * torch.get_num_threads() // vocab) if on_host else step
    scores = [TokenScores() for _ in candidates]
    for first in range(0, len(targets), step):
        part = slice(first, first + step)
        references = [_Reference(logits) for logits in project(dense[part]).split(block)]
        for own, rows, projected in zip(scores, candidates, theirs, strict=True):
            check()
            blocks = zip(references, projected(rows[part]).split(block), targets[part].split(block), strict=True)
            for reference, logits, wanted in blocks:
                _add(own, reference, _Distribution(logits), wanted)
    return scores


class _Distribution:
    """Rows of logits, and `log Σ eˣ` of them in two parts."""

    def __init__(self, logits: Tensor) -> None:
        self.logits = logits
        self.maxima, self.best = logits.max(dim=1, keepdim=True)
        self.sums = (logits - self.maxima).exp_().sum(dim=1, dtype=torch.float64)

    def log_sum(self) -> Tensor:
        return self.maxima[:, 0].double() + self.sums.log()


class _Reference(_Distribution):
    """The dense model's."""

    def __init__(self, logits: Tensor) -> None:
        super().__init__(logits)
        self.weights = (logits - self.maxima).exp_()


def _add(scores: TokenScores, dense: _Reference, candidate: _Distribution, targets: Tensor) -> None:
    log_sum = candidate.log_sum()
    targets = targets.to(candidate.logits.device)
    nll = log_sum - candidate.logits.gather(1, targets[:, None])[:, 0].double()
    greedy = candidate.best[:, 0] == targets
    weighted = ((dense.logits - candidate.logits) * dense.weights).sum(dim=1, dtype=torch.float64)
    kl = weighted / dense.sums - dense.log_sum() + log_sum
    # Rounding can leave a divergence a hair below 0; what is not a number stays.
    kl = torch.where(kl < 0, torch.zeros_like(kl), kl)
    scores.kl.extend(kl.tolist())
    scores.nll.extend(nll.tolist())
    scores.greedy.extend(greedy.tolist())
