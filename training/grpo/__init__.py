"""Group Relative Policy Optimization: tune a model by rewards for what it writes.

``GRPOTrainer(GRPOConfig(...)).train()`` in Python, ``python -m training grpo --config FILE.yaml`` in a shell.
"""

from training.grpo.config import GRPOConfig
from training.grpo.trainer import GRPOTrainer

__all__ = ["GRPOConfig", "GRPOTrainer"]
