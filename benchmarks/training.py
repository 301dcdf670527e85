"""What makes a model from nothing possible on two cores: time of an update, and loss after some of them.

    python benchmarks/training.py [--quick] [--json]

Trains the model of `training/configs/sft-small.yaml` on new structures of tables and benches. The rivals are
the same runs with one thing changed: memory that is freed goes back to the system, as the C library has it by
itself; or AdamW instead of Muon for the matrices, at the learning rate that does best of three.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from importlib.util import find_spec
from multiprocessing import get_context
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks._report import Row, options, publish
from brickgpt_engine.errors import InputError

ADAMW_RATES = (1e-3, 3e-3, 1e-2)
SETTINGS = Path(__file__).resolve().parent.parent / "training" / "configs" / "sft-small.yaml"
FIXED = {
    "eval_steps": 0, "best_metric": "loss", "save_steps": 10**6, "logging_steps": 5, "warmup_steps": 5,
    "device": "cpu", "resume": False,
}  # fmt: skip


def train(folder: str, changes: dict[str, Any], memory_kept: bool) -> list[dict[str, Any]]:
    """The log of a run of ``sft-small.yaml`` with ``changes``; in a process of its own."""
    import training.sft.run
    from training.options import read_yaml, settings_from
    from training.sft.config import SFTSettings
    from training.trackers import read_log

    if not memory_kept:
        training.sft.run.keep_freed_memory = lambda: False
    with tempfile.TemporaryDirectory() as out, quiet():
        there = FIXED | {"data": folder, "out": out}
        training.sft.run.train(settings_from(SFTSettings, read_yaml(SETTINGS) | there | changes))
        return read_log(Path(out))


@contextmanager
def quiet() -> Iterator[None]:
    """Without bars and logs of progress."""
    with (
        Path(os.devnull).open("w", encoding="utf-8") as nowhere,
        redirect_stdout(nowhere),
        redirect_stderr(nowhere),
    ):
        yield


def alone(folder: str, changes: dict[str, Any], memory_kept: bool = True) -> list[dict[str, Any]]:
    """:func:`train` in a fresh process, so that no run finds what another left in memory."""
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(train, folder, changes, memory_kept).result()


def seconds(log: list[dict[str, Any]], updates: int) -> float:
    """Of one update, without what comes before the first and after the last."""
    return next(line["train_runtime"] for line in log if "train_runtime" in line) / updates


def loss(log: list[dict[str, Any]]) -> float:
    """The mean of the last five updates, in nats a token."""
    return [line["loss"] for line in log if "loss" in line][-1]


def rows(quick: bool) -> Iterator[Row]:
    """Time of an update, then loss after some.

    Raises:
        InputError: a package of the extra ``train`` is missing.
    """
    if missing := [name for name in ("torch", "trl", "pyarrow") if find_spec(name) is None]:
        raise InputError(f"{', '.join(missing)} not installed; pip install -e '.[train]'")
    from training.data.build import build

    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        with quiet():
            build(200 if quick else 2000, data, test_size=20, families=["bench", "table"], layouts=1)
        timed = 5 if quick else 20
        kept, given_back = (
            seconds(alone(str(data), {"max_steps": timed}, memory_kept), timed)
            for memory_kept in (True, False)
        )
        yield Row.compare(
            "one update, 8,192 positions", kept, "s", given_back, rival_name="freed memory given back"
        )
        updates = 10 if quick else 60
        muon = loss(alone(str(data), {"max_steps": updates}))
        adamw = min(
            loss(alone(str(data), {"max_steps": updates, "optimizer": "adamw", "learning_rate": rate}))
            for rate in (ADAMW_RATES[1:2] if quick else ADAMW_RATES)
        )
        yield Row.compare(f"loss after {updates} updates", muon, "nats a token", adamw, rival_name="AdamW")


def main() -> None:
    """Measure and print."""
    wanted = options(__doc__, "few updates, one learning rate of AdamW")
    publish(rows(wanted.quick), wanted)


if __name__ == "__main__":
    main()
