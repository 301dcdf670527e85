"""One tokenizer type for all backends: a Hugging Face ``tokenizers`` tokenizer and its special tokens."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from brickgpt_engine.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tokenizers import Tokenizer

_EOS_NAMES = ("</s>", "<|eot_id|>", "<|im_end|>", "<|endoftext|>", "<|end_of_text|>", "<eos>")
_BOS_NAMES = ("<s>", "<|begin_of_text|>", "<bos>")


@dataclass(frozen=True)
class TextTokenizer:
    """Text to token ids and back.

    Attributes:
        backend: the ``tokenizers.Tokenizer``.
        eos_id: the token that ends a text.
        bos_id: the token that begins one, where the model has it.
        chat_template: the Jinja template of a chat model, where the folder has one.
    """

    backend: Tokenizer
    eos_id: int
    bos_id: int | None = None
    chat_template: str | None = None

    @property
    def vocab_size(self) -> int:
        """Number of token ids, added tokens included."""
        return int(self.backend.get_vocab_size(with_added_tokens=True))

    def encode(self, text: str) -> list[int]:
        """Token ids of ``text``; special tokens are added only where the text names them."""
        return list(self.backend.encode(text, add_special_tokens=False).ids)

    def decode(self, ids: Sequence[int]) -> str:
        """Text of ``ids``, special tokens spelled out."""
        return str(self.backend.decode(list(ids), skip_special_tokens=False))

    def token_id(self, token: str) -> int | None:
        """Id of the token written ``token``, or None."""
        found = self.backend.token_to_id(token)
        return None if found is None else int(found)

    def token(self, token_id: int) -> str:
        """How token ``token_id`` is written."""
        return str(self.backend.id_to_token(token_id))

    def special_ids(self) -> frozenset[int]:
        """Ids of the control tokens, which ordinary text must not contain."""
        added = self.backend.get_added_tokens_decoder()
        return frozenset(int(number) for number, token in added.items() if token.special)


def as_tokenizer(tokenizer: Tokenizer | TextTokenizer, eos_token: str | None = None) -> TextTokenizer:
    """Wrap a bare ``tokenizers.Tokenizer``; its end token is ``eos_token`` or the first usual name it has.

    Raises:
        ModelError: no end token can be found.
    """
    if isinstance(tokenizer, TextTokenizer):
        return tokenizer
    names = (eos_token,) if eos_token else _EOS_NAMES
    return TextTokenizer(tokenizer, _require_eos(tokenizer, names), _first_id(tokenizer, _BOS_NAMES))


def load_tokenizer(folder: Path) -> TextTokenizer:
    """Read ``tokenizer.json`` and, where present, the special tokens and chat template beside it.

    Raises:
        ModelError: the file is missing or damaged, or names no end token.
    """
    path = folder / "tokenizer.json"
    if not path.is_file():
        raise ModelError(f"{folder} has no tokenizer.json; save the model with its fast tokenizer")
    from tokenizers import Tokenizer

    try:
        backend = Tokenizer.from_file(str(path))
    except Exception as error:  # the library raises bare Exception for every defect
        raise ModelError(f"{path} is not a tokenizer: {_one_line(error)}; download it again") from error
    settings = read_json(folder / "tokenizer_config.json", missing={})
    eos = _special(settings, "eos_token")
    bos = _special(settings, "bos_token")
    eos_id = _require_eos(backend, (eos,) if eos else (), _eos_of_config(folder))
    bos_id = _first_id(backend, (bos,) if bos else _BOS_NAMES)
    return TextTokenizer(backend, eos_id, bos_id, _chat_template(folder, settings))


def read_json(path: Path, missing: dict[str, Any] | None = None) -> dict[str, Any]:
    """A JSON object from ``path``; ``missing`` where there is no such file and a substitute is given.

    Raises:
        ModelError: the file is missing without a substitute, unreadable, or no JSON object.
    """
    if missing is not None and not path.is_file():
        return missing
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise ModelError(f"{path.parent} has no {path.name}; give a Hugging Face model folder") from error
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise ModelError(f"{path} is not valid JSON: {_one_line(error)}; download it again") from error
    return parse_json(text, str(path))


def parse_json(text: str, source: str) -> dict[str, Any]:
    """A JSON object from ``text``, which came from ``source``.

    Raises:
        ModelError: it is none.
    """
    try:
        found = json.loads(text)
    except ValueError as error:
        raise ModelError(f"{source} is not valid JSON: {_one_line(error)}; download it again") from error
    except RecursionError as error:
        raise ModelError(f"{source} is nested too deeply for a settings file; download it again") from error
    if not isinstance(found, dict):
        raise ModelError(f"{source} must hold a JSON object, not a {type(found).__name__}")
    return found


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split())[:200]


def _special(settings: dict[str, Any], key: str) -> str | None:
    """A special token of tokenizer_config.json, which writes it as text or as an object with ``content``."""
    value = settings.get(key)
    if isinstance(value, dict):
        value = value.get("content")
    return _text(value, key)


def _text(value: Any, key: str) -> str | None:
    """``value`` if it is text. JSON can spell half a surrogate pair, which no tokenizer takes."""
    if not isinstance(value, str):
        return None
    if not value.isascii() and any("\ud800" <= char <= "\udfff" for char in value):
        raise ModelError(f"the model's {key} is damaged (a lone surrogate in its text); download it again")
    return value


def _chat_template(folder: Path, settings: dict[str, Any]) -> str | None:
    separate = folder / "chat_template.jinja"
    if separate.is_file():
        try:
            return separate.read_text(encoding="utf-8")
        except UnicodeDecodeError as error:
            raise ModelError(f"{separate} is not UTF-8 text; download it again") from error
    template = settings.get("chat_template")
    if isinstance(template, list):  # several named templates: the default one is meant for plain chats
        named = {entry.get("name"): entry.get("template") for entry in template if isinstance(entry, dict)}
        template = named.get("default")
    return _text(template, "chat_template")


def _eos_of_config(folder: Path) -> int | None:
    """The end token that generation_config.json or config.json gives by number."""
    for name in ("generation_config.json", "config.json"):
        value = read_json(folder / name, missing={}).get("eos_token_id")
        if isinstance(value, list) and value:
            value = value[-1]  # Llama 3 lists the end of a turn last
        if isinstance(value, int):
            return value
    return None


def _first_id(backend: Tokenizer, names: Sequence[str]) -> int | None:
    ids = (backend.token_to_id(name) for name in names)
    return next((int(found) for found in ids if found is not None), None)


def _require_eos(backend: Tokenizer, names: Sequence[str], fallback: int | None = None) -> int:
    found = _first_id(backend, names)
    if found is None:
        found = fallback if fallback is not None else _first_id(backend, _EOS_NAMES)
    if found is None:
        raise ModelError(
            "the tokenizer names no end-of-text token; add eos_token to the folder's tokenizer_config.json"
        )
    return found
