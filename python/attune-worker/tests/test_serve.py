"""What a worker does for its evaluator, seen from the host."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from attune_worker.check.host import Broken, Failed, Gone, Host

Start = Callable[..., Host]


def add(place: int, amount: float) -> dict[str, Any]:
    return {"edit": "add", "place": place, "amount": amount}


def slow(seconds: float) -> dict[str, Any]:
    return {"edit": "slow", "seconds": seconds}


def evaluate(host: Host, plans: list[list[dict[str, Any]]], **keys: Any) -> list[dict[str, Any]]:
    """The outcomes, by plan."""
    call = host.call("evaluate", **{"plans": plans, "split": "selection", "items": [0, 2], **keys})
    call.result()
    found = [event for event in call.events if event["event"] == "outcome"]
    return sorted(found, key=lambda event: int(event["index"]))


def test_plans_are_scored_and_prints_stay_out_of_the_way(start: Start) -> None:
    first, second = evaluate(start("toy"), [[], [add(1, 2.0)]])
    assert first["scores"]["kl"]["items"] == [0.0, 0.0]
    assert second["scores"]["size"]["items"] == [5.0, 7.0]
    assert second["work"] == {"computed": 2, "naive": 2}


def test_a_plan_that_fails_leaves_the_others_alone(start: Start) -> None:
    plans = [[add(1, 1.0)], [{"edit": "nan"}], [{"edit": "add", "place": 1}], [{"edit": "fly"}], []]
    found = evaluate(start("toy", "rough"), plans)
    kinds = [outcome.get("error", {}).get("kind") for outcome in found]
    assert kinds == [None, "not-finite", "unsupported", "unsupported", None]
    assert found[1]["error"]["item"] == 0 and found[1]["error"]["value"] == "nan"
    assert found[3]["error"]["edit"] == "fly()"


def test_a_call_that_does_not_listen_is_answered_for_within_a_second(start: Start) -> None:
    host = start("toy", "rough")
    call = host.call("evaluate", plans=[[slow(2.5)]], split="selection", items=[0])
    time.sleep(0.2)
    host.note("cancel", request=call.number)
    with pytest.raises(Failed, match="interrupted"):
        call.result(2.0)
    # What goes on behind it takes its turn, and says nothing any more.
    assert "scores" in evaluate(host, [[]])[0]
    assert call.events == []


def test_what_waits_behind_another_is_called_off_as_well(start: Start) -> None:
    host = start("toy", "rough")
    running = host.call("evaluate", plans=[[slow(4.0)]], split="selection", items=[0])
    waiting = host.call("evaluate", plans=[[]], split="selection", items=[0])
    host.note("cancel", request=waiting.number)
    with pytest.raises(Failed, match="interrupted"):
        waiting.result(3.0)
    running.result()
    assert "scores" in running.events[-1]


def test_a_check_is_answered_while_a_batch_runs(start: Start) -> None:
    host = start("toy", "rough")
    host.call("evaluate", plans=[[slow(10.0)]], split="selection", items=[0])
    assert host.call("check", plan=[add(1, 1.0)]).result(8.0) == {"calibration": None}


def test_a_pause_holds_what_is_not_begun(start: Start) -> None:
    host = start("toy")
    host.note("pause")
    call = host.call("evaluate", plans=[[]], split="selection", items=[0])
    with pytest.raises(Broken, match="not answered"):
        call.result(0.5)
    host.note("resume")
    call.result()
    assert "scores" in call.events[-1]


def test_a_plan_that_takes_too_long_fails_by_its_deadline(start: Start) -> None:
    found = evaluate(start("toy", "rough"), [[slow(0.3)], [slow(0.0)]], deadline=0.2)
    assert found[0]["error"]["kind"] == "deadline"
    assert "scores" in found[1]


def test_a_worker_that_dies_is_told_by_its_last_words(start: Start) -> None:
    with pytest.raises(Gone, match="exit code 3") as gone:
        evaluate(start("toy", "rough"), [[{"edit": "crash"}]])
    assert "this plan breaks the worker" in str(gone.value)


@pytest.mark.parametrize(
    ("method", "keys", "message"),
    [
        (
            "evaluate",
            {"plans": [[]], "split": "selection", "items": [4]},
            "has 4 items, and item 4 is asked for",
        ),
        ("evaluate", {"plans": [[]], "split": "selection", "items": [0, 0]}, "asked for twice"),
        ("evaluate", {"plans": [[]], "split": "test", "items": [0]}, "there are selection, report"),
        ("evaluate", {"split": "selection", "items": [0]}, "lacks the key `plans`"),
        ("evaluate", {"plans": [[{"kind": "add"}]], "split": "selection", "items": [0]}, 'whose key "edit"'),
        ("signal", {"name": "x", "split": "selection", "items": [0]}, "there is no signal `x`"),
        ("hello", {"protocol": "attune-evaluator/9"}, "this worker speaks attune-evaluator/1"),
        ("open", {}, "answered before"),
        ("dance", {}, "unknown method `dance`"),
    ],
)
def test_bad_requests_are_refused_in_words(
    start: Start, method: str, keys: dict[str, Any], message: str
) -> None:
    with pytest.raises(Failed) as refusal:
        start("toy").ask(method, **keys)
    assert refusal.value.kind == "bad-request"
    assert message in str(refusal.value)


def test_nothing_is_evaluated_before_it_is_loaded(start: Start) -> None:
    host = start("toy", open_it=False)
    for method in ("load", "check", "evaluate"):
        with pytest.raises(Failed, match="comes first|come before"):
            host.ask(method, plan=[], plans=[[]], split="selection", items=[0])


def test_the_end_of_its_input_ends_it_even_while_it_computes(start: Start) -> None:
    host = start("toy", "rough")
    host.call("evaluate", plans=[[slow(30.0)]], split="selection", items=[0])
    assert host.end(ask=False, seconds=5.0) == 0
