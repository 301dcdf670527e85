"""The screen of a terminal, as text: enough of one to know what the studio shows at any moment."""

from __future__ import annotations

import re

_PIECES = re.compile(
    r"\x1b\[(?P<given>[0-?]*)[ -/]*(?P<verb>[@-~])"  # control sequences
    r"|\x1b[\]P_^X].*?(?:\x07|\x1b\\)"  # titles and other strings
    r"|\x1b[()*+][0-~]|\x1b[0-OQ-WYZ\\`-~]"  # character sets and the like
    r"|(?P<control>[\x00-\x1a\x1c-\x1f\x7f])"
    r"|(?P<text>[^\x00-\x1f\x7f]+)",
    re.DOTALL,
)
_FRAME = "?2026"  # "synchronized output": https://gist.github.com/christianparpart/d8a62cc1ab659194337d73e399004036


class Screen:
    """Takes what a program writes to its terminal; colours are left out, wide characters unknown.

    Args:
        columns: of the terminal.
        lines: of the terminal.

    Attributes:
        in_frame: whether a picture has begun that is not complete yet.
        asked: whether the program has asked whether the terminal keeps a picture until it is complete.
    """

    def __init__(self, columns: int, lines: int) -> None:
        self.in_frame = self.asked = False
        self._size = columns, lines
        self._cells = [[" "] * columns for _ in range(lines)]
        self._column = self._line = 0
        self._rest = ""

    @property
    def text(self) -> str:
        """What is seen, line by line."""
        return "\n".join("".join(line).rstrip() for line in self._cells)

    def feed(self, written: str) -> None:
        """Take over what was written; a piece that is cut off waits for its end."""
        written, place = self._rest + written, 0
        while place < len(written):
            piece = _PIECES.match(written, place)
            if piece is None:  # the beginning of a sequence
                break
            place = piece.end()
            if piece["text"]:
                self._write(piece["text"])
            elif piece["verb"]:
                self._obey(piece["verb"], piece["given"])
            elif piece["control"]:
                self._move(piece["control"])
        self._rest = written[place:]

    def _write(self, text: str) -> None:
        columns, lines = self._size
        if self._line < lines:
            room = columns - self._column
            self._cells[self._line][self._column : self._column + len(text)] = text[:room]
        self._column = min(columns, self._column + len(text))

    def _move(self, control: str) -> None:
        if control == "\r":
            self._column = 0
        elif control == "\n":
            self._line = min(self._size[1] - 1, self._line + 1)
        elif control == "\b":
            self._column = max(0, self._column - 1)

    def _obey(self, verb: str, given: str) -> None:
        columns, lines = self._size
        if given == _FRAME:
            if verb in "hl":
                self.in_frame = verb == "h"
            elif verb == "p":
                self.asked = True
        elif verb in "Hf":
            line, _, column = given.partition(";")
            self._line = min(lines, int(line or 1)) - 1
            self._column = min(columns, int(column or 1)) - 1
        elif verb == "J" and given in ("2", "3"):
            self._cells = [[" "] * columns for _ in range(lines)]
        elif verb == "K" and given in ("", "0"):
            self._cells[self._line][self._column :] = " " * (columns - self._column)
