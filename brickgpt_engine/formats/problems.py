"""Everything that is wrong in one file, gathered line by line into one error."""

from __future__ import annotations

from brickgpt_engine.errors import FormatError

MAX_LISTED = 20
"""Problems that an error lists; of the rest it gives the number."""
MAX_COUNTED = 10_000
"""Problems after which reading stops: such a file is something else, and may be large."""


class Problems:
    """What is wrong in a file so far.

    Args:
        source: the file's name, for messages.
    """

    def __init__(self, source: str | None) -> None:
        self._source = source
        self._found: dict[tuple[int, str], None] = {}  # a set that keeps its order

    def add(self, line: int, reason: str) -> None:
        """Note one problem; the same one at the same line counts once.

        Args:
            line: 1-based number of the line.
            reason: what is wrong there.

        Raises:
            FormatError: these are more than :data:`MAX_COUNTED`.
        """
        self._found[line, reason] = None
        if len(self._found) > MAX_COUNTED:
            raise self.error()

    def raise_if_any(self) -> None:
        """End reading if anything is wrong.

        Raises:
            FormatError: of all problems, in the order of their lines.
        """
        if self._found:
            raise self.error()

    def error(self) -> FormatError:
        """The error of all problems, of which there must be one, in the order of their lines."""
        ordered = sorted(self._found, key=lambda problem: problem[0])
        (line, reason), *others = ordered[:MAX_LISTED]
        unlisted = max(0, len(ordered) - MAX_LISTED)
        return FormatError(reason, source=self._source, line=line, others=others, unlisted=unlisted)
