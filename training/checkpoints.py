"""Checkpoints that are whole or not there: written beside, then renamed, and read back from the newest whole.

A checkpoint is a folder ``checkpoint-000500`` with a model folder's files, ``state.pt`` (optimizer,
scheduler, random number generators, progress) and, written last, ``complete.json``.
"""

from __future__ import annotations

import json
import random
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import torch

from brickgpt_engine.errors import ConfigError, OutputError

_NAME = re.compile(r"checkpoint-(\d+)")
_DONE = "complete.json"


def rng_states() -> dict[str, Any]:
    """The states of all random number generators of this process."""
    cuda = torch.cuda.get_rng_state_all() if torch.cuda.is_available() else []
    return {
        "python": random.getstate(),
        "numpy": np.random.get_state(),  # noqa: NPY002  (libraries draw from it)
        "torch": torch.get_rng_state(),
        "cuda": cuda,
    }


def restore_rng(states: dict[str, Any]) -> None:
    """Set all random number generators to states that :func:`rng_states` gave."""
    random.setstate(states["python"])
    np.random.set_state(states["numpy"])  # noqa: NPY002
    torch.set_rng_state(states["torch"])
    if states["cuda"] and torch.cuda.is_available():
        torch.cuda.set_rng_state_all(states["cuda"])


def write_checkpoint(out: Path, step: int, save_model: Any, state: dict[str, Any], keep: int) -> Path:
    """Write the checkpoint of ``step`` and remove the oldest beyond ``keep``.

    Args:
        out: the run's folder.
        step: updates made.
        save_model: is called with a folder to write the model into.
        state: what else the run needs to go on.
        keep: how many checkpoints stay.

    Raises:
        OutputError: the disk is full or the folder cannot be written.
    """
    target = out / f"checkpoint-{step:06d}"
    beside = out / f".{target.name}.partial"
    try:
        shutil.rmtree(beside, ignore_errors=True)
        beside.mkdir(parents=True)
        save_model(beside)
        torch.save(state, beside / "state.pt")
        (beside / _DONE).write_text(json.dumps({"step": step}) + "\n")
        shutil.rmtree(target, ignore_errors=True)
        beside.rename(target)
    except (OSError, RuntimeError) as error:
        shutil.rmtree(beside, ignore_errors=True)
        raise OutputError(
            f"cannot write {target}: {error}; the one before it is whole, so free some space and run again"
        ) from error
    for path in whole_checkpoints(out)[:-keep]:
        shutil.rmtree(path, ignore_errors=True)
    return target


def whole_checkpoints(out: Path) -> list[Path]:
    """The finished checkpoints in ``out``, oldest first."""
    found = [path for path in out.glob("checkpoint-*") if _NAME.fullmatch(path.name)]
    return sorted((path for path in found if (path / _DONE).is_file()), key=_step)


def _step(path: Path) -> int:
    match = _NAME.fullmatch(path.name)
    return int(match[1]) if match else -1


def newest_checkpoint(out: Path, tell: Any) -> tuple[Path, dict[str, Any]] | None:
    """The newest checkpoint that can be read, with its state; ``tell`` hears of those that cannot.

    Raises:
        ConfigError: there are checkpoints and none can be read.
    """
    for path in sorted(out.glob(".checkpoint-*.partial")):
        tell(f"{path} was not finished when a run was interrupted; it is left out")
    damaged = []
    for path in sorted(out.glob("checkpoint-*"), key=_step, reverse=True):
        try:
            if not (path / _DONE).is_file():
                raise ValueError(f"{_DONE} is missing")
            return path, torch.load(path / "state.pt", map_location="cpu", weights_only=False)
        except (OSError, ValueError, RuntimeError, EOFError, KeyError, LookupError) as error:
            reason = " ".join(str(error).split())[:120]
            tell(f"{path} is not whole ({reason}); the one before it is used instead")
            damaged.append(path.name)
        except Exception as error:  # noqa: BLE001  (a damaged pickle raises whatever it likes)
            tell(f"{path} is not whole ({type(error).__name__}); the one before it is used instead")
            damaged.append(path.name)
    if damaged:
        raise ConfigError(
            f"no checkpoint in {out} can be read ({', '.join(damaged)}); "
            "remove them to begin anew, or name another out"
        )
    return None
