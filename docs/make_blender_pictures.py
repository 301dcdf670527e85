"""Make the pictures of what Blender draws: eight models, and with ``--looks`` other views of two of them.

``python docs/make_blender_pictures.py`` writes ``docs/images/blender-*.png``. It needs a Blender as
``brickgpt render`` does (``--blender`` names one); the panel's picture is ``make_panel_picture.py``'s.
Prompts and seeds are those of ``make_pictures.py``; nothing is picked by hand.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from make_pictures import IMAGES, PROMPTS, SEED

from brickgpt_engine.bricks import BrickStructure
from brickgpt_engine.bricks.colours import choose_colour, paint
from brickgpt_engine.decoding import load_model
from brickgpt_engine.generation import BrickGenerator, GenerationConfig
from brickgpt_engine.physics import StabilityAnalyzer
from brickgpt_engine.rendering import contact_sheet, save_png
from brickgpt_engine.rendering.blender import RenderOptions, render

if TYPE_CHECKING:
    from PIL.Image import Image

CELL = 420
STRESSED = "a double bed with a headboard"
BUILT = "a castle tower with battlements"
STAGES = 4


def models() -> dict[str, BrickStructure]:
    """The eight models, painted, by prompt."""
    generator = BrickGenerator(load_model("nano"))
    made = {}
    for prompt in PROMPTS:
        result = generator.run(prompt, GenerationConfig(seed=SEED))
        made[prompt] = paint(result.structure, choose_colour(prompt))
        print(f"{prompt}: {len(result.structure)} bricks")
    return made


def picture(structure: BrickStructure, blender: str | None, **options: object) -> Image:
    """What Blender draws of ``structure``."""
    from PIL import Image

    stress = None
    if options.get("style") == "stress":
        stress = StabilityAnalyzer().analyze(structure).as_dict()["stress"]
    chosen = RenderOptions(width=CELL, height=CELL, **options)  # type: ignore[arg-type]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.png"
        render(structure, path, chosen, blender=blender, stress=stress)
        drawn = Image.open(path).convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", drawn.size, "white"), drawn).convert("RGB")


def stages(structure: BrickStructure) -> list[BrickStructure]:
    """``structure`` as far as it is built after each of :data:`STAGES` equal parts of its bricks."""
    counts = [round(len(structure) * (step + 1) / STAGES) for step in range(STAGES)]
    return [BrickStructure(structure[:count], structure.world_dim) for count in counts]


def main(blender: str | None, *, looks: bool) -> None:
    """Make the pictures that are asked for."""
    made = models()
    sheet = []
    for prompt, structure in made.items():
        sheet.append((picture(structure, blender), prompt))
        print(f"rendered {prompt}")
    save_png(contact_sheet(sheet, columns=4, cell=CELL), IMAGES / "blender-eight-models.png")
    if looks:
        save_png(contact_sheet(views(made, blender), columns=4, cell=CELL), IMAGES / "blender-looks.png")


def views(made: dict[str, BrickStructure], blender: str | None) -> list[tuple[Image, str]]:
    """One model in other colours and from other sides, and one as it is being built."""
    looks = {
        "stress, from blue to red": {"style": "stress"},
        "clay": {"style": "clay"},
        "from below": {"elevation": -28.0, "transparent": True},
        "from the other side": {"azimuth": 125.0},
    }
    drawn = [(picture(made[STRESSED], blender, **look), name) for name, look in looks.items()]
    built = stages(made[BUILT])
    return drawn + [(picture(stage, blender), f"{len(stage)} of {len(built[-1])} bricks") for stage in built]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--blender", default=os.environ.get("BRICKGPT_BLENDER"))
    parser.add_argument("--looks", action="store_true", help="also write blender-looks.png")
    words = parser.parse_args()
    main(words.blender, looks=words.looks)
