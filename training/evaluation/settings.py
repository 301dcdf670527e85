"""What an evaluation was asked, noted beside its outcomes so that different ones are never mixed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from brickgpt_engine.decoding.loader import embedded_folder
from brickgpt_engine.errors import ConfigError, OutputError
from brickgpt_engine.formats.atomic import write_text
from training.evaluation.outcomes import OutcomeLog
from training.evaluation.prompts import Prompt

_FORMAT_VERSION = 1


def settings_of(model: str, data: Path | None, *, seed: int, temperature: float) -> dict[str, Any]:
    """What must be the same for outcomes to belong together."""
    return {
        "format_version": _FORMAT_VERSION,
        "model": _shown(model),
        "weights": weights_digest(model),
        "data": None if data is None else _shown(str(data)),
        "seed": seed,
        "temperature": temperature,
    }


def _shown(path: str) -> str:
    """A path as it was given, but of an absolute one only the name: reports are read elsewhere."""
    return Path(path).name if Path(path).is_absolute() else path


def weights_digest(model: str) -> str | None:
    """A name for the weights of a model folder, so that a newer model is not mixed with an older one."""
    folder = embedded_folder() if model == "nano" else Path(model)
    files = sorted(folder.glob("*.safetensors"))
    if not files:
        return None
    digest = hashlib.blake2b(digest_size=8)
    for path in files:
        digest.update(path.read_bytes())
    return digest.hexdigest()


def claim_folder(out: Path, wanted: dict[str, Any]) -> dict[str, Any]:
    """Make folder ``out`` and note in ``settings.json`` what is evaluated there; returns the settings.

    Raises:
        ConfigError: the folder holds an evaluation with other settings.
        OutputError: the folder cannot be made.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot make the folder {out}: {error.strerror}; choose another --out") from error
    note = out / "settings.json"
    if note.exists():
        try:
            there = json.loads(note.read_text(encoding="utf-8"))
        except ValueError:
            there = {}
        differing = [key for key in wanted if there.get(key) != wanted[key]]
        if differing:
            has = ", ".join(f"{key} {there.get(key)}" for key in differing)
            raise ConfigError(f"{out} holds an evaluation with {has}; give the same options or another --out")
    write_text(note, json.dumps(wanted, indent=2) + "\n")
    return wanted


def check_prompts(log: OutcomeLog, prompts: Sequence[Prompt]) -> None:
    """Refuse to go on with a file whose outcomes answer other prompts.

    Raises:
        ConfigError: an outcome's prompt is not the one of its number.
    """
    for outcome in log.outcomes:
        if outcome.index < len(prompts) and outcome.prompt != prompts[outcome.index].text:
            raise ConfigError(
                f"{log.path} answers other prompts (number {outcome.index} differs); "
                "the data set or the captions have changed, so give another --out"
            )
