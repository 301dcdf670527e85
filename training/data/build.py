"""Build the data set: shapes → bricks → stability → captions → Parquet.

The columns are those of StableText2Brick (``structure_id, object_id, category_id,
captions, bricks, stability_scores``), so either data set can take the other's place.
Shards are independent: each is deterministic in (seed, shard number), written
atomically, and skipped when it is already there, so an interrupted build resumes.

Which split a shape belongs to depends on its cells alone (see :func:`split_of`), so a
shape of the test split never occurs in training, whatever the seed.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from brickgpt_engine.errors import ConfigError
from brickgpt_engine.formats.atomic import write_text
from brickgpt_engine.layout import LayoutOptions, legolize
from brickgpt_engine.physics import StabilityAnalyzer, StabilityReport
from training.data.captions import captions_for
from training.data.shapes import FAMILIES, Shape, sample_shape

SHARD_SIZE = 500
"""Structures per shard."""
TEST_SHARE = 0.03
"""Share of all shapes that is kept for the test split."""
MAX_BRICKS = 160
"""Structures with more bricks are left out: they would dominate the model's time."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One row of the data set, plus what is not stored: the shape it came from."""

    structure_id: str
    object_id: str
    category_id: str
    captions: list[str]
    bricks: str
    report: StabilityReport
    scores: Any
    shape: Shape


@dataclass(slots=True)
class ShardStats:
    """What one shard kept and left out."""

    kept: int = 0
    dropped: Counter[str] = field(default_factory=Counter)
    bricks: int = 0
    seconds: float = 0.0


def object_id(shape: Shape) -> str:
    """A name for the shape: a hash of its category and its cells.

    Cells rather than parameters, since two sets of parameters can mean the same shape.
    """
    cells = np.packbits(shape.voxels).tobytes()
    return hashlib.blake2b(shape.category.encode() + cells, digest_size=8).hexdigest()


def split_of(shape: Shape) -> str:
    """``train`` or ``test``, decided by the shape alone."""
    return "test" if int(object_id(shape), 16) % 10_000 < TEST_SHARE * 10_000 else "train"


def samples(
    seed: int, shard: int, split: str, stats: ShardStats, families: Sequence[str] | None = None
) -> Iterator[Sample]:
    """Endless stream of stable structures of one split; what is left out is counted in ``stats``."""
    rng = np.random.default_rng([seed, shard, 0 if split == "train" else 1])
    analyzer = StabilityAnalyzer(criterion="paper", solver="highs")
    while True:
        shape = sample_shape(rng, families=families)
        caption_seed = int(rng.integers(2**63))
        if split_of(shape) != split:
            continue
        structure = legolize(shape.voxels, seed=0, options=LayoutOptions())
        if len(structure) > MAX_BRICKS:
            stats.dropped["too many bricks"] += 1
            continue
        report = analyzer.analyze(structure)
        if not report.stable:
            stats.dropped[f"not stable: {shape.category}"] += 1
            continue
        text = "".join(f"{brick.text}\n" for brick in structure)
        captions = captions_for(shape, np.random.default_rng(caption_seed))
        name = hashlib.blake2b(text.encode(), digest_size=8).hexdigest()
        yield Sample(
            name,
            object_id(shape),
            shape.category,
            captions,
            text,
            report,
            report.score_grid(structure),
            shape,
        )


def build_shard(
    path: Path, *, seed: int, shard: int, split: str, size: int, families: Sequence[str]
) -> ShardStats:
    """Write one Parquet shard of ``size`` structures, no brick text twice within it."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    start = time.perf_counter()
    stats = ShardStats()
    rows: list[Sample] = []
    seen: set[str] = set()
    for sample in samples(seed, shard, split, stats, families):
        if sample.structure_id in seen:
            stats.dropped["same bricks twice"] += 1
            continue
        seen.add(sample.structure_id)
        rows.append(sample)
        stats.bricks += sample.bricks.count("\n")
        if len(rows) == size:
            break
    table = pa.table(
        {
            "structure_id": [row.structure_id for row in rows],
            "object_id": [row.object_id for row in rows],
            "category_id": [row.category_id for row in rows],
            "captions": [row.captions for row in rows],
            "bricks": [row.bricks for row in rows],
            "stability_scores": _nested(np.stack([row.scores for row in rows]).astype(np.float32)),
        }
    )
    partial = path.with_suffix(".partial")
    pq.write_table(table, partial, compression="zstd")
    partial.replace(path)
    stats.kept = len(rows)
    stats.seconds = time.perf_counter() - start
    return stats


def _nested(values: np.ndarray[Any, Any]) -> Any:
    """An Arrow column of nested lists from an array of shape (rows, n, n, n), without Python lists."""
    import pyarrow as pa

    column: Any = pa.array(values.reshape(-1))
    for length in values.shape[:0:-1]:
        column = pa.ListArray.from_arrays(
            pa.array(np.arange(0, len(column) + 1, length, dtype=np.int32)), column
        )
    return column


def plan(size: int, test_size: int) -> list[tuple[str, int, int]]:
    """Shards to build as (split, shard number, rows); the test split comes first."""
    jobs: list[tuple[str, int, int]] = []
    for split, total in (("test", test_size), ("train", size)):
        jobs += [
            (split, shard, min(SHARD_SIZE, total - shard * SHARD_SIZE))
            for shard in range(-(-total // SHARD_SIZE))
        ]
    return jobs


def claim_folder(out: Path, wanted: dict[str, Any]) -> None:
    """Make folder ``out`` and note in ``build.json`` what is built there.

    Raises:
        ConfigError: the folder holds a build with other settings, which must not be mixed with this one.
    """
    out.mkdir(parents=True, exist_ok=True)
    note = out / "build.json"
    if note.exists():
        there = json.loads(note.read_text())
        if there != wanted:
            differing = ", ".join(
                f"{key} {there.get(key)}" for key in wanted if there.get(key) != wanted[key]
            )
            raise ConfigError(
                f"{out} holds a build with {differing}; give the same options or another folder"
            )
    write_text(note, json.dumps(wanted, indent=2) + "\n")


def _run_job(
    out: str, seed: int, families: tuple[str, ...], job: tuple[str, int, int]
) -> tuple[str, ShardStats | None]:
    split, shard, rows = job
    path = Path(out) / f"{split}-{shard:05d}.parquet"
    if path.exists():
        return path.name, None
    return path.name, build_shard(path, seed=seed, shard=shard, split=split, size=rows, families=families)


def check_families(families: Sequence[str] | None) -> tuple[str, ...]:
    """The named families in order, or all where None.

    Raises:
        ConfigError: one is not known.
    """
    names = tuple(sorted(set(families or FAMILIES)))
    unknown = [name for name in names if name not in FAMILIES]
    if unknown:
        raise ConfigError(f"there is no shape family {unknown[0]!r}; known are {', '.join(sorted(FAMILIES))}")
    return names


def build(
    size: int,
    out: Path,
    *,
    seed: int = 0,
    test_size: int | None = None,
    workers: int = 0,
    families: Sequence[str] | None = None,
) -> dict[str, Any]:
    """Build ``size`` training and ``test_size`` test structures into folder ``out``.

    Args:
        size: structures of the training split.
        out: folder of the Parquet shards; made when missing.
        seed: everything random follows from it.
        test_size: structures of the test split; default a twentieth of ``size``.
        workers: processes; 0 means one for each core.
        families: shape families to draw from, evenly; all where None.

    Returns:
        Totals: structures kept and left out by reason, mean bricks, structures per second.
    """
    test_size = max(1, size // 20) if test_size is None else test_size
    names = check_families(families)
    note = {"format_version": 1, "seed": seed, "size": size, "test_size": test_size, "families": list(names)}
    claim_folder(out, note)
    jobs = plan(size, test_size)
    start = time.perf_counter()
    total = ShardStats()
    with ProcessPoolExecutor(workers or os.cpu_count() or 1) as pool:
        futures = [pool.submit(_run_job, str(out), seed, names, job) for job in jobs]
        for done, future in enumerate(futures, start=1):
            name, stats = future.result()
            if stats is None:
                print(f"{name}: already there", flush=True)
                continue
            total.kept += stats.kept
            total.bricks += stats.bricks
            total.dropped.update(stats.dropped)
            rate = total.kept / (time.perf_counter() - start)
            print(
                f"{name}: {stats.kept} structures ({done}/{len(jobs)} shards, {rate:.0f} a second)",
                flush=True,
            )
    total.seconds = time.perf_counter() - start
    summary = asdict(total) | {
        "mean_bricks": total.bricks / max(total.kept, 1),
        "rate": total.kept / max(total.seconds, 1e-9),
    }
    summary["dropped"] = dict(total.dropped)
    return summary
