"""Data set rows as token sequences, and batches of them.

A sequence is ``<s>`` caption ``<bricks>`` brick lines ``</s>``; the loss covers what
comes after ``<bricks>``. Sequences of like length share a batch, so little is padding.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from brickgpt_engine.errors import InputError

if TYPE_CHECKING:
    from tokenizers import Tokenizer

IGNORE = -100
"""Label of a position that the loss leaves out (PyTorch's convention)."""
WIDTHS = (96, 128, 160, 192, 224, 256, 320, 384, 512, 704)
"""Lengths that sequences are padded to; none may be longer than the last."""


@dataclass(frozen=True, slots=True)
class Row:
    """One structure: the ids of each of its captions (with specials) and of its bricks (with EOS)."""

    prompts: list[NDArray[np.int32]]
    bricks: NDArray[np.int32]


def shards(folder: Path, split: str) -> list[Path]:
    """The Parquet shards of a split, in order.

    Raises:
        InputError: there are none.
    """
    found = sorted(folder.glob(f"{split}-*.parquet"))
    if not found:
        raise InputError(f"{folder} holds no {split}-*.parquet; run python -m training.data build first")
    return found


def read_columns(
    folder: Path, split: str, columns: list[str], limit: int | None = None
) -> list[dict[str, Any]]:
    """Rows of a split as dictionaries of the named columns."""
    import pyarrow.parquet as pq

    rows: list[dict[str, Any]] = []
    for path in shards(folder, split):
        rows += pq.read_table(path, columns=columns).to_pylist()
        if limit is not None and len(rows) >= limit:
            break
    return rows[:limit]


def encode_rows(rows: list[dict[str, Any]], tokenizer: Tokenizer) -> list[Row]:
    """Tokenise rows; sequences longer than the last of :data:`WIDTHS` are left out."""
    from brickgpt_engine.decoding.tokenizer import as_tokenizer
    from brickgpt_engine.generation.prompts import encode_prompt

    wrapped = as_tokenizer(tokenizer)
    encoded: list[Row] = []
    for row in rows:
        bricks = np.array([*wrapped.encode(row["bricks"]), wrapped.eos_id], dtype=np.int32)
        prompts = [np.array(encode_prompt(wrapped, text, "nano"), dtype=np.int32) for text in row["captions"]]
        if max(map(len, prompts)) + len(bricks) <= WIDTHS[-1]:
            encoded.append(Row(prompts, bricks))
    return encoded


def batches(
    rows: list[Row], *, tokens: int, rng: np.random.Generator, pad: int
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """One epoch of batches of at most ``tokens`` positions, in random order.

    Each structure comes once, with one of its captions drawn at random. A batch has one
    of few shapes (see :data:`WIDTHS`), so that a compiled model is compiled once for each;
    the last batch of a width is filled up with lines that the loss leaves out.

    Yields:
        ``inputs`` and ``labels``, both int64 of shape (batch, length); labels are not
        shifted, prompt and padding positions are :data:`IGNORE`.
    """
    chosen = [row.prompts[rng.integers(len(row.prompts))] for row in rows]
    lengths = np.array([len(prompt) + len(row.bricks) for prompt, row in zip(chosen, rows, strict=True)])
    buckets = np.searchsorted(WIDTHS, lengths)
    groups: list[tuple[int, NDArray[np.int64]]] = []
    for bucket, width in enumerate(WIDTHS):
        members = rng.permutation(np.flatnonzero(buckets == bucket))
        height = max(1, tokens // width)
        groups += [(width, members[start : start + height]) for start in range(0, len(members), height)]
    for number in rng.permutation(len(groups)):
        width, members = groups[number]
        shape = (max(1, tokens // width), width)
        inputs, labels = np.full(shape, pad, dtype=np.int64), np.full(shape, IGNORE, dtype=np.int64)
        for line, index in enumerate(members):
            prompt, bricks = chosen[index], rows[index].bricks
            inputs[line, : lengths[index]] = np.concatenate([prompt, bricks])
            labels[line, len(prompt) : lengths[index]] = bricks
        yield inputs, labels
