"""Training the judge of category on held-out shapes.

Only shapes of the test split are used: the generator never saw one. A fifth of those that
the families make is kept from the classifier too, and its accuracy on these is what is
reported. A family of few different shapes, such as the trees, has too few of them to learn
from: so it also trains on shapes in other proportions, which no family makes and whose
cells fall to the test split all the same.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from brickgpt_engine.errors import BrickGPTError, ConfigError
from brickgpt_engine.statements.spans import Voxels
from training.data.sampling import split_of
from training.data.shapes import FAMILIES
from training.data.shapes.base import SIDE, Shape
from training.evaluation.cell_network import train_cell_network
from training.evaluation.classifier import FEATURES, Classifier, features, load_classifier, shapes_digest
from training.evaluation.pool import prepare_worker, single_threaded, worker_count
from training.evaluation.voxels import centred_grids

SHIPPED = Path(__file__).with_name("classifier.npz")
"""The classifier that comes along, trained with the settings below."""
PER_FAMILY = 240
"""Held-out shapes of each family; families with little variety give fewer."""
VALIDATION_SHARE = 0.2
REPROPORTIONED = 2
"""Held-out shapes in other proportions for each that is asked of a family."""
COPIES = 2
"""Damaged copies of each training shape."""
HIDDEN = 256
EPOCHS = 10
_CELL_EPOCHS = 2
"""Passes of the network that sees cells for each of the other's; it gets one copy of each shape a pass."""
_BATCH = 256
_DRAWS_PER_SHAPE = 70
"""Twice as many as the share of the test split asks for: a family with few different shapes has no more."""
_LARGEST_DAMAGE = 5
_DRAWN_AT_ONCE = 250


def held_out_shapes(category: str, count: int, seed: int) -> Voxels:
    """Up to ``count`` different test-split shapes of a family, shape (n, 20, 20, 20)."""
    number = sorted(FAMILIES).index(category)
    rng = np.random.default_rng([seed, 97, number])
    found: dict[bytes, Voxels] = {}
    for _ in range(count * _DRAWS_PER_SHAPE):
        shape = FAMILIES[category](rng)
        if split_of(shape) == "test":
            found.setdefault(shape.voxels.tobytes(), shape.voxels)
        if len(found) == count:
            break
    return np.stack(list(found.values())) if found else np.zeros((0, SIDE, SIDE, SIDE), dtype=np.bool_)


def reproportioned_shapes(category: str, count: int, seed: int) -> Voxels:
    """Up to ``count`` different shapes of a family in other proportions that fall to the test split.

    Shapes of both splits are drawn and :func:`stretched`; of the results, those few are kept whose
    cells say test. Some of them are the family's own. Shape (n, 20, 20, 20).
    """
    rng = np.random.default_rng([seed, 96, sorted(FAMILIES).index(category)])
    found: dict[bytes, Voxels] = {}
    for _ in range(-(-count * _DRAWS_PER_SHAPE // _DRAWN_AT_ONCE)):
        drawn = np.stack([FAMILIES[category](rng).voxels for _ in range(_DRAWN_AT_ONCE)])
        for grid in centred_grids(stretched(drawn, rng)):
            if split_of(Shape(category, "", grid, {}, {})) == "test":
                found.setdefault(grid.tobytes(), grid)
        if len(found) >= count:
            break
    return np.stack(list(found.values())[:count]) if found else np.zeros((0, SIDE, SIDE, SIDE), np.bool_)


def stretched(grids: Voxels, rng: np.random.Generator) -> Voxels:
    """Copies of the grids in other proportions, half of them mirrored along x.

    Up to three times a plane of cells is taken out or doubled, which keeps parts and loses none.
    """
    copies = np.empty_like(grids)
    for copy, grid in zip(copies, grids, strict=True):
        for _ in range(int(rng.integers(0, 4))):
            grid = _replaned(grid, int(rng.integers(0, 3)), rng)
        copy[...] = grid[::-1] if rng.random() < 0.5 else grid
    return copies


def _replaned(grid: Voxels, axis: int, rng: np.random.Generator) -> Voxels:
    """The grid with a filled plane across ``axis`` doubled or taken out; itself if that would empty it."""
    filled = np.flatnonzero(grid.any(axis=tuple({0, 1, 2} - {axis})))
    plane = int(rng.choice(filled))
    order = list(range(SIDE))
    order = (
        [*order[: plane + 1], *order[plane:-1]]
        if rng.random() < 0.5
        else [*order[:plane], *order[plane + 1 :], -1]
    )
    result: Voxels = np.take(grid, order, axis=axis)
    return result if result.any() else grid


def damaged(grids: Voxels, rng: np.random.Generator) -> Voxels:
    """Copies of the grids with up to five brick-sized boxes of cells missing or added, as models err."""
    copies = grids.copy()
    for grid in copies:
        size = np.argwhere(grid).max(axis=0) + 1
        for _ in range(int(rng.integers(0, _LARGEST_DAMAGE + 1))):
            x, y, z = (int(rng.integers(0, limit)) for limit in size)
            h, w = int(rng.integers(1, 5)), int(rng.integers(1, 3))
            grid[x : x + h, y : y + w, z] = bool(rng.random() < 0.5)
    return copies


def train_classifier(
    *, per_family: int = PER_FAMILY, epochs: int = EPOCHS, seed: int = 0, workers: int = 0
) -> Classifier:
    """Draw held-out shapes of all families and train on them, see :func:`fit_classifier`.

    Args:
        per_family: shapes of each family.
        epochs: passes over the shapes and their copies.
        seed: everything random follows from it (up to the order in which a processor adds).
        workers: processes that draw shapes; 0 means one for each core.

    Raises:
        ConfigError: ``per_family`` leaves nothing to train on or to validate with.
    """
    if per_family < 5:
        raise ConfigError(f"--per-family is {per_family}; it must be at least 5, a fifth is for validation")
    began = time.perf_counter()
    names = sorted(FAMILIES)
    draw = partial(held_out_shapes, count=per_family, seed=seed)
    draw_more = partial(reproportioned_shapes, count=REPROPORTIONED * per_family, seed=seed)
    with (
        single_threaded(),
        ProcessPoolExecutor(
            worker_count(workers), mp_context=get_context("spawn"), initializer=prepare_worker
        ) as pool,
    ):
        by_name = dict(zip(names, pool.map(draw, names), strict=True))
        more = dict(zip(names, pool.map(draw_more, names), strict=True))
    judge = fit_classifier(by_name, more, epochs=epochs, seed=seed)
    judge.facts["shapes_digest"] = shapes_digest()
    judge.facts["seconds"] = round(time.perf_counter() - began, 1)
    return judge


def fit_classifier(
    shapes: Mapping[str, Voxels],
    more: Mapping[str, Voxels] | None = None,
    *,
    epochs: int = EPOCHS,
    seed: int = 0,
) -> Classifier:
    """Train on four fifths of the shapes and measure on the rest.

    Args:
        shapes: different grids (n, 20, 20, 20) by category.
        more: grids by category that are trained on only, but for those among the rest.
        epochs: passes over the shapes and their copies.
        seed: of the split, the copies and the network.
    """
    rng = np.random.default_rng([seed, 98])
    names = tuple(sorted(shapes))
    own, kept = [], []
    for number, name in enumerate(names):
        grids = shapes[name]
        count = max(1, round(VALIDATION_SHARE * len(grids)))
        kept.append((grids[:count], np.full(count, number)))
        unseen = {grid.tobytes() for grid in grids[:count]}
        learnt = [
            *grids[count:],
            *(grid for grid in (more or {}).get(name, ()) if grid.tobytes() not in unseen),
        ]
        own.append((np.reshape(learnt, (-1, SIDE, SIDE, SIDE)), np.full(len(learnt), number)))
    train_grids, train_labels = (np.concatenate(parts) for parts in zip(*own, strict=True))
    test_grids, test_labels = (np.concatenate(parts) for parts in zip(*kept, strict=True))
    copies = (features(damaged(stretched(train_grids, rng), rng)) for _ in range(COPIES))
    inputs = np.concatenate([features(train_grids), *copies])
    layers = _fit(inputs, np.tile(train_labels, COPIES + 1), len(names), epochs, seed)
    cells = train_cell_network(
        train_grids,
        train_labels,
        len(names),
        _CELL_EPOCHS * epochs,
        seed,
        lambda number: damaged(stretched(train_grids, rng) if number % 3 else train_grids, rng),
    )
    judge = Classifier(names, layers, cells, {"seed": seed, "trained_on": len(train_grids)})
    judge.facts.update(_accuracies(judge, test_grids, test_labels, rng))
    return judge


def _fit(inputs: NDArray[np.float32], labels: NDArray[np.intp], outputs: int, epochs: int, seed: int) -> Any:
    """The two layers after training with AdamW on a falling rate."""
    import torch
    from torch.nn import functional

    torch.manual_seed(seed)
    middle, spread = inputs.mean(axis=0), inputs.std(axis=0) + 0.1
    network = torch.nn.Sequential(
        torch.nn.Linear(FEATURES, HIDDEN),
        torch.nn.ReLU(),
        torch.nn.Dropout(0.3),
        torch.nn.Linear(HIDDEN, outputs),
    )
    optimiser = torch.optim.AdamW(network.parameters(), lr=2e-3, weight_decay=0.05)
    steps = epochs * -(-len(inputs) // _BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 3e-3, total_steps=steps)
    x, y = torch.from_numpy((inputs - middle) / spread), torch.from_numpy(labels.astype(np.int64))
    for _ in range(epochs):
        for chosen in torch.randperm(len(x)).split(_BATCH):
            loss = functional.cross_entropy(network(x[chosen]), y[chosen], label_smoothing=0.05)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
    first, first_bias, second, second_bias = (part.detach().numpy().copy() for part in network.parameters())
    first = first / spread  # so that the finished network takes inputs as they are
    return (first.T.copy(), first_bias - first @ middle), (second.T.copy(), second_bias)


def _accuracies(
    judge: Classifier, grids: Voxels, labels: NDArray[np.intp], rng: np.random.Generator
) -> dict[str, Any]:
    """How often the judge is right on shapes it never saw: whole, damaged, and by family."""
    truth = np.array(judge.names)[labels]
    right = np.array(judge.predict(grids)) == truth
    on_damaged = np.array(judge.predict(damaged(grids, rng))) == truth
    return {
        "validated_on": len(grids),
        "accuracy": float(right.mean()),
        "accuracy_damaged": float(on_damaged.mean()),
        "by_family": {
            name: float(right[truth == name].mean()) for name in judge.names if (truth == name).any()
        },
    }


def ready_classifier(path: Path) -> Classifier:
    """The classifier kept at ``path``, else the one that comes along: the first that knows today's shapes.

    Where neither does, one is trained and kept at ``path``.
    """
    for place in (path, SHIPPED):
        try:
            judge = load_classifier(place)
        except BrickGPTError:
            continue
        if judge.facts.get("shapes_digest") == shapes_digest():
            return judge
    print("training the classifier of categories, which takes some ten minutes …", file=sys.stderr)
    judge = train_classifier()
    judge.save(path)
    return judge
