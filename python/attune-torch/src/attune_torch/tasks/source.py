"""Text files of several forms as one stream of text: plain text in UTF-8, or JSON Lines. See `docs/texts.md`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from stat import S_ISREG
from typing import Any, BinaryIO

from attune_worker import BadRequest

from .chat import ChatTemplate

HEAD = 1 << 20
"""Bytes at the beginning of a file by which its form is told."""
BLOCK = 1 << 16
LONGEST = 64 << 20
"""Bytes of the longest line."""
LINES = 1000
"""Lines that have to be JSON objects for a file to count as JSON Lines whatever its name is, at most."""
LISTED = 12
"""Names of fields that a message lists."""
MARK = b"\xef\xbb\xbf"
"""The byte order mark of UTF-8; it is no text."""

UTF16 = "convert it to UTF-8 (such as `iconv -f utf-16 -t utf-8`)"
TABLE = 'write its texts to a JSON Lines file, one {"text": …} a line, or to a text file'
MAGIC: tuple[tuple[bytes, str, str], ...] = (
    (b"\xff\xfe\0\0", "UTF-32 text", UTF16),
    (b"\0\0\xfe\xff", "UTF-32 text", UTF16),
    (b"\xff\xfe", "UTF-16 text", UTF16),
    (b"\xfe\xff", "UTF-16 text", UTF16),
    (b"\x1f\x8b", "compressed by gzip", "unpack it first (`gunzip`)"),
    (b"\x28\xb5\x2f\xfd", "compressed by Zstandard", "unpack it first (`unzstd`)"),
    (b"\xfd7zXZ\0", "compressed by xz", "unpack it first (`unxz`)"),
    (b"BZh", "compressed by bzip2", "unpack it first (`bunzip2`)"),
    (b"\x04\x22\x4d\x18", "compressed by LZ4", "unpack it first (`unlz4`)"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", "unpack it first"),
    (b"PK\x03\x04", "a zip archive (or a document of an office program)", "unpack it, or save it as plain text"),
    (b"PAR1", "a Parquet file", TABLE),
    (b"ARROW1", "an Arrow file", TABLE),
    (b"Obj\x01", "an Avro file", TABLE),
    (b"SQLite format 3\0", "an SQLite database", TABLE),
    (b"\x93NUMPY", "a NumPy array", "give the text that it was made of"),
    (b"%PDF-", "a PDF document", "make plain text of it first (`pdftotext`)"),
)
"""First bytes of formats that hold no text to score, their names, and how text is made of them."""


class Source:
    """A text file that is read from its beginning, as far as text is needed."""

    def __init__(self, file: Path, model: Path | None) -> None:
        """`model` is the folder whose chat template renders conversations.

        Raises `BadRequest` for no regular file, or a form that holds no text that could be scored.
        """
        try:
            status = file.stat()
            if not S_ISREG(status.st_mode):
                raise BadRequest(f"{file} is no regular file; expected a text file in UTF-8")
            self._reader = file.open("rb")
        except OSError as error:
            raise unreadable(file, error) from error
        self._size = status.st_size
        head = self._reader.read(HEAD)
        lines = is_json_lines(file, head, len(head) == self._size)
        mark = len(MARK) if head.startswith(MARK) else 0
        self._reader.seek(mark)
        self._parts = (_records if lines else _blocks)(file, self._reader, mark, model)
        self._read = mark

    def share(self) -> float:
        """Share of the file that has been read, 0 to 1."""
        return 1.0 if self._size == 0 else min(1.0, self._read / self._size)

    def fill(self, text: bytearray, until: int) -> bool:
        """Appends to `text` until it has at least `until` bytes; false when the file has ended before.

        Raises `BadRequest` for what is no text, with its place in the file.
        """
        while len(text) < until:
            part = next(self._parts, None)
            if part is None:
                self._reader.close()
                return False
            text += part
            if not self._reader.closed:
                self._read = self._reader.tell()
        return True


def unreadable(file: Path, error: OSError) -> BadRequest:
    return BadRequest(f"cannot read {file}: {error.strerror or error}; expected a text file in UTF-8")


def bad(file: Path, place: str | None, found: str, remedy: str) -> BadRequest:
    """A file that holds no text that could be scored, or a place in it that is none."""
    return BadRequest(f"{file}{'' if place is None else f', {place}'}: {found}; {remedy}")


def is_json_lines(file: Path, head: bytes, whole: bool) -> bool:
    """Tells the form of the file with this beginning: JSON Lines, or else plain text; `whole` when it has no more than that.

    Raises `BadRequest` for every other form.
    """

    def refused(found: str, remedy: str) -> BadRequest:
        return bad(file, None, f"it is {found}, expected text in UTF-8 or JSON Lines", remedy)

    for magic, name, remedy in MAGIC:
        if head.startswith(magic):
            raise refused(name, remedy)
    binary = _binary(head)
    if binary is not None:
        raise refused(*binary)
    extension = file.suffix.lower()
    if extension in (".csv", ".tsv"):
        raise refused("a table (by its name)", TABLE)
    if extension in (".parquet", ".arrow", ".feather"):
        raise refused("named like a table, but no such file", TABLE)
    if extension in (".jsonl", ".ndjson", ".jsonlines"):
        return True
    text = head.removeprefix(MARK).decode(errors="replace")
    if _are_objects(text, whole):
        return True
    if text.lstrip().startswith(("{", "[")) and (extension == ".json" or (whole and _is_json(text))):
        remedy = 'write its texts to a JSON Lines file, one {"text": …} a line (such as `jq -c \'.[]\'`)'
        raise refused("one JSON document", remedy)
    return False


def _binary(head: bytes) -> tuple[str, str] | None:
    """Bytes that are no text in UTF-8, whatever follows."""
    head = head[:4096]
    # Text in UTF-16 without a mark: of most letters one byte of two is zero.
    even, odd = head[::2].count(0), head[1::2].count(0)
    pairs = len(head) // 2
    if pairs >= 8 and max(even, odd) > pairs // 2 and min(even, odd) < pairs // 8:
        return "UTF-16 text", UTF16
    # Neither text in another encoding nor damaged text has zeros.
    try:
        head.decode()
    except UnicodeDecodeError as error:
        if 0 in head and not _cut_short(head, error):
            return "binary data", "give the text itself, as a text file"
    return None


def _cut_short(data: bytes, error: UnicodeDecodeError) -> bool:
    """Whether nothing is wrong but that the data ends within a character."""
    return error.end == len(data) and error.reason == "unexpected end of data"


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _are_objects(text: str, whole: bool) -> bool:
    """Whether every line is a JSON object, as far as lines are complete; at least one has to be."""
    if not whole:
        text = text[: max(0, text.rfind("\n"))]
    lines = [line for line in text.split("\n") if line.strip()][:LINES]
    for line in lines:
        if not line.lstrip().startswith("{"):
            return False
        try:
            if not isinstance(json.loads(line), dict):
                return False
        except (ValueError, RecursionError):
            return False
    return bool(lines)


def _blocks(file: Path, reader: BinaryIO, mark: int, model: Path | None) -> Iterator[bytes]:
    """UTF-8 text as it stands in its file, whole characters at a time."""
    before, lines, column, rest = mark, 0, 0, b""
    while True:
        try:
            more = reader.read(BLOCK)
        except OSError as error:
            raise unreadable(file, error) from error
        block = rest + more
        good = len(block)
        try:
            block.decode()
        except UnicodeDecodeError as error:
            good = error.start
            # The block ends within a character; at the end of the file that is an error like any other.
            if not more or not _cut_short(block, error):
                read = block[:good]
                line = lines + read.count(b"\n") + 1
                byte = good - read.rfind(b"\n") if b"\n" in read else column + good + 1
                raise bad(
                    file,
                    f"byte {before + good}, line {line}, byte {byte} of it",
                    f"0x{block[good]:02X} is not UTF-8 there",
                    "convert the file to UTF-8 (such as `iconv -f latin1 -t utf-8`), or cut the damaged place out",
                ) from None
        read, rest = block[:good], block[good:]
        before += good
        lines += read.count(b"\n")
        column = len(read) - read.rfind(b"\n") - 1 if b"\n" in read else column + len(read)
        if read:
            yield read
        if not more:
            return


def _records(file: Path, reader: BinaryIO, mark: int, model: Path | None) -> Iterator[bytes]:
    """The texts of JSON Lines: of each record its `text` with a line end, or its `messages` as the chat template writes them.
    The first record decides which field is read."""
    template: ChatTemplate | None = None
    field: str | None = None
    number, start = 0, 0
    while True:
        try:
            raw = reader.readline(LONGEST)
        except OSError as error:
            raise unreadable(file, error) from error
        if not raw:
            return
        number += 1
        place = f"line {number}"
        try:
            line = raw.decode().strip()
        except UnicodeDecodeError as error:
            found = f"0x{raw[error.start]:02X} (byte {start + error.start} of the text) is not UTF-8"
            raise bad(file, place, found, "convert the file to UTF-8") from None
        start += len(raw)
        if not line:
            continue
        record = _record(file, place, line)
        if field is None:
            field = next((name for name in ("text", "messages") if name in record), None)
            if field is None:
                raise _no_field(file, place, record)
            if field == "messages":
                template = ChatTemplate.open(model, file)
        value = record.get(field)
        if template is None:
            if not isinstance(value, str):
                raise _absent(file, place, record, "text", "a string")
            try:
                yield f"{value}\n".encode()
            except UnicodeEncodeError:
                raise bad(file, place, "`text` has half of a surrogate pair", "repair the record or leave it out") from None
            continue
        if not isinstance(value, list):
            raise _absent(file, place, record, "messages", 'a list of {"role": …, "content": …}')
        try:
            yield template.render(record).encode()
        except Exception as error:  # Whatever a template raises.
            raise bad(
                file,
                place,
                f"the chat template of {template.file} does not take it: {error}",
                "repair the conversation, or render it yourself and give it as `text`",
            ) from error


def _record(file: Path, place: str, line: str) -> dict[str, Any]:
    remedy = 'write one object a line, such as {"text": "…"}'
    try:
        record = json.loads(line)
    except (ValueError, RecursionError) as error:
        # What is wrong, and never the line itself.
        raise bad(file, place, f"it is no JSON object ({error})", remedy) from None
    if not isinstance(record, dict):
        raise bad(file, place, f"it is {_kind(record)}, expected an object", remedy)
    return record


def _no_field(file: Path, place: str, record: dict[str, Any]) -> BadRequest:
    names = list(record)
    near = next((name for name in names if name.lower() == "text"), names[0] if names else "content")
    found = f"the record has {_listed(names)}, expected `text` or `messages`"
    return bad(file, place, found, f"rename the field that holds the text (such as `jq -c '{{text: .{near}}}'`)")


def _absent(file: Path, place: str, record: dict[str, Any], field: str, expected: str) -> BadRequest:
    if field in record:
        found = f"`{field}` is {_kind(record[field])}"
    else:
        found = f"the record has no `{field}` as those before it, but {_listed(list(record))}"
    return bad(file, place, f"{found}, expected {expected}", "repair the record or leave it out")


def _kind(value: object) -> str:
    if value is None:
        return "null"
    names = ((bool, "true or false"), ((int, float), "a number"), (str, "a string"), (list, "a list"))
    return next((name for types, name in names if isinstance(value, types)), "an object")


def _listed(names: list[str]) -> str:
    if not names:
        return "no field"
    shown = ", ".join(f"`{name if len(name) <= 40 else name[:40] + '…'}`" for name in names[:LISTED])
    return shown + (", …" if len(names) > LISTED else "")
