"""What stored tensors of experts are called: facts by which attune leaves out experts of a family that it does not know.

Transformers gives experts other names in memory than in files, so that only the files tell. Nothing is guessed: where a
name, a shape or a key does not fit, there are no such facts, and attune refuses the export by name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

LAYER = "{layer}"
EXPERT = "{expert}"
_NUMBERED = re.compile(r"^(?P<before>(?:.*\.)?layers\.)(?P<layer>\d+)(?P<after>\..+)$")
_EXPERT = re.compile(r"^(?P<before>.*\.experts\.)(?P<expert>\d+)(?P<after>\..+)$")
_COUNTS = ("num_local_experts", "num_experts", "n_routed_experts", "moe_num_experts", "num_routed_experts")
"""Keys by which configurations count the routed experts of a layer."""


def facts(
    stored: Mapping[str, Sequence[int]],
    config: Mapping[str, object],
    mixtures: Iterable[int],
    experts: int,
    hidden: int,
) -> dict[str, str]:
    """`router-tensors`, `expert-tensors` and `expert-keys`; empty where they cannot be told.

    `mixtures` are the layers with experts, each of which has `experts` of them; whoever asks has seen that in each a
    router with fewer rows computes what leaving out experts means.
    """
    layers = sorted(set(mixtures))
    keys = [key for key in _COUNTS if config.get(key) == experts]
    if not layers or not keys:
        return {}
    routers: dict[str, set[int]] = {}
    parts: dict[str, set[tuple[int, int]]] = {}
    stacked: dict[str, set[int]] = {}
    for name, shape in stored.items():
        numbered = _NUMBERED.match(name)
        if numbered is None or int(numbered["layer"]) not in layers:
            continue
        layer, inside = int(numbered["layer"]), numbered["after"]
        pattern = numbered["before"] + LAYER + inside
        expert = _EXPERT.match(inside)
        if expert is not None:
            pattern = numbered["before"] + LAYER + expert["before"] + EXPERT + expert["after"]
            parts.setdefault(pattern, set()).add((layer, int(expert["expert"])))
        elif ".experts." in inside:
            if list(shape[:1]) != [experts]:
                return {}
            stacked.setdefault(pattern, set()).add(layer)
        elif list(shape) in ([experts, hidden], [experts]) and hidden != experts:
            routers.setdefault(pattern, set()).add(layer)
    # The router stands beside the experts; what else happens to have such a shape, as a norm, is none of it.
    places = {pattern.rsplit(".experts.", 1)[0] + "." for pattern in (*parts, *stacked)}
    routers = {pattern: found for pattern, found in routers.items() if pattern.startswith(tuple(places))}
    matrices = [pattern for pattern in routers if pattern.endswith(".weight")]
    whole = all(found == set(layers) for found in (*routers.values(), *stacked.values()))
    all_parts = {(layer, expert) for layer in layers for expert in range(experts)}
    whole = whole and all(found == all_parts for found in parts.values())
    # One matrix that routes, and experts in one of the two layouts: anything else is not understood.
    if not whole or len(places) != 1 or len(matrices) != 1 or bool(parts) == bool(stacked):
        return {}
    return {
        "router-tensors": " ".join(sorted(routers)),
        "expert-tensors": " ".join(sorted(parts or stacked)),
        "expert-keys": " ".join(keys),
    }
