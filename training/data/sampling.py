"""From shapes to rows: the split, the layouts, the check of stability, and whole shards of them.

Which split a procedural shape belongs to depends on its cells alone (see :func:`split_of`),
and a mesh's on its model's name (:func:`mesh_split`), so a shape of the test split never
occurs in training, whatever the seed. All layouts of a shape share its ``object_id`` and
its split.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from brickgpt_engine.bricks import BrickStructure
from brickgpt_engine.layout import LayoutOptions, legolize
from brickgpt_engine.physics import StabilityAnalyzer
from training.data.captions import captions_for
from training.data.folder import Recipe, Sample, ShardStats, write_shard
from training.data.shapes import Shape, sample_shape

TEST_SHARE = 0.03
"""Share of all shapes that is kept for the test split."""
MAX_BRICKS = 160
"""Structures with more bricks are left out: they would dominate the model's time."""
LAYOUT_RANDOMNESS = 0.1
"""Randomness of all layouts of a shape but the first, which is the regular one. So little decides only
between equally good bricks: measured over all families, four of five shapes get another layout, with as
many bricks."""
MESHES_PER_SHARD = 20
"""Mesh models that share a shard, each in several sizes and layouts."""
MAX_BARREN = 20_000
"""So many shapes in a row that add nothing end a shard: the families have no more different ones."""

Captioner = Callable[[Shape, np.random.Generator], list[str]]


def object_id(shape: Shape) -> str:
    """A name for the shape: a hash of its category and its cells.

    Cells rather than parameters, since two sets of parameters can mean the same shape.
    """
    cells = np.packbits(shape.voxels).tobytes()
    return hashlib.blake2b(shape.category.encode() + cells, digest_size=8).hexdigest()


def _split_by(digest: str) -> str:
    return "test" if int(digest, 16) % 10_000 < TEST_SHARE * 10_000 else "train"


def split_of(shape: Shape) -> str:
    """``train`` or ``test``, decided by the shape alone."""
    return _split_by(object_id(shape))


def mesh_split(shape: Shape) -> str | None:
    """The split of a mesh, decided by its model's name, so that all its sizes are together.

    None for the rare mesh that must be left out: the model's name says train, but its cells
    are those that a procedural shape of the test split would have.
    """
    name = str(shape.params["model"])
    split = _split_by(hashlib.blake2b(name.encode(), digest_size=8).hexdigest())
    return None if split == "train" and split_of(shape) == "test" else split


def layouts_of(shape: Shape, count: int, stabilise: StabilityAnalyzer | None) -> Iterator[BrickStructure]:
    """``count`` layouts of the shape, the regular one first; not all need differ."""
    for seed in range(count):
        options = LayoutOptions(randomness=LAYOUT_RANDOMNESS if seed else 0.0, stabilise=stabilise)
        yield legolize(shape.voxels, seed=seed, options=options)


def samples_of(
    shape: Shape,
    caption_seed: int,
    layouts: int,
    analyzer: StabilityAnalyzer,
    stats: ShardStats,
    caption: Captioner = captions_for,
    *,
    repair: bool = False,
) -> Iterator[Sample]:
    """The stable ones among ``layouts`` layouts of a shape, no two alike, each with captions of its own.

    With ``repair``, a layout that would fall is laid again in part until it stands, where that helps.
    """
    seen: set[str] = set()
    identity = object_id(shape)
    for number, structure in enumerate(layouts_of(shape, layouts, analyzer if repair else None)):
        text = "".join(f"{brick.text}\n" for brick in structure)
        if text in seen:
            stats.dropped["same layout again"] += 1
            continue
        seen.add(text)
        if len(structure) > MAX_BRICKS:
            stats.dropped["too many bricks"] += 1
            continue
        report = analyzer.analyze(structure)
        if not report.stable:
            stats.dropped[f"not stable: {shape.category}"] += 1
            continue
        rng = np.random.default_rng([caption_seed, number] if number else caption_seed)
        name = hashlib.blake2b(text.encode(), digest_size=8).hexdigest()
        scores = report.score_grid(structure)
        yield Sample(name, identity, shape.category, caption(shape, rng), text, report, scores, shape)


def samples(
    seed: int,
    shard: int,
    split: str,
    stats: ShardStats,
    families: Sequence[str] | None = None,
    layouts: int = 1,
) -> Iterator[Sample]:
    """Endless stream of stable structures of one split; what is left out is counted in ``stats``.

    It ends only where :data:`MAX_BARREN` shapes in a row are of the other split or do not stand.
    """
    rng = np.random.default_rng([seed, shard, 0 if split == "train" else 1])
    analyzer = StabilityAnalyzer(criterion="paper", solver="highs")
    barren = 0
    while barren < MAX_BARREN:
        shape = sample_shape(rng, families=families)
        caption_seed = int(rng.integers(2**63))
        barren += 1
        if split_of(shape) == split:
            for sample in samples_of(shape, caption_seed, layouts, analyzer, stats):
                barren = 0
                yield sample


def _distinct(stream: Iterator[Sample], size: int, stats: ShardStats) -> list[Sample]:
    """The first ``size`` samples of the stream with no bricks twice; fewer where it has no more."""
    rows: dict[str, Sample] = {}
    barren = 0
    for sample in stream:
        if sample.structure_id in rows:
            stats.dropped["same bricks twice"] += 1
            barren += 1
            if barren >= MAX_BARREN:
                break
            continue
        barren = 0
        rows[sample.structure_id] = sample
        stats.bricks += sample.bricks.count("\n")
        if len(rows) == size:
            break
    stats.kept = len(rows)
    return list(rows.values())


def build_shard(path: Path, recipe: Recipe, job: tuple[str, int, int]) -> ShardStats:
    """Write one procedural shard, no brick text twice within it.

    Args:
        path: where it goes.
        recipe: of the build.
        job: split, shard number, and rows.

    Raises:
        OutputError: it cannot be written.
    """
    split, shard, size = job
    start = time.perf_counter()
    stats = ShardStats()
    stream = samples(recipe.seed, shard, split, stats, recipe.families, recipe.layouts)
    write_shard(path, _distinct(stream, size, stats), recipe, stats)
    stats.seconds = time.perf_counter() - start
    return stats


def build_mesh_shards(
    paths: dict[str, Path], recipe: Recipe, sources: Sequence[Path], part: int
) -> dict[str, ShardStats]:
    """Write the structures of some meshes, every size and layout once, as a shard for each split.

    Args:
        paths: where the shard of each split goes.
        recipe: of the build.
        sources: the catalogues.
        part: which :data:`MESHES_PER_SHARD` of their models to take.

    Raises:
        BrickGPTError: a catalogue cannot be read, or a shard cannot be written.
    """
    from training.data.catalogue import catalogue_captions, models, shapes_of

    start = time.perf_counter()
    analyzer = StabilityAnalyzer(criterion="paper", solver="highs")
    stats = {split: ShardStats() for split in paths}
    rows: dict[str, list[Sample]] = {split: [] for split in paths}
    chosen = models(sources, lambda line: None)[part * MESHES_PER_SHARD : (part + 1) * MESHES_PER_SHARD]
    for shape in (shape for model in chosen for shape in shapes_of(model)):
        split = mesh_split(shape)
        if split is None:
            stats["train"].dropped["mesh like a test shape"] += 1
            continue
        seed = recipe.seed ^ int(object_id(shape), 16)
        rows[split] += samples_of(
            shape, seed, recipe.layouts, analyzer, stats[split], catalogue_captions, repair=True
        )
    for split, path in paths.items():
        distinct = _distinct(iter(rows[split]), len(rows[split]), stats[split])
        write_shard(path, distinct, recipe, stats[split])
        stats[split].seconds = (time.perf_counter() - start) / len(paths)
    return stats
