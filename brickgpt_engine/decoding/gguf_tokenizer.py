"""A Hugging Face tokenizer in GGUF's words, and a check that llama.cpp splits text as it does.

llama.cpp knows byte-level BPE under the name ``gpt2`` and takes the splitting before it by name, from a
list of its own. Which name fits is read off the rules in ``tokenizer.json``.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from brickgpt_engine.bricks import FOOTPRINTS
from brickgpt_engine.decoding.tokenizer import TextTokenizer, load_tokenizer, read_json
from brickgpt_engine.errors import ModelError

_ADVICE = "use the converter that comes with llama.cpp"
_LLAMA3 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}|"
    r" ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
_SPLITS = {_LLAMA3: "llama-bpe", _LLAMA3.replace(r"\p{N}{1,3}", r"\p{N}"): "qwen2"}
"""Names of the splits that are given as a pattern."""
_CHAT_NANO = "{{ '<s>' + (messages[-1]['content'] | trim | lower) + '<bricks>' }}"
_CHAT_LLAMA3 = (
    "{{ '<|begin_of_text|>' }}{% for message in messages %}"
    "{{ '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n' }}"
    "{{ message['content'] + '<|eot_id|>' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}{% endif %}"
)
_NO_MERGES = ["Ā Ā"]
"""What stands for no merges, since llama.cpp wants some: two NUL bytes, which make no token."""
_CAPTIONS = (
    "a high-backed chair with four legs",
    "A table, 12 studs wide; it's 3 layers tall (or 4).",
    "une église à deux tours",
)


def add_tokenizer(writer: Any, folder: Path, vocab_size: int) -> None:
    """Add tokens, merges, special tokens and the chat template of ``folder`` to a ``gguf.GGUFWriter``.

    Args:
        writer: takes the metadata.
        folder: a Hugging Face folder.
        vocab_size: the model's; numbers without a token are filled up.

    Raises:
        ModelError: the tokenizer is of a kind that llama.cpp does not know by name.
    """
    from gguf import TokenType

    settings = read_json(folder / "tokenizer.json")
    tokenizer = load_tokenizer(folder)
    model = settings.get("model") or {}
    if model.get("type") != "BPE" or model.get("byte_fallback"):
        raise ModelError(f"{folder} has no byte-level BPE tokenizer, the only kind written here; {_ADVICE}")
    tokens = [f"[UNUSED_{number}]" for number in range(vocab_size)]
    kinds = [int(TokenType.UNUSED)] * vocab_size
    for token, number in model["vocab"].items():
        tokens[number], kinds[number] = token, int(TokenType.NORMAL)
    for added in settings.get("added_tokens", ()):
        kind = TokenType.CONTROL if added["special"] else TokenType.USER_DEFINED
        tokens[added["id"]], kinds[added["id"]] = added["content"], int(kind)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(_split_name(settings, folder))
    writer.add_token_list(tokens)
    writer.add_token_types(kinds)
    merges = [one if isinstance(one, str) else " ".join(one) for one in model["merges"]]
    writer.add_token_merges(merges or _NO_MERGES)
    _add_special(writer, tokenizer)
    template = tokenizer.chat_template or _default_template(tokenizer)
    if template is not None:
        writer.add_chat_template(template)


def check_tokens(path: Path, tokenizer: TextTokenizer) -> None:
    """Compare how llama.cpp splits lines and captions with what ``tokenizer`` makes of them.

    Raises:
        ModelError: the two differ.
    """
    from brickgpt_engine.decoding.llama_cpp import GgufTokenizer, read_vocabulary

    theirs = GgufTokenizer.of(read_vocabulary(path))
    for text in (*_lines(), *_CAPTIONS):
        if theirs.encode(text) != tokenizer.encode(text):
            raise ModelError(
                f"llama.cpp would split {text!r} differently from the model's own tokenizer; {_ADVICE}"
            )


def _lines() -> Iterator[str]:
    """Brick lines with every footprint and every number of the usual world."""
    for number in range(20):
        h, w = FOOTPRINTS[number % len(FOOTPRINTS)]
        yield f"{h}x{w} ({number},{19 - number},{number})\n{h}x{w} ({(number * 7) % 20},{number},0)\n"


def _split_name(settings: dict[str, Any], folder: Path) -> str:
    """llama.cpp's name of the splitting before BPE."""
    splitter = settings.get("pre_tokenizer") or {}
    steps = splitter.get("pretokenizers", []) if splitter.get("type") == "Sequence" else [splitter]
    kinds = [step.get("type") for step in steps]
    normal = (settings.get("normalizer") or {}).get("type")
    if normal is None and not any(step.get("add_prefix_space") for step in steps):
        if kinds == ["ByteLevel"] and steps[0].get("use_regex", True):
            return "gpt-2"
        if kinds == ["Digits", "ByteLevel"] and steps[0].get("individual_digits"):
            return "smollm"
        if kinds == ["Split", "ByteLevel"] and not steps[1].get("use_regex", True):
            name = _SPLITS.get((steps[0].get("pattern") or {}).get("Regex", ""))
            if name is not None:
                return name
    raise ModelError(f"the tokenizer of {folder} splits text in a way that has no name here; {_ADVICE}")


def _add_special(writer: Any, tokenizer: TextTokenizer) -> None:
    writer.add_eos_token_id(tokenizer.eos_id)
    adds_bos = False
    if tokenizer.bos_id is not None:
        writer.add_bos_token_id(tokenizer.bos_id)
        adds_bos = tokenizer.backend.encode("a", add_special_tokens=True).ids[0] == tokenizer.bos_id
    writer.add_add_bos_token(adds_bos)
    pad = tokenizer.token_id("<pad>")
    if pad is not None:
        writer.add_pad_token_id(pad)


def _default_template(tokenizer: TextTokenizer) -> str | None:
    """The layout that this program uses for models that bring no template of their own."""
    if tokenizer.token_id("<bricks>") is not None:
        return _CHAT_NANO
    return _CHAT_LLAMA3 if tokenizer.token_id("<|start_header_id|>") is not None else None
