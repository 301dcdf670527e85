"""Every command that docs/training.md tells people to run, run at a small size; and its Python."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "training.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", TEXT, re.DOTALL)
GRPO = (
    "--max-steps 2 --batch-size 2 --group-size 2 --eval-steps 0 --save-steps 2 --logging-steps 1 "
    "--max-bricks 20 --device cpu"
)
SMALLER = {
    "data": "--size 40 --test-size 24 --workers 1",
    "sft": "--max-steps 2 --logging-steps 1 --eval-steps 2 --save-steps 2 --eval-rows 4 --eval-prompts 2 "
    "--batch-size 4 --per-device-batch-size 4 --max-bricks 20 --max-structures 30 --device cpu",
    "grpo": GRPO,
    "evaluate": "--prompts 2 --diverse 0 --workers 1",
    "spaces": "--structures 16 --passes 1 --prompts 2 --hidden 64 --layers 1",
}
"""Flags that come after those of the document, and so count instead of them."""


def commands():
    lines = [line for kind, block in BLOCKS if kind == "sh" for line in block.splitlines() if line.strip()]
    return [shlex.split(line) for line in lines if "pip install" not in line]


def smaller(words):
    module = next((word for word in words if word.startswith("training.")), "training").partition(".")[2]
    command = module or (words[3] if words[1:3] == ["-m", "training"] else "")
    if "compare" in words:
        return words
    extra = SMALLER.get(command, "--max-bricks 5 --max-regenerations 0" if words[0] == "brickgpt" else "")
    return [*words, *shlex.split(extra)]


@pytest.mark.torch
@pytest.mark.slow
@pytest.mark.timeout(1800)  # a minute of work, which a busy machine may take long for
def test_every_command_runs(tmp_path):
    """In their order, in a folder of their own, as the document has them."""
    pytest.importorskip("trl")
    (tmp_path / "training").symlink_to(ROOT / "training")
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    assert len(commands()) >= 8
    for words in commands():
        full = smaller(words)
        program = [sys.executable] if full[0] == "python" else [sys.executable, "-m", "brickgpt_engine.cli"]
        done = subprocess.run(
            [*program, *full[1:]], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        fine = (0, 1) if words[0] == "brickgpt" else (0,)  # a model of two updates builds what falls
        assert done.returncode in fine, f"{shlex.join(words)}\n{done.stderr[-3000:]}"
    for name in ("runs/grpo-small/curves.png", "runs/evaluation-small/report.md", "runs/spaces/spaces.md"):
        assert (tmp_path / name).is_file(), name


def test_its_python_can_be_compiled_and_its_files_are_there():
    for kind, block in BLOCKS:
        if kind == "python":
            compile(block, "docs/training.md", "exec")
    for name in set(re.findall(r"training/[\w./-]+\.(?:yaml|py)", TEXT)):
        assert (ROOT / name).is_file(), name


def test_every_setting_in_its_tables_exists():
    from dataclasses import fields

    pytest.importorskip("torch")
    from training.grpo.config import GRPOConfig
    from training.rewards import Weights

    names = {item.name for item in (*fields(GRPOConfig), *fields(Weights))}
    first_cells = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \|", TEXT, re.MULTILINE)
    mentioned = {name for cell in first_cells for name in re.findall(r"`(\w+)`", cell)}
    assert len(mentioned) > 20 and mentioned <= names


@pytest.mark.torch
def test_trls_own_trainer_takes_our_rewards_and_the_options_of_vllm(tmp_path, monkeypatch):
    """The document's Python as it stands, but for a tiny model and data set, and rollouts without vLLM."""
    from dataclasses import fields

    trl, datasets = pytest.importorskip("trl"), pytest.importorskip("datasets")
    pytest.importorskip("torch")
    from training.nano import NanoConfig, export_folder, make_model
    from training.tokenizer import train_tokenizer

    tokenizer = train_tokenizer(["a table", "a chair"] * 3, vocab_size=330)
    sizes = NanoConfig(hidden_size=16, layers=1, heads=2, intermediate_size=16)
    export_folder(make_model(sizes, tokenizer), tokenizer, tmp_path / "tiny", ["table"])
    template = "{% for message in messages %}{{ message['content'] }}{% endfor %}"
    (tmp_path / "tiny" / "chat_template.jinja").write_text(template)
    rows = datasets.Dataset.from_list([{"captions": ["a table"], "bricks": "2x2 (0,0,0)\n"}] * 2)
    monkeypatch.setattr(datasets, "load_dataset", lambda name, split: rows)
    asked = {}

    def config(**options):
        asked.update(options)
        on_cpu = {"use_cpu": True, "bf16": False, "report_to": "none", "output_dir": str(tmp_path / "out")}
        assert real(**options | on_cpu).use_vllm  # its values can be used
        small = {"use_vllm": False, "max_steps": 1, "max_completion_length": 8, "num_generations": 2,
                 "per_device_train_batch_size": 2, "save_strategy": "no", "logging_steps": 1}  # fmt: skip
        return real(**options | on_cpu | small)

    real = trl.GRPOConfig
    monkeypatch.setattr(trl, "GRPOConfig", config)
    (block,) = (block for kind, block in BLOCKS if kind == "python" and "use_vllm" in block)
    names = {}
    made = block.replace("runs/brickgpt-1b/model", str(tmp_path / "tiny")).replace("workers=8", "workers=0")
    made = made.replace("GRPOTrainer(\n", "trainer = GRPOTrainer(\n").replace(
        "\n).train()", "\n)\ntrainer.train()"
    )
    exec(compile(made, "docs/training.md", "exec"), names)
    assert asked["use_vllm"] and asked["vllm_mode"] == "colocate"
    assert asked.keys() <= {item.name for item in fields(real)}
    logged = names["trainer"].state.log_history
    assert any("rewards/bricks_reward/mean" in line for line in logged), logged
