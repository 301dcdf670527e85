"""One update of the policy from scored rollouts: passes forward and back in pieces that fit into memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import torch

from training.grpo.config import GRPOConfig
from training.grpo.objective import clipped_loss, kl_estimate, token_log_probs
from training.grpo.sampling import Rollout
from training.memory import memory_for
from training.precision import autocast_type


@dataclass(slots=True)
class Example:
    """A rollout with what the update needs to know of it.

    Attributes:
        rollout: what was written.
        advantages: of each of its tokens, float32 (tokens,).
        weight: of each of its tokens in the loss.
        old: log-probabilities under the policy that wrote it; None before the first pass.
        reference: the same under the reference model.
    """

    rollout: Rollout
    advantages: torch.Tensor
    weight: float
    old: torch.Tensor | None = None
    reference: torch.Tensor | None = None

    @property
    def length(self) -> int:
        """Positions, prompt included."""
        return len(self.rollout.prompt) + len(self.rollout.tokens)


@dataclass(slots=True)
class Sums:
    """What one pass over the examples adds up to; divided by ``tokens`` or as it is, it is logged."""

    loss: float = 0.0
    kl: float = 0.0
    clipped: float = 0.0
    tokens: int = 0


def pieces(examples: Sequence[Example], most: int) -> Iterator[list[Example]]:
    """Examples of like length together, at most ``most`` positions (padding included) in a piece."""
    ordered = sorted(examples, key=lambda example: -example.length)
    start = 0
    while start < len(ordered):
        count = max(1, most // ordered[start].length)
        yield ordered[start : start + count]
        start += count


def padded(piece: Sequence[Example]) -> tuple[torch.Tensor, torch.Tensor]:
    """Token ids (n, length) with zeros after each text, and where answers are predicted (n, length − 1)."""
    width = max(example.length for example in piece)
    ids = torch.zeros(len(piece), width, dtype=torch.long)
    scored = torch.zeros(len(piece), width - 1, dtype=torch.bool)
    for line, example in enumerate(piece):
        ids[line, : example.length] = torch.tensor([*example.rollout.prompt, *example.rollout.tokens])
        scored[line, len(example.rollout.prompt) - 1 : example.length - 1] = True
    return ids, scored


class Updater:
    """Computes losses and gradients for a policy.

    Args:
        model: the policy.
        reference: the model that the KL penalty looks back to; None where there is none.
        config: of the run.
        device: where both are.
    """

    def __init__(self, model: Any, reference: Any, config: GRPOConfig, device: Any) -> None:
        self.model, self.reference, self.config, self.device = model, reference, config, torch.device(device)
        self.dtype = autocast_type(config.mixed_precision, self.device.type)
        self.scaler: Any = torch.amp.GradScaler(self.device.type, enabled=self.dtype is torch.float16)

    def accumulate(self, examples: Sequence[Example]) -> Sums:
        """Add the gradients of all examples to the policy's; answers what to log.

        Raises:
            ModelError: memory ran out.
        """
        sums = Sums()
        for piece in pieces(examples, self.config.micro_batch_tokens):
            work = f"a pass over {len(piece)} structures of up to {piece[0].length} tokens"
            with memory_for(
                work,
                f"lower micro_batch_tokens ({self.config.micro_batch_tokens}), set gradient_checkpointing, "
                "lower max_bricks, or train adapters with lora_rank",
            ):
                self._piece(piece, sums)
        return sums

    def _piece(self, piece: Sequence[Example], sums: Sums) -> None:
        ids, scored = (tensor.to(self.device) for tensor in padded(piece))
        log_probs = self.log_probs(self.model, ids, scored)
        self._remember(piece, log_probs.detach(), ids, scored)
        old, advantages, weights = (
            self._joined(piece, each) for each in ("old", "advantages", "weight")
        )  # fmt: skip
        losses = clipped_loss(log_probs, old, advantages, self.config.clip_ratio)
        if self.config.beta:
            kl = kl_estimate(log_probs, self._joined(piece, "reference"))
            losses = losses + self.config.beta * kl
            sums.kl += float(kl.detach().sum())
        loss = (losses * weights).sum()
        self.scaler.scale(loss).backward()
        sums.loss += float(loss.detach())
        moved = (log_probs.detach() - old).exp() - 1
        sums.clipped += int((moved.abs() > self.config.clip_ratio).sum())
        sums.tokens += len(log_probs)

    def log_probs(self, model: Any, ids: torch.Tensor, scored: torch.Tensor) -> torch.Tensor:
        """Log-probabilities of all scored tokens, in the order of the rows (n,)."""
        autocast: Any = (
            torch.autocast(self.device.type, self.dtype) if self.dtype is not None else nullcontext()
        )
        with autocast:
            body = _body(model)
            hidden = body(input_ids=ids, use_cache=False).last_hidden_state[:, :-1][scored]
            logits = _head(model)(hidden)
        return token_log_probs(logits, ids[:, 1:][scored], self.config.temperature)

    def _remember(
        self, piece: Sequence[Example], log_probs: torch.Tensor, ids: torch.Tensor, scored: torch.Tensor
    ) -> None:
        """Keep what the first pass finds out: the old policy's log-probabilities and the reference's."""
        sizes = [len(example.rollout.tokens) for example in piece]
        if piece[0].old is None:
            for example, part in zip(piece, log_probs.split(sizes), strict=True):
                example.old = part
        if self.config.beta and piece[0].reference is None:
            with torch.inference_mode(), self._as_reference() as reference:
                found = self.log_probs(reference, ids, scored)
            for example, part in zip(piece, found.clone().split(sizes), strict=True):
                example.reference = part

    def _as_reference(self) -> Any:
        """The reference model: a copy, or the policy with its adapters switched off."""
        if self.reference is not None:
            return nullcontext(self.reference)
        return _WithoutAdapters(self.model)

    def _joined(self, piece: Sequence[Example], name: str) -> torch.Tensor:
        """One attribute of all tokens of a piece, (n,)."""
        parts = []
        for example in piece:
            value = getattr(example, name)
            if not isinstance(value, torch.Tensor):
                value = torch.full((len(example.rollout.tokens),), value)
            parts.append(value.to(self.device, torch.float32))
        return torch.cat(parts)


class _WithoutAdapters:
    """A context in which a model of ``peft`` computes as its base does."""

    def __init__(self, model: Any) -> None:
        self._model, self._context = model, model.disable_adapter()

    def __enter__(self) -> Any:
        self._context.__enter__()
        return self._model

    def __exit__(self, *error: Any) -> None:
        self._context.__exit__(*error)


def _bare(model: Any) -> Any:
    return model.get_base_model() if hasattr(model, "get_base_model") else model


def _body(model: Any) -> Any:
    """The network without its output layer."""
    return _bare(model).base_model


def _head(model: Any) -> Any:
    return _bare(model).get_output_embeddings()
