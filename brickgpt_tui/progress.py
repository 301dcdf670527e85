"""Folds the engine's events into bricks, numbers and log lines, one event at a time."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import replace

from brickgpt_engine.bricks import Brick
from brickgpt_engine.generation.events import (
    STOP_REASONS,
    BrickPlaced,
    BrickRejected,
    Event,
    Failed,
    Finished,
    GenerationResult,
    RolledBack,
    StabilityChecked,
    Started,
    StartedOver,
)
from brickgpt_engine.physics import StabilityReport
from brickgpt_tui.messages import LogLine
from brickgpt_tui.snapshot import FAILED, STOPPED, RunSnapshot

RATE_SECONDS = 60
"""Seconds of the sparkline."""


class Progress:
    """The run so far.

    Args:
        prompt: what is being built.
        model: name of the language model.
        colour: LDraw code for bricks that have none.
        began: the clock when the run began, in seconds; loading the model does not count.
        seed: the seed that was asked for.

    Attributes:
        bricks: what stands now, painted.
        report: the verdict on exactly these bricks, or None.
        ended: whether the last event has come.
        started: whether the first event has come.
    """

    def __init__(self, prompt: str, model: str, colour: int | None, began: float, seed: int = 0) -> None:
        self.bricks: list[Brick] = []
        self.report: StabilityReport | None = None
        self.started = self.ended = False
        self._colour, self._began = colour, began
        self._run = RunSnapshot(True, prompt, seed, model, message="loading the model")
        self._start_bricks = 0
        self._rejections: Counter[str] = Counter()
        self._rollbacks: list[str] = []
        self._placed_at: deque[float] = deque(maxlen=20_000)
        self._lines: deque[LogLine] = deque()  # two threads append and drain
        self._best: GenerationResult | None = None

    @property
    def error(self) -> str | None:
        """What broke the run off, or None."""
        return self._run.error

    @property
    def seed(self) -> int:
        """The seed in use."""
        return self._run.seed

    def take(self, event: Event, now: float) -> None:
        """Take one event into account; ``now`` is the clock in seconds."""
        match event:
            case Started():
                self._began = now
                self._start(event)
            case BrickPlaced():
                self._place(event, now)
            case BrickRejected():
                self._reject(event)
            case StabilityChecked():
                self._check(event)
            case RolledBack():
                self._roll_back(event)
            case StartedOver():
                self._start_over(event)
            case Finished():
                self._finish(event, now)
            case Failed():
                self.fail(str(event.error))

    def snapshot(self, now: float, tokens: int) -> RunSnapshot:
        """The numbers at clock time ``now``, with ``tokens`` read by the model."""
        return replace(
            self._run,
            bricks=max(0, len(self.bricks) - self._start_bricks),
            tokens=self._run.tokens or tokens,
            seconds=now - self._began,
            rejections=tuple(self._rejections.most_common()),
            rollbacks=tuple(self._rollbacks),
            placement_rate=self._rates(now),
        )

    def drain(self) -> tuple[LogLine, ...]:
        """The log lines since the last call."""
        return tuple(self._lines.popleft() for _ in range(len(self._lines)))

    def stop(self) -> None:
        """The user ended the run; of several models the best whole one is kept."""
        self._keep_best()
        self._end(STOPPED, "stopped; what was built is kept")
        self.say("info", f"stopped after {len(self.bricks)} bricks")

    def fail(self, reason: str) -> None:
        """The run broke off for ``reason``; of several models the best whole one is kept."""
        self._keep_best()
        self._end(FAILED, "broke off", error=reason)
        self.say("bad", reason)

    def note(self, text: str) -> None:
        """Replace the line that says what is happening."""
        self._run = replace(self._run, message=text)

    def say(self, kind: str, text: str) -> None:
        """Add a line to the log."""
        self._lines.append(LogLine(kind, text))  # type: ignore[arg-type]

    def _start(self, event: Started) -> None:
        self.started = True
        self.bricks = [self._painted(brick) for brick in event.bricks]
        self._start_bricks = len(self.bricks)
        self._run = replace(self._run, seed=event.seed, message="building")
        onto = f" onto {self._start_bricks} bricks" if self.bricks else ""
        self.say("info", f"building “{event.prompt}”{onto}, seed {event.seed}")
        for note in event.notes:
            self.say("info", note)
        if event.notes:
            self.note("; ".join(event.notes))

    def _place(self, event: BrickPlaced, now: float) -> None:
        self.report = None
        self.bricks.append(self._painted(event.brick))
        self._placed_at.append(now)
        after = f"  after {event.rejections} rejected" if event.rejections else ""
        self.say("placed", f"{event.index + 1:>4}  {event.brick.text}{after}")

    def _reject(self, event: BrickRejected) -> None:
        reason = event.reason.value.replace("_", " ")
        self._rejections[reason] += 1
        self.say("rejected", f"      {event.text.strip()[:40]}  {reason}")

    def _check(self, event: StabilityChecked) -> None:
        self.report = event.report if event.bricks == len(self.bricks) else None
        self.say("good" if event.report.stable else "bad", f"checked: {event.report.message}")

    def _roll_back(self, event: RolledBack) -> None:
        before = len(self.bricks)
        why = _first_failure(self.report)
        del self.bricks[event.kept :]
        self.report = None
        line = f"#{event.regeneration} {before} → {event.kept} bricks{why}"
        self._rollbacks.append(line)
        self.say("rollback", f"rolled back {line}")

    def _start_over(self, event: StartedOver) -> None:
        self.bricks = [self._painted(brick) for brick in event.bricks]
        self.report = None
        self._best = event.best
        self._run = replace(self._run, drawn=event.attempt)
        why = f"not as asked ({', '.join(event.missing)})"
        self.note(f"drawing number {event.attempt}: the last was {why}")
        self.say("rollback", f"{why}: drawing another, number {event.attempt}")

    def _keep_best(self) -> None:
        """Go back to the best whole model, where another was being drawn after it."""
        if self._best is not None:
            self._have(self._best)

    def _have(self, result: GenerationResult) -> None:
        """Show the model of ``result``, and what of the prompt it heeds."""
        self.bricks = [self._painted(brick) for brick in result.structure]
        self.report = result.report
        asked = tuple((verdict.words, verdict.holds) for verdict in result.statements)
        self._run = replace(self._run, asked=asked, drawn=result.attempts)

    def _finish(self, event: Finished, now: float) -> None:
        result = event.result
        self._have(result)
        self._rejections = Counter(
            {reason.replace("_", " "): count for reason, count in result.rejections.items() if count}
        )
        reason = STOP_REASONS.get(result.stop_reason, result.stop_reason)
        self._run = replace(self._run, tokens=result.tokens, seed=result.seed)
        self._end(result.stop_reason, reason)
        kind = "good" if result.stable else "bad"
        # the log's last line stays in sight: nobody is to take a dinosaur for the dragon that was asked for
        read = "".join(f"{note}; " for note in result.notes)
        drawn = f", the best of {result.attempts}" if result.attempts > 1 and result.missing else ""
        lacking = f"; not as asked: {', '.join(result.missing)}" if result.missing else ""
        done = f"{read}done: {len(self.bricks)} bricks in {now - self._began:.1f} s{drawn}; {reason}{lacking}"
        self.say(kind, done)

    def _end(self, stop_reason: str, message: str, error: str | None = None) -> None:
        self.ended = True
        self._run = replace(self._run, running=False, stop_reason=stop_reason, message=message, error=error)

    def _painted(self, brick: Brick) -> Brick:
        return brick if brick.colour is not None else replace(brick, colour=self._colour)

    def _rates(self, now: float) -> tuple[float, ...]:
        """Bricks placed in each of the last seconds; the running second counts as a whole one."""
        seconds = min(RATE_SECONDS, int(now - self._began) + 1)
        counts = [0.0] * seconds
        for placed in reversed(self._placed_at):
            age = int(now - placed)
            if age >= seconds:
                break
            counts[seconds - 1 - age] += 1
        return tuple(counts)


def _first_failure(report: StabilityReport | None) -> str:
    """Where and why the structure fails first, such as ": brick 13, 2x4 at (3,4,5), tips"."""
    if report is None or not report.failures:
        return ""
    failure = report.failures[0]
    brick = failure.brick
    place = f"{brick.h}x{brick.w} at ({brick.x},{brick.y},{brick.z})"
    return f": brick {failure.index + 1}, {place}, {failure.kind}"
