"""Build the data set: shapes → bricks → stability → captions → Parquet, in parallel.

The columns are those of StableText2Brick (``structure_id, object_id, category_id,
captions, bricks, stability_scores``), so either data set can take the other's place.
Shards are independent: each is deterministic in (recipe, shard number) whatever the number
of workers, appears whole or not at all, and is kept when it is already there, so an
interrupted build resumes.
"""

from __future__ import annotations

import multiprocessing
import os
import threading
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from brickgpt_engine.errors import ConfigError
from brickgpt_engine.formats.atomic import write_text
from training.data.card import CARD, card_text
from training.data.folder import (
    SPLITS,
    Recipe,
    Sample,
    ShardStats,
    claim_folder,
    mark_complete,
    read_note,
    shard_stats,
    split_name,
)
from training.data.sampling import (
    MESHES_PER_SHARD,
    build_mesh_shards,
    build_shard,
    mesh_split,
    object_id,
    samples,
    split_of,
)
from training.data.shapes import FAMILIES

__all__ = ["Sample", "ShardStats", "build", "mesh_split", "object_id", "samples", "split_of"]

SHARD_SIZE = 500
"""Structures per procedural shard."""
_RANGES = {
    "size": (1, 100_000_000),
    "test_size": (0, 100_000_000),
    "seed": (0, 2**63 - 1),
    "workers": (0, 256),
    "layouts": (1, 16),
}
Job = tuple[str, int, int]
"""Split (``train`` or ``test``), shard number, rows."""


def plan(size: int, test_size: int) -> list[Job]:
    """Procedural shards to build as (split, shard number, rows); the test split comes first."""
    jobs: list[Job] = []
    for split, total in (("test", test_size), ("train", size)):
        jobs += [
            (split, shard, min(SHARD_SIZE, total - shard * SHARD_SIZE))
            for shard in range(-(-total // SHARD_SIZE))
        ]
    return jobs


@dataclass(frozen=True, slots=True)
class _Task:
    """What a worker process is asked for: one procedural shard, or both shards of some meshes."""

    out: Path
    recipe: Recipe
    job: Job | None = None
    part: int = 0
    sources: tuple[Path, ...] = ()
    legacy: bool = False

    def paths(self) -> dict[str, Path]:
        """The files to be written, by split."""
        if self.job:
            split, shard, _ = self.job
            return {split: self.out / f"{split}-{shard:05d}.parquet"}
        return {split: self.out / f"{split}-mesh-{self.part:05d}.parquet" for split in ("test", "train")}


Outcome = tuple[str, str, ShardStats]
"""Name of a shard; ``there``, ``new`` or ``mended`` (it was damaged); its counts."""


def run_task(task: _Task) -> list[Outcome]:
    """Build the shards of a task unless they are there and whole."""
    paths = task.paths()
    rows = task.job[2] if task.job and task.legacy else None
    there = {split: shard_stats(path, task.recipe, legacy_rows=rows) for split, path in paths.items()}
    whole = {split: stats for split, stats in there.items() if stats is not None}
    if len(whole) == len(paths):
        return [(paths[split].name, "there", stats) for split, stats in whole.items()]
    how = {split: "mended" if path.exists() else "new" for split, path in paths.items()}
    if task.job:
        built = {task.job[0]: build_shard(paths[task.job[0]], task.recipe, task.job)}
    else:
        built = build_mesh_shards(paths, task.recipe, task.sources, task.part)
    return [(paths[split].name, how[split], stats) for split, stats in built.items()]


def _die_with_parent() -> None:
    """Let this worker process end when the build is killed: the pool itself would wait for ever."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


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


def check_numbers(**numbers: int) -> None:
    """Refuse a size, number of layouts, seed or number of workers that cannot be.

    Raises:
        ConfigError: a value is out of its range.
    """
    for name, value in numbers.items():
        low, high = _RANGES[name]
        if not low <= value <= high:
            option = "--" + name.replace("_", "-")
            raise ConfigError(f"{option} is {value}; it must be from {low} to {high:,}")


def find_meshes(names: Sequence[str]) -> tuple[Path, ...]:
    """The mesh catalogues that ``names`` mean; ``debian`` means those of Debian's furniture package.

    Raises:
        ConfigError: one is not there, or two have the same file name.
    """
    paths: list[Path] = []
    for name in names:
        if name == "debian":
            from training.data.sh3f import default_paths

            paths += default_paths()
        elif Path(name).is_file():
            paths.append(Path(name))
        else:
            raise ConfigError(f"--meshes {name}: no such file; name a catalogue (.sh3f) or debian")
    twice = [name for name, count in Counter(path.name for path in paths).items() if count > 1]
    if twice:
        raise ConfigError(f"--meshes names {twice[0]} twice; name every catalogue once")
    return tuple(sorted(paths, key=lambda path: path.name))


def _mesh_parts(sources: Sequence[Path]) -> int:
    """How many pairs of shards the meshes of these catalogues make."""
    if not sources:
        return 0
    from training.data.catalogue import models

    return -(-len(models(sources)) // MESHES_PER_SHARD)


class _Progress:
    """Adds up what comes in and says it in a line each."""

    def __init__(self, structures: int) -> None:
        self.total, self.built, self.left = ShardStats(), 0, structures
        self.kept: Counter[str] = Counter()
        self.start = time.perf_counter()

    def add(self, outcome: Outcome, wanted: int, done: str) -> None:
        """Take in one shard of which ``wanted`` structures were expected."""
        name, how, stats = outcome
        self.total.kept += stats.kept
        self.kept[split_name(Path(name))] += stats.kept
        self.total.bricks += stats.bricks
        self.total.dropped.update(stats.dropped)
        self.left -= wanted
        if how == "there":
            print(f"{name}: already there, {stats.kept} structures ({done})", flush=True)
            return
        self.built += stats.kept
        rate = self.rate()
        few = f" of {wanted}, there are no more different ones" if stats.kept < wanted else ""
        mended = "was damaged, built again: " if how == "mended" else ""
        minutes = self.left / max(rate, 1e-9) / 60
        print(
            f"{name}: {mended}{stats.kept} structures{few} ({done}, {rate:.0f} a second, "
            f"about {minutes:.0f} min to go)",
            flush=True,
        )

    def rate(self) -> float:
        """Structures built a second."""
        return self.built / max(time.perf_counter() - self.start, 1e-9)

    def summary(self) -> dict[str, Any]:
        """Totals of the whole folder, and the rate of what was built just now."""
        self.total.seconds = time.perf_counter() - self.start
        mean = self.total.bricks / max(self.total.kept, 1)
        rate = self.rate() if self.built else 0.0
        values = asdict(self.total) | {"built": self.built, "mean_bricks": mean, "rate": rate}
        return values | {"dropped": dict(sorted(self.total.dropped.items()))}


def _run_all(tasks: Sequence[_Task], workers: int, progress: _Progress) -> None:
    """Run the tasks in worker processes; the first error ends them all, finished shards stay."""
    pool = ProcessPoolExecutor(workers, initializer=_die_with_parent)
    try:
        futures: dict[Future[list[Outcome]], _Task] = {pool.submit(run_task, task): task for task in tasks}
        for done, future in enumerate(as_completed(futures), start=1):
            for outcome in future.result():
                job = futures[future].job
                progress.add(outcome, job[2] if job else 0, f"{done}/{len(tasks)} jobs")
    except BrokenProcessPool as error:
        raise ConfigError(
            "a worker process was killed, perhaps for want of memory; run the same command again "
            "with fewer --workers, finished shards are kept"
        ) from error
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def build(
    size: int,
    out: Path,
    *,
    seed: int = 0,
    test_size: int | None = None,
    workers: int = 0,
    families: Sequence[str] | None = None,
    layouts: int = 1,
    meshes: Sequence[str] = (),
) -> dict[str, Any]:
    """Build ``size`` training and ``test_size`` test structures into folder ``out``.

    Args:
        size: procedural structures of the training split; meshes come on top.
        out: folder of the Parquet shards; made when missing, resumed when it holds the same build.
        seed: everything random follows from it.
        test_size: procedural structures of the test split; default a twentieth of ``size``.
        workers: processes; 0 means one for each core.
        families: shape families to draw from, evenly; all where None.
        layouts: layouts tried of every shape; the stable ones that differ are kept.
        meshes: mesh catalogues to add, each by its path, or ``debian``.

    Returns:
        Totals of the folder: structures kept and left out by reason, mean bricks; and structures
        built now, with their rate a second.

    Raises:
        ConfigError: a value is out of range, or the folder holds something else.
        OutputError: it cannot be written to.
    """
    test_size = max(1, size // 20) if test_size is None else test_size
    check_numbers(size=size, test_size=test_size, seed=seed, workers=workers, layouts=layouts)
    sources = find_meshes(meshes)
    recipe = Recipe(
        seed, size, test_size, check_families(families), layouts, tuple(path.name for path in sources)
    )
    legacy = (read_note(out) or {}).get("format_version") == 1
    tasks = [_Task(out, recipe, part=part, sources=sources) for part in range(_mesh_parts(sources))]
    tasks += [_Task(out, recipe, job, legacy=legacy) for job in plan(size, test_size)]
    claim_folder(out, recipe, [path.name for task in tasks for path in task.paths().values()])
    progress = _Progress(size + test_size)
    _run_all(tasks, workers or os.cpu_count() or 1, progress)
    if not progress.total.kept:
        raise ConfigError("no structure could be built; choose other --families")
    write_text(out / CARD, card_text(out))
    mark_complete(out, {split: progress.kept[split] for split in SPLITS})
    return progress.summary()
