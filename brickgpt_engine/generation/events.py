"""What happens during generation, as one stream of frozen events that every front end reads.

A stream begins with :class:`Started` and ends with exactly one :class:`Finished` or
:class:`Failed`, unless it is closed before.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from brickgpt_engine.bricks import Brick, BrickStructure, Rejection
from brickgpt_engine.errors import BrickGPTError
from brickgpt_engine.generation.config import GenerationConfig
from brickgpt_engine.physics import StabilityReport

if TYPE_CHECKING:
    from brickgpt_engine.statements.judging import Verdict

STOP_REASONS = {
    "end": "the model ended the structure",
    "max_bricks": "the limit on bricks was reached",
    "max_brick_rejections": "no valid next brick was found within the limit on rejections",
    "max_regenerations": "the structure was still unstable after the last regeneration",
    "context": "the model's context is full",
    "unverified": "the solver gave no verdict on stability",
}
"""Why a run ended, by the name in :attr:`GenerationResult.stop_reason`."""


@dataclass(frozen=True)
class GenerationResult:
    """A finished structure and how it came about.

    Attributes:
        structure: the valid bricks, in build order.
        report: the verdict on ``structure``; None when it has no bricks.
        prompt: the caption as it was given.
        config: the options of the run.
        rejections: number of rejected attempts by reason (all reasons, zeros included).
        regenerations: rollbacks made.
        seconds: wall time of the run.
        tokens: tokens that the model read, prompt and rejected attempts included.
        seed: the seed that was used.
        stop_reason: a key of :data:`STOP_REASONS`.
        prompt_used: what the model read in its place.
        notes: how the two differ, a line each; see :mod:`brickgpt_engine.meaning`.
        passes: forward passes of the model.
        log_likelihood: mean over the lines that the model wrote of the natural logarithm of their
            probability at temperature 1 (with masks: among what the syntax allows); None without lines.
        redraws: times that exact sampling began a brick anew.
        drafted: guessed tokens that the model checked along with others.
        accepted: those of them that it then wrote.
        raw_bricks: everything that the model wrote and that was kept, in order: a brick where a line
            could be read, else its text. Longer than ``structure`` only where rejection is off.
        invalid: what of ``raw_bricks`` could not be placed, with the reason.
        statements: what the prompt states that can be measured, and whether ``structure`` bears it out.
        attempts: structures that were drawn until one bore out all of it. Counts (rejections,
            regenerations, seconds, tokens and those below) are of all of them; the rest is of the best.
    """

    structure: BrickStructure
    report: StabilityReport | None
    prompt: str
    config: GenerationConfig
    rejections: dict[str, int]
    regenerations: int
    seconds: float
    tokens: int
    seed: int
    stop_reason: str
    prompt_used: str = ""
    notes: tuple[str, ...] = ()
    passes: int = 0
    log_likelihood: float | None = None
    redraws: int = 0
    drafted: int = 0
    accepted: int = 0
    raw_bricks: tuple[Brick | str, ...] = ()
    invalid: tuple[tuple[Brick | str, Rejection], ...] = ()
    statements: tuple[Verdict, ...] = ()
    attempts: int = 1

    @property
    def stable(self) -> bool:
        """Whether the structure has bricks and was found stable."""
        return self.report is not None and self.report.stable

    @property
    def missing(self) -> tuple[str, ...]:
        """What the prompt states and the structure does not bear out, in words."""
        return tuple(verdict.words for verdict in self.statements if not verdict.holds)

    @property
    def valid(self) -> bool:
        """Whether every brick that the model wrote could be placed."""
        return not self.invalid


@dataclass(frozen=True)
class Started:
    """Generation begins: the prompt is being read. ``bricks`` are already there from ``start``.

    ``prompt_used`` is what the model reads, and ``notes`` say how that differs from ``prompt``.
    """

    prompt: str
    config: GenerationConfig
    seed: int
    bricks: tuple[Brick, ...] = ()
    prompt_used: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class BrickPlaced:
    """``brick`` is now at position ``index`` of the build order, after ``rejections`` failed attempts."""

    brick: Brick
    index: int
    rejections: int


@dataclass(frozen=True)
class BrickRejected:
    """An attempt at position ``index`` failed. ``brick`` is None where the line could not be read."""

    text: str
    brick: Brick | None
    reason: Rejection
    index: int
    temperature: float


@dataclass(frozen=True)
class StabilityChecked:
    """The structure of ``bricks`` bricks was judged at an end of text, or an early check failed."""

    report: StabilityReport
    bricks: int


@dataclass(frozen=True)
class RolledBack:
    """Regeneration number ``regeneration`` begins: the first ``kept`` bricks stay, ``removed`` are gone."""

    kept: int
    removed: tuple[Brick, ...]
    regeneration: int


@dataclass(frozen=True)
class StartedOver:
    """A whole structure lacks what the prompt states, and another is drawn.

    Attributes:
        bricks: what is there now: those of ``start``, or none.
        attempt: number of the structure that begins, from 2 on.
        missing: what the last one lacks, in words.
        best: the best so far, for whoever stops here.
    """

    bricks: tuple[Brick, ...]
    attempt: int
    missing: tuple[str, ...]
    best: GenerationResult = field(compare=False)


@dataclass(frozen=True)
class Finished:
    """The run is over and this is its result."""

    result: GenerationResult


@dataclass(frozen=True)
class Failed:
    """The model or the solver failed in the middle; ``structure`` is what there was."""

    error: BrickGPTError
    structure: BrickStructure = field(compare=False)


Event: TypeAlias = (
    Started | BrickPlaced | BrickRejected | StabilityChecked | RolledBack | StartedOver | Finished | Failed
)
