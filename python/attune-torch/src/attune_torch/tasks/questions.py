"""Questions with choices: how a record is read, and what its choices' likelihoods say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .continuation import NoTokens, Pair, Tokenizer, encode_pair
from .records import Record, kind

PROMPT = "Question: {question}\nAnswer:"
DELIMITER = " "


@dataclass(frozen=True)
class Question:
    """A question as tokens: one pair of context and continuation for each choice."""

    pairs: list[Pair]
    characters: list[int]
    """Characters of each choice, without the delimiter: what likelihoods are divided by."""
    right: int


def question(record: Record, prompt: str, delimiter: str, tokenizer: Tokenizer, context: int) -> Question:
    """The question of a record; its tokens have to fit into `context` of them.

    `question` is a string, `choices` at least two strings that are not empty, `answer` the place of the right one, counted from 0,
    or its text. Every choice is scored behind `prompt` with `{question}` filled in, and `delimiter` between the two.
    """
    text, choices = record.text("question"), record.texts("choices")
    if len(choices) < 2:
        raise record.refuse("`choices` has one choice, expected two or more")
    if "" in choices:
        raise record.refuse(f"choice {choices.index('')} is empty")
    right = _right(record, choices)
    before = prompt.replace("{question}", text)
    pairs = []
    for number, choice in enumerate(choices):
        try:
            pair = encode_pair(tokenizer, before, delimiter + choice)
        except NoTokens as reason:
            raise record.refuse(f"choice {number}: {reason}") from reason
        if len(pair.ids) > context:
            raise record.refuse(
                f"question and choice {number} have {len(pair.ids)} tokens, more than the model's context of {context}",
                "shorten the question or leave it out",
            )
        pairs.append(pair)
    return Question(pairs, [len(choice) for choice in choices], right)


def _right(record: Record, choices: Sequence[str]) -> int:
    answer = record.fields.get("answer")
    if isinstance(answer, str):
        places = [number for number, choice in enumerate(choices) if choice == answer]
        if len(places) == 1:
            return places[0]
        found = "none of the choices" if not places else "more than one of the choices"
        raise record.refuse(f"`answer` is the text of {found}; expected the place of the right one, counted from 0, or its text")
    if isinstance(answer, bool) or not isinstance(answer, int):
        found = kind(answer) if "answer" in record.fields else "missing"
        raise record.refuse(f"`answer` is {found}; expected the place of the right choice, counted from 0, or its text")
    if not 0 <= answer < len(choices):
        raise record.refuse(f"`answer` is {answer}; expected 0 to {len(choices) - 1}")
    return answer


def accuracy(likelihoods: Sequence[float], right: int) -> float:
    """1 where the right choice is the first of the most likely ones, else 0."""
    return float(_first_best(likelihoods) == right)


def normalised_accuracy(likelihoods: Sequence[float], characters: Sequence[int], right: int) -> float:
    """The same of log-likelihoods divided by the characters of the choices (`acc_norm` of lm-evaluation-harness)."""
    return accuracy([likelihood / length for likelihood, length in zip(likelihoods, characters, strict=True)], right)


def margin(likelihoods: Sequence[float], right: int) -> float:
    """By how many nats the right choice is likelier than the best of the others."""
    return likelihoods[right] - max(value for number, value in enumerate(likelihoods) if number != right)


def _first_best(values: Sequence[float]) -> int:
    return max(range(len(values)), key=lambda number: (values[number], -number))
