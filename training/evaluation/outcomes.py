"""What came of each prompt in each mode, and the file that keeps it.

The file has one JSON object a line and grows by whole lines, so an evaluation that is
killed loses nothing that was finished and goes on where it stopped.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from brickgpt_engine.errors import FormatError, InputError, OutputError

_ONCE: dict[str, Any] = {"max_attempts": 1}
_UNCHECKED = _ONCE | {"max_brick_rejections": 0, "max_regenerations": 0}
MODES: dict[str, dict[str, Any]] = {
    "raw": _UNCHECKED | {"use_logit_masking": False, "top_k": 0},
    "syntax masks": _UNCHECKED,
    "rejection": _ONCE | {"max_regenerations": 0},
    "rejection + rollback": _ONCE,
    "drawn again": {},
}
"""Options of each mode, by the name in the table."""
FULL = "rejection + rollback"
"""The published algorithm in full, on which diversity and novelty are measured."""
AGAIN = "drawn again"
"""The default of the program: the same, drawn again while something lacks that the caption states."""
REFERENCE = "held-out shapes"
"""Not a mode of generation: the structures behind the prompts, judged alike, as a measure of the measures."""
REFUSED = "refused"
"""Begins the reason of an outcome without a run: a prompt that the model refused, a solver that failed."""
Key = tuple[str, int, int]
"""Mode, number of the prompt, number of the sample."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one prompt in one mode.

    Attributes:
        mode: a key of :data:`MODES`, or :data:`REFERENCE`.
        index: number of the prompt.
        sample: 0, or the number of a further sample of the same prompt.
        prompt: the caption.
        category: what it describes.
        seed: of the generator.
        valid: every line was a library brick, in bounds, in free cells, and there is a brick.
        stable: valid, and the ``paper`` criterion holds.
        finished: the model ended the text itself.
        stop_reason: why generation ended, or ``refused: …`` with the error's words.
        mean_score: mean stability score of the bricks that could be placed; 0 where there are none.
        min_score: the least of these scores.
        bricks: bricks that could be placed.
        rejections: attempts that were rejected.
        regenerations: rollbacks.
        tokens: tokens that the model read, the prompt and rejected attempts included.
        seconds: wall time of the generation, stability analysis included.
        cpu_seconds: processor time of the same, which other programs on the machine do not lengthen.
        text: everything the model wrote and that was kept, see
            :func:`training.evaluation.voxels.written_text`.
        same_as: the mode whose run this is too, see :func:`training.evaluation.runs.twin`.
        attempts: structures that were drawn.
    """

    mode: str
    index: int
    sample: int
    prompt: str
    category: str
    seed: int
    valid: bool
    stable: bool
    finished: bool
    stop_reason: str
    mean_score: float
    min_score: float
    bricks: int
    rejections: int
    regenerations: int
    tokens: int
    seconds: float
    cpu_seconds: float
    text: str
    same_as: str | None = None
    attempts: int = 1

    @property
    def key(self) -> Key:
        """What tells outcomes apart."""
        return (self.mode, self.index, self.sample)

    @property
    def refused(self) -> bool:
        """Whether generation ended with an error."""
        return self.stop_reason.startswith(REFUSED)


_FIELDS = {field.name for field in fields(Outcome)}


def read_outcomes(path: Path) -> list[Outcome]:
    """The outcomes in a file, the first of each key; a last line without its end is left out.

    Raises:
        InputError: the file cannot be read.
        FormatError: a line is no outcome; it names the line.
    """
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}; name a file of outcomes") from error
    except UnicodeDecodeError as error:
        raise FormatError("it is not UTF-8 text; name a file of outcomes", source=str(path)) from error
    found: dict[Key, Outcome] = {}
    for number, line in enumerate(lines[:-1], start=1):
        outcome = _parsed(line, path, number)
        found.setdefault(outcome.key, outcome)
    return list(found.values())


def _parsed(line: str, path: Path, number: int) -> Outcome:
    try:
        values = json.loads(line)
    except ValueError:
        values = None
    if not isinstance(values, dict) or not _FIELDS >= set(values) >= _FIELDS - {"same_as", "attempts"}:
        raise FormatError("it is no outcome of an evaluation; remove the line", source=str(path), line=number)
    return Outcome(**values)


class OutcomeLog:
    """A file of outcomes that grows.

    Args:
        path: the file; made when missing. The remains of a line whose writing was cut off are removed.

    Raises:
        OutputError: the file cannot be written.
        FormatError: what is there are no outcomes.
    """

    def __init__(self, path: Path) -> None:
        try:
            path.touch()
            kept = path.read_bytes()
            with path.open("r+b") as file:
                file.truncate(kept.rfind(b"\n") + 1)
        except OSError as error:
            raise OutputError(f"{path} cannot be written: {error.strerror}; choose another folder") from error
        self.path = path
        self.outcomes = read_outcomes(path)

    def append(self, outcomes: Iterable[Outcome]) -> None:
        """Add outcomes, in one write of whole lines.

        Raises:
            OutputError: the disk is full or the file is gone.
        """
        new = list(outcomes)
        lines = "".join(json.dumps(asdict(outcome), ensure_ascii=False) + "\n" for outcome in new)
        try:
            with self.path.open("ab", buffering=0) as file:
                file.write(lines.encode())
        except OSError as error:
            raise OutputError(
                f"{self.path} cannot be written: {error.strerror}; make room and run the same command again"
            ) from error
        self.outcomes += new


def of_mode(outcomes: Sequence[Outcome], mode: str) -> list[Outcome]:
    """The first samples of one mode, by prompt number."""
    return sorted((o for o in outcomes if o.mode == mode and o.sample == 0), key=lambda o: o.index)
