"""Which language model: the embedded one, a folder, a hub id or a GGUF file, and whether it can be one."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

EMBEDDED, FOLDER, HUB, GGUF = "embedded", "folder", "hub id", "GGUF file"
KINDS = (EMBEDDED, FOLDER, HUB, GGUF)
EMBEDDED_NAME = "nano"
_GGUF_MAGIC = b"GGUF"
_MARKS = ("config.json", "adapter_config.json")


def kind_of(name: str) -> str:
    """What sort of model ``name`` is, by its form and by what is on disk."""
    if name == EMBEDDED_NAME:
        return EMBEDDED
    if name.lower().endswith(".gguf"):
        return GGUF
    if (
        name.startswith(("/", "~", "."))
        or name.endswith("/")
        or name.count("/") != 1
        or _expanded(name).is_dir()
    ):
        return FOLDER
    return HUB


def problem_with(kind: str, name: str) -> str | None:
    """Why ``name`` cannot be a model of ``kind``, with what to do; None where it can. Loads nothing."""
    if kind == EMBEDDED:
        return None
    if not name:
        return f"give the {'hub id, owner/name' if kind == HUB else kind}"
    try:
        return {FOLDER: _folder_problem, HUB: _hub_problem, GGUF: _gguf_problem}[kind](name)
    except (OSError, ValueError) as error:
        return f"{name:.60} cannot be read: {getattr(error, 'strerror', None) or error}"


def _expanded(name: str) -> Path:
    try:
        return Path(name).expanduser()
    except RuntimeError:
        return Path(name)


def _folder_problem(name: str) -> str | None:
    folder = _expanded(name)
    if folder.is_file():
        return f"{name} is a file; give the Hugging Face folder that holds the model"
    if not folder.is_dir():
        return f"there is no model folder {name}; give 'nano', a folder, a .gguf file or a hub id"
    if not any((folder / mark).is_file() for mark in _MARKS):
        return f"{name} holds no model: it has no {' and no '.join(_MARKS)}"
    return None


def _hub_problem(name: str) -> str | None:
    from brickgpt_engine.decoding.hub import is_hub_id

    if not is_hub_id(name):
        return f"{name!r} is no hub id; one looks like owner/name"
    if find_spec("torch") is None:
        return "models of the hub need PyTorch: pip install 'brickgpt-studio[torch]'"
    return None


def _gguf_problem(name: str) -> str | None:
    path = _expanded(name)
    if not path.is_file():
        return f"there is no file {name}"
    with path.open("rb") as file:
        if file.read(4) != _GGUF_MAGIC:
            return f"{name} is no GGUF file"
    if find_spec("llama_cpp") is None:
        return "GGUF files need llama.cpp: pip install 'brickgpt-studio[llama]'"
    return None


def backends() -> str:
    """Which backends there are, in one line."""
    torch = "PyTorch for folders and the hub" if find_spec("torch") else "no PyTorch"
    llama = "llama.cpp for GGUF" if find_spec("llama_cpp") else "no llama.cpp"
    return f"Here: NumPy for small models, {torch}, {llama}."
