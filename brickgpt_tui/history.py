"""Every run, saved as it goes: one file of JSON lines for each, searchable and reopenable.

A file begins with a line of kind ``start`` (prompt, seed, options, bricks to begin with) and grows by
a line for every brick that is placed or taken down; each line is handed to the operating system at
once. What a crash leaves is a file without an end, of which every whole line counts.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from brickgpt_engine.bricks import Brick, BrickStructure
from brickgpt_engine.errors import BrickGPTError, FormatError, InputError, InvalidBrickError
from brickgpt_engine.generation.config import GenerationConfig
from brickgpt_tui.recorder import EXTENSION, FORMAT_VERSION, Recorder, default_folder

__all__ = [
    "INTERRUPTED",
    "Entry",
    "Recorder",
    "SavedRun",
    "default_folder",
    "delete",
    "entries",
    "load",
    "read_entry",
    "search",
]

INTERRUPTED = "interrupted"
"""State of a run whose file has no end: the program was closed or crashed."""
_TAIL_BYTES = 8_192
_HEAD_BYTES = 2_000_000


@dataclass(frozen=True, slots=True)
class Entry:
    """One run in the history.

    Attributes:
        path: its file.
        started: when it began, local time.
        prompt: what was asked for.
        seed: the seed that was used.
        options: all generation options of the run.
        bricks: how many bricks it had last.
        state: a key of ``STOP_REASONS``, ``stopped``, ``failed`` or :data:`INTERRUPTED`.
        stable: the verdict at the end; None where there is none.
    """

    path: Path
    started: datetime
    prompt: str
    seed: int
    options: GenerationConfig
    bricks: int
    state: str
    stable: bool | None

    @property
    def model(self) -> str:
        """The language model of the run."""
        return self.options.model_name_or_path


class SavedRun(NamedTuple):
    """What :func:`load` gives back: the bricks, and how to get them again."""

    bricks: tuple[Brick, ...]
    prompt: str
    options: GenerationConfig
    seed: int


def entries(folder: Path | None = None) -> list[Entry]:
    """All runs that can be read, newest first; files that are something else are left out.

    Only the beginning and the end of each file are read.

    Raises:
        InputError: the folder exists and cannot be listed.
    """
    folder = folder or default_folder()
    try:
        paths = [path for path in folder.iterdir() if path.suffix == EXTENSION]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise InputError(f"the history in {folder} cannot be listed: {error.strerror or error}") from error
    found = [entry for path in sorted(paths, reverse=True) if (entry := read_entry(path)) is not None]
    return sorted(found, key=lambda entry: entry.started.timestamp(), reverse=True)


def search(text: str, folder: Path | None = None, *, among: Sequence[Entry] | None = None) -> list[Entry]:
    """Runs in which every word of ``text`` occurs: in prompt, model, seed, date or state; any case.

    Args:
        text: what to look for; nothing finds everything.
        folder: where to look.
        among: entries read before, in place of reading the folder again.
    """
    words = text.casefold().split()
    pool = entries(folder) if among is None else among
    return [entry for entry in pool if all(word in _haystack(entry) for word in words)]


def _haystack(entry: Entry) -> str:
    when = entry.started.strftime("%Y-%m-%d %H:%M")
    return f"{entry.prompt} {entry.model} {entry.seed} {when} {entry.state}".casefold()


def read_entry(path: Path) -> Entry | None:
    """What the beginning and the end of a file say about its run; None where it is no run."""
    try:
        with path.open("rb") as file:
            first, second = file.readline(_HEAD_BYTES), file.readline(_HEAD_BYTES)
            begins = file.tell()
            file.seek(0, os.SEEK_END)
            file.seek(max(begins, file.tell() - _TAIL_BYTES))
            tail = [second, *file.read(_TAIL_BYTES).split(b"\n")]
        start = _parsed(first)
        if start is None or start.get("kind") != "start" or start.get("version") != FORMAT_VERSION:
            return None
        lines = [line for line in map(_parsed, tail) if line is not None]
        return _entry(path, start, lines)
    except (OSError, ValueError, TypeError, KeyError):
        return None


def _entry(path: Path, start: dict[str, Any], lines: list[dict[str, Any]]) -> Entry:
    end = next((line for line in reversed(lines) if line.get("kind") == "end"), None)
    seed = next((line["seed"] for line in lines if line.get("kind") == "seed"), start.get("seed"))
    if end is not None:
        bricks, state, stable = int(end["bricks"]), str(end["state"]), end.get("stable")
    else:
        bricks, state, stable = _last_count(start, lines), INTERRUPTED, None
    return Entry(
        path=path,
        started=datetime.fromisoformat(start["time"]),
        prompt=str(start["prompt"]),
        seed=_seed(seed),
        options=_options(start.get("options")),
        bricks=bricks,
        state=state,
        stable=stable if isinstance(stable, bool) else None,
    )


def _seed(value: Any) -> int:
    return value if isinstance(value, int) and value >= 0 else 0


def _last_count(start: dict[str, Any], lines: list[dict[str, Any]]) -> int:
    """How many bricks a run without an end had."""
    for line in reversed(lines):
        if line.get("kind") == "brick":
            return int(line["at"]) + 1
        if line.get("kind") == "cut":
            return int(line["to"])
        if line.get("kind") == "model":
            return len(line["bricks"])
    return len(start.get("bricks", ()))


def _parsed(line: bytes) -> dict[str, Any] | None:
    """A line as an object; None for half a line and anything else."""
    try:
        value = json.loads(line)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _options(stored: Any) -> GenerationConfig:
    """The options of a run; those that this version does not have, or refuses, take their default."""
    values = stored if isinstance(stored, dict) else {}
    known = {item.name: values[item.name] for item in fields(GenerationConfig) if item.name in values}
    try:
        return GenerationConfig(**known)
    except BrickGPTError:
        pass
    usable: dict[str, Any] = {}
    for name, value in known.items():
        try:
            GenerationConfig(**(usable | {name: value}))
        except BrickGPTError:
            continue
        usable[name] = value
    return GenerationConfig(**usable)


def load(entry: Entry) -> SavedRun:
    """The bricks of a run as they were last, with its prompt, options and seed.

    Where lines are missing or damaged in the middle, the model is what stood before them.

    Raises:
        InputError: the file is gone or cannot be read.
        FormatError: it holds no run any more, or bricks that do not fit each other.
    """
    try:
        content = entry.path.read_bytes()
    except OSError as error:
        raise InputError(f"{entry.path}: cannot be read ({error.strerror or error})") from error
    lines = [line for line in map(_parsed, content.split(b"\n")) if line is not None]
    if not lines or lines[0].get("kind") != "start":
        raise FormatError("this is no run of the history", source=str(entry.path))
    bricks: list[Brick] = []
    for line in lines:
        try:
            bricks = _played(bricks, line)
        except (ValueError, TypeError, KeyError):
            break  # what stands before the damage is still a model
    try:
        BrickStructure(bricks, entry.options.world_dim)
    except InvalidBrickError as error:
        raise FormatError(f"the run is damaged: {error}", source=str(entry.path)) from error
    return SavedRun(tuple(bricks), entry.prompt, entry.options, entry.seed)


def _played(bricks: list[Brick], line: dict[str, Any]) -> list[Brick]:
    """The bricks after one more line."""
    kind = line.get("kind")
    if kind in ("start", "model"):
        return [_brick(code) for code in line["bricks"]]
    if kind == "brick":
        brick = _brick(line["brick"])
        _first(bricks, line["at"]).append(brick)
        return bricks
    if kind == "cut":
        return _first(bricks, line["to"])
    return bricks


def _first(bricks: list[Brick], count: Any) -> list[Brick]:
    if not isinstance(count, int) or not 0 <= count <= len(bricks):
        raise ValueError(f"there is no brick number {count}")
    del bricks[count:]
    return bricks


def delete(entry: Entry) -> None:
    """Remove a run for good.

    Raises:
        InputError: its file cannot be removed.
    """
    try:
        entry.path.unlink(missing_ok=True)
    except OSError as error:
        raise InputError(f"{entry.path} cannot be removed: {error.strerror or error}") from error


def _brick(code: Any) -> Brick:
    if not isinstance(code, list) or not 5 <= len(code) <= 6:
        raise ValueError("a brick is five or six numbers")
    if not all(isinstance(number, int) and not isinstance(number, bool) and number >= 0 for number in code):
        raise ValueError("a brick is whole numbers")
    return Brick(*code)
