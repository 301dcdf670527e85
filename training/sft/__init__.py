"""Supervised fine-tuning on captions and structures, on TRL, PEFT and Accelerate.

``training.sft.run.train(SFTSettings(...))`` in Python, ``python -m training sft`` in a shell.
"""

from training.sft.config import SFTSettings

__all__ = ["SFTSettings"]
