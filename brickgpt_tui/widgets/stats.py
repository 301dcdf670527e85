"""The numbers beside the model: the run, its rejections and rollbacks, stability, and the model itself."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.reactive import reactive

from brickgpt_tui.snapshot import ModelSnapshot, RunSnapshot
from brickgpt_tui.widgets.words import DIM, Words

if TYPE_CHECKING:
    from brickgpt_engine.bricks import Brick
    from brickgpt_engine.physics import StabilityReport

_GOOD, _BAD, _BAR, _WARN = "$text-success", "$text-error", "$accent", "$text-warning"
_SPARKS, _ASCII_SPARKS = "▁▂▃▄▅▆▇█", "_.-:=+*#"
_LABEL = 10
_LAST_ROLLBACKS = 3
_SHORTEST = 0.05  # seconds below which a rate says nothing


class Section(Words):
    """One block of numbers under a heading.

    Attributes:
        model: the model on screen.
        run: the run in progress, or the last one.
        safety: the safety factor, or None while unknown.
        ascii_only: draw with ASCII.
    """

    heading = ""
    model: reactive[ModelSnapshot] = reactive(ModelSnapshot(), repaint=False)
    run: reactive[RunSnapshot] = reactive(RunSnapshot(), repaint=False)
    safety: reactive[float | None] = reactive[float | None](None, repaint=False)
    ascii_only: reactive[bool] = reactive(False)

    def on_mount(self) -> None:
        """Name the block."""
        self.border_title = self.heading
        self.fill()

    def on_resize(self) -> None:
        """Bars take the width there is."""
        self.fill()

    def watch_ascii_only(self) -> None:
        """Other characters."""
        self.fill()

    def fill(self) -> None:
        """Write the lines anew; the screen is laid out again only where their number changes."""
        if not self.is_mounted:
            return
        self.say(Content("\n").join(self.lines(max(12, self.content_size.width))))

    def lines(self, width: int) -> Iterable[Content]:
        """The block's lines, for ``width`` columns."""
        return ()

    def bar(self, share: float, width: int) -> str:
        """A bar of at most ``width`` columns."""
        full = max(0.0, min(share, 1.0)) * width
        if self.ascii_only:
            return "#" * max(1, round(full))
        eighths = max(1, round(full * 8))
        return "█" * (eighths // 8) + ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"][eighths % 8]


class RunStats(Section):
    """How fast it goes, what the prompt asked for and the model has, and bricks per second as a line."""

    heading = "Run"

    def watch_run(self) -> None:
        """The run has come further."""
        self.fill()

    def lines(self, width: int) -> Iterable[Content]:
        """What is happening, and the numbers."""
        run = self.run
        if not run.prompt:
            yield Content.styled(self._state() or "nothing built yet", DIM)
            return
        style = _BAD if run.error else _GOOD if run.running else DIM
        yield Content.styled(_cut(self._state(), width, self.ascii_only), style)
        yield _pair("bricks", f"{run.bricks:,}", _rate(run.bricks, run.seconds, 1))
        yield _pair("tokens", f"{run.tokens:,}", _rate(run.tokens, run.seconds, 0))
        yield _pair("elapsed", elapsed(run.seconds))
        yield _pair("seed", str(run.seed))
        if run.drawn > 1:
            yield _pair("drawn", str(run.drawn))
        for words, holds in run.asked:
            mark = ("+" if holds else "-") if self.ascii_only else ("✓" if holds else "✗")
            yield Content.styled(_cut(f"{mark} {words}", width, self.ascii_only), _GOOD if holds else _WARN)
        yield Content.styled(sparkline(run.placement_rate, width, self.ascii_only), _BAR)

    def _state(self) -> str:
        mark = ("* " if self.ascii_only else "● ") if self.run.running else ""
        return mark + self.run.message


class RejectionStats(Section):
    """Rejected attempts by reason, as bars, and where the run was cut back and why."""

    heading = "Rejections"

    def watch_run(self) -> None:
        """The run has come further."""
        self.fill()

    def lines(self, width: int) -> Iterable[Content]:
        """A bar for each reason, then the last rollbacks."""
        run = self.run
        if not run.rejections:
            yield Content.styled("none", DIM)
        most = max((count for _, count in run.rejections), default=1)
        label = 14 if width >= 24 else 11
        for reason, count in run.rejections:
            number = f"{count:,}"
            space = max(1, width - label - 1 - len(number) - 1)
            bar, name = self.bar(count / most, space), _cut(reason, label, self.ascii_only)
            yield Content.assemble(
                (f"{name:<{label}} ", DIM),
                (f"{bar:<{space}}", _WARN),
                f" {number}",
            )
        if run.rollbacks:
            yield _pair("rollbacks", f"{len(run.rollbacks):,}")
        for line in run.rollbacks[-_LAST_ROLLBACKS:]:
            yield Content.styled(line if not self.ascii_only else line.replace("→", ">"), DIM)


class StabilityStats(Section):
    """Whether the model stands, and by how much."""

    heading = "Stability"

    def watch_model(self) -> None:
        """Another model, or another verdict."""
        self.fill()

    def watch_safety(self) -> None:
        """The safety factor has become known."""
        self.fill()

    def lines(self, width: int) -> Iterable[Content]:
        """The verdict, scores, safety factor, and the weakest brick."""
        report = self.model.report
        if not self.model.bricks:
            yield Content.styled("no model", DIM)
            return
        if report is None:
            yield Content.styled("judged at the end" if self.run.running else "not known yet", DIM)
            return
        words = {"stable": ("stands", _GOOD), "unstable": ("does not stand", _BAD)}
        word, style = words.get(report.status, ("no verdict", _WARN))
        how = str(report.criterion) if report.solver == "none" else f"{report.criterion}, {report.solver}"
        yield Content.assemble((word, f"bold {style}"), (f"  {how}", DIM))
        yield _pair("minimum", _score(report.min_score))
        yield _pair("mean", _score(report.mean_score))
        yield _pair("safety", _factor(self.safety))
        yield from self._weakest(report)

    def _weakest(self, report: StabilityReport) -> Iterable[Content]:
        """The first brick that fails and why, or the one with the least left."""
        if report.failures:
            failure = report.failures[0]
            yield Content.styled(f"first weak: {failure.index + 1}, {_place(failure.brick)}", _BAD)
            yield Content.styled(failure.message, DIM)
        elif report.max_stress > 0 and len(report.stress) == len(self.model.bricks):
            index = int(report.stress.argmax())
            yield Content.styled(f"weakest: {index + 1}, {_place(self.model.bricks[index])}", DIM)


class ModelStats(Section):
    """What the visible bricks weigh and measure, and which parts they are."""

    heading = "Model"

    def watch_model(self) -> None:
        """Another model, or another moment of it."""
        self.fill()

    def lines(self, width: int) -> Iterable[Content]:
        """Count, mass, size, parts."""
        from brickgpt_engine.bricks.library import BRICK_HEIGHT_CM, STUD_PITCH_CM
        from brickgpt_tui.views.tally import tally_of

        model, shown = self.model, min(self.model.shown, len(self.model.bricks))
        yield _pair("bricks", f"{shown:,}", "" if model.complete else f"of {len(model.bricks):,}")
        if not shown:
            return
        numbers = tally_of(model.bricks).of(shown)
        x, y, z = numbers.studs
        yield _pair("mass", f"{numbers.mass_g:,.1f} g")
        times = "x" if self.ascii_only else "×"
        yield _pair("studs", f"{x}{times}{y}{times}{z}")
        centimetres = (f"{n:.1f}" for n in (x * STUD_PITCH_CM, y * STUD_PITCH_CM, z * BRICK_HEIGHT_CM))
        yield _pair("cm", times.join(centimetres))
        most = numbers.parts[0][1]
        digits = len(f"{most:,}")
        for name, count in numbers.parts:
            space = max(1, width - 6 - digits)
            bar = self.bar(count / most, space)
            yield Content.assemble((f"{name:<5}", DIM), (f"{bar:<{space}}", _BAR), f" {count:>{digits},}")


class StatsPanel(VerticalScroll):
    """All blocks, one under the other.

    Attributes:
        model: the model on screen.
        run: the run in progress, or the last one.
        safety: the safety factor, or None while unknown.
        ascii_only: draw with ASCII.
    """

    model: reactive[ModelSnapshot] = reactive(ModelSnapshot(), repaint=False)
    run: reactive[RunSnapshot] = reactive(RunSnapshot(), repaint=False)
    safety: reactive[float | None] = reactive[float | None](None, repaint=False)
    ascii_only: reactive[bool] = reactive(False)

    def compose(self) -> ComposeResult:
        """The blocks, each bound to the panel's values."""
        for kind in (RunStats, StabilityStats, ModelStats, RejectionStats):
            yield kind(markup=False).data_bind(
                StatsPanel.model, StatsPanel.run, StatsPanel.safety, StatsPanel.ascii_only
            )


def sparkline(values: Sequence[float], width: int, ascii_only: bool) -> str:
    """The last ``width`` values as characters of different height."""
    marks = _ASCII_SPARKS if ascii_only else _SPARKS
    last = list(values)[-width:]
    top = max(last, default=0) or 1
    return "".join(marks[min(7, round(value / top * 7))] for value in last)


def elapsed(seconds: float) -> str:
    """``7.3 s``, ``2:05 min``, ``1:02:03 h``."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(int(seconds), 60)
    if minutes < 60:
        return f"{minutes}:{rest:02} min"
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02} h"


def _pair(label: str, value: str, beside: str = "") -> Content:
    """A name, its value, and something less important."""
    more = f"  {beside}" if beside else ""
    return Content.assemble((f"{label:<{_LABEL}}", DIM), (value, "bold"), (more, DIM))


def _rate(count: int, seconds: float, digits: int) -> str:
    """So many a second; nothing before there is something to divide by."""
    return f"{count / seconds:.{digits}f}/s" if seconds >= _SHORTEST else ""


def _place(brick: Brick) -> str:
    return f"{brick.h}x{brick.w} at ({brick.x},{brick.y},{brick.z})"


def _score(value: float) -> str:
    return "unknown" if math.isnan(value) else f"{value:.3f}"


def _factor(value: float | None) -> str:
    if value is None:
        return "-"
    return "unlimited" if math.isinf(value) else f"{value:.2f}"


def _cut(text: str, width: int, ascii_only: bool) -> str:
    """At most ``width`` characters, with a sign where something is missing."""
    return text if len(text) <= width else text[: max(1, width - 1)] + ("~" if ascii_only else "…")
