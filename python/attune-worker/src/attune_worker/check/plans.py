"""Plans that are made up from schemas: whatever a worker honours, without knowing what it is for."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..evaluator import Edit, Plan, Unsupported
from ..schema import EditSchema, Int, Ints, Level, Matrix, Real, Reals, Set
from ..vocabulary import Vocabulary

EACH = 2
"""Plans of each kind of edit."""
OFFERS = 500
"""Made-up edits of a kind that are offered until so many are honoured."""
LONGEST = 256
"""Longest list of numbers that is made up."""
LONGEST_ORDER = 1 << 14
"""Longest one whose order counts: it may have a number for everything that there is."""


def made_up(
    schemas: Sequence[EditSchema], facts: Mapping[str, Any], honours: Callable[[Plan], bool]
) -> list[Plan]:
    """Some with one edit of each kind, as far as one is found that the subject can have, and one with as many
    kinds at once as go together. The same for every call."""
    vocabulary = Vocabulary(schemas)
    lengths, orders = (_lengths(facts, longest) for longest in (LONGEST, LONGEST_ORDER))
    plans: list[Plan] = []
    together: list[Edit] = []
    for schema in schemas:
        found = 0
        for number in range(OFFERS):
            draw = random.Random(f"{schema.kind} {number}")
            try:
                edit = vocabulary.accept(_edit(schema, lengths, orders, draw))
            except Unsupported:
                continue
            if any(str(known[0]) == str(edit) for known in plans) or not honours((edit,)):
                continue
            whole = vocabulary.arrange([*together, edit])
            if found == 0 and _is_consistent(vocabulary, whole) and honours(whole):
                together.append(edit)
            plans.append((edit,))
            found += 1
            if found == EACH:
                break
    if len(together) > 1:
        plans.append(vocabulary.arrange(together))
    return plans


def _is_consistent(vocabulary: Vocabulary, plan: Plan) -> bool:
    try:
        vocabulary.accept_plan(plan)
    except Unsupported:
        return False
    return True


def _lengths(facts: Mapping[str, Any], longest: int) -> list[int]:
    """How long lists may have to be: counts among the facts, and small numbers; an order may also be as long as
    one of their lists is."""
    lists = longest > LONGEST
    counts = (len(value) if lists and isinstance(value, list) else value for value in facts.values())
    fits = {count for count in counts if type(count) is int and 1 <= count <= longest}
    return sorted({*fits, 1, 2, 3, 4})


def _edit(
    schema: EditSchema, lengths: Sequence[int], orders: Sequence[int], draw: random.Random
) -> Edit:
    args: dict[str, Any] = {}
    # One for the whole edit: what goes over the same things is equally long.
    own = draw.choice(lengths)
    for argument in schema.arguments:
        if argument.absent is not None and draw.random() < 0.5:
            continue
        kind = argument.kind
        if isinstance(kind, Int):
            args[argument.name] = _whole(kind, own, draw)
        elif isinstance(kind, Level):
            args[argument.name] = draw.choice(list(kind.levels))
        elif isinstance(kind, Real):
            args[argument.name] = float(min(max(draw.random(), kind.min), kind.max))
        elif isinstance(kind, Set):
            args[argument.name] = [member for member in range(min(own, kind.max + 1)) if draw.random() < 0.6]
        elif isinstance(kind, Ints):
            args[argument.name] = _numbers(kind, draw.choice(orders), draw)
        elif isinstance(kind, Reals):
            args[argument.name] = _row(own, draw)
        elif isinstance(kind, Matrix):
            rows = min(args.get(kind.rows, 0), LONGEST)
            args[argument.name] = [number for _ in range(rows) for number in _row(own, draw)]
        else:
            args[argument.name] = draw.choice(list(kind.words))
    return Edit(schema.kind, args)


def _whole(kind: Int, own: int, draw: random.Random) -> int:
    """A number that a count of something may be: small, a power of two, or one of the subject's own."""
    number = (draw.randrange(4), 1 << draw.randrange(8), own)[draw.randrange(3)]
    return min(max(number, kind.min), kind.max)


def _numbers(kind: Ints, own: int, draw: random.Random) -> list[int]:
    """Numbers whose order counts: an order of as many things, or any numbers in the range."""
    length = min(max(own, kind.least), kind.most)
    if draw.random() < 0.5:
        return draw.sample([min(kind.min + place, kind.max) for place in range(length)], length)
    return [draw.randint(kind.min, kind.max) for _ in range(length)]


def _row(length: int, draw: random.Random) -> list[float]:
    """Numbers that sum to 1: one of them alone, or all alike."""
    if draw.random() < 0.5:
        return [1.0 / length] * length
    hot = draw.randrange(length)
    return [1.0 if place == hot else 0.0 for place in range(length)]
