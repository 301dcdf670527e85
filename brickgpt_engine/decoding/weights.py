"""Reading safetensors files into float32 arrays, bfloat16 included.

The format (https://huggingface.co/docs/safetensors): eight bytes with the header's
length, a JSON header with type, shape and place of each tensor, then the data. The
``safetensors`` NumPy loader knows no bfloat16, hence this reader.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from brickgpt_engine.decoding.tokenizer import read_json
from brickgpt_engine.errors import ModelError

_WIDTHS = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2}
_NUMPY = {"F64": "<f8", "F32": "<f4", "F16": "<f2"}
_MAX_HEADER = 100_000_000  # the format's own limit


@dataclass(frozen=True, slots=True)
class TensorEntry:
    """Where a tensor lies: its file, type, shape, and first byte."""

    path: Path
    dtype: str
    shape: tuple[int, ...]
    offset: int

    def load(self) -> NDArray[np.float32]:
        """The tensor in float32; bfloat16 is the upper half of a float32."""
        count = math.prod(self.shape)
        if self.dtype == "BF16":
            raw = np.fromfile(self.path, dtype="<u2", count=count, offset=self.offset)
            values = (raw.astype(np.uint32) << 16).view(np.float32)
        else:
            raw = np.fromfile(self.path, dtype=_NUMPY[self.dtype], count=count, offset=self.offset)
            values = raw.astype(np.float32, copy=False)
        if values.size != count:
            raise _damaged(self.path, "it ends early")
        return values.reshape(self.shape)


class Weights(Mapping[str, TensorEntry]):
    """The tensors of a model folder, single-file or sharded; nothing is read until asked for.

    Raises:
        ModelError: no weights, or a file that is damaged, cut short or of a type not known.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._entries: dict[str, TensorEntry] = {}
        for path in _files(folder):
            self._entries.update(_read_header(path))

    def __getitem__(self, name: str) -> TensorEntry:
        return self._entries[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def parameters(self) -> int:
        """Number of weights in all tensors."""
        return sum(math.prod(entry.shape) for entry in self._entries.values())

    def array(self, name: str, shape: tuple[int, ...]) -> NDArray[np.float32]:
        """Tensor ``name`` in float32.

        Raises:
            ModelError: it is missing, or its shape is not ``shape``.
        """
        entry = self._entries.get(name)
        if entry is None:
            raise ModelError(
                f"{self.folder} has no tensor {name!r}; its weights do not match its config.json"
            )
        if entry.shape != shape:
            raise ModelError(
                f"tensor {name!r} in {entry.path.name} has shape {list(entry.shape)}, and config.json asks "
                f"for {list(shape)}; the folder mixes two models"
            )
        return entry.load()


def _files(folder: Path) -> list[Path]:
    single = folder / "model.safetensors"
    if single.is_file():
        return [single]
    index = folder / "model.safetensors.index.json"
    if not index.is_file():
        raise ModelError(f"{folder} has no model.safetensors; only safetensors weights are read")
    shards = read_json(index).get("weight_map")
    if not isinstance(shards, dict) or not all(isinstance(name, str) for name in shards.values()):
        raise ModelError(f"{index} lists no shards; download it again")
    paths = [folder / name for name in sorted(set(shards.values()))]
    absent = next((path.name for path in paths if not path.is_file()), None)
    if absent is not None:
        raise ModelError(f"{folder} lacks the shard {absent} that its index names; download it again")
    return paths


def _damaged(path: Path, what: str) -> ModelError:
    return ModelError(f"{path} is damaged ({what}); download it again")


def _read_header(path: Path) -> dict[str, TensorEntry]:
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            start = file.read(8)
            length = struct.unpack("<Q", start)[0] if len(start) == 8 else 0
            if not 2 <= length <= min(size - 8, _MAX_HEADER):
                raise _damaged(path, "its header has an impossible length")
            header = json.loads(file.read(length))
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:  # brackets without end exhaust the JSON reader
        raise _damaged(path, "its header is not JSON") from error
    if not isinstance(header, dict):
        raise _damaged(path, "its header is not a JSON object")
    header.pop("__metadata__", None)
    return {name: _entry(path, name, fields, 8 + length, size) for name, fields in header.items()}


def _entry(path: Path, name: str, fields: Any, base: int, size: int) -> TensorEntry:
    try:
        dtype, shape = str(fields["dtype"]), tuple(int(side) for side in fields["shape"])
        begin, end = (int(offset) for offset in fields["data_offsets"])
    except (KeyError, TypeError, ValueError, OverflowError) as error:  # OverflowError: a side of Infinity
        raise _damaged(path, f"its entry for {name!r} is malformed") from error
    if dtype not in _WIDTHS:
        raise ModelError(
            f"tensor {name!r} in {path} is of type {dtype}; only F64, F32, F16 and BF16 are read, "
            "so use an unquantised copy of the model"
        )
    if begin < 0 or end - begin != math.prod(shape) * _WIDTHS[dtype]:
        raise _damaged(path, f"the place of tensor {name!r} does not fit its shape")
    if base + end > size:
        raise _damaged(path, f"it ends before tensor {name!r} does")
    return TensorEntry(path, dtype, shape, base + begin)
