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
    most = HOST_LOGITS if dense.device.type == "cpu" else DEVICE_LOGITS
    step = max(1, most // vocab)
    scores = [TokenScores() for _ in candidates]
    for first in range(0, len(targets), step):
        part = slice(first, first + step)
        logits = project(dense[part])
        reference = _Distribution(logits)
        weights = (logits - reference.maxima).exp_()
        for own, rows, projected in zip(scores, candidates, theirs, strict=True):
            check()
            _add(own, logits, reference, weights, projected(rows[part]), targets[part])
    return scores


class _Distribution:
    """`log Σ eˣ` of rows of logits, in two parts."""

    def __init__(self, logits: Tensor) -> None:
        self.maxima, self.best = logits.max(dim=1, keepdim=True)
        self.sums = (logits - self.maxima).exp_().sum(dim=1, dtype=torch.float64)

    def log_sum(self) -> Tensor:
        return self.maxima[:, 0].double() + self.sums.log()


def _add(
    scores: TokenScores, dense: Tensor, reference: _Distribution, weights: Tensor, candidate: Tensor, targets: Tensor
) -> None:
    own = _Distribution(candidate)
    own_log_sum = own.log_sum()
    targets = targets.to(candidate.device)
    nll = own_log_sum - candidate.gather(1, targets[:, None])[:, 0].double()
    greedy = own.best[:, 0] == targets
    weighted = ((dense - candidate) * weights).sum(dim=1, dtype=torch.float64)
    kl = weighted / reference.sums - reference.log_sum() + own_log_sum
    # Rounding can leave a divergence a hair below 0; what is not a number stays.
    kl = torch.where(kl < 0, torch.zeros_like(kl), kl)
    scores.kl.extend(kl.tolist())
    scores.nll.extend(nll.tolist())
    scores.greedy.extend(greedy.tolist())
