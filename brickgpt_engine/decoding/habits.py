"""What usually follows in texts like the model's: a table that was counted once, for drafts.

Layouts of bricks have habits: after a certain step between two bricks, with this brick below, the next
one is nearly always that one. Contexts of several kinds, each relative to the last brick so that a habit
holds anywhere in the world, were counted over a data set (``python -m training drafter``), and for each
context that came often enough the table has the likeliest value of the next field and how often it came.
It lies in the model's folder as ``drafter.npz``; a model without one drafts by the rules alone.
"""

from __future__ import annotations

import io
import zipfile
from array import array
from bisect import bisect_left
from collections.abc import Sequence
from pathlib import Path
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from brickgpt_engine.bricks import FOOTPRINTS
from brickgpt_engine.decoding.grammar import Value
from brickgpt_engine.decoding.guesses import Guess, Guesses, Text
from brickgpt_engine.errors import ModelError
from brickgpt_engine.formats.atomic import write_bytes

FILE = "drafter.npz"
_MIDDLE = 128
"""Added to differences, so that they fit into a byte."""
_FOOTPRINT_NUMBERS: dict[Value, int] = {sides: number for number, sides in enumerate(FOOTPRINTS)}


class LineContext:
    """Where a line is written: the bricks before it, and what the rules guess about it.

    Args:
        text: the bricks so far.
    """

    def __init__(self, text: Text) -> None:
        self._guesses = Guesses(text)
        self._known = bool(text.bricks)
        self.origin = text.bricks[-1][2:] if self._known else (0, 0, 0)
        if not self._known:
            return
        *_, third, second, last = (None, None, *text.bricks[-3:])
        below, twice, repeat, *_ = self._guesses.about(())
        here = bytes(text.bricks[-1][:2])
        after = here + _step(second, last)
        behind = after + b"|" + _step(third, second)
        near, x, y = self._relative(below), self.origin[0], self.origin[1]
        # a context's key goes on from the sum of what does not change while the line is written
        self._fixed = (
            crc32(b"1" + behind + b"|" + near + b"|" + self._relative(twice) + b"|"),
            crc32(b"2" + here + near + b"|"),
            crc32(b"3" + after + b"|"),
            crc32(b"4" + near + b"|" + self._relative(repeat) + b"|"),
            crc32(b"5" + behind + b"|" + bytes((x & 255, y & 255))),
        )
        self._cover: bytes | None = None

    def keys(self, said: Sequence[Value]) -> tuple[int, ...]:
        """Keys of the contexts of the field after ``said``, shape (kinds,)."""
        x, y, _ = self.origin
        field = len(said)
        told = bytes((field, *said[0])) if field else b"\0"
        if field > 1:
            told += bytes([said[1][0] - x & 255])
        if field > 2:
            told += bytes([said[2][0] - y & 255])
        if not self._known:
            return (crc32(b"0" + told),)
        if field < 2 or self._cover is None:  # it depends on the footprint alone
            self._cover = self._relative(self._guesses.about(said)[4])
        cover, (first, second, third, fourth, fifth) = self._cover + b"|" + told, self._fixed
        return (
            crc32(cover, first),
            crc32(cover, second),
            crc32(told, third),
            crc32(cover, fourth),
            crc32(told, fifth),
        )

    def number(self, field: int, value: Value) -> int:
        """How the table writes ``value`` of ``field``: a footprint's number, or the way from the last brick.

        256 for what it cannot write.
        """
        if field == 0:
            return _FOOTPRINT_NUMBERS.get(value, 256)
        number = value[0] - self.origin[field - 1] + _MIDDLE
        return number if 0 <= number < 256 else 256

    def value(self, field: int, number: int) -> Value | None:
        """The value that the table writes as ``number``; None where it is none."""
        if field == 0:
            return FOOTPRINTS[number] if number < len(FOOTPRINTS) else None
        found = number - _MIDDLE + self.origin[field - 1]
        return (found,) if found >= 0 else None

    def guesses(self, said: Sequence[Value]) -> list[Guess | None]:
        """What each rule guesses after the fields ``said``."""
        return self._guesses.about(said)

    def _relative(self, guess: Guess | None) -> bytes:
        return b"" if guess is None else _step(guess, (1, 1, *self.origin)) + bytes(guess[:2])


class Habits:
    """The table.

    Args:
        keys: contexts, ascending, shape (n,).
        numbers: the likeliest value of each, as :meth:`LineContext.number` writes it, shape (n,).
        shares: how often it came, 255 for always, shape (n,).
    """

    def __init__(
        self, keys: NDArray[np.uint32], numbers: NDArray[np.uint8], shares: NDArray[np.uint8]
    ) -> None:
        self._keys = array("I", keys.astype(np.uintc).tobytes())
        self._numbers, self._shares = numbers.tobytes(), shares.tobytes()

    def __len__(self) -> int:
        return len(self._keys)

    @classmethod
    def from_folder(cls, folder: Path) -> Habits | None:
        """The table of a model's folder; None where it has none.

        Raises:
            ModelError: the file is damaged.
        """
        path = folder / FILE
        if not path.is_file():
            return None
        try:
            with np.load(path, allow_pickle=False) as file:
                keys, numbers, shares = file["keys"], file["numbers"], file["shares"]
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            raise ModelError(f"{path} is damaged; make it again or delete it") from error
        types = keys.dtype, numbers.dtype, shares.dtype
        if types != (np.uint32, np.uint8, np.uint8) or not keys.shape == numbers.shape == shares.shape:
            raise ModelError(f"{path} holds no table of habits; make it again or delete it")
        return cls(keys, numbers, shares)

    def save(self, folder: Path) -> Path:
        """Write the table into a model's folder.

        Raises:
            OutputError: it cannot be written.
        """
        content = io.BytesIO()
        np.savez(
            content,
            keys=np.frombuffer(self._keys, dtype=np.uintc).astype(np.uint32),
            numbers=np.frombuffer(self._numbers, dtype=np.uint8),
            shares=np.frombuffer(self._shares, dtype=np.uint8),
        )
        path = folder / FILE
        write_bytes(path, content.getvalue())
        return path

    def best(self, line: LineContext, said: Sequence[Value]) -> tuple[Value | None, float]:
        """The likeliest value of the field after ``said`` and its share; None for a place without habits."""
        keys, found, most = self._keys, -1, 0
        for key in line.keys(said):
            place = bisect_left(keys, key)
            if place < len(keys) and keys[place] == key and self._shares[place] > most:
                found, most = self._numbers[place], self._shares[place]
        return (None, 0.0) if found < 0 else (line.value(len(said), found), most / 255)


def _step(there: Guess | None, here: Guess | tuple[int, ...] | None) -> bytes:
    """The way from one brick to another with the second's footprint; nothing where one is missing."""
    if there is None or here is None:
        return b""
    return bytes((*here[:2], there[2] - here[2] & 255, there[3] - here[3] & 255, there[4] - here[4] & 255))
