"""``python -m training COMMAND``; each command has a ``--help``.

The commands: ``data`` and ``prepare`` make data sets, ``nano`` trains the embedded model from scratch,
``sft`` fine-tunes a model, ``grpo`` tunes one by rewards, ``merge`` takes the mean of several,
``drafter`` counts what a model's drafts go by, ``curves`` draws what a run logged, ``spaces`` compares
action spaces, and ``evaluate`` measures a model.
Ends with code 2 where a command needs a package that is not installed.
"""

from __future__ import annotations

import runpy
import sys

COMMANDS = {
    "data": "training.data",
    "prepare": "training.data",
    "nano": "training.nano",
    "drafter": "training.drafter",
    "merge": "training.merge",
    "sft": "training.sft",
    "grpo": "training.grpo",
    "curves": "training.curves",
    "spaces": "training.spaces",
    "evaluate": "training.evaluate",
}
_EXTRA = ("torch", "transformers", "trl", "peft", "accelerate")
"""Packages of the ``train`` extra."""


def main() -> None:
    """Hand over to the named command's module."""
    if len(sys.argv) < 2 or sys.argv[1] not in COMMANDS:
        wanted = sys.argv[1] if len(sys.argv) > 1 else ""
        if wanted in ("-h", "--help"):
            print(__doc__)
            return
        sys.exit(f"usage: python -m training {{{'|'.join(COMMANDS)}}} … ({wanted!r} is not a command)")
    module = COMMANDS[sys.argv[1]]
    if sys.argv[1] != "prepare":  # a command of training.data, which reads its name itself
        del sys.argv[1]
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    except ModuleNotFoundError as error:
        if error.name not in _EXTRA:
            raise
        print(f"error: this needs {error.name}; pip install 'brickgpt-studio[train]'", file=sys.stderr)
        raise SystemExit(2) from None


if __name__ == "__main__":
    main()
