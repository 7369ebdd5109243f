"""A prompt with the answer that is expected behind it: what tasks on generated text ask."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from attune_worker import BadRequest, Option
from attune_worker.options import Bool, Int, Text

from . import About, Item, Passage, Prompt
from .continuation import NoTokens, Tokenizer, encode, encode_pair, tokenizer_of

MOST_TOKENS = 64
STOP = "\n"
DELIMITER = " "


def options() -> list[Option]:
    """What profiles may say of how text is generated."""
    return [
        Option("max-tokens", Int(1, 65_536), MOST_TOKENS, "Tokens that are generated at most.", basic=True),
        Option("stop", Text(), STOP, "Text that ends a generation and is no part of it; empty: only the end-of-text token does."),
        Option("delimiter", Text(), DELIMITER, "What stands between a prompt and its answer where `kl` and `perplexity` are taken."),
        Option("chat", Bool(), False, "Whether prompts are put to the model as a user's message, by its chat template."),
    ]


@dataclass(frozen=True)
class Asking:
    """How prompts become tokens."""

    tokenizer: Tokenizer
    context: int
    most: int
    stops: tuple[str, ...]
    delimiter: str
    template: Any
    """The tokenizer whose chat template is used; None: none is."""

    @classmethod
    def of(cls, options: Any, subject: About) -> Asking:
        """As `options` say. Raises `BadRequest` for a chat template that is absent or knows the date."""
        tokenizer = tokenizer_of(subject)
        template = None
        if options["chat"]:
            template = chat_template(tokenizer)
        stop, delimiter = str(options["stop"]), str(options["delimiter"])
        return cls(
            tokenizer, subject.context, int(options["max-tokens"]), (stop,) if stop else (), delimiter, template
        )

    def prompt(self, text: str) -> str:
        """The prompt as the model is given it."""
        if self.template is None:
            return text
        message = [{"role": "user", "content": text}]
        return str(self.template.apply_chat_template(message, tokenize=False, add_generation_prompt=True))

    def item(self, text: str, answer: str) -> Item:
        """The prompt to be continued, and the passage in which `answer` follows it and is scored.

        Raises `NoTokens` where one of them has none, or where prompt and answer do not fit into the model's context.
        """
        prompt = self.prompt(text)
        tokens = encode(self.tokenizer, prompt)
        pair = encode_pair(self.tokenizer, prompt, (self.delimiter if self.template is None else "") + answer)
        for what, size in (("prompt and generation", len(tokens) + self.most), ("prompt and answer", len(pair.ids))):
            if size > self.context:
                raise NoTokens(f"{what} have {size} tokens, more than the model's context of {self.context}")
        return Item(
            (Passage(tuple(pair.ids), len(pair.continuation)),), (Prompt(tuple(tokens), self.most, self.stops),)
        )

    def count(self, text: str) -> int:
        """Tokens of a part of a prompt."""
        return len(self.tokenizer.encode(text, add_special_tokens=False))


def chat_template(tokenizer: Tokenizer) -> Any:
    """The tokenizer itself, if it has a chat template that says the same tomorrow."""
    whole = getattr(tokenizer, "transformers", None)
    template = getattr(whole, "chat_template", None)
    if template is None:
        raise BadRequest("task.chat is true, and the model has no chat template; leave it out, or add chat_template.jinja")
    if "strftime_now" in str(template):
        raise BadRequest(
            "task.chat is true, and the chat template of the model writes today's date, so that the same prompt would be another "
            "one tomorrow; render the prompts yourself and leave `chat` out"
        )
    return whole
