"""How fast bricks are drawn: exact sampling with drafts on NumPy, against the published loop.

The rival is the published loop re-created on transformers with the same weights, prompts and world: one
`generate` call per token with a prefix constraint, a deep copy of the cache before every attempt, the
same rejection rules. Both draw with masks and without physics, up to the same number of bricks per
prompt; their random numbers differ, so rates are compared, not models. (With the embedded tokenizer the
rival needs four calls a line; with Llama 3's, for which it was written, ten.)

    python benchmarks/decoding.py [--quick] [--json] [--model FOLDER]

Times are processor time, and PyTorch works with one thread as NumPy does, so that neighbours on the
machine do not count; the last rows are whole cold processes, in wall time. Without PyTorch and
transformers (the `torch` extra) the rival's column stays empty. `one token` is compared with a
transformers forward pass alone.
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
from benchmarks.generate import to_files, to_first_brick
from brickgpt_engine.bricks import BrickStructure, Rejection
from brickgpt_engine.decoding import BrickGrammar, LineCursor, LoadedModel, load_model
from brickgpt_engine.decoding.loader import embedded_folder
from brickgpt_engine.decoding.torch_llama import load_torch_model, torch_missing
from brickgpt_engine.generation import BrickGenerator, GenerationConfig
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
WAYS: dict[str, dict[str, Any]] = {
    "exact, with drafts": {},
    "exact": {"speculation": False},
    "rejection, with drafts": {"sampling": "rejection"},
    "rejection": {"sampling": "rejection", "speculation": False},
}
"""What is measured, by the options that differ from the defaults."""


class PublishedLoop:
    """The published program's way of drawing bricks, on a transformers model."""

    def __init__(self, folder: str, loaded: LoadedModel) -> None:
        import torch
        from transformers import AutoModelForCausalLM
        from transformers.utils import logging

        logging.disable_progress_bar()
        torch.set_num_threads(1)
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
    """Bricks per second of the processor over ``prompts``, after one short warm-up."""
    draw(prompts[0], 2)
    began = time.process_time()
    placed = sum(draw(prompt, limit) for prompt in prompts)
    return placed / (time.process_time() - began)


class Ours:
    """Our way of drawing up to a number of bricks, with a count of the work.

    Args:
        generator: holds the model.
        changes: options that differ from ours by default.
    """

    def __init__(self, generator: BrickGenerator, **changes: Any) -> None:
        self.generator, self.changes = generator, changes
        self.bricks = self.passes = self.drafted = self.accepted = 0

    def __call__(self, prompt: str, limit: int) -> int:
        """Draw up to ``limit`` bricks for ``prompt``; how many there are."""
        wanted = {"physics": False, "max_regenerations": 0, "max_bricks": limit, "seed": 1} | self.changes
        result = self.generator.run(prompt, GenerationConfig(**wanted))
        self.bricks += len(result.structure)
        self.passes += result.passes
        self.drafted += result.drafted
        self.accepted += result.accepted
        return len(result.structure)


def step_ms(model: Any, length: int, repeats: int) -> float:
    """Median milliseconds of a single-token step after ``length`` tokens."""
    model.prefill([1 + n % 50 for n in range(length)])
    times = []
    for _ in range(repeats):
        began = time.process_time()
        model.extend([7])
        times.append((time.process_time() - began) * 1e3)
        model.rewind(length)
    return statistics.median(times)


def rows(folder: str, quick: bool) -> Iterator[Row]:
    """Every claim."""
    prompts, limit, repeats = (PROMPTS[:2], 16, 60) if quick else (PROMPTS, 100, 300)
    loaded = load_model(folder, "cpu")
    rival = PublishedLoop(folder, loaded) if torch_missing() is None else None
    on_torch = load_torch_model(folder, "cpu") if rival else None
    for length in (50, 400):
        theirs = step_ms(on_torch, length, repeats // 3) if on_torch else None
        mine = step_ms(loaded.token_model, length, repeats)
        yield Row.compare(f"one token after {length}", mine, "ms", theirs, rival_name="transformers")
    theirs = rate(rival.bricks, prompts, limit) if rival else None
    generator = BrickGenerator(loaded)
    for name, changes in WAYS.items():
        ours = Ours(generator, **changes)
        mine = rate(ours, prompts, limit)
        goal = ">= 20x" if not changes else None
        yield Row.compare(
            name, mine, "bricks/s", theirs, goal=goal, rival_name="published loop", more_is_better=True
        )
        yield Row.compare(f"{name}: passes", ours.passes / ours.bricks, "a brick")
        if ours.drafted:
            yield Row.compare(f"{name}: drafts taken", 100 * ours.accepted / ours.drafted, "% of tokens")
    repeats = 3 if quick else 9
    first = statistics.median(to_first_brick(PROMPTS[0], seed, folder) for seed in range(repeats))
    yield Row.compare("cold start to first brick", first, "s", goal=1.0)
    seconds = [to_files(prompt, 1, folder)[0] for prompt in PROMPTS[: 2 if quick else None]]
    yield Row.compare("cold start to four files, worst", max(seconds), "s", goal=2.0)


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
