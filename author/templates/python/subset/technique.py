"""A subset: which layers lose their attention, a given number of them. The size is part of the space, so no
search leaves it."""

from attune_guest import (
    Baseline,
    Config,
    Cost,
    Description,
    Dimension,
    Edit,
    IntOption,
    Model,
    Options,
    Refused,
    Signals,
    Space,
    Subset,
    Technique,
    export,
)


@export
class Mine(Technique):
    def describe(self) -> Description:
        help = "how many layers lose their attention"
        return Description(
            "@NAME@",
            "0.1.0",
            "Leaves out the attention of some layers, and searches which.",
            options=[IntOption("drop", help, min=1, max=1024, default=2)],
            edits=["drop-block"],
        )

    def space(self, model: Model, options: Options) -> Space:
        domain = Subset.exactly(model.layers, count(model, options))
        return Space([Dimension("dropped", "the layers without attention", domain)])

    def lower(self, model: Model, options: Options, config: Config) -> list[Edit]:
        return [Edit("drop-block", layer=layer, part="attention") for layer in config[0][0]]

    def cost(self, model: Model, options: Options, config: Config) -> list[Cost]:
        blocks, dropped = model.block_parameters(), config[0][0]
        # Of a block, the first number is that of attention.
        saved = sum(blocks[layer][0] for layer in dropped)
        size = model.bytes_per_parameter
        return [
            Cost("weights", "bytes", (model.parameters - saved) * size, model.parameters * size),
            Cost("caching", "layers", model.layers - len(dropped), model.layers),
        ]

    def baselines(self, model: Model, options: Options, signals: Signals) -> list[Baseline]:
        drop = count(model, options)
        even = spread(model.layers, drop)
        last = list(range(model.layers - drop, model.layers))
        return [
            Baseline("default", "evenly over depth: where a search starts", [[even]]),
            Baseline("last", "the last layers", [[last]]),
        ]


def count(model: Model, options: Options) -> int:
    """The option `drop`, where the model has so many layers."""
    drop = options.int("drop")
    if drop >= model.layers:
        raise Refused(f"`drop` is {drop}, but `{model.name}` has {model.layers} layers; one has to stay")
    return drop


def spread(layers: int, count: int) -> list[int]:
    """The middles of `count` equal stretches of the layers."""
    return [(2 * stretch + 1) * layers // (2 * count) for stretch in range(count)]
