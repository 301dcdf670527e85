"""Writing a Llama folder as one GGUF file for llama.cpp: weights, tokenizer, chat template.

The container and the 8-bit quantiser are the ``gguf`` package's, the 4-bit quantiser llama.cpp's own
(both in the ``llama`` extra). Metadata keys: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
"""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from brickgpt_engine.decoding import hub
from brickgpt_engine.decoding.gguf_tokenizer import add_tokenizer, check_tokens
from brickgpt_engine.decoding.llama_config import LlamaConfig, number, read_llama_config
from brickgpt_engine.decoding.llama_cpp import LLAMA_INSTALL, quiet
from brickgpt_engine.decoding.loader import EMBEDDED, SETTINGS_KEY, embedded_folder
from brickgpt_engine.decoding.tokenizer import load_tokenizer
from brickgpt_engine.decoding.torch_llama import merge_adapter
from brickgpt_engine.decoding.weights import Weights
from brickgpt_engine.errors import ModelError, OutputError

Floats: TypeAlias = NDArray[np.float32]

QUANTS = ("f16", "q8_0", "q4_k_m")
"""Kinds of weights that can be written."""
_Q4_K_M = 15
"""llama.cpp's number of that file type (``LLAMA_FTYPE_MOSTLY_Q4_K_M``)."""
_LAYER_NAMES = {
    "input_layernorm": "attn_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "post_attention_layernorm": "ffn_norm",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}


@dataclass(frozen=True, slots=True)
class ExportFacts:
    """What was written: its size in bytes, its parameters, and whether llama.cpp has read its tokenizer."""

    size: int
    parameters: int
    checked: bool


def export_gguf(
    name_or_path: str, target: Path, quant: str = "f16", *, overwrite: bool = False
) -> ExportFacts:
    """Write a model as GGUF; the file appears whole or not at all.

    Args:
        name_or_path: ``nano``, a Llama folder, a LoRA adapter's folder (merged into its base), or a hub id.
        target: the file.
        quant: one of :data:`QUANTS`.
        overwrite: whether the file may be there already.

    Raises:
        ModelError: packages are missing, or the model or its tokenizer is of a kind that is not written.
        OutputError: the file exists or cannot be written.
    """
    _require_packages(quant)
    if target.exists() and not overwrite:
        raise OutputError(f"{target} exists; choose another name or add --force")
    beside = target.with_name(f".{target.name[:40]}.{secrets.token_hex(4)}.tmp")
    try:
        with _llama_folder(name_or_path) as folder:
            parameters = _write(name_or_path, folder, beside, quant)
            checked = find_spec("llama_cpp") is not None
            if checked:
                check_tokens(beside, load_tokenizer(folder))
        beside.replace(target)
    except OSError as error:
        raise OutputError(f"cannot write {target}: {error.strerror or error}") from error
    finally:
        with suppress(OSError):
            beside.unlink()
    return ExportFacts(target.stat().st_size, parameters, checked)


def _require_packages(quant: str) -> None:
    if quant not in QUANTS:
        raise ModelError(f"quant is {quant!r}; it must be one of {', '.join(QUANTS)}")
    needed = ["gguf", *(["llama_cpp"] if quant == "q4_k_m" else [])]
    missing = next((name for name in needed if find_spec(name) is None), None)
    if missing is not None:
        raise ModelError(f"writing GGUF as {quant} needs {missing}; install it with: {LLAMA_INSTALL}")


@contextmanager
def _llama_folder(name_or_path: str) -> Iterator[Path]:
    """A folder with plain weights for whatever ``name_or_path`` names."""
    if name_or_path == EMBEDDED:
        yield embedded_folder()
        return
    folder = Path(name_or_path).expanduser()
    if not folder.is_dir():
        folder = _downloaded(name_or_path)
    if not (folder / "adapter_config.json").is_file():
        yield folder
        return
    with tempfile.TemporaryDirectory(prefix="brickgpt-merged-") as merged:
        merge_adapter(folder, Path(merged))
        yield Path(merged)


def _downloaded(name: str) -> Path:
    """The folder of a hub id."""
    if not hub.is_hub_id(name):
        raise ModelError(f"there is no model folder {name:.200}; give 'nano', a folder or a hub id")
    if find_spec("huggingface_hub") is None:
        raise ModelError(
            f"there is no folder {name}; if it is a hub id, it needs: pip install 'brickgpt-studio[torch]'"
        )
    from huggingface_hub import snapshot_download

    found = hub.resolve(name)
    if Path(found).is_dir():
        return Path(found)
    try:
        return Path(snapshot_download(found, allow_patterns=["*.json", "*.safetensors", "*.jinja"]))
    except (OSError, ValueError) as error:
        raise ModelError(f"{name} cannot be loaded: {hub.advice(error)}") from error


def _write(name: str, folder: Path, path: Path, quant: str) -> int:
    """Write ``folder`` to ``path``; the number of weights."""
    config, weights = read_llama_config(folder), Weights(folder)
    plain = path if quant != "q4_k_m" else path.with_name(path.name + ".f16")
    try:
        _write_plain(name, folder, config, weights, plain, "f16" if quant == "q4_k_m" else quant)
        if quant == "q4_k_m":
            _quantise(plain, path)
    finally:
        if plain != path:
            with suppress(OSError):
                plain.unlink()
    return weights.parameters


def _write_plain(
    name: str, folder: Path, config: LlamaConfig, weights: Weights, path: Path, quant: str
) -> None:
    """Write the file in a type that the ``gguf`` package can make."""
    import gguf

    writer: Any = gguf.GGUFWriter(path, "llama")
    try:
        writer.add_name(Path(name).name)
        writer.add_file_type(
            gguf.LlamaFileType.MOSTLY_F16 if quant == "f16" else gguf.LlamaFileType.MOSTLY_Q8_0
        )
        if quant != "f16":
            writer.add_quantization_version(gguf.GGML_QUANT_VERSION)
        if load_tokenizer(folder).vocab_size > config.vocab_size:
            raise ModelError(f"{folder} has more tokens than the model has logits; it mixes two models")
        _add_shape(writer, config)
        add_tokenizer(writer, folder, config.vocab_size)
        settings = folder / "brickgpt.json"
        if settings.is_file():
            writer.add_string(SETTINGS_KEY, settings.read_text(encoding="utf-8"))
        for tensor, array in _tensors(config, weights):
            kind = _kind(array, quant)
            writer.add_tensor(tensor, gguf.quants.quantize(array, kind), raw_dtype=kind)
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
    finally:
        writer.close()


def _kind(array: Floats, quant: str) -> Any:
    """How a tensor is kept: vectors in float32; matrices as asked, where their rows divide into blocks."""
    from gguf import GGML_QUANT_SIZES, GGMLQuantizationType

    if array.ndim == 1:
        return GGMLQuantizationType.F32
    block = GGML_QUANT_SIZES[GGMLQuantizationType.Q8_0][0]
    return (
        GGMLQuantizationType.Q8_0
        if quant == "q8_0" and array.shape[1] % block == 0
        else GGMLQuantizationType.F16
    )


def _add_shape(writer: Any, config: LlamaConfig) -> None:
    """The model's sizes and its position scaling."""
    from gguf import RopeScalingType

    writer.add_vocab_size(config.vocab_size)
    writer.add_context_length(config.context_length)
    writer.add_embedding_length(config.hidden_size)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_block_count(config.num_layers)
    writer.add_head_count(config.num_heads)
    writer.add_head_count_kv(config.num_kv_heads)
    writer.add_key_length(config.head_dim)
    writer.add_value_length(config.head_dim)
    writer.add_rope_dimension_count(config.head_dim)
    writer.add_layer_norm_rms_eps(config.norm_eps)
    writer.add_rope_freq_base(number(config.rope, "rope_theta", float, 10_000.0))
    if config.rope.get("rope_type") == "linear":
        writer.add_rope_scaling_type(RopeScalingType.LINEAR)
        writer.add_rope_scaling_factor(number(config.rope, "factor", float))


def _tensors(config: LlamaConfig, weights: Weights) -> Iterator[tuple[str, Floats]]:
    """Every tensor under its GGUF name."""
    hidden, vocab = config.hidden_size, config.vocab_size
    yield "token_embd.weight", weights.array("model.embed_tokens.weight", (vocab, hidden))
    yield "output_norm.weight", weights.array("model.norm.weight", (hidden,))
    if not config.tied:
        yield "output.weight", weights.array("lm_head.weight", (vocab, hidden))
    if config.rope.get("rope_type") == "llama3":
        theta = number(config.rope, "rope_theta", float, 10_000.0)
        plain = theta ** (-np.arange(0, config.head_dim, 2, dtype=np.float64) / config.head_dim)
        yield "rope_freqs.weight", (plain / config.inverse_frequencies()).astype(np.float32)
    for layer in range(config.num_layers):
        for theirs, ours in _LAYER_NAMES.items():
            for suffix in ("weight", "bias"):
                entry = weights.get(f"model.layers.{layer}.{theirs}.{suffix}")
                if entry is not None:
                    array = weights.array(f"model.layers.{layer}.{theirs}.{suffix}", entry.shape)
                    yield f"blk.{layer}.{ours}.{suffix}", _turned(array, ours, config)


def _turned(array: Floats, name: str, config: LlamaConfig) -> Floats:
    """llama.cpp rotates neighbouring numbers of a head, Hugging Face those half a head apart."""
    heads = {"attn_q": config.num_heads, "attn_k": config.num_kv_heads}.get(name)
    if heads is None:
        return array
    halves = array.reshape(heads, 2, -1, *array.shape[1:])
    return np.ascontiguousarray(halves.swapaxes(1, 2).reshape(array.shape))


def _quantise(source: Path, target: Path) -> None:
    """Let llama.cpp mix 4- and 6-bit weights (its ``Q4_K_M``)."""
    import llama_cpp

    quiet()
    options = llama_cpp.llama_model_quantize_default_params()
    options.ftype = _Q4_K_M
    options.nthread = (
        len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    )
    status = llama_cpp.llama_model_quantize(os.fsencode(source), os.fsencode(target), options)
    if status != 0:
        raise ModelError(f"llama.cpp could not quantise the model (status {status}); try --quant q8_0")
