"""How fast bricks are drawn: the NumPy backend and Algorithm 1 as built here, against the published loop.

The rival is the published loop re-created on transformers with the same weights, prompts and world: one
`generate` call per token with a prefix constraint, a deep copy of the cache before every attempt, the
same rejection rules. Both draw with masks and rejection and without physics, up to the same number of
bricks per prompt; their random numbers differ, so rates are compared, not models. (With the embedded
tokenizer the rival needs four calls a line; with Llama 3's, for which it was written, ten.)

    python benchmarks/decoding.py [--quick] [--json] [--model FOLDER]

Without PyTorch and transformers (the `torch` extra) the rival's column stays empty. `one token` is compared
with a transformers forward pass alone.
"""

from __future__ import annotations

import copy
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks._report import Row, options, publish
from brickgpt_engine.bricks import BrickStructure, Rejection
from brickgpt_engine.decoding import BrickGrammar, LineCursor, LoadedModel, load_model
from brickgpt_engine.decoding.loader import embedded_folder
from brickgpt_engine.decoding.torch_llama import load_torch_model, torch_missing
from brickgpt_engine.generation import BrickGenerator, BrickPlaced, GenerationConfig
from brickgpt_engine.generation.prompts import encode_prompt

PROMPTS = (
    "a chair with a high back and four legs",
    "a wooden bookshelf with four tiers",
    "a long sofa with armrests",
    "a tall tower with a stepped top",
    "a small car with a cabin",
    "a square table with thick legs",
    "a bench with a backrest",
    "a bed with a headboard",
)
CONFIG = GenerationConfig(physics=False, max_regenerations=0)


class PublishedLoop:
    """The published program's way of drawing bricks, on a transformers model."""

    def __init__(self, folder: str, loaded: LoadedModel) -> None:
        import torch
        from transformers import AutoModelForCausalLM
        from transformers.utils import logging

        logging.disable_progress_bar()
        self.torch = torch
        self.model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
        self.loaded = loaded
        self.grammar = BrickGrammar(loaded.tokenizer, CONFIG.world_dim)

    def bricks(self, prompt: str, limit: int) -> int:
        """Draw up to ``limit`` bricks for ``prompt``; returns how many were placed."""
        from transformers import DynamicCache

        style = "nano" if self.loaded.prompt_style == "nano" else CONFIG.instruction_format
        self.ids = self.torch.tensor([encode_prompt(self.loaded.tokenizer, prompt, style)])
        self.cache = DynamicCache()
        structure = BrickStructure(world_dim=CONFIG.world_dim)
        while len(structure) < limit and self.place(structure):
            pass
        return len(structure)

    def place(self, structure: BrickStructure) -> bool:
        """Draw until one brick fits; False at the end of the text or when nothing fits."""
        temperature, rejected = CONFIG.temperature, set()
        for _ in range(CONFIG.max_brick_rejections + 1):
            saved = copy.deepcopy(self.cache), self.ids
            cursor = self.line(temperature)
            if cursor.ended:
                return False
            brick = cursor.brick()
            reason = Rejection.ALREADY_REJECTED if brick in rejected else structure.add(brick)
            if reason is None:
                return True
            self.cache, self.ids = saved
            rejected.add(brick)
            if reason is Rejection.ALREADY_REJECTED:
                temperature = min(CONFIG.max_temperature, temperature + CONFIG.temperature_increase)
        return False

    def line(self, temperature: float) -> LineCursor:
        """One line, a ``generate`` call per token."""
        cursor = LineCursor(self.grammar)
        while not cursor.complete:
            cursor.step(self.token(cursor.allowed.tolist(), temperature))
        return cursor

    def token(self, allowed: list[int], temperature: float) -> int:
        """One token among ``allowed``."""
        from transformers.generation.logits_process import (
            LogitsProcessorList,
            PrefixConstrainedLogitsProcessor,
        )

        mask = PrefixConstrainedLogitsProcessor(lambda batch, ids: allowed, num_beams=1)
        found = self.model.generate(
            self.ids,
            attention_mask=self.torch.ones_like(self.ids),
            pad_token_id=self.loaded.tokenizer.eos_id,
            do_sample=True,
            max_new_tokens=1,
            temperature=temperature,
            top_k=None,
            top_p=None,
            past_key_values=self.cache,
            return_dict_in_generate=True,
            logits_processor=LogitsProcessorList([mask]),
        )
        self.ids = found["sequences"]
        return int(self.ids[0, -1])


def rate(draw: Callable[[str, int], int], prompts: tuple[str, ...], limit: int) -> float:
    """Bricks per second over ``prompts``, after one short warm-up."""
    draw(prompts[0], 2)
    began = time.perf_counter()
    placed = sum(draw(prompt, limit) for prompt in prompts)
    return placed / (time.perf_counter() - began)


def our_bricks(generator: BrickGenerator) -> Callable[[str, int], int]:
    """Our way of drawing up to a number of bricks."""

    def draw(prompt: str, limit: int) -> int:
        options = GenerationConfig(physics=False, max_regenerations=0, max_bricks=limit, seed=1)
        return len(generator.run(prompt, options).structure)

    return draw


def step_ms(model: Any, length: int, repeats: int) -> float:
    """Median milliseconds of a single-token step after ``length`` tokens."""
    model.prefill([1 + n % 50 for n in range(length)])
    times = []
    for _ in range(repeats):
        began = time.perf_counter()
        model.extend([7])
        times.append((time.perf_counter() - began) * 1e3)
        model.rewind(length)
    return statistics.median(times)


def first_brick_ms(folder: str) -> float:
    """Milliseconds from nothing loaded (modules apart) to the first placed brick."""
    began = time.perf_counter()
    events = BrickGenerator(load_model(folder, "cpu")).generate(PROMPTS[0], CONFIG)
    next(event for event in events if isinstance(event, BrickPlaced))
    events.close()  # type: ignore[attr-defined]
    return (time.perf_counter() - began) * 1e3


def rows(folder: str, quick: bool) -> Iterator[Row]:
    """Every claim."""
    prompts, limit, repeats = (PROMPTS[:1], 12, 60) if quick else (PROMPTS, 100, 300)
    loaded = load_model(folder, "cpu")
    rival = PublishedLoop(folder, loaded) if torch_missing() is None else None
    on_torch = load_torch_model(folder, "cpu") if rival else None
    for length in (50, 400):
        theirs = step_ms(on_torch, length, repeats // 3) if on_torch else None
        mine = step_ms(loaded.token_model, length, repeats)
        yield Row.compare(f"one token after {length}", mine, "ms", theirs, rival_name="transformers")
    mine = rate(our_bricks(BrickGenerator(loaded)), prompts, limit)
    theirs = rate(rival.bricks, prompts, limit) if rival else None
    yield Row.compare(
        "bricks with masks and rejection",
        mine,
        "bricks/s",
        theirs,
        goal=">= 20x",
        rival_name="published loop",
        more_is_better=True,
    )
    yield Row.compare("load and first brick", first_brick_ms(folder), "ms")


def main() -> None:
    """Measure and print."""
    wanted = options(
        __doc__,
        "few prompts and bricks",
        model={"default": str(embedded_folder()), "help": "a Llama folder (default: the embedded model)"},
    )
    publish(rows(wanted.model, wanted.quick), wanted)


if __name__ == "__main__":
    main()
