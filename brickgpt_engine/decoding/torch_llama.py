"""Any Hugging Face causal language model through PyTorch: CUDA, MPS or CPU (the ``torch`` extra)."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError

from brickgpt_engine.decoding import hub
from brickgpt_engine.decoding.batch import Batch
from brickgpt_engine.decoding.tokenizer import load_tokenizer, read_json
from brickgpt_engine.decoding.tokens import Logits, Rows, TokenIds, check_room
from brickgpt_engine.decoding.torch_rows import CroppedCache, Request, TorchRows, has_plain_cache
from brickgpt_engine.errors import ModelError

_INSTALL = "pip install 'brickgpt-studio[torch]'"
_DEFAULT_CONTEXT = 8192
_FREE_ON_GPU = 8
"""So many sequences share a GPU's pass before another token of each is felt."""
_LOAD_ERRORS = (OSError, ValueError, RuntimeError, KeyError, TypeError, SafetensorError)
"""What transformers and peft raise for folders that are incomplete or damaged."""


class TorchModel:
    """A transformers model with one sequence; :meth:`batch` has room for several.

    Args:
        model: a causal language model in evaluation mode, on its device.
        device: that device's name.

    Attributes:
        device: that device's name.
    """

    def __init__(self, model: Any, device: str) -> None:
        self._model = model
        self.device = device
        self._vocab = int(model.get_output_embeddings().weight.shape[0])
        self._context = int(getattr(model.config, "max_position_embeddings", None) or _DEFAULT_CONTEXT)
        self.batchable = has_plain_cache(model)
        """Whether :meth:`batch` can be used: not with sliding windows and other special memories."""
        self._one: TorchRows | CroppedCache = CroppedCache(model, device)
        if self.batchable:
            self._one = TorchRows(model, device, 1, self._context)

    @property
    def length(self) -> int:
        """Tokens in the cache."""
        return int(self._one.lengths[0])

    @property
    def vocab_size(self) -> int:
        """Length of a logits vector."""
        return self._vocab

    @property
    def context_length(self) -> int:
        """Most tokens that the cache can hold."""
        return self._context

    @property
    def parameters(self) -> int:
        """Number of weights."""
        packed = sum(getattr(module, "packed_weights", 0) for module in self._model.modules())
        return packed + sum(int(p.numel()) for p in self._model.parameters())

    @property
    def dtype(self) -> str:
        """Type that the weights are kept in."""
        return str(self._model.dtype).removeprefix("torch.")

    @property
    def draft_cost(self) -> float:
        """What one more token makes a short pass longer: little where reading the weights takes the time."""
        if self.device != "cpu":
            return 0.04
        return 0.1 if self.dtype == "bfloat16" else 0.3

    @property
    def draft_step(self) -> int:
        """Tokens that a pass reads in the time of one: in bfloat16 on a processor, four."""
        return 4 if self.device == "cpu" and self.dtype == "bfloat16" else 1

    def batch(self, size: int) -> Batch:
        """A batch of at most ``size`` sequences, with a cache of its own.

        Raises:
            ModelError: the model's layers remember in a way that rows cannot share.
        """
        if not self.batchable:
            raise ModelError(
                "this model's cache has special layers, so structures cannot be decoded together"
            )
        rows = TorchRows(self._model, self.device, size, self._context)
        # Once many sequences share a pass, computing takes the time and not reading the weights.
        together = size if self.device == "cpu" else max(1.0, size / _FREE_ON_GPU)
        return Batch(rows, self._vocab, self._context, min(1.0, self.draft_cost * together))

    def prefill(self, ids: Sequence[int]) -> Logits:
        """Forget everything, read ``ids``, and return the logits after the last, shape (vocab_size,)."""
        self.rewind(0)
        return self.extend(ids)

    def extend(self, ids: Sequence[int]) -> Logits:
        """Read ``ids`` after what is cached, in one pass; return the logits after the last.

        Raises:
            ModelError: no ids, unknown ids, a full context, or no memory left on the device.
        """
        return np.asarray(self.extend_each(ids, 1)[0])

    def extend_each(self, ids: Sequence[int], keep: int, only: TokenIds | None = None) -> Rows:
        """Read ``ids`` in one pass; the logits after each of the last ``keep``, shape (keep, vocab_size).

        Of the logits only those in ``only`` are computed or leave the device, where it is given; others
        are minus infinity.

        Raises:
            ModelError: no ids, unknown ids, a full context, or no memory left on the device.
        """
        check_room(ids, self.length, self)
        return self._one.run([Request(0, ids, keep, only)])[0]

    def rewind(self, length: int) -> None:
        """Forget all but the first ``length`` tokens.

        Raises:
            ModelError: there are not that many.
        """
        if not 0 <= length <= self.length:
            raise ModelError(f"cannot rewind to {length} tokens: the model holds {self.length}")
        self._one.shorten(0, length)


def torch_missing() -> str | None:
    """Name of the first package that this backend lacks, or None."""
    return next((name for name in ("torch", "transformers") if find_spec(name) is None), None)


def require_torch(why: str) -> None:
    """Refuse when PyTorch is not installed; ``why`` says what needs it.

    Raises:
        ModelError: torch or transformers is missing.
    """
    missing = torch_missing()
    if missing is not None:
        raise ModelError(f"{why} needs {missing}; install it with: {_INSTALL}")


def pick_device(device: str) -> str:
    """The torch device for ``auto``, ``cuda``, ``mps`` or ``cpu``.

    Raises:
        ModelError: the device asked for is not there.
    """
    require_torch(f"device {device}")
    import torch

    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if device == "auto":
        return next(name for name, usable in there.items() if usable)
    if not there[device]:
        raise ModelError(f"this PyTorch sees no {device} device; use --device cpu or --device auto")
    return device


def load_torch_model(name_or_path: str, device: str) -> TorchModel:
    """Load a folder or hub id on ``device`` (see :func:`pick_device`); a LoRA folder is merged into its base.

    Weights are bfloat16 on CUDA, float16 on MPS, and float32 on the CPU; weights that are stored in bfloat16
    stay so on a CPU that calculates with it, where a pass of sixteen tokens then takes hardly longer than
    one of a single token (in float32 four times as long).

    Raises:
        ModelError: missing packages, device, access or files.
    """
    device = pick_device(device)
    import torch

    dtype = {"cuda": torch.bfloat16, "mps": torch.float16}.get(device)
    try:
        model = _load(name_or_path, dtype).to(device).eval()
        if device == "cpu" and model.dtype == torch.bfloat16:
            pack_weights(model)
        return TorchModel(model, device)
    except torch.cuda.OutOfMemoryError as error:
        raise ModelError(
            f"{name_or_path} does not fit into the GPU's memory; use --device cpu, a smaller model, "
            "or a quantised one (brickgpt export gguf)"
        ) from error
    except _LOAD_ERRORS as error:
        raise ModelError(f"{name_or_path} cannot be loaded: {hub.advice(error)}") from error


def pack_weights(model: Any) -> None:
    """Store the weights of a bfloat16 ``model`` as a processor multiplies them; it can no longer be saved."""
    from brickgpt_engine.decoding.torch_packed import pack

    pack(model, keep=model.get_output_embeddings())


def calculates_in_bfloat16() -> bool:
    """Whether the processor has instructions for it."""
    import torch

    known = (getattr(torch.cpu, f"_is_{name}_supported", None) for name in ("avx512_bf16", "amx_tile"))
    return any(test() for test in known if test is not None)


def merge_adapter(folder: Path, target: Path) -> None:
    """Merge a LoRA adapter into its base and save the whole, with its tokenizer, as a folder of its own.

    Args:
        folder: the adapter.
        target: an empty folder.

    Raises:
        ModelError: missing packages, access or files.
    """
    require_torch(f"merging the adapter {folder}")
    import torch

    try:
        _load(str(folder), torch.float32).save_pretrained(target)
        _copy_tokenizer(folder, target)
    except _LOAD_ERRORS as error:
        raise ModelError(f"{folder} cannot be merged into its base: {hub.advice(error)}") from error


def _copy_tokenizer(folder: Path, target: Path) -> None:
    """Copy tokenizer and settings of an adapter; what it lacks comes from its base."""
    base = Path(hub.resolve(adapter_base(folder)))
    for name in ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja", "brickgpt.json"):
        places = [folder, base] if name != "brickgpt.json" else [folder]
        found = next((place / name for place in places if (place / name).is_file()), None)
        if found is not None:
            shutil.copyfile(found, target / name)
    if not (target / "tokenizer.json").is_file():
        from transformers import AutoTokenizer

        AutoTokenizer.from_pretrained(str(base)).save_pretrained(target)


def adapter_base(folder: Path) -> str:
    """Folder or hub id of the model that a LoRA adapter was trained on.

    Raises:
        ModelError: the adapter does not name it.
    """
    base = read_json(folder / "adapter_config.json").get("base_model_name_or_path")
    if not isinstance(base, str) or not base:
        raise ModelError(
            f"{folder}/adapter_config.json names no base model; save the adapter again with peft"
        )
    return base


def _load(name_or_path: str, dtype: Any) -> Any:
    folder = Path(name_or_path)
    if not (folder / "adapter_config.json").is_file():
        return _pretrained(name_or_path, dtype)
    if find_spec("peft") is None:
        raise ModelError(f"{name_or_path} is a LoRA adapter, which needs peft; install it with: {_INSTALL}")
    peft: Any = import_module("peft")
    name = adapter_base(folder)
    try:
        base = _pretrained(name, dtype)
    except _LOAD_ERRORS as error:
        raise ModelError(
            f"{name}, the base model of the adapter {folder}, cannot be loaded: {hub.advice(error)}"
        ) from error
    if (folder / "tokenizer.json").is_file():
        tokens = load_tokenizer(folder).vocab_size
        if tokens > base.get_input_embeddings().weight.shape[0]:  # the adapter brings tokens of its own
            base.resize_token_embeddings(tokens)
    # Not peft's automatic class: for a folder without a tokenizer it asks the hub for one.
    return peft.PeftModel.from_pretrained(base, name_or_path).merge_and_unload()


def _pretrained(name_or_path: str, dtype: Any) -> Any:
    """A model in ``dtype``; None is what suits the CPU."""
    import torch
    from transformers import AutoModelForCausalLM
    from transformers.utils import logging

    logging.disable_progress_bar()  # progress is the front end's business
    model = AutoModelForCausalLM.from_pretrained(hub.resolve(name_or_path), dtype=dtype or "auto")
    if dtype is None and not (model.dtype == torch.bfloat16 and calculates_in_bfloat16()):
        model = model.to(torch.float32)
    return model
