"""Which KV heads look at everything and which only at a window of recent tokens."""

import math

from attune_guest import (
    Baseline,
    Budget,
    Choice,
    Config,
    Cost,
    Description,
    Dimension,
    Edit,
    IntOption,
    Model,
    Options,
    RealOption,
    Signals,
    Space,
    Technique,
    Term,
    export,
)


@export
class LocalHeads(Technique):
    def describe(self) -> Description:
        return Description(
            "local-heads",
            "0.1.0",
            "Gives some KV heads a window instead of the whole context.",
            options=[
                IntOption("window", "tokens that a local head sees", min=1, max=1_048_576, default=64),
                RealOption("local", "share of the heads that are local", min=0.0, max=1.0, default=0.5),
            ],
            edits=["attention-span"],
        )

    def space(self, model: Model, options: Options) -> Space:
        axes = {"layer": model.layers, "kv-head": model.kv_heads}
        heads = Dimension("head", "how far a KV head looks", Choice(["global", "local"]), axes)
        limit = math.floor(model.layers * model.kv_heads * (1.0 - options.real("local")))
        # Option 0, global, costs one head; option 1, local, costs none.
        return Space([heads], [Budget("global", "heads", limit, [Term(0, [[1.0, 0.0]])])])

    def lower(self, model: Model, options: Options, config: Config) -> list[Edit]:
        places = [(layer, head) for layer in range(model.layers) for head in range(model.kv_heads)]
        window = float(options.int("window"))
        return [
            Edit("attention-span", layer=layer, kv_head=head, sink=4, alpha=window, beta=0.0)
            for (layer, head), option in zip(places, config[0])
            if option == 1
        ]

    def cost(self, model: Model, options: Options, config: Config) -> list[Cost]:
        heads = list(config[0])
        return [Cost("global", "heads", heads.count(0), len(heads))]

    def baselines(self, model: Model, options: Options, signals: Signals) -> list[Baseline]:
        local = [1] * (model.layers * model.kv_heads)
        return [Baseline("default", "every head is local", [local])]
