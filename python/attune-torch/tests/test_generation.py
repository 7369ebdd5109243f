"""What ends a text that is written."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from tokenizers import AddedToken, Tokenizer, models

from attune_torch import generation
from attune_torch.tasks import Prompt
from attune_torch.tasks.tokens import Tokens

WORDS = {"[end]": 0, "one": 1, "two": 2, "stop": 3, "three": 4, "<|turn|>": 5}


def words() -> Tokens:
    tokenizer = Tokenizer(models.WordLevel(WORDS, unk_token="[end]"))
    tokenizer.add_special_tokens([AddedToken("[end]", special=True), AddedToken("<|turn|>", special=True)])
    return Tokens(tokenizer, len(WORDS), Path("tokenizer.json"))


def written(said: list[int], stops: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> tuple[tuple[int, ...], str]:
    """What becomes of these tokens, should the model write them one after the other."""
    subject: Any = SimpleNamespace(
        device=torch.device("cpu"), model=None, config=SimpleNamespace(eos_token_id=WORDS["[end]"])
    )
    prompt = Prompt((1, 2), len(said), stops)
    monkeypatch.setattr(generation, "_next", lambda _, sequences: [said[len(sequences[0]) - 2]])
    (found,), _ = generation.write(subject, [prompt], words(), lambda: None)
    return found.tokens, found.text


def test_a_special_token_that_is_a_stop_ends_a_text_whose_letters_never_show_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said = [1, WORDS["<|turn|>"], 2]
    assert written(said, ("<|turn|>",), monkeypatch) == ((1,), "one")
    assert written(said, ("stop",), monkeypatch) == (tuple(said), "one two")


def test_a_word_that_is_a_stop_ends_a_text_before_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert written([1, 3, 2], ("stop",), monkeypatch) == ((1, 3), "one ")
    assert written([1, 2], ("three", "two"), monkeypatch)[1] == "one "


def test_the_end_of_a_text_ends_it_without_any_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    assert written([1, WORDS["[end]"], 2], (), monkeypatch) == ((1,), "one")
