"""The launch lines of docs/training.md for many processes, read as accelerate and torchrun read them.

No process is started: what is checked is that the files hold keys that accelerate knows, that the lines
parse with them, and what the processes would be told.
"""

import re
import shlex
from pathlib import Path

import pytest

pytestmark = pytest.mark.torch
pytest.importorskip("torch")
pytest.importorskip("accelerate")

from accelerate.commands import launch
from accelerate.commands.config.config_args import load_config_from_file
from accelerate.utils import launch as launching

ROOT = Path(__file__).resolve().parents[2]
CONFIGS = ROOT / "training" / "configs" / "accelerate"
TEXT = (ROOT / "docs" / "training.md").read_text(encoding="utf-8")
LINES = [
    line
    for block in re.findall(r"```text\n(.*?)```", TEXT, re.DOTALL)
    for line in block.splitlines()
    if line.startswith(("accelerate", "torchrun"))
]


def words_of(line):
    for name, value in {
        "FILE.yaml": "training/configs/sft-nano.yaml",
        "RANK": "1",
        "FIRST": "10.0.0.1",
    }.items():
        line = re.sub(rf"\b{name}\b", value, line)
    return shlex.split(line)


def line_with(text):
    (found,) = (line for line in LINES if text in line)
    return words_of(found)


@pytest.fixture
def launched(monkeypatch):
    """What accelerate hands to its launcher for a line: the arguments, with the file's values filled in."""
    monkeypatch.chdir(ROOT)

    def read(words):
        assert words[:2] == ["accelerate", "launch"]
        handed = []
        for name in ("deepspeed_launcher", "multi_gpu_launcher", "simple_launcher"):
            monkeypatch.setattr(launch, name, handed.append)
        launch.launch_command(launch.launch_command_parser().parse_args(words[2:]))
        (args,) = handed
        assert (args.module, args.training_script) == (True, "training.sft")
        assert args.training_script_args == ["--config", args.training_script_args[1]]
        assert (ROOT / args.training_script_args[1]).is_file()
        return args

    return read


def test_there_is_a_line_for_every_file():
    assert len(LINES) >= 6
    for path in CONFIGS.glob("*.yaml"):
        assert any(path.name in line for line in LINES), path.name
        assert load_config_from_file(str(path)).num_processes > 1  # unknown keys are refused


def test_plain_data_parallelism(launched):
    args = launched(line_with("launch --num_processes"))
    assert (args.num_processes, args.use_fsdp, args.use_deepspeed) == (8, False, False)


def test_fsdp_wraps_every_layer_and_saves_whole_weights(launched, monkeypatch):
    from accelerate.utils import FullyShardedDataParallelPlugin
    from transformers import LlamaConfig, LlamaForCausalLM

    args = launched(line_with("fsdp.yaml"))
    assert args.use_fsdp and args.num_processes == 8 and args.mixed_precision == "bf16"
    for name, value in launching.prepare_multi_gpu_env(args).items():
        monkeypatch.setenv(name, value)
    plugin = FullyShardedDataParallelPlugin()
    assert (plugin.fsdp_version, plugin.reshard_after_forward) == (2, True)
    assert plugin.state_dict_type.name == "FULL_STATE_DICT" and plugin.cpu_ram_efficient_loading
    model = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=8, hidden_size=8, intermediate_size=8, num_hidden_layers=2, num_attention_heads=1
        )
    )
    plugin.set_auto_wrap_policy(model)
    wrapped = [
        type(part).__name__
        for part in model.modules()
        if plugin.auto_wrap_policy(module=part, recurse=False, nonwrapped_numel=0)
    ]
    assert wrapped == ["LlamaDecoderLayer"] * 2


def test_deepspeed_shards_gradients_and_optimizer(launched, monkeypatch):
    args = launched(line_with("deepspeed.yaml"))
    assert args.use_deepspeed and args.num_processes == 8
    command, environment = launching.prepare_deepspeed_cmd_env(args)
    assert command is None or "training.sft" in command
    assert environment["ACCELERATE_USE_DEEPSPEED"] == "true"
    assert environment["ACCELERATE_DEEPSPEED_ZERO_STAGE"] == "2"
    assert environment["ACCELERATE_GRADIENT_CLIPPING"] == "1.0"
    assert environment["ACCELERATE_MIXED_PRECISION"] == "bf16"


def test_two_machines(launched):
    args = launched(line_with("two-nodes.yaml"))
    assert args.multi_gpu and (args.num_machines, args.num_processes, args.machine_rank) == (2, 16, 1)
    assert (args.main_process_ip, args.main_process_port) == ("10.0.0.1", 29500)
    launching.prepare_multi_gpu_env(args)
    assert (args.nnodes, args.nproc_per_node, args.node_rank) == ("2", "8", 1)


@pytest.mark.parametrize("line", [line for line in LINES if line.startswith("torchrun")])
def test_torchrun(line):
    from torch.distributed import run

    config, _, command = run.config_from_args(run.parse_args(words_of(line)[1:]))
    assert command[command.index("-m") + 1] == "training.grpo"
    assert config.nproc_per_node == 8
    assert config.min_nodes == (2 if "--nnodes 2" in line else 1)
