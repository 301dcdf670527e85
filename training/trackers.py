"""Where a run's numbers and pictures go: a log in JSON lines always, TensorBoard and W&B where asked for."""

from __future__ import annotations

import json
import math
import os
import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from brickgpt_engine.errors import ConfigError, OutputError

LOG = "log.jsonl"
"""Name of the log: one JSON object a line, with ``step`` and the numbers of that step."""
GRPO_PROJECT, SFT_PROJECT = "brickgpt-grpo", "brickgpt-sft"
"""Projects at W&B where neither settings nor environment name one."""


class Tracker(Protocol):
    """Takes what a run reports."""

    def numbers(self, step: int, values: Mapping[str, float]) -> None:
        """Numbers by name."""

    def spread(self, step: int, name: str, values: Sequence[float]) -> None:
        """The distribution of a number over samples."""

    def picture(self, step: int, name: str, png: bytes, caption: str) -> None:
        """A picture."""

    def close(self) -> None:
        """No more is coming."""


class JsonLog:
    """``log.jsonl``, and pictures as files beside it.

    Args:
        folder: of the run.
        after: lines of later steps are removed, as a resumed run writes them again.
    """

    def __init__(self, folder: Path, after: int) -> None:
        self._folder, self._path = folder, folder / LOG
        kept = [line for line in _lines(self._path) if _step_of(line) <= after] if after else []
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._path.write_text("".join(f"{line}\n" for line in kept), encoding="utf-8")
        except OSError as error:
            raise OutputError(
                f"{self._path} cannot be written: {error.strerror}; choose another out"
            ) from error

    def numbers(self, step: int, values: Mapping[str, float]) -> None:
        """Append a line; what is no number is null."""
        plain = {name: value if math.isfinite(value) else None for name, value in values.items()}
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"step": step, **plain}) + "\n")

    def spread(self, step: int, name: str, values: Sequence[float]) -> None:
        """Quartiles as numbers."""
        finite = sorted(value for value in values if math.isfinite(value))
        if finite:
            at = {f"{name}/{q}": finite[round((len(finite) - 1) * q / 100)] for q in (0, 25, 50, 75, 100)}
            self.numbers(step, at)

    def picture(self, step: int, name: str, png: bytes, caption: str) -> None:
        """Write ``pictures/NAME-STEP.png``."""
        target = self._folder / "pictures" / f"{name}-{step:06d}.png"
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(png)

    def close(self) -> None:
        """Nothing is open."""


def _lines(path: Path) -> list[str]:
    """The whole lines that are there; one that was cut off is left out."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return []
    except OSError as error:
        raise OutputError(f"{path} cannot be read: {error.strerror}; choose another out") from error
    return [line for line in text.split("\n")[:-1] if line]


def _step_of(line: str) -> float:
    try:
        return float(json.loads(line)["step"])
    except (ValueError, KeyError, TypeError):
        return math.inf


def read_log(folder: Path) -> list[dict[str, Any]]:
    """The lines of a run's log."""
    return [json.loads(line) for line in _lines(folder / LOG)]


class TensorBoard:
    """Event files for TensorBoard in ``folder/tensorboard``.

    Raises:
        ConfigError: the package is missing.
    """

    def __init__(self, folder: Path) -> None:
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError as error:
            raise ConfigError(
                "report_to tensorboard needs a package; pip install tensorboard, or leave it out"
            ) from error
        self._writer: Any = SummaryWriter(str(folder / "tensorboard"))

    def numbers(self, step: int, values: Mapping[str, float]) -> None:
        """Scalars."""
        for name, value in values.items():
            self._writer.add_scalar(name, value, step)

    def spread(self, step: int, name: str, values: Sequence[float]) -> None:
        """A histogram."""
        import numpy as np

        finite = [value for value in values if math.isfinite(value)]
        if finite:
            self._writer.add_histogram(name, np.array(finite), step)

    def picture(self, step: int, name: str, png: bytes, caption: str) -> None:
        """An image."""
        self._writer.add_image(name, _pixels(png), step, dataformats="HWC")

    def close(self) -> None:
        """Finish the files."""
        self._writer.close()


def wandb_environment(folder: Path, project: str | None, mode: str | None, usual: str) -> dict[str, str]:
    """The values of W&B's own variables that a run needs: a setting, else the environment, else ours.

    Without ``WANDB_MODE`` W&B decides by itself, and so it does on everything that is not named here.

    Args:
        folder: of the run; W&B writes there unless ``WANDB_DIR`` says where.
        project: the setting, or None where there is none.
        mode: likewise.
        usual: the project where nobody names one.
    """
    found = {
        "WANDB_PROJECT": project or os.environ.get("WANDB_PROJECT") or usual,
        "WANDB_DIR": os.environ.get("WANDB_DIR") or str(folder),
    }
    return found | {"WANDB_MODE": mode} if mode else found


class WeightsAndBiases:
    """A run at Weights & Biases, or with ``offline`` a folder that ``wandb sync`` sends later.

    A run that goes on is the same run there, too. W&B's own environment variables count where the run's
    settings say nothing.

    Args:
        folder: of the run.
        project: the setting, or None.
        mode: the setting, or None.
        settings: of the run, to be shown.
        after: the update that the run goes on from.

    Raises:
        ConfigError: the package is missing.
    """

    def __init__(
        self,
        folder: Path,
        project: str | None,
        mode: str | None,
        settings: Mapping[str, Any],
        after: int = 0,
    ) -> None:
        try:
            import wandb
        except ImportError as error:
            raise ConfigError(
                "report_to wandb needs a package; pip install wandb, or leave it out"
            ) from error
        self._wandb: Any = wandb
        told = wandb_environment(folder, project, mode, GRPO_PROJECT)
        self._run: Any = wandb.init(
            project=told["WANDB_PROJECT"],
            mode=told.get("WANDB_MODE"),
            dir=told["WANDB_DIR"],
            config=dict(settings),
            id=os.environ.get("WANDB_RUN_ID") or _kept_id(folder / "wandb-id.txt", new=not after),
            resume=os.environ.get("WANDB_RESUME") or "allow",
        )

    def numbers(self, step: int, values: Mapping[str, float]) -> None:
        """Scalars."""
        self._run.log({"update": step, **values})

    def spread(self, step: int, name: str, values: Sequence[float]) -> None:
        """A histogram."""
        finite = [value for value in values if math.isfinite(value)]
        if finite:
            self._run.log({"update": step, name: self._wandb.Histogram(finite)})

    def picture(self, step: int, name: str, png: bytes, caption: str) -> None:
        """An image."""
        self._run.log({"update": step, name: self._wandb.Image(_pixels(png), caption=caption)})

    def close(self) -> None:
        """Finish the run."""
        self._run.finish()


def _kept_id(note: Path, *, new: bool) -> str:
    """The id at W&B of the run in a folder; a new one where it begins anew."""
    if new or not note.is_file():
        note.write_text(secrets.token_hex(4) + "\n", encoding="utf-8")
    return note.read_text(encoding="utf-8").strip()


def _pixels(png: bytes) -> Any:
    """A picture as uint8 (height, width, 3)."""
    import io

    import numpy as np
    from PIL import Image

    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))


class Trackers:
    """All that a run reports to, as one.

    Args:
        folder: of the run.
        report_to: ``tensorboard`` and ``wandb``.
        project: at W&B, where the settings name one.
        mode: of W&B, likewise.
        settings: of the run.
        after: the update that the run goes on from.
    """

    def __init__(
        self,
        folder: Path,
        report_to: Sequence[str],
        *,
        project: str | None = None,
        mode: str | None = None,
        settings: Mapping[str, Any] | None = None,
        after: int = 0,
    ) -> None:
        self._all: list[Tracker] = [JsonLog(folder, after)]
        if "tensorboard" in report_to:
            self._all.append(TensorBoard(folder))
        if "wandb" in report_to:
            self._all.append(WeightsAndBiases(folder, project, mode, settings or {}, after))

    def numbers(self, step: int, values: Mapping[str, float]) -> None:
        """Numbers by name."""
        for each in self._all:
            each.numbers(step, values)

    def spread(self, step: int, name: str, values: Sequence[float]) -> None:
        """The distribution of a number over samples."""
        for each in self._all:
            each.spread(step, name, values)

    def picture(self, step: int, name: str, png: bytes, caption: str) -> None:
        """A picture."""
        for each in self._all:
            each.picture(step, name, png, caption)

    def close(self) -> None:
        """No more is coming."""
        for each in self._all:
            each.close()
