"""Conversations that ``prepare`` made, read back: fine-tuning takes them for what they were made from."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import groupby, islice
from pathlib import Path
from typing import Any

from brickgpt_engine.errors import FormatError
from brickgpt_engine.generation.prompts import create_instruction

NOTE = "prepare.json"
"""Name of the file that says which splits are done, and from what."""
COLUMN = "messages"
_HEAD = create_instruction("")


def files_of(folder: Path) -> dict[str, Path]:
    """The file of each split in a folder that ``prepare`` wrote; none where it is no such folder."""
    if not (folder / NOTE).is_file():
        return {}
    return {path.stem: path for path in sorted([*folder.glob("*.parquet"), *folder.glob("*.jsonl")])}


def examples_of(rows: Iterable[Any], source: str) -> list[dict[str, Any]]:
    """Conversations as ``captions`` and ``bricks``; those of one structure, which follow each other, as one.

    Raises:
        FormatError: a row is no conversation that ``prepare`` wrote.
    """
    pairs = [_pair(row, source) for row in rows]
    return [
        {"captions": [caption for caption, _ in group], "bricks": bricks}
        for bricks, group in groupby(pairs, key=lambda pair: pair[1])
    ]


def json_lines(path: Path, count: int) -> Iterator[list[dict[str, Any]]]:
    """The examples of a file of JSON lines, from ``count`` lines at a time.

    Raises:
        FormatError: a line is no conversation that ``prepare`` wrote.
    """
    try:
        with path.open(encoding="utf-8") as file:
            while lines := list(islice(file, count)):
                yield examples_of([json.loads(line).get(COLUMN) for line in lines], path.name)
    except (OSError, ValueError, AttributeError) as error:
        reason = " ".join(str(error).split())[:120]
        raise FormatError(
            f"it is damaged or no file of JSON lines ({reason}); prepare it again", source=str(path)
        ) from error


def _pair(messages: Any, source: str) -> tuple[str, str]:
    """Caption and bricks of one conversation."""
    try:
        said = {message["role"]: message["content"] for message in messages}
        user, answer = said["user"], said["assistant"]
    except (KeyError, TypeError) as error:
        raise FormatError(f"a row of {COLUMN} lacks a user's or an assistant's", source=source) from error
    if not user.startswith(_HEAD):
        raise FormatError(
            f"a user's message is not the instruction of BrickGPT: {user[:60]!r}; give a data set with "
            "captions and bricks",
            source=source,
        )
    return user.removeprefix(_HEAD), answer
