import pytest

from attune_guest import (
    BoolOption,
    Description,
    IntOption,
    IntsOption,
    OneOfOption,
    Options,
    RealOption,
)

DESCRIPTION = Description(
    "some",
    "0.1.0",
    "Has one option of each kind.",
    options=[
        IntOption("group-size", "whole", min=1, max=9, default=3),
        RealOption("share", "real", min=0.0, max=1.0, default=0.5),
        BoolOption("tied", "either", default=False),
        OneOfOption("mode", "a word", ["near", "far"]),
        IntsOption("levels", "several", min=2, max=8, default=[2, 4]),
    ],
)


def test_what_is_not_given_has_its_default() -> None:
    options = Options.of(DESCRIPTION, group_size=5, tied=True)
    assert (options.int("group-size"), options.real("share")) == (5, 0.5)
    assert (options.boolean("tied"), options.text("mode")) == (True, "near")
    assert options.ints("levels") == [2, 4]


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        ("group_size", 10, "10 is not from 1 to 9"),
        ("group_size", 2.5, "2.5 is not a whole number"),
        ("group_size", True, "True is not a whole number"),
        ("share", "half", "'half' is not a real number"),
        ("tied", 1, "1 is neither True nor False"),
        ("mode", "middle", "'middle' is none of near, far"),
        ("levels", [], "no list with elements"),
        ("levels", [4, 9], "9 is not from 2 to 8"),
        ("size", 1, "option `size` is not declared; there are group-size, share"),
    ],
)
def test_what_the_host_would_refuse_is_refused(name: str, value: object, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        Options.of(DESCRIPTION, **{name: value})  # type: ignore[arg-type]


def test_reading_another_option_or_kind_is_a_bug() -> None:
    options = Options.of(DESCRIPTION)
    with pytest.raises(KeyError, match="`size` is read but not declared"):
        options.int("size")
    with pytest.raises(TypeError, match="`mode` is read as another kind"):
        options.int("mode")
