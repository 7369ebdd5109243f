"""The target that a search is for, where its profile names one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .setting import Setting


@dataclass(frozen=True)
class Target:
    """What the engine takes that is to load the result.

    A space should hold nothing else: a study is refused where sixteen random configs or the baselines show a
    plan that could not be exported, and a rarer one is found out when it is exported.
    """

    name: str
    facts: Mapping[str, Setting]

    def levels(self, kind: str) -> list[int] | None:
        """Bits that it has codes of for edits of a kind, ascending; `None` where it has them all."""
        return self._numbers(f"target-{kind}-levels")

    def groups(self, kind: str) -> list[int] | None:
        """Sizes that its groups can have for edits of a kind, ascending; `None` for any."""
        return self._numbers(f"target-{kind}-groups")

    def grids(self, kind: str) -> list[str] | None:
        """Its number grids for edits of a kind by their names in plans, the one that it prefers first, and
        `default` for edits that name none; `None` where it does not say."""
        return self._words(f"target-{kind}-grids")

    def expert_grids(self, kind: str) -> list[str] | None:
        """Those of its number grids that experts can be on; `None` where all are."""
        return self._words(f"target-{kind}-expert-grids")

    def takes(self, kind: str) -> bool:
        """Whether it takes edits of a kind at all."""
        kinds = self._words("target-edits")
        return kinds is None or kind in kinds

    def takes_everything(self) -> bool:
        """Whether it takes whatever a plan says."""
        return self._words("target-edits") is None

    def other_bytes(self) -> int | None:
        """Bytes that it takes for all tensors but those of the linear modules, where it stores these otherwise
        than the model's own files do; else `Model.other_bytes`."""
        return self._number("target-other-bytes")

    def roundings(self, kind: str) -> list[str]:
        """Ways of rounding other than to the nearest whose codes it stores, by their names in plans."""
        return self._words(f"target-{kind}-roundings") or []

    def alignment(self) -> int:
        """Bytes that tensors begin at multiples of in its files, the gaps being part of them; 1 where there are
        none."""
        return max(self._number("target-alignment") or 1, 1)

    def layers(self, kind: str) -> str:
        """What layers may choose for edits of a kind: `own` (everything), `same-count` (everything but how many
        there are), `two-level` (an edit that is the same wherever there is one, or none) or `same` (nothing: one
        value for the whole model)."""
        return self._text(f"target-{kind}-layers") or "own"

    def together(self, kind: str) -> list[str]:
        """What has to agree within a layer for edits of a kind: `experts`, `stored` (modules that are stored in
        one tensor), `heads`, and sets of modules as `q+k+v` or of halves of a cache as `keys+values`."""
        return self._words(f"target-{kind}-together") or []

    def only(self, kind: str) -> str | None:
        """The only form of edits of a kind that it takes; `None` for any."""
        return self._text(f"target-{kind}-only")

    def _text(self, name: str) -> str | None:
        value = self.facts.get(name)
        return value if isinstance(value, str) else None

    def _words(self, name: str) -> list[str] | None:
        text = self._text(name)
        return None if text is None else text.split(" ")

    def _number(self, name: str) -> int | None:
        value = self.facts.get(name)
        return value if isinstance(value, int) and not isinstance(value, bool) else None

    def _numbers(self, name: str) -> list[int] | None:
        value = self.facts.get(name)
        return [int(number) for number in value] if isinstance(value, (list, tuple)) else None
