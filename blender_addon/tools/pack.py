"""Pack the Blender add-on into one zip, for legacy add-ons and for extensions alike.

``python blender_addon/tools/pack.py`` writes ``dist/brickgpt_studio-VERSION.zip``. The same sources give the
same bytes: names are sorted, times are fixed, and nothing is compressed.
"""

from __future__ import annotations

import re
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "blender_addon"
FOLDER = "brickgpt_studio"
"""Name of the folder in the zip; as a legacy add-on this is the module's name."""
KINDS = (".py", ".csv", ".toml", ".md")
_EPOCH = (1980, 1, 1, 0, 0, 0)
_RIGHTS = 0o100644 << 16


def version() -> str:
    """The version in the manifest.

    Raises:
        SystemExit: it has none.
    """
    match = re.search(r'^version = "([^"]+)"', (SOURCE / "blender_manifest.toml").read_text("utf-8"), re.M)
    if match is None:
        sys.exit("blender_manifest.toml has no version; give it one")
    return match[1]


def files() -> list[Path]:
    """What goes into the zip, sorted by name."""
    return sorted(path for path in SOURCE.iterdir() if path.suffix in KINDS or path.name == "LICENSE")


def build(target: Path) -> Path:
    """Write the zip; its path."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for path in files():
            entry = zipfile.ZipInfo(f"{FOLDER}/{path.name}", _EPOCH)
            entry.external_attr = _RIGHTS
            entry.create_system = 3
            archive.writestr(entry, path.read_bytes())
    return target


if __name__ == "__main__":
    print(build(ROOT / "dist" / f"{FOLDER}-{version()}.zip"))
