"""``python -m training sft --config FILE.yaml``; flags override it, ``accelerate launch`` takes many GPUs."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Sequence

from brickgpt_engine.errors import BrickGPTError, ConfigError, ExitCode
from training.options import read_settings
from training.sft.config import SFTSettings

DESCRIPTION = "Fine-tune a language model on captions and structures (SFT)."


def main(arguments: Sequence[str] | None = None) -> None:
    """Command line."""
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    try:
        settings = read_settings(SFTSettings, "sft", DESCRIPTION, arguments)
        _require()
        from training.sft.run import train

        folder = train(settings)
        if os.environ.get("RANK", "0") == "0":
            print(folder)
    except BrickGPTError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(int(error.exit_code))
    except KeyboardInterrupt:
        print("\nstopped; the same command goes on from the last checkpoint", file=sys.stderr)
        sys.exit(int(ExitCode.INTERRUPTED))


def _require() -> None:
    from importlib.util import find_spec

    for name in ("torch", "transformers", "trl", "peft", "accelerate", "datasets"):
        if find_spec(name) is None:
            raise ConfigError(f"fine-tuning needs {name}; pip install 'brickgpt-studio[train]'")


if __name__ == "__main__":
    main()
