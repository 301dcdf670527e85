"""``brickgpt render`` and ``generate --render``, with a stand-in for Blender and with Blender itself."""

import importlib.util
import json
import os
import shutil
import sys
from pathlib import Path

import pytest
from PIL import Image

from brickgpt_engine.bricks import Brick, BrickStructure
from brickgpt_engine.errors import ConfigError, InputError, OutputError
from brickgpt_engine.rendering import blender
from brickgpt_engine.rendering.blender import NoBlenderError, RenderOptions

TOWER = BrickStructure([Brick(2, 4, 4, 5, 0, 4), Brick(2, 2, 3, 6, 1)])
STAND_IN = """
import json, sys
from pathlib import Path
out = sys.argv[sys.argv.index("-o") + 1]
told = {"words": sys.argv[1:], "model": Path(sys.argv[2]).read_text()}
stress = [w.split("=", 1)[1] for w in sys.argv if w.startswith("--stress=")]
told["stress"] = json.loads(Path(stress[0]).read_text()) if stress else None
if out.endswith("/"):
    Path(out).mkdir()
    for n in (1, 2):
        (Path(out) / f"{n:04d}.png").write_text(json.dumps(told))
else:
    Path(out).write_text(json.dumps(told))
"""


@pytest.fixture
def stand_in(tmp_path):
    """A program called ``python-blender`` that writes down what it was asked for."""

    def make(code=STAND_IN):
        (tmp_path / "code.py").write_text(code)
        program = tmp_path / "python-blender"
        program.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{tmp_path}/code.py" "$@"\n')
        program.chmod(0o755)
        return str(program)

    return make


@pytest.fixture
def no_blender(monkeypatch):
    monkeypatch.setattr(blender.importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(blender.shutil, "which", lambda name: None)
    monkeypatch.delenv(blender.BLENDER_VARIABLE, raising=False)


def test_blender_gets_the_model_and_the_options(stand_in, tmp_path):
    options = RenderOptions(width=320, height=200, azimuth=30.0, style="stress", transparent=True, drop=False)
    blender.render(TOWER, tmp_path / "x.png", options, blender=stand_in(), stress=[0.5, None])
    told = json.loads((tmp_path / "x.png").read_text())
    assert {"--width=320", "--height=200", "--azimuth=30.0", "--style=stress"} < set(told["words"])
    assert {"--transparent", "--no-drop"} < set(told["words"])
    assert told["words"][0].endswith("headless.py")
    assert told["stress"] == [0.5, None]
    assert "1 4 100 -24 140" in told["model"]


def test_every_argument_is_one_that_the_script_takes():
    spec = importlib.util.spec_from_file_location("addon_headless", blender.script())
    headless = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(headless)
    options = RenderOptions(transparent=True, drop=False, parts="ldraw", library="x", animation="both")
    taken = headless.parser().parse_args(["m.ldr", "-o", "x.png", *options.words()])
    assert (taken.transparent, taken.no_drop, taken.importldraw, taken.library) == (True, True, True, "x")
    assert (taken.width, taken.azimuth, taken.animation) == (1024, -55.0, "both")
    assert (headless.STYLES, headless.ANIMATIONS) == (blender.STYLES, blender.ANIMATIONS)


def test_frames_go_into_a_folder(stand_in, tmp_path):
    blender.render(TOWER, f"{tmp_path}/frames/", RenderOptions(animation="build"), blender=stand_in())
    assert sorted(path.name for path in (tmp_path / "frames").iterdir()) == ["0001.png", "0002.png"]


@pytest.mark.parametrize(
    ("code", "kind", "says"),
    [
        ("import sys; print('error: no brick', file=sys.stderr); sys.exit(3)", InputError, "no brick"),
        ("import sys; print('error: disk full', file=sys.stderr); sys.exit(6)", OutputError, "disk full"),
        ("import sys; print('Segmentation fault'); sys.exit(11)", OutputError, "code 11: Segmentation"),
        ("", OutputError, "no picture"),
    ],
)
def test_what_goes_wrong_in_blender_is_told_in_one_line(stand_in, tmp_path, code, kind, says):
    with pytest.raises(kind, match=says) as caught:
        blender.render(TOWER, tmp_path / "x.png", blender=stand_in(code))
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "x.png").exists()


def test_impossible_wishes_are_refused(tmp_path):
    for wish in ({"width": 1}, {"engine": "x"}, {"samples": -1}, {"parts": "ldraw", "style": "clay"}):
        with pytest.raises(ConfigError):
            RenderOptions(**wish)
    with pytest.raises(ConfigError, match="no bricks"):
        blender.render(BrickStructure(), tmp_path / "x.png", blender=sys.executable)
    with pytest.raises(ConfigError, match="stress for each of the 2 bricks"):
        blender.render(TOWER, tmp_path / "x.png", RenderOptions(style="stress"), blender=sys.executable)


def test_the_command_renders_and_says_so(run, stand_in, tower_file):
    done = run("render", tower_file, "-o", "t.png", "--size", "64x32", "--blender", stand_in())
    assert (done.code, done.out.strip()) == (0, f"t.png: 3 bricks from {tower_file}")
    assert "--height=32" in Path("t.png").read_text()
    assert run("render", tower_file, "-o", "t.png", "--blender", stand_in()).code == 6
    done = run("render", tower_file, "-o", "t.png", "--force", "--style", "stress", "--blender", stand_in())
    assert len(json.loads(Path("t.png").read_text())["stress"]) == 3
    assert run("render", tower_file, "-o", "t.mp4", "--blender", stand_in()).code == 0
    assert "--animation=build" in json.loads(Path("t.mp4").read_text())["words"]


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["-o", "x.gif"], 6, ".png, .mp4, .glb, .stl"),
        (["-o", "frames/"], 6, "--animation"),
        (["-o", "x.png", "--size", "big"], 2, "write 512 or 1920x1080"),
        (["-o", "x.png", "--size", "9x9"], 2, "between 16 and 8192"),
        (["-o", "x.png", "--blender", "/no/such/program"], 2, "there is no program"),
        ([], 2, "--out"),
    ],
)
def test_wrong_words_are_told(run, tower_file, words, code, says):
    done = run("render", tower_file, *words)
    assert done.code == code
    assert says in done.problem


def test_without_blender_it_says_how_to_get_either(run, tower_file, no_blender):
    done = run("render", tower_file, "-o", "x.png")
    assert done.code == 2
    assert "pip install bpy" in done.problem
    assert "on the path" in done.problem
    with pytest.raises(NoBlenderError):
        blender.find_blender()


def test_generate_lets_blender_make_the_picture(run, stand_in, tower_model, monkeypatch):
    monkeypatch.setenv(blender.BLENDER_VARIABLE, stand_in())
    done = run("generate", "x", "--model", tower_model, "--out", "t", "--render", "-q")
    assert (done.code, done.err) == (0, "")
    assert "model" in json.loads(Path("t.png").read_text())


def test_without_blender_generate_keeps_the_isometric_picture(run, tower_model, no_blender):
    done = run("generate", "x", "--model", tower_model, "--out", "t", "--render", "-q")
    assert done.code == 0
    assert "isometric" in done.problem
    assert Image.open("t.png").size[0] > 100


@pytest.mark.blender
@pytest.mark.slow
def test_blender_draws_a_model(run, tower_file, tmp_path):
    if importlib.util.find_spec("bpy") is None and not (
        shutil.which("blender") or os.environ.get(blender.BLENDER_VARIABLE)
    ):
        pytest.skip("there is no Blender")
    done = run("convert", tower_file, tmp_path / "t.ldr", "--colour", "red")
    done = run("render", tmp_path / "t.ldr", "-o", "t.png", "--size", "64x48", "--samples", "4")
    assert (done.code, done.err) == (0, "")
    picture = Image.open("t.png").convert("RGB")
    assert picture.size == (64, 48)
    pixels = list(picture.getdata())
    red = sum(r > 90 and g < 80 and b < 80 for r, g, b in pixels) / len(pixels)
    light = sum(min(pixel) > 190 for pixel in pixels) / len(pixels)
    assert red > 0.05
    assert light > 0.3
