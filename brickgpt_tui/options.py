"""Every option of the studio and of generation: its section, label, help and kind, once.

The settings file takes its comments from here, and the settings form its labels and help texts.
Names of generation options are those of :class:`~brickgpt_engine.generation.GenerationConfig`.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable
from dataclasses import Field, dataclass, fields, replace
from typing import Any, Literal

from brickgpt_engine.bricks.structure import MAX_WORLD_DIM
from brickgpt_engine.generation.config import GenerationConfig, choices_of

Kind = Literal["text", "integer", "number", "switch", "choice"]
Value = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Option:
    """One option.

    Attributes:
        name: its name in the file, and in ``Settings`` or ``GenerationConfig``.
        section: heading in the form, and table in the file.
        label: what the form calls it.
        help: one sentence: what it does, and its range.
        kind: what sort of value it takes.
        choices: the values of a choice.
        unset: what leaving it out means, for options that may be; they are None then.
        example: such an option's line in the settings file, to be uncommented.
    """

    name: str
    section: str
    label: str
    help: str
    kind: Kind
    choices: tuple[str, ...] = ()
    unset: str = ""
    example: str = ""

    @property
    def optional(self) -> bool:
        """Whether it may be left out."""
        return bool(self.unset)


STUDIO, MODEL, SAMPLING, PHYSICS, MORE = "studio", "model", "sampling", "physics", "more"
_HEADINGS: dict[str, str] = {
    STUDIO: "Studio",
    MODEL: "Language model",
    SAMPLING: "Sampling",
    PHYSICS: "Physics",
    MORE: "More",
}

STUDIO_OPTIONS: tuple[Option, ...] = (
    Option("theme", STUDIO, "Theme", "Colours of the whole program.", "text"),
    Option(
        "ascii",
        STUDIO,
        "ASCII only",
        "Draw with plain ASCII characters, for terminals without others.",
        "switch",
    ),
    Option(
        "history", STUDIO, "Keep history", "Save every run as it goes, to be opened again later.", "switch"
    ),
)

_GENERATION: tuple[Option, ...] = (
    Option(
        "model_name_or_path",
        MODEL,
        "Model",
        "nano comes with the program; or a Hugging Face folder, a hub id (owner/name) or a GGUF file.",
        "text",
    ),
    Option("device", MODEL, "Device", "Where the model runs; nano always fits the CPU.", "choice"),
    Option(
        "gpu_layers",
        MODEL,
        "GPU layers",
        "Layers of a GGUF model on the GPU, where llama.cpp was built for one; -1 for all.",
        "integer",
    ),
    Option(
        "gpu_layers",
        MODEL,
        "GPU layers",
        "Layers of a GGUF model on the GPU, where llama.cpp was built for one; -1 for all.",
        "integer",
    ),
    Option(
        "instruction_format",
        MODEL,
        "Instruction",
        "Wording of the instruction, for models fine-tuned from chat models; nano has its own.",
        "choice",
    ),
    Option(
        "literal",
        MODEL,
        "Literal prompts",
        "Give nano the prompt as it is, instead of the nearest words that it knows.",
        "switch",
    ),
    Option(
        "world_dim",
        SAMPLING,
        "World size",
        f"Side of the world in studs and layers, 1 to {MAX_WORLD_DIM}; nano knows 20.",
        "integer",
    ),
    Option("max_bricks", SAMPLING, "Most bricks", "Stop after this many bricks, 1 to 1,000,000.", "integer"),
    Option(
        "max_brick_rejections",
        SAMPLING,
        "Most rejections",
        "Draw a brick that does not fit again, up to this often; 0 switches this off.",
        "integer",
    ),
    Option(
        "use_logit_masking",
        SAMPLING,
        "Logit masking",
        "Let the model write nothing but brick lines.",
        "switch",
    ),
    Option(
        "temperature",
        SAMPLING,
        "Temperature",
        "Low is predictable, high is adventurous; 0.01 to 100.",
        "number",
    ),
    Option(
        "temperature_increase",
        SAMPLING,
        "Increase",
        "Added to the temperature each time a rejected brick comes again; 0 to 100.",
        "number",
    ),
    Option(
        "max_temperature",
        SAMPLING,
        "Highest temperature",
        "Where that rise ends; at least the temperature.",
        "number",
    ),
    Option(
        "top_k",
        SAMPLING,
        "Top k",
        "Choose among so many likeliest tokens, 0 for all; only without logit masking.",
        "integer",
    ),
    Option(
        "top_p",
        SAMPLING,
        "Top p",
        "Choose among the likeliest tokens that share this probability, above 0 to 1; only without masking.",
        "number",
    ),
    Option(
        "seed",
        SAMPLING,
        "Seed",
        "Same seed, same machine: same model. Empty draws a fresh one for every run.",
        "integer",
        unset="a fresh one for every run",
        example="42",
    ),
    Option(
        "sampling",
        SAMPLING,
        "Drawing",
        "exact draws among the bricks that fit; rejection draws again after each that does not.",
        "choice",
    ),
    Option(
        "contact",
        SAMPLING,
        "Contact",
        "What must hold a brick: nothing, something below it, or something below or above it.",
        "choice",
    ),
    Option(
        "region",
        SAMPLING,
        "Region",
        "Cells that bricks may occupy: two corners x,y,z:x,y,z, both included.",
        "text",
        unset="the whole world",
        example='"0,0,0:19,19,9"',
    ),
    Option(
        "budget",
        SAMPLING,
        "Budget",
        "Most bricks of some parts, separated by commas.",
        "text",
        unset="as many as it takes",
        example='"2x4=6,1x8=0"',
    ),
    Option(
        "speculation",
        SAMPLING,
        "Speculation",
        "Guess the next bricks and check several at once, where the model can; results do not change.",
        "switch",
    ),
    Option(
        "max_attempts",
        SAMPLING,
        "Most attempts",
        "Draw another model, up to this often, while one lacks parts, counts or sizes that the prompt names.",
        "integer",
    ),
    Option(
        "physics",
        PHYSICS,
        "Judge by forces",
        "Otherwise only by whether all bricks hang together.",
        "switch",
    ),
    Option(
        "max_regenerations",
        PHYSICS,
        "Most rollbacks",
        "Take down what would fall and rebuild it, up to this often; 0 switches this off.",
        "integer",
    ),
    Option(
        "check",
        PHYSICS,
        "Check",
        "When to look whether it stands; before the end, only what nothing can hold any more is taken down.",
        "choice",
    ),
    Option(
        "rollback",
        PHYSICS,
        "Rollback",
        "escalating holds what hangs, and goes further back where a place fails; published tries the same.",
        "choice",
    ),
    Option(
        "criterion",
        PHYSICS,
        "Criterion",
        "What counts as stable: paper is the published test and the stricter one.",
        "choice",
    ),
    Option(
        "solver",
        PHYSICS,
        "Solver",
        "auto takes Gurobi where its licence allows the size, else HiGHS.",
        "choice",
    ),
)

_DESCRIBED = {option.name: option for option in _GENERATION}
_KINDS: dict[str, Kind] = {"int": "integer", "float": "number", "bool": "switch"}


def generation_options(config: type) -> tuple[Option, ...]:
    """An option for every field of ``config``, a dataclass such as ``GenerationConfig``.

    Those described above come in their order and with the engine's choices; what is not described there
    follows, described as well as its type and its line in the docstring of ``config`` allow.
    """
    engine = {item.name: item for item in fields(config)}
    said = _attributes(inspect.getdoc(config) or "")
    known = [_with_choices(option) for name, option in _DESCRIBED.items() if name in engine]
    rest = (item for name, item in engine.items() if name not in _DESCRIBED)
    return (*known, *(_with_choices(_undescribed(item, said.get(item.name, ""))) for item in rest))


def _with_choices(option: Option) -> Option:
    choices = choices_of(option.name)
    return replace(option, kind="choice", choices=choices) if choices else option


def _undescribed(item: Field[Any], said: str) -> Option:
    """An option from a field of a dataclass alone."""
    kind, _, unset = str(getattr(item.type, "__name__", item.type)).partition(" | ")
    return Option(
        item.name,
        MORE,
        item.name.replace("_", " ").capitalize(),
        said or f"The option {item.name} of generation.",
        _KINDS.get(kind, "text"),
        unset="the engine decides" if unset else "",
        example=("" if not unset else "0" if kind in ("int", "float") else '""'),
    )


def _attributes(doc: str) -> dict[str, str]:
    """The entries under ``Attributes:`` in a docstring, each as one line."""
    section = doc.partition("Attributes:\n")[2].partition("\n\n")[0]
    entries = re.findall(r"^    (\w+): (.*(?:\n {5,}.*)*)", section, flags=re.MULTILINE)
    return {name: _sentence(text.split()) for name, text in entries}


def _sentence(words: Iterable[str]) -> str:
    text = " ".join(words).replace("`", "").rstrip(".")
    return text[:1].upper() + text[1:] + "."


GENERATION_OPTIONS = generation_options(GenerationConfig)
"""The options that the engine has, in the order of the form."""

OPTIONS: tuple[Option, ...] = STUDIO_OPTIONS + GENERATION_OPTIONS

_USED = {option.section for option in OPTIONS}
SECTIONS: dict[str, str] = {name: heading for name, heading in _HEADINGS.items() if name in _USED}
"""Tables of the file, in order, with the headings of the form."""


def parse(option: Option, text: str) -> Value:
    """The value that ``text`` from a form field stands for; its range is not looked at.

    Raises:
        ValueError: it is not of the option's kind; the message says what is wanted.
    """
    text = text.strip()
    if not text and option.optional:
        return None
    if option.kind == "integer":
        return _number(text, whole=True)
    if option.kind == "number":
        return _number(text, whole=False)
    return text


def _number(text: str, *, whole: bool) -> int | float:
    wanted = "a whole number" if whole else "a number"
    if len(text) > 40:
        raise ValueError(f"that is too long for {wanted}")
    try:
        return int(text) if whole else float(text)
    except ValueError as error:
        raise ValueError(f"{text!r} is not {wanted}" if text else f"give {wanted}") from error
