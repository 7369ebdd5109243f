"""A model in this repository, what tasks may ask about it, and a reading of passages that shares no code with the population."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
import torch
from attune_torch.tasks import Item, Read, Task, Value, Written, kind
from attune_torch.tasks.tokens import Tokens
from attune_worker import Task as TaskRequest
from transformers import AutoModelForCausalLM

TINY_MOE = Path(__file__).resolve().parents[4] / "models" / "tiny-moe"


@dataclass(frozen=True)
class About:
    folder: Path = TINY_MOE
    vocab: int = 2048
    context: int = 512

    @cached_property
    def tokens(self) -> Tokens:
        return Tokens.open(self.folder, self.vocab)


class Plain:
    """The model as transformers runs it, one sequence at a time."""

    def __init__(self) -> None:
        torch.set_num_threads(1)
        self.model = AutoModelForCausalLM.from_pretrained(str(TINY_MOE), dtype=torch.float32).eval()

    @torch.no_grad()
    def logits(self, ids: Sequence[int]) -> torch.Tensor:
        found: torch.Tensor = self.model(torch.tensor([list(ids)]), use_cache=False).logits[0].float()
        return found

    def read(self, ids: Sequence[int], scored: int) -> Read:
        logits = self.logits(ids)[-scored - 1 : -1].log_softmax(-1)
        targets = torch.tensor(list(ids)[-scored:])
        nll = -logits.gather(1, targets[:, None])[:, 0]
        return Read([0.0] * scored, nll.tolist(), (logits.argmax(-1) == targets).tolist())

    def write(self, ids: Sequence[int], most: int, stops: Sequence[str], decode: Callable[[list[int]], str]) -> Written:
        said: list[int] = []
        for _ in range(most):
            token = int(self.logits([*ids, *said])[-1].argmax())
            if token == self.model.config.eos_token_id:
                break
            said.append(token)
            if any(stop in decode(said) for stop in stops):
                break
        text = decode(said)
        for stop in stops:
            text = text.split(stop)[0]
        return Written(tuple(said), text)

    def values(self, task: Task, split: str, index: int, tokens: Tokens) -> Mapping[str, Value]:
        item: Item = task.item(split, index)
        read = [self.read(passage.tokens, passage.scored) for passage in item.passages]
        decode: Callable[[list[int]], str] = tokens.text
        written = [self.write(prompt.tokens, prompt.most, prompt.stops, decode) for prompt in item.prompts]
        return task.values(split, index, read, written)


@pytest.fixture(scope="session")
def plain() -> Plain:
    return Plain()


@pytest.fixture(scope="session")
def about() -> About:
    return About()


@pytest.fixture
def opened(tmp_path: Path, about: About) -> Callable[..., Task]:
    """Opens a kind of task on records, or on files that are named."""

    def open_it(name: str, selection: Any, report: Any, told: list[str] | None = None, **options: Any) -> Task:
        complete = {option["name"]: option["default"] for option in kind(name).specification()["options"]}
        complete |= {key.replace("_", "-"): value for key, value in options.items()}
        files = [written(tmp_path / f"{split}.jsonl", data) for split, data in (("selection", selection), ("report", report))]
        request = TaskRequest(name, complete, tmp_path, files[0], files[1], {}, 0, 0)
        return kind(name).open(request, about, (told if told is not None else []).append)

    return open_it


def written(file: Path, data: Any) -> Path:
    """`data` itself where it is a path, else the file with these records."""
    if isinstance(data, Path):
        return data
    file.write_text("".join(json.dumps(record) + "\n" for record in data), encoding="utf-8")
    return file
