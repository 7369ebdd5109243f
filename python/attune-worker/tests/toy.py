"""A worker for tests: scores are sums of what plans say. With the argument `rough` it also knows edits that
do harm."""

import os
import sys
import time
from collections.abc import Sequence

from attune_worker import Argument, EditSchema, Metric, Plan, run
from attune_worker.schema import Int, Real

ADD = EditSchema(
    "add", "Adds to every item.", [Argument("place", Int()), Argument("amount", Real())], once_per=["place"]
)
SLOW = EditSchema("slow", "Takes its time.", [Argument("seconds", Real(0, 60))])
NAN = EditSchema("nan", "Has no value.", [])
CRASH = EditSchema("crash", "Ends the process.", [])


def score(plan: Plan, items: Sequence[float]) -> dict[str, list[float]]:
    print("what user code prints is not for the host")
    os.write(1, b"nor what a library writes\n")
    total = 0.0
    for edit in plan:
        if edit.kind == "slow":
            time.sleep(edit["seconds"])
        elif edit.kind == "crash":
            print("this plan breaks the worker", file=sys.stderr)
            os._exit(3)
        elif edit.kind == "nan":
            total = float("nan")
        else:
            total += edit["amount"] * (1 + edit["place"])
    return {"kl": [abs(total) * item for item in items], "size": [item + total for item in items]}


if __name__ == "__main__":
    run(
        score,
        edits=[ADD, SLOW, NAN, CRASH] if "rough" in sys.argv else [ADD],
        items={"selection": [1.0, 2.0, 3.0, 4.0], "report": [5.0, 6.0]},
        metrics=["kl", Metric("size", "maximise", "units")],
        name="toy",
    )
