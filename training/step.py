"""The forward pass and gradients of a small Llama on a CPU, faster than the general model's.

The same function as ``transformers``' ``LlamaForCausalLM`` (a test holds the two together), with
what a 5 M model on two cores gains from: weights turned to bfloat16 (where the processor calculates in
it) once a pass instead of at every use, normalisation, rotation, gate and softmax each as one compiled
loop, plain products for attention (sequences are short), and logits only where a loss is taken. One batch
is computed by one thread, so that several threads need not wait for each other within it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from training.precision import processor_type
from training.samples import IGNORE, WIDTHS

Tensor = torch.Tensor
EMBEDDING = "model.embed_tokens.weight"


def _norm(x: Tensor, weight: Tensor, eps: float) -> Tensor:
    wide = x.float()
    return (wide * torch.rsqrt(wide.square().mean(-1, keepdim=True) + eps) * weight.float()).to(x.dtype)


def _add_norm(x: Tensor, change: Tensor, weight: Tensor, eps: float) -> tuple[Tensor, Tensor]:
    x = x + change
    return x, _norm(x, weight, eps)


def _gate(gate: Tensor, up: Tensor) -> Tensor:
    return (functional.silu(gate.float()) * up.float()).to(gate.dtype)


def _rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    first, second = x.float().chunk(2, -1)
    return torch.cat([first * cos - second * sin, second * cos + first * sin], -1).to(x.dtype)


def _weights(scores: Tensor, mask: Tensor, scale: float) -> Tensor:
    return torch.softmax(scores.float() * scale + mask, -1).to(scores.dtype)


@dataclass(frozen=True, slots=True)
class Loops:
    """The elementwise parts, compiled or as they are."""

    norm: Callable[..., Tensor]
    add_norm: Callable[..., tuple[Tensor, Tensor]]
    gate: Callable[..., Tensor]
    rotate: Callable[..., Tensor]
    weights: Callable[..., Tensor]


@cache
def loops(compiled: bool) -> Loops:
    """The elementwise parts; compiled once for all lengths where ``compiled``."""
    parts: Sequence[Any] = (_norm, _add_norm, _gate, _rotate, _weights)
    return Loops(*(torch.compile(part, dynamic=True) if compiled else part for part in parts))


@cache
def _tables(head_dim: int, theta: float) -> tuple[Tensor, Tensor, Tensor]:
    """Cosines and sines of shape (longest, 1, head_dim / 2), and the causal mask (longest, longest)."""
    longest = WIDTHS[-1]
    angles = torch.arange(longest)[:, None] / theta ** (torch.arange(0, head_dim, 2) / head_dim)
    mask = torch.full((longest, longest), float("-inf")).triu(1)
    return angles.cos()[:, None], angles.sin()[:, None], mask


def hidden_states(weights: dict[str, Tensor], config: Any, ids: Tensor, loop: Loops) -> Tensor:
    """The last hidden states, normalised.

    Args:
        weights: of the model by their names in ``LlamaForCausalLM``, all of one type.
        config: its ``LlamaConfig``; as many key heads as heads, no biases.
        ids: token ids, int64 of shape (batch, length); at most ``WIDTHS[-1]`` long.
        loop: the elementwise parts.

    Returns:
        Of shape (batch, length, hidden_size), in the weights' type.
    """
    batch, length = ids.shape
    heads = config.num_attention_heads
    size = config.hidden_size // heads
    cos, sin, mask = _tables(size, float(config.rope_parameters["rope_theta"]))
    cos, sin, mask = cos[:length], sin[:length], mask[:length, :length]
    eps = config.rms_norm_eps

    def attention(x: Tensor, name: str) -> Tensor:
        def part(letter: str) -> Tensor:
            return functional.linear(x, weights[f"{name}.{letter}_proj.weight"]).view(
                batch, length, heads, size
            )

        query = loop.rotate(part("q"), cos, sin).transpose(1, 2)
        key = loop.rotate(part("k"), cos, sin).transpose(1, 2)
        shares = loop.weights(query @ key.transpose(-1, -2), mask, size**-0.5)
        mixed = (shares @ part("v").transpose(1, 2)).transpose(1, 2).reshape(batch, length, -1)
        return functional.linear(mixed, weights[f"{name}.o_proj.weight"])

    x = functional.embedding(ids, weights[EMBEDDING])
    normed = loop.norm(x, weights["model.layers.0.input_layernorm.weight"], eps)
    for number in range(config.num_hidden_layers):
        name = f"model.layers.{number}"
        change = attention(normed, f"{name}.self_attn")
        x, normed = loop.add_norm(x, change, weights[f"{name}.post_attention_layernorm.weight"], eps)
        mlp = {part: weights[f"{name}.mlp.{part}_proj.weight"] for part in ("gate", "up", "down")}
        inner = loop.gate(functional.linear(normed, mlp["gate"]), functional.linear(normed, mlp["up"]))
        change = functional.linear(inner, mlp["down"])
        following = f"model.layers.{number + 1}.input_layernorm.weight"
        x, normed = loop.add_norm(x, change, weights.get(following, weights["model.norm.weight"]), eps)
    return normed


@dataclass(frozen=True, slots=True)
class Part:
    """What one batch adds to a step: the sum of its losses, the tokens that were scored, gradients."""

    loss: float
    scored: int
    gradients: tuple[Tensor, ...]


class Step:
    """Losses and gradients of a model, batch by batch, from any thread.

    Args:
        model: a ``LlamaForCausalLM`` with tied embeddings and float32 weights.
        answers: ids of the tokens that answers are made of. Most batches weigh the right token
            against these alone, which saves a fifth of the work.
        compiled: compile the elementwise parts.
    """

    def __init__(self, model: Any, answers: Tensor, *, compiled: bool = True) -> None:
        self.model, self.answers, self.loop = model, answers, loops(compiled)
        self.kind = processor_type()
        self.names, self.masters = zip(*model.named_parameters(), strict=True)
        self.place = torch.full((model.config.vocab_size,), IGNORE)
        self.place[answers] = torch.arange(len(answers))

    def loss(
        self, weights: dict[str, Tensor], inputs: NDArray[np.int64], labels: NDArray[np.int64], *, full: bool
    ) -> tuple[Tensor, int]:
        """Sum of cross-entropies in nats over the scored tokens, and their number.

        Args:
            weights: of the model, by name.
            inputs: token ids of shape (batch, length).
            labels: of the same shape; not shifted, :data:`IGNORE` where no loss is taken.
            full: weigh against the whole vocabulary, not the answers alone.
        """
        hidden = hidden_states(weights, self.model.config, torch.from_numpy(inputs), self.loop)
        goal = torch.from_numpy(labels)[:, 1:]
        keep = goal != IGNORE
        table = weights[EMBEDDING] if full else weights[EMBEDDING][self.answers]
        logits = functional.linear(hidden[:, :-1][keep], table).float()
        goal = goal[keep] if full else self.place[goal[keep]]
        return functional.cross_entropy(logits, goal, reduction="sum"), int(goal.numel())

    def part(self, inputs: NDArray[np.int64], labels: NDArray[np.int64], *, full: bool) -> Part:
        """Loss and gradients (in the order of the parameters) of one batch; see :meth:`loss`."""
        leaves = tuple(weight.detach().to(self.kind).requires_grad_() for weight in self.masters)
        loss, scored = self.loss(dict(zip(self.names, leaves, strict=True)), inputs, labels, full=full)
        return Part(loss.item(), scored, torch.autograd.grad(loss, leaves))
