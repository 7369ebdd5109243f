"""Data, apart from the items that are scored, that some plans' scores depend on: the beginning of the selection split."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import torch
from torch import Tensor

from .edits.kv_bits import CALIBRATION_TOKENS, calibrate_on
from .subject import Subject
from .tasks import Task, packed

SPLIT = "selection"


@dataclass(frozen=True)
class Calibration:
    """Passages that are run without edits, and their fingerprint, 64 hexadecimal digits."""

    passages: list[Tensor]
    fingerprint: str

    @classmethod
    def of(cls, task: Task) -> Calibration:
        """The passages of the first items of the selection split: whole ones, as many as hold `CALIBRATION_TOKENS`, at least one. A fixed
        run, so that it does not depend on what a search asks for."""
        found: list[tuple[int, ...]] = []
        tokens = 0
        for index in range(task.splits[SPLIT].items):
            own = [passage.tokens for passage in task.item(SPLIT, index).passages]
            tokens += sum(map(len, own))
            if found and tokens > CALIBRATION_TOKENS:
                break
            found += own
        lengths = {len(passage) for passage in found}
        digest = hashlib.sha256()
        # That of the native evaluator, where passages are of one length.
        numbers = lengths if len(lengths) == 1 else map(len, found)
        for part in (packed(numbers, 8), packed(token for passage in found for token in passage)):
            digest.update(len(part).to_bytes(8, "little") + part)
        return cls([torch.tensor(passage, dtype=torch.long) for passage in found], digest.hexdigest())

    def give(self, subject: Subject) -> None:
        """Says to edits that need it what they are calibrated on."""
        if self.passages:
            calibrate_on(subject, self.passages, self.fingerprint)
