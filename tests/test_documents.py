"""Texts that ship: no placeholder is left, and every picture and file they point to is there."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = sorted(
    path
    for path in ROOT.rglob("*.md")
    if not {".venv", "venv", "data", "runs", "node_modules"} & set(path.relative_to(ROOT).parts)
)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_placeholder_is_left(path):
    text = path.read_text(encoding="utf-8")
    assert not re.findall(r"@[A-Z]+@|<!--", text)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_to_files_lead_somewhere(path):
    targets = re.findall(r"\]\(([^)#\s]+)", path.read_text(encoding="utf-8"))
    local = [target for target in targets if not re.match(r"[a-z]+:", target)]
    assert [target for target in local if not (path.parent / target).exists()] == []


def test_the_embedded_model_is_small_and_whole():
    folder = ROOT / "brickgpt_engine" / "models" / "nano"
    names = {path.name for path in folder.iterdir()}
    assert {"README.md", "brickgpt.json", "config.json", "model.safetensors", "tokenizer.json"} <= names
    assert (folder / "model.safetensors").stat().st_size <= 20_000_000


def test_large_files_stay_out_of_the_repository():
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode != 0:
        pytest.skip("not a git checkout")
    sizes = {
        name: (ROOT / name).stat().st_size for name in listed.stdout.split("\0") if (ROOT / name).is_file()
    }
    assert sum(sizes.values()) < 60_000_000
    assert [name for name, size in sizes.items() if size > 20_000_000] == []
