"""The optimizers that weights can be trained with, and one that is several at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from training.muon import make_muon


def make_optimizers(model: Any, kind: str, rate: float, decay: float) -> list[Any]:
    """One optimizer for all weights of ``model``, or two that share them out.

    Args:
        model: what is trained; frozen weights are left out.
        kind: ``adamw`` for everything, or ``muon``: the matrices inside the network by Muon and the embedding
            and the norms by AdamW, as the embedded model was trained. Muon's steps are scaled to the size of
            AdamW's, so that one learning rate does for both.
        rate: learning rate.
        decay: weight decay.
    """
    named = [(name, weight) for name, weight in model.named_parameters() if weight.requires_grad]
    inner = {
        name for name, weight in named if kind == "muon" and weight.ndim == 2 and not _is_vocabulary(name)
    }
    each: list[Any] = []
    if inner:
        matrices = [weight for name, weight in named if name in inner]
        each.append(make_muon(matrices, rate, decay))
    others = [weight for name, weight in named if name not in inner]
    if others:
        each.append(torch.optim.AdamW(others, lr=rate, weight_decay=decay, betas=(0.9, 0.99)))
    return each


def _is_vocabulary(name: str) -> bool:
    return "embed" in name or "lm_head" in name


class Together(torch.optim.Optimizer):
    """Several optimizers as one, for what takes only one: schedules, gradient scalers, trainers.

    Args:
        each: the optimizers; their groups are this one's.
    """

    def __init__(self, each: Sequence[torch.optim.Optimizer]) -> None:
        self.each = list(each)
        super().__init__([group for one in self.each for group in one.param_groups], {})

    def step(self, closure: Any = None) -> Any:
        """Step each; answers what ``closure`` gives."""
        loss = closure() if closure is not None else None
        for one in self.each:
            one.step()
        return loss

    def state_dict(self) -> dict[str, Any]:
        """The states of each."""
        return {"each": [one.state_dict() for one in self.each]}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from what :meth:`state_dict` gave."""
        for one, saved in zip(self.each, state_dict["each"], strict=True):
            one.load_state_dict(saved)
        self.param_groups = [group for one in self.each for group in one.param_groups]
