"""Llama in NumPy, float32: the default backend, and the reference that others are tested against.

Generation spends its time on passes of a few tokens, so everything is prepared for them once: query, key
and value projections are one matrix, gate and up projections another; norm weights, the square root in
RMSNorm's mean and the attention scale are multiplied into the matrices that follow them; the dimensions
of queries and keys are ordered so that the rotary embedding is a product of complex numbers; and work
space is kept for each number of tokens. How matrices are stored is :mod:`~brickgpt_engine.decoding.linear`'s
matter.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np

from brickgpt_engine.decoding.blas import one_thread, small_products_are_fast
from brickgpt_engine.decoding.habits import Habits
from brickgpt_engine.decoding.linear import Blocked, Floats, Linear, Plain, lie_together
from brickgpt_engine.decoding.llama_config import LlamaConfig, read_llama_config
from brickgpt_engine.decoding.tokens import Logits, Rows, TokenIds, check_room
from brickgpt_engine.decoding.weights import Weights
from brickgpt_engine.errors import ModelError

_CHUNK = 256
"""Tokens per pass of a long prompt, which bounds the score matrix."""
_FIRST_CAPACITY = 512
_KEPT_ROOMS = 32
"""Work space is kept for passes of up to so many tokens."""
_ONE_THREAD_BELOW = 50_000_000
"""Weights up to which a second BLAS thread costs more than it saves."""


@dataclass(frozen=True, slots=True)
class _Layer:
    """Prepared weights of one block."""

    qkv: Linear
    out: Linear
    gate_up: Linear
    down: Linear

    @property
    def linears(self) -> tuple[Linear, ...]:
        """All of them."""
        return self.qkv, self.out, self.gate_up, self.down


class _Room:
    """Work space of a pass over ``count`` tokens: buffers, and the views of them that products write to.

    Rows are tokens throughout; ``kv`` are the heads of keys and values, ``group`` the query heads of each.
    What products read (``normal_rows``, ``mixed_rows``, ``gated_rows``) and write has more rows, of zeros,
    where :meth:`Linear.padded` wants them.
    """

    def __init__(self, config: LlamaConfig, count: int, layer: _Layer) -> None:
        heads, kv, width = config.num_heads, config.num_kv_heads, config.head_dim
        hidden, middle, group = config.hidden_size, config.intermediate_size, heads // kv
        turning, rows = (heads + kv) * width, layer.qkv.padded(count)
        self.count = count
        self.x = np.empty((count, hidden), dtype=np.float32)
        self.x_rows, self.x_columns = self.x[:, None], self.x[:, :, None]
        self.square = np.empty((count, 1, 1), dtype=np.float32)
        self.scale = self.square[:, 0]
        self.normal_rows = np.zeros((rows, hidden), dtype=np.float32)
        self.normal = self.normal_rows[:count]
        qkv = np.empty((rows, turning + kv * width), dtype=np.float32)
        self.qkv = layer.qkv.target(qkv)
        qkv = qkv[:count]
        self.pairs = qkv.view(np.complex64)[:, : turning // 2].reshape(count, heads + kv, width // 2)
        self.queries = qkv[:, : heads * width].reshape(count, kv, group, width).transpose(1, 2, 0, 3)
        self.keys = qkv[:, heads * width : turning].reshape(count, kv, width).transpose(1, 2, 0)
        self.values = qkv[:, turning:].reshape(count, kv, width).transpose(1, 0, 2)
        self.mixed_rows = np.zeros((rows, heads * width), dtype=np.float32)
        self.by_head = self.mixed_rows[:count].reshape(count, kv, group, width).transpose(1, 2, 0, 3)
        self.later = np.triu(np.full((count, count), -np.inf, dtype=np.float32), k=1)
        added = np.empty((rows, hidden), dtype=np.float32)
        self.out, self.down, self.added = layer.out.target(added), layer.down.target(added), added[:count]
        gate_up = np.empty((rows, 2 * middle), dtype=np.float32)
        self.gate_up = layer.gate_up.target(gate_up)
        self.gate, self.up = gate_up[:count, :middle], gate_up[:count, middle:]
        self.gated_rows = np.zeros((rows, middle), dtype=np.float32)
        self.gated = self.gated_rows[:count]


class NumpyLlama:
    """A Llama model with a growing key-value cache; see :class:`~brickgpt_engine.decoding.tokens.TokenModel`.

    Args:
        config: the model's shape.
        weights: its tensors under their Hugging Face names.

    Raises:
        ModelError: a tensor is missing or misshapen.
    """

    @np.errstate(all="ignore")  # numbers out of range are refused as logits, with a message
    def __init__(self, config: LlamaConfig, weights: Weights) -> None:
        self.config = config
        self.parameters = weights.parameters
        """Number of weights in the files."""
        self._length = 0
        self._epsilon = np.float32(config.hidden_size * config.norm_eps)
        hidden, vocab = config.hidden_size, config.vocab_size
        self._embedding = weights.array("model.embed_tokens.weight", (vocab, hidden))
        self._norm = weights.array("model.norm.weight", (hidden,))
        head = self._embedding if config.tied else weights.array("lm_head.weight", (vocab, hidden))
        self._head = np.ascontiguousarray(head.T)
        self._blocked = blocked = self.parameters < _ONE_THREAD_BELOW and small_products_are_fast()
        self._layers = [_load_layer(weights, config, index, blocked) for index in range(config.num_layers)]
        if self.parameters < _ONE_THREAD_BELOW:
            lie_together([linear for layer in self._layers for linear in layer.linears])
        self._frequencies = config.inverse_frequencies()
        self._capacity = 0
        self._keys: Floats  # (layers, kv_heads, head_dim, capacity)
        self._values: Floats  # (layers, kv_heads, capacity, head_dim)
        self._reserve(min(_FIRST_CAPACITY, config.context_length))
        self._rooms: dict[int, _Room] = {}
        self.habits: Habits | None = None
        """What usually follows in the texts that it was trained on."""
        self._few_logits: Floats  # minus infinity but for these tokens
        self._part: tuple[TokenIds, Floats] | None = None  # the output matrix for some tokens alone

    @classmethod
    def from_folder(cls, folder: Path) -> NumpyLlama:
        """Load ``config.json``, the safetensors of a Hugging Face folder, and its habits if it has some."""
        model = cls(read_llama_config(folder), Weights(folder))
        model.habits = Habits.from_folder(folder)
        return model

    device, dtype = "cpu", "float32"

    @property
    def length(self) -> int:
        """Tokens in the cache."""
        return self._length

    @property
    def vocab_size(self) -> int:
        """Length of a logits vector."""
        return self.config.vocab_size

    @property
    def context_length(self) -> int:
        """Most tokens that the cache can hold."""
        return self.config.context_length

    @property
    def draft_cost(self) -> float:
        """What one more token makes a short pass longer: more where weights fit into the cache."""
        return 0.3 if self.parameters < _ONE_THREAD_BELOW else 0.1

    @property
    def draft_step(self) -> int:
        """Tokens that a pass reads in the time of one: products of few rows go by pairs of rows."""
        return 2 if self._blocked else 1

    def prefill(self, ids: Sequence[int]) -> Logits:
        """Forget everything, read ``ids``, and return the logits after the last, shape (vocab_size,)."""
        self._length = 0
        return self.extend(ids)

    @np.errstate(all="ignore")
    def extend(self, ids: Sequence[int]) -> Logits:
        """Read ``ids`` after what is cached; return the logits after the last, shape (vocab_size,).

        The result is a buffer that the next call overwrites.

        Raises:
            ModelError: no ids, unknown ids, or a full context.
        """
        return np.asarray(self.extend_each(ids, 1)[0])

    @np.errstate(all="ignore")
    def extend_each(self, ids: Sequence[int], keep: int, only: TokenIds | None = None) -> Rows:
        """Read ``ids`` in one pass; the logits after each of the last ``keep``, shape (keep, vocab_size).

        Where ``only`` names the tokens that matter, the output matrix shrinks to them, and all other
        logits are minus infinity. The result may be a buffer that the next call overwrites.

        Raises:
            ModelError: no ids, unknown ids, or a full context.
        """
        check_room(ids, self._length, self)
        self._reserve(self._length + len(ids))
        with one_thread() if self.parameters < _ONE_THREAD_BELOW else nullcontext():
            parts = [self._block(ids[begin : begin + _CHUNK])[-keep:] for begin in range(0, len(ids), _CHUNK)]
            return self._logits(parts[0] if len(parts) == 1 else np.concatenate(parts)[-keep:], only)

    def rewind(self, length: int) -> None:
        """Forget all but the first ``length`` tokens; the cache stays where it is.

        Raises:
            ModelError: there are not that many.
        """
        if not 0 <= length <= self._length:
            raise ModelError(f"cannot rewind to {length} tokens: the model holds {self._length}")
        self._length = length

    # -- memory ---------------------------------------------------------------------------

    def _reserve(self, needed: int) -> None:
        """Make room for ``needed`` tokens, at least doubling, so that growth costs linear time in all."""
        if needed <= self._capacity:
            return
        config = self.config
        capacity = min(max(needed, 2 * self._capacity), config.context_length)
        layers, heads, width = config.num_layers, config.num_kv_heads, config.head_dim
        block = np.empty((2, layers, heads, width * capacity), dtype=np.float32)  # one, for large pages
        keys = block[0].reshape(layers, heads, width, capacity)
        values = block[1].reshape(layers, heads, capacity, width)
        if self._length:
            keys[..., : self._length] = self._keys[..., : self._length]
            values[:, :, : self._length] = self._values[:, :, : self._length]
        self._keys, self._values, self._capacity = keys, values, capacity
        turns = np.exp(1j * np.outer(np.arange(capacity), self._frequencies))
        self._turns = turns.astype(np.complex64)[:, None]  # (capacity, 1, head_dim / 2)

    def _room(self, count: int) -> _Room:
        """Work space for ``count`` tokens."""
        room = self._rooms.get(count)
        if room is None:
            room = _Room(self.config, count, self._layers[0])
            if count <= _KEPT_ROOMS:
                self._rooms[count] = room
        return room

    # -- a pass ---------------------------------------------------------------------------

    def _block(self, ids: Sequence[int]) -> Floats:
        """Residual stream (n, hidden) of tokens that are read in one pass; the next one overwrites it."""
        room = self._room(len(ids))
        x, added = room.x, room.added
        x[:] = self._embedding[ids]
        end = self._length + len(ids)
        for index, layer in enumerate(self._layers):
            self._normalise(room)
            layer.qkv(room.normal_rows, room.qkv)
            self._attend(index, room, end)
            layer.out(room.mixed_rows, room.out)
            x += added
            self._normalise(room)
            layer.gate_up(room.normal_rows, room.gate_up)
            _gate(room)
            layer.down(room.gated_rows, room.down)
            x += added
        self._length = end
        return x

    def _normalise(self, room: _Room) -> None:
        """Rows of ``x`` over their length, with epsilon as in RMSNorm; the rest is in the next matrix."""
        np.matmul(room.x_rows, room.x_columns, out=room.square)
        room.square += self._epsilon
        np.sqrt(room.square, out=room.square)
        np.divide(room.x, room.scale, out=room.normal)

    def _attend(self, index: int, room: _Room, end: int) -> None:
        """Causal attention of the new tokens over the cache and themselves, from ``qkv`` to ``mixed``."""
        past = self._length
        np.multiply(room.pairs, self._turns[past:end], out=room.pairs)
        keys, values = self._keys[index, :, :, :end], self._values[index, :, :end]
        keys[:, :, past:] = room.keys
        values[:, past:] = room.values
        kv, group, count, width = room.queries.shape
        rows = room.queries.reshape(kv, group * count, width)  # heads that share keys go as one matrix
        scores = rows @ keys
        if count > 1:
            newest = scores.reshape(kv, group, count, end)[..., past:]
            newest += room.later
        scores -= np.maximum.reduce(scores, axis=2, keepdims=True)
        np.exp(scores, out=scores)
        totals = np.add.reduce(scores, axis=2, keepdims=True)
        if group == 1:
            mixed = room.by_head[:, 0]
            np.matmul(scores, values, out=mixed)
            mixed /= totals
        else:
            np.divide(
                (scores @ values).reshape(kv, group, count, width),
                totals.reshape(kv, group, count, 1),
                out=room.by_head,
            )

    def _logits(self, x: Floats, only: TokenIds | None) -> Rows:
        """Final norm and output matrix for the rows of ``x`` (n, hidden)."""
        square = np.einsum("ij,ij->i", x, x) / x.shape[1]
        normal = x / np.sqrt(square + np.float32(self.config.norm_eps))[:, None]
        normal *= self._norm
        if only is None:
            return np.asarray(np.dot(normal, self._head))
        if self._part is None or self._part[0] is not only:
            self._part = only, np.ascontiguousarray(self._head[:, only])
            self._few_logits = np.empty((0, self.config.vocab_size), dtype=np.float32)
        if len(self._few_logits) < len(x):
            self._few_logits = np.full((len(x), self.config.vocab_size), -np.inf, dtype=np.float32)
        logits = self._few_logits[: len(x)]
        logits[:, only] = np.dot(normal, self._part[1])
        return logits


def _gate(room: _Room) -> None:
    """``silu(gate) * up``; the gate arrives halved, so silu(2g) = g * (1 + tanh g)."""
    gated = room.gated
    np.tanh(room.gate, out=gated)
    gated += 1.0
    gated *= room.gate
    gated *= room.up


def _load_layer(weights: Weights, config: LlamaConfig, index: int, blocked: bool) -> _Layer:
    """Read block ``index`` and fold norms, attention scale and the gate's half into its matrices."""
    prefix = f"model.layers.{index}."
    hidden, middle, width = config.hidden_size, config.intermediate_size, config.head_dim
    q_out, kv_out = config.num_heads * width, config.num_kv_heads * width
    length = np.float32(math.sqrt(hidden))
    before_attention = weights.array(prefix + "input_layernorm.weight", (hidden,)) * length
    before_mlp = weights.array(prefix + "post_attention_layernorm.weight", (hidden,)) * length

    def read(name: str, out: int, inner: int, has_bias: bool) -> _Read:
        matrix = weights.array(f"{prefix}{name}.weight", (out, inner))
        return matrix, weights.array(f"{prefix}{name}.bias", (out,)) if has_bias else None

    attention, mlp = config.attention_bias, config.mlp_bias
    q = _scaled(read("self_attn.q_proj", q_out, hidden, attention), 1 / math.sqrt(width))
    k = read("self_attn.k_proj", kv_out, hidden, attention)
    v = read("self_attn.v_proj", kv_out, hidden, attention)
    gate = _scaled(read("mlp.gate_proj", middle, hidden, mlp), 0.5)
    up = read("mlp.up_proj", middle, hidden, mlp)
    made = Blocked if blocked else Plain
    return _Layer(
        made(*_joined([_paired(q, width), _paired(k, width), v], before_attention)),
        made(*read("self_attn.o_proj", hidden, q_out, attention)),
        made(*_joined([gate, up], before_mlp)),
        made(*read("mlp.down_proj", hidden, middle, mlp)),
    )


_Read: TypeAlias = tuple[Floats, Floats | None]
"""A matrix (out, in) and a bias (out,)."""


def _scaled(linear: _Read, factor: float) -> _Read:
    matrix, bias = linear
    return matrix * np.float32(factor), None if bias is None else bias * np.float32(factor)


def _paired(linear: _Read, width: int) -> _Read:
    """The rows of each head with the two halves of a rotary pair side by side, a complex number each."""
    matrix, bias = linear
    order = np.arange(len(matrix)).reshape(-1, 2, width // 2).transpose(0, 2, 1).ravel()
    return matrix[order], None if bias is None else bias[order]


def _joined(parts: list[_Read], norm: Floats) -> _Read:
    """Matrices (out, in) one below the other, with the norm before them multiplied in."""
    matrix = np.concatenate([part for part, _ in parts])
    matrix *= norm
    biases = [bias for _, bias in parts if bias is not None]
    return matrix, np.concatenate(biases) if biases else None
