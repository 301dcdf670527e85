"""What fewer bits cost: how often the model is right, and how fast it is, per kind of weights.

    python benchmarks/quantisation.py [--quick] [--json] [--model FOLDER]

The model is exported as GGUF with 16, 8 and 4 bits (`brickgpt export gguf`) and runs through llama.cpp; the
rival is NumPy in 32 bits. Every kind gets the same prompts and seeds. Bricks are neither drawn again nor
taken down, so that the model alone is judged: *valid* counts structures in which every brick fits,
*stable* those that stand besides (`paper` criterion). *off by* is the largest difference of any logit from
NumPy's after a prompt. Speed is bricks per second of the processor on one thread, without physics. Needs
the `llama` extra; without it only NumPy is measured.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks._report import Row, options, publish
from brickgpt_engine.decoding import LoadedModel, load_model
from brickgpt_engine.decoding.gguf_export import QUANTS, export_gguf
from brickgpt_engine.decoding.loader import embedded_folder
from brickgpt_engine.generation import BrickGenerator, GenerationConfig
from brickgpt_engine.generation.prompts import encode_prompt

RAW = GenerationConfig(max_brick_rejections=0, max_regenerations=0, max_attempts=1, max_bricks=150)
SIZES = ("small", "large", "tall")


def prompts(folder: Path, count: int) -> list[str]:
    """One prompt for each family that the model knows, then with other words, ``count`` in all."""
    families = json.loads((folder / "brickgpt.json").read_text(encoding="utf-8"))["families"]
    return [f"a {size} {family}" for size in SIZES for family in families][:count]


class Judged:
    """Shares and speed of one kind of weights over ``texts``."""

    def __init__(self, model: LoadedModel, texts: list[str]) -> None:
        generator = BrickGenerator(model)
        valid = stable = bricks = 0
        seconds = 0.0
        for seed, text in enumerate(texts):
            began = time.process_time()
            drawn = generator.run(
                text, GenerationConfig(physics=False, max_attempts=1, max_bricks=150, seed=seed)
            )
            seconds += time.process_time() - began
            bricks += len(drawn.structure)
            raw = generator.run(text, GenerationConfig(**(vars_of(RAW) | {"seed": seed})))
            valid += raw.valid
            stable += raw.valid and raw.stable
        self.valid, self.stable = 100 * valid / len(texts), 100 * stable / len(texts)
        self.speed = bricks / seconds


def vars_of(config: GenerationConfig) -> dict[str, object]:
    """The options of ``config`` by name."""
    return {name: getattr(config, name) for name in config.__dataclass_fields__}


def rows(folder: Path, count: int) -> Iterator[Row]:
    """Every kind of weights."""
    texts = prompts(folder, count)
    reference = load_model(str(folder), "cpu")
    plain = Judged(reference, texts)
    yield Row.compare("numpy float32: valid", plain.valid, "%")
    yield Row.compare("numpy float32: stable", plain.stable, "%")
    yield Row.compare("numpy float32: speed", plain.speed, "bricks/s")
    if find_spec("llama_cpp") is None or find_spec("gguf") is None:
        return
    ids = encode_prompt(reference.tokenizer, texts[0], reference.prompt_style)
    expected = reference.token_model.prefill(ids).copy()
    with tempfile.TemporaryDirectory() as place:
        for quant in QUANTS:
            path = Path(place) / f"{quant}.gguf"
            size = export_gguf(str(folder), path, quant).size
            model = load_model(str(path), "cpu")
            off = float(abs(model.token_model.prefill(ids) - expected).max())
            found = Judged(model, texts)
            yield Row.compare(f"{quant}: size", size / 1e6, "MB")
            yield Row.compare(f"{quant}: off by", off, "logit")
            yield Row.compare(
                f"{quant}: valid", found.valid, "%", plain.valid, rival_name="numpy", more_is_better=True
            )
            yield Row.compare(
                f"{quant}: stable", found.stable, "%", plain.stable, rival_name="numpy", more_is_better=True
            )
            yield Row.compare(
                f"{quant}: speed",
                found.speed,
                "bricks/s",
                plain.speed,
                rival_name="numpy",
                more_is_better=True,
            )


def main() -> None:
    """Measure and print."""
    wanted = options(
        __doc__,
        "few prompts",
        model={
            "default": str(embedded_folder()),
            "help": "a folder of style nano (default: the embedded one)",
        },
    )
    publish(rows(Path(wanted.model), 6 if wanted.quick else 48), wanted)


if __name__ == "__main__":
    main()
