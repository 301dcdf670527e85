"""The data card: a Hugging Face data set card that says what a built folder holds, counted from its shards.

Everything in it is read from the shards themselves (rows, and the recipe, the losses and the mesh models in
their metadata), so the card can be written again at any time and cannot disagree with the data.
"""

from __future__ import annotations

import statistics
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from brickgpt_engine.errors import InputError
from training.data.folder import MeshModel, read_about, split_name
from training.data.sampling import MAX_BRICKS, TEST_SHARE
from training.data.shapes import FAMILIES

CARD = "README.md"
"""Name of the card within a data set's folder."""
_SIZES = ((10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))
_LICENCE_IDS = {"CC0 1.0": "cc0-1.0", "CC BY 3.0": "cc-by-3.0", "CC BY 3.0 US": "cc-by-3.0"}
_DEBIAN = tuple(
    f"{name}.sh3f" for name in ("BlendSwap-CC-0", "BlendSwap-CC-BY", "KatorLegaz", "Reallusion", "Scopia")
)
"""The libraries that ``--meshes debian`` means."""
_TEMPLATE = Path(__file__).with_name("card.md")


@dataclass(slots=True)
class Census:
    """What the shards of a folder hold, added up."""

    recipe: dict[str, Any] = field(default_factory=dict)
    structures: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By (split, category)."""
    objects: dict[tuple[str, str], set[str]] = field(default_factory=lambda: defaultdict(set))
    """Different shapes by (split, category)."""
    lengths: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    """Bricks of every structure, by category."""
    captions: int = 0
    different_captions: set[int] = field(default_factory=set)
    dropped: Counter[str] = field(default_factory=Counter)
    meshes: set[MeshModel] = field(default_factory=set)
    mesh_structures: Counter[str] = field(default_factory=Counter)

    def rows(self, split: str) -> int:
        """Structures of a split."""
        return sum(count for (of, _), count in self.structures.items() if of == split)

    def shapes(self, split: str) -> set[str]:
        """Identities of all shapes of a split."""
        return {name for (of, _), names in self.objects.items() if of == split for name in names}


def take_census(folder: Path) -> Census:
    """Count what the shards in ``folder`` hold.

    Raises:
        InputError: there are none, or one cannot be read.
    """
    census = Census()
    for path in sorted(folder.glob("*.parquet")):
        if split_name(path):
            _count_shard(path, census)
    if not census.structures:
        raise InputError(f"{folder} holds no shards of a build; run python -m training.data build first")
    return census


def _count_shard(path: Path, census: Census) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        about = read_about(path)
        table = pq.read_table(path, columns=["object_id", "category_id", "captions", "bricks"])
    except (OSError, ValueError, pa.ArrowException) as error:
        raise InputError(f"{path} is damaged; run the same build again, it mends that") from error
    split = split_name(path)
    census.recipe = census.recipe or (about or {}).get("recipe", {})
    census.dropped.update((about or {}).get("dropped", {}))
    census.meshes.update(MeshModel(*row) for row in (about or {}).get("meshes", []))
    if "-mesh-" in path.name:
        census.mesh_structures[split] += table.num_rows
    for row in table.to_pylist():
        key = (split, row["category_id"])
        census.structures[key] += 1
        census.objects[key].add(row["object_id"])
        census.lengths[row["category_id"]].append(row["bricks"].count("\n"))
        census.captions += len(row["captions"])
        census.different_captions.update(map(hash, row["captions"]))


def card_text(folder: Path) -> str:
    """The card of the data set in ``folder``.

    Raises:
        InputError: see :func:`take_census`.
    """
    census = take_census(folder)
    lengths = [length for each in census.lengths.values() for length in each]
    shared = census.shapes("train") & census.shapes("test")
    parts = {
        "header": _header(census),
        "share": f"{100 * TEST_SHARE:.0f}",
        "train": f"{census.rows('train'):,}",
        "test": f"{census.rows('test'):,}",
        "train_shapes": f"{len(census.shapes('train')):,}",
        "test_shapes": f"{len(census.shapes('test')):,}",
        "shared": f"{len(shared):,}",
        "captions": f"{census.captions:,}",
        "different_captions": f"{len(census.different_captions):,}",
        "bricks": (
            f"{min(lengths)} to {max(lengths)} bricks, {statistics.mean(lengths):.1f} on average, "
            f"median {statistics.median(lengths):.0f}"
        ),
        "categories": _categories(census),
        "dropped": _dropped(census),
        "meshes": _meshes(census),
        "command": _command(census),
    }
    text = _TEMPLATE.read_text(encoding="utf-8")
    for name, value in parts.items():
        text = text.replace("{{" + name + "}}", value)
    return text


def _header(census: Census) -> str:
    """The YAML block that the Hugging Face Hub and its ``datasets`` library read."""
    total = sum(census.structures.values())
    size = next((name for limit, name in _SIZES if total < limit), "n>1M") if total >= 1000 else "n<1K"
    licences = ["mit", *sorted({_LICENCE_IDS.get(mesh.licence, "other") for mesh in census.meshes})]
    splits = [split for split in ("train", "test") if census.rows(split)]
    text = ["structure_id", "object_id", "category_id"]
    lines = ["---", "pretty_name: BrickGPT Studio bricks", "license:", *(f"- {name}" for name in licences)]
    lines += ["language:", "- en", "task_categories:", "- text-to-3d", "- text-generation"]
    lines += ["tags:", "- bricks", "- LDraw", "- physical-stability", "size_categories:", f"- {size}"]
    lines += ["configs:", "- config_name: default", "  data_files:"]
    lines += [line for of in splits for line in (f"  - split: {of}", f'    path: "{of}-*.parquet"')]
    lines += ["dataset_info:", "  features:"]
    lines += [line for name in text for line in (f"  - name: {name}", "    dtype: string")]
    lines += ["  - name: captions", "    sequence: string", "  - name: bricks", "    dtype: string"]
    lines += ["  - name: stability_scores", "    sequence:", "      sequence:", "        sequence: float32"]
    lines += ["  splits:"]
    lines += [line for of in splits for line in (f"  - name: {of}", f"    num_examples: {census.rows(of)}")]
    return "\n".join([*lines, "---"])


def _categories(census: Census) -> str:
    lines = ["| category | train | test | shapes | bricks, mean |", "|---|---:|---:|---:|---:|"]
    for name in sorted(census.lengths):
        train, test = (census.structures[split, name] for split in ("train", "test"))
        shapes = set[str]().union(*(census.objects.get((split, name), set()) for split in ("train", "test")))
        mean = statistics.mean(census.lengths[name])
        lines.append(f"| {name} | {train:,} | {test:,} | {len(shapes):,} | {mean:.1f} |")
    return "\n".join(lines)


def _dropped(census: Census) -> str:
    reasons = Counter[str]()
    for reason, count in census.dropped.items():
        reasons[reason.split(":")[0]] += count
    if not reasons:
        return "Nothing was left out."
    told = ", ".join(f"{count:,} {_REASONS.get(reason, reason)}" for reason, count in reasons.most_common())
    return f"Left out while building: {told}."


_REASONS = {
    "same layout again": "layouts that another seed had given already",
    "same bricks twice": "structures that their shard had already",
    "too many bricks": f"structures with more than {MAX_BRICKS} bricks",
    "not stable": "that do not stand",
    "mesh like a test shape": "meshes with the cells of a test shape",
}


def _meshes(census: Census) -> str:
    if not census.meshes:
        return "None: every structure of this build comes from a parametric family."
    count = {split: census.mesh_structures[split] for split in ("train", "test")}
    intro = (
        f"{count['train']:,} structures of the training split and {count['test']:,} of the test split come "
        f"from {len(census.meshes)} meshes; all sizes and layouts of a mesh are in one split."
    )
    head = "| model | made by | licence | source |\n|---|---|---|---|"
    rows = (
        f"| {_cell(mesh.name)} | {_cell(mesh.creator)} | {mesh.licence} | {_cell(mesh.source)} |"
        for mesh in sorted(census.meshes)
    )
    return "\n".join([intro, "", head, *rows])


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "/").split())


def _command(census: Census) -> str:
    """The command line that builds the same rows."""
    recipe = census.recipe
    if not recipe:
        return "python -m training.data build --size N --out DIR"
    words = ["python -m training.data build"]
    words += [f"--size {recipe['size']}", f"--test-size {recipe['test_size']}", f"--seed {recipe['seed']}"]
    words += [f"--layouts {recipe['layouts']}"]
    if sorted(recipe["families"]) != sorted(FAMILIES):
        words.append("--families " + " ".join(recipe["families"]))
    if recipe["meshes"]:
        debian = sorted(recipe["meshes"]) == sorted(_DEBIAN)
        words.append("--meshes " + ("debian" if debian else " ".join(recipe["meshes"])))
    return " ".join([*words, "--out DIR"])
