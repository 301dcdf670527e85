"""The mathematics of GRPO as functions of tensors: advantages, credit, and the clipped objective.

Source: Shao et al. 2024, "DeepSeekMath", section 4.1 (group-relative advantages, equation 3 for the
objective, equation 4 for the estimate of the KL divergence).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch.nn import functional

_EVEN = 1e-6
"""Groups whose rewards spread less than this are taken as all the same."""


def group_advantages(rewards: torch.Tensor, scale: bool = True) -> torch.Tensor:
    """How much better each reward is than its group's mean, in standard deviations where ``scale`` is set.

    Args:
        rewards: (groups, group_size), float64 or float32.
        scale: divide by the group's standard deviation (that of the population).

    Returns:
        (groups, group_size); zeros for a group whose rewards are all the same.
    """
    centred = rewards - rewards.mean(dim=1, keepdim=True)
    spread = centred.square().mean(dim=1, keepdim=True).sqrt()
    even = spread < _EVEN
    scaled = centred / spread.clamp(min=_EVEN) if scale else centred
    return scaled.masked_fill(even, 0.0)


def credit(
    line_ends: Sequence[int], tokens: int, fault: int | None, gamma: float, weak: int | None = None
) -> torch.Tensor:
    """The share of a structure's advantage that each of its tokens gets, float32 (tokens,).

    A structure is decided at its first line that could not be placed (``fault``), else at its first brick
    that fails in the end (``weak``), else at its end. A line ``d`` lines before that gets ``gamma**d``.
    Lines after a fault had no part in it and get 0; lines after a weak brick could have held it, and get
    ``gamma**d`` like those before it.

    Args:
        line_ends: for each line, how many tokens there are up to its end.
        tokens: how many there are, the end token included.
        fault: number of the line, or None.
        gamma: the discount for each brick.
        weak: number of the line, or None.
    """
    lines = len(line_ends)
    decided = next((min(place, lines) for place in (fault, weak) if place is not None), lines)
    number = torch.arange(lines + 1)  # the last is the end token's
    share = torch.pow(torch.tensor(gamma), (decided - number).abs().float())
    if fault is not None:
        share[number > decided] = 0.0
    ends = torch.tensor([*line_ends], dtype=torch.long)
    line_of_token = torch.searchsorted(ends, torch.arange(tokens), right=True)
    return share[line_of_token]


def token_log_probs(logits: torch.Tensor, tokens: torch.Tensor, temperature: float) -> torch.Tensor:
    """Log-probabilities of ``tokens`` (n,) under ``logits`` (n, vocab) at ``temperature``, float32 (n,)."""
    return -functional.cross_entropy(logits.float() / temperature, tokens, reduction="none")


def kl_estimate(log_probs: torch.Tensor, reference: torch.Tensor) -> torch.Tensor:
    """Estimate of KL(policy ‖ reference) at each token, never negative (equation 4)."""
    difference = reference - log_probs
    return difference.exp() - difference - 1


def clipped_loss(
    log_probs: torch.Tensor, old: torch.Tensor, advantages: torch.Tensor, clip_ratio: float
) -> torch.Tensor:
    """The clipped objective at each token, with its sign turned (n,).

    Args:
        log_probs: of the policy, with gradient.
        old: of the policy that wrote the tokens.
        advantages: of the tokens.
        clip_ratio: the ratio counts only within 1 ± this where going farther would pay.
    """
    ratio = (log_probs - old).exp()
    clipped = ratio.clamp(1 - clip_ratio, 1 + clip_ratio)
    return -torch.minimum(ratio * advantages, clipped * advantages)


def token_weights(lengths: Sequence[int], loss_type: str, sequences: int, tokens: int) -> torch.Tensor:
    """The weight of each structure's tokens in the loss, float64 (n,), so that the weights of all sum to 1.

    Args:
        lengths: tokens of each structure here.
        loss_type: ``grpo`` or ``dapo``.
        sequences: structures of the whole update, over all processes.
        tokens: tokens of the whole update, over all processes.
    """
    if loss_type == "dapo":
        return torch.full((len(lengths),), 1 / max(tokens, 1), dtype=torch.float64)
    return torch.tensor([1 / (max(sequences, 1) * max(length, 1)) for length in lengths], dtype=torch.float64)
