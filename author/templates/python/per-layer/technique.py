"""A choice for every layer: how many bits its weights get. Nothing bounds the choices; a search weighs quality
against bits."""

from attune_guest import (
    Baseline,
    Config,
    Cost,
    Description,
    Dimension,
    Edit,
    IntsOption,
    Level,
    LinearModule,
    Model,
    Options,
    Refused,
    Signals,
    Space,
    Technique,
    export,
)

EXACT = 16
"""Bits of a weight that is left as it is."""


@export
class Mine(Technique):
    def describe(self) -> Description:
        help = "bits to choose from: 2, 3, 4, 5, 6, 8, or 16 for none"
        return Description(
            "@NAME@",
            "0.1.0",
            "Chooses bits for the weights of every layer.",
            options=[IntsOption("levels", help, min=2, max=16, default=[3, 4, 8])],
            edits=["weight-bits"],
        )

    def space(self, model: Model, options: Options) -> Space:
        bits = Level(levels(options))
        return Space([Dimension("bits", "bits of the weights of a layer", bits, {"layer": model.layers})])

    def lower(self, model: Model, options: Options, config: Config) -> list[Edit]:
        edits = []
        for layer, (modules, bits) in enumerate(chosen(model, options, config)):
            # What stays as it is gets no edit: equal models are then equal plans.
            for module in modules if bits < EXACT else []:
                size = group(module)
                edits.append(
                    Edit("weight-bits", layer=layer, module=module.name, bits=bits, group_size=size)
                )
        return edits

    def cost(self, model: Model, options: Options, config: Config) -> list[Cost]:
        """Bits of a weight on average, with a scale and a zero point of 16 bits each for every group."""
        taken = weights = 0.0
        for modules, bits in chosen(model, options, config):
            for module in modules:
                each = EXACT if bits == EXACT else bits + 32 / group(module)
                taken += each * module.weights()
                weights += module.weights()
        if not weights:
            raise Refused(f"model `{model.name}` has no linear modules that are known here")
        return [Cost("bits", "bits/weight", taken / weights, EXACT)]

    def baselines(self, model: Model, options: Options, signals: Signals) -> list[Baseline]:
        few_to_many = levels(options)

        def everywhere(option: int) -> Config:
            return [[option] * model.layers]

        default = Baseline("default", "the most bits everywhere", everywhere(len(few_to_many) - 1))
        return [default] + [
            Baseline(f"uniform-{bits}", f"{bits} bits everywhere", everywhere(option))
            for option, bits in enumerate(few_to_many)
        ]


def levels(options: Options) -> list[int]:
    """The option `levels`, ascending."""
    found = sorted(set(options.ints("levels")))
    for bits in found:
        if bits not in (2, 3, 4, 5, 6, 8, EXACT):
            raise Refused(
                f"`levels` contains {bits}; bits are 2, 3, 4, 5, 6 or 8, and 16 leaves a layer as it is"
            )
    return found


def group(module: LinearModule) -> int:
    """Input channels that share a scale and a zero point."""
    return next((size for size in (64, 32, 16) if module.inputs % size == 0), module.inputs)


def chosen(model: Model, options: Options, config: Config) -> list[tuple[list[LinearModule], int]]:
    """The modules of each layer, and their bits."""
    few_to_many = levels(options)
    bits = [few_to_many[option] for option in config[0]]
    return list(zip(model.linear_modules(), bits))
