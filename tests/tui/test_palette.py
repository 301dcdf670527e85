"""The command palette: one for every opening, as if it were new each time."""

from textual.command import CommandInput, CommandList, CommandPalette

from brickgpt_tui.actions import ACTIONS
from brickgpt_tui.widgets.words import Words

SIZE = (100, 32)


def palette_of(app):
    assert isinstance(app.screen, CommandPalette), "the palette is open"
    return app.screen


def titles(app):
    return [
        str(option.prompt).partition("\n")[0] for option in palette_of(app).query_one(CommandList).options
    ]


def text(app):
    strips = app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip) for strip in strips)


async def opened(pilot, wait_for):
    """Open it, and wait for every command."""
    await pilot.press("ctrl+p")
    await wait_for(pilot, lambda: isinstance(pilot.app.screen, CommandPalette), "the palette")
    await wait_for(pilot, lambda: len(titles(pilot.app)) >= len(ACTIONS), "every command")
    return palette_of(pilot.app)


async def search(pilot, wait_for, word, title):
    await pilot.press(*word)
    await wait_for(pilot, lambda: titles(pilot.app)[:1] and titles(pilot.app)[0].startswith(title), title)


async def test_it_is_the_same_one_each_time_and_as_new(studio, ready, wait_for):
    app = studio()
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot)
        first = await opened(pilot, wait_for)
        everything = titles(app)
        assert len(everything) >= len(ACTIONS) and all(
            any(title.startswith(action.title) for title in everything) for action in ACTIONS
        )
        assert ACTIONS[0].help.split()[0] in text(app) and "Search for commands" in text(app)
        await search(pilot, wait_for, "iso", "View: iso")
        assert len(titles(app)) < len(everything)
        await pilot.press("escape")
        assert app.screen is app.main
        second = await opened(pilot, wait_for)
        assert second is first and titles(app) == everything
        assert second.query_one(CommandInput).value == "" and app.focused is second.query_one(CommandInput)
        commands = second.query_one(CommandList)
        assert commands.highlighted == 0 and commands.scroll_offset.y == 0
        assert "Search for commands" in text(app)


async def test_it_is_there_before_anything_is_searched(studio, ready, wait_for):
    app = studio()
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot)
        first = await opened(pilot, wait_for)
        await pilot.press("down", "down", "escape")
        await wait_for(pilot, lambda: app.screen is app.main, "the studio")
        first._gather_commands = lambda value: None
        app.action_command_palette()
        await pilot.pause()
        assert len(titles(app)) >= len(ACTIONS) and first.query_one(CommandList).highlighted == 0


async def test_it_runs_what_is_chosen_time_and_again(studio, build, wait_for):
    app = studio()
    async with app.run_test(size=SIZE) as pilot:
        await build(pilot)
        screen = app.main
        for word, title, mode in (("iso", "View: iso", "iso"), ("front", "View: front", "front")):
            await opened(pilot, wait_for)
            await search(pilot, wait_for, word, title)
            await pilot.press("enter")
            await wait_for(pilot, lambda wanted=mode: screen.view.mode == wanted, title)
            assert app.screen is screen


async def test_it_opens_dialogues_and_is_there_again_after_them(studio, build, wait_for):
    app = studio()
    async with app.run_test(size=SIZE) as pilot:
        await build(pilot)
        await opened(pilot, wait_for)
        await search(pilot, wait_for, "help", "Help")
        await pilot.press("enter")
        await wait_for(pilot, lambda: bool(app.screen.query("#help")), "the help")
        await pilot.press("escape")
        await wait_for(pilot, lambda: app.screen is app.main, "the studio")
        await opened(pilot, wait_for)


async def test_after_a_search_without_matches(studio, ready, wait_for):
    app = studio()
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot)
        await opened(pilot, wait_for)
        await pilot.press(*"qqqzzz")
        await wait_for(pilot, lambda: "No matches found" in text(app), "a word about it")
        await pilot.press("escape")
        await opened(pilot, wait_for)
        await pilot.pause()
        assert "No matches found" not in text(app)


async def test_the_mouse_chooses_and_leaves(studio, build, wait_for):
    app = studio()
    async with app.run_test(size=SIZE) as pilot:
        await build(pilot)
        screen = app.main
        await opened(pilot, wait_for)
        await pilot.click(offset=(1, 1))
        await wait_for(pilot, lambda: app.screen is screen, "the studio")
        await opened(pilot, wait_for)
        await search(pilot, wait_for, "iso", "View: iso")
        await pilot.click(CommandList, offset=(5, 1))
        await wait_for(pilot, lambda: screen.view.mode == "iso", "the view that was clicked")


async def test_after_a_resize_and_in_another_theme(studio, build, wait_for):
    app = studio()
    async with app.run_test(size=SIZE) as pilot:
        await build(pilot)
        await opened(pilot, wait_for)
        await pilot.press("escape")
        await pilot.press("ctrl+t")
        await pilot.resize_terminal(140, 45)
        palette = await opened(pilot, wait_for)
        assert palette.query_one("#--input").region.width == 140
        assert palette.query_one(CommandList).background_colors[1].get_contrast_text(1).hex == "#000000"
        await pilot.resize_terminal(80, 24)
        await wait_for(pilot, lambda: palette.query_one("#--input").region.width == 80, "a narrower one")
        assert "Search for commands" in text(app)


async def test_the_studio_goes_on_below(studio, build, wait_for):
    app = studio()
    async with app.run_test(size=SIZE) as pilot:
        await build(pilot)
        screen = app.main
        await opened(pilot, wait_for)
        assert text(app).startswith(" BrickGPT Studio")
        screen.query_one("#title", Words).say("another title")
        await pilot.pause()
        assert "another title" in text(app)


async def test_only_ascii_in_plain_terminals(studio, build, wait_for):
    app = studio(ascii=True)
    async with app.run_test(size=(80, 24)) as pilot:
        await build(pilot)
        await opened(pilot, wait_for)
        assert text(app).isascii(), sorted({sign for sign in text(app) if not sign.isascii()})


async def test_it_follows_settings_that_change_to_ascii(studio, build, wait_for):
    from dataclasses import replace

    app = studio()
    async with app.run_test(size=(80, 24)) as pilot:
        await build(pilot)
        await opened(pilot, wait_for)
        assert "🔎" in text(app)
        await pilot.press("escape")
        app.use_settings(replace(app.settings, ascii=True))
        await opened(pilot, wait_for)
        await pilot.pause()
        assert "🔎" not in text(app) and "Search for commands..." in text(app)
