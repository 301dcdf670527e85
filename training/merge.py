"""``python -m training merge A B …``: the mean of several checkpoints' weights, as one model.

Checkpoints of one run, or of runs from one start, often have a mean that is better than each of them
(Wortsman et al., 2022, arXiv 2203.05482). ``--temperature`` divides the mean's logits as well: a model that
training made surer than it should be strays again as it did, at the temperature that it is used at.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from brickgpt_engine.decoding.weights import Weights
from brickgpt_engine.errors import BrickGPTError, InputError
from brickgpt_engine.formats.atomic import write_bytes

_FINAL_NORM = "model.norm.weight"
"""Scales what the logits are taken from, in Llama and its kin."""
_LEFT = (".safetensors", ".pt", ".pth", ".bin", ".gguf", ".md")
_LEFT_NAMES = ("model.safetensors.index.json", "complete.json", "trainer_state.json")
"""Files of a checkpoint that are not the merged model's."""

Arrays = dict[str, NDArray[np.float32]]


def mean(folders: Sequence[Path], shares: Sequence[float] | None = None, temperature: float = 1.0) -> Arrays:
    """Tensors of the weighted mean of model ``folders``, whose logits are divided by ``temperature``.

    Args:
        folders: Hugging Face folders of one architecture, at least one.
        shares: the weight of each, scaled to add up to 1; equal ones by default.
        temperature: above 0; a model that draws at 0.6 what the mean draws at 0.7 has 0.7 / 0.6.

    Raises:
        InputError: shares or temperature cannot be, or the models do not match.
        ModelError: a folder has no weights that can be read.
    """
    shares = [1.0] * len(folders) if shares is None else shares
    if len(shares) != len(folders) or not sum(shares) > 0 or min(shares) < 0:
        raise InputError(
            f"{len(folders)} models and {len(shares)} shares; give each model one, none below 0, not all 0"
        )
    if not temperature > 0:
        raise InputError(f"the temperature is {temperature}; it must be above 0")
    models = [Weights(folder) for folder in folders]
    first = models[0]
    for model in models[1:]:
        _same_shapes(first, model)
    parts = np.array(shares) / sum(shares)
    found: Arrays = {}
    for name, entry in first.items():
        total = np.zeros(entry.shape, dtype=np.float64)
        for part, model in zip(parts, models, strict=True):
            total += part * model[name].load()
        found[name] = total.astype(np.float32)
    if temperature != 1:
        if _FINAL_NORM not in found:
            raise InputError(f"{folders[0]} has no {_FINAL_NORM}; only Llama-like models take a temperature")
        found[_FINAL_NORM] = found[_FINAL_NORM] / np.float32(temperature)
    return found


def _same_shapes(first: Weights, other: Weights) -> None:
    names = sorted(set(first) ^ set(other))
    if names:
        has, lacks = (first, other) if names[0] in first else (other, first)
        raise InputError(
            f"{has.folder} has a tensor {names[0]}, which {lacks.folder} lacks: not the same model"
        )
    for name, entry in first.items():
        if entry.shape != other[name].shape:
            raise InputError(
                f"{name} has shape {list(entry.shape)} in {first.folder} and {list(other[name].shape)} in "
                f"{other.folder}: not the same model"
            )


def write(arrays: Arrays, like: Path, out: Path, dtype: str = "float16") -> None:
    """Write a model folder with these weights, and with config and tokenizer of the folder ``like``.

    Raises:
        InputError: ``out`` has files already, or a weight is too large for ``dtype``.
    """
    from safetensors.numpy import save

    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise InputError(f"{out} exists and is not empty; give a new folder")
    with np.errstate(over="ignore"):
        cast = {name: array.astype(dtype) for name, array in arrays.items()}
    wrong = next((name for name, array in cast.items() if not np.isfinite(array).all()), None)
    if wrong is not None:
        raise InputError(f"{wrong} has numbers that {dtype} does not hold; add --dtype float32")
    out.mkdir(parents=True, exist_ok=True)
    for path in sorted(like.iterdir()):
        if path.is_file() and path.suffix not in _LEFT and path.name not in _LEFT_NAMES:
            shutil.copyfile(path, out / path.name)
    write_bytes(out / "model.safetensors", save(cast, metadata={"format": "pt"}))


def main(arguments: Sequence[str] | None = None) -> None:
    """Merge and write."""
    parser = argparse.ArgumentParser(prog="python -m training merge", description=__doc__)
    parser.add_argument(
        "models", type=Path, nargs="+", help="model folders or checkpoints of one architecture"
    )
    parser.add_argument(
        "--out", type=Path, required=True, help="new model folder; tokenizer of the first model"
    )
    parser.add_argument(
        "--shares", type=float, nargs="+", help="how much each counts (default: all the same)"
    )
    parser.add_argument("--temperature", type=float, default=1.0, help="divides the logits (default: 1)")
    parser.add_argument("--dtype", choices=("float16", "float32"), default="float16", help="default: float16")
    wanted = parser.parse_args(arguments)
    try:
        write(
            mean(wanted.models, wanted.shares, wanted.temperature), wanted.models[0], wanted.out, wanted.dtype
        )
    except (BrickGPTError, OSError) as error:
        sys.exit(f"error: {error}")
    print(f"{wanted.out}: the mean of {len(wanted.models)}", file=sys.stderr)


if __name__ == "__main__":
    main()
