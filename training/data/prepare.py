"""Turn structures with captions into conversations for fine-tuning chat models.

Every caption gives one row with ``messages``: the system message, the instruction with the caption, and
the bricks as the answer, exactly as the public BrickGPT weights were trained on. Each split becomes one
file that appears whole or not at all; splits that are done are kept when the command runs again.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol

from brickgpt_engine.errors import ConfigError, InputError, OutputError
from brickgpt_engine.formats.atomic import write_text
from brickgpt_engine.generation.prompts import SYSTEM_MESSAGE, create_instruction
from training.data.chats import NOTE
from training.data.sources import Example, Source, find_sources

DEFAULT_DATA = "AvaLovelace/StableText2Brick"
DEFAULT_OUT = "datasets"
FORMATS = ("jsonl", "parquet")

Message = dict[str, str]


class _Writer(Protocol):
    def write(self, rows: list[list[Message]]) -> None:
        """Append conversations."""

    def close(self) -> None:
        """Finish the file."""


def conversation(caption: str, bricks: str) -> list[Message]:
    """The messages of one training example, to the letter as the public weights know them.

    Args:
        caption: what the user asks for, taken as it is.
        bricks: the answer, one brick a line.
    """
    return [
        {"role": "system", "content": SYSTEM_MESSAGE},
        {"role": "user", "content": create_instruction(caption)},
        {"role": "assistant", "content": bricks},
    ]


def conversations(examples: Sequence[Example]) -> list[list[Message]]:
    """One conversation for each caption of each example, in order."""
    return [conversation(caption, each.bricks) for each in examples for caption in each.captions]


def prepare(
    data: str = DEFAULT_DATA,
    out: Path = Path(DEFAULT_OUT),
    *,
    splits: Sequence[str] | None = None,
    file_format: str = "jsonl",
    overwrite: bool = False,
    tell: Callable[[str], None] = print,
) -> dict[str, int]:
    """Convert a data set; see :mod:`training.data.sources` for what it may be.

    Args:
        data: the data set.
        out: folder for one file per split, made when missing.
        splits: which splits; None: all.
        file_format: ``jsonl`` or ``parquet``.
        overwrite: replace files that were not made from this data.
        tell: is called with a line on every split.

    Returns:
        Rows of each split.

    Raises:
        ConfigError: an impossible option.
        InputError: the data is missing, empty or unfinished.
        FormatError: the data is damaged or of another schema.
        OutputError: a file is in the way, or cannot be written.
    """
    if file_format not in FORMATS:
        raise ConfigError(f"--format is {file_format!r}; it must be {' or '.join(FORMATS)}")
    sources = find_sources(data, splits)
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot make the folder {out}: {error.strerror}; choose another --out") from error
    done = _read_note(out)
    counts = {}
    for source in sources:
        target = out / f"{source.split}.{file_format}"
        counts[source.split] = _prepare_split(source, target, done, overwrite, tell)
    return counts


def _prepare_split(
    source: Source, target: Path, done: dict[str, Any], overwrite: bool, tell: Callable[[str], None]
) -> int:
    fingerprint = json.loads(json.dumps(source.fingerprint()))
    there = done.get(target.name, {})
    if target.exists() and there.get("from") == fingerprint and there.get("bytes") == target.stat().st_size:
        tell(f"{target}: already there, {there['rows']:,} rows")
        return int(there["rows"])
    if target.exists() and not overwrite:
        raise OutputError(
            f"{target} exists and was not made from this data as it is now; "
            "add --overwrite, or choose another --out"
        )
    structures, rows = _convert(source, target)
    done[target.name] = {"from": fingerprint, "rows": rows, "bytes": target.stat().st_size}
    write_text(target.parent / NOTE, json.dumps(done, indent=2) + "\n")
    tell(f"{target}: {rows:,} rows of {structures:,} structures")
    return rows


def _convert(source: Source, target: Path) -> tuple[int, int]:
    """Write one split; returns structures and rows."""
    structures = rows = 0
    with _replacing(target) as beside:
        writer: _Writer = _ParquetLines(beside) if target.suffix == ".parquet" else _JsonLines(beside)
        try:
            for _, examples in source.batches():
                messages = conversations(examples)
                writer.write(messages)
                structures, rows = structures + len(examples), rows + len(messages)
        finally:
            writer.close()
        if not rows:
            raise InputError(f"{source.label} has no structures; name another data set or split")
    return structures, rows


@contextmanager
def _replacing(target: Path) -> Iterator[Path]:
    """A file to write beside ``target``, which takes its place at the end, or goes when anything fails."""
    for stale in target.parent.glob(f".{target.name}.*.tmp"):
        with suppress(OSError):
            stale.unlink()
    beside = target.with_name(f".{target.name}.{secrets.token_hex(4)}.tmp")
    try:
        yield beside
        with beside.open("rb") as file:
            os.fsync(file.fileno())
        beside.replace(target)
    except (InputError, OutputError):
        raise
    except OSError as error:
        raise OutputError(
            f"cannot write {target}: {error.strerror or error}; free some space or choose another --out"
        ) from error
    finally:
        with suppress(OSError):
            beside.unlink()


class _JsonLines:
    """Rows as JSON objects, one a line, in UTF-8."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("x", encoding="utf-8", newline="\n")

    def write(self, rows: list[list[Message]]) -> None:
        """Append conversations."""
        self._file.writelines(json.dumps({"messages": row}, ensure_ascii=False) + "\n" for row in rows)

    def close(self) -> None:
        """Finish the file."""
        self._file.close()


class _ParquetLines:
    """Rows in a Parquet file with one column, ``messages``."""

    def __init__(self, path: Path) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        message = pa.struct([("role", pa.string()), ("content", pa.string())])
        self._schema = pa.schema([("messages", pa.list_(message))])
        self._file = pq.ParquetWriter(path, self._schema, compression="zstd")

    def write(self, rows: list[list[Message]]) -> None:
        """Append conversations."""
        import pyarrow as pa

        self._file.write_table(pa.table({"messages": rows}, schema=self._schema))

    def close(self) -> None:
        """Finish the file."""
        self._file.close()


def _read_note(out: Path) -> dict[str, Any]:
    try:
        note = json.loads((out / NOTE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return note if isinstance(note, dict) else {}
