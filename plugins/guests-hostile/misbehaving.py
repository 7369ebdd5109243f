"""Does what a technique must not do, as its option `how` says: the host has to survive it.

Written against the bindings that componentize-py makes of `plugins/wit`, and not against the SDK, which keeps authors from most of it.
"""

import os
import random
import socket
import sys
import time

from componentize_py_types import Err
from wit_world.exports import technique as wit
from wit_world.imports import log

WAYS = [
    "not", "loop", "allocate", "panic", "recurse", "huge-output", "chatter", "flood", "print", "write", "exit", "read", "connect", "look",
    "bad-space", "huge-space", "bad-text", "wrong-type", "nan-cost", "bad-child",
]


class Technique:
    def describe(self):
        how = wit.OptionSpec("how", "what to do wrong", wit.OptionKind_OneOf(WAYS), wit.Setting_Text("not"))
        return wit.Description("misbehaving", "0.1.0", "A fixture of the host's tests.", [how], [], ["keep-experts"], True, [])

    def space(self, model, options):
        domain = wit.Domain_Choice(["a", "b"])
        match options[0][1].value:
            case "loop":
                while True:
                    pass
            case "allocate":
                hoard = []
                while True:
                    hoard.append(bytearray(b"x" * (1 << 20)))
            case "panic":
                raise ValueError(f"no model of {model.layers} layers today")
            case "recurse":
                sys.setrecursionlimit(1 << 30)
                nested = []
                for _ in range(1 << 20):
                    nested = [nested]
                raise Err(repr(nested))
            case "huge-output":
                raise Err("x" * (32 << 20))
            case "chatter":
                for _ in range(100_000):
                    log.log(log.Level.INFO, "x" * 100_000)
            case "flood":
                for _ in range(100_000):
                    log.log(log.Level.INFO, "")
            case "print":
                while True:
                    print("x" * 100)
            case "write":
                while True:
                    sys.stderr.write("x")
                    sys.stderr.flush()
            case "exit":
                os._exit(3)
            case "read":
                raise Err(f"read {open('/etc/passwd').read()}")
            case "connect":
                socket.create_connection(("127.0.0.1", 22), timeout=1)
            case "look":
                began = time.monotonic()
                time.sleep(1000)
                seen = [time.time(), time.monotonic() - began, dict(os.environ), sys.argv[1:], os.urandom(4).hex()]
                raise Err(repr(seen))
            case "bad-space":
                domain = wit.Domain_Level([2.0, 1.0])
            case "huge-space":
                domain = wit.Domain_Permutation(0xFFFF_FFFF)
            case "bad-text":
                raise Err("\udc80")
            case "wrong-type":
                return 7
        axes = [wit.Axis("layer", model.layers)]
        return wit.SearchSpace([wit.Dimension("letter", "a letter", axes, domain)], [])

    def lower(self, model, options, config):
        experts = ("experts", wit.Setting_Ints([0]))
        return [wit.Open("keep-experts", [("layer", wit.Setting_Int(0)), experts])]

    def cost(self, model, options, config):
        value = float("nan") if options[0][1].value == "nan-cost" else 1.0
        return [wit.ResourceCost("memory", "bytes", value, 2.0)]

    def baselines(self, model, options, signals):
        return [wit.Baseline("default", "the letter a", [[wit.Value_Index(0)] * model.layers])]

    def vary(self, model, options, parents, seed):
        if options[0][1].value == "bad-child":
            return [[wit.Value_Real(0.5)]]
        # Randomness of the system, which is none: it follows from the seed.
        draw = random.SystemRandom()
        return [[wit.Value_Index(draw.randrange(2)) for _ in range(model.layers)]]
