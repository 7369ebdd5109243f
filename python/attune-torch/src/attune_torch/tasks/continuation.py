"""Tokens of a continuation in its context: the `loglikelihood` requests of lm-evaluation-harness.

What that program does (`TemplateLM.loglikelihood` and `_encode_pair` of lm_eval 0.4), so that its figures are met:

* White space at the end of the context belongs to the continuation.
* Context and context + continuation are encoded, each with the special tokens that the tokenizer puts around every text (none
  where the text begins with the beginning-of-sequence token already). The continuation's tokens are those of the whole behind as many
  as the context has by itself, also where a token stretches over the boundary.
* An empty context is one token: the beginning of a sequence or, where the tokenizer knows none, its end. A
  continuation that begins with that token is not given a second one.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from attune_worker import BadRequest

if TYPE_CHECKING:
    from . import About


class Tokenizer(Protocol):
    """What is used of a tokenizer of transformers."""

    bos_token_id: int | None
    eos_token_id: int | None

    def encode(self, text: str, **options: Any) -> list[int]: ...

    def decode(self, token_ids: Any, **options: Any) -> str: ...


@dataclass(frozen=True)
class Pair:
    """Tokens of a context and of what follows it."""

    context: list[int]
    continuation: list[int]

    @property
    def ids(self) -> list[int]:
        return self.context + self.continuation


class NoTokens(ValueError):
    """A context or a continuation that has no tokens, or a tokenizer that ends every text."""


def prefix_token(tokenizer: Tokenizer) -> int:
    """The token that stands for an empty context."""
    for token in (tokenizer.bos_token_id, tokenizer.eos_token_id):
        if token is not None:
            return token
    raise NoTokens("the tokenizer knows neither a beginning nor an end of a sequence, one of which an empty context needs")


def encode(tokenizer: Tokenizer, text: str) -> list[int]:
    """The tokens of a text, with the special tokens that the tokenizer puts around it."""
    options: dict[str, Any] = {}
    if tokenizer.bos_token_id is not None or tokenizer.eos_token_id is not None:
        prefix = tokenizer.decode(prefix_token(tokenizer))
        if prefix and text.startswith(prefix):
            options["add_special_tokens"] = False
    return list(tokenizer.encode(text, **options))


def encode_pair(tokenizer: Tokenizer, context: str, continuation: str) -> Pair:
    """Tokens of `continuation` behind `context`.

    Raises `NoTokens` where either has none.
    """
    if context == "":
        ids = list(tokenizer.encode(continuation, add_special_tokens=False))
        if not ids:
            raise NoTokens("the continuation has no tokens")
        first = prefix_token(tokenizer)
        pair = Pair(ids[:1], ids[1:]) if ids[0] == first else Pair([first], ids)
    else:
        bare = context.rstrip()
        continuation, context = context[len(bare) :] + continuation, bare
        whole, before = encode(tokenizer, context + continuation), encode(tokenizer, context)
        pair = Pair(before, whole[len(before) :])
        plain = list(tokenizer.encode(context, add_special_tokens=False))
        if plain and before and before[-1] != plain[-1]:
            raise NoTokens("the tokenizer ends every text with a token of its own, behind which nothing can be continued")
    if not pair.context:
        raise NoTokens("the context is nothing but white space")
    if not pair.continuation:
        raise NoTokens("the continuation has no tokens of its own")
    return pair


class _Whole:
    """A tokenizer of transformers, of which the tokens have to stay in the model's vocabulary."""

    def __init__(self, tokenizer: Any, vocab: int, folder: Path) -> None:
        self.transformers = tokenizer
        self._vocab = vocab
        self._folder = folder
        self.bos_token_id: int | None = tokenizer.bos_token_id
        self.eos_token_id: int | None = tokenizer.eos_token_id

    def encode(self, text: str, **options: Any) -> list[int]:
        ids: list[int] = self.transformers.encode(text, **options)
        beyond = next((token for token in ids if token >= self._vocab), None)
        if beyond is not None:
            raise BadRequest(
                f"{self._folder}: token {beyond} ({self.decode([beyond])!r}) is not below the vocabulary size {self._vocab} of "
                "the model; is the tokenizer of the same model?"
            )
        return ids

    def decode(self, token_ids: Any, **options: Any) -> str:
        return str(self.transformers.decode(token_ids, **options))


def tokenizer_of(subject: About) -> Tokenizer:
    """The tokenizer of a model as transformers opens it: with the special tokens that it puts around a text.

    Raises `BadRequest` where there is none.
    """
    if subject.folder is None:
        raise BadRequest("the model has no folder on this machine, in which its tokenizer is looked for")
    from transformers import AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(str(subject.folder), local_files_only=True)
    except Exception as error:
        raise BadRequest(f"{subject.folder} has no tokenizer that transformers opens ({error})") from error
    return _Whole(tokenizer, subject.vocab, subject.folder)
