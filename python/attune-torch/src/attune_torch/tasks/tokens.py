"""A tokenizer: `tokenizer.json`, and the library that reads it. The tokens are those of `docs/texts.md`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from attune_worker import BadRequest

FILE = "tokenizer.json"
SETTINGS = "tokenizer_config.json"
ADDED = "added_tokens.json"

Numbers = np.ndarray[Any, np.dtype[np.int64]]


class Places(NamedTuple):
    """Tokens of a text, and the bytes of it that each stands for."""

    ids: Numbers
    starts: Numbers
    ends: Numbers


class Tokens:
    """A tokenizer and the vocabulary that its tokens must stay in."""

    def __init__(self, tokenizer: Any, vocab: int, file: Path, others: Sequence[tuple[Path, str]] = ()) -> None:
        self._tokenizer = tokenizer
        self._vocab = vocab
        self._file = file
        self._others = others
        # Items are cut by tasks; a tokenizer that truncates or pads would cut the text first.
        tokenizer.no_padding()
        tokenizer.no_truncation()
        # Merges that are left out at random make another text of it every time.
        if getattr(tokenizer.model, "dropout", None) is not None:
            tokenizer.model.dropout = None

    @classmethod
    def open(cls, folder: Path, vocab: int) -> Tokens:
        """The tokenizer of a model in a folder: its `tokenizer.json`, else what transformers makes of its other files.

        Raises `BadRequest` for no tokenizer, or one that the library does not read.
        """
        file = folder / FILE
        if not file.exists():
            return cls(_made(folder), vocab, folder)
        from tokenizers import Tokenizer

        text = _checked(file)
        try:
            tokenizer = Tokenizer.from_str(text)
        except BaseException as error:  # The library panics on some damaged files, which is no `Exception`.
            if isinstance(error, (KeyboardInterrupt, SystemExit)):
                raise
            raise _bad(file, str(error)) from error
        return cls(tokenizer, vocab, file, list(_beside(file, tokenizer)))

    def places(self, text: str, split: str) -> Places:
        """The tokens of a text, without special tokens at its ends.

        Raises `BadRequest` for a token that the model has no embedding for, or of which programs differ.
        """
        for file, other in self._others:
            if other in text:
                raise BadRequest(
                    f"{file}: it makes a token of {other!r}, which {self._file.name} does not have and the {split} text "
                    "does, so that programs differ in how they cut that text; make one tokenizer of both with "
                    'transformers: AutoTokenizer.from_pretrained("…").save_pretrained("…")'
                )
        try:
            encoding = self._tokenizer.encode(text, add_special_tokens=False)
        except BaseException as error:
            if isinstance(error, (KeyboardInterrupt, SystemExit)):
                raise
            raise _bad(self._file, f"it fails on the {split} text ({error})") from error
        ids = np.asarray(encoding.ids, dtype=np.int64)
        beyond = ids[ids >= self._vocab]
        if len(beyond):
            token = int(beyond[0])
            raise BadRequest(
                f"{self._file}: token {token} ({self.text([token])!r}) of the {split} text is not below the vocabulary size "
                f"{self._vocab} of the model; is the tokenizer of the same model?"
            )
        offsets = np.asarray(encoding.offsets, dtype=np.int64).reshape(len(ids), 2)
        if not text.isascii():
            offsets = _bytes_before(text)[offsets]
        return Places(ids, offsets[:, 0], offsets[:, 1])

    def encode(self, text: str, split: str) -> list[int]:
        """The tokens of a short text, without special tokens at its ends."""
        return [int(token) for token in self.places(text, split).ids]

    def text(self, tokens: Sequence[int], skip_special: bool = False) -> str:
        """The text of some tokens."""
        return str(self._tokenizer.decode([int(token) for token in tokens], skip_special_tokens=skip_special))

    def token(self, text: str) -> int | None:
        """The token that is written like this, if there is one."""
        found = self._tokenizer.token_to_id(text)
        return None if found is None else int(found)


def _bytes_before(text: str) -> Numbers:
    """The byte of UTF-8 at which each character begins, and the end."""
    points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    sizes = 1 + (points > 0x7F).astype(np.int64) + (points > 0x7FF) + (points > 0xFFFF)
    return np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(sizes)])


def _bad(file: Path, reason: str) -> BadRequest:
    return BadRequest(f"{file} is not a tokenizer: {reason}; expected the tokenizer.json of the Hugging Face layout")


def _checked(file: Path) -> str:
    """The text of the file, unless it is another one under this name."""
    try:
        raw = file.read_bytes()
    except OSError as error:
        raise BadRequest(f"cannot read {file}: {error}; expected tokenizer.json beside the model") from error
    if raw.startswith(b"version https://git-lfs"):
        raise _bad(file, "it is a pointer to the file: run `git lfs pull`")
    try:
        outline = json.loads(raw)
    except ValueError as error:
        raise _bad(file, str(error)) from error
    if not isinstance(outline, dict):
        raise _bad(file, "it is no object")
    if outline.get("model") is None:
        also = "tokenizer_class" in outline
        why = ", but a `tokenizer_class`: it is tokenizer_config.json under another name" if also else ""
        raise _bad(file, f"it has no `model`{why}")
    return raw.decode()


def _made(folder: Path) -> Any:
    """The tokenizer that transformers makes of files other than tokenizer.json."""
    from transformers import AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(str(folder))
    except Exception as error:
        raise BadRequest(
            f"{folder} has no {FILE}, and transformers makes no tokenizer of its other files ({error}); add the tokenizer "
            "of the model"
        ) from error
    backend = getattr(tokenizer, "backend_tokenizer", None)
    if backend is None or not hasattr(backend, "no_truncation"):
        raise BadRequest(
            f"{folder} has no {FILE}, and {type(tokenizer).__name__} cannot be written as one; make one with transformers: "
            'AutoTokenizer.from_pretrained("…").save_pretrained("…")'
        )
    return backend


def _beside(file: Path, tokenizer: Any) -> Iterator[tuple[Path, str]]:
    """Tokens that stand in other files than tokenizer.json. transformers adds them to the tokenizer, so that a text in which
    one of them occurs is cut in another way than tokenizer.json alone says."""
    known = {token.content for token in tokenizer.get_added_tokens_decoder().values()}
    added = read_object(file.parent / ADDED)
    for name, tokens in ((SETTINGS, _named(read_object(file.parent / SETTINGS))), (ADDED, list(added))):
        for text in tokens:
            if text and text not in known:
                yield file.parent / name, text


def _named(settings: dict[str, Any]) -> list[str]:
    """What tokenizer_config.json names as tokens."""
    found: list[Any] = []
    for key, value in settings.items():
        if key in ("additional_special_tokens", "extra_special_tokens", "added_tokens_decoder"):
            inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
            found.extend(inside)
        elif key.endswith("_token"):
            found.append(value)
    # A text, or an object with its properties.
    texts = [one.get("content") if isinstance(one, dict) else one for one in found]
    return [text for text in texts if isinstance(text, str)]


def read_object(file: Path) -> dict[str, Any]:
    """The JSON object in a file; a file that cannot be read, or holds something else, is an empty one."""
    try:
        value = json.loads(file.read_bytes())
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}
