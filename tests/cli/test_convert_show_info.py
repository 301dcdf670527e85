"""``brickgpt convert``, ``show`` and ``info``."""

import json
import shutil
from pathlib import Path

import pytest
from PIL import Image

from brickgpt_engine import __version__
from brickgpt_engine.cli import targets
from brickgpt_engine.errors import OutputError
from brickgpt_engine.formats import read_structure

TOWER = "2x4 (4,5,0)\n2x2 (3,6,1)\n4x2 (1,7,2)\n"


@pytest.mark.parametrize("extension", ["ldr", "mpd", "json"])
def test_convert_there_and_back(run, tower_file, extension):
    ran = run("convert", "tower.txt", f"model.{extension}")
    assert ran.out == f"model.{extension}: 3 bricks from tower.txt\n" and ran.code == 0
    assert run("convert", f"model.{extension}", "back.txt").code == 0
    assert Path("back.txt").read_text() == TOWER


def test_convert_title_and_colour(run, tower_file):
    run("convert", "tower.txt", "a.ldr")
    assert Path("a.ldr").read_text().splitlines()[0] == "0 tower"
    run("convert", "a.ldr", "b.ldr", "--colour", "dark red", "--title", "My tower")
    assert Path("b.ldr").read_text().splitlines()[0] == "0 My tower"
    assert {brick.colour for brick in read_structure("b.ldr")} == {320}
    run("convert", "b.ldr", "c.ldr")
    assert {brick.colour for brick in read_structure("c.ldr")} == {320}
    run("convert", "b.ldr", "d.ldr", "--colour", "none")
    assert {brick.colour for brick in read_structure("d.ldr")} == {None}


def test_instructions_are_headed_by_what_the_model_is(run, tower_file):
    run("convert", "tower.txt", "my_tall-tower.ldr", "--title", "a tall tower of three bricks")
    run("convert", "my_tall-tower.ldr", "a.html")
    assert "<title>a tall tower of three bricks: building" in Path("a.html").read_text()
    run("convert", "my_tall-tower.ldr", "my_tall-tower.txt")
    run("convert", "my_tall-tower.txt", "b.html")
    assert "<title>my tall tower: building" in Path("b.html").read_text()
    Path("c.ldr").write_text("0 Untitled\n" + Path("my_tall-tower.ldr").read_text().split("\n", 1)[1])
    run("convert", "c.ldr", "c.html")
    assert "<title>c: building" in Path("c.html").read_text()


def test_convert_to_a_picture(run, tower_file):
    assert run("convert", "tower.txt", "tower.png").code == 0
    assert Image.open("tower.png").format == "PNG"


def test_convert_to_parts_lists(run, tower_file):
    run("convert", "tower.txt", "tower.ldr", "--colour", "red")
    assert run("convert", "tower.ldr", "parts.csv").out == "parts.csv: 3 bricks from tower.ldr\n"
    assert Path("parts.csv").read_text() == "Part,Color,Quantity\n3001,4,2\n3003,4,1\n"
    assert run("convert", "tower.ldr", "parts.xml").code == 0
    assert "<ITEMID>3001</ITEMID><COLOR>5</COLOR><MINQTY>2</MINQTY>" in Path("parts.xml").read_text()


def test_convert_warns_of_colours_that_the_catalogues_lack(run, tmp_path):
    (tmp_path / "odd.ldr").write_text("1 507 20 -24 40 0 0 1 0 1 0 -1 0 0 3001.dat\n")
    ran = run("convert", "odd.ldr", "odd.xml")
    assert ran.code == 0 and "no such colour as LDraw's 507" in ran.problem
    assert run("convert", "odd.ldr", "odd.png").err == ""


def test_convert_to_instructions(run, tower_file):
    assert run("convert", "tower.txt", "tower.html", "--title", "A <small> tower").code == 0
    page = Path("tower.html").read_text(encoding="utf-8")
    assert page.count('<article class="step">') == 3 and "<h1>A &lt;small&gt; tower</h1>" in page
    again = run("convert", "tower.txt", "tower.html")
    assert again.code == 6 and "tower.html exists" in again.problem
    assert Path("tower.html").read_text(encoding="utf-8") == page


def test_convert_keeps_what_is_there(run, tower_file):
    Path("mine.ldr").write_text("mine")
    ran = run("convert", "tower.txt", "mine.ldr")
    assert ran.code == 6 and ran.problem == "error: mine.ldr exists; choose another name or add --force"
    assert Path("mine.ldr").read_text() == "mine"
    assert run("convert", "tower.txt", "mine.ldr", "--force").code == 0
    assert len(read_structure("mine.ldr")) == 3


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("nowhere.txt", "a.ldr"), 3, "nowhere.txt: no such file"),
        (
            ("tower.txt", "a.obj"),
            6,
            "a.obj: unknown extension '.obj'; use one of .txt, .json, .ldr, .mpd, .png, .xml",
        ),
        (("tower.txt", "a"), 6, "the name has no extension"),
        (("tower.txt", "folder.ldr", "--force"), 6, "folder.ldr: it is a folder"),
        (("tower.png", "a.ldr"), 3, "unknown extension '.png'"),
        (("tower.txt", "no/a.ldr"), 6, "the folder no does not exist"),
        (("tower.txt", "a.ldr", "--colour", "auto"), 2, "'auto' is no colour"),
        (("tower.txt",), 2, "Missing argument 'OUT'"),
    ],
)
def test_convert_refuses(run, tower_file, arguments, code, words):
    Path("folder.ldr").mkdir()
    ran = run("convert", *arguments)
    assert ran.code == code and words in ran.problem


def test_show_has_picture_facts_and_every_layer(run, tower_file):
    ran = run("show", "tower.txt")
    assert ran.code == 0 and ran.err == ""
    assert [line for line in ran.out.splitlines() if line.startswith("Layer")] == [
        "Layer 0: 1 brick",
        "Layer 1: 1 brick",
        "Layer 2: 1 brick",
    ]
    assert "5 × 4 studs, 3 layers" in ran.out and "@@" in ran.out  # a picture without colour
    assert not any(line != line.rstrip() for line in ran.out.splitlines())


def test_show_one_layer(run, tower_file):
    ran = run("show", "tower.txt", "--layer", "1")
    assert ran.out.splitlines()[2].startswith("Layer 1") and "Layer 0" not in ran.out
    missing = run("show", "tower.txt", "--layer", "3")
    assert missing.code == 2 and "the highest layer of this model is 2" in missing.problem


def test_show_in_ascii(run, tower_file):
    out = run("show", "tower.txt", "--ascii").out
    assert out.isascii() and "|o o|" in out
    assert "@@" not in run("show", "tower.txt", "--ascii", "--no-picture").out


def test_show_writes_a_png(run, tower_file):
    assert run("show", "tower.txt", "--png", "t.png").out == "t.png: picture of tower.txt\n"
    assert Image.open("t.png").size[0] >= 256
    again = run("show", "tower.txt", "--png", "t.png")
    assert again.code == 6 and "exists" in again.problem
    assert run("show", "tower.txt", "--png", "t.jpg").code == 6
    assert run("show", "nowhere.txt").code == 3


@pytest.mark.parametrize("arguments", [("convert", "tower.txt"), ("show", "tower.txt", "--png")])
@pytest.mark.parametrize("target", ["no/t.png", "there.png", "tower.txt/t.png", "t.jpg", "folder.png"])
def test_places_are_tried_before_a_picture_is_drawn(run, tower_file, monkeypatch, arguments, target):
    monkeypatch.setattr(targets, "picture_bytes", lambda structure: pytest.fail("drawn in vain"))
    Path("there.png").write_text("mine")
    Path("folder.png").mkdir()
    ran = run(*arguments, target)
    assert ran.code == 6 and target in ran.problem and ".png" in ran.problem
    assert Path("there.png").read_text() == "mine"


def test_info(run):
    ran = run("info")
    assert ran.code == 0
    assert __version__ in ran.out
    for word in ("Python", "numpy", "torch", "highs", "gurobi", "nano", "licence"):
        assert word in ran.out


def test_info_as_json(run):
    import numpy

    facts = json.loads(run("info", "--json").out)
    assert facts["version"] == __version__ and facts["backends"]["numpy"]["version"] == numpy.__version__
    assert {solver["name"]: solver["usable"] for solver in facts["solvers"]}["highs"] is True
    assert facts["models"][0]["name"] == "nano"


def test_info_offers_nothing_that_the_engine_cannot_run(run):
    from brickgpt_engine.cli.info import gather

    assert set(gather()["backends"]) == {"numpy", "torch", "llama.cpp"}


@pytest.mark.parametrize("missing", [None, "model.safetensors", "config.json", "tokenizer.json"])
def test_info_tries_every_part_of_the_embedded_model(run, tower_model, tmp_path, monkeypatch, missing):
    from brickgpt_engine.decoding import loader

    folder = tmp_path / "nano"
    shutil.copytree(tower_model, folder)
    monkeypatch.setattr(loader, "embedded_folder", lambda: folder)
    if missing is not None:
        (folder / missing).write_text("{")
    model = json.loads(run("info", "--json").out)["models"][0]
    assert model["usable"] is (missing is None)
    assert missing is None or missing in model["problem"]


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="needs a folder that takes no files")
def test_a_folder_that_takes_no_files_is_not_called_missing():
    with pytest.raises(OutputError, match="the folder /proc takes no files; choose another"):
        targets.require_file(Path("/proc/tower.txt"), force=False, kinds=(".txt",))
