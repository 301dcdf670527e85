"""Runs in progress and what the engine's messages make of them. No Blender here.

A run owns a :class:`~.model.BrickModel` and nothing else; who shows it looks at the model
after every message, so that a lost or undone scene can always be made again from it.
"""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from .engine_process import EngineError, EngineProcess, Message, checked_hello
from .model import Brick, BrickModel

ENDS = ("finished", "cancelled", "failed")
_numbers = itertools.count(1)

Starter = Callable[[], EngineProcess]


def new_run_name() -> str:
    """A name that no other run of this Blender has."""
    return f"{os.getpid()}-{next(_numbers)}"


@dataclass
class Run:
    """One generation or check.

    Attributes:
        name: by which the engine knows it.
        model: what is there so far.
        kind: ``generate``, ``continue`` or ``check``.
        state: ``waiting``, ``running``, or one of :data:`ENDS`.
        message: the last thing to tell people.
        rejections: attempts that were not placed.
        regenerations: rollbacks.
        seconds: of the engine, once it is over.
        colour: of the bricks to come.
        keep: keep what there is where the engine fails.
        before: the model as it was, to go back to.
        best: the best whole model so far, as the engine tells it, where another is drawn after it.
        changed_from: index of the first brick that changed since somebody last showed the model.
    """

    name: str
    model: BrickModel
    kind: str = "generate"
    state: str = "waiting"
    message: str = "waiting for the engine"
    rejections: int = 0
    regenerations: int = 0
    seconds: float = 0.0
    colour: int | None = None
    keep: bool = False
    before: str = ""
    notes: list[str] = field(default_factory=list)
    changed_from: int = 0
    best: Message | None = None
    _began: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        self.before = self.before or self.model.dumps()

    @property
    def over(self) -> bool:
        """Whether nothing more will come."""
        return self.state in ENDS

    @property
    def statistics(self) -> str:
        """What it took so far, in words."""
        seconds = self.seconds if self.over else time.monotonic() - self._began
        words = [
            f"{self.rejections} rejected",
            f"{self.regenerations} rollback{'' if self.regenerations == 1 else 's'}",
        ]
        return ", ".join([*words, f"{seconds:.1f} s"])

    def _cut(self, count: int) -> None:
        self.model.cut(count)
        self.changed_from = min(self.changed_from, count)

    def _replace(self, rows: list[list[int]]) -> None:
        """Have exactly these bricks; those that were there, or were to begin with, keep their colours."""
        known = (*BrickModel.loads(self.before).bricks, *self.model.bricks)
        colours = {tuple(brick.row): brick.colour for brick in known}
        old = [brick.row for brick in self.model.bricks]
        self.model.bricks = [Brick(*row, colours.get(tuple(row), self.colour)) for row in rows]
        pairs = enumerate(zip(old, rows))
        first = next((n for n, (a, b) in pairs if list(a) != list(b)), min(len(old), len(rows)))
        self.changed_from = min(self.changed_from, first)

    def apply(self, message: Message) -> None:
        """Take one message about this run into account; unknown ones are ignored.

        Raises:
            EngineError: it contradicts what came before, or lacks what it must have.
        """
        handler = _HANDLERS.get(message["type"])
        if handler is None or self.over:
            return
        try:
            handler(self, message)
        except (KeyError, TypeError, ValueError, IndexError) as error:
            raise EngineError(
                f"the engine's message {message['type']!r} makes no sense: {error!r:.100}"
            ) from error
        if self.over:
            self.seconds = self.seconds or time.monotonic() - self._began

    def fail(self, reason: str) -> None:
        """End it for ``reason``; without :attr:`keep` or a whole model the model is as it was before."""
        if self.over:
            return
        self.state, self.message = "failed", reason
        self.seconds = time.monotonic() - self._began
        if self.best is not None:
            self._keep_best()
        elif self.kind != "check" and not self.keep:
            self.model = BrickModel.loads(self.before)

    def _started(self, message: Message) -> None:
        self.state, self.message = "running", "the model reads the prompt"
        self.colour = message["colour"]
        self.notes = list(message.get("notes", []))
        self.model.seed, self.model.config = message["seed"], dict(message["config"])
        self._cut(message["bricks"])

    def _brick(self, message: Message) -> None:
        index = message["index"]
        if index > len(self.model.bricks):
            raise ValueError(f"brick {index} comes after {len(self.model.bricks)}")
        self._cut(index)
        self.model.bricks.append(Brick(*message["brick"], self.colour))
        self.model.report = None
        self.message = f"{len(self.model.bricks)} bricks"

    def _rejected(self, message: Message) -> None:
        self.rejections += 1

    def _stability(self, message: Message) -> None:
        if message["bricks"] == len(self.model.bricks):
            self.model.report = message["report"]

    def _rolled_back(self, message: Message) -> None:
        self.regenerations = message["regeneration"]
        self._cut(message["kept"])
        self.message = f"rebuilding after {message['kept']} bricks, which would not stand"

    def _started_over(self, message: Message) -> None:
        self.best = message["best"]
        self._replace(message["bricks"])
        lacking = ", ".join(message["missing"])
        self.message = f"drawing number {message['attempt']}: the last was not as asked ({lacking})"

    def _finished(self, message: Message) -> None:
        self._replace(message["bricks"])
        self.model.report = message["report"]
        self.seconds = message["seconds"]
        self.regenerations = message["regenerations"]
        lacking = [said["words"] for said in message.get("statements", ()) if not said["holds"]]
        also = f"; not as asked: {', '.join(lacking)}" if lacking else ""
        self.state, self.message = "finished", _verdict(self.model) + also

    def _checked(self, message: Message) -> None:
        self.model.report = message["report"]
        self.state, self.message = "finished", _verdict(self.model)

    def _keep_best(self) -> None:
        """Of a run that ends while another model is drawn, keep the best whole one."""
        if self.best is not None:
            self._replace(self.best["bricks"])
            self.model.report = self.best["report"]

    def _cancelled(self, message: Message) -> None:
        self._keep_best()
        self.state, self.message = "cancelled", f"stopped at {len(self.model.bricks)} bricks"

    def _failed(self, message: Message) -> None:
        self.fail(str(message["message"]))


_HANDLERS: dict[str, Callable[[Run, Message], None]] = {
    "started": Run._started,
    "brick": Run._brick,
    "rejected": Run._rejected,
    "stability": Run._stability,
    "rolled_back": Run._rolled_back,
    "started_over": Run._started_over,
    "finished": Run._finished,
    "checked": Run._checked,
    "cancelled": Run._cancelled,
    "failed": Run._failed,
}


def _verdict(model: BrickModel) -> str:
    if not model.bricks:
        return "the language model placed no brick; try another seed"
    said = (model.report or {}).get("message") or "nobody judged whether it stands"
    return f"{len(model.bricks)} bricks: {said}"


class Runs:
    """All runs of one engine, which is started when the first one asks for it.

    Args:
        start: starts an engine.
    """

    def __init__(self, start: Starter) -> None:
        self._start = start
        self._engine: EngineProcess | None = None
        self.hello: Message | None = None
        """What the last engine that answered said of itself."""
        self._by_name: dict[str, Run] = {}

    @property
    def active(self) -> list[Run]:
        """Runs that are not over, in the order in which they began."""
        return [run for run in self._by_name.values() if not run.over]

    @property
    def engine(self) -> EngineProcess | None:
        """The running engine, None where there is none."""
        return self._engine

    def begin(self, run: Run, request: dict[str, Any]) -> None:
        """Send a request for ``run``.

        Raises:
            EngineError: there is no engine.
        """
        if self._engine is None or not self._engine.alive:
            self._engine = self._start()
        self._by_name[run.name] = run
        self._engine.send({**request, "type": run.kind, "run": run.name})

    def cancel(self, run: Run) -> None:
        """Ask the engine to end ``run``."""
        if self._engine is not None and not run.over:
            run.message = "stopping after the brick in hand"
            self._engine.send({"type": "cancel", "run": run.name})

    def update(self) -> list[Run]:
        """Take in what came; the runs that changed."""
        changed: dict[str, Run] = {}
        for message in self._engine.receive() if self._engine is not None else []:
            for run in self._take(message):
                changed[run.name] = run
        for name in [name for name, run in self._by_name.items() if run.over]:
            del self._by_name[name]
        return list(changed.values())

    def _take(self, message: Message) -> list[Run]:
        try:
            if message["type"] == "hello":
                self.hello = checked_hello(message)
                return []
            if message["type"] == "error":
                return self._refused(message)
            if message["type"] == "exited":
                self._engine = None
                return self._fail_all(str(message["message"]))
            run = self._by_name.get(str(message.get("run")))
            if run is None:
                return []
            run.apply(message)
            return [run]
        except EngineError as error:
            self.close()
            return self._fail_all(str(error))

    def _refused(self, message: Message) -> list[Run]:
        """A request that the engine did not take; one that names no run concerns all."""
        run = self._by_name.get(str(message.get("run")))
        if message.get("code") == "unknown_run":  # a cancel that crossed the end of its run
            return []
        reason = str(message.get("message"))
        if run is None:
            self.close()
            return self._fail_all(reason)
        run.fail(reason)
        return [run]

    def _fail_all(self, reason: str) -> list[Run]:
        failed = self.active
        for run in failed:
            run.fail(reason)
        return failed

    def close(self) -> None:
        """Let the engine go."""
        if self._engine is not None:
            self._engine.close()
            self._engine = None

    def abandon(self) -> None:
        """Forget all runs and let the engine go."""
        for run in self.active:
            run.state, run.message = "cancelled", "ended, since another file was opened"
        self._by_name.clear()
        self.close()
