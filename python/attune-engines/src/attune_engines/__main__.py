"""`python -m attune_engines`: asks engines, and answers with one JSON object on standard output.

Exit code 0 when the engine answered, whatever it said; 1 when it refused the folder; 2 for wrong usage or a
reference that is none; 3 when the engine is not installed.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
from pathlib import Path
from typing import Any

from attune_engines import compare, reference, stored
from attune_engines.engine import EngineError, Maker, RunsCode
from attune_engines.engines import MODULES, engine


def main(arguments: list[str] | None = None) -> int:
    """Runs a command; returns the exit code."""
    args = _parser().parse_args(arguments)
    # Standard output is for the answer; engines print there, too.
    with contextlib.redirect_stdout(sys.stderr):
        code, answer = COMMANDS[args.command](args)
    print(json.dumps(answer, allow_nan=False))
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m attune_engines", description="Asks engines about exported folders."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list", help="engines: their version, or the command that installs them")
    verify = commands.add_parser("verify", help="what a folder computes, beside a reference")
    runs = [name for name in MODULES if name not in _makers()]
    verify.add_argument("--engine", required=True, choices=runs)
    verify.add_argument("--folder", required=True, type=Path, help="what was exported")
    verify.add_argument(
        "--reference", required=True, type=Path, help="outputs of the evaluator, as safetensors"
    )
    verify.add_argument("--control", type=Path, help="the same without the plan, which has to differ")
    verify.add_argument(
        "--run-code",
        action="store_true",
        help="run Python code that comes with the folder: only where you know whose it is",
    )
    made = commands.add_parser("make", help="what an engine makes of a document, beside the exported checkpoint")
    made.add_argument("--engine", required=True, choices=_makers())
    made.add_argument("--folder", required=True, type=Path, help="the document and the checkpoint")
    made.add_argument("--model", required=True, type=Path, help="the files that the document names")
    made.add_argument("--control", type=Path, help="the document without the plan: it has to make another one")
    return parser


def _makers() -> list[str]:
    return [name for name in MODULES if isinstance(engine(name), Maker)]


def _listed(_: argparse.Namespace) -> tuple[int, dict[str, Any]]:
    found = [engine(name) for name in MODULES]
    return 0, {
        "engines": [
            {
                "name": one.name,
                "version": one.version(),
                "install": one.install,
                "makes": isinstance(one, Maker),
            }
            for one in found
            if one is not None
        ]
    }


def _made(args: argparse.Namespace) -> tuple[int, dict[str, Any]]:
    asked = engine(args.engine)
    assert isinstance(asked, Maker), "argparse knows the choices"
    version = asked.version()
    about: dict[str, Any] = {"engine": asked.name, "version": version}
    if version is None:
        return 3, about | {"error": f"{asked.name} is not installed", "install": asked.install}
    try:
        expected = stored.tensors_of(args.folder)
        own = stored.distance(asked.make(args.folder, args.model), expected)
    except EngineError as error:
        return 1, about | {"error": str(error)}
    control: dict[str, Any] = {}
    if args.control is not None:
        try:
            other = stored.distance(asked.make(args.control, args.model), expected)
            control = {"control": other.as_json()}
        except EngineError as error:
            control = {"control_error": str(error)}
    return 0, about | {"largest": stored.largest(expected)} | own.as_json() | control


def _verified(args: argparse.Namespace) -> tuple[int, dict[str, Any]]:
    asked = engine(args.engine)
    assert asked is not None and not isinstance(asked, Maker), "argparse knows the choices"
    version = asked.version()
    about: dict[str, Any] = {"engine": asked.name, "version": version}
    if version is None:
        return 3, about | {"error": f"{asked.name} is not installed", "install": asked.install}
    if isinstance(asked, RunsCode):
        asked.runs_code = args.run_code
    try:
        sequences = reference.read(args.reference)
        rows = compare.ask(asked, args.folder, sequences)
    except reference.BadReference as error:
        return 2, about | {"error": str(error)}
    except EngineError as error:
        return 1, about | {"error": str(error)}
    own = compare.beside(sequences, rows)
    items = [
        {"item": one.item, "tokens": len(one.tokens)} | found.as_json()
        for one, found in zip(sequences, own, strict=True)
    ]
    control: dict[str, Any] = {}
    if args.control is not None:
        # That there is none says nothing against the export.
        try:
            without = compare.ask(asked, args.control, sequences)
        except EngineError as error:
            control = {"control_error": str(error)}
        else:
            control = {"control": compare.together(compare.beside(sequences, without)).as_json()}
            for item, one, dense, found in zip(items, sequences, without, rows, strict=True):
                scored = compare.divergence(dense, one.log_probabilities)
                item["loss"] = {"scored": scored, "engine": compare.divergence(dense, found)}
    return 0, about | compare.together(own).as_json() | control | {"items": items}


COMMANDS = {"list": _listed, "verify": _verified, "make": _made}


if __name__ == "__main__":
    sys.exit(main())
