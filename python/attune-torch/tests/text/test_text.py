"""The text task: the native evaluator's items, token for token."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from attune_worker import BadRequest
from attune_worker import Task as TaskRequest

from attune_torch.tasks import Read, kind
from attune_torch.tasks.pieces import Cut, Pieces
from attune_torch.tasks.tokens import Places, Tokens

MODEL = Path(__file__).parents[4] / "models/tiny-moe"
DATA = MODEL / "data"
ODD = (
    "It's he'll WE'RE ſ'ſ naïve e\u0301te\u0301 ﬁ Ǆ ١٢٣٤٥ 12345678 ¾ 中文字 \u3000 \u200b\u00a0x\u2028y\r\n\r\n\t\t  z 👩‍👩‍👧‍👦 🇩🇪 İ ß \ufeff "
    "mid ½½ ------\n\n // ''''S {\"key\": [1, 2]} \t              after many spaces\n\n\n\n"
)
PROSE = "The baker watches the river before sunrise, and the old clock in the village counts every hour. "


class Subject:
    """What a task asks of tiny-moe."""

    folder = MODEL
    vocab = 2048
    context = 512

    def __init__(self) -> None:
        self.tokens = Tokens.open(MODEL, self.vocab)


def request(**other: object) -> TaskRequest:
    base = TaskRequest(
        kind="text",
        options={"length": 64, "lengths": {}, "passkeys": {}},
        base=DATA,
        selection=DATA / "prose.selection.txt",
        report=DATA / "prose.report.txt",
        elsewhere={},
        selection_items=0,
        report_items=0,
    )
    return replace(base, **other)  # type: ignore[arg-type]


def test_every_split_has_its_items() -> None:
    options = {"length": 64, "lengths": {256: 2}, "passkeys": {128: 3}}
    asked = request(options=options, elsewhere={"code": DATA / "code.report.txt"})
    task = kind("text").open(asked, Subject(), lambda _: None)
    # What this reader said first; that the items are those of the native evaluator, other tests say.
    assert {split: own.items for split, own in task.splits.items()} == {
        "selection": 938,
        "report": 936,
        "elsewhere:code": 1222,
        "elsewhere:256 tokens": 2,
        "elsewhere:pass key in 128 tokens": 3,
    }
    item = task.item("elsewhere:pass key in 128 tokens", 2).passages[0]
    assert len(item.tokens) == 128
    key = Subject().tokens.text(item.tokens[-item.scored :]).strip()
    assert len(key) == 5 and key.isdigit()
    values = task.values("selection", 0, [Read([0.5, 1.5], [2.0, 4.0], [True, False])], [])
    assert (values["kl"], values["perplexity"]) == ((1.0, 2.0), (3.0, 2.0))


def test_a_text_is_known_by_the_name_that_the_native_evaluator_gives_it() -> None:
    asked = request(
        options={"length": 128, "lengths": {}, "passkeys": {}},
        selection=DATA / "arithmetic.selection.txt",
        report=DATA / "arithmetic.report.txt",
    )
    task = kind("text").open(asked, Subject(), lambda _: None)
    # `task` of the selection in the cache that `attune run profiles/quickstart.ron` writes.
    assert task.splits["selection"].fingerprint == "fd3d2760fe44b4ed277d88c575fd5d38acfddaef61cd7740788bf2e6097a44ba"


def test_tokens_are_those_of_transformers() -> None:
    from transformers import AutoTokenizer

    text = (DATA / "prose.report.txt").read_text() + ODD
    expected = AutoTokenizer.from_pretrained(MODEL)(text, add_special_tokens=False)["input_ids"]
    assert Subject().tokens.encode(text, "report") == expected


@pytest.mark.parametrize(("piece", "overlap"), [(300, 60), (777, 100), (900, 200)])
def test_pieces_say_what_the_whole_says(piece: int, overlap: int) -> None:
    tokens = Subject().tokens
    text = (PROSE + ODD + "word日本語の文。 ") * 25
    pieces = Pieces(Cut(piece, overlap))
    behind: list[int] = []
    pieces.advance(text.encode(), True, lambda part: tokens.places(part, "report"), behind.append)
    assert pieces.finish(True).tolist() == tokens.encode(text, "report")
    assert behind == sorted(behind) and behind[-1] == len(text.encode()) and len(behind) > 8


def test_a_text_that_goes_on_is_cut_where_more_of_it_changes_nothing() -> None:
    tokens = Subject().tokens
    text = ((PROSE + ODD) * 30).encode()
    pieces = Pieces(Cut(1000, 200))
    for until in (3000, 5500, 8000):
        beginning = text[:until].decode(errors="ignore").encode()
        pieces.advance(beginning, False, lambda part: tokens.places(part, "report"), lambda _: None)
    ids = pieces.finish(False)
    assert len(ids) == pieces.count() > 1000
    assert tokens.encode(text.decode(), "report")[: len(ids)] == ids.tolist()


def test_a_word_longer_than_any_overlap_is_not_torn() -> None:
    """Pieces that never say the same overlap further, at last altogether."""

    def words(part: str) -> Places:
        starts = [at for at in range(len(part)) if at == 0 or part[at] == " "]
        ends = [*starts[1:], len(part)]
        ids = [end - start for start, end in zip(starts, ends, strict=True)]
        return Places(*(np.asarray(column, dtype=np.int64) for column in (ids, starts, ends)))

    text = " " + "a " * 300 + "b" * 4000 + " c" * 300
    pieces = Pieces(Cut(500, 100))
    pieces.advance(text.encode(), True, words, lambda _: None)
    assert pieces.finish(True).tolist() == words(text).ids.tolist()


def test_what_does_not_go_together_is_refused(tmp_path: Path) -> None:
    def refusal(**other: object) -> str:
        with pytest.raises(BadRequest) as refused:
            kind("text").open(request(**other), Subject(), lambda _: None)
        return str(refused.value)

    short = tmp_path / "short.txt"
    short.write_text("too short")
    assert "too few for 1 item of 64; give more text, or shorter items" in refusal(report=short)
    short.write_text(" \n ")
    assert "nothing but white space; give a report text" in refusal(report=short)
    assert "expected 2 to 512, the context of the model" in refusal(options={"length": 1000})
    assert "of the report text" in refusal(report=DATA / "prose.selection.txt")
    assert "no such file" in refusal(selection=tmp_path / "none.txt").lower()
    few = {"length": 64, "lengths": {512: 4000}}
    assert "too few for 4000 items of 512; give more text, or fewer or shorter items" in refusal(options=few)
    with pytest.raises(BadRequest, match="no task `texts`, expected one of text"):
        kind("texts")
