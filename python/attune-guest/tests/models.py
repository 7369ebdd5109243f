"""Models to try things on, made up."""

from attune_guest import Model

DENSE = Model(
    name="dense",
    family="llama",
    layers=4,
    hidden=64,
    heads=4,
    kv_heads=2,
    head_dim=16,
    context=512,
    vocab=1000,
    parameters=300_000,
    extra={"feed-forward": 128},
)

MIXTURE = Model(
    name="mixture",
    family="mixtral",
    layers=2,
    hidden=64,
    heads=4,
    kv_heads=2,
    head_dim=16,
    experts=8,
    experts_per_token=2,
    parameters=500_000,
    expert_parameters=24_576,
    extra={"feed-forward": 128},
)
