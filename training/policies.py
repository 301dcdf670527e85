"""Language models to train: a network, its tokenizer, how it is asked, and model folders in and out."""

from __future__ import annotations

import copy
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from brickgpt_engine.decoding import hub
from brickgpt_engine.decoding.loader import embedded_folder
from brickgpt_engine.decoding.tokenizer import TextTokenizer, load_tokenizer, read_json
from brickgpt_engine.decoding.torch_llama import adapter_base, pick_device
from brickgpt_engine.errors import ModelError
from brickgpt_engine.generation.prompts import encode_prompt

_TOKENIZER_FILES = (
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "chat_template.jinja",
    "brickgpt.json",
)
_SMALL_FILES = (*_TOKENIZER_FILES, "tokenizer.model", "config.json", "generation_config.json", "adapter_*")
_LOAD_ERRORS = (OSError, ValueError, RuntimeError, KeyError, TypeError)


@dataclass
class Policy:
    """A model that is trained.

    Attributes:
        model: a causal language model of ``transformers``, perhaps with adapters of ``peft``.
        tokenizer: its tokenizer.
        style: how captions are put to it, see :func:`brickgpt_engine.generation.prompts.encode_prompt`.
        source: the folder that its tokenizer came from; for a hub id a copy in the cache.
        action_space: what its lines say, as its folder says; empty where it does not.
    """

    model: Any
    tokenizer: TextTokenizer
    style: str
    source: str
    action_space: str = ""

    @property
    def device(self) -> Any:
        """Where the model is."""
        return next(self.model.parameters()).device

    @property
    def first_type(self) -> Any:
        """The type of the weights in the folder that the model came from; None where it does not say."""
        import torch

        known = read_json(Path(self.source) / "config.json", missing={})
        name = known.get("dtype", known.get("torch_dtype"))  # the latter in older folders
        return getattr(torch, str(name), None)

    def prompt(self, caption: str) -> list[int]:
        """Token ids before the first brick line.

        Raises:
            PromptError: a caption that cannot be used.
        """
        return encode_prompt(self.tokenizer, caption, self.style)

    def save(self, folder: Path, dtype: Any = None) -> None:
        """Write a model folder: weights (as ``dtype``, or as they are), tokenizer, and our marker file."""
        folder.mkdir(parents=True, exist_ok=True)
        model = self.model
        if dtype is not None and dtype != next(model.parameters()).dtype:
            model = copy.deepcopy(model).to(dtype)
        model.save_pretrained(folder)
        for path in folder.glob("*.safetensors"):
            path.chmod(0o644)
        self.save_tokenizer(folder)

    def save_tokenizer(self, folder: Path) -> None:
        """Write the tokenizer as it came, and our marker file where there is one."""
        source = Path(self.source)
        if not (source / "tokenizer.json").is_file():
            self.tokenizer.backend.save(str(folder / "tokenizer.json"))
        for name in _TOKENIZER_FILES:
            if (source / name).is_file():
                shutil.copyfile(source / name, folder / name)


def load_policy(
    name_or_path: str, *, device: str = "auto", dtype: Any = None, style: str = "brickgpt"
) -> Policy:
    """Load a model to train: ``nano``, a folder, or a hub id; adapters are merged into their base.

    Args:
        name_or_path: the model.
        device: ``auto``, ``cuda``, ``mps`` or ``cpu``.
        dtype: type of the weights; float32 where None.
        style: how chat models are asked (``brickgpt``, ``zero_shot``, ``few_shot``).

    Raises:
        ModelError: it cannot be found or used.
    """
    import torch

    source = str(embedded_folder()) if name_or_path == "nano" else name_or_path
    device = pick_device(device)
    if "/" in source and not Path(source).is_dir() and not hub.is_hub_id(source):
        raise ModelError(f"{source}: no such folder; name a model folder, nano, or a hub id as OWNER/NAME")
    folder = _folder(source)
    marker = read_json(folder / "brickgpt.json", missing={}) if folder.is_dir() else {}
    if (folder / "adapter_config.json").is_file():
        source = str(folder)
    try:
        model = _network(source, dtype or torch.float32).to(device)
    except torch.cuda.OutOfMemoryError as error:
        raise ModelError(
            f"{name_or_path} does not fit into the GPU's memory; train with mixed precision and LoRA, "
            "or a smaller model"
        ) from error
    except _LOAD_ERRORS as error:
        raise ModelError(f"{name_or_path} cannot be loaded: {hub.advice(error)}") from error
    return Policy(
        model,
        _tokenizer(str(folder)),
        "nano" if marker.get("prompt_style") == "nano" else style,
        str(folder),
        str(marker.get("action_space", "")),
    )


def _folder(source: str) -> Path:
    """The folder itself; of a hub id a cached copy of its small files, which an adapter's weights are."""
    if Path(source).is_dir() or not hub.is_hub_id(source):
        return Path(source)
    found = Path(hub.resolve(source))
    if found.is_dir():
        return found
    from huggingface_hub import snapshot_download

    try:
        return Path(snapshot_download(source, allow_patterns=list(_SMALL_FILES)))
    except (OSError, ValueError) as error:
        raise ModelError(f"{source} cannot be loaded: {hub.advice(error)}") from error


def _network(source: str, dtype: Any) -> Any:
    from transformers import AutoModelForCausalLM
    from transformers.utils import logging

    logging.disable_progress_bar()
    if not (Path(source) / "adapter_config.json").is_file():
        return AutoModelForCausalLM.from_pretrained(hub.resolve(source), dtype=dtype)
    from peft import PeftModel

    base = AutoModelForCausalLM.from_pretrained(hub.resolve(adapter_base(Path(source))), dtype=dtype)
    return PeftModel.from_pretrained(base, source).merge_and_unload()


def _tokenizer(source: str) -> TextTokenizer:
    folder = Path(source)
    if (folder / "tokenizer.json").is_file():
        return load_tokenizer(folder)
    if (folder / "adapter_config.json").is_file():
        return _tokenizer(adapter_base(folder))
    from huggingface_hub import snapshot_download

    try:
        found = snapshot_download(
            source, allow_patterns=["tokenizer*", "*.jinja", "config.json", "generation*"]
        )
    except (OSError, ValueError) as error:
        raise ModelError(f"the tokenizer of {source} cannot be loaded: {hub.advice(error)}") from error
    return load_tokenizer(Path(found))
