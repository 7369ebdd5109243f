"""A schedule over depth: how far attention looks in the first layer and in the last, and a straight line
between them.

Two numbers say what every layer does, so a search needs few trials, where one choice for each layer would need
many.
"""

import math

from attune_guest import (
    Baseline,
    Budget,
    Config,
    Cost,
    Description,
    Dimension,
    Edit,
    Int,
    IntOption,
    Model,
    Options,
    Refused,
    Signals,
    Space,
    Technique,
    Term,
    export,
)

SINK = 4
"""First tokens that every head sees, whatever its window."""
LEAST = 4
"""The smallest window, in tokens."""


@export
class Mine(Technique):
    def describe(self) -> Description:
        help = "tokens that a layer sees on average, at most"
        return Description(
            "@NAME@",
            "0.1.0",
            "Gives every layer a window of attention, along a line from the first layer to the last.",
            options=[IntOption("window", help, min=LEAST, max=1_048_576, default=32)],
            edits=["attention-span"],
        )

    def space(self, model: Model, options: Options) -> Space:
        if model.kv_heads == 0:
            raise Refused(f"`{model.name}` has no attention")
        window = options.int("window")
        ends = [
            Dimension("first", "tokens that the first layer sees", Int(LEAST, widest(window))),
            Dimension("last", "tokens that the last layer sees", Int(LEAST, widest(window))),
        ]
        # On a line, the average over layers is that of its ends: each end costs half of its tokens.
        terms = [Term(0, [[0.5]]), Term(1, [[0.5]])]
        return Space(ends, [Budget("window", "tokens/layer", window, terms)])

    def lower(self, model: Model, options: Options, config: Config) -> list[Edit]:
        return [
            Edit(
                "attention-span",
                layer=layer,
                kv_head=head,
                sink=SINK,
                alpha=float(math.floor(window)),
                beta=0.0,
            )
            for layer, window in enumerate(windows(model.layers, config))
            for head in range(model.kv_heads)
        ]

    def cost(self, model: Model, options: Options, config: Config) -> list[Cost]:
        found = windows(model.layers, config)
        return [Cost("window", "tokens/layer", sum(found) / len(found), model.context)]

    def baselines(self, model: Model, options: Options, signals: Signals) -> list[Baseline]:
        window = options.int("window")
        return [
            Baseline("default", "the same window everywhere: where a search starts", [[window], [window]]),
            Baseline("uniform", "the same window everywhere", [[window], [window]]),
            Baseline("growing", "from the smallest window to the widest", [[LEAST], [widest(window)]]),
        ]


def widest(window: int) -> int:
    """A line from twice the window to nothing has the window as its average."""
    return max(2 * window - LEAST, LEAST)


def windows(layers: int, config: Config) -> list[float]:
    """The windows of all layers, in tokens."""
    (first,), (last,) = config
    return [first + (last - first) * (layer / max(layers - 1, 1)) for layer in range(layers)]
