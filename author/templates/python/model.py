"""A model to try the technique on: made up, small, dense."""

from attune_guest import Model

SMALL = Model(
    name="small",
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
