"""Llama in NumPy, float32: the default backend, and the reference that others are tested against.

The single-token step is what generation spends its time on, so weights are prepared for
it once: query, key and value projections are one matrix, gate and up projections another,
norm weights and the attention scale are multiplied into the matrices that follow them, and
all are stored input-major, where OpenBLAS is fastest for one row.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from brickgpt_engine.decoding.blas import one_thread
from brickgpt_engine.decoding.llama_config import LlamaConfig, read_llama_config
from brickgpt_engine.decoding.tokens import Logits, Rows, TokenIds, check_room
from brickgpt_engine.decoding.weights import Weights
from brickgpt_engine.errors import ModelError

Floats: TypeAlias = NDArray[np.float32]

_CHUNK = 256
"""Tokens per pass of a long prompt, which bounds the score matrix."""
_FIRST_CAPACITY = 512
_FEW_ROWS = 8
_CACHED_BYTES = 2 << 20
"""Up to so many rows of a matrix of that size, one product a row beats packing the matrix for all."""
_ONE_THREAD_BELOW = 50_000_000
"""Weights up to which a second BLAS thread costs more than it saves."""


@dataclass(frozen=True, slots=True)
class _Layer:
    """Prepared weights of one block; each matrix has shape (in, out), each bias (out,) or None."""

    qkv: Floats
    qkv_bias: Floats | None
    out: Floats
    out_bias: Floats | None
    gate_up: Floats
    gate_up_bias: Floats | None
    down: Floats
    down_bias: Floats | None


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
        hidden, vocab = config.hidden_size, config.vocab_size
        self._embedding = weights.array("model.embed_tokens.weight", (vocab, hidden))
        self._norm = weights.array("model.norm.weight", (hidden,))
        head = self._embedding if config.tied else weights.array("lm_head.weight", (vocab, hidden))
        self._head = np.ascontiguousarray(head.T)
        self._layers = [_load_layer(weights, config, index) for index in range(config.num_layers)]
        self._frequencies = config.inverse_frequencies()
        self._capacity = 0
        self._keys: Floats  # (layers, kv_heads, capacity, head_dim)
        self._values: Floats
        self._reserve(min(_FIRST_CAPACITY, config.context_length))
        self._make_buffers()

    @classmethod
    def from_folder(cls, folder: Path) -> NumpyLlama:
        """Load ``config.json`` and the safetensors of a Hugging Face folder."""
        return cls(read_llama_config(folder), Weights(folder))

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
            if len(ids) == 1:
                return self._logits(self._step(ids[0])[None], only)
            blocks = [
                self._block(ids[begin : begin + _CHUNK])[-keep:] for begin in range(0, len(ids), _CHUNK)
            ]
            return self._logits(np.concatenate(blocks)[-keep:], only)

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
        shape = (config.num_layers, config.num_kv_heads, capacity, config.head_dim)
        keys, values = np.empty(shape, dtype=np.float32), np.empty(shape, dtype=np.float32)
        if self._length:
            keys[:, :, : self._length] = self._keys[:, :, : self._length]
            values[:, :, : self._length] = self._values[:, :, : self._length]
        self._keys, self._values, self._capacity = keys, values, capacity
        angles = np.outer(np.arange(capacity), self._frequencies)
        self._cos = np.cos(angles).astype(np.float32)
        sin = np.sin(angles).astype(np.float32)
        self._sin = np.stack([-sin, sin], axis=1)  # (capacity, 2, head_dim / 2): signs of the two halves

    def _make_buffers(self) -> None:
        """Work space of the single-token step."""
        config = self.config
        wide = (config.num_heads + 2 * config.num_kv_heads) * config.head_dim
        self._b_norm = np.empty(config.hidden_size, dtype=np.float32)
        self._b_hidden = np.empty(config.hidden_size, dtype=np.float32)
        self._b_qkv = np.empty(wide, dtype=np.float32)
        self._b_gate_up = np.empty(2 * config.intermediate_size, dtype=np.float32)
        self._b_silu = np.empty(config.intermediate_size, dtype=np.float32)
        self._b_logits = np.empty((1, config.vocab_size), dtype=np.float32)
        self._part: tuple[TokenIds, Floats] | None = None  # the output matrix for some tokens alone

    # -- one token ------------------------------------------------------------------------

    def _step(self, token: int) -> Floats:
        """Residual stream (hidden,) after one more token."""
        x = self._embedding[token].copy()
        for index, layer in enumerate(self._layers):
            self._normalise(x)
            _affine(self._b_norm, layer.qkv, layer.qkv_bias, self._b_qkv)
            mixed = self._attend_one(index)
            x += _affine(mixed, layer.out, layer.out_bias, self._b_hidden)
            self._normalise(x)
            _affine(self._b_norm, layer.gate_up, layer.gate_up_bias, self._b_gate_up)
            x += _affine(self._gate_one(), layer.down, layer.down_bias, self._b_hidden)
        self._length += 1
        return np.asarray(x)

    def _normalise(self, x: Floats) -> None:
        """RMSNorm of ``x`` (hidden,) into its buffer; the norm's weight is inside the next matrix."""
        scale = 1.0 / math.sqrt(float(np.dot(x, x)) / x.size + self.config.norm_eps)
        np.multiply(x, np.float32(scale), out=self._b_norm)

    def _attend_one(self, index: int) -> Floats:
        """Attention of the newest token over the cache, from the qkv buffer; returns (heads * head_dim,)."""
        config, position = self.config, self._length
        heads, kv_heads, width = config.num_heads, config.num_kv_heads, config.head_dim
        split = (heads + kv_heads) * width
        pairs = self._b_qkv[:split].reshape(heads + kv_heads, 2, width // 2)
        turned = pairs * self._cos[position]
        turned += pairs[:, ::-1] * self._sin[position]
        flat = turned.reshape(heads + kv_heads, width)
        keys, values = self._keys[index], self._values[index]
        keys[:, position] = flat[heads:]
        values[:, position] = self._b_qkv[split:].reshape(kv_heads, width)
        queries = flat[:heads].reshape(kv_heads, heads // kv_heads, width)
        scores = queries @ keys[:, : position + 1].transpose(0, 2, 1)
        scores -= scores.max(axis=2, keepdims=True)
        np.exp(scores, out=scores)
        totals = scores.sum(axis=2, keepdims=True)
        mixed = scores @ values[:, : position + 1]
        mixed /= totals
        return np.asarray(mixed.reshape(-1))

    def _gate_one(self) -> Floats:
        """``silu(gate) * up`` from its buffer; the gate arrives halved, so silu(2g) = g * (1 + tanh g)."""
        middle = self.config.intermediate_size
        gate, up = self._b_gate_up[:middle], self._b_gate_up[middle:]
        np.tanh(gate, out=self._b_silu)
        self._b_silu += 1.0
        self._b_silu *= gate
        self._b_silu *= up
        return self._b_silu

    # -- several tokens -------------------------------------------------------------------

    def _block(self, ids: Sequence[int]) -> Floats:
        """Residual stream (n, hidden) of several tokens that are read in one pass."""
        x = self._embedding[np.asarray(ids)]
        middle = self.config.intermediate_size
        later = np.triu(np.full((len(ids), len(ids)), -np.inf, dtype=np.float32), k=1)
        for index, layer in enumerate(self._layers):
            qkv = _affine(self._rms(x), layer.qkv, layer.qkv_bias)
            x += _affine(self._attend(index, qkv, later), layer.out, layer.out_bias)
            both = _affine(self._rms(x), layer.gate_up, layer.gate_up_bias)
            gate = both[:, :middle]
            gated = np.tanh(gate)
            gated += 1.0
            gated *= gate
            gated *= both[:, middle:]
            x += _affine(gated, layer.down, layer.down_bias)
        self._length += len(ids)
        return np.asarray(x)

    def _rms(self, x: Floats) -> Floats:
        """RMSNorm of the rows of ``x`` (n, hidden), without its weight."""
        square = np.einsum("ij,ij->i", x, x) / x.shape[1]
        return np.asarray(x / np.sqrt(square + np.float32(self.config.norm_eps))[:, None])

    def _attend(self, index: int, qkv: Floats, later: Floats) -> Floats:
        """Causal attention of ``n`` new tokens over cache and themselves; returns (n, heads * head_dim).

        ``qkv`` (n, all heads * head_dim) are their projections; ``later`` (n, n) is minus infinity above
        the diagonal.
        """
        config, past, count = self.config, self._length, len(qkv)
        heads, kv_heads, width = config.num_heads, config.num_kv_heads, config.head_dim
        end, turning = past + count, heads + kv_heads
        pairs = qkv[:, : turning * width].reshape(count, turning, 2, width // 2)
        turned = pairs * self._cos[past:end, None, None]
        turned += pairs[:, :, ::-1] * self._sin[past:end, None]
        flat = turned.reshape(count, turning, width)
        self._keys[index, :, past:end] = flat[:, heads:].transpose(1, 0, 2)
        values = qkv[:, turning * width :].reshape(count, kv_heads, width)
        self._values[index, :, past:end] = values.transpose(1, 0, 2)
        group = heads // kv_heads
        queries = flat[:, :heads].reshape(count, kv_heads, group, width).transpose(1, 2, 0, 3)
        rows = queries.reshape(kv_heads, group * count, width)  # heads that share keys go as one matrix
        scores = rows @ self._keys[index, :, :end].transpose(0, 2, 1)
        newest = scores.reshape(kv_heads, group, count, end)[..., past:]
        newest += later
        scores -= scores.max(axis=2, keepdims=True)
        np.exp(scores, out=scores)
        mixed = scores @ self._values[index, :, :end]
        mixed /= scores.sum(axis=2, keepdims=True)
        by_token = mixed.reshape(kv_heads, group, count, width).transpose(2, 0, 1, 3)
        return np.asarray(by_token.reshape(count, heads * width))

    def _logits(self, x: Floats, only: TokenIds | None) -> Rows:
        """Final norm and output matrix for the rows of ``x`` (n, hidden)."""
        normal = self._rms(x)
        normal *= self._norm
        if only is None:
            return _affine(normal, self._head, None, self._b_logits if len(x) == 1 else None)
        if self._part is None or self._part[0] is not only:
            self._part = only, np.ascontiguousarray(self._head[:, only])
        logits = np.full((len(x), self.config.vocab_size), -np.inf, dtype=np.float32)
        logits[:, only] = _affine(normal, self._part[1], None)
        return logits


def _affine(x: Floats, matrix: Floats, bias: Floats | None, out: Floats | None = None) -> Floats:
    """``x @ matrix + bias`` for one row or several, into ``out`` where given."""
    if x.ndim == 2 and len(x) <= _FEW_ROWS and matrix.nbytes <= _CACHED_BYTES:
        result = np.empty((len(x), matrix.shape[1]), dtype=np.float32) if out is None else out
        for row, into in zip(x, result, strict=True):  # the matrix stays in the cache from row to row
            np.dot(row, matrix, out=into)
    else:
        result = np.dot(x, matrix, out=out)
    if bias is not None:
        result += bias
    return np.asarray(result)


def _load_layer(weights: Weights, config: LlamaConfig, index: int) -> _Layer:
    """Read block ``index`` and fold norms, attention scale and the gate's half into its matrices."""
    prefix = f"model.layers.{index}."
    hidden, middle, width = config.hidden_size, config.intermediate_size, config.head_dim
    q_out, kv_out = config.num_heads * width, config.num_kv_heads * width
    before_attention = weights.array(prefix + "input_layernorm.weight", (hidden,))
    before_mlp = weights.array(prefix + "post_attention_layernorm.weight", (hidden,))

    def read(name: str, out: int, inner: int, has_bias: bool) -> tuple[Floats, Floats | None]:
        matrix = weights.array(f"{prefix}{name}.weight", (out, inner))
        return matrix, weights.array(f"{prefix}{name}.bias", (out,)) if has_bias else None

    attention, mlp = config.attention_bias, config.mlp_bias
    q = _scaled(read("self_attn.q_proj", q_out, hidden, attention), 1 / math.sqrt(width))
    k = read("self_attn.k_proj", kv_out, hidden, attention)
    v = read("self_attn.v_proj", kv_out, hidden, attention)
    gate = _scaled(read("mlp.gate_proj", middle, hidden, mlp), 0.5)
    up = read("mlp.up_proj", middle, hidden, mlp)
    out, out_bias = read("self_attn.o_proj", hidden, q_out, attention)
    down, down_bias = read("mlp.down_proj", hidden, middle, mlp)
    qkv, qkv_bias = _joined([q, k, v], before_attention)
    gate_up, gate_up_bias = _joined([gate, up], before_mlp)
    out, down = np.ascontiguousarray(out.T), np.ascontiguousarray(down.T)
    return _Layer(qkv, qkv_bias, out, out_bias, gate_up, gate_up_bias, down, down_bias)


_Linear: TypeAlias = tuple[Floats, Floats | None]


def _scaled(linear: _Linear, factor: float) -> _Linear:
    matrix, bias = linear
    return matrix * np.float32(factor), None if bias is None else bias * np.float32(factor)


def _joined(parts: list[_Linear], norm: Floats) -> _Linear:
    """Matrices (out, in) side by side as one (in, out), with the norm before them multiplied in."""
    matrix = np.concatenate([part for part, _ in parts])
    matrix *= norm
    biases = [bias for _, bias in parts if bias is not None]
    return np.ascontiguousarray(matrix.T), np.concatenate(biases) if biases else None
