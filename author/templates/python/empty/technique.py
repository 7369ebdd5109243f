"""One decision about the whole model: which block is left out, if any. The smallest technique that runs; put
yours in its place."""

from attune_guest import (
    Baseline,
    Choice,
    Config,
    Cost,
    Description,
    Dimension,
    Edit,
    Model,
    Options,
    Signals,
    Space,
    Technique,
    export,
)


@export
class Mine(Technique):
    def describe(self) -> Description:
        summary = "Leaves out one block of the model, or none."
        return Description("@NAME@", "0.1.0", summary, edits=["drop-block"])

    def space(self, model: Model, options: Options) -> Space:
        """What can be decided: here one of several words."""
        words = ["none"] + [f"layer-{layer}" for layer in range(model.layers)]
        return Space([Dimension("dropped", "the block that is left out", Choice(words))])

    def lower(self, model: Model, options: Options, config: Config) -> list[Edit]:
        """What a config does to the model: edits of attune's vocabulary."""
        layer = dropped(config)
        return [] if layer is None else [Edit("drop-block", layer=layer)]

    def cost(self, model: Model, options: Options, config: Config) -> list[Cost]:
        """What it costs, beside the model as it is."""
        layer = dropped(config)
        saved = 0.0 if layer is None else sum(model.block_parameters()[layer])
        size = model.bytes_per_parameter
        return [Cost("weights", "bytes", (model.parameters - saved) * size, model.parameters * size)]

    def baselines(self, model: Model, options: Options, signals: Signals) -> list[Baseline]:
        """What a search starts from and has to beat."""
        return [Baseline("default", "everything stays", [[0]])]


def dropped(config: Config) -> int | None:
    """The layer that is left out: option 0 leaves out none."""
    option: int = config[0][0]
    return option - 1 if option else None
