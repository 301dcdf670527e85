"""Make the gallery: three prompts for each of the 21 categories, unpicked.

``python docs/make_gallery.py`` writes ``docs/gallery.md`` and a picture for every category
under ``docs/images/gallery``. The prompts below were written before the models were seen;
the seed of a prompt is its place in the row (0, 1, 2), and every setting is the default.
"""

from __future__ import annotations

import io
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING

from brickgpt_engine.decoding import load_model
from brickgpt_engine.generation import BrickGenerator, GenerationConfig
from brickgpt_engine.rendering import png_bytes, render_isometric, save_png

if TYPE_CHECKING:
    from PIL.Image import Image

DOCS = Path(__file__).resolve().parent
TILE = 320
PROMPTS = {
    "basket": ("a basket with a handle", "a laundry basket", "a shallow open basket"),
    "bed": ("a bed with a headboard", "a bunk bed", "a four-poster bed"),
    "bench": ("a park bench with a back", "a long bench with four legs", "a small stone bench"),
    "birdhouse": ("a birdhouse", "a birdhouse on a pole", "a birdhouse with a gable roof"),
    "bookshelf": ("a bookshelf with four shelves", "a tall narrow bookcase", "a low wide bookshelf"),
    "bottle": ("a wine bottle", "a milk bottle", "a square bottle with a cap"),
    "bowl": ("a bowl", "a wide shallow bowl", "a bowl on a foot"),
    "bus": ("a double-decker bus", "a school bus", "a small minibus"),
    "camera": ("a camera", "a camera on a tripod", "a reflex camera with a long lens"),
    "car": ("a race car with a spoiler", "a pickup truck", "make me a tiny car"),
    "chair": ("a high-backed chair with armrests", "a three-legged stool", "a rocking chair"),
    "guitar": ("an acoustic guitar", "an electric guitar", "a bass guitar"),
    "jar": ("a cookie jar with a lid", "a tall vase", "a jar with two handles"),
    "mug": ("a coffee mug", "a teacup on a saucer", "a tall beer mug"),
    "piano": ("a grand piano", "an upright piano with a stool", "an electronic keyboard on legs"),
    "pot": ("a cooking pot with two handles", "a teapot", "a flower pot"),
    "sofa": ("a three-seat sofa with armrests", "an L-shaped sofa", "a small loveseat"),
    "table": ("a round table", "a long dining table with six legs", "a desk with drawers on one side"),
    "tower": ("a castle tower with battlements", "a lighthouse", "a pagoda with four roofs"),
    "train": ("a steam locomotive", "a passenger carriage", "a tram"),
    "vessel": ("a sailing boat with one mast", "a cargo ship", "a canoe"),
}
"""Category to its three prompts; the categories are those of the paper."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One model of the gallery: its picture as a PNG file's bytes, and what is said below it."""

    prompt: str
    seed: int
    picture: bytes
    facts: str


@cache
def _generator() -> BrickGenerator:
    return BrickGenerator(load_model("nano"))


def make(job: tuple[str, int]) -> Entry:
    """Generate and draw one model."""
    prompt, seed = job
    result = _generator().run(prompt, GenerationConfig(seed=seed))
    picture = png_bytes(render_isometric(result.structure, size=TILE))
    verdict = "stable" if result.stable else "not stable"
    facts = f"{len(result.structure)} bricks, {verdict}, {result.seconds:.1f} s"
    return Entry(prompt, seed, picture, facts)


def strip(entries: list[Entry]) -> Image:
    """The pictures of one category side by side."""
    from PIL import Image

    sheet = Image.new("RGB", (TILE * len(entries), TILE), "white")
    for place, entry in enumerate(entries):
        picture = Image.open(io.BytesIO(entry.picture)).convert("RGB")
        left, top = ((TILE - side) // 2 for side in picture.size)
        sheet.paste(picture, (place * TILE + left, top))
    return sheet.quantize(64)


def page(gallery: dict[str, list[Entry]]) -> str:
    """The page in Markdown."""
    lines = [
        "# Gallery",
        "",
        "Three prompts for each of the 21 categories, with seeds 0, 1 and 2 and default settings, made by",
        "`python docs/make_gallery.py` with the embedded model. Nothing is picked: what failed is shown too.",
    ]
    for category, entries in gallery.items():
        lines += ["", f"## {category.capitalize()}", "", f"![{category}](images/gallery/{category}.png)", ""]
        lines += [
            "| " + " | ".join(f"*{entry.prompt}*" for entry in entries) + " |",
            "|---" * len(entries) + "|",
        ]
        lines += ["| " + " | ".join(f"seed {entry.seed}: {entry.facts}" for entry in entries) + " |"]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Generate all models and write pictures and page."""
    jobs = [(prompt, seed) for prompts in PROMPTS.values() for seed, prompt in enumerate(prompts)]
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        made = list(pool.map(make, jobs))
    folder = DOCS / "images" / "gallery"
    folder.mkdir(parents=True, exist_ok=True)
    gallery = {category: made[3 * i : 3 * i + 3] for i, category in enumerate(PROMPTS)}
    for category, entries in gallery.items():
        save_png(strip(entries), folder / f"{category}.png")
    (DOCS / "gallery.md").write_text(page(gallery), encoding="utf-8")


if __name__ == "__main__":
    main()
