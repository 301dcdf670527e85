"""Benchmarks: what every script accepts, and what the shared report prints. Nothing is measured here."""

import argparse
import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPTS = sorted((ROOT / "benchmarks").glob("[a-z]*.py"))
KEYS = {"name", "value", "unit", "rival", "ratio", "goal"}
PLAIN = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
"""The environment without settings of Python, such as search paths and unbuffered output."""
TWO_ROWS = """
import argparse, sys
sys.path.insert(0, sys.argv[1])
from benchmarks._report import Row, publish
def measure():
    yield Row.compare("first", 1, "s")
    sys.stdin.read()
    yield Row.compare("second", 1, "s")
publish(measure(), argparse.Namespace(json=True))
"""


def _load(name):
    spec = importlib.util.spec_from_file_location(f"benchmarks.{name}", ROOT / "benchmarks" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


report = _load("_report")
Row = report.Row


def run(*arguments, cwd):
    command = [sys.executable, *map(str, arguments)]
    return subprocess.run(command, cwd=cwd, env=PLAIN, capture_output=True, text=True, timeout=60)


def published(capsys, *rows, as_json):
    report.publish(rows, argparse.Namespace(json=as_json))
    return capsys.readouterr().out.splitlines()


def test_there_is_a_script_for_each_room_and_for_the_whole_way():
    assert {"decoding", "generate", "layout", "physics", "rendering"} <= {path.stem for path in SCRIPTS}


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_help_names_both_options_and_loads_nothing_heavy(script, tmp_path):
    """From another folder and without an installed package: a script finds the tree that it lies in."""
    ran = run("-X", "importtime", script, "--help", cwd=tmp_path)
    assert ran.returncode == 0, ran.stderr[-500:]
    assert "--quick" in ran.stdout
    assert "--json" in ran.stdout
    loaded = {line.rpartition("|")[2].strip().split(".")[0] for line in ran.stderr.splitlines()}
    assert "benchmarks" in loaded  # the listing is there
    assert not loaded & {"torch", "transformers", "highspy", "gurobipy"}


@pytest.mark.parametrize("script", ["decoding", "generate", "rollback"])
def test_a_model_that_is_missing_is_one_line(script, tmp_path):
    missing = tmp_path / "no such model"
    ran = run(ROOT / "benchmarks" / f"{script}.py", "--json", "--model", missing, cwd=tmp_path)
    assert ran.returncode == 1
    assert ran.stdout == ""
    assert ran.stderr.startswith("error: ")
    assert str(missing) in ran.stderr
    assert len(ran.stderr.splitlines()) == 1


def test_rows_in_json_have_the_six_keys_and_say_where_and_when(capsys):
    compared = Row.compare("a", 2 / 3, "ms", 4, goal=">= 8x", rival_name="other")
    alone = Row.compare("b", 1, "s", goal=5)
    first, second = map(json.loads, published(capsys, compared, alone, as_json=True))
    assert set(first) >= KEYS
    assert set(second) >= KEYS
    assert first["value"] == 0.6667
    assert (first["rival"], first["ratio"], first["goal"], first["rival_name"]) == (4, 6, ">= 8x", "other")
    assert (second["value"], second["rival"], second["ratio"], second["goal"]) == (1, None, None, 5)
    assert "Python" in first["machine"]
    assert len(first["date"].split("-")) == 3


def test_the_ratio_says_how_many_times_better():
    assert Row.compare("time", 2.0, "s", 8.0).ratio == 4
    assert Row.compare("speed", 2.0, "bricks/s", 8.0, more_is_better=True).ratio == 0.25
    assert Row.compare("share", 0.5, "share", 0.0, more_is_better=True).ratio is None
    assert Row.compare("alone", 0.5, "share", None, rival_name="absent") == Row(
        "alone", 0.5, "share", None, None, None
    )


def test_the_table_is_headed_by_the_machine_and_aligned(capsys):
    name = "paper analysis, 200 bricks, typical, gurobi"  # the longest there is
    compared = Row.compare("short", 0.0421, "s", 1234.5, goal=">= 10x", rival_name="other")
    alone = Row.compare(name, 17.25, "layouts/s per core", goal=25)
    where, blank, heading, first, second = published(capsys, compared, alone, as_json=False)
    assert where.startswith(report.machine())
    assert blank == ""
    columns = {"ours": ("0.042", "17.2"), "rival": ("1,234", "-"), "ratio": ("29,323x", "-")}
    for title, cells in columns.items():
        end = heading.index(title) + len(title)
        for line, cell in zip((first, second), cells, strict=True):
            assert line[:end].endswith(f" {cell}"), title
    assert first[heading.index("goal") :].split() == [">=", "10x", "other"]
    assert second[heading.index("goal") :] == "25 layouts/s per core"


def test_rows_come_one_by_one_and_a_reader_that_goes_away_is_no_error(tmp_path):
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    command = [sys.executable, "-c", TWO_ROWS, ROOT]
    with subprocess.Popen(command, cwd=tmp_path, env=PLAIN, **pipes) as process:
        assert json.loads(process.stdout.readline())["name"] == "first"  # while the second is not yet there
        process.stdout.close()
        process.stdin.close()
        assert process.wait(timeout=30) == 141
        assert process.stderr.read() == b""


def test_options_take_the_script_s_own(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["script", "--quick", "--seed", "7"])
    wanted = report.options("What it does.", "fewer", seed={"type": int, "default": 1})
    assert (wanted.quick, wanted.json, wanted.seed) == (True, False, 7)
