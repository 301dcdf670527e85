"""A small judge of category: from a grid of cells to the name of a family.

It sees nine pictures of the centred model, each 20x20: how deep one looks from each of
the six sides before a cell stops the eye, and how many cells lie behind each other along
each axis. A network with one hidden layer names the family. It is trained by
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
from training.data import shapes
from training.data.shapes.base import SIDE, Voxels
from training.evaluation.voxels import centred_grids

Features = NDArray[np.float32]
FEATURES = 9 * SIDE * SIDE
_FORMAT_VERSION = 1


def features(grids: Voxels) -> Features:
    """What the classifier sees of the grids (n, 20, 20, 20): shape (n, 3600), values 0 to 1."""
    placed = centred_grids(grids)
    seen = []
    for axis in (1, 2, 3):
        behind = placed.sum(axis=axis)
        hit = behind > 0
        for view in (placed, np.flip(placed, axis=axis)):
            seen.append(np.where(hit, SIDE - np.argmax(view, axis=axis), 0))
        seen.append(behind)
    stacked = np.stack(seen, axis=1).reshape(len(grids), FEATURES)
    return (stacked / SIDE).astype(np.float32)


@dataclass(frozen=True)
class Classifier:
    """A trained judge.

    Attributes:
        names: the categories, in the order of the outputs.
        layers: weight (inputs, outputs) and bias (outputs,) of the two layers, float32.
        facts: how it was trained and how good it is on shapes it never saw.
    """

    names: tuple[str, ...]
    layers: tuple[tuple[Features, Features], tuple[Features, Features]]
    facts: dict[str, Any]

    def predict(self, grids: Voxels) -> list[str]:
        """The category of each of the grids (n, 20, 20, 20)."""
        if not len(grids):
            return []
        (first, first_bias), (second, second_bias) = self.layers
        hidden = np.maximum(features(grids) @ first + first_bias, 0.0)
        return [self.names[index] for index in np.argmax(hidden @ second + second_bias, axis=1)]

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
    except FileNotFoundError as error:
        raise InputError(
            f"there is no classifier {path}; run python -m training.evaluate classifier"
        ) from error
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise FormatError(
            f"{path} is not a classifier of this program; remove it to train a new one"
        ) from error
    return Classifier(tuple(note["names"]), ((parts[0], parts[1]), (parts[2], parts[3])), note["facts"])


def shapes_digest() -> str:
    """A name for the present source of all shape families: a classifier of other families is out of date."""
    digest = hashlib.blake2b(digest_size=8)
    for path in sorted(Path(shapes.__file__).parent.glob("*.py")):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()
