"""Where structures with captions are read from, whoever made them.

A source is a folder that ``python -m training.data build`` made, any folder of Parquet files as data set
repositories have them, one Parquet file, a folder that the ``datasets`` library saved, the conversations that
``prepare`` made, or a name on the Hugging Face Hub (StableText2Brick is ``AvaLovelace/StableText2Brick``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from brickgpt_engine.errors import ConfigError, FormatError, InputError
from training.data import chats
from training.data.build import plan
from training.data.folder import read_note

BATCH = 500
"""Rows that are in memory at once."""
_BRICKS_NAMES = ("bricks", "lego")
_LINE = re.compile(r"(?:\d+x\d+ \(\d+,\d+,\d+\)\n?)+")
_PART = re.compile(r"-(\d+)-of-(\d+)$")
_HUB_NAME = re.compile(r"[\w.-]+/[\w.-]+")


@dataclass(frozen=True, slots=True)
class Example:
    """One structure as text, one brick a line, with its captions."""

    captions: tuple[str, ...]
    bricks: str


@dataclass(frozen=True, slots=True)
class Source:
    """One split of a data set.

    Attributes:
        split: its name, such as ``train``.
        label: what to call it in messages.
        files: its Parquet files in order; empty for a split that ``datasets`` holds.
        loaded: the split as the ``datasets`` library gives it, otherwise None.
    """

    split: str
    label: str
    files: tuple[Path, ...] = ()
    loaded: Any = None

    def fingerprint(self) -> list[Any]:
        """What changes when the split's content does: files with sizes and times, or the library's own."""
        if self.loaded is not None:
            return [str(getattr(self.loaded, "_fingerprint", "")), len(self.loaded)]
        stats = [(path.name, path.stat()) for path in self.files]
        return [[name, stat.st_size, stat.st_mtime_ns] for name, stat in stats]

    def batches(self) -> Iterator[tuple[str, list[Example]]]:
        """Checked examples in order, some hundreds at a time, each with the name of where they are from.

        Raises:
            FormatError: a file is damaged, has other columns, or holds a row that is no example.
        """
        number = 0
        for name, rows in self._rows():
            yield name, [_example(row, name, number + place) for place, row in enumerate(rows)]
            number += len(rows)

    def _rows(self) -> Iterator[tuple[str, list[dict[str, Any]]]]:
        if self.loaded is not None:
            column = _bricks_column(self.loaded.column_names, self.label)
            table = self.loaded.select_columns(["captions", column])
            for start in range(0, len(table), BATCH):
                chunk = table[start : start + BATCH]
                pairs = zip(chunk["captions"], chunk[column], strict=True)
                yield self.label, [{"captions": captions, "bricks": bricks} for captions, bricks in pairs]
            return
        for path in self.files:
            if path.suffix == ".jsonl":
                yield from ((path.name, rows) for rows in chats.json_lines(path, BATCH))
            else:
                yield from _parquet_rows(path)


def find_sources(data: str, splits: Sequence[str] | None = None) -> list[Source]:
    """The splits of data set ``data``.

    Args:
        data: a folder, a Parquet file, or a name on the Hugging Face Hub.
        splits: which of them to take; None: all.

    Raises:
        InputError: it is not there, empty, or unfinished.
        ConfigError: a split is not in it, or ``datasets`` is needed and not installed.
    """
    path = Path(data)
    if path.is_dir():
        prepared = chats.files_of(path)
        found = [Source(split, f"{path} ({split})", (file,)) for split, file in prepared.items()]
        found = found or _saved(path) or _folder(path)
    elif path.is_file():
        found = [Source(_split_of(path), str(path), (path,))]
    elif _HUB_NAME.fullmatch(data):
        found = _hub(data)
    else:
        raise InputError(f"{data}: no such folder or file; name a data set, or one on the Hub as OWNER/NAME")
    known = [source.split for source in found]
    for split in splits or ():
        if split not in known:
            raise ConfigError(f"{data} has no split {split!r}; it has {', '.join(known)}")
    return [source for source in found if not splits or source.split in splits]


def _folder(folder: Path) -> list[Source]:
    """The splits of a folder of Parquet files."""
    groups: dict[str, list[Path]] = {}
    for path in sorted({*folder.glob("*.parquet"), *folder.glob("data/*.parquet")}):
        groups.setdefault(_split_of(path), []).append(path)
    _check_finished(folder, groups)
    if not groups:
        raise InputError(
            f"{folder} holds no Parquet files and no saved data set; run python -m training.data build, "
            "or name another folder"
        )
    for files in groups.values():
        _check_parts(files)
    return [Source(split, f"{folder} ({split})", tuple(files)) for split, files in groups.items()]


def _split_of(path: Path) -> str:
    """``train`` for ``train-00003.parquet``, ``train-00000-of-00004.parquet`` and ``train.parquet``."""
    return path.stem.split("-")[0]


def _check_finished(folder: Path, groups: Mapping[str, Sequence[Path]]) -> None:
    """Refuse a folder where our own build was cut off, or has lost shards since."""
    note = read_note(folder)
    if note is None:
        return
    counts = note.get("complete")
    if isinstance(counts, dict):
        short = [split for split, rows in counts.items() if _row_count(groups.get(split, ())) != rows]
        what = f"rows of split {short[0]} are missing" if short else ""
    else:
        try:
            planned = plan(int(note["size"]), int(note["test_size"]))
        except (KeyError, TypeError, ValueError):
            return  # some other program's build.json
        missing = [job for job in planned if not (folder / f"{job[0]}-{job[1]:05d}.parquet").exists()]
        what = f"{len(missing)} of {len(planned)} shards are missing" if missing else ""
        what = what or ("its last step is missing" if note.get("format_version") != 1 else "")
    if what:
        raise InputError(f"{folder} holds an unfinished build: {what}; run the same build again to finish it")


def _row_count(files: Sequence[Path]) -> int:
    """Rows of Parquet files by their footers.

    Raises:
        FormatError: one is damaged.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    count = 0
    for path in files:
        try:
            count += pq.read_metadata(path).num_rows
        except (OSError, ValueError, pa.ArrowException) as error:
            raise _damaged(path, error) from error
    return count


def _damaged(path: Path, error: Exception) -> FormatError:
    return FormatError(
        f"it is damaged or no Parquet file ({_line(error)}); build or download it again", source=str(path)
    )


def _check_parts(files: Sequence[Path]) -> None:
    """Refuse files numbered ``-00001-of-00004`` of which some are missing."""
    parts = [(path, match) for path in files if (match := _PART.search(path.stem))]
    if parts:
        path, match = parts[0]
        if len(parts) < int(match[2]):
            raise InputError(
                f"{path.parent} has {len(parts)} of the {int(match[2])} files of split {_split_of(path)}; "
                "complete the download"
            )


def _saved(folder: Path) -> list[Source]:
    """The splits of a folder that ``datasets`` saved; none when it is no such folder."""
    if not any((folder / name).is_file() for name in ("dataset_dict.json", "state.json")):
        return []
    datasets = _library(f"{folder} was saved by the datasets library")
    try:
        loaded = datasets.load_from_disk(str(folder))
    except Exception as error:  # the library raises whatever its own libraries do
        raise InputError(f"{folder} cannot be read: {_line(error)}; save or download it again") from error
    return _from_library(loaded, str(folder))


def _hub(name: str) -> list[Source]:
    """The splits of a data set on the Hugging Face Hub."""
    datasets = _library(f"{name} is no folder here, and to read it from the Hugging Face Hub")
    try:
        loaded = datasets.load_dataset(name)
    except Exception as error:  # offline, unknown, gated: each with an exception of its own
        raise InputError(
            f"{name} is no folder here, and the Hugging Face Hub did not give it: {_line(error)}; "
            "check the name and the connection"
        ) from error
    return _from_library(loaded, name)


def _from_library(loaded: Any, label: str) -> list[Source]:
    splits = loaded if isinstance(loaded, dict) else {str(loaded.split or "train"): loaded}
    return [Source(str(split), f"{label} ({split})", loaded=table) for split, table in splits.items()]


def _library(why: str) -> Any:
    try:
        import datasets
    except ImportError as error:
        raise ConfigError(f"{why}: the datasets library is needed; pip install datasets") from error
    return datasets


def _parquet_rows(path: Path) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            if file.schema_arrow.names == [chats.COLUMN]:
                for batch in file.iter_batches(BATCH):
                    yield path.name, chats.examples_of(batch.column(chats.COLUMN).to_pylist(), str(path))
                return
            column = _bricks_column(file.schema_arrow.names, str(path))
            for batch in file.iter_batches(BATCH, columns=["captions", column]):
                captions, bricks = (batch.column(name).to_pylist() for name in ("captions", column))
                pairs = zip(captions, bricks, strict=True)
                yield path.name, [{"captions": texts, "bricks": text} for texts, text in pairs]
    except FormatError:
        raise
    except (OSError, ValueError, pa.ArrowException) as error:
        raise _damaged(path, error) from error


def _bricks_column(names: Sequence[str], label: str) -> str:
    """The column with the structures' text; an older name of it is known, too."""
    found = [name for name in _BRICKS_NAMES if name in names]
    if "captions" not in names or not found:
        raise FormatError(
            f"it has the columns {', '.join(names) or 'none'}; it needs captions and bricks, as "
            "StableText2Brick has",
            source=label,
        )
    return found[0]


def _example(row: dict[str, Any], source: str, number: int) -> Example:
    """The row as an example.

    Raises:
        FormatError: it has no captions, or its bricks are not brick lines.
    """
    captions, bricks = row["captions"], row["bricks"]
    good = isinstance(captions, list) and captions and all(isinstance(text, str) for text in captions)
    if not good or not all(text.strip() for text in captions):
        raise FormatError(f"structure {number}: captions must be a list of texts, none empty", source=source)
    if not isinstance(bricks, str) or not _LINE.fullmatch(bricks):
        raise FormatError(f"structure {number}: bricks must be lines like 2x4 (0,0,0)", source=source)
    return Example(tuple(captions), bricks)


def _line(error: Exception) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= 160 else text[:157] + "…"
