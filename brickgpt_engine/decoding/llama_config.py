"""The part of a Hugging Face ``config.json`` that defines a Llama model, checked."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from brickgpt_engine.decoding.tokenizer import read_json
from brickgpt_engine.errors import ModelError

_N = TypeVar("_N", int, float)

_MOST = 1e15
"""No number of a model's configuration reaches this."""
_WIDEST_HEAD = 65_536
"""Far above any model; the table of rotations has half this length, made before weights are read."""


@dataclass(frozen=True, slots=True)
class LlamaConfig:
    """Shape of a Llama model (Touvron et al. 2023; grouped queries as in Ainslie et al. 2023).

    Attributes:
        vocab_size: tokens.
        hidden_size: width of the residual stream.
        intermediate_size: width of the gated MLP.
        num_layers: blocks.
        num_heads: query heads.
        num_kv_heads: key and value heads; divides ``num_heads``.
        head_dim: width of one head; even.
        context_length: most positions.
        norm_eps: added to the mean square in RMSNorm.
        tied: whether the output matrix is the embedding.
        attention_bias: whether the four attention projections have biases.
        mlp_bias: whether the three MLP projections have biases.
        rope: parameters of the rotary embedding, ``rope_theta`` and ``rope_type`` included.
    """

    vocab_size: int
    hidden_size: int
    intermediate_size: int
    num_layers: int
    num_heads: int
    num_kv_heads: int
    head_dim: int
    context_length: int
    norm_eps: float
    tied: bool
    attention_bias: bool
    mlp_bias: bool
    rope: dict[str, Any]

    @np.errstate(all="ignore")  # extreme settings end as logits that are no numbers, and are refused there
    def inverse_frequencies(self) -> NDArray[np.float64]:
        """Angle per position of each rotary pair, shape (head_dim / 2,).

        Raises:
            ModelError: a kind of position scaling that is not known here.
        """
        theta = number(self.rope, "rope_theta", float, 10_000.0)
        base = theta ** (-np.arange(0, self.head_dim, 2, dtype=np.float64) / self.head_dim)
        kind = self.rope.get("rope_type", "default")
        if kind == "default":
            return np.asarray(base)
        if kind == "linear":
            return np.asarray(base / number(self.rope, "factor", float))
        if kind == "llama3":
            return _llama3_frequencies(base, self.rope)
        raise ModelError(
            f"config.json asks for rope type {kind!r}; NumPy knows default, linear and llama3 "
            "(use --device cpu with the torch extra)"
        )


def number(
    settings: dict[str, Any], key: str, kind: type[_N], default: _N | None = None, least: float = 0
) -> _N:
    """A positive number from a configuration.

    Raises:
        ModelError: it is missing without a default, not a number, not above ``least``, or beyond
            every model.
    """
    value = settings.get(key)
    value = default if value is None else value
    if (
        isinstance(value, bool)
        or not isinstance(value, int | float)
        or not least < value < _MOST  # also false for NaN
        or kind(value) != value
    ):
        raise ModelError(
            f"config.json has {key} = {value!r:.40}; a Llama model needs a positive {kind.__name__} there"
        )
    return kind(value)


def read_llama_config(folder: Path) -> LlamaConfig:
    """Read and check ``config.json``.

    Raises:
        ModelError: missing or damaged file, another architecture, or impossible sizes.
    """
    settings = read_json(folder / "config.json")
    architecture = architecture_of(settings)
    if architecture != "LlamaForCausalLM":
        raise ModelError(
            f"{folder} holds a {architecture}; the NumPy backend runs LlamaForCausalLM only "
            "(pip install 'brickgpt-studio[torch]' for others)"
        )
    if settings.get("hidden_act", "silu") not in ("silu", "swish"):
        raise ModelError(f"config.json has hidden_act = {settings['hidden_act']!r}; NumPy knows silu only")
    hidden, heads = number(settings, "hidden_size", int), number(settings, "num_attention_heads", int)
    config = LlamaConfig(
        vocab_size=number(settings, "vocab_size", int),
        hidden_size=hidden,
        intermediate_size=number(settings, "intermediate_size", int),
        num_layers=number(settings, "num_hidden_layers", int),
        num_heads=heads,
        num_kv_heads=number(settings, "num_key_value_heads", int, heads),
        head_dim=number(settings, "head_dim", int, max(hidden // heads, 1)),
        context_length=number(settings, "max_position_embeddings", int, 2048),
        norm_eps=number(settings, "rms_norm_eps", float, 1e-6),
        tied=bool(settings.get("tie_word_embeddings", False)),
        attention_bias=bool(settings.get("attention_bias", False)),
        mlp_bias=bool(settings.get("mlp_bias", False)),
        rope=_rope_settings(settings),
    )
    if config.num_heads % config.num_kv_heads or config.head_dim % 2 or config.head_dim > _WIDEST_HEAD:
        raise ModelError(
            f"config.json has {config.num_heads} heads on {config.num_kv_heads} key-value heads of width "
            f"{config.head_dim}; the first must be a multiple of the second, and the width even and at "
            f"most {_WIDEST_HEAD}"
        )
    config.inverse_frequencies()  # a bad rope setting shows here, before gigabytes are read
    return config


def architecture_of(settings: dict[str, Any]) -> str:
    """The model class that a ``config.json`` names, or its model type, or 'model of unknown architecture'."""
    names = settings.get("architectures")
    if isinstance(names, list) and names and isinstance(names[0], str):
        return names[0]
    kind = settings.get("model_type")
    if kind == "llama":
        return "LlamaForCausalLM"
    return kind if isinstance(kind, str) else "model of unknown architecture"


def _rope_settings(settings: dict[str, Any]) -> dict[str, Any]:
    """One dictionary from the old spelling (rope_theta, rope_scaling) or the new (rope_parameters)."""
    rope: dict[str, Any] = {"rope_theta": settings.get("rope_theta")}
    for key in ("rope_scaling", "rope_parameters"):
        extra = settings.get(key)
        if isinstance(extra, dict):
            rope |= extra
    rope["rope_type"] = rope.get("rope_type") or rope.get("type") or "default"
    return rope


def _llama3_frequencies(base: NDArray[np.float64], rope: dict[str, Any]) -> NDArray[np.float64]:
    """Llama 3.1's stretching: slow rotations are divided by ``factor``, fast ones kept, a ramp between."""
    factor = number(rope, "factor", float)
    low = number(rope, "low_freq_factor", float)
    high = number(rope, "high_freq_factor", float)
    original = number(rope, "original_max_position_embeddings", float)
    if high <= low:
        raise ModelError(f"config.json has high_freq_factor {high} not above low_freq_factor {low}")
    turns = original * base / (2 * math.pi)  # rotations within the original context
    keep = np.clip((turns - low) / (high - low), 0.0, 1.0)
    return np.asarray(base * (keep + (1 - keep) / factor))
