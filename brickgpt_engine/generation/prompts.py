"""The one prompt builder, for training and inference alike.

Two kinds of model are served. The embedded model reads a normalised caption between two
marks (style ``nano``). Models fine-tuned from chat models read an instruction
(styles ``brickgpt``, ``zero_shot``, ``few_shot``); its wording is a wire format, kept to
the letter because the public weights were trained on it (paper, Appendix A).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import TYPE_CHECKING

from brickgpt_engine.bricks import Brick
from brickgpt_engine.decoding.tokenizer import TextTokenizer, as_tokenizer
from brickgpt_engine.errors import ModelError, PromptError
from brickgpt_engine.meaning.interpretation import Interpretation

if TYPE_CHECKING:
    from tokenizers import Tokenizer

    from brickgpt_engine.meaning import Vocabulary

NANO_BOS, NANO_SEPARATOR, NANO_EOS, NANO_PAD = "<s>", "<bricks>", "</s>", "<pad>"
"""Special tokens of the embedded model."""
STYLES = ("nano", "brickgpt", "few_shot", "zero_shot")
MAX_PROMPT_CHARS = 2000
"""Longest caption that is read at all."""

SYSTEM_MESSAGE = "You are a helpful assistant."
_INSTRUCTION = (
    "Create a LEGO model of the input. Format your response as a list of bricks: "
    "<brick dimensions> <brick position>, where the brick position is (x,y,z).\n"
    "Allowed brick dimensions are 2x4, 4x2, 2x6, 6x2, 1x2, 2x1, 1x4, 4x1, 1x6, 6x1, 1x8, 8x1, 1x1, 2x2.\n"
    "All bricks are 1 unit tall.\n\n"
    "### Input:\n"
)
_ZERO_SHOT = (
    "Each line of your output should be a LEGO brick in the format `<brick dimensions> <brick position>`. "
    "For example:\n2x4 (2,1,0)\n"
    "DO NOT output any other text. Only output LEGO bricks. The first brick should have a z-coordinate of 0."
)
_FEW_SHOT_HEAD = "Here are some example LEGO models:"
_FEW_SHOT_TAIL = (
    "Do NOT copy the examples, but create your own LEGO model for the following input.\n\n### Input:\n"
)
FEW_SHOT_EXAMPLES: tuple[tuple[str, str], ...] = (
    (
        "A low stool with a square seat on four short legs.",
        "1x1 (8,8,0)\n1x1 (8,11,0)\n1x1 (11,8,0)\n1x1 (11,11,0)\n"
        "1x1 (8,8,1)\n1x1 (8,11,1)\n1x1 (11,8,1)\n1x1 (11,11,1)\n"
        "2x4 (8,8,2)\n2x4 (10,8,2)\n4x2 (8,8,3)\n4x2 (8,10,3)\n",
    ),
    (
        "A stepped tower that narrows towards its top.",
        "2x6 (7,7,0)\n2x6 (9,7,0)\n2x6 (11,7,0)\n6x2 (7,7,1)\n6x2 (7,9,1)\n6x2 (7,11,1)\n"
        "2x4 (8,8,2)\n2x4 (10,8,2)\n4x2 (8,8,3)\n4x2 (8,10,3)\n2x2 (9,9,4)\n2x2 (9,9,5)\n",
    ),
    (
        "A bench with two solid ends and a long seat.",
        "2x2 (6,9,0)\n2x2 (12,9,0)\n2x2 (6,9,1)\n2x2 (12,9,1)\n8x1 (6,9,2)\n8x1 (6,10,2)\n"
        "4x2 (6,9,3)\n4x2 (10,9,3)\n",
    ),
)
"""Captions and models shown by ``few_shot``; written for this project, every one stable."""

_LLAMA3_MARKS = ("<|begin_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>")
_LLAMA3_DATE = "26 Jul 2024"
_LLAMA3_DATES = f"Cutting Knowledge Date: December 2023\nToday Date: {_LLAMA3_DATE}\n\n"


def check_caption(caption: str) -> None:
    """Refuse a caption that says nothing, is too long, or is no text.

    Control characters are refused, not stripped, white space aside: they come from a slip (an arrow
    key leaves ``ESC [ D``) or from a file that is no text, and what stays after stripping was not meant.

    Raises:
        PromptError: it is empty, has more than :data:`MAX_PROMPT_CHARS` characters, a control
            character, or a lone surrogate (a byte of a command line that is not UTF-8).
    """
    if not caption.strip():
        raise PromptError("the prompt is empty; describe the object, e.g. 'a chair with a high back'")
    if len(caption) > MAX_PROMPT_CHARS:
        raise PromptError(
            f"the prompt has {len(caption):,} characters; at most {MAX_PROMPT_CHARS:,} are allowed, "
            "shorten it"
        )
    kinds = {unicodedata.category(char): char for char in caption if not char.isspace()}
    if "Cs" in kinds:
        raise PromptError("the prompt is not UTF-8 text; check the terminal's encoding")
    if "Cc" in kinds:
        raise PromptError(f"the prompt has the control character U+{ord(kinds['Cc']):04X}; leave it out")


def interpreted(prompt: str, vocabulary: Vocabulary | None, *, literal: bool, seed: int) -> Interpretation:
    """What a model is to read for ``prompt``: the prompt itself, unless the model says what it knows.

    Args:
        prompt: what the user asks for.
        vocabulary: what the model knows; None for models that take any prompt.
        literal: leave the prompt as it is in any case.
        seed: draws a thing where the prompt names none.

    Raises:
        PromptError: a prompt that :func:`check_caption` refuses, or that names what the model does not know.
    """
    check_caption(prompt)
    if vocabulary is None or literal:
        return Interpretation(prompt)
    from brickgpt_engine.meaning import interpret

    return interpret(prompt, vocabulary, seed)


def normalise(caption: str) -> str:
    """Caption as the embedded model reads it: NFKC, lower case, single spaces, no full stop at the end."""
    text = " ".join(unicodedata.normalize("NFKC", caption).lower().split())
    return text.rstrip(". ")


def create_instruction(caption: str, instruction_format: str = "brickgpt") -> str:
    """The user message for ``caption`` in format ``brickgpt``, ``zero_shot`` or ``few_shot``.

    Raises:
        PromptError: another format.
    """
    instruction = _INSTRUCTION + caption
    if instruction_format == "brickgpt":
        return instruction
    if instruction_format == "zero_shot":
        return f"{instruction}\n\n{_ZERO_SHOT}"
    if instruction_format == "few_shot":
        shown = [f"### Input:\n{text}\n\n### Output:\n{bricks}" for text, bricks in FEW_SHOT_EXAMPLES]
        tail = f"{_FEW_SHOT_TAIL}{caption}\n\n### Output:\n"
        return "\n\n".join([instruction, _ZERO_SHOT, _FEW_SHOT_HEAD, *shown, tail])
    raise PromptError(
        f"unknown instruction format {instruction_format!r}; use brickgpt, few_shot or zero_shot"
    )


def encode_prompt(tokenizer: Tokenizer | TextTokenizer, caption: str, style: str) -> list[int]:
    """Token ids that a model reads before the first brick line.

    Args:
        tokenizer: the model's.
        caption: what the user asks for.
        style: one of :data:`STYLES`.

    Raises:
        PromptError: a caption that :func:`check_caption` refuses, one with control tokens in it, or
            an unknown style.
        ModelError: the tokenizer lacks what the style needs.
    """
    check_caption(caption)
    if style not in STYLES:
        raise PromptError(f"unknown prompt style {style!r}; known are {', '.join(STYLES)}")
    wrapped = as_tokenizer(tokenizer)
    if wrapped.special_ids().intersection(wrapped.encode(caption)):
        raise PromptError("the prompt contains one of the model's control tokens; leave it out")
    if style == "nano":
        return _encode_nano(wrapped, caption)
    return wrapped.encode(chat_text(wrapped, create_instruction(caption, style)))


def encode_example(
    tokenizer: Tokenizer | TextTokenizer, caption: str, bricks: Iterable[Brick], style: str
) -> tuple[list[int], list[int]]:
    """A training example: the prompt's ids, and the answer's (brick lines and the end token).

    Raises:
        PromptError: see :func:`encode_prompt`.
        ModelError: see :func:`encode_prompt`.
    """
    wrapped = as_tokenizer(tokenizer)
    text = "".join(f"{brick}\n" for brick in bricks)
    return encode_prompt(wrapped, caption, style), [*wrapped.encode(text), wrapped.eos_id]


def _encode_nano(tokenizer: TextTokenizer, caption: str) -> list[int]:
    begin, separator = tokenizer.token_id(NANO_BOS), tokenizer.token_id(NANO_SEPARATOR)
    if begin is None or separator is None:
        raise ModelError(
            f"the tokenizer lacks {NANO_BOS} or {NANO_SEPARATOR}, which prompt style nano needs; "
            "set prompt_style to chat in the folder's brickgpt.json"
        )
    text = normalise(caption)
    if not text:
        raise PromptError("the prompt has no words; describe the object, e.g. 'a chair with a high back'")
    return [begin, *tokenizer.encode(text), separator]


def chat_text(tokenizer: TextTokenizer, message: str) -> str:
    """The conversation up to where the assistant answers ``message``, as text.

    The folder's own template is rendered by Jinja where that is installed. Otherwise a
    tokenizer with Llama 3's header tokens gets Llama 3's layout; the two date lines of the
    stock template appear when the template has them. (The public BrickGPT weights were
    fine-tuned with a template without dates, which is therefore the layout without a template.)

    Raises:
        ModelError: the model has neither a template that can be rendered nor Llama 3's tokens.
    """
    messages = [{"role": "system", "content": SYSTEM_MESSAGE}, {"role": "user", "content": message}]
    template = tokenizer.chat_template
    if template is not None:
        rendered = _render(template, messages, tokenizer)
        if rendered is not None:
            return rendered
    if any(tokenizer.token_id(mark) is None for mark in _LLAMA3_MARKS):
        what = "Jinja to render its chat template: pip install jinja2" if template else "a chat template"
        raise ModelError(
            f"this model needs {what}; models without one must say prompt_style nano in brickgpt.json"
        )
    dates = _LLAMA3_DATES if template and "Cutting Knowledge Date" in template else ""
    return _llama3_text(messages, dates)


def _llama3_text(messages: list[dict[str, str]], dates: str) -> str:
    text = "<|begin_of_text|>"
    for message in messages:
        head = dates if message["role"] == "system" else ""
        text += (
            f"<|start_header_id|>{message['role']}<|end_header_id|>\n\n{head}{message['content']}<|eot_id|>"
        )
    return text + "<|start_header_id|>assistant<|end_header_id|>\n\n"


def _render(template: str, messages: list[dict[str, str]], tokenizer: TextTokenizer) -> str | None:
    """``template`` rendered as transformers does, with a fixed date; None without Jinja."""
    try:
        from jinja2.exceptions import TemplateError
        from jinja2.sandbox import ImmutableSandboxedEnvironment
    except ImportError:
        return None
    bos = "" if tokenizer.bos_id is None else tokenizer.token(tokenizer.bos_id)
    try:
        environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)
        compiled = environment.from_string(template)
        rendered = compiled.render(
            messages=messages,
            add_generation_prompt=True,
            bos_token=bos,
            eos_token=tokenizer.token(tokenizer.eos_id),
            date_string=_LLAMA3_DATE,
        )
    except TemplateError as error:
        raise ModelError(f"the model's chat template cannot be rendered: {error}") from error
    return str(rendered)
