"""The settings file: kept whole, commented, and never lost."""

import errno
import tomllib
from dataclasses import dataclass, fields

import pytest

from brickgpt_engine.errors import ConfigError, OutputError
from brickgpt_engine.generation import GenerationConfig
from brickgpt_tui import model_choice, settings
from brickgpt_tui.options import GENERATION_OPTIONS, OPTIONS, generation_options, parse
from brickgpt_tui.settings import Settings

CHANGED = {
    "theme": "nord",
    "ascii": True,
    "history": False,
    "model_name_or_path": '/models/Jürgen\'s "big\\one"',
    "device": "cpu",
    "instruction_format": "few_shot",
    "literal": True,
    "world_dim": 30,
    "max_bricks": 50,
    "max_brick_rejections": 3,
    "use_logit_masking": False,
    "temperature": 1.25,
    "temperature_increase": 0.5,
    "max_temperature": 3.0,
    "top_k": 7,
    "top_p": 0.5,
    "seed": 2**63 - 1,
    "physics": False,
    "max_regenerations": 3,
    "criterion": "equilibrium",
    "solver": "highs",
    "sampling": "rejection",
    "contact": "supported",
    "region": "0,0,0:29,29,9",
    "budget": "2x4=6",
    "speculation": False,
    "gpu_layers": 3,
}


def other_than(option, value):
    """A value of the option that is not ``value``, for options that this file does not know yet."""
    if option.kind == "choice":
        return next(choice for choice in option.choices if choice != value)
    return {"switch": not value, "integer": 1, "number": 0.5, "text": "1"}[option.kind]


CHANGED = {
    option.name: CHANGED.get(option.name, other_than(option, Settings().value(option.name)))
    for option in OPTIONS
}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "config" / "settings.toml"


def test_the_form_has_every_option_of_generation():
    assert {option.name for option in GENERATION_OPTIONS} == {item.name for item in fields(GenerationConfig)}
    defaults = GenerationConfig()
    for option in GENERATION_OPTIONS:
        value = getattr(defaults, option.name)
        assert option.label and option.help.endswith("."), option.name
        assert option.optional == (value is None), option.name
        if option.kind == "choice":
            assert value in option.choices and len(option.choices) > 1, option.name
        elif not option.optional:
            wanted = {"switch": bool, "integer": int, "number": float, "text": str}[option.kind]
            assert type(value) is wanted, option.name


@dataclass(frozen=True)
class Later:
    """An engine of the future.

    Attributes:
        temperature: known already.
        haste: how much to hurry,
            at ``most`` 3.
        gears: how many.

    Raises:
        ConfigError: never.
    """

    temperature: float = 0.6
    haste: bool = False
    gears: int | None = None


def test_options_that_the_engine_gets_later_are_in_the_form_at_once():
    temperature, haste, gears = generation_options(Later)
    assert temperature.label == "Temperature"
    assert (haste.kind, haste.label, haste.help) == ("switch", "Haste", "How much to hurry, at most 3.")
    assert (gears.kind, gears.optional) == ("integer", True) and parse(gears, "") is None


def test_a_missing_file_means_defaults(path):
    loaded = settings.load(path)
    assert loaded == Settings() and loaded.problem is None
    assert settings.to_config(loaded) == GenerationConfig()


def test_all_options_survive(path):
    mine = Settings().with_values(CHANGED)
    settings.save(mine, path)
    assert settings.load(path) == mine and settings.load(path).problem is None
    stored = tomllib.loads(path.read_text(encoding="utf-8"))
    assert {name: value for table in stored.values() for name, value in table.items()} == CHANGED


def test_the_file_explains_every_option_and_says_only_what_differs(path):
    settings.save(Settings().with_value("temperature", 1.5), path)
    text = path.read_text()
    for option in OPTIONS:
        assert f"# {option.label}: {option.help}" in text
    stored = tomllib.loads(text)
    assert {name: table for name, table in stored.items() if table} == {"sampling": {"temperature": 1.5}}
    assert tomllib.loads(text.replace("# world_dim = 20", "world_dim = 20"))["sampling"]["world_dim"] == 20


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("[studio\n", "is not used"),
        ('theme = "nord"\n', "'theme' stands outside of a table"),
        ("[studio]\ncolour = 1\n", "no option 'colour' in [studio]"),
        ("[sampling]\ntemperature = -1\n", "temperature is -1; it must be a number between"),
        ("[studio]\nascii = 1\n", "ascii is 1; it must be true or false"),
        ("[sampling]\ntemperature = 5\n", "max_temperature is 2"),
        ("[sampling]\nseed = nan\n", "seed is nan"),
        (b"\xff\xfe\x00", "is not used"),
        ("a = 1\n" * 300_000, "too large"),
    ],
)
def test_a_broken_file_costs_one_line_and_is_kept(path, content, words):
    path.parent.mkdir()
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    before = path.read_bytes()
    loaded = settings.load(path)
    assert words in loaded.problem and "\n" not in loaded.problem and str(path) in loaded.problem
    assert loaded == Settings()
    kept = settings.save(loaded, path)
    assert kept.name == "settings.broken.toml" and kept.read_bytes() == before
    assert settings.load(path).problem is None
    assert settings.save(loaded, path) is None  # a good file is replaced without a copy


def test_copies_never_replace_each_other(path):
    path.parent.mkdir()
    for number, content in enumerate(("[a\n", "[b\n", "[b\n"), start=1):
        path.write_text(content)
        assert settings.save(Settings(), path).name == (
            "settings.broken.toml" if number == 1 else "settings.broken-2.toml"
        )
    assert (path.parent / "settings.broken.toml").read_text() == "[a\n"


def test_what_can_be_used_of_a_bad_file_is_used(path):
    path.parent.mkdir()
    path.write_text('[sampling]\nmax_bricks = 9\ntop_p = 7\nworld_dim = "x"\n[physics]\nsolver = "highs"\n')
    loaded = settings.load(path)
    assert loaded.generation == GenerationConfig(max_bricks=9, solver="highs")
    assert "(and 1 more)" in loaded.problem


def test_a_folder_in_its_place(path):
    path.mkdir(parents=True)
    assert "Is a directory" in settings.load(path).problem
    with pytest.raises(OutputError, match="it is a folder"):
        settings.save(Settings(), path)


def test_a_full_disk_keeps_the_old_file(path, monkeypatch):
    settings.save(Settings(), path)
    before = path.read_text()

    def full(descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OutputError, match="the disk is full"):
        settings.save(Settings(ascii=True), path)
    assert path.read_text() == before and len(list(path.parent.iterdir())) == 1


def test_default_place_follows_the_platform(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert settings.default_path() == tmp_path / "brickgpt" / "settings.toml"


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [("world_dim", " 25 ", 25), ("temperature", "1e0", 1.0), ("seed", "", None), ("theme", " x ", "x")],
)
def test_fields_are_read(name, text, value):
    option = next(option for option in OPTIONS if option.name == name)
    assert parse(option, text) == value


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("world_dim", "2.5", "'2.5' is not a whole number"),
        ("world_dim", "", "give a whole number"),
        ("temperature", "warm", "'warm' is not a number"),
        ("max_bricks", "9" * 5000, "too long"),
    ],
)
def test_fields_refuse(name, text, words):
    option = next(option for option in OPTIONS if option.name == name)
    with pytest.raises(ValueError, match=words):
        parse(option, text)


def test_settings_refuse_together():
    with pytest.raises(ConfigError, match="max_temperature"):
        Settings().with_values({"temperature": 4.0, "max_temperature": 3.0})


def test_models_are_told_apart_and_tried(tmp_path):
    gguf, folder = tmp_path / "m.gguf", tmp_path / "model"
    gguf.write_bytes(b"GGUF....")
    (tmp_path / "fake.gguf").write_bytes(b"PK")
    folder.mkdir()
    kinds = [model_choice.kind_of(name) for name in ("nano", "owner/name", str(folder), str(gguf), "~/m")]
    assert kinds == ["embedded", "hub id", "folder", "GGUF file", "folder"]
    assert "it has no config.json" in model_choice.problem_with("folder", str(folder))
    (folder / "config.json").write_text("{}")
    assert model_choice.problem_with("folder", str(folder)) is None
    assert "there is no model folder" in model_choice.problem_with("folder", str(tmp_path / "none"))
    assert "is a file" in model_choice.problem_with("folder", str(gguf))
    assert "no hub id" in model_choice.problem_with("hub id", "just-a-name")
    assert "is no GGUF file" in model_choice.problem_with("GGUF file", str(tmp_path / "fake.gguf"))
    for kind in ("folder", "hub id", "GGUF file"):
        assert "give the" in model_choice.problem_with(kind, "")
        assert "\n" not in model_choice.problem_with(kind, "a\0b")


@pytest.mark.parametrize("name", ["nowhere/", "nowhere", "./nowhere/at/all", "none.gguf"])
def test_a_model_that_is_not_there_is_said_at_the_start(name, tmp_path, monkeypatch, capsys):
    """With the exit code of the command line, and before anything is drawn."""
    from brickgpt_tui.__main__ import main

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TEXTUAL_DRIVER", "none")  # stands for a terminal
    assert main(["--model", name]) == 4
    said = capsys.readouterr()
    assert said.out == "" and said.err.startswith("error: there is no ") and name in said.err
