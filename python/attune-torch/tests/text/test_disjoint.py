"""Selection and report data are apart: copies are found in any dress, and what chance explains is accepted."""

import random
from pathlib import Path

import pytest
from attune_worker import BadRequest

from attune_torch.tasks import disjoint

DATA = Path(__file__).parents[4] / "models/tiny-moe/data"
NOUNS = (
    "baker sailor neighbour clock cousin gardener woman postman dog choir mayor painter train brother cat ferry teacher "
    "bridge radio harbour"
).split()
VERBS = "watches repairs forgets carries sells paints borrows counts remembers follows".split()


def sentences(seed: int, count: int) -> list[str]:
    """Sentences of one vocabulary: 20 × 10 × 20 × 20 × 20 different ones."""
    pick = random.Random(seed).choice
    return [
        f"The {pick(NOUNS)} {pick(VERBS)} the {pick(NOUNS)} near the {pick(NOUNS)} with a {pick(NOUNS)}." for _ in range(count)
    ]


def overlap(selection: str, report: str) -> str | None:
    try:
        disjoint.check({"selection": (Path("s.txt"), selection), "report": (Path("report.txt"), report)})
    except BadRequest as refusal:
        return str(refusal)
    return None


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("between", ["\n", " "])
def test_independent_texts_of_one_vocabulary_are_accepted(seed: int, between: str) -> None:
    count = random.Random(seed).randrange(40, 1500)
    assert overlap(between.join(sentences(seed, count)), between.join(sentences(seed + 100, 400))) is None


@pytest.mark.parametrize("seed", range(6))
def test_independent_records_that_repeat_by_chance_are_accepted(seed: int) -> None:
    kinds = 1500 + 500 * seed

    def records(seed: int) -> str:
        draw = random.Random(seed).randrange
        return "".join(f"record {number} = {number % 7}\n" for number in (draw(kinds) for _ in range(2000)))

    assert overlap(records(seed), records(seed + 100)) is None


DRESSES = {
    "lines": "\n".join,
    "one line": " ".join,
    "wide": lambda parts: "\r\n".join(parts).replace(" ", "  "),
    "loud": lambda parts: "\n".join(parts).upper(),
    "exclaimed": lambda parts: "\n\n".join(parts).replace(".", " !"),
    "invisible": lambda parts: "\n".join(parts).replace("near", "\ufeffne\u00adar"),
}


@pytest.mark.parametrize("dress", DRESSES)
def test_copies_in_another_order_or_another_dress_are_refused(dress: str) -> None:
    for seed, count in enumerate((30, 80, 399)):
        selection = sentences(seed, count)
        report = random.Random(seed).sample(selection, count)
        assert overlap("\n".join(selection), DRESSES[dress](report)) is not None


@pytest.mark.parametrize("part", [8, 20, 39])
def test_a_part_that_was_copied_is_found(part: int) -> None:
    selection = sentences(1, 400)
    report = sentences(2, 200) + selection[17 : 17 + part]
    random.Random(3).shuffle(report)
    assert overlap("\n".join(selection), "\n".join(report)) is not None


def test_the_same_text_is_refused_whatever_it_is() -> None:
    sums = "".join(f"{number} + {number} = {2 * number}\n" for number in range(400))
    poem = "春眠暁を覚えず処処啼鳥を聞く夜来風雨の声花落つること知る多少" * 8
    for text in (" ".join(sentences(3, 12)), sums, poem):
        assert overlap(text, text) is not None
        assert overlap(text, text.replace(" ", "\n\n")) is not None


def test_boilerplate_is_tolerated_and_a_page_is_not() -> None:
    selection, report = sentences(5, 400), sentences(6, 400)
    header = (
        "Permission is granted, free of charge, to any person who obtains a copy of this text, to use it without limit."
    )
    assert overlap(f"{header}\n{' '.join(selection)}", f"{header}\n{' '.join(report)}") is None
    message = overlap(" ".join(selection), f"{' '.join(selection[100:112])}\n{' '.join(report)}")
    assert message is not None and "runs of 100 characters or more" in message and "The " in message


def test_headers_that_every_file_of_the_selection_repeats_explain_themselves() -> None:
    header = (
        "Licensed under the terms of this licence; you may not use this file except in compliance with this licence, of "
        "which a copy was given to you."
    )

    def files(seed: int) -> str:
        return "".join(f"{header}\n" + "\n".join(sentences(seed + number, 20)) + "\n" for number in range(12))

    assert overlap(files(100), files(900)) is None


def test_texts_that_come_along_are_apart() -> None:
    kinds = ("arithmetic", "code", "prose", "recall")
    for kind in kinds:
        texts = {"selection": (Path(kind), (DATA / f"{kind}.selection.txt").read_text())}
        texts |= {f"elsewhere:{other}": (Path(other), (DATA / f"{other}.report.txt").read_text()) for other in kinds}
        disjoint.check(texts)


def test_a_whole_item_that_is_tuned_on_is_refused_however_little_it_is() -> None:
    def refused(said: str) -> bool:
        items = {"selection": [(1, 2), (3, 4)], "report": [(9, 9)] * 999 + [(3, 4)]}
        try:
            disjoint.no_item_twice(items, {"report": Path("report.txt")}, lambda _: said)
        except BadRequest as refusal:
            assert "whole items" in str(refusal) and "0.1 %" in str(refusal)
            return True
        return False

    assert refused("as many words as make a hundred characters when they stand beside each other " * 2)
    assert not refused("a few tokens are the same by chance")


def test_what_editors_change_is_not_seen() -> None:
    plain = disjoint.form("The baker's \"last\" letter - 12 apples.\nAgain!")
    assert plain == "thebakerslastletter12applesagain"
    for other in (
        "the  BAKER’S “last” letter — 12 apples.\r\n\r\nagain",
        "\ufeffThe\u00a0baker\u2019s «last» let\u00adter … １２ apples.\tAgain?",
    ):
        assert disjoint.form(other) == plain
    assert disjoint.form("e\u0301te\u0301 ﬁn") == disjoint.form("ÉTÉ fin")
    assert disjoint.form("3 + 4 = 7") != disjoint.form("3 * 4 = 7")
    assert disjoint.form("春眠暁を覚えず。") == "春眠暁を覚えず"
