"""What usually follows in texts like the model's: a table that was counted once, for drafts.

Layouts of bricks have habits: after a certain step between two bricks, with this brick below, the next
one is nearly always that one. Contexts of several kinds, each relative to the last brick so that a habit
holds anywhere in the world, were counted over a data set (``python -m training drafter``), and the table has
the likeliest value of the next field for each context that spoke for it, and how sure it is.
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
from brickgpt_engine.decoding.guesses import ROW, Guess, Guesses, Text, below
from brickgpt_engine.errors import ModelError
from brickgpt_engine.formats.atomic import write_bytes

FILE = "drafter.npz"
KINDS = 5
"""Contexts of a field, the most general first."""
_MIDDLE = 128
"""Added to differences, so that they fit into a byte."""
_SPREAD = 0x9E3779B1
"""An odd factor that keeps the sums of a context and of what is said from cancelling each other."""
_BUCKETS = 1 << 16
_ARRAYS = ("sizes", "low", "numbers", "shares")
_NONE = (0, 0)
_FOOTPRINT_NUMBERS: dict[Value, int] = {sides: number for number, sides in enumerate(FOOTPRINTS)}


class LineContext:
    """Where a line is written: the bricks before it, and what the rules guess about it.

    Args:
        text: the bricks so far.
    """

    def __init__(self, text: Text) -> None:
        self._text = text
        self._guesses: Guesses | None = None
        self.origin = text.bricks[-1][2:] if text.bricks else (0, 0, 0)
        self._fixed = _contexts(text)

    def keys(self, said: Sequence[Value]) -> list[int]:
        """Keys of the contexts of the field after ``said``, shape (KINDS,)."""
        field = len(said)
        if field == 0:
            told = b"\0"
        elif field == 1:
            told = bytes((1, *said[0]))
        elif field == 2:
            told = bytes((2, *said[0], said[1][0] - self.origin[0] & 255))
        else:
            x, y, _ = self.origin
            told = bytes((3, *said[0], said[1][0] - x & 255, said[2][0] - y & 255))
        key = crc32(told)
        return [key ^ fixed for fixed in self._fixed]

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
        if self._guesses is None:
            self._guesses = Guesses(self._text)
        return self._guesses.about(said)


def _contexts(text: Text) -> list[int]:
    """What each kind of context is made of apart from what the line says, as a sum, shape (KINDS,).

    Kinds differ in what they look at: the steps between the last bricks, what followed the last one's twin
    below, where the first gap in this layer is, its shape, what lies below it, and the place in the world.
    """
    if not text.bricks:
        return [_SPREAD * (1 + kind) & 0xFFFFFFFF for kind in range(KINDS)]
    *_, fourth, third, second, last = (None, None, None, *text.bricks[-4:])
    h, w, x, y, z = last
    here = bytes((h, w))
    after = _step(second, last) + here
    twin = below(text, 1)
    near = b"" if twin is None else _step(twin, (1, 1, x, y, z)) + bytes(twin[:2])
    (a, b, c), lacking = text.gap()
    gap = bytes((a - x & 255, b - y & 255, c - z))
    shape = bytes((_run(lacking), _run(lacking >> ROW), _rows(lacking)))
    corners = text.corners
    floor = bytes((*corners.get((a, b, c - 1), _NONE), *corners.get((a, b, c - 2), _NONE)))
    sums = (
        crc32(b"1" + after),
        crc32(b"2" + here + near + b"|" + gap),
        crc32(b"3" + after + gap + shape),
        crc32(b"4" + _step(fourth, third) + b"|" + _step(third, second) + b"|" + after + gap),
        crc32(b"5" + here + gap + shape + floor + bytes((x & 255, y & 255))),
    )
    return [_SPREAD * number & 0xFFFFFFFF for number in sums]


class Habits:
    """The table.

    Args:
        keys: contexts, ascending, shape (n,).
        numbers: the likeliest value of each, as :meth:`LineContext.number` writes it, shape (n,).
        shares: how often it is right, 255 for always, shape (n,).
    """

    def __init__(
        self, keys: NDArray[np.uint32], numbers: NDArray[np.uint8], shares: NDArray[np.uint8]
    ) -> None:
        sizes = np.bincount(keys >> 16, minlength=_BUCKETS)
        self._fill(sizes.astype(np.uint16), keys.astype(np.uint16), numbers, shares)

    def _fill(
        self,
        sizes: NDArray[np.uint16],
        low: NDArray[np.uint16],
        numbers: NDArray[np.uint8],
        shares: NDArray[np.uint8],
    ) -> None:
        """Take keys as they are stored: how many begin with each 16 bits, and the other 16 of each."""
        starts = np.zeros(_BUCKETS + 1, dtype=np.uintc)
        np.cumsum(sizes, out=starts[1:])
        self._starts = array("I", starts.tobytes())
        self._low = array("H", low.tobytes())
        self._numbers, self._shares = numbers.tobytes(), shares.tobytes()

    def __len__(self) -> int:
        return len(self._low)

    @classmethod
    def from_folder(cls, folder: Path) -> Habits | None:
        """The table of a model's folder; None where it has none.

        Raises:
            ModelError: the file is damaged, or no such table.
        """
        path = folder / FILE
        if not path.is_file():
            return None
        try:
            with np.load(path, allow_pickle=False) as file:
                stored = [file[name] for name in _ARRAYS]
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            raise ModelError(f"{path} is damaged; make it again or delete it") from error
        sizes, low, numbers, shares = stored
        if (
            [part.dtype for part in stored] != [np.uint16, np.uint16, np.uint8, np.uint8]
            or not low.shape == numbers.shape == shares.shape == (sizes.sum(dtype=np.int64),)
            or sizes.shape != (_BUCKETS,)
        ):
            raise ModelError(f"{path} holds no table of habits; make it again or delete it")
        made = cls.__new__(cls)
        made._fill(sizes, low, numbers, shares)
        return made

    def save(self, folder: Path) -> Path:
        """Write the table into a model's folder.

        Raises:
            OutputError: it cannot be written.
        """
        arrays = (
            np.diff(np.frombuffer(self._starts, dtype=np.uintc)).astype(np.uint16),
            np.frombuffer(self._low, dtype=np.ushort).astype(np.uint16),
            np.frombuffer(self._numbers, dtype=np.uint8),
            np.frombuffer(self._shares, dtype=np.uint8),
        )
        content = io.BytesIO()
        np.savez(content, **dict(zip(_ARRAYS, arrays, strict=True)))  # type: ignore[arg-type]
        path = folder / FILE
        write_bytes(path, content.getvalue())
        return path

    def best(self, line: LineContext, said: Sequence[Value]) -> tuple[Value | None, float]:
        """The likeliest value of the field after ``said`` and its share; None for a place without habits."""
        starts, low, shares, found, most = self._starts, self._low, self._shares, -1, 0
        for key in line.keys(said):
            bucket, rest = key >> 16, key & 0xFFFF
            end = starts[bucket + 1]
            place = bisect_left(low, rest, starts[bucket], end)
            if place < end and low[place] == rest and shares[place] > most:
                found, most = place, shares[place]
        return (None, 0.0) if found < 0 else (line.value(len(said), self._numbers[found]), most / 255)


def _step(there: Guess | None, here: Guess | tuple[int, ...] | None) -> bytes:
    """The way from one brick to another with the second's footprint; nothing where one is missing."""
    if there is None or here is None:
        return b""
    return bytes((*here[:2], there[2] - here[2] & 255, there[3] - here[3] & 255, there[4] - here[4] & 255))


def _run(cells: int) -> int:
    """Cells in a row from the first on, at most 8."""
    few = cells & 255
    return (~few & few + 1).bit_length() - 1


def _rows(cells: int) -> int:
    """Rows, from that of the first cell on, that have the cell at its place, at most 8."""
    count = 0
    while cells & 1 and count < 8:
        cells >>= ROW
        count += 1
    return count
