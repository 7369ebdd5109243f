"""`attune-torch`, or `python -m attune_torch`: the worker."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attune_worker import Evaluator, Opening, Session, serve

from . import describe


class TorchEvaluator(Evaluator):
    """Causal language models of transformers."""

    name = describe.NAME
    version = describe.VERSION
    summary = describe.SUMMARY

    def describe(self) -> Mapping[str, Any]:
        return describe.hello()

    def open(self, opening: Opening, tell: Any) -> Session:
        # Imports torch: after `hello`, which answers at once.
        from .session import open_session

        return open_session(opening, tell)


def main() -> None:
    """Speaks the protocol over standard input and output."""
    serve(TorchEvaluator())


if __name__ == "__main__":
    main()
