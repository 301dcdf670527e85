"""Saving one run of the generator as it goes; see :mod:`brickgpt_tui.history` for what is read back."""

from __future__ import annotations

import json
import os
import secrets
import time
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from brickgpt_engine.bricks import Brick
from brickgpt_engine.generation.config import GenerationConfig

if TYPE_CHECKING:
    from brickgpt_engine.generation import Event

APP_NAME = "brickgpt"
EXTENSION = ".jsonl"
FORMAT_VERSION = 1
_SYNC_S = 1.0


def default_folder() -> Path:
    """Where the history lives, by the platform's custom."""
    from platformdirs import user_data_dir

    return Path(user_data_dir(APP_NAME, appauthor=False)) / "history"


class Recorder:
    """Saves one run at a time. Nothing here raises: a run must not end because its history cannot be kept.

    Lines are flushed as they are written, and forced to the disk at most once a second, so call it
    from the thread that reads the events, not from the one that paints.

    Args:
        folder: where the files go; the user's data folder by default. It is made when needed.

    Attributes:
        problem: why nothing is being saved, in one line that can be shown; None while all is well.
        path: the file of the run in progress, or of the last one.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._file: TextIO | None = None
        self._bricks: list[Brick] = []
        self._synced = 0.0
        self._ended = False
        self._best: Sequence[Brick] | None = None
        self.problem: str | None = None
        self.path: Path | None = None

    def start(
        self, prompt: str, options: GenerationConfig, seed: int | None = None, bricks: Sequence[Brick] = ()
    ) -> None:
        """Begin a run; an earlier one that was not closed counts as stopped.

        Args:
            prompt: what is asked for.
            options: the options of the run.
            seed: its seed, where it is settled already; else the event ``Started`` brings it.
            bricks: what it continues from.
        """
        self.close()
        self._bricks, self.problem, self._ended, self._best = list(bricks), None, False, None
        try:
            folder = self._folder or default_folder()
            folder.mkdir(parents=True, exist_ok=True)
            stamp = datetime.now().strftime("%Y%m%d-%H%M%S")
            self.path = folder / f"{stamp}-{secrets.token_hex(3)}{EXTENSION}"
            self._file = self.path.open("x", encoding="utf-8")
        except OSError as error:
            self._give_up(error)
            return
        line = {
            "kind": "start",
            "version": FORMAT_VERSION,
            "time": datetime.now().astimezone().isoformat(timespec="milliseconds"),
            "prompt": prompt,
            "seed": options.seed if seed is None else seed,
            "options": asdict(options),
            "bricks": _coded(self._bricks),
        }
        self._put(line)

    def write(self, event: Event) -> None:
        """Save one event of the run; those that change no brick and end nothing take no line."""
        from brickgpt_engine.generation import (
            BrickPlaced,
            Failed,
            Finished,
            RolledBack,
            Started,
            StartedOver,
        )

        if isinstance(event, BrickPlaced):
            del self._bricks[event.index :]
            self._bricks.append(event.brick)
            self._put({"kind": "brick", "at": event.index, "brick": _code(event.brick)})
        elif isinstance(event, RolledBack):
            del self._bricks[event.kept :]
            self._put({"kind": "cut", "to": event.kept})
        elif isinstance(event, StartedOver):
            self._best = event.best.structure.bricks
            self.replace(event.bricks)
        elif isinstance(event, Started):
            self._put({"kind": "seed", "seed": event.seed})
        elif isinstance(event, Finished):
            self.replace(event.result.structure.bricks)
            self._end(event.result.stop_reason, event.result.stable)
        elif isinstance(event, Failed):
            self.replace(event.structure.bricks)
            self._end("failed", None, error=str(event.error))

    def replace(self, bricks: Sequence[Brick]) -> None:
        """Save that the model now has exactly these ``bricks``; nothing where it has them already."""
        if _coded(bricks) != _coded(self._bricks):
            self._bricks = list(bricks)
            self._put({"kind": "model", "bricks": _coded(bricks)})

    def close(self) -> None:
        """End the file; a run that has not ended by itself counts as stopped."""
        if self._file is None:
            return
        if not self._ended:
            if self._best is not None:
                self.replace(self._best)
            self._end("stopped", None)
        file, self._file = self._file, None
        try:
            file.close()
        except OSError as error:
            self._give_up(error)

    def _end(self, state: str, stable: bool | None, **more: str) -> None:
        self._ended = True
        self._put({"kind": "end", "state": state, "stable": stable, "bricks": len(self._bricks), **more})
        self._sync()

    def _put(self, line: dict[str, Any]) -> None:
        if self._file is None:
            return
        try:
            self._file.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n")
            self._file.flush()
        except (OSError, ValueError) as error:  # ValueError: half of a surrogate pair
            self._give_up(error)
            return
        if time.monotonic() - self._synced >= _SYNC_S:
            self._sync()

    def _sync(self) -> None:
        self._synced = time.monotonic()
        if self._file is not None:
            try:
                os.fsync(self._file.fileno())
            except OSError as error:
                self._give_up(error)

    def _give_up(self, error: OSError | ValueError) -> None:
        """Save no more of this run, and say so once."""
        reason = getattr(error, "strerror", None) or str(error)
        place = self._folder or "the data folder"
        self.problem = f"this run is not saved in the history ({reason}); see to {place}"
        file, self._file = self._file, None
        if file is not None:
            try:
                file.close()
            except OSError:
                return  # what could not be written before cannot be written now


def _code(brick: Brick) -> list[int]:
    place = [brick.h, brick.w, brick.x, brick.y, brick.z]
    return place if brick.colour is None else [*place, brick.colour]


def _coded(bricks: Sequence[Brick]) -> list[list[int]]:
    return [_code(brick) for brick in bricks]
