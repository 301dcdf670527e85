"""``brickgpt export``: the language model itself, as a file for other programs."""

from __future__ import annotations

from pathlib import Path

import click

from brickgpt_engine.cli import console
from brickgpt_engine.cli.progress import show_wait
from brickgpt_engine.cli.sections import SectionCommand, option
from brickgpt_engine.cli.targets import require_file

QUANTS = ("f16", "q8_0", "q4_k_m")  # those of decoding.gguf_export, which need not be imported for the help
_GGUF = ".gguf"

_EXAMPLES = """\
brickgpt export gguf nano
brickgpt export gguf my-model/ --quant q8_0 --out my-model.gguf
brickgpt generate "a small table" --model my-model.gguf
"""
_NOTES = {
    "Formats": """\
gguf   one file for llama.cpp and what is built on it: weights, tokenizer and chat template.
       Needs: pip install 'brickgpt-studio[llama]'. With llama.cpp's binding installed, the file's
       tokenizer is compared with the original before the file appears.
""",
    "Weights": """\
f16      16-bit floating point, practically as the original
q8_0     8 bits: half of f16 in size
q4_k_m   4 to 6 bits: a third of f16; made by llama.cpp itself
""",
    "Exit codes": """\
0 done    2 wrong options    4 the model cannot be used or written as GGUF
6 OUT exists, or cannot be written
""",
}


@click.command("export", cls=SectionCommand, examples=_EXAMPLES, notes=_NOTES)
@click.argument("kind", metavar="FORMAT", type=click.Choice(["gguf"]))
@click.argument("model", metavar="MODEL")
@option(
    "--quant",
    type=click.Choice(QUANTS),
    default="f16",
    metavar="[" + "|".join(QUANTS) + "]",
    help="How weights are kept.",
)
@option("--out", metavar="FILE", show_default="MODEL-QUANT.gguf here", help="Where to write.")
@option("--force", is_flag=True, help="Overwrite the file.")
def command(kind: str, model: str, quant: str, out: str | None, force: bool) -> None:
    """Write MODEL (nano, a Llama folder, a LoRA adapter on one, or a hub id) for another program."""
    from brickgpt_engine.decoding.gguf_export import export_gguf

    path = (
        Path(out).expanduser() if out is not None else Path(f"{Path(model).name or 'model'}-{quant}{_GGUF}")
    )
    require_file(path, force=force, kinds=(_GGUF,))
    with show_wait(f"writing {path}"):
        facts = export_gguf(model, path, quant, overwrite=force)
    checked = "" if facts.checked else "; llama.cpp is not installed, so its tokenizer was not compared"
    sizes = f"{facts.parameters / 1e6:.1f} M parameters, {facts.size / 1e6:.1f} MB"
    click.echo(f"{console.one_line(str(path))}: {sizes}{checked}")
