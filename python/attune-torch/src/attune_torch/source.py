"""Where a model comes from: a folder, or the Hugging Face cache or hub by its id."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from attune_worker import BadRequest

from .describe import Options

_TEXTS = ["*.json", "*.txt", "*.model", "*.py", "*.jinja", "*.tiktoken"]


def folder(model: str, options: Options, tell: Callable[[str], None]) -> Path:
    """The folder with the files of `model`: itself, or its snapshot in the Hugging Face cache, which is
    brought from the hub where it is not there yet."""
    if not model:
        raise BadRequest("the profile names no `model`: expected a folder or a hub id")
    path = Path(model)
    if path.exists():
        if not (path / "config.json").is_file():
            raise BadRequest(
                f"{path}: there is no config.json in it; expected a folder in the Hugging Face layout"
            )
        return path.resolve()
    if path.is_absolute():
        named = _hub_id(path)
        if named is None:
            raise BadRequest(
                f"{path}: there is no such folder; expected a folder in the Hugging Face layout, or a hub id"
            )
        model = named
    return _snapshot(model, options, tell)


def _hub_id(path: Path) -> str | None:
    """`owner/name` where a profile says that relative to its own folder, and there is nothing."""
    parent, name = path.parent.name, path.name
    return f"{parent}/{name}" if parent and name and not path.parent.exists() else None


def _snapshot(name: str, options: Options, tell: Callable[[str], None]) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    def brought(patterns: list[str], offline: bool) -> Path:
        return Path(
            snapshot_download(
                name, revision=options.revision, allow_patterns=patterns, local_files_only=offline
            )
        )

    try:
        found = brought([*_TEXTS, "*.safetensors"], True)
        if _is_whole(found):
            return found
    except LocalEntryNotFoundError:
        pass
    except HFValidationError as error:
        raise BadRequest(f"`{name}` is neither a folder nor a hub id: {error}") from error
    if options.hub_offline:
        raise BadRequest(
            f"`{name}` is not in the Hugging Face cache, and `hub-offline` forbids to ask the hub"
        )
    tell(f"bringing {name} from the hub")
    try:
        found = brought([*_TEXTS, "*.safetensors"], False)
        return found if _is_whole(found) else brought([*_TEXTS, "pytorch_model*.bin"], False)
    except (HfHubHTTPError, LocalEntryNotFoundError, OSError) as error:
        first = str(error).strip().splitlines()[0]
        raise BadRequest(f"`{name}` is no folder here, and the hub does not give it: {first}") from error


def _is_whole(folder: Path) -> bool:
    """Whether a snapshot has a configuration and all of its weights."""
    from . import stored

    files = stored.files(folder) if (folder / "config.json").exists() else []
    return bool(files) and all(file.exists() for file in files)
