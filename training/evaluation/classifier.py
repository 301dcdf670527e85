"""A small judge of category: from a grid of cells to the name of a family.

Two networks vote. One has convolutions and sees the cells as they are, see
:mod:`training.evaluation.cell_network`. The other has one hidden layer and sees the model
twice. Stretched to a box of 12x12x12 cells, where proportions are no matter: every cell,
and nine pictures, how deep one looks from each of the six sides before a cell stops the
eye and how many cells lie behind each other along each axis. And in its true size: its
three extents, and how many cells each plane has. Where one is misled by a missing brick
or an odd proportion, the other mostly is not. Both are trained by
:mod:`training.evaluation.classifier_training` on held-out shapes, which no generator saw.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from brickgpt_engine.errors import FormatError, InputError, OutputError
from brickgpt_engine.formats.atomic import write_bytes
from brickgpt_engine.statements import font
from brickgpt_engine.statements.spans import Voxels
from training.data import shapes
from training.data.shapes.base import SIDE
from training.evaluation.cell_network import CellNetwork, arrays_of, from_arrays
from training.evaluation.voxels import centred_grids

Features = NDArray[np.float32]
BOX = 12
"""Side of the box that every model is stretched to."""
_EXTENT_COPIES = 8  # a network of few inputs for size would otherwise learn size late
FEATURES = BOX**3 + 9 * BOX**2 + 3 * _EXTENT_COPIES + 3 * SIDE
_FORMAT_VERSION = 3


def features(grids: Voxels) -> Features:
    """What the classifier sees of the grids (n, 20, 20, 20): shape (n, FEATURES), values about 0 to 1."""
    placed = centred_grids(grids)
    boxes, extents = stretched_to_box(placed)
    planes = [placed.sum(axis=axes) / (3 * SIDE) for axes in ((2, 3), (1, 3), (1, 2))]
    parts = [boxes.reshape(len(grids), -1), pictures(boxes).reshape(len(grids), -1)]
    parts += [np.repeat(extents / SIDE, _EXTENT_COPIES, axis=1), *planes]
    return np.concatenate(parts, axis=1).astype(np.float32)


def stretched_to_box(grids: Voxels) -> tuple[Voxels, NDArray[np.intp]]:
    """The bounding box of each grid at :data:`BOX` cells a side (nearest cells), and its extents (n, 3)."""
    picks, extents = [], []
    for others in ((2, 3), (1, 3), (1, 2)):
        filled: NDArray[np.bool_] = np.any(grids, axis=others)
        low = filled.argmax(axis=1)
        extent = np.where(filled.any(axis=1), SIDE - filled[:, ::-1].argmax(axis=1) - low, 0)
        picks.append(low[:, None] + ((np.arange(BOX) + 0.5) * extent[:, None] / BOX).astype(np.intp))
        extents.append(extent)
    x, y, z = picks
    owner = np.arange(len(grids))[:, None, None, None]
    boxes: Voxels = grids[owner, x[:, :, None, None], y[:, None, :, None], z[:, None, None, :]]
    return boxes, np.stack(extents, axis=1)


def pictures(boxes: Voxels) -> NDArray[np.float64]:
    """Nine pictures of each of the cubes (n, s, s, s): shape (n, 9, s, s), values 0 to 1.

    Three for each axis: nearness of the first cell seen from its low end (1 at the very
    side, 0 where there is none), from its high end, and the share of cells along it.
    """
    side = boxes.shape[1]
    seen = []
    for axis in (1, 2, 3):
        behind = boxes.sum(axis=axis)
        for view in (boxes, np.flip(boxes, axis=axis)):
            seen.append(np.where(behind > 0, side - np.argmax(view, axis=axis), 0))
        seen.append(behind)
    stacked: NDArray[np.float64] = np.stack(seen, axis=1) / side
    return stacked


@dataclass(frozen=True)
class Classifier:
    """A trained judge.

    Attributes:
        names: the categories, in the order of the outputs.
        layers: weight (inputs, outputs) and bias (outputs,) of the two layers that see features, float32.
        cells: the network that sees the cells.
        facts: how it was trained and how good it is on shapes it never saw.
    """

    names: tuple[str, ...]
    layers: tuple[tuple[Features, Features], tuple[Features, Features]]
    cells: CellNetwork
    facts: dict[str, Any]

    def predict(self, grids: Voxels) -> list[str]:
        """The category of each of the grids (n, 20, 20, 20)."""
        if not len(grids):
            return []
        (first, first_bias), (second, second_bias) = self.layers
        hidden = np.maximum(features(grids) @ first + first_bias, 0.0)
        votes = _log_odds(hidden @ second + second_bias) + _log_odds(self.cells.scores(grids))
        return [self.names[index] for index in np.argmax(votes, axis=1)]

    def save(self, path: Path) -> None:
        """Write the classifier (NumPy's ``.npz``, weights in 16 bits); the folder is made when missing.

        Raises:
            OutputError: the file cannot be written.
        """
        import io

        note = {"format_version": _FORMAT_VERSION, "names": self.names, "facts": self.facts}
        arrays = {
            f"{kind}{i}": part
            for i, pair in enumerate(self.layers)
            for kind, part in zip("wb", pair, strict=True)
        }
        arrays |= arrays_of(self.cells)
        buffer = io.BytesIO()
        np.savez_compressed(
            buffer,
            allow_pickle=False,
            note=np.array(json.dumps(note)),
            **{name: part.astype(np.float16) for name, part in arrays.items()},
        )
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(
                f"cannot make the folder {path.parent}: {error.strerror}; choose another"
            ) from error
        write_bytes(path, buffer.getvalue())


def load_classifier(path: Path) -> Classifier:
    """Read what :meth:`Classifier.save` wrote.

    Raises:
        InputError: the file is not there.
        FormatError: it is no classifier of this version.
    """
    try:
        with np.load(path, allow_pickle=False) as kept:
            note = json.loads(str(kept["note"]))
            if note["format_version"] != _FORMAT_VERSION:
                raise FormatError(f"{path} is a classifier of another version; remove it to train a new one")
            parts = [kept[name].astype(np.float32) for name in ("w0", "b0", "w1", "b1")]
            cells = from_arrays(kept)
    except FileNotFoundError as error:
        raise InputError(
            f"there is no classifier {path}; run python -m training.evaluate classifier"
        ) from error
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise FormatError(
            f"{path} is not a classifier of this program; remove it to train a new one"
        ) from error
    layers = ((parts[0], parts[1]), (parts[2], parts[3]))
    return Classifier(tuple(note["names"]), layers, cells, note["facts"])


def _log_odds(scores: Features) -> Features:
    """Natural logarithms of the shares that the scores (n, categories) stand for."""
    shifted = scores - scores.max(axis=1, keepdims=True)
    result: Features = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return result


def shapes_digest() -> str:
    """A name for the present source of all shape families: a classifier of other families is out of date."""
    digest = hashlib.blake2b(digest_size=8)
    for path in [*sorted(Path(shapes.__file__).parent.glob("*.py")), Path(font.__file__)]:
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()
