"""The connection to a Ray cluster, one that is there or one of this machine's own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ray
from attune_worker.evaluator import BadRequest

STARTS = 3
"""Starts in a row that may fail before that is final."""
OBJECTS = 128 << 20
"""Bytes of the object store of a cluster that is started here: only scores go through it."""


def connect(address: str, cores: int, tell: Callable[[str], None]) -> bool:
    """Connects this process: to `address`, else to a cluster of so many cores that it starts. False where
    somebody has connected it already: then that is used. Raises `BadRequest`."""
    if ray.is_initialized():
        return False
    where: dict[str, Any] = {"address": address}
    if not address:
        where = {"num_cpus": cores, "object_store_memory": OBJECTS, "include_dashboard": False}
    for attempt in range(1, STARTS + 1):
        try:
            ray.init(**where, log_to_driver=True)
            break
        except Exception as error:
            # Ray's own processes have to answer within times (15 s) that a machine under load misses.
            ray.shutdown()
            if address or attempt == STARTS:
                place = address or "this machine"
                raise BadRequest(f"Ray at `{place}`: {error}", {"option": "address"}) from None
            tell(f"Ray has not started ({error}); once more")
    return True


def require(actors: int, gpus: float, cpus: int) -> None:
    """Raises `BadRequest` where the cluster cannot have so many actors that each take that much."""
    has = ray.cluster_resources()
    for name, each in (("GPU", gpus), ("CPU", float(cpus))):
        total = has.get(name, 0.0)
        if each * actors > total:
            message = f"{actors} actors with {each:g} {name} each, and the Ray cluster has {total:g}"
            raise BadRequest(message, {"option": "actors"})
