"""``python -m training grpo --config FILE.yaml``; flags override it, ``torchrun`` takes several cores."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Sequence

from brickgpt_engine.errors import BrickGPTError, ExitCode
from training.options import read_settings

DESCRIPTION = "Tune a model by rewards for the structures that it writes (GRPO)."


def main(arguments: Sequence[str] | None = None) -> None:
    """Command line."""
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    for name in ("httpx", "transformers", "matplotlib"):
        logging.getLogger(name).setLevel(logging.WARNING)
    try:
        from training.grpo.config import GRPOConfig

        config = read_settings(GRPOConfig, "grpo", DESCRIPTION, arguments)
        from training.grpo.trainer import GRPOTrainer

        folder = GRPOTrainer(config).train()
        if os.environ.get("RANK", "0") == "0":
            print(folder)
    except BrickGPTError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(int(error.exit_code))
    except KeyboardInterrupt:
        print("\nstopped; the same command goes on from the last checkpoint", file=sys.stderr)
        sys.exit(int(ExitCode.INTERRUPTED))


if __name__ == "__main__":
    main()
