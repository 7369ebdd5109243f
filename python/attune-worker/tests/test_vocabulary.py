"""Edits are checked against their schemas, and refused in words that name what is wrong."""

from typing import Any

import pytest

from attune_worker import Argument, Contradiction, Edit, EditSchema, Unsupported
from attune_worker.schema import Int, Ints, Level, Matrix, Real, Reals, Set, Word
from attune_worker.vocabulary import Vocabulary, holds

SCHEMA = EditSchema(
    "mix",
    "Mixes.",
    [
        Argument("layer", Int(0, 9)),
        Argument("bits", Level([2, 4]), absent="4"),
        Argument("scale", Real(0.0, 1.0), absent="1"),
        Argument("members", Set(7), absent="all"),
        Argument("word", Word(["up", "down"]), absent="both"),
        Argument("rows", Int(1, 3), absent="none"),
        Argument("matrix", Matrix("rows"), absent="none"),
        Argument("bias", Reals(), absent="none"),
        Argument("order", Ints(0, 3, 1, 4), absent="as they come"),
    ],
    group="layer",
    parts=[("word", 1)],
    once_per=["layer", "word"],
    idle=[("scale", {"is": ["scale", 1.0]})],
    requires=[("bits", [4], {"all": [{"is": ["word", "down"]}, {"is": ["layer", 9]}]})],
    contradicts=[Contradiction("drop", ["layer"], {"one-of": ["word", ["up"]]})],
)
DROP = EditSchema("drop", "Drops.", [Argument("layer", Int())], group="layer", once_per=["layer"])
VOCABULARY = Vocabulary([SCHEMA, DROP, {"kind": "by-name"}])


def mix(**args: Any) -> Edit:
    return Edit("mix", {"layer": 1, **args})


def test_values_get_the_declared_types() -> None:
    for fits in (mix(bits=4, word="down", layer=9), mix(bits=2, word="down"), mix(word="down", layer=9)):
        assert VOCABULARY.accept(fits) == fits
    ordered = mix(order=[3, 0, 3])
    assert VOCABULARY.accept(ordered) == ordered
    edit = VOCABULARY.accept(mix(scale=1, members=[5, 2, 5], bias=[1, -0.0], rows=2, matrix=[1, 0]))
    assert str(edit) == "mix(bias:[1.0, 0.0],layer:1,matrix:[1.0, 0.0],members:[2, 5],rows:2)"


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (mix(bits=3), "argument `bits` of edit `mix` is 3, expected one of 2, 4"),
        (
            mix(bits=2, word="down", layer=9),
            'argument `bits` of edit `mix` is 2, expected 4 where `word` is "down" and `layer` is 9',
        ),
        (mix(bits=2.0), "is 2.0, expected one of 2, 4"),
        (mix(scale=1.5), "expected a real number from 0.0 to 1.0"),
        (mix(scale=True), "is true, expected a real number"),
        (mix(members=[8]), "is [8], expected a list of whole numbers from 0 to 7"),
        (mix(word="left"), 'is "left", expected one of up, down'),
        (mix(matrix=[1.0, 0.0], rows=3), "equally many (at least one) for each of its rows"),
        (mix(matrix=[1.0]), "for each of its rows"),
        (mix(order=[0, 4]), "is 4 at place 1 of its list, expected a list of 1 to 4 whole numbers from 0 to 3"),
        (mix(order=[]), "is a list of 0, expected a list of 1 to 4 whole numbers"),
        (mix(order=[1.0]), "is [1.0], expected a list of 1 to 4 whole numbers"),
        (mix(bias="x"), "expected a list of finite real numbers"),
        (mix(colour=1), "edit `mix` has no argument `colour`"),
        (Edit("mix", {}), "edit `mix` lacks the argument `layer`"),
        (Edit("mixx", {}), "unknown edit `mixx`; did you mean `mix`?"),
    ],
)
def test_what_does_not_fit_is_named(edit: Edit, message: str) -> None:
    with pytest.raises(Unsupported) as refusal:
        VOCABULARY.accept(edit)
    assert message in str(refusal.value)
    assert refusal.value.edit == str(edit)


def test_contradictions_are_refused_where_their_condition_holds() -> None:
    drop = Edit("drop", {"layer": 1})
    VOCABULARY.accept_plan([mix(word="down"), drop])
    VOCABULARY.accept_plan([mix(word="up"), Edit("drop", {"layer": 2})])
    for plan in ([mix(word="up"), drop], [mix(word="up"), mix(word="up", bits=2)], [mix(word="up"), mix()]):
        with pytest.raises(Unsupported, match="cannot stand beside"):
            VOCABULARY.accept_plan(plan)
    VOCABULARY.accept_plan([mix(word="up"), mix(word="down")])


def test_of_edits_that_the_host_checks_only_the_name_counts() -> None:
    edit = Edit("by-name", {"anything": [1, 2]})
    assert VOCABULARY.accept(edit) is edit
    with pytest.raises(Unsupported, match="this evaluator knows drop"):
        VOCABULARY.subset(["drop", "strange"]).accept(edit)


def test_plans_are_ordered_by_place() -> None:
    edits = [
        Edit("mix", {"layer": 2}),
        mix(word="down"),
        Edit("drop", {"layer": 1}),
        mix(word="up"),
        mix(word="up"),
    ]
    texts = [str(edit) for edit in VOCABULARY.arrange(edits)]
    assert texts == ["drop(layer:1)", 'mix(layer:1,word:"up")', 'mix(layer:1,word:"down")', "mix(layer:2)"]


def test_a_schema_is_read_back_from_its_form() -> None:
    again = EditSchema.from_json(SCHEMA.to_json())
    assert again.to_json() == SCHEMA.to_json()
    with pytest.raises(ValueError, match="edit schema"):
        EditSchema.from_json({"kind": "x", "arguments": [{"name": "a", "kind": {"type": "colour"}}]})


def test_conditions_hold_for_the_arguments_that_are_there() -> None:
    edit = mix(word="up", bits=2)
    one_of = {"one-of": ["word", ["up"]]}
    is_four = {"is": ["bits", 4]}
    assert holds({"all": [one_of, {"same": ["bits", "bits"]}]}, edit)
    assert not holds({"any": [is_four, {"same": ["scale", "bias"]}]}, edit)
