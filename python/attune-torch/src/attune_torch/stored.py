"""Weight files of a model's folder: the headers of safetensors, without their numbers."""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from attune_worker import BadRequest

SINGLE = "model.safetensors"
INDEX = "model.safetensors.index.json"
_LONGEST_HEADER = 100 << 20


@dataclass(frozen=True)
class Stored:
    """One stored tensor."""

    file: Path
    name: str
    dtype: str
    shape: tuple[int, ...]
    bytes: int

    @property
    def elements(self) -> int:
        return math.prod(self.shape)


def files(folder: Path) -> list[Path]:
    """Files of weights, in name order: what an index lists, else `model.safetensors`, else whatever PyTorch
    files there are."""
    if (folder / SINGLE).exists():
        return [folder / SINGLE]
    if (folder / INDEX).exists():
        try:
            places = json.loads((folder / INDEX).read_text(encoding="utf-8"))["weight_map"]
            return [folder / name for name in sorted({str(name) for name in places.values()})]
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise BadRequest(f"{folder / INDEX}: {error}; expected an object with `weight_map`") from error
    return sorted([*folder.glob("*.safetensors"), *folder.glob("pytorch_model*.bin")])


def tensors(folder: Path) -> list[Stored]:
    """All stored tensors; none where the weights are no safetensors."""
    return [stored for file in files(folder) if file.suffix == ".safetensors" for stored in _header(file)]


def _header(file: Path) -> Iterator[Stored]:
    try:
        with file.open("rb") as opened:
            (length,) = struct.unpack("<Q", opened.read(8))
            if length > _LONGEST_HEADER:
                raise ValueError(f"a header of {length} bytes")
            entries = json.loads(opened.read(length))
        for name, entry in entries.items():
            if name != "__metadata__":
                start, end = entry["data_offsets"]
                yield Stored(file, name, entry["dtype"], tuple(entry["shape"]), end - start)
    except (OSError, ValueError, KeyError, TypeError, struct.error) as error:
        raise BadRequest(f"{file}: {error}; expected a file of safetensors") from error
