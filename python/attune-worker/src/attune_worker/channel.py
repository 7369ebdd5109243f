"""The line to the host: standard input and output are kept for the protocol, whatever the evaluator's own
code prints."""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

from .wire import LINE, error_json


class Channel:
    """Whole JSON lines in and out; writing is safe from any thread. A host that is gone is silence, not an
    exception."""

    def __init__(self, reader: BinaryIO, writer: BinaryIO) -> None:
        self._reader = reader
        self._writer = writer
        self._lock = threading.Lock()
        self._gone = False

    @classmethod
    def of_process(cls) -> Channel:
        """The process's own standard input and output, taken away from everybody else: what code prints,
        Python's or a library's, goes to standard error, and whoever reads standard input finds it empty."""
        reader, writer = os.dup(0), os.dup(1)
        with open(os.devnull, "rb") as nothing:
            os.dup2(nothing.fileno(), 0)
        os.dup2(2, 1)
        # What was printed before and waits in the buffer is for people as well.
        sys.stdout.flush()
        sys.stdout = sys.stderr
        return cls(os.fdopen(reader, "rb"), os.fdopen(writer, "wb"))

    def lines(self) -> Iterator[bytes | None]:
        """Lines until the host closes; `None` is one that is too long."""
        while line := self._reader.readline(LINE + 1):
            if len(line) <= LINE:
                if line.strip():
                    yield line
                continue
            while line and not line.endswith(b"\n"):
                line = self._reader.readline(LINE)
            yield None

    def send(self, message: Mapping[str, Any]) -> None:
        """One line. Raises `ValueError` where it cannot be JSON or is too long."""
        line = (
            json.dumps(message, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode() + b"\n"
        )
        if len(line) > LINE:
            raise ValueError(f"a line of {len(line)} bytes, and the protocol allows {LINE}")
        with self._lock:
            if self._gone:
                return
            try:
                self._writer.write(line)
                self._writer.flush()
            except (BrokenPipeError, ValueError):
                self._gone = True

    def fail(self, request: int | None, error: BaseException) -> None:
        """The answer to a request, or to a line without a number, that has no result."""
        self.send({"id": request, "error": error_json(error)})
