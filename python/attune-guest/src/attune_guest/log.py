"""Text for people."""

from __future__ import annotations

import sys
from collections.abc import Callable

Sink = Callable[[str, str], None]
"""Takes a level (`debug`, `info`, `warn`, `error`) and a line."""


def _to_stderr(level: str, message: str) -> None:
    print(f"{level}: {message}", file=sys.stderr)


_sink: Sink = _to_stderr


def debug(message: str) -> None:
    """Logs a detail that helps in finding a bug."""
    _sink("debug", message)


def info(message: str) -> None:
    """Logs something worth knowing."""
    _sink("info", message)


def warn(message: str) -> None:
    """Logs something that is probably not what the user wants."""
    _sink("warn", message)


def send_to(sink: Sink) -> None:
    """Sends lines elsewhere: to the host, once a technique is a component."""
    global _sink
    _sink = sink
