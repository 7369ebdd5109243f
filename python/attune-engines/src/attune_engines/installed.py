"""Versions of packages, without importing them."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as version_of


def version(*packages: str) -> str | None:
    """The version of the first package where all of them are installed, else `None`."""
    try:
        return [version_of(package) for package in packages][0]
    except PackageNotFoundError:
        return None
