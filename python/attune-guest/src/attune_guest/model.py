"""Facts of a model: shapes and sizes, never weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .embeddings import EmbeddingMatrix
from .errors import Refused
from .linear_modules import LinearModule, linear_modules
from .setting import Setting
from .target import Target


@dataclass(frozen=True)
class Model:
    """Shapes and sizes of the loaded model; counts that its family does not have are 0. `extra` are facts that
    came after 0.1 of the interface: the methods read them."""

    name: str
    family: str
    """Architecture family: `llama`, `mixtral`, …"""
    layers: int
    """Transformer blocks."""
    hidden: int
    """Width of the residual stream."""
    heads: int
    """Query heads per layer."""
    kv_heads: int
    """Key/value heads per layer."""
    head_dim: int
    """Channels per head."""
    experts: int = 0
    """Experts per layer."""
    experts_per_token: int = 0
    """Experts that each token is routed to."""
    context: int = 0
    """Longest context in tokens that the model was made for."""
    vocab: int = 0
    """Entries of the vocabulary."""
    parameters: int = 0
    """Parameters of the whole model."""
    expert_parameters: int = 0
    """Parameters of one expert of one layer."""
    bytes_per_parameter: float = 2.0
    """Bytes per parameter as stored on disk."""
    extra: Mapping[str, Setting] = field(default_factory=dict)

    def feed_forward(self) -> int:
        """Inner width of a feed-forward part, or of one expert. `Refused` when the host does not say."""
        width = self.whole("feed-forward")
        if width is None:
            raise Refused(
                "this attune does not say how wide the feed-forward part of model "
                f"`{self.name}` is; use a newer one"
            )
        return width

    def linear_modules(self) -> list[list[LinearModule]]:
        """The linear modules of each layer, in the order of the forward pass; none in a layer that has none.

        A host that does not list them is believed to have what Llama and Mixtral have. `Refused` when the lists
        of the host contradict each other, or when it says too little.
        """
        return linear_modules(self)

    def expert_layers(self) -> list[int]:
        """The layers that have experts, ascending."""
        layers = self.wholes("expert-layers")
        if layers is not None:
            return layers
        return list(range(self.layers)) if self.experts > 0 else []

    def cache_layers(self) -> list[int]:
        """The layers that have a cache of keys and values, ascending; others have a convolution, a state space
        or linear attention."""
        layers = self.wholes("cache-layers")
        return list(range(self.layers)) if layers is None else layers

    def cache_elements(self) -> float:
        """Numbers that one token leaves in the key/value cache of one layer: a key and a value for each KV head,
        or what the host says where heads share a latent."""
        latent = self.latent_cache()
        return 2.0 * self.kv_heads * self.head_dim if latent is None else latent

    def latent_cache(self) -> float | None:
        """The same where all heads share a latent, so that there are no keys and values of heads."""
        elements = self.whole("cache-elements")
        return None if elements is None else float(elements)

    def embeddings(self) -> list[EmbeddingMatrix]:
        """The matrices with a row for each token, `input` first; none where the host does not list them."""
        shapes = self.wholes("embeddings") or []
        rows = zip(*[iter(shapes)] * 3)
        return [
            EmbeddingMatrix(name, tokens, channels, size or None)
            for (tokens, channels, size), name in zip(rows, ("input", "output"))
        ]

    def other_bytes(self) -> int | None:
        """Bytes of all stored tensors, without those of the linear modules; `None` where the host does not
        say."""
        return self.whole("other-bytes")

    def router_parameters(self) -> float:
        """What the router of a layer has for each expert: one weight per residual channel, and where there are
        any a bias and a correction."""
        parameters = self.whole("router-parameters")
        return float(self.hidden if parameters is None else parameters)

    def router_mapping(self) -> str:
        """Which mappings of a router's scores are defined: `any`, `one-hot` (each row is the score of one
        expert) or `none`."""
        return self.word("router-mapping") or "any"

    def block_parameters(self) -> list[tuple[float, float]]:
        """For each layer, the weights of attention and those of the feed-forward part: with all experts, their
        router, and what answers for every token. Norms and biases, which are a fraction of a per cent, are not
        counted. `Refused` when the host does not say enough."""
        listed = self.wholes("block-parameters")
        if listed is not None:
            halves = iter(listed)
            return [(float(attention), float(rest)) for attention, rest in zip(halves, halves)]
        mixture = self.experts * (self.expert_parameters + self.router_parameters())
        return [self._block(layer, mixture) for layer in self.linear_modules()]

    def target(self) -> Target | None:
        """The target of the search; `None` where anything goes."""
        name = self.word("target")
        return None if name is None else Target(name, self.extra)

    def whole(self, name: str) -> int | None:
        """The fact of that name, where it is a whole number."""
        value = self.extra.get(name)
        return value if isinstance(value, int) and not isinstance(value, bool) else None

    def wholes(self, name: str) -> list[int] | None:
        """The fact of that name, where it is a list of whole numbers."""
        value = self.extra.get(name)
        return [int(number) for number in value] if isinstance(value, (list, tuple)) else None

    def word(self, name: str) -> str | None:
        """The fact of that name, where it is a text."""
        value = self.extra.get(name)
        return value if isinstance(value, str) else None

    @staticmethod
    def _block(layer: list[LinearModule], mixture: float) -> tuple[float, float]:
        names = ("gate", "up", "down")
        attention = sum(module.weights() for module in layer if module.name not in names)
        dense = sum(module.weights() for module in layer if module.name in names)
        return attention, mixture if any(module.is_of_experts() for module in layer) else dense
