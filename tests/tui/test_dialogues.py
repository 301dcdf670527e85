"""The dialogues, each driven by keys and by mouse in the smallest terminal."""

import asyncio
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest
from textual.app import App
from textual.widgets import Button, DataTable, Input, OptionList

from brickgpt_engine.bricks import Brick, BrickStructure
from brickgpt_engine.formats import read_structure
from brickgpt_engine.generation import GenerationConfig
from brickgpt_engine.physics import connectivity_report
from brickgpt_tui import exporting
from brickgpt_tui.exporting import OFFERED
from brickgpt_tui.history import Recorder
from brickgpt_tui.screens.export import ExportScreen
from brickgpt_tui.screens.history import HistoryScreen
from brickgpt_tui.screens.open_file import MODEL_FOLDERS, OpenFileScreen
from brickgpt_tui.screens.settings import SettingsScreen
from brickgpt_tui.screens.variants import VariantsScreen
from brickgpt_tui.settings import Settings
from brickgpt_tui.snapshot import ModelSnapshot
from brickgpt_tui.themes import THEMES
from brickgpt_tui.widgets.form import Choice, Tick

WAITING = object()
SIZES = [(80, 24), (120, 40)]


class Host(App):
    """A bare app with one dialogue over it."""

    plain = False

    def __init__(self, dialogue):
        super().__init__()
        self.dialogue, self.answer = dialogue, WAITING
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = THEMES[0].name

    def on_mount(self):
        self.push_screen(self.dialogue, lambda answer: setattr(self, "answer", answer))


def drive(dialogue, steps, size=(80, 24), plain=False):
    """Show ``dialogue``, let ``steps(pilot, dialogue)`` use it; returns what it answered."""

    async def main():
        app = Host(dialogue)
        app.plain = plain
        async with app.run_test(size=size) as pilot:
            await settle(pilot)
            await steps(pilot, dialogue)
            await settle(pilot)
        return app.answer

    return asyncio.run(main())


async def settle(pilot):
    """Wait until threads are done and their messages handled."""
    for _ in range(600):
        await pilot.pause()
        if all(worker.is_finished for worker in pilot.app.workers):
            break
        await asyncio.sleep(0.02)
    await pilot.pause()


def shown(pilot):
    """The text on the screen, line by line."""
    return [line.text for line in pilot.app.screen._compositor.render_strips()]


def model(count=3, *, colour=4, hanging=False):
    bricks = [Brick(2, 4, 0, 0, z, colour) for z in range(count)]
    if hanging:
        bricks.append(Brick(2, 2, 10, 10, 5))
    report = connectivity_report(BrickStructure(bricks))
    return ModelSnapshot(bricks=tuple(bricks), shown=len(bricks), report=report)


# Settings


@pytest.fixture
def path(tmp_path):
    return tmp_path / "config" / "settings.toml"


def test_settings_are_changed_by_keyboard_and_saved(path):
    async def steps(pilot, screen):
        assert pilot.app.focused.id == "field-theme"
        screen.query_one("#field-temperature", Input).focus()
        await pilot.press("end", *["backspace"] * 5, *"1.5")
        screen.query_one("#field-physics", Tick).focus()
        await pilot.press("space")
        screen.query_one("#field-solver", Choice).focus()
        await pilot.press("right")
        await pilot.press("ctrl+s")

    answer = drive(SettingsScreen(Settings(), path), steps)
    assert answer == Settings().with_values({"temperature": 1.5, "physics": False, "solver": "highs"})
    stored = tomllib.loads(path.read_text())
    assert stored["sampling"] == {"temperature": 1.5}
    assert stored["physics"] == {"physics": False, "solver": "highs"}


def test_settings_by_mouse(path):
    async def steps(pilot, screen):
        await pilot.click("#field-ascii")
        await pilot.click("#field-theme", offset=(0, 0))
        assert pilot.app.theme != THEMES[0].name  # shown at once
        await pilot.click("#settings-save")

    answer = drive(SettingsScreen(Settings(), path), steps)
    assert answer.ascii is True and answer.theme != Settings().theme and path.exists()


def test_faults_are_shown_at_their_field_and_nothing_is_saved(path):
    async def steps(pilot, screen):
        screen.query_one("#field-max_bricks", Input).value = "-3"
        screen.query_one("#field-top_p", Input).value = "often"
        await pilot.pause()
        assert screen.query_one("#option-max_bricks").has_class("-faulty")
        await pilot.press("ctrl+s")
        assert screen.problem.startswith("Most bricks: max_bricks is -3; it must be")
        assert pilot.app.focused.id == "field-max_bricks"
        assert any("must be a whole number between" in line for line in shown(pilot))
        screen.query_one("#field-max_bricks", Input).value = "30"
        screen.query_one("#field-top_p", Input).value = "1"
        screen.query_one("#field-temperature", Input).value = "3"
        await pilot.press("ctrl+s")
        assert "max_temperature is 2" in screen.problem
        assert pilot.app.focused.id == "field-max_temperature"
        assert [row.id for row in screen.query(".-faulty")] == ["option-max_temperature"]

    assert drive(SettingsScreen(Settings(), path), steps) is WAITING
    assert not path.exists()


def test_leaving_settings_changes_nothing(path):
    async def steps(pilot, screen):
        screen.query_one("#field-theme", Choice).focus()
        await pilot.press("right", "escape")
        assert pilot.app.theme == THEMES[0].name

    assert drive(SettingsScreen(Settings(), path), steps) is None
    assert not path.exists()


def test_defaults_fill_the_form_and_saving_keeps_them(path):
    changed = Settings().with_values({"max_bricks": 9, "solver": "highs", "ascii": True, "seed": 4})

    async def steps(pilot, screen):
        await pilot.press("ctrl+r")
        await pilot.press("ctrl+s")

    assert drive(SettingsScreen(changed, path), steps) == Settings()


def test_the_model_picker_tries_what_it_is_given(path, tmp_path):
    folder = tmp_path / "my-model"
    folder.mkdir()

    async def steps(pilot, screen):
        assert not screen.query_one("#model-row").display
        screen.query_one("#model-kind", Choice).focus()
        await pilot.press("right", "ctrl+s")
        assert "give the folder" in screen.problem
        screen.query_one("#field-model_name_or_path", Input).value = str(folder)
        await pilot.press("ctrl+s")
        assert "holds no model" in screen.problem
        (folder / "config.json").write_text("{}")
        await pilot.press("ctrl+s")

    assert drive(SettingsScreen(Settings(), path), steps).model == str(folder)


def test_a_folder_for_the_model_can_be_looked_for(path, tmp_path, monkeypatch):
    (tmp_path / "my-model").mkdir()
    (tmp_path / "my-model" / "config.json").write_text("{}")
    monkeypatch.chdir(tmp_path)

    async def steps(pilot, screen):
        screen.query_one("#model-kind", Choice).focus()
        await pilot.press("right")
        await pilot.pause()
        screen.query_one("#model-browse", Button).press()
        await pilot.pause()
        assert isinstance(pilot.app.screen, OpenFileScreen)
        await pilot.press(*"my-mo", "enter")
        await pilot.press("enter")
        await pilot.pause()
        assert screen.query_one("#field-model_name_or_path", Input).value == str(tmp_path / "my-model")
        await pilot.press("ctrl+s")

    assert drive(SettingsScreen(Settings(), path), steps).model == str(tmp_path / "my-model")


def test_a_folder_that_takes_no_settings_does_not_hold_the_user_up(tmp_path):
    (tmp_path / "file").write_text("")

    async def steps(pilot, screen):
        screen.query_one("#field-ascii", Tick).value = True
        await pilot.press("ctrl+s")
        assert "cannot make the folder" in screen.problem and "press Save again" in screen.problem
        await pilot.press("ctrl+s")

    answer = drive(SettingsScreen(Settings(), tmp_path / "file" / "settings.toml"), steps)
    assert answer == Settings(ascii=True)


def test_every_field_can_be_reached_by_tab(path):
    async def steps(pilot, screen):
        reached = {widget.id for widget in screen.focus_chain}
        fields = {widget.id for widget in screen.query("Input, Tick, Choice")}
        assert fields - reached == {"field-model_name_or_path"}  # hidden while the embedded model is chosen
        assert {"settings-save", "settings-cancel", "settings-defaults"} <= reached

    drive(SettingsScreen(Settings(), path), steps)


# History


@pytest.fixture
def runs(tmp_path):
    folder = tmp_path / "history"
    for prompt, bricks in (("a red chair", 3), ("a blue boat", 2)):
        recorder = Recorder(folder)
        recorder.start(prompt, GenerationConfig(temperature=0.8), 5)
        recorder.replace([Brick(2, 4, 0, 0, z) for z in range(bricks)])
        recorder.close()
    return folder


def test_history_is_searched_and_opened_by_keyboard(runs):
    async def steps(pilot, screen):
        assert screen.table.row_count == 2
        await pilot.press(*"chair")
        assert screen.table.row_count == 1
        assert any("temperature 0.8" in line for line in shown(pilot))
        await pilot.press("enter")

    answer = drive(HistoryScreen(runs), steps)
    assert (answer.prompt, answer.seed, answer.bricks) == ("a red chair", 5, 3)


def test_history_by_mouse(runs):
    async def steps(pilot, screen):
        await pilot.click(DataTable, offset=(4, 2))
        await pilot.click("#history-open")

    assert drive(HistoryScreen(runs), steps).prompt == "a red chair"


def test_a_search_that_finds_nothing_and_an_empty_history(runs, tmp_path):
    async def nothing(pilot, screen):
        await pilot.press(*"castle", "enter")
        assert screen.problem == "no run is chosen"
        assert any("none of 2 runs" in line for line in shown(pilot))
        await pilot.press("escape")

    assert drive(HistoryScreen(runs), nothing) is None

    async def empty(pilot, screen):
        assert any("no run yet" in line for line in shown(pilot))

    drive(HistoryScreen(tmp_path / "none"), empty)


def test_a_run_is_removed_only_after_a_second_press(runs):
    async def steps(pilot, screen):
        await pilot.press("down")
        await pilot.press("d")
        assert "for good?" in screen.problem and len(list(runs.iterdir())) == 2
        await pilot.press("down", "d")
        assert len(list(runs.iterdir())) == 2  # another run: asked again
        await pilot.press("d")
        assert len(list(runs.iterdir())) == 1 and screen.table.row_count == 1

    drive(HistoryScreen(runs), steps)


def test_a_history_that_cannot_be_listed_says_so(tmp_path):
    (tmp_path / "file").write_text("")

    async def steps(pilot, screen):
        assert "cannot be listed" in screen.problem

    drive(HistoryScreen(tmp_path / "file"), steps)


# Opening


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "models").mkdir()
    for name in ("chair.ldr", "boat.txt", "notes.md", ".hidden.txt", "models/house.json"):
        (tmp_path / name).write_text("x")
    return tmp_path


def options(screen):
    files = screen.query_one("#open-list", OptionList)
    return [str(files.get_option_at_index(index).prompt) for index in range(files.option_count)]


def test_files_that_can_be_read_are_listed_and_opened(folder):
    async def steps(pilot, screen):
        assert [line.split("  ")[0] for line in options(screen)] == [
            "../",
            "models/",
            "boat.txt",
            "chair.ldr",
        ]
        await pilot.press("down", "down", "down", "enter")

    assert drive(OpenFileScreen(folder), steps) == folder / "boat.txt"


def test_typing_narrows_the_list(folder):
    async def steps(pilot, screen):
        await pilot.press(*"cha")
        assert len(options(screen)) == 2
        await pilot.press("enter")

    assert drive(OpenFileScreen(folder), steps) == folder / "chair.ldr"


def test_folders_are_entered_and_left(folder):
    async def steps(pilot, screen):
        await pilot.press(*"models/")
        assert [line.split("  ")[0] for line in options(screen)] == ["../", "house.json"]
        await pilot.press("ctrl+o")
        assert len(options(screen)) == 4
        await pilot.press("down", "down", "enter")
        await pilot.press("down", "enter")

    assert drive(OpenFileScreen(folder), steps) == folder / "models" / "house.json"


def test_files_by_mouse(folder):
    async def steps(pilot, screen):
        await pilot.click("#open-list", offset=(2, 3))

    assert drive(OpenFileScreen(folder), steps) == folder / "chair.ldr"


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("/no/such/file.ldr", "no such file"),
        ("notes.md", "is of no kind that can be read; choose one of .txt"),
        ("nothing-like-it", "is of no kind"),
        ("~~~/x.txt", "no such file"),
    ],
)
def test_names_that_cannot_be_opened(folder, typed, words):
    async def steps(pilot, screen):
        screen.query_one("#open-path", Input).value = typed
        await pilot.press("enter")
        if typed == "nothing-like-it":
            assert options(screen)[0].startswith("../")
        else:
            assert words in screen.problem
        await pilot.press("escape")

    assert drive(OpenFileScreen(folder), steps) is None


def test_a_folder_that_cannot_be_listed_leaves_the_list_as_it_is(folder):
    async def steps(pilot, screen):
        before = options(screen)
        assert screen._go(folder / "chair.ldr") is False
        assert "cannot be listed" in screen.problem and options(screen) == before

    drive(OpenFileScreen(folder, MODEL_FOLDERS), steps)


# Export


@pytest.mark.parametrize("extension", OFFERED)
def test_every_kind_is_exported(tmp_path, extension):
    async def steps(pilot, screen):
        kinds = screen.query_one("#export-kinds", OptionList)
        kinds.focus()
        kinds.highlighted = OFFERED.index(extension)
        await pilot.pause()
        await pilot.press("ctrl+s")

    answer = drive(ExportScreen(model(1), "A red tower", tmp_path), steps)
    assert answer == tmp_path / f"red-tower{extension}" and answer.stat().st_size > 0
    if extension in (".ldr", ".txt", ".json"):
        assert read_structure(answer).bricks == model(1).bricks
    if extension == ".html":
        assert "<h1>A red tower</h1>" in answer.read_text()


def test_an_existing_file_is_replaced_only_after_asking(tmp_path):
    mine = tmp_path / "tower.ldr"
    mine.write_text("mine")

    async def steps(pilot, screen):
        await pilot.press("ctrl+s")
        assert "exists; press Overwrite" in screen.problem and mine.read_text() == "mine"
        screen.query_one("#export-name", Input).value = str(tmp_path / "other.ldr")
        await pilot.pause()
        screen.query_one("#export-name", Input).value = str(mine)
        await pilot.press("ctrl+s")
        assert "exists; press Overwrite" in screen.problem and mine.read_text() == "mine"
        assert str(screen.query_one("#export-write", Button).label) == "Overwrite"
        await pilot.click("#export-write")

    assert drive(ExportScreen(model(), "tower", tmp_path), steps) == mine
    assert len(read_structure(mine)) == 3


def test_only_what_is_shown_is_exported_in_the_colour_asked_for(tmp_path):
    async def steps(pilot, screen):
        screen.query_one("#export-colour", Input).value = "dark blue"
        await pilot.press("ctrl+s")

    answer = drive(ExportScreen(model().showing(2), "tower", tmp_path), steps)
    assert [brick.colour for brick in read_structure(answer)] == [272, 272]


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("name", "", "give a file name"),
        ("name", "tower.obj", "end the name with one of .txt"),
        ("name", "no/such/tower.ldr", "does not exist; create it"),
        ("name", "folder.ldr", "is a folder"),
        ("colour", "sparkly", "is no colour"),
    ],
)
def test_what_cannot_be_written_is_said_and_the_dialogue_stays(tmp_path, monkeypatch, field, value, words):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder.ldr").mkdir()

    async def steps(pilot, screen):
        screen.query_one(f"#export-{field}", Input).value = value
        await pilot.pause()
        await pilot.press("ctrl+s")
        await settle(pilot)
        assert words in screen.problem
        await pilot.press("escape")

    assert drive(ExportScreen(model(), "tower"), steps) is None
    assert [entry.name for entry in tmp_path.iterdir()] == ["folder.ldr"]


def test_a_full_disk_while_exporting(tmp_path, monkeypatch):
    def full(descriptor):
        raise OSError(28, "No space left on device")

    async def steps(pilot, screen):
        monkeypatch.setattr("os.fsync", full)
        await pilot.press("ctrl+s")
        await settle(pilot)
        assert "the disk is full" in screen.problem
        monkeypatch.undo()
        await pilot.press("ctrl+s")

    assert drive(ExportScreen(model(), "tower", tmp_path), steps) == tmp_path / "tower.ldr"


def test_an_empty_model_is_not_exported(tmp_path):
    async def steps(pilot, screen):
        await pilot.press("ctrl+s")
        await settle(pilot)
        assert screen.problem == "there are no bricks to export"

    drive(ExportScreen(ModelSnapshot(), "tower", tmp_path), steps)


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("A red chair!", "red-chair"),
        ("table.ldr", "table"),
        ("", "model"),
        ("…", "model"),
        ("Ü 1.5", "ü-1-5"),
    ],
)
def test_names_are_made_from_titles(title, name):
    assert exporting.file_name(title) == name


# Variants


def test_variants_begin_with_the_best_and_are_kept_by_key():
    async def steps(pilot, screen):
        assert screen.chosen == 1
        await pilot.press("right", "enter")

    assert drive(VariantsScreen([model(hanging=True), model(4), model(2)]), steps) == 2


@pytest.mark.parametrize(
    ("keys", "kept"), [(("1", "enter"), 0), (("left", "left", "k"), 3), (("escape",), None)]
)
def test_variants_by_number_and_around_the_ends(keys, kept):
    async def steps(pilot, screen):
        await pilot.press("2")
        await pilot.press(*keys)

    assert drive(VariantsScreen([model(n + 1) for n in range(4)]), steps) == kept


def test_variants_by_mouse():
    async def steps(pilot, screen):
        await pilot.click("#variant-3")
        assert screen.chosen == 2
        await pilot.click("#variants-keep")

    assert drive(VariantsScreen([model(n + 1) for n in range(3)]), steps) == 2

    async def twice(pilot, screen):
        await pilot.click("#variant-2", times=2)

    assert drive(VariantsScreen([model(n + 1) for n in range(3)]), twice) == 1


@pytest.mark.parametrize("size", SIZES)
def test_variants_show_pictures_and_facts_side_by_side(size):
    async def steps(pilot, screen):
        await settle(pilot)
        lines = shown(pilot)
        facts = next(line for line in lines if "7 g" in line or "6 g" in line)
        assert facts.count("bricks") == 3
        assert sum("▀" in line or "▄" in line for line in lines) > 3
        verdicts = next(line for line in lines if "stands" in line)
        assert "does not stand" in verdicts

    variants = [model(3), model(3, hanging=True), replace(model(3), report=None)]
    drive(VariantsScreen(variants), steps, size=size)


# All of them


def dialogues(folder):
    yield SettingsScreen(Settings(), folder / "s.toml")
    yield HistoryScreen(folder / "none")
    yield OpenFileScreen(folder)
    yield ExportScreen(model(), "tower", folder)
    yield VariantsScreen([model(2), model(3)])


@pytest.mark.parametrize("number", range(5))
def test_plain_terminals_get_ascii_and_every_key_has_a_tooltip(tmp_path, number):
    async def steps(pilot, screen):
        await settle(pilot)
        text = shown(pilot)[:-1]  # the footer is the app's own
        assert [line for line in text if not line.isascii()] == []
        for binding in screen.BINDINGS:
            assert binding.id and binding.description and (binding.tooltip or not binding.show)

    drive(list(dialogues(tmp_path))[number], steps, plain=True)


@pytest.mark.parametrize("number", range(5))
def test_dialogues_fit_their_buttons_and_problems_into_the_smallest_terminal(tmp_path, number):
    async def steps(pilot, screen):
        screen.say("something is wrong " * 6)
        await pilot.pause()
        for button in screen.query(".buttons Button"):
            assert button.region.bottom <= 23 and button.region.right <= 80 and button.region.height == 1
        assert any("something is wrong" in line for line in shown(pilot))

    drive(list(dialogues(Path(tmp_path)))[number], steps)
