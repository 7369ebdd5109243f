"""An allocation under a budget: bits for the weights of every module of every layer, where the average is
bounded.

The budget is a constraint of the space. What attune draws, varies and crosses keeps it, so no trial is wasted
on what is too large.
"""

from collections.abc import Callable

from attune_guest import (
    Baseline,
    Budget,
    Config,
    Cost,
    Description,
    Dimension,
    Edit,
    Level,
    LinearModule,
    Model,
    Options,
    RealOption,
    Refused,
    Signals,
    Space,
    Technique,
    Term,
    export,
)

LEVELS = [2, 3, 4, 6, 8]
"""Bits to choose from."""
DENSE = 16
"""Bits of a weight of the model as it is."""


@export
class Mine(Technique):
    def describe(self) -> Description:
        help = "most bits of a weight on average, scales included"
        return Description(
            "@NAME@",
            "0.1.0",
            "Distributes a budget of bits over the weights of all modules.",
            options=[RealOption("average", help, min=2.0, max=16.0, default=4.5)],
            edits=["weight-bits"],
        )

    def space(self, model: Model, options: Options) -> Space:
        modules, average = Modules(model), options.real("average")
        least = modules.uniform(LEVELS[0])
        if least > average:
            raise Refused(
                f"`average` is {average}, but {LEVELS[0]} bits everywhere take {least:.3f} with scales; "
                "raise it to that or more"
            )
        axes = {"layer": model.layers, "module": modules.width}
        bits = Dimension("bits", "bits of the weights of a module", Level(LEVELS), axes)
        return Space([bits], [modules.budget(average)])

    def lower(self, model: Model, options: Options, config: Config) -> list[Edit]:
        return [
            Edit(
                "weight-bits",
                layer=layer,
                module=module.name,
                bits=LEVELS[option],
                group_size=group(module),
            )
            for (layer, module), option in zip(Modules(model).cells, config[0])
        ]

    def cost(self, model: Model, options: Options, config: Config) -> list[Cost]:
        average = Modules(model).average(lambda cell: LEVELS[config[0][cell]])
        return [Cost("bits", "bits/weight", average, DENSE)]

    def baselines(self, model: Model, options: Options, signals: Signals) -> list[Baseline]:
        modules, average = Modules(model), options.real("average")
        # The most bits that all can have at once.
        fitting = [option for option in range(len(LEVELS)) if modules.uniform(LEVELS[option]) <= average]
        most = max(fitting, default=0)
        help, everywhere = f"{LEVELS[most]} bits everywhere", [[most] * len(modules.cells)]
        return [
            Baseline("default", f"{help}: where a search starts", everywhere),
            Baseline("uniform", help, everywhere),
        ]


class Modules:
    """All modules of a model, layer by layer: the cells of the dimension."""

    def __init__(self, model: Model) -> None:
        layers = model.linear_modules()
        self.width = len(layers[0]) if layers else 0
        if not self.width or any(len(layer) != self.width for layer in layers):
            raise Refused(
                f"the layers of `{model.name}` do not have the same modules, which this technique needs"
            )
        self.cells = [(number, module) for number, layer in enumerate(layers) for module in layer]
        self.weights = sum(module.weights() for _, module in self.cells)

    def average(self, bits: Callable[[int], int]) -> float:
        """Bits of a weight on average, when the cells have these bits."""
        return sum(self.share(module, bits(cell)) for cell, (_, module) in enumerate(self.cells))

    def uniform(self, bits: int) -> float:
        """The same, when all have these bits."""
        return self.average(lambda _: bits)

    def share(self, module: LinearModule, bits: int) -> float:
        """What a module with these bits adds to the average."""
        return (bits + 32 / group(module)) * module.weights() / self.weights

    def budget(self, average: float) -> Budget:
        """The average is at most this."""
        costs = [[self.share(module, bits) for bits in LEVELS] for _, module in self.cells]
        return Budget("bits", "bits/weight", average, [Term(0, costs)])


def group(module: LinearModule) -> int:
    """Input channels that share a scale and a zero point of 16 bits each."""
    return next((size for size in (64, 32, 16) if module.inputs % size == 0), module.inputs)
