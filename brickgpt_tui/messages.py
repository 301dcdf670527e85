"""What the engine's threads tell the studio, as Textual messages that carry frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from threading import Event as Flag
from typing import TYPE_CHECKING, Literal

from textual.message import Message

if TYPE_CHECKING:
    from brickgpt_engine.bricks import Brick, BrickStructure
    from brickgpt_engine.layout.support import Repair
    from brickgpt_engine.physics import StabilityReport
    from brickgpt_tui.history import SavedRun
    from brickgpt_tui.snapshot import ModelSnapshot, RunSnapshot

LineKind = Literal["info", "placed", "rejected", "rollback", "good", "bad"]


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line of the event log, with what kind of line it is."""

    kind: LineKind
    text: str


class RunProgress(Message):
    """The run in progress has come further.

    Args:
        bricks: all bricks that are there now.
        report: the verdict on exactly these, or None.
        run: the numbers so far.
        lines: what happened since the last message.
        ended: whether this is the run's last message.
        began: whether the engine has begun to build; before, ``bricks`` mean nothing.
    """

    def __init__(
        self,
        bricks: tuple[Brick, ...],
        report: StabilityReport | None,
        run: RunSnapshot,
        lines: tuple[LogLine, ...],
        *,
        began: bool,
        ended: bool = False,
    ) -> None:
        super().__init__()
        self.bricks = bricks
        self.report = report
        self.run = run
        self.lines = lines
        self.began = began
        self.ended = ended
        self.taken = Flag()
        """Set by the studio once the message is on screen; until then the worker sends no other."""


class VariantsReady(Message):
    """All variants of a prompt are built (or as many as there were when the user stopped)."""

    def __init__(self, variants: tuple[ModelSnapshot, ...], runs: tuple[RunSnapshot, ...]) -> None:
        super().__init__()
        self.variants = variants
        self.runs = runs


class Judged(Message):
    """The verdict on the document with this revision, with its safety factor where that is known."""

    def __init__(self, revision: int, report: StabilityReport, safety: float | None) -> None:
        super().__init__()
        self.revision = revision
        self.report = report
        self.safety = safety


class Opened(Message):
    """A file was read."""

    def __init__(self, path: Path, structure: BrickStructure) -> None:
        super().__init__()
        self.path = path
        self.structure = structure


class Reopened(Message):
    """A run of the history was read."""

    def __init__(self, run: SavedRun) -> None:
        super().__init__()
        self.run = run


class Repaired(Message):
    """What became of the repair of the document with this revision."""

    def __init__(self, revision: int, repair: Repair) -> None:
        super().__init__()
        self.revision = revision
        self.repair = repair


class Trouble(Message):
    """Something could not be done: what, why, and what to do about it, in one line."""

    def __init__(self, text: str, *, step: str = "") -> None:
        super().__init__()
        self.text = text
        self.step = step
