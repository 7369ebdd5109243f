"""Ray: one worker shares its batches among actors, on one machine or many.

Each actor has a session of its own. On a CPU what a plan scores does not depend on company, so results are the
same with any number of actors; what an actor was doing when it was lost is simply done again. Works with every
`attune_worker.Session`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from attune_worker.evaluator import BadRequest, Evaluator, Opening, Session
from attune_worker.options import Int, Option, Real, Text

OPTIONS = [
    Option("actors", Int(0, 4096), 0, "Ray actors that share each batch; 0 works without Ray"),
    Option(
        "gpus-per-actor", Real(0.0, 64.0), 0.0, "GPUs of each Ray actor; several actors may share one (0.5)"
    ),
    Option("cpus-per-actor", Int(1, 1024), 1, "processor cores of each Ray actor"),
    Option("address", Text(), "", "address of a Ray cluster, or `auto`; empty starts one on this machine"),
]
"""What a profile may say of it. Nothing of it is part of a result's identity."""
NAMES = frozenset(option.name for option in OPTIONS)


def is_asked(opening: Opening) -> bool:
    """Whether a profile asks for actors."""
    return bool(opening.options.get("actors"))


def torch_evaluator() -> Evaluator:
    """The evaluator of this package, as each actor makes it."""
    from ..__main__ import TorchEvaluator

    return TorchEvaluator()


def open_shared(factory: Callable[[], Evaluator], opening: Opening, tell: Callable[[str], None]) -> Session:
    """A session that shares batches among the actors that `opening` asks for.

    `factory` makes the evaluator in each actor; it is pickled, so a class of a module is best. Raises
    `BadRequest` where Ray is not installed or the cluster cannot have so many actors."""
    try:
        import ray  # noqa: F401
    except ImportError:
        message = 'the option `actors` needs Ray: pip install ray'
        raise BadRequest(message, {"option": "actors"}) from None
    from .actors import Actors
    from .session import RaySession

    options = opening.options
    own = {name: value for name, value in options.items() if name not in NAMES}
    count = int(options["actors"])
    memory = None if opening.memory is None else opening.memory // count
    inner = replace(opening, options={**own, "actors": 0}, memory=memory)
    actors = Actors(
        factory,
        inner,
        count,
        float(options.get("gpus-per-actor", 0.0)),
        int(options.get("cpus-per-actor", 1)),
        str(options.get("address", "")),
        tell,
    )
    return RaySession(actors)
