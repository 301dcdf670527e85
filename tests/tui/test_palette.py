"""The command palette: one for every opening, as if it were new each time."""

import time

from textual.command import CommandInput, CommandList, CommandPalette

from brickgpt_tui.actions import ACTIONS
from brickgpt_tui.screens.help import HelpScreen
from brickgpt_tui.widgets.words import Words

SIZE = (100, 32)
TITLES = {action.id: action.title for action in ACTIONS}


def palette_of(app):
    assert isinstance(app.screen, CommandPalette), f"{app.screen} is shown, not the palette"
    return app.screen


def titles(app):
    """What the list shows, line by line, less the help."""
    return [
        str(option.prompt).partition("\n")[0] for option in palette_of(app).query_one(CommandList).options
    ]


def missing(app):
    """The actions that the list does not show."""
    shown = titles(app)
    return [title for title in TITLES.values() if not any(line.startswith(title) for line in shown)]


def text(app):
    strips = app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip) for strip in strips)


def said(app, words):
    """``words`` where the screen has them, else all that it has."""
    there = text(app)
    return words if words in there else there


def called(screen, monkeypatch):
    """The ids of the actions that are asked of the studio from now on, as they come."""
    ids, perform = [], screen.perform
    monkeypatch.setattr(screen, "perform", lambda action: (ids.append(action.id), perform(action)))
    return ids


async def comes(pilot, seen, wanted, seconds=30.0):
    """Assert that ``seen()`` becomes ``wanted``, in time; a failure shows what it is instead."""
    end = time.monotonic() + seconds
    while (found := seen()) != wanted and time.monotonic() < end:
        await pilot.pause(0.02)
    assert found == wanted
    await pilot.pause()


async def opened(pilot):
    """Open it, and wait for every command."""
    await pilot.press("ctrl+p")
    await comes(pilot, lambda: isinstance(pilot.app.screen, CommandPalette), True)
    await comes(pilot, lambda: missing(pilot.app), [])
    return palette_of(pilot.app)


async def closed(pilot):
    """Wait for the studio."""
    await comes(pilot, lambda: pilot.app.screen, pilot.app.main)


async def search(pilot, word, action):
    """Type a word, and wait until an action is the first that is shown."""
    await pilot.press(*word)
    await comes(
        pilot,
        lambda: (
            palette_of(pilot.app).query_one(CommandInput).value,
            [line.rpartition("  (")[0] for line in titles(pilot.app)[:1]],
        ),
        (word, [TITLES[action]]),
    )


async def test_it_is_the_same_one_each_time_and_as_new(studio, ready):
    app = studio()
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot)
        first = await opened(pilot)
        everything = titles(app)
        assert ACTIONS[0].help.split()[0] in text(app) and "Search for commands" in text(app)
        await search(pilot, "iso", "view-iso")
        assert len(titles(app)) < len(everything)
        await pilot.press("escape")
        await closed(pilot)
        second = await opened(pilot)
        assert second is first and titles(app) == everything
        assert second.query_one(CommandInput).value == "" and app.focused is second.query_one(CommandInput)
        commands = second.query_one(CommandList)
        assert commands.highlighted == 0 and commands.scroll_offset.y == 0
        assert "Search for commands" in text(app)


async def test_it_is_there_before_anything_is_searched(studio, ready):
    app = studio()
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot)
        first = await opened(pilot)
        await pilot.press("down", "down", "escape")
        await closed(pilot)
        first._gather_commands = lambda value: None
        app.action_command_palette()
        await pilot.pause()
        assert missing(app) == [] and first.query_one(CommandList).highlighted == 0


async def test_it_runs_what_is_chosen_time_and_again(studio, build, monkeypatch):
    app = studio()
    async with app.run_test(size=SIZE) as pilot:
        await build(pilot)
        screen = app.main
        asked = called(screen, monkeypatch)
        for word, action in (("iso", "view-iso"), ("front", "view-front")):
            asked.clear()
            await opened(pilot)
            await search(pilot, word, action)
            await pilot.press("enter")
            await comes(pilot, lambda: (asked, screen.view.mode), ([action], word))
            assert app.screen is screen


async def test_it_opens_dialogues_and_is_there_again_after_them(studio, build, monkeypatch):
    app = studio()
    async with app.run_test(size=SIZE) as pilot:
        await build(pilot)
        asked = called(app.main, monkeypatch)
        await opened(pilot)
        await search(pilot, "help", "help")
        await pilot.press("enter")
        await comes(pilot, lambda: (asked, type(app.screen)), (["help"], HelpScreen))
        await pilot.press("escape")
        await closed(pilot)
        await opened(pilot)


async def test_after_a_search_without_matches(studio, ready):
    app = studio()
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot)
        await opened(pilot)
        await pilot.press(*"qqqzzz")
        await comes(pilot, lambda: said(app, "No matches found"), "No matches found")
        await pilot.press("escape")
        await opened(pilot)
        await pilot.pause()
        assert "No matches found" not in text(app)


async def test_the_mouse_chooses_and_leaves(studio, build, monkeypatch):
    app = studio()
    async with app.run_test(size=SIZE) as pilot:
        await build(pilot)
        screen = app.main
        asked = called(screen, monkeypatch)
        await opened(pilot)
        await pilot.click(offset=(1, 1))
        await closed(pilot)
        await opened(pilot)
        await search(pilot, "iso", "view-iso")
        await pilot.click(CommandList, offset=(5, 1))
        await comes(pilot, lambda: (asked, screen.view.mode), (["view-iso"], "iso"))


async def test_after_a_resize_and_in_another_theme(studio, build):
    app = studio()
    async with app.run_test(size=SIZE) as pilot:
        await build(pilot)
        await opened(pilot)
        await pilot.press("escape")
        await pilot.press("ctrl+t")
        await pilot.resize_terminal(140, 45)
        palette = await opened(pilot)
        assert palette.query_one("#--input").region.width == 140
        assert palette.query_one(CommandList).background_colors[1].get_contrast_text(1).hex == "#000000"
        await pilot.resize_terminal(80, 24)
        await comes(pilot, lambda: palette.query_one("#--input").region.width, 80)
        assert "Search for commands" in text(app)


async def test_the_studio_goes_on_below(studio, build):
    app = studio()
    async with app.run_test(size=SIZE) as pilot:
        await build(pilot)
        screen = app.main
        await opened(pilot)
        assert text(app).startswith(" BrickGPT Studio")
        screen.query_one("#title", Words).say("another title")
        await pilot.pause()
        assert "another title" in text(app)


async def test_only_ascii_in_plain_terminals(studio, build):
    app = studio(ascii=True)
    async with app.run_test(size=(80, 24)) as pilot:
        await build(pilot)
        await opened(pilot)
        assert text(app).isascii(), sorted({sign for sign in text(app) if not sign.isascii()})


async def test_it_follows_settings_that_change_to_ascii(studio, build):
    from dataclasses import replace

    app = studio()
    async with app.run_test(size=(80, 24)) as pilot:
        await build(pilot)
        await opened(pilot)
        assert "🔎" in text(app)
        await pilot.press("escape")
        app.use_settings(replace(app.settings, ascii=True))
        await opened(pilot)
        await pilot.pause()
        assert "🔎" not in text(app) and "Search for commands..." in text(app)
