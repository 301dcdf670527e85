"""Make the pictures of the terminal studio: three screenshots and a recording, all SVG.

``python docs/make_studio_pictures.py`` writes ``studio-layers.svg``, ``studio-space.svg``,
``studio-stress.svg`` and ``studio-recording.svg`` into ``docs/images``. Prompt and seed are fixed and
nothing is picked by hand: the studio runs without a terminal, and keys are pressed by this script.
"""

from __future__ import annotations

import asyncio
import os
import re
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

IMAGES = Path(__file__).resolve().parent / "images"
PROMPT = "a high-backed chair with four legs"
SEED = 1
SIZE = (110, 34)
FRAME_SECONDS = 0.6
MOST_FRAMES = 14
PATIENCE_S = 900.0


class Camera:
    """Takes pictures of a running studio.

    Args:
        pilot: Textual's pilot of the studio.
    """

    def __init__(self, pilot: Any) -> None:
        self.pilot = pilot
        self.frames: list[str] = []

    def picture(self) -> str:
        """The screen as SVG."""
        return str(self.pilot.app.export_screenshot(title="brickgpt-tui"))

    def save(self, name: str) -> None:
        """Write the screen into the folder of pictures."""
        (IMAGES / name).write_text(self.picture(), encoding="utf-8")
        print(f"{name}: {(IMAGES / name).stat().st_size // 1000} kB")

    def film(self) -> None:
        """Keep the screen as the next frame of the recording."""
        self.frames.append(self.picture())

    async def press(self, *keys: str, film: bool = False) -> None:
        """Press keys one after the other."""
        for key in keys:
            await self.pilot.press(key)
            await self.pilot.pause(0.1)
            if film:
                self.film()

    async def until(self, done: Callable[[], bool], step: Callable[[], None] = lambda: None) -> None:
        """Wait for ``done``, calling ``step`` all the while.

        Raises:
            SystemExit: it takes far too long.
        """
        end = time.monotonic() + PATIENCE_S
        while not done():
            if time.monotonic() > end:
                raise SystemExit("error: the studio does not come to an end; is the model usable?")
            step()
            await self.pilot.pause(0.1)


def recording(frames: list[str], seconds: float) -> str:
    """Frames of the same size as one SVG that shows them in turn, without a script in it."""
    opening = re.match(r"<svg[^>]*viewBox=\"([^\"]*)\"[^>]*>", frames[0])
    box = opening.group(1) if opening else "0 0 1000 600"
    total, share = seconds * len(frames), 100 / len(frames)
    style = (
        f".frame {{ visibility: hidden; animation: turn {total:g}s step-end infinite; }}"
        f"@keyframes turn {{ 0% {{ visibility: visible; }} {share:.4f}% {{ visibility: hidden; }} }}"
    )
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}"><style>{style}</style>']
    for number, frame in enumerate(frames):
        lean = re.sub(r"@font-face\s*\{[^}]*\}", "", frame)
        parts.append(f'<g class="frame" style="animation-delay: {number * seconds:g}s">{lean}</g>')
    return "\n".join([*parts, "</svg>\n"])


async def shoot() -> None:
    """Build a model, look at it from all sides, and go through its layers."""
    from brickgpt_engine.generation import GenerationConfig
    from brickgpt_tui.app import StudioApp
    from brickgpt_tui.settings import Settings

    settings = Settings(history=False, generation=GenerationConfig(seed=SEED))
    app = StudioApp(settings=settings)
    async with app.run_test(size=SIZE) as pilot:
        camera, screen = Camera(pilot), app.main
        await camera.until(lambda: screen.furnished)
        screen.prompt.value = PROMPT
        await camera.press("end", film=True)
        await camera.press("enter")
        seen = [0]

        def follow() -> None:
            if len(screen.state.document.bricks) > seen[0] + 2 and len(camera.frames) < MOST_FRAMES:
                seen[0] = len(screen.state.document.bricks)
                camera.film()

        await camera.until(lambda: screen.run_now.stop_reason is not None, follow)
        await camera.until(lambda: screen.state.document.safety is not None)
        await camera.press("5", "t", "t", film=True)
        camera.save("studio-space.svg")
        await camera.press("1", "down", "down", "down", film=True)
        await camera.press("n", "N", film=True)
        await camera.press("l")
        camera.save("studio-layers.svg")
        await camera.press("l", "x", "2", "c", "c", "c")
        app.theme = "brickgpt-light"
        await pilot.pause(0.3)
        camera.save("studio-stress.svg")
    target = IMAGES / "studio-recording.svg"
    target.write_text(recording(camera.frames, FRAME_SECONDS), encoding="utf-8")
    print(f"{target.name}: {len(camera.frames)} frames, {target.stat().st_size // 1000} kB")


def main() -> None:
    """Make all of them, with settings and history of their own."""
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as home:
        for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME"):
            os.environ[name] = home
        asyncio.run(shoot())


if __name__ == "__main__":
    main()
