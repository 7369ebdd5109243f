"""Conversations as the model's own chat template writes them.

The template runs in the environment that transformers gives it: blocks are trimmed, loops can be left, `tojson` writes what
`json.dumps` would, `raise_exception` refuses. It is told no date (`strftime_now` is not defined): a text must not differ from one
day to the next.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attune_worker import BadRequest
from jinja2 import TemplateError
from jinja2.ext import Extension, loopcontrols
from jinja2.nodes import Node
from jinja2.parser import Parser
from jinja2.sandbox import ImmutableSandboxedEnvironment

from .tokens import SETTINGS

OWN = "chat_template.jinja"
RENDER = "render the conversations yourself and give them as `text`"


class _Generation(Extension):
    """Marks what an assistant says, for training; it writes what is in it."""

    tags = {"generation"}

    def parse(self, parser: Parser) -> list[Node]:
        next(parser.stream)
        return list(parser.parse_statements(("name:endgeneration",), drop_needle=True))


class ChatTemplate:
    """The chat template of a model, compiled."""

    def __init__(self, file: Path, template: str, tokens: Mapping[str, str]) -> None:
        """`tokens` are the tokens that templates name: `bos_token` and others.

        Raises `BadRequest` for a template that is none.
        """
        self.file = file
        self._tokens = tokens
        environment = ImmutableSandboxedEnvironment(
            trim_blocks=True, lstrip_blocks=True, extensions=[loopcontrols, _Generation]
        )
        environment.filters["tojson"] = _to_json
        environment.globals["raise_exception"] = _raise
        try:
            self._template = environment.from_string(template)
        except TemplateError as error:
            raise BadRequest(f"{file}: its chat template cannot be read: {error}; {RENDER}") from error

    @classmethod
    def open(cls, model: Path | None, asking: Path) -> ChatTemplate:
        """The template of the model in a folder: `chat_template.jinja`, else the one in `tokenizer_config.json`; `asking` is the
        file whose conversations need it.

        Raises `BadRequest` for no template, or one that cannot be read.
        """
        if model is None:
            raise BadRequest(f"{asking}: its records have `messages`, and the model has no folder; {RENDER}")
        settings, config = model / SETTINGS, {}
        if settings.exists():
            try:
                config = json.loads(settings.read_bytes())
            except (OSError, ValueError) as error:
                raise BadRequest(f"{settings}: it cannot be read ({error}); download it again") from error
        own = model / OWN
        if own.exists():
            try:
                return cls(own, own.read_bytes().decode(), _tokens(config))
            except (OSError, UnicodeDecodeError) as error:
                raise BadRequest(f"{own}: it cannot be read ({error}); download it again") from error
        template = _usual(config)
        if template is None:
            raise BadRequest(f"{asking}: its records have `messages`, and {model} has no chat template; {RENDER}")
        return cls(settings, template, _tokens(config))

    def render(self, record: Mapping[str, Any]) -> str:
        """The text of a record with `messages` and, if any, `tools` and `documents`. Raises what the template does."""
        return self._template.render(
            **self._tokens,
            messages=record["messages"],
            tools=record.get("tools"),
            documents=record.get("documents"),
            add_generation_prompt=False,
        )


def _to_json(
    value: Any,
    ensure_ascii: bool = False,
    indent: int | None = None,
    separators: tuple[str, str] | None = None,
    sort_keys: bool = False,
) -> str:
    return json.dumps(value, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)


def _raise(reason: str) -> None:
    raise TemplateError(reason)


def _usual(config: Mapping[str, Any]) -> str | None:
    """The template among the settings: a string, or the one of several that is called `default`."""
    template = config.get("chat_template")
    if isinstance(template, list):
        named = (one for one in template if isinstance(one, dict) and one.get("name") == "default")
        template = next(named, {}).get("template")
    return template if isinstance(template, str) else None


def _tokens(config: Mapping[str, Any]) -> dict[str, str]:
    """`bos_token` and its like: a string, or an object with its `content`."""
    found = {}
    for key, value in config.items():
        text = value.get("content") if isinstance(value, dict) else value
        if key.endswith("_token") and isinstance(text, str):
            found[key] = text
    return found
