"""A batch that Ray shares among actors has the results of one session, whatever becomes of the actors."""

from __future__ import annotations

import os
import pickle
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from attune_worker.evaluator import (
    BadRequest,
    Batch,
    Edit,
    EvaluatorError,
    Interrupted,
    NotFinite,
    Opening,
    Outputs,
    Plan,
    Scores,
    Session,
    Task,
    Unsupported,
    Work,
)

ray = pytest.importorskip("ray")

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

from attune_torch import tasks  # noqa: E402
from attune_torch.__main__ import TorchEvaluator  # noqa: E402
from attune_torch.ray import is_asked, open_shared  # noqa: E402
from attune_torch.ray.cluster import connect  # noqa: E402
from ray_toy import ITEMS, Toy  # noqa: E402


def opening(log: Path, actors: int, **options: Any) -> Opening:
    task = Task("toy", {}, Path("/"), Path(""), Path(""), {}, 0, 0)
    return Opening("", "cpu", {"actors": actors, "log": str(log), **options}, task, None)


@pytest.fixture(scope="module")
def share(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., tuple[Session, Path]]]:
    """Opens and loads a session with so many actors; one at a time, on one cluster."""
    paths = [str(HERE), str(HERE.parent / "src"), str(HERE.parent.parent / "attune-worker" / "src")]
    os.environ["PYTHONPATH"] = os.pathsep.join([*paths, os.environ.get("PYTHONPATH", "")])
    assert connect("", 4, print)
    sessions: list[tuple[int, Session, Path]] = []

    def begin(actors: int) -> tuple[Session, Path]:
        if not sessions or sessions[-1][0] != actors:
            if sessions:
                sessions.pop()[1].close()
            log = tmp_path_factory.mktemp("actors")
            session = open_shared(Toy, opening(log, actors), print)
            assert session.load() == "a" * 64
            sessions.append((actors, session, log))
        _, session, log = sessions[-1]
        for file in log.iterdir():
            file.unlink()
        return session, log

    yield begin
    for _, session, _ in sessions:
        session.close()
    ray.shutdown()


class Heard(Batch):
    """A batch that remembers its answers."""

    def __init__(
        self, plans: Sequence[Plan], items: Sequence[int] = range(ITEMS), deadline: float | None = None
    ):
        self.plans, self.split, self.items, self.deadline = plans, "selection", list(items), deadline
        self.scores: dict[int, Mapping[str, Scores]] = {}
        self.errors: dict[int, Exception] = {}
        self.times: list[float] = []
        self.evaluations: list[float] = []
        self.goes_on = threading.Event()
        self.goes_on.set()
        self.over = False
        self.works = True
        """Whether the work of each plan is that of the toy."""

    def done(
        self, index: int, scores: Mapping[str, Scores], work: Work | None = None, seconds: float | None = None
    ) -> None:
        assert index not in self.scores and index not in self.errors
        if self.works:
            assert work == Work(len(self.items), 2 * len(self.items))
        self.times.append(time.monotonic())
        self.scores[index] = scores

    def fail(self, index: int, error: Exception) -> None:
        assert index not in self.scores and index not in self.errors
        self.errors[index] = error

    def progress(self, evaluations: float) -> None:
        self.evaluations.append(evaluations)

    def breathe(self) -> None:
        while not self.over and not self.goes_on.wait(0.02):
            pass
        if self.over:
            raise Interrupted("called off")


def task_defaults(name: str) -> dict[str, Any]:
    """The options of a task in a profile that says nothing."""
    (task,) = (one for one in tasks.specifications() if one["name"] == name)
    return {option["name"]: option["default"] for option in task["options"]}


def add(amount: float) -> Edit:
    return Edit("add", {"amount": amount})


def slow(seconds: float) -> Edit:
    return Edit("slow", {"seconds": seconds})


def die(times: int) -> Edit:
    """Ends its actor: the first time that this number comes, and always from 9 on."""
    return Edit("die", {"times": times})


def expected(plan: Plan, items: Sequence[int] = range(ITEMS)) -> list[float]:
    total = sum(edit["amount"] for edit in plan if edit.kind == "add")
    return [total * (item + 1) for item in items]


def assert_scored(batch: Heard, but: Sequence[int] = ()) -> None:
    """All plans have the scores that one session gives them."""
    for index, plan in enumerate(batch.plans):
        if index not in but:
            kl, perplexity = batch.scores[index]["kl"], batch.scores[index]["perplexity"]
            assert list(kl.items) == expected(plan, batch.items)
            assert list(perplexity.items) == [0.1 * value for value in kl.items]
            assert list(perplexity.weights or ()) == [float(item) for item in batch.items]
            assert perplexity.aggregate == "exp-mean"


def parts(log: Path) -> int:
    """How many parts were begun; a quick actor may have taken several."""
    return sum(file.read_text().count("begins") for file in log.iterdir())


def plans(count: int) -> list[Plan]:
    return [(slow(0.05), add(0.25 * number)) for number in range(count)]


def test_outputs_come_from_an_actor(share: Callable[..., tuple[Session, Path]]) -> None:
    session, _ = share(2)
    found = list(session.outputs((add(2.0),), Heard([], [4, 1]), 16))
    assert found == [Outputs.of_rows(item, [item, 1], [1], [[2.0, 0.5]]) for item in (4, 1)]


@pytest.mark.parametrize("actors", [1, 4])
def test_results_are_those_of_one_session(share: Callable[..., tuple[Session, Path]], actors: int) -> None:
    session, log = share(actors)
    batch = Heard(plans(16))
    session.evaluate(batch)
    assert_scored(batch)
    assert parts(log) == actors
    assert batch.evaluations[-1] == 16 * ITEMS
    assert session.opened.numerics == "toy float64"


def test_one_plan_shares_its_items(share: Callable[..., tuple[Session, Path]]) -> None:
    session, log = share(4)
    batch = Heard([(slow(0.2), add(1.0))], [7, 2, 5, 1, 0])
    session.evaluate(batch)
    assert_scored(batch)
    assert parts(log) == 4


def test_outcomes_come_as_they_are_known(share: Callable[..., tuple[Session, Path]]) -> None:
    session, _ = share(4)
    batch = Heard([(slow(0.1), add(1.0))] * 4 + [(slow(1.5), add(2.0))])
    session.evaluate(batch)
    assert_scored(batch)
    assert batch.times[-1] - batch.times[0] > 0.5


def test_what_a_killed_actor_had_is_done_again(share: Callable[..., tuple[Session, Path]]) -> None:
    session, log = share(4)
    batch = Heard([(slow(0.3), add(float(number))) for number in range(16)])
    killed: list[int] = []

    def kill() -> None:
        while not killed and len(batch.scores) < 16:
            for file in log.iterdir():
                if "done" in file.read_text():
                    os.kill(int(file.name), signal.SIGKILL)
                    killed.append(int(file.name))
                    return
            time.sleep(0.01)

    thread = threading.Thread(target=kill, daemon=True)
    thread.start()
    session.evaluate(batch)
    thread.join()
    assert_scored(batch)
    assert killed
    again = Heard(plans(8))
    session.evaluate(again)
    assert_scored(again)


def test_actors_that_were_killed_while_nothing_ran_are_replaced(
    share: Callable[..., tuple[Session, Path]],
) -> None:
    session, log = share(4)
    first = Heard(plans(8))
    session.evaluate(first)
    killed = [int(file.name) for file in log.iterdir()]
    for process in killed[:3]:
        os.kill(process, signal.SIGKILL)
    time.sleep(1.0)
    assert session.check(()) is None
    batch = Heard(plans(8))
    session.evaluate(batch)
    assert_scored(batch)


def test_a_plan_that_ends_its_actor_once_is_scored(share: Callable[..., tuple[Session, Path]]) -> None:
    session, _ = share(4)
    batch = Heard([*plans(7), (die(1), add(3.0))])
    session.evaluate(batch)
    assert_scored(batch)


def test_a_plan_that_always_ends_its_actor_fails_alone(share: Callable[..., tuple[Session, Path]]) -> None:
    session, _ = share(4)
    batch = Heard([*plans(5), (die(9), add(3.0)), *plans(2)])
    session.evaluate(batch)
    assert_scored(batch, but=[5])
    assert "2 actors were lost on this plan" in str(batch.errors[5])


def test_failures_arrive_as_they_are(share: Callable[..., tuple[Session, Path]]) -> None:
    session, _ = share(4)
    batch = Heard([(Edit("nan", {"item": 9}),)])
    session.evaluate(batch)
    failure = batch.errors[0]
    assert isinstance(failure, NotFinite) and failure.item == 9
    with pytest.raises(Unsupported, match="no wings") as refusal:
        session.check((Edit("fly", {}),))
    assert refusal.value.edit == "fly()"
    with pytest.raises(BadRequest, match="no signal `weights`"):
        session.signal("weights", {}, Heard([]))
    assert list(session.signal("sizes", {}, Heard([], [3, 1])).values) == [3.0, 1.0]


def test_called_off_it_ends_soon_and_works_again(share: Callable[..., tuple[Session, Path]]) -> None:
    session, log = share(4)
    batch = Heard([(slow(20.0), add(1.0))] * 4)
    threading.Timer(0.5, lambda: setattr(batch, "over", True)).start()
    began = time.monotonic()
    with pytest.raises(Interrupted):
        session.evaluate(batch)
    assert time.monotonic() - began < 10.0
    again = Heard(plans(8))
    session.evaluate(again)
    assert_scored(again)


def test_outputs_are_called_off_in_their_actor_too(share: Callable[..., tuple[Session, Path]]) -> None:
    session, _ = share(1)
    batch = Heard([], [0])
    threading.Timer(0.5, lambda: setattr(batch, "over", True)).start()
    with pytest.raises(Interrupted):
        session.outputs((slow(60.0), add(1.0)), batch, 16)
    # The one actor is free again: the next answer does not wait for the minute.
    began = time.monotonic()
    assert session.outputs((add(1.0),), Heard([], [0]), 16)
    assert time.monotonic() - began < 30.0


def test_a_pause_reaches_the_actors(share: Callable[..., tuple[Session, Path]]) -> None:
    session, log = share(4)
    batch = Heard([(slow(0.5), add(1.0))] * 8)
    thread = threading.Thread(target=session.evaluate, args=[batch], daemon=True)
    thread.start()
    time.sleep(0.2)
    batch.goes_on.clear()
    time.sleep(1.0)
    held = len(batch.scores)
    time.sleep(1.0)
    assert len(batch.scores) == held < 8
    batch.goes_on.set()
    thread.join()
    assert_scored(batch)


def test_what_an_actor_refuses_to_open_is_refused_in_its_words(
    share: Callable[..., tuple[Session, Path]], tmp_path: Path
) -> None:
    share(1)
    with pytest.raises(BadRequest, match="no such data") as refusal:
        open_shared(Toy, opening(tmp_path, 1, refuse=True), print)
    assert refusal.value.about == {"split": "selection"}


def test_more_actors_than_the_cluster_has_are_refused(
    share: Callable[..., tuple[Session, Path]], tmp_path: Path
) -> None:
    share(1)
    with pytest.raises(BadRequest, match="5 actors with 1 CPU each, and the Ray cluster has 4"):
        open_shared(Toy, opening(tmp_path, 5), print)
    with pytest.raises(BadRequest, match="1 actors with 0.5 GPU each, and the Ray cluster has 0"):
        open_shared(Toy, opening(tmp_path, 1, **{"gpus-per-actor": 0.5}), print)


def test_a_model_scores_to_the_bit_what_it_does_without_actors(
    share: Callable[..., tuple[Session, Path]], tmp_path: Path
) -> None:
    share(1)
    folder = HERE.parents[2] / "models/tiny-moe"
    data = [folder / "data" / f"arithmetic.{split}.txt" for split in ("selection", "report")]
    options = {**task_defaults("text"), "length": 32}
    task = Task("text", options, folder, *data, {}, 4, 4)
    model = Opening(str(folder), "cpu", {"actors": 2}, task, None)
    alone = TorchEvaluator().open(replace(model, options={}), print)
    shared = TorchEvaluator().open(model, print)
    assert alone.load() == shared.load()
    assert alone.opened == shared.opened
    keeps = [
        tuple(
            Edit("keep-experts", {"layer": layer, "experts": [0, 1, 2 + layer % 3, at]}) for layer in (1, 3)
        )
        for at in (5, 6, 7)
    ]
    batches = [Heard([(), *keeps], [2, 0, 3]) for _ in range(2)]
    for batch in batches:
        batch.works = False
    alone.evaluate(batches[0])
    shared.evaluate(batches[1])
    assert batches[0].scores == batches[1].scores
    shared.close()


def test_a_profile_that_names_no_actors_needs_no_ray(tmp_path: Path) -> None:
    assert not is_asked(opening(tmp_path, 0))
    assert is_asked(opening(tmp_path, 2))


@pytest.mark.parametrize(
    "failure", [EvaluatorError("x"), Unsupported("e()", "y"), NotFinite("kl", 2, float("inf"))]
)
def test_failures_survive_the_way(failure: EvaluatorError) -> None:
    again = pickle.loads(pickle.dumps(failure))
    assert (type(again), str(again), vars(again)) == (type(failure), str(failure), vars(failure))
