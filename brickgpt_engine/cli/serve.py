"""``brickgpt serve``: the engine as a child process of another program."""

from __future__ import annotations

import click

from brickgpt_engine.cli.sections import SectionCommand, option

_EXAMPLES = "brickgpt serve --stdio\n"
_NOTES = {
    "Protocol": """\
One JSON object a line, both ways; docs/protocol.md has every message. A short session:

{"type":"hello","protocol":1}
{"type":"generate","run":"a","prompt":"a wooden chair","config":{"seed":1}}
{"type":"cancel","run":"a"}

Runs are worked off one after another. The program ends when its stdin closes. What libraries
print goes to stderr.
""",
}


@click.command("serve", cls=SectionCommand, examples=_EXAMPLES, notes=_NOTES)
@option("--stdio", is_flag=True, help="Talk over stdin and stdout.")
def command(stdio: bool) -> None:
    """Take requests of another program, such as Blender, and answer with events as they happen."""
    if not stdio:
        raise click.UsageError("say how to talk: --stdio", click.get_current_context())
    from brickgpt_engine.serving import serve_stdio

    serve_stdio()
