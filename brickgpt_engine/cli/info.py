"""``brickgpt info``: what is installed and what it may do."""

from __future__ import annotations

import platform
from importlib import metadata
from typing import Any

import click

from brickgpt_engine import __version__
from brickgpt_engine.cli import console
from brickgpt_engine.cli.sections import SectionCommand, option
from brickgpt_engine.cli.summary import print_json
from brickgpt_engine.errors import ModelError

_BACKENDS = {
    "numpy": ("numpy", "runs nano and other small Llama models on the CPU"),
    "torch": (
        "torch",
        "runs large models, on a GPU where there is one; pip install 'brickgpt-studio[torch]'",
    ),
    "llama.cpp": (
        "llama-cpp-python",
        "runs GGUF files, quantised ones too; pip install 'brickgpt-studio[llama]'",
    ),
}


@click.command("info", cls=SectionCommand, examples="brickgpt info\nbrickgpt info --json\n")
@option("--json", "as_json", is_flag=True, help="One JSON object.")
def command(as_json: bool) -> None:
    """Show the version, the backends, the solvers with their licences, and the models found here."""
    facts = gather()
    if as_json:
        print_json(facts)
    else:
        _print(facts)


def gather() -> dict[str, Any]:
    """All facts as JSON values."""
    from brickgpt_engine.physics.solvers import available_solvers

    solvers = [_built_in(), *(info._asdict() for info in available_solvers())]
    return {
        "version": __version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "backends": {
            name: {"version": _version(package), "use": use} for name, (package, use) in _BACKENDS.items()
        },
        "solvers": solvers,
        "models": [_nano()],
    }


def _built_in() -> dict[str, Any]:
    """The simplex of our own, as the other solvers are told."""
    from brickgpt_engine.physics import native
    from brickgpt_engine.physics.paper import SMALL

    problem = native.why_not()
    compiled = f"{native.WHOLE} bricks, and mostly up to {native.MOST}"
    words = f"for the published criterion up to {f'{SMALL} bricks' if problem else compiled}"
    if problem:
        words += f"; compiled, up to {compiled}: {problem}"
    return {
        "name": "built-in",
        "version": "NumPy" if problem else "compiled",
        "licence": words,
        "usable": True,
    }


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _nano() -> dict[str, Any]:
    """The embedded model: where it is, how large, and whether it can be used."""
    from brickgpt_engine.decoding.llama_config import read_llama_config
    from brickgpt_engine.decoding.loader import EMBEDDED, embedded_folder
    from brickgpt_engine.decoding.tokenizer import load_tokenizer
    from brickgpt_engine.decoding.weights import Weights

    folder = embedded_folder()
    facts: dict[str, Any] = {"name": EMBEDDED, "folder": str(folder), "usable": False}
    try:
        weights = Weights(folder)
        read_llama_config(folder)
        load_tokenizer(folder)
    except ModelError as error:
        return facts | {"parameters": None, "bytes": None, "problem": str(error)}
    files = {entry.path for entry in weights.values()}
    size = sum(path.stat().st_size for path in files)
    return facts | {"usable": True, "parameters": weights.parameters, "bytes": size, "problem": None}


def _print(facts: dict[str, Any]) -> None:
    from rich.text import Text

    out = console.results()
    out.print(f"BrickGPT Studio {facts['version']}", style="bold")
    out.print(f"Python {facts['python']} on {facts['platform']}")

    def row(good: bool, name: str, *details: str) -> None:
        mark = ("✓" if good else "–", "green" if good else "dim")
        out.print(Text.assemble("  ", mark, (f" {name:<11}", "cyan"), " ".join(details)))

    out.print("\nBackends", style="bold")
    for name, backend in facts["backends"].items():
        row(
            backend["version"] is not None,
            name,
            f"{backend['version'] or 'not installed':<14}",
            backend["use"],
        )
    out.print("\nSolvers", style="bold")
    for solver in facts["solvers"]:
        row(solver["usable"], solver["name"], f"{solver['version']:<14}", solver["licence"])
    out.print("\nModels", style="bold")
    for model in facts["models"]:
        row(model["usable"], model["name"], _model_words(model))


def _model_words(model: dict[str, Any]) -> str:
    if not model["usable"]:
        return str(model["problem"])
    return (
        f"{model['parameters'] / 1e6:.1f} M parameters, {model['bytes'] / 1e6:.1f} MB, in {model['folder']}"
    )
