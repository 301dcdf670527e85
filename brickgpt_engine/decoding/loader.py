"""From a name to a model that is ready: which folder, which backend, which prompt style."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from brickgpt_engine.decoding import hub
from brickgpt_engine.decoding.llama_config import architecture_of
from brickgpt_engine.decoding.llama_cpp import ALL_LAYERS, GgufTokenizer, LlamaCppModel
from brickgpt_engine.decoding.numpy_llama import NumpyLlama
from brickgpt_engine.decoding.tokenizer import TextTokenizer, load_tokenizer, parse_json, read_json
from brickgpt_engine.decoding.tokens import TokenModel
from brickgpt_engine.decoding.torch_llama import TorchModel, adapter_base, load_torch_model, torch_missing
from brickgpt_engine.decoding.weights import Weights
from brickgpt_engine.errors import ConfigError, ModelError

if TYPE_CHECKING:
    from brickgpt_engine.meaning import Vocabulary

EMBEDDED = "nano"
"""Name of the model that comes with the package."""
DEVICES = ("auto", "cuda", "mps", "cpu")
PROMPT_STYLES = ("nano", "chat")
"""What a model folder may say in ``brickgpt.json``: the embedded model's style, or instructions as a chat."""
ACTION_SPACES = ("absolute", "pivot")
"""How ``brickgpt.json`` may say that a model writes bricks: as published, or by offsets."""
NUMPY_LIMIT = 1_000_000_000
"""From this many weights on, PyTorch is used where it is installed."""
_TINY = 100_000_000
"""Below this many weights NumPy is faster than a GPU's launch overhead, so torch is not even imported."""
_FORMAT_VERSION = 1
SETTINGS_KEY = "brickgpt.settings"
"""Metadata key of a GGUF file under which ``brickgpt.json`` travels, as text."""
_BACKENDS: dict[type, str] = {NumpyLlama: "numpy", TorchModel: "torch", LlamaCppModel: "llama.cpp"}


class PivotReach(NamedTuple):
    """How far the pivots of a model may be: offset along each axis, and bricks back in the build order."""

    max_offset: int
    max_back: int


@dataclass(frozen=True)
class LoadedModel:
    """A model with what belongs to it.

    Attributes:
        token_model: runs the network.
        tokenizer: its tokenizer and special tokens.
        prompt_style: ``nano`` or ``chat``.
        info: facts for people: name, backend, device, parameters, vocabulary, context, …
        vocabulary: what prompts may name, where a model of style ``nano`` says so; None: anything.
        pivot: the reach of the pivots of a model that writes pivot lines; None: it writes absolute ones.
    """

    token_model: TokenModel
    tokenizer: TextTokenizer
    prompt_style: str
    info: dict[str, str | int]
    vocabulary: Vocabulary | None = None
    pivot: PivotReach | None = None


def embedded_folder() -> Path:
    """Folder of the model that comes with the package (it need not exist in a bare source tree)."""
    return Path(__file__).resolve().parent.parent / "models" / EMBEDDED


def load_model(
    name_or_path: str = EMBEDDED, device: str = "auto", gpu_layers: int = ALL_LAYERS
) -> LoadedModel:
    """Load ``nano``, a Hugging Face folder, a ``.gguf`` file (extra ``llama``), or a hub id (``torch``).

    A Llama folder runs on NumPy when it is small, unless ``device`` asks for a GPU; larger
    ones run on NumPy too where PyTorch is not installed.

    Args:
        name_or_path: which model.
        device: one of :data:`DEVICES`.
        gpu_layers: layers of a GGUF model that go to a GPU, -1 for all; ``device`` ``cpu`` means none.

    Raises:
        ConfigError: ``device`` is not a known name.
        ModelError: the model cannot be found or used.
    """
    if device not in DEVICES:
        raise ConfigError(f"device is {device!r}; it must be one of {', '.join(DEVICES)}")
    try:
        return _load(name_or_path, device, 0 if device == "cpu" else gpu_layers)
    except OSError as error:  # a name that is too long, a folder or file without permission
        reason = error.strerror or " ".join(str(error).split())[:200]
        raise ModelError(
            f"the model {name_or_path:.60} cannot be read: {reason}; "
            "give 'nano', a folder, a .gguf file or a hub id"
        ) from error


def _load(name_or_path: str, device: str, gpu_layers: int) -> LoadedModel:
    folder = embedded_folder() if name_or_path == EMBEDDED else _expanded(name_or_path)
    if folder.is_dir():
        return _load_folder(name_or_path, folder, device)
    if folder.suffix.lower() == ".gguf":
        return _load_gguf(name_or_path, folder, gpu_layers)
    if folder.is_file():
        raise ModelError(
            f"{folder} is a file; give a .gguf file, or the Hugging Face folder that holds the model"
        )
    if name_or_path == EMBEDDED:
        raise ModelError(f"the embedded model is missing from {folder}; install the package again")
    if not hub.is_hub_id(name_or_path):
        raise ModelError(
            f"there is no model folder {name_or_path}; give 'nano', a folder, a .gguf file or a hub id"
        )
    return _load_hub(name_or_path, device)


def _expanded(name: str) -> Path:
    """The path with ``~`` replaced; as it is where there is no such user."""
    try:
        return Path(name).expanduser()
    except RuntimeError:
        return Path(name)


def _load_folder(name: str, folder: Path, device: str) -> LoadedModel:
    about, source = read_json(folder / "brickgpt.json", missing={}), f"{folder}/brickgpt.json"
    style = _style_of(about, source)
    pivot = _pivot(about, source)
    if (folder / "adapter_config.json").is_file():
        model = load_torch_model(str(folder), device)
        return _loaded(name, model, _adapter_tokenizer(folder), style, pivot=pivot)
    settings = read_json(folder / "config.json")
    tokenizer = load_tokenizer(folder)
    vocabulary = _vocabulary(about, style, source)
    if _use_numpy(settings, folder, device):
        return _loaded(name, NumpyLlama.from_folder(folder), tokenizer, style, vocabulary, pivot)
    return _loaded(name, load_torch_model(str(folder), device), tokenizer, style, vocabulary, pivot)


def _load_gguf(name: str, path: Path, gpu_layers: int) -> LoadedModel:
    if not path.is_file():
        raise ModelError(f"there is no file {path}; export one with 'brickgpt export gguf', or give a folder")
    model = LlamaCppModel(path, gpu_layers)
    source = str(path)
    settings = parse_json(model.handle.text(SETTINGS_KEY) or "{}", f"{SETTINGS_KEY} in {path}")
    style = _style_of(settings, source)
    vocabulary = _vocabulary(settings, style, source)
    pivot = _pivot(settings, source)
    return _loaded(name, model, GgufTokenizer.of(model.handle), style, vocabulary, pivot)


def _use_numpy(settings: dict[str, Any], folder: Path, device: str) -> bool:
    """Whether the NumPy backend is the right one for a folder on ``device``."""
    if device in ("cuda", "mps"):
        return False
    if torch_missing() is not None:
        return True  # for another architecture its loader says what is missing
    if architecture_of(settings) != "LlamaForCausalLM":
        return False
    parameters = Weights(folder).parameters
    if parameters < _TINY:
        return True
    return parameters < NUMPY_LIMIT and (device == "cpu" or not _cuda_there())


def _cuda_there() -> bool:
    import torch

    return bool(torch.cuda.is_available())


def _load_hub(name: str, device: str) -> LoadedModel:
    if torch_missing() is not None:
        raise ModelError(
            f"there is no folder {name}; if it is a Hugging Face hub id, loading it needs: "
            "pip install 'brickgpt-studio[torch]'"
        )
    model = load_torch_model(name, device)
    settings, source = _hub_settings(name), f"brickgpt.json of {name}"
    style = _style_of(settings, source)
    vocabulary, pivot = _vocabulary(settings, style, source), _pivot(settings, source)
    return _loaded(name, model, _hub_tokenizer(name), style, vocabulary, pivot)


def _hub_settings(name: str) -> dict[str, Any]:
    """The ``brickgpt.json`` of a hub id; most have none."""
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import EntryNotFoundError

    folder = Path(hub.resolve(name))
    if folder.is_dir():
        return read_json(folder / "brickgpt.json", missing={})
    try:
        return read_json(Path(hf_hub_download(name, "brickgpt.json")))
    except (EntryNotFoundError, OSError, ValueError):
        return {}


def _hub_tokenizer(name: str) -> TextTokenizer:
    """Tokenizer of a hub id (or of a folder without one of its own), through transformers."""
    from transformers import AutoTokenizer

    try:
        found = AutoTokenizer.from_pretrained(hub.resolve(name))
    except (OSError, ValueError) as error:
        raise ModelError(f"the tokenizer of {name} cannot be loaded: {hub.advice(error)}") from error
    backend = getattr(found, "backend_tokenizer", None)
    if backend is None or found.eos_token_id is None:
        raise ModelError(f"{name} has no fast tokenizer with an end token; BrickGPT needs tokenizer.json")
    return TextTokenizer(backend, int(found.eos_token_id), found.bos_token_id, found.chat_template)


def _adapter_tokenizer(folder: Path) -> TextTokenizer:
    """An adapter's own tokenizer, else that of its base model."""
    if (folder / "tokenizer.json").is_file():
        return load_tokenizer(folder)
    base = adapter_base(folder)
    return load_tokenizer(Path(base)) if Path(base).is_dir() else _hub_tokenizer(base)


def _style_of(settings: dict[str, Any], source: str) -> str:
    """What ``brickgpt.json`` says the model was trained on; without it, instructions as a chat."""
    version = settings.get("format_version", _FORMAT_VERSION)
    if version != _FORMAT_VERSION:
        raise ModelError(f"{source} has format_version {version}; this program reads {_FORMAT_VERSION}")
    style = settings.get("prompt_style", "chat")
    if style not in PROMPT_STYLES:
        raise ModelError(f"{source} has prompt_style {style!r}; known are {', '.join(PROMPT_STYLES)}")
    return str(style)


def _pivot(settings: dict[str, Any], source: str) -> PivotReach | None:
    """The reach of a model's pivots, as ``brickgpt.json`` says it; None where it writes absolute lines.

    Raises:
        ModelError: another action space, or a reach that is no whole number from 1 on.
    """
    space = settings.get("action_space", "absolute")
    if space not in ACTION_SPACES:
        raise ModelError(f"{source} has action_space {space!r}; known are {', '.join(ACTION_SPACES)}")
    if space == "absolute":
        return None
    for name in PivotReach._fields:
        value = settings.get(name)
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise ModelError(
                f"{source} has action_space pivot and {name} {value!r}; give the number from 1 on that the "
                "model was trained with"
            )
    return PivotReach(settings["max_offset"], settings["max_back"])


def _vocabulary(settings: dict[str, Any], style: str, source: str) -> Vocabulary | None:
    """What ``brickgpt.json`` says that a model of style ``nano`` knows; None where it does not say."""
    if style != "nano":
        return None
    from brickgpt_engine.meaning import vocabulary_from

    return vocabulary_from(settings, source)


def _loaded(
    name: str,
    model: NumpyLlama | TorchModel | LlamaCppModel,
    tokenizer: TextTokenizer,
    style: str,
    vocabulary: Vocabulary | None = None,
    pivot: PivotReach | None = None,
) -> LoadedModel:
    if tokenizer.vocab_size > model.vocab_size:
        raise ModelError(
            f"the tokenizer of {name} has {tokenizer.vocab_size} tokens and the model {model.vocab_size} "
            "logits; they belong to different models"
        )
    info: dict[str, str | int] = {
        "name": name,
        "backend": _BACKENDS[type(model)],
        "device": model.device,
        "dtype": model.dtype,
        "parameters": model.parameters,
        "vocab_size": model.vocab_size,
        "context_length": model.context_length,
        "prompt_style": style,
        "action_space": "absolute" if pivot is None else "pivot",
    }
    return LoadedModel(model, tokenizer, style, info, vocabulary, pivot)
