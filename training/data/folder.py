"""The folder of a data set: shards that say what they are, and checks before a build goes on.

A shard is one Parquet file with the columns of StableText2Brick and, in its metadata, the
:class:`Recipe` it was built by. So a build that was cut off can tell its own whole shards
(kept) from damaged ones (built again) and from those of another build (refused), even
where the note ``build.json`` is gone. Files appear whole or not at all.
"""

from __future__ import annotations

import hashlib
import io
import json
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from brickgpt_engine.errors import ConfigError, InputError, OutputError
from brickgpt_engine.formats.atomic import write_bytes, write_text
from brickgpt_engine.physics import StabilityReport
from training.data.shapes import Shape

SPLITS = ("train", "test")
NOTE = "build.json"
"""Name of the file that says what a folder holds."""
COLUMNS = ("structure_id", "object_id", "category_id", "captions", "bricks", "stability_scores")
"""Columns of a shard, those of StableText2Brick."""
FORMAT_VERSION = 2
_METADATA_KEY = b"brickgpt"
_ABOUT_KEYS = {"recipe", "shard", "rows", "bricks", "dropped", "digest"}
_STALE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Sample:
    """One row of the data set, plus what is not stored: the report and the shape it came from."""

    structure_id: str
    object_id: str
    category_id: str
    captions: list[str]
    bricks: str
    report: StabilityReport
    scores: Any
    shape: Shape


@dataclass(frozen=True, order=True, slots=True)
class MeshModel:
    """A mesh that structures were made from: its name, who made it, its licence, and where it is from."""

    name: str
    creator: str
    licence: str
    source: str


@dataclass(slots=True)
class ShardStats:
    """What one shard kept and left out."""

    kept: int = 0
    dropped: Counter[str] = field(default_factory=Counter)
    bricks: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Recipe:
    """All that the rows of a build follow from; ``size`` and ``test_size`` count procedural structures."""

    seed: int
    size: int
    test_size: int
    families: tuple[str, ...]
    layouts: int = 1
    meshes: tuple[str, ...] = ()

    def note(self) -> dict[str, Any]:
        """The recipe as plain JSON values."""
        values = json.loads(json.dumps(asdict(self)))
        return {"format_version": FORMAT_VERSION, **values}


def read_note(out: Path) -> dict[str, Any] | None:
    """What ``build.json`` in ``out`` says, with today's keys; None where it cannot be read."""
    try:
        note = json.loads((out / NOTE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    if not isinstance(note, dict):
        return None
    return {"layouts": 1, "meshes": []} | note


def _differences(there: dict[str, Any], wanted: dict[str, Any]) -> str:
    """What a build has otherwise than ``wanted``, in words; empty where they are the same."""
    keys = [key for key in wanted if key != "format_version" and there.get(key) != wanted[key]]
    return ", ".join(f"{key} {_brief(there.get(key))}" for key in keys)


def _brief(value: Any) -> str:
    text = " ".join(map(str, value)) if isinstance(value, list) else str(value)
    return text or "none"


def claim_folder(out: Path, recipe: Recipe, planned: Sequence[str]) -> None:
    """Make folder ``out``, check that nothing in it is of another build, and note the recipe.

    Args:
        out: the folder; made when missing.
        recipe: what is to be built there.
        planned: names of all shards that the build will have.

    Raises:
        ConfigError: the folder holds a build by another recipe, or a shard that training would
            read and that is no part of this build.
        OutputError: it cannot be made or written to.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = "a file is in its way" if isinstance(error, (FileExistsError, NotADirectoryError)) else (
            error.strerror
        )  # fmt: skip
        raise OutputError(f"cannot make the folder {out}: {reason}; choose another --out") from error
    wanted = recipe.note()
    there = read_note(out)
    differing = _differences(there, wanted) if there else ""
    if differing:
        raise ConfigError(f"{out} holds a build with {differing}; give the same options or another folder")
    found = {path.name for split in SPLITS for path in out.glob(f"{split}-*.parquet")}
    strangers = sorted(found.difference(planned))
    if strangers:
        raise ConfigError(
            f"{out} holds {strangers[0]}, which is no part of this build; "
            "move it away or choose another folder"
        )
    _sweep(out)
    if there is None or there != wanted:
        keep_version = {"format_version": there["format_version"]} if there and found else {}
        write_text(out / NOTE, json.dumps(wanted | keep_version, indent=2) + "\n")


def _sweep(out: Path) -> None:
    """Remove what killed builds had half written; younger files may belong to a process that still ends."""
    for path in out.glob(".*.tmp"):
        with suppress(OSError):
            if time.time() - path.stat().st_mtime > _STALE_SECONDS:
                path.unlink()


def write_shard(path: Path, rows: Sequence[Sample], recipe: Recipe, stats: ShardStats) -> None:
    """Write ``rows`` as one Parquet shard, whole or not at all.

    Raises:
        OutputError: the file cannot be written, for example on a full disk.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    scores = np.stack([row.scores for row in rows]) if rows else np.zeros((0, 20, 20, 20))
    text = pa.string()
    table = pa.table(
        {
            "structure_id": pa.array([row.structure_id for row in rows], text),
            "object_id": pa.array([row.object_id for row in rows], text),
            "category_id": pa.array([row.category_id for row in rows], text),
            "captions": pa.array([row.captions for row in rows], pa.list_(text)),
            "bricks": pa.array([row.bricks for row in rows], text),
            "stability_scores": _nested(scores.astype(np.float32)),
        }
    )
    about = {
        "recipe": recipe.note(),
        "shard": path.name,
        "rows": len(rows),
        "bricks": stats.bricks,
        "dropped": dict(sorted(stats.dropped.items())),
        "meshes": _mesh_models(rows),
        "digest": _digest(table),
    }
    table = table.replace_schema_metadata({_METADATA_KEY: json.dumps(about)})
    buffer = io.BytesIO()
    pq.write_table(table, buffer, compression="zstd", write_page_checksum=True)
    write_bytes(path, buffer.getvalue())


def _read(path: Path) -> tuple[dict[str, Any] | None, Any] | None:
    """What a shard says about itself and its table; None where the file is damaged."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            about = json.loads((file.schema_arrow.metadata or {}).get(_METADATA_KEY, b"null"))
            table = file.read()
    except PermissionError as error:
        raise InputError(
            f"{path} may not be read; change its permissions or choose another folder"
        ) from error
    except (OSError, ValueError, pa.ArrowException):
        return None
    if about is not None and not (isinstance(about, dict) and about.keys() >= _ABOUT_KEYS):
        return None
    return about, table


def _digest(table: Any) -> str:
    """A hash of all cells of a shard: a checksum of pages would not notice every flipped bit."""
    texts = [table[name].to_pylist() for name in COLUMNS[:-1]]
    scores = table[COLUMNS[-1]].combine_chunks()
    for _ in range(3):
        scores = scores.flatten()
    state = hashlib.blake2b(json.dumps(texts).encode(), digest_size=16)
    state.update(scores.to_numpy(zero_copy_only=False).tobytes())
    return state.hexdigest()


def _mesh_models(rows: Sequence[Sample]) -> list[list[str]]:
    """Fields of the :class:`MeshModel` of every mesh among the rows, each once."""
    found = {
        tuple(str(row.shape.params[key]) for key in ("name", "creator", "licence", "source"))
        for row in rows
        if "licence" in row.shape.params
    }
    return [list(fields) for fields in sorted(found)]


def split_name(path: Path) -> str:
    """The split that a shard's name says it is of; empty for other files."""
    return next((split for split in SPLITS if path.name.startswith(f"{split}-")), "")


def read_about(path: Path) -> dict[str, Any] | None:
    """What a shard says about itself, or None where it says nothing.

    Raises:
        ValueError: it is damaged.
        OSError: it cannot be read.
    """
    import pyarrow.parquet as pq

    about = json.loads((pq.read_schema(path).metadata or {}).get(_METADATA_KEY, b"null"))
    return about if isinstance(about, dict) else None


def is_complete(out: Path) -> bool:
    """Whether folder ``out`` holds a build that ended, whatever its recipe."""
    return "complete" in (read_note(out) or {})


def mark_complete(out: Path, counts: dict[str, int]) -> None:
    """Note in ``build.json`` that every shard is there, with the rows of each split."""
    note = read_note(out) or {}
    write_text(out / NOTE, json.dumps(note | {"complete": counts}, indent=2) + "\n")


def _nested(values: np.ndarray[Any, Any]) -> Any:
    """An Arrow column of nested lists from an array of shape (rows, n, n, n), without Python lists."""
    import pyarrow as pa

    column: Any = pa.array(values.reshape(-1))
    for length in values.shape[:0:-1]:
        column = pa.ListArray.from_arrays(
            pa.array(np.arange(0, len(column) + 1, length, dtype=np.int32)), column
        )
    return column


def shard_stats(path: Path, recipe: Recipe, *, legacy_rows: int | None = None) -> ShardStats | None:
    """Counts of a whole shard of this build, or None where the file is missing or damaged.

    Args:
        path: the shard.
        recipe: what it must have been built by.
        legacy_rows: rows that a shard without a recipe must have (builds of format version 1, whose
            folder vouches for them); None refuses such shards.

    Raises:
        ConfigError: the file is whole and belongs to another build.
        InputError: it may not be read.
    """
    if not path.exists():
        return None
    found = _read(path)
    if found is None:
        return None
    about, table = found
    if about is None and legacy_rows is None:
        raise ConfigError(f"{path} is not known to be of this build; move it away or choose another folder")
    differing = "another shard's name" if about and about["shard"] != path.name else ""
    differing = differing or (_differences(about["recipe"], recipe.note()) if about else "")
    if differing:
        raise ConfigError(f"{path} is of a build with {differing}; move it away or choose another folder")
    if tuple(table.column_names) != COLUMNS or table.num_rows != (about["rows"] if about else legacy_rows):
        return None
    if about and about["digest"] != _digest(table):
        return None
    if about:
        return ShardStats(about["rows"], Counter(about["dropped"]), about["bricks"])
    return ShardStats(
        table.num_rows, Counter(), sum(text.count("\n") for text in table["bricks"].to_pylist())
    )
