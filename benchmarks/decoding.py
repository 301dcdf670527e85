"""How fast bricks are drawn: exact sampling with drafts on NumPy, against the published loop.

The rival is the published loop re-created on transformers with the same weights, prompts and world: one
`generate` call per token with a prefix constraint, a deep copy of the cache before every attempt, the
same rejection rules. Both draw with masks and without physics, up to the same number of bricks per
prompt; their random numbers differ, so rates are compared, not models. (With the embedded tokenizer the
rival needs four calls a line; with Llama 3's, for which it was written, ten.)

    python benchmarks/decoding.py [--quick] [--json] [--model FOLDER] [--large]

With `--large` a random model of Llama-3.2-1B's shape follows (bfloat16, 3 GB of memory, some minutes), see
`benchmarks/_large.py`: a script says what it writes, once bricks that nothing foretells and once a shelf of
equal layers. The rival draws fewer bricks there; its time per brick hardly depends on how many there are.
Where PyTorch sees a CUDA device, the same runs there in wall time, with the time that reading
the weights alone would take, and 32 structures together.

Times are processor time, and PyTorch works with one thread as NumPy does, so that neighbours on the
machine do not count; the last rows are whole cold processes, in wall time. Without PyTorch and
transformers (the `torch` extra) the rival's column stays empty. `one token` is compared with a
transformers forward pass alone.
"""

from __future__ import annotations

import argparse
import copy
import inspect
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import _profile as profile
from benchmarks._large import PROMPT as LARGE_PROMPT
from benchmarks._large import Script, Scripted, bandwidth, loaded, random_model, repetitive, scattered
from benchmarks._report import Row, options, publish
from benchmarks.generate import to_files, to_first_brick
from brickgpt_engine.bricks import BrickStructure, Rejection
from brickgpt_engine.decoding import BrickGrammar, LineCursor, LoadedModel, load_model
from brickgpt_engine.decoding.loader import embedded_folder
from brickgpt_engine.decoding.torch_llama import TorchModel, load_torch_model, pack_weights, torch_missing
from brickgpt_engine.generation import BrickGenerator, BrickPlaced, Finished, GenerationConfig
from brickgpt_engine.generation.prompts import encode_prompt
from brickgpt_engine.generation.together import Job, Together

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
CONFIG = GenerationConfig(physics=False, max_regenerations=0, max_attempts=1)
WAYS: dict[str, dict[str, Any]] = {
    "exact, with drafts": {},
    "exact": {"speculation": False},
    "rejection, with drafts": {"sampling": "rejection"},
    "rejection": {"sampling": "rejection", "speculation": False},
}
"""What is measured, by the options that differ from the defaults."""


class PublishedLoop:
    """The published program's way of drawing bricks, on a transformers model."""

    def __init__(self, model: Any, loaded: LoadedModel, script: Script | None = None) -> None:
        import torch

        self.torch, self.model, self.loaded, self.script = torch, model, loaded, script
        self.grammar = BrickGrammar(loaded.tokenizer, CONFIG.world_dim)
        known = inspect.signature(model.forward).parameters
        self.cache_name = "cache" if "cache" in known else "past_key_values"

    @classmethod
    def from_folder(cls, folder: str, loaded: LoadedModel) -> PublishedLoop:
        """With the weights of a model folder, on one thread."""
        import torch
        from transformers import AutoModelForCausalLM
        from transformers.utils import logging

        logging.disable_progress_bar()
        torch.set_num_threads(1)
        return cls(AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval(), loaded)

    def bricks(self, prompt: str, limit: int) -> int:
        """Draw up to ``limit`` bricks for ``prompt``; returns how many were placed."""
        from transformers import DynamicCache

        style = "nano" if self.loaded.prompt_style == "nano" else CONFIG.instruction_format
        ids = encode_prompt(self.loaded.tokenizer, prompt, style)
        self.ids = self.torch.tensor([ids], device=self.model.device)
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
            **{self.cache_name: self.cache},
            return_dict_in_generate=True,
            logits_processor=LogitsProcessorList([self.follow, mask] if self.script else [mask]),
        )
        self.ids = found["sequences"]
        return int(self.ids[0, -1])

    def follow(self, ids: Any, scores: Any) -> Any:
        """Raise what the script says."""
        if self.script is not None:
            self.script.raise_next(scores, ids.shape[1])
        return scores


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
        wanted = {
            "physics": False,
            "max_regenerations": 0,
            "max_attempts": 1,
            "max_bricks": limit,
            "seed": 1,
        } | self.changes
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
    embedded = load_model(folder, "cpu")
    rival = PublishedLoop.from_folder(folder, embedded) if torch_missing() is None else None
    on_torch = load_torch_model(folder, "cpu") if rival else None
    for length in (50, 400):
        theirs = step_ms(on_torch, length, repeats // 3) if on_torch else None
        mine = step_ms(embedded.token_model, length, repeats)
        yield Row.compare(f"one token after {length}", mine, "ms", theirs, rival_name="transformers")
    theirs = rate(rival.bricks, prompts, limit) if rival else None
    generator = BrickGenerator(embedded)
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
    if rival:
        yield from profile.rows("published loop", rival.bricks, prompts[:2], limit // 4, profile.THEIRS)
    yield from profile.rows("exact, with drafts", Ours(generator), prompts[:2], limit, profile.OURS)
    if on_torch and on_torch.batchable:
        yield variants(replace(embedded, token_model=on_torch), 4 if quick else 16, limit)
    yield from cold_rows(folder, *((3, 2) if quick else (9, len(PROMPTS))))


def cold_rows(folder: str, starts: int, models: int) -> Iterator[Row]:
    """Whole cold processes: in wall time, and in processor time, which neighbours lengthen less."""
    before = processor_of_children()
    first = statistics.median(to_first_brick(PROMPTS[0], seed, folder) for seed in range(starts))
    middle = processor_of_children()
    yield Row.compare("cold start to first brick", first, "s", goal=1.0)
    yield Row.compare("cold start to first brick, processor", (middle - before) / starts, "s", goal=1.0)
    seconds = [to_files(prompt, 1, folder)[0] for prompt in PROMPTS[:models]]
    used = (processor_of_children() - middle) / models
    yield Row.compare("cold start to four files, worst", max(seconds), "s", goal=2.0)
    yield Row.compare("cold start to four files, processor", used, "s", goal=2.0)


def processor_of_children() -> float:
    """Processor seconds of all child processes that have ended."""
    times = os.times()
    return times.children_user + times.children_system


def variants(model: LoadedModel, count: int, limit: int) -> Row:
    """Bricks per second of ``count`` variants on PyTorch, together and one by one."""
    config = GenerationConfig(physics=False, max_regenerations=0, max_attempts=1, max_bricks=limit)
    jobs = [Job(PROMPTS[0], replace(config, seed=seed)) for seed in range(count)]
    began = time.process_time()
    bricks = sum(isinstance(event, BrickPlaced) for _, event in Together(model, jobs, count).events())
    middle = time.process_time()
    alone = BrickGenerator(model)
    for job in jobs:
        alone.run(job.prompt, job.config)
    ended = time.process_time()
    return Row.compare(
        f"{count} variants together on PyTorch",
        bricks / (middle - began),
        "bricks/s",
        bricks / (ended - middle),
        rival_name="one by one",
        more_is_better=True,
    )


def large_rows(device: str, clock: Callable[[], float]) -> Iterator[Row]:
    """The claims about a model of Llama-3.2-1B's shape on ``device``, timed by ``clock``."""
    model = random_model(device)
    where = f"1B shape, {device}"
    theirs = None
    for name, script, goal in (
        ("scattered bricks", Script(scattered(40)), ">= 2.5x"),
        ("equal layers", Script(repetitive(100)), ">= 4x"),
    ):
        on_gpu = device == "cuda"
        if theirs is None:
            rival = PublishedLoop(model, loaded(TorchModel(model, device), script), script)
            theirs = large_rate(rival.bricks, 20 if on_gpu else 2, clock)
            if not on_gpu:
                pack_weights(model)  # as for a folder that is loaded
        ours = Ours(BrickGenerator(loaded(Scripted(TorchModel(model, device), script), script)))
        mine = large_rate(ours, 100 if on_gpu else 24 if "layers" in name else 12, clock)
        yield Row.compare(
            f"{where}: {name}",
            mine,
            "bricks/s",
            theirs,
            goal=">= 40x" if on_gpu else goal,
            rival_name="published loop",
            more_is_better=True,
        )
        yield Row.compare(f"{where}: {name}: passes", ours.passes / ours.bricks, "a brick")
        if ours.drafted:
            yield Row.compare(f"{where}: {name}: drafts", 100 * ours.accepted / ours.drafted, "% taken")
        if on_gpu:
            yield Row.compare(f"{where}: {name}: 100 bricks", 100 / mine, "s", goal=1.5)
            size = sum(tensor.numel() * tensor.element_size() for tensor in model.parameters())
            floor = 100 * ours.passes / ours.bricks * size / bandwidth(device)
            yield Row.compare(f"{where}: {name}: over the memory's floor", 100 / mine / floor, "times")
    if device == "cuda":
        yield together(model, 32, clock)


def large_rate(draw: Callable[[str, int], int], limit: int, clock: Callable[[], float]) -> float:
    """Bricks per second up to ``limit`` bricks, the reading of the prompt left out."""
    draw(LARGE_PROMPT, 1)
    began = clock()
    draw(LARGE_PROMPT, 1)
    first = clock()
    placed = draw(LARGE_PROMPT, limit)
    return (placed - 1) / (clock() - first - (first - began))


def together(model: Any, size: int, clock: Callable[[], float]) -> Row:
    """Structures of 100 bricks per minute, ``size`` at a time, of a model that writes what it likes."""
    script = Script(repetitive(100))
    config = GenerationConfig(physics=False, max_regenerations=0, max_attempts=1, max_bricks=100)
    jobs = [Job(LARGE_PROMPT, replace(config, seed=seed)) for seed in range(size)]
    team = Together(loaded(TorchModel(model, str(model.device.type)), script), jobs, size)
    began = clock()
    done = sum(isinstance(event, Finished) for _, event in team.events())
    return Row.compare(f"batch of {size}", 60 * done / (clock() - began), "structures/min")


def all_rows(wanted: argparse.Namespace) -> Iterator[Row]:
    """What the command line asks for."""
    yield from rows(wanted.model, wanted.quick)
    if wanted.large and torch_missing() is None:
        import torch

        yield from large_rows("cpu", time.process_time)
        if torch.cuda.is_available():
            yield from large_rows("cuda", time.perf_counter)


def main() -> None:
    """Measure and print."""
    wanted = options(
        __doc__,
        "few prompts and bricks",
        large={"action": "store_true", "help": "also a random model of a billion weights"},
        model={"default": str(embedded_folder()), "help": "a Llama folder (default: the embedded model)"},
    )
    publish(all_rows(wanted), wanted)


if __name__ == "__main__":
    main()
