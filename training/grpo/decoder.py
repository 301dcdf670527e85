"""Writing many texts at once: a language model with a cache of which every row goes its own way.

Rows share the columns of one cache that only grows. What a row does not hold, the padding before a
short prompt and lines that were taken back, is masked, so no row waits for another and taking back
costs nothing. Rows that are finished are dropped, and the others close up.

Two decoders have these verbs. :class:`LlamaDecoder` computes a plain Llama directly on the CPU, where
for small models the library's own overhead takes most of the time. :class:`LibraryDecoder` runs
whatever ``transformers`` can, on any device.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import torch
from torch.nn import functional

from brickgpt_engine.errors import ConfigError


class BatchDecoder(Protocol):
    """A model that reads one token a row and answers what may follow."""

    @property
    def rows(self) -> int:
        """Rows that are still in the cache."""

    def prefill(self, prompts: Sequence[Sequence[int]]) -> torch.Tensor:
        """Read the prompts; logits after each, float32 (rows, vocab)."""

    def step(self, tokens: torch.Tensor) -> torch.Tensor:
        """Read one token a row, int64 (rows,); logits after each, float32 (rows, vocab)."""

    def take_back(self, row: int, count: int) -> None:
        """Let ``row`` forget the last ``count`` tokens that it holds."""

    def keep(self, rows: torch.Tensor) -> None:
        """Go on with these rows alone, int64 (n,), in this order; a row may come several times."""


class _Rows:
    """Which cache columns each row holds, and at what position each row is."""

    def __init__(self) -> None:
        self.mask = torch.zeros(0, 0, dtype=torch.bool)
        self.position = torch.zeros(0, dtype=torch.long)
        self.columns = 0

    def begin(self, prompts: Sequence[Sequence[int]], capacity: int, device: Any) -> torch.Tensor:
        """Left-padded ids (rows, width); every column is masked but those of the prompts."""
        width = max(map(len, prompts))
        ids = torch.zeros(len(prompts), width, dtype=torch.long)
        self.mask = torch.zeros(len(prompts), capacity, dtype=torch.bool, device=device)
        for row, prompt in enumerate(prompts):
            ids[row, width - len(prompt) :] = torch.tensor(prompt)
            self.mask[row, width - len(prompt) : width] = True
        self.position = torch.tensor([len(prompt) for prompt in prompts], device=device)
        self.columns = width
        return ids.to(device)

    def advance(self) -> torch.Tensor:
        """Open a column for one more token of every row; positions of those tokens (rows,)."""
        self.mask[:, self.columns] = True
        self.columns += 1
        now = self.position
        self.position = now + 1
        return now

    def take_back(self, row: int, count: int) -> None:
        held = self.mask[row].nonzero().flatten()
        self.mask[row, held[len(held) - count :]] = False
        self.position[row] -= count

    def keep(self, rows: torch.Tensor) -> None:
        self.mask, self.position = self.mask[rows], self.position[rows]


class LlamaDecoder:
    """A Llama on the CPU, from a snapshot of its weights.

    Args:
        model: a ``LlamaForCausalLM`` without biases or adapters, see :func:`is_plain_llama`.
        capacity: most columns of the cache.
        dtype: type that matrices are multiplied in.
    """

    def __init__(self, model: Any, capacity: int, dtype: torch.dtype = torch.float32) -> None:
        config = model.config
        self._capacity, self._dtype = capacity, dtype
        self._heads, self._shared = config.num_attention_heads, config.num_key_value_heads
        self._width, self._eps = config.head_dim, config.rms_norm_eps
        self._embed = model.get_input_embeddings().weight.detach()
        self._head = model.get_output_embeddings().weight.detach().to(dtype)
        self._norm = model.model.norm.weight.detach().to(dtype)
        self._layers = [_layer_weights(layer, dtype) for layer in model.model.layers]
        cos, sin = model.model.rotary_emb(torch.zeros(1), torch.arange(capacity)[None])
        self._cos, self._sin = cos[0].to(dtype), sin[0].to(dtype)
        self._rows = _Rows()
        self._cache = torch.zeros(0)

    @property
    def rows(self) -> int:
        """Rows that are still in the cache."""
        return len(self._rows.position)

    @torch.inference_mode()
    def prefill(self, prompts: Sequence[Sequence[int]]) -> torch.Tensor:
        """Read the prompts; logits after each, float32 (rows, vocab)."""
        ids = self._rows.begin(prompts, self._capacity, "cpu")
        rows, width = ids.shape
        shape = (len(self._layers), 2, rows, self._shared, self._capacity, self._width)
        self._cache = torch.empty(shape)  # every column is written before it is seen
        held = self._rows.mask[:, :width]
        places = (held.cumsum(1) - 1).clamp(min=0)
        causal = torch.ones(width, width, dtype=torch.bool).tril()
        seen = causal & held[:, None]
        seen |= torch.eye(width, dtype=torch.bool)  # padding sees itself, so that no row of it is empty
        return self._forward(ids, places, 0, seen[:, None])

    @torch.inference_mode()
    def step(self, tokens: torch.Tensor) -> torch.Tensor:
        """Read one token a row, int64 (rows,); logits after each, float32 (rows, vocab)."""
        column = self._rows.columns
        places = self._rows.advance()
        return self._forward(
            tokens[:, None], places[:, None], column, self._rows.mask[:, None, None, : column + 1]
        )

    @torch.inference_mode()
    def take_back(self, row: int, count: int) -> None:
        """Let ``row`` forget the last ``count`` tokens that it holds."""
        self._rows.take_back(row, count)

    @torch.inference_mode()
    def keep(self, rows: torch.Tensor) -> None:
        """Go on with these rows alone, int64 (n,), in this order; a row may come several times."""
        self._rows.keep(rows)
        used = self._rows.columns
        chosen = self._cache[..., :used, :].index_select(2, rows)
        if len(rows) > self._cache.shape[2]:
            self._cache = torch.empty(*self._cache.shape[:2], len(rows), *self._cache.shape[3:])
        self._cache = self._cache[:, :, : len(rows)]
        self._cache[..., :used, :] = chosen

    def _forward(
        self, ids: torch.Tensor, places: torch.Tensor, column: int, mask: torch.Tensor
    ) -> torch.Tensor:
        """Logits (rows, vocab) after the last of ``ids`` (rows, n), cached from ``column`` on."""
        x = functional.embedding(ids, self._embed).to(self._dtype)
        cos, sin = self._cos[places][:, None], self._sin[places][:, None]
        end = column + ids.shape[1]
        for layer, (keys, values) in zip(self._layers, self._cache, strict=True):
            qkv = functional.linear(self._normed(x, layer["before"]), layer["qkv"])
            q, k, v = self._split(qkv)
            keys[:, :, column:end], values[:, :, column:end] = _turn(k, cos, sin), v
            # In float32: on CPUs attention to a cache is no faster in 16 bits, and two to four times slower.
            seen = functional.scaled_dot_product_attention(
                _turn(q, cos, sin).float(), keys[:, :, :end], values[:, :, :end], mask,
                enable_gqa=self._heads != self._shared,
            )  # fmt: skip
            x = x + functional.linear(seen.transpose(1, 2).flatten(2).to(self._dtype), layer["out"])
            gate, up = functional.linear(self._normed(x, layer["after"]), layer["gate_up"]).chunk(2, -1)
            x = x + functional.linear(functional.silu(gate) * up, layer["down"])
        return functional.linear(self._normed(x[:, -1], self._norm), self._head).float()

    def _split(self, qkv: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Queries, keys and values as (rows, heads, n, width)."""
        parts = qkv.unflatten(-1, (-1, self._width)).transpose(1, 2)
        return parts.split([self._heads, self._shared, self._shared], dim=1)

    def _normed(self, x: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        return functional.rms_norm(x, (x.shape[-1],), weight, self._eps)


def _turn(x: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor) -> torch.Tensor:
    """Rotary positions: the two halves of each head are the two axes of its rotations."""
    first, second = x.chunk(2, -1)
    return x * cos + torch.cat((-second, first), -1) * sin


def _layer_weights(layer: Any, dtype: torch.dtype) -> dict[str, torch.Tensor]:
    attention, mlp = layer.self_attn, layer.mlp

    def joined(*parts: Any) -> torch.Tensor:
        return torch.cat([part.weight.detach() for part in parts]).to(dtype)

    return {
        "before": layer.input_layernorm.weight.detach().to(dtype),
        "qkv": joined(attention.q_proj, attention.k_proj, attention.v_proj),
        "out": joined(attention.o_proj),
        "after": layer.post_attention_layernorm.weight.detach().to(dtype),
        "gate_up": joined(mlp.gate_proj, mlp.up_proj),
        "down": joined(mlp.down_proj),
    }


class LibraryDecoder:
    """Any causal language model of ``transformers``, with the library's own cache.

    Args:
        model: the model, on its device.
        capacity: most columns of the cache.
        autocast: type to compute in, or None for that of the weights.
    """

    def __init__(self, model: Any, capacity: int, autocast: torch.dtype | None = None) -> None:
        self._model, self._capacity, self._autocast = model, capacity, autocast
        self._device = next(model.parameters()).device
        self._rows = _Rows()
        self._cache: Any = None

    @property
    def rows(self) -> int:
        """Rows that are still in the cache."""
        return len(self._rows.position)

    @torch.inference_mode()
    def prefill(self, prompts: Sequence[Sequence[int]]) -> torch.Tensor:
        """Read the prompts; logits after each, float32 (rows, vocab)."""
        from transformers import DynamicCache

        self._cache = DynamicCache()
        ids = self._rows.begin(prompts, self._capacity, self._device)
        held = self._rows.mask[:, : ids.shape[1]]
        return self._forward(ids, (held.cumsum(1) - 1).clamp(min=0), held)

    @torch.inference_mode()
    def step(self, tokens: torch.Tensor) -> torch.Tensor:
        """Read one token a row, int64 (rows,); logits after each, float32 (rows, vocab)."""
        places = self._rows.advance()
        held = self._rows.mask[:, : self._rows.columns]
        return self._forward(tokens.to(self._device)[:, None], places[:, None], held)

    @torch.inference_mode()
    def take_back(self, row: int, count: int) -> None:
        """Let ``row`` forget the last ``count`` tokens that it holds."""
        self._rows.take_back(row, count)

    @torch.inference_mode()
    def keep(self, rows: torch.Tensor) -> None:
        """Go on with these rows alone, int64 (n,), in this order; a row may come several times."""
        rows = rows.to(self._device)
        self._rows.keep(rows)
        self._cache.batch_select_indices(rows)

    def _forward(self, ids: torch.Tensor, places: torch.Tensor, held: torch.Tensor) -> torch.Tensor:
        with torch.autocast(self._device.type, self._autocast, enabled=self._autocast is not None):
            answer = self._model(
                input_ids=ids,
                attention_mask=held.long(),
                position_ids=places,
                past_key_values=self._cache,
                use_cache=True,
                logits_to_keep=1,
            )
        logits: torch.Tensor = answer.logits[:, -1].float()
        return logits


def is_plain_llama(model: Any) -> bool:
    """Whether :class:`LlamaDecoder` computes ``model`` exactly: Llama's architecture, nothing added to it."""
    config = model.config
    return (
        type(model).__name__ == "LlamaForCausalLM"
        and not getattr(config, "attention_bias", False)
        and not getattr(config, "mlp_bias", False)
        and config.hidden_act == "silu"
        and not hasattr(model, "peft_config")
        and next(model.parameters()).device.type == "cpu"
    )


def decoder_for(model: Any, capacity: int, dtype: torch.dtype | None) -> BatchDecoder:
    """The faster decoder that can run ``model``.

    Raises:
        ConfigError: the model's context is shorter than ``capacity``.
    """
    context = int(getattr(model.config, "max_position_embeddings", 0) or capacity)
    if capacity > context:
        raise ConfigError(
            f"prompt and answer may take {capacity} tokens and the model's context is {context}; "
            "lower max_bricks or max_completion_length"
        )
    if is_plain_llama(model):
        return LlamaDecoder(model, capacity, dtype or torch.float32)
    return LibraryDecoder(model, capacity, dtype)
