"""Which checkpoint a run goes on from: the newest that has all its files, saved by the same kind of launch.

TRL's trainer writes a checkpoint in one of three forms: its own, that of FSDP, or that of DeepSpeed. None can
be gone on from under another of them.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from zipfile import ZipFile

from brickgpt_engine.errors import ConfigError

_WEIGHTS = ("model.safetensors", "model.safetensors.index.json", "adapter_model.safetensors")
_FSDP, _DEEPSPEED = "FSDP", "DEEPSPEED"
_LATEST = "latest"
"""File of DeepSpeed that names the folder, inside the checkpoint, of the shards."""


def sharding() -> str:
    """What accelerate was launched to shard the model with: ``FSDP``, ``DEEPSPEED`` or nothing."""
    kinds = (_FSDP, _DEEPSPEED)
    return next((kind for kind in kinds if os.environ.get(f"ACCELERATE_USE_{kind}") == "true"), "")


def newest_whole(out: Path, tell: Callable[[str], None]) -> Path | None:
    """The newest checkpoint that has all its files, which can be read; ``tell`` hears of the others.

    Raises:
        ConfigError: it was saved by another kind of launch.
    """
    found = [path for path in out.glob("checkpoint-*") if path.name.partition("-")[2].isdigit()]
    for path in sorted(found, key=lambda path: -int(path.name.partition("-")[2])):
        reason = _damage(path)
        if reason:
            tell(f"{path} is not whole ({reason}); the one before it is used instead")
            continue
        if _kind(path) != sharding():
            raise ConfigError(
                f"{path} was saved {_named(_kind(path))}, and this run is {_named(sharding())}; "
                "launch it as it was begun, or give another out"
            )
        return path
    return None


def _named(kind: str) -> str:
    return f"under {kind}" if kind else "without sharding"


def _kind(path: Path) -> str:
    """What a checkpoint was sharded with."""
    if (path / _LATEST).is_file():
        return _DEEPSPEED
    return _FSDP if any(path.glob("pytorch_model_fsdp*")) else ""


def _damage(path: Path) -> str:
    """What a checkpoint lacks; empty where it is whole."""
    missing = [name for name in ("trainer_state.json", "scheduler.pt") if not (path / name).is_file()]
    if not any((path / name).is_file() for name in _WEIGHTS):
        missing.append("weights")
    if missing:
        return f"no {missing[0]}"
    try:
        json.loads((path / "trainer_state.json").read_text(encoding="utf-8"))
        for archive in _archives(path):
            with ZipFile(archive) as file:
                if file.testzip() is not None:
                    return f"{archive.name} is damaged"
        for weights in path.glob("*.safetensors"):
            _read_weights(weights)
    except FileNotFoundError as error:
        return f"no {Path(error.filename).name}"
    except Exception as error:  # noqa: BLE001  (damaged files make every reader raise its own)
        return f"{type(error).__name__}: {' '.join(str(error).split())[:80]}"
    return ""


def _archives(path: Path) -> list[Path]:
    """The files of PyTorch that hold the state of the optimizer, and of FSDP's and DeepSpeed's weights."""
    kind = _kind(path)
    if not kind:
        return [path / "optimizer.pt"]
    if kind == _FSDP:
        return [path / "optimizer.bin", path / "pytorch_model_fsdp.bin"]
    shards = path / (path / _LATEST).read_text(encoding="utf-8").strip()
    return [*shards.glob("*.pt")] or [shards / "optim_states.pt"]


def _read_weights(path: Path) -> None:
    from safetensors import safe_open

    with safe_open(path, framework="pt") as file:
        for name in list(file.keys())[:1]:
            file.get_tensor(name)
