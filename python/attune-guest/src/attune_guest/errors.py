"""What goes wrong in words that a user can act on."""

from __future__ import annotations


class Refused(Exception):
    """A sentence for the user of a technique: what was found, what is needed, and what to do.

    Any other exception is a bug of the technique. It ends the call, and its message reaches the user too.
    """

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence
