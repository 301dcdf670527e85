"""``python -m training merge A B …``: the mean of several checkpoints' weights, as one model.

Checkpoints of one run, or of runs from one start, often have a mean that is better than each of them
(Wortsman et al., 2022, arXiv 2203.05482). ``--temperature`` divides the mean's logits as well: a model that
training made surer than it should be strays again as it did, at the temperature that it is used at.

``--add AFTER BEFORE SHARE`` adds a share of what some other training changed: weights that rewards have
tuned take in what fine-tuning taught the weights that they came from, and keep what the rewards gave (Ilharco
et al., 2023, arXiv 2212.04089).
"""

from __future__ import annotations

import argparse
import math
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from brickgpt_engine.decoding.loader import embedded_folder
from brickgpt_engine.decoding.weights import Weights
from brickgpt_engine.errors import BrickGPTError, InputError
from brickgpt_engine.formats.atomic import write_bytes

_FINAL_NORM = "model.norm.weight"
"""Scales what the logits are taken from, in Llama and its kin."""
_LEFT = (".safetensors", ".pt", ".pth", ".bin", ".gguf", ".md")
_LEFT_NAMES = ("model.safetensors.index.json", "complete.json", "trainer_state.json")
"""Files of a checkpoint that are not the merged model's."""

Arrays = dict[str, NDArray[np.float32]]


Change = tuple[Path, Path, float]
"""A model, the one that it was trained from, and how much of the difference is taken."""


def mean(
    folders: Sequence[Path],
    shares: Sequence[float] | None = None,
    temperature: float = 1.0,
    changes: Sequence[Change] = (),
) -> Arrays:
    """Tensors of the weighted mean of model ``folders``, whose logits are divided by ``temperature``.

    Args:
        folders: Hugging Face folders of one architecture, at least one.
        shares: the weight of each, scaled to add up to 1; equal ones by default.
        temperature: above 0; a model that draws at 0.6 what the mean draws at 0.7 has 0.7 / 0.6.
        changes: added to the mean before its logits are divided.

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
    terms = [(sign * share, Weights(folder)) for after, before, share in changes
             for sign, folder in ((1, after), (-1, before))]  # fmt: skip
    for model in [*models[1:], *(model for _, model in terms)]:
        _same_shapes(first, model)
    parts = np.array(shares) / sum(shares)
    found: Arrays = {}
    for name, entry in first.items():
        total = np.zeros(entry.shape, dtype=np.float64)
        for part, model in [*zip(parts, models, strict=True), *terms]:
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


def _folder(name: str) -> Path:
    return embedded_folder() if name == "nano" else Path(name)


def _share(text: str) -> float:
    try:
        share = float(text)
    except ValueError:
        share = math.nan
    if not math.isfinite(share):
        raise InputError(f"--add wants two model folders and a number, and {text!r} is none")
    return share


def main(arguments: Sequence[str] | None = None) -> None:
    """Merge and write."""
    parser = argparse.ArgumentParser(prog="python -m training merge", description=__doc__)
    parser.add_argument(
        "models",
        nargs="+",
        help="model folders or checkpoints of one architecture, or nano for the embedded one",
    )
    parser.add_argument(
        "--out", type=Path, required=True, help="new model folder; tokenizer of the first model"
    )
    parser.add_argument(
        "--shares", type=float, nargs="+", help="how much each counts (default: all the same)"
    )
    parser.add_argument("--temperature", type=float, default=1.0, help="divides the logits (default: 1)")
    parser.add_argument("--dtype", choices=("float16", "float32"), default="float16", help="default: float16")
    parser.add_argument(
        "--add",
        nargs=3,
        action="append",
        default=[],
        metavar=("AFTER", "BEFORE", "SHARE"),
        help="add this share of what training changed from BEFORE to AFTER; may be given again",
    )
    wanted = parser.parse_args(arguments)
    try:
        folders = [_folder(name) for name in wanted.models]
        changes = [(_folder(after), _folder(before), _share(share)) for after, before, share in wanted.add]
        arrays = mean(folders, wanted.shares, wanted.temperature, changes)
        write(arrays, folders[0], wanted.out, wanted.dtype)
    except (BrickGPTError, OSError) as error:
        sys.exit(f"error: {error}")
    more = f" and {len(changes)} change{'s' if len(changes) > 1 else ''}" if changes else ""
    print(f"{wanted.out}: the mean of {len(wanted.models)}{more}", file=sys.stderr)


if __name__ == "__main__":
    main()
