"""Fine-tuning on TRL: masks, padding, a run that learns, resumes and keeps its best, and bad input."""

import base64
import http.server
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
from importlib.util import find_spec
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("trl")
pytest.importorskip("peft")
pytest.importorskip("accelerate")
pa = pytest.importorskip("pyarrow")
yaml = pytest.importorskip("yaml")

import pyarrow.parquet as pq

from brickgpt_engine.decoding import load_model
from brickgpt_engine.decoding.tokenizer import as_tokenizer
from brickgpt_engine.errors import ConfigError, FormatError, ModelError, OutputError
from training.actions import AbsoluteSpace
from training.grpo.tasks import Entry
from training.options import read_settings
from training.policies import load_policy
from training.sft.config import SFTSettings
from training.sft.examples import choose_pad, encoded
from training.sft.run import _tracked_to, train
from training.sft.saved import newest_whole
from training.trackers import read_log

pytestmark = pytest.mark.torch
_VARIABLES = ("TENSORBOARD_LOGGING_DIR", "WANDB_DIR", "WANDB_PROJECT", "WANDB_MODE")
ROOT = Path(__file__).resolve().parents[2]
CONFIGS = ROOT / "training" / "configs"
TABLE = "2x2 (0,0,0)\n2x4 (0,0,1)\n2x6 (0,0,2)\n"


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A tiny Llama with the embedded model's kind of tokenizer, not yet trained."""
    from training.nano import NanoConfig, export_folder, make_model
    from training.tokenizer import train_tokenizer

    folder = tmp_path_factory.mktemp("tiny")
    tokenizer = train_tokenizer(["a table", "a chair"] * 3, vocab_size=330)
    sizes = NanoConfig(hidden_size=32, layers=1, heads=2, intermediate_size=32)
    export_folder(make_model(sizes, tokenizer), tokenizer, folder, ["table", "chair"])
    return folder


@pytest.fixture
def data(tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    rows = [{"captions": ["a table", "the table"], "category_id": "table", "bricks": TABLE}] * 24
    for split in ("train", "test"):
        pq.write_table(pa.Table.from_pylist(rows), folder / f"{split}-00000.parquet")
    return folder


@pytest.fixture
def small(model, data, tmp_path):
    return {
        "model_name_or_path": str(model), "data": str(data), "out": str(tmp_path / "run"), "lora_rank": 0,
        "batch_size": 8, "per_device_batch_size": 8, "max_steps": 30, "learning_rate": 2e-2,
        "warmup_steps": 2, "save_steps": 15, "eval_steps": 15, "eval_rows": 8, "eval_prompts": 4,
        "logging_steps": 5, "max_bricks": 5, "max_length": 64, "max_sample_length": 64, "device": "cpu",
        "mixed_precision": "no", "temperature": 0.1,
    }  # fmt: skip


def test_defaults_are_those_of_the_published_weights():
    published = {"learning_rate": 2e-3, "lr_scheduler_type": "cosine", "warmup_steps": 100, "num_epochs": 3,
                 "batch_size": 64, "max_length": 8192, "max_sample_length": 4096, "lora_rank": 32,
                 "lora_alpha": 16, "lora_dropout": 0.05, "lora_targets": ("q_proj", "v_proj")}  # fmt: skip
    shipped = read_settings(SFTSettings, "sft", "", ["--config", str(CONFIGS / "brickgpt-1b-lora.yaml")])
    for settings in (SFTSettings(), shipped):
        assert {name: getattr(settings, name) for name in published} == published
    assert shipped.mixed_precision == "bf16"


def test_only_bricks_and_the_end_are_learnt(model):
    policy = load_policy(str(model), device="cpu")
    entry = Entry(("a table", "a chair"), "table", TABLE)
    rows = encoded(policy, AbsoluteSpace(policy.tokenizer), [entry], 64)
    assert len(rows) == 2
    learnt = [t for t, m in zip(rows[0]["input_ids"], rows[0]["completion_mask"], strict=True) if m]
    assert policy.tokenizer.decode(learnt) == TABLE + "</s>"
    assert rows[0]["input_ids"][: -len(learnt)] == policy.prompt("a table")
    with pytest.raises(ConfigError, match="no example has at most 8 tokens; raise max_sample_length"):
        encoded(policy, AbsoluteSpace(policy.tokenizer), [entry], 8)


@pytest.mark.parametrize(
    ("vocabulary", "pad", "wanted"),
    [
        (["</s>", "<unk>"], "<unk>", ("<unk>", False)),
        (["</s>"], "</s>", ("<pad>", True)),
        (["</s>"], None, ("<pad>", True)),
        (["</s>", "<|finetune_right_pad_id|>"], "</s>", ("<|finetune_right_pad_id|>", False)),
    ],
)
def test_padding_is_never_the_end_token(vocabulary, pad, wanted):
    assert choose_pad({token: n for n, token in enumerate(vocabulary)}, "</s>", pad) == wanted


def test_a_chat_model_without_a_padding_token_gets_one(model, small, tmp_path):
    folder = tmp_path / "chat"
    shutil.copytree(model, folder)
    settings = json.loads((folder / "tokenizer_config.json").read_text())
    (folder / "tokenizer_config.json").write_text(json.dumps(settings | {"pad_token": "</s>"}))
    target = train(SFTSettings(**small | {"model_name_or_path": str(folder), "max_steps": 1, "eval_steps": 0,
                                          "best_metric": "loss"}))  # fmt: skip
    config = json.loads((target / "config.json").read_text())
    tokenizer = as_tokenizer(load_policy(str(target), device="cpu").tokenizer)
    assert config["pad_token_id"] == tokenizer.token_id("<pad>") != tokenizer.eos_id


def test_a_run_learns_and_keeps_its_best(small, tmp_path):
    target = train(SFTSettings(**small | {"max_steps": 60, "save_steps": 30, "eval_steps": 30}))
    log = read_log(tmp_path / "run")
    losses = [line["loss"] for line in log if "loss" in line]
    assert losses[-1] < losses[0] / 3
    evaluations = [line for line in log if "eval_stable" in line]
    assert [line["step"] for line in evaluations] == [30, 60]
    assert evaluations[-1]["eval_valid"] == evaluations[-1]["eval_stable"] == 1.0
    assert {"eval_bricks", "eval_tokens", "eval_statements", "eval_ended"} <= set(evaluations[-1])
    card = (target / "README.md").read_text()
    assert "all weights" in card and "| 60 | " in card and "The weights are those of checkpoint-" in card
    from brickgpt_engine.generation import BrickGenerator, GenerationConfig

    ready = load_model(str(target))
    assert ready.prompt_style == "nano"
    result = BrickGenerator(ready).run("a table", GenerationConfig(seed=0, temperature=0.1, literal=True))
    assert [brick.text for brick in result.structure] == TABLE.split("\n")[:-1]


@pytest.mark.parametrize("optimizer", ["adamw", "muon"])
def test_stop_and_resume_is_the_same_run(small, tmp_path, optimizer):
    settings = small | {"save_steps": 4, "eval_steps": 0, "best_metric": "loss", "max_steps": 8,
                        "optimizer": optimizer}  # fmt: skip
    whole = train(SFTSettings(**settings))
    half = Path(settings["out"]).with_name("half")
    shutil.copytree(tmp_path / "run", half)
    for leftover in ("checkpoint-8", "model"):
        shutil.rmtree(half / leftover)
    (half / "checkpoint-9").mkdir()  # what an interrupted run leaves
    resumed = train(SFTSettings(**settings | {"out": str(half)}))
    from safetensors.torch import load_file

    one, two = (load_file(folder / "model.safetensors") for folder in (whole, resumed))
    assert all(torch.equal(one[name], two[name]) for name in one)


def test_several_optimizers_are_one_with_one_schedule(model):
    from training.muon import make_muon
    from training.optimizers import Together, make_optimizers

    nets = [load_policy(str(model), device="cpu").model for _ in range(2)]
    together = Together(make_optimizers(nets[0], "muon", 1e-2, 0.1))
    schedule = torch.optim.lr_scheduler.LambdaLR(together, lambda step: 0.5**step)
    weights = dict(nets[1].named_parameters())
    inner = [weight for name, weight in weights.items() if "proj" in name]
    outer = [weight for name, weight in weights.items() if "proj" not in name]
    assert inner and outer and all(weight.ndim == 2 for weight in inner)
    ids = torch.arange(20).view(2, 10)
    apart = [
        make_muon(inner, 1e-2, 0.1),
        torch.optim.AdamW(outer, lr=1e-2, weight_decay=0.1, betas=(0.9, 0.99)),
    ]
    for step in range(3):
        for net in nets:
            net.zero_grad()
            net(input_ids=ids, labels=ids).loss.backward()
        for one in apart:
            one.param_groups[0]["lr"] = 1e-2 * 0.5**step
            one.step()
        together.step()
        schedule.step()
    for (name, one), two in zip(nets[0].named_parameters(), weights.values(), strict=True):
        assert torch.equal(one, two), name


def test_fresh_weights_may_be_fewer(small, model):
    settings = small | {"from_scratch": True, "hidden_size": 48, "num_hidden_layers": 2, "optimizer": "muon",
                        "max_steps": 60, "save_steps": 60, "eval_steps": 60}  # fmt: skip
    target = train(SFTSettings(**settings))
    config = json.loads((target / "config.json").read_text())
    wanted = {"hidden_size": 48, "num_hidden_layers": 2, "num_attention_heads": 3, "num_key_value_heads": 3,
              "head_dim": 16, "intermediate_size": 48}  # fmt: skip
    assert {name: config[name] for name in wanted} == wanted
    last = [line for line in read_log(Path(small["out"])) if "eval_valid" in line][-1]
    assert last["eval_valid"] == 1.0
    assert len(load_model(str(target)).tokenizer.encode("2x4 (")) == 1
    with pytest.raises(ConfigError, match=r"hidden_size is 40, no multiple of 16.*try 32"):
        train(SFTSettings(**settings | {"hidden_size": 40, "out": small["out"] + "-40"}))
    with pytest.raises(ConfigError, match="holds a run with num_hidden_layers 2, not 1"):
        train(SFTSettings(**settings | {"num_hidden_layers": 1}))


@pytest.mark.parametrize(
    ("heads", "shared", "width", "wanted"), [(8, 4, 96, (6, 3)), (8, 2, 144, (9, 1)), (8, 1, 32, (2, 1))]
)
def test_heads_that_share_keys_still_divide(heads, shared, width, wanted):
    from transformers import LlamaConfig

    from training.sft.sizes import sized

    config = LlamaConfig(hidden_size=16 * heads, num_attention_heads=heads, num_key_value_heads=shared)
    found = sized(config, SFTSettings(from_scratch=True, hidden_size=width))
    assert (found.num_attention_heads, found.num_key_value_heads) == wanted


@pytest.mark.skipif(sys.platform != "linux", reason="an option of glibc")
def test_memory_that_is_freed_is_kept_for_the_next():
    """Pages that the system has to give are counted by the system."""
    words = """
import resource, sys
import numpy as np
from training.memory import keep_freed_memory
done = keep_freed_memory() if sys.argv[1] == "keep" else True
for _ in range(3):
    np.ones(2**22)
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(20):
    np.ones(2**22)
print(done, resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""

    def faults(kind):
        found = subprocess.run([sys.executable, "-c", words, kind], cwd=ROOT, capture_output=True, text=True)
        done, count = found.stdout.split()
        return done, int(count)

    (did, few), (_, many) = faults("keep"), faults("usual")
    if did == "False":
        pytest.skip("another C library")
    assert few * 20 < many


def test_every_way_to_train_on_a_cpu_keeps_freed_memory(small, monkeypatch):
    import training.grpo.trainer
    import training.sft.run
    from training.grpo import GRPOConfig, GRPOTrainer

    kept = []
    for module in (training.sft.run, training.grpo.trainer):
        monkeypatch.setattr(module, "keep_freed_memory", lambda name=module.__name__: kept.append(name))
    train(SFTSettings(**small | {"max_steps": 1, "eval_steps": 0, "best_metric": "loss"}))
    same = {name: small[name] for name in ("model_name_or_path", "data", "device")}
    GRPOTrainer(GRPOConfig(**same, out=small["out"] + "-grpo", batch_size=2, use_gurobi=False))
    assert kept == ["training.sft.run", "training.grpo.trainer"]


def test_damaged_checkpoints_are_named(small, tmp_path):
    train(SFTSettings(**small | {"save_steps": 1, "eval_steps": 0, "best_metric": "loss", "max_steps": 3}))
    run, told = tmp_path / "run", []
    (run / "checkpoint-3" / "optimizer.pt").write_bytes(b"cut off")
    (run / "checkpoint-2" / "model.safetensors").write_bytes(b"cut off")
    assert newest_whole(run, told.append) == run / "checkpoint-1"
    assert len(told) == 2 and all("is not whole" in words for words in told)


def test_adapters_packing_scratch_and_pivots(small, model):
    settings = small | {
        "lora_rank": 4, "lora_alpha": 4, "packing": True, "mixed_precision": "bf16", "max_steps": 2,
        "save_steps": 2, "eval_steps": 2, "gradient_checkpointing": True,
    }  # fmt: skip
    target = train(SFTSettings(**settings))
    assert (target / "adapter_model.safetensors").is_file()
    assert "LoRA adapters of rank 4" in (target / "README.md").read_text()
    load_policy(str(target), device="cpu")
    fresh = train(SFTSettings(**small | {
        "from_scratch": True, "action_space": "pivot", "max_steps": 60, "save_steps": 60, "eval_steps": 60,
        "out": small["out"] + "-pivot", "max_length": 96, "max_sample_length": 96,
    }))  # fmt: skip
    marker = json.loads((fresh / "brickgpt.json").read_text())
    assert (marker["action_space"], marker["prompt_style"], marker["max_back"]) == ("pivot", "nano", 5)
    assert load_policy(str(fresh), device="cpu").action_space == "pivot"
    last = [line for line in read_log(Path(small["out"] + "-pivot")) if "eval_valid" in line][-1]
    assert last["eval_valid"] == 1.0 and last["eval_bricks"] == 3.0
    from brickgpt_engine.generation import BrickGenerator, GenerationConfig

    config = GenerationConfig(seed=0, temperature=0.1, literal=True)
    result = BrickGenerator(load_model(str(fresh))).run("a table", config)
    assert [brick.text for brick in result.structure] == TABLE.split("\n")[:-1]


@pytest.mark.parametrize(
    ("more", "error", "words"),
    [
        ({"batch_size": 12}, ConfigError, "12 does not divide into per_device_batch_size 8 on 1 process"),
        ({"save_steps": 20}, ConfigError, "save_steps 20 is no multiple of eval_steps 15"),
        ({"eval_prompts": 0}, ConfigError, "set best_metric to loss"),
        ({"best_metric": "stabel"}, ConfigError, r"did you mean stable\?"),
        ({"learning_rate": -1.0}, ConfigError, "learning_rate is -1.0"),
        ({"mixed_precision": "fp16"}, ModelError, "fp16 needs a CUDA device"),
        ({"split": "training"}, ConfigError, "no split 'training'"),
        ({"optimizer": "moun"}, ConfigError, r"did you mean muon\?"),
        ({"hidden_size": 64}, ConfigError, "for fresh weights; set from_scratch"),
    ],
)
def test_what_cannot_work_is_named(small, more, error, words):
    with pytest.raises(error, match=words):
        train(SFTSettings(**small | more))


@pytest.mark.parametrize("kind", ["FSDP", "DEEPSPEED"])
def test_what_a_sharded_run_cannot_do_is_named(small, monkeypatch, kind):
    monkeypatch.setenv(f"ACCELERATE_USE_{kind}", "true")
    with pytest.raises(ConfigError, match=f"{kind} shards a model over GPUs, and this run is on CPUs"):
        train(SFTSettings(**small | {"best_metric": "loss"}))
    monkeypatch.setattr("training.sft.run.pick_device", lambda device: "cuda")
    with pytest.raises(ConfigError, match=f"best_metric is stable, and under {kind} nothing is sampled"):
        train(SFTSettings(**small | {"best_metric": "stable"}))
    with pytest.raises(ConfigError, match=f"optimizer is muon.*{kind} cuts them; set adamw"):
        train(SFTSettings(**small | {"best_metric": "loss", "optimizer": "muon"}))


def launch(settings, kind, folder, precision="no"):
    """Two processes under accelerate, as the shipped file has them but for their number and precision."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    (folder / "run.yaml").write_text(yaml.safe_dump(settings))
    done = subprocess.run(
        [sys.executable, "-m", "accelerate.commands.launch", "--num_processes", "2",
         "--config_file", str(CONFIGS / "accelerate" / f"{kind}.yaml"),
         "--mixed_precision", precision, "--main_process_port", port,
         str(Path(__file__).with_name("sharded_on_cpus.py")), "--config", str(folder / "run.yaml")],
        env=os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout.count("/model\n") == 1  # said once, not by every process


@pytest.mark.slow
@pytest.mark.timeout(1800)  # half a minute of work, which a busy machine may take long for
@pytest.mark.parametrize("kind", ["fsdp", "deepspeed"])
def test_two_processes_share_a_model_save_it_and_go_on(small, tmp_path, kind):
    if kind == "deepspeed" and find_spec("deepspeed") is None:
        pytest.skip("needs deepspeed")
    small |= {"max_steps": 4, "save_steps": 2, "eval_steps": 2, "eval_prompts": 0, "best_metric": "loss",
              "logging_steps": 1}  # fmt: skip
    alone, run = tmp_path / "alone", tmp_path / "run"
    train(SFTSettings(**small | {"out": str(alone)}))
    shared = small | {"per_device_batch_size": 4}
    launch(shared, kind, tmp_path)
    assert read_log(run)[0]["loss"] > 1.2 * losses(run)[3]
    assert losses(run) == pytest.approx(losses(alone), rel=1e-4)
    for leftover in ("checkpoint-4", "model"):
        shutil.rmtree(run / leftover)
    (run / "checkpoint-3").mkdir()  # what an interrupted run leaves
    launch(shared, kind, tmp_path)
    assert losses(run)[4:] == pytest.approx(losses(run)[2:4], rel=1e-6)  # updates 3 and 4 again, and no other
    from safetensors.torch import load_file

    one, two = (load_file(folder / "model" / "model.safetensors") for folder in (alone, run))
    assert one.keys() == two.keys()
    assert all(torch.allclose(one[name], two[name].to(one[name].dtype), atol=1e-3) for name in one)
    with pytest.raises(
        ConfigError, match=f"was saved under {kind.upper()}, and this run is without sharding"
    ):
        train(SFTSettings(**shared | {"batch_size": 4}))


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_two_processes_by_gloo_give_the_losses_of_one(small, tmp_path):
    small |= {"max_steps": 6, "save_steps": 6, "eval_steps": 6, "eval_prompts": 4, "logging_steps": 1,
              "per_device_batch_size": 4}  # fmt: skip
    train(SFTSettings(**small))
    (tmp_path / "two.yaml").write_text(yaml.safe_dump(small | {"out": str(tmp_path / "two")}))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    shared = os.environ | {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port,
                           "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}  # fmt: skip
    command = [sys.executable, "-m", "training", "sft", "--config", str(tmp_path / "two.yaml")]
    both = [
        subprocess.Popen(command, env=shared | {"RANK": str(rank), "LOCAL_RANK": str(rank)})
        for rank in (0, 1)
    ]
    assert [process.wait(timeout=900) for process in both] == [0, 0]
    assert len(losses(tmp_path / "run")) == 6
    assert losses(tmp_path / "two") == pytest.approx(losses(tmp_path / "run"), rel=1e-4)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_adapters_are_sharded_as_the_1b_configuration_has_them(small, tmp_path):
    launch(small | {
        "max_steps": 2, "save_steps": 1, "eval_steps": 1, "eval_prompts": 0, "best_metric": "loss",
        "per_device_batch_size": 4, "lora_rank": 4, "lora_alpha": 4, "mixed_precision": "bf16",
        "gradient_checkpointing": True,
    }, "fsdp", tmp_path, "bf16")  # fmt: skip
    from safetensors.torch import load_file

    saved = load_file(tmp_path / "run" / "checkpoint-2" / "adapter_model.safetensors")
    assert len(saved) == 4 and all(tensor.abs().max() > 0 for tensor in saved.values())
    load_policy(str(tmp_path / "run" / "model"), device="cpu")  # the adapters fit their base


def losses(run):
    return [line["loss"] for line in read_log(run) if "loss" in line]


@pytest.mark.parametrize(
    ("files", "lacks"),
    [
        ({"pytorch_model_fsdp.bin": b"cut off", "optimizer.bin": b"cut off"}, "BadZipFile"),
        ({"pytorch_model_fsdp.bin": b"cut off"}, "no optimizer.bin"),
        ({"latest": b"global_step3"}, "no optim_states.pt"),
        ({"latest": b"global_step3", "global_step3/rank_0_optim_states.pt": b"cut off"}, "BadZipFile"),
    ],
)
def test_a_damaged_checkpoint_of_a_sharded_run_is_named(tmp_path, files, lacks):
    folder, told = tmp_path / "checkpoint-3", []
    for name, data in (
        {"trainer_state.json": b"{}", "scheduler.pt": b"", "model.safetensors": b""} | files
    ).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    assert newest_whole(tmp_path, told.append) is None
    assert lacks in told[0]


class Hub(http.server.BaseHTTPRequestHandler):
    """The hub's answers to who uploads with the token ``right``."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.asked.append((self.path.partition("?")[0], body))
        if self.headers.get("Authorization") != "Bearer right":
            return self.answer(401, {"error": "Invalid credentials"})
        if self.path.endswith("/preupload/main"):
            names = [file["path"] for file in json.loads(body)["files"]]
            files = [{"path": name, "uploadMode": "regular", "shouldIgnore": False} for name in names]
            return self.answer(200, {"files": files})
        page = f"http://127.0.0.1:{self.server.server_port}/someone/tiny"
        return self.answer(200, {"url": page, "commitUrl": f"{page}/commit/1", "commitOid": "1"})

    def do_GET(self):
        self.answer(404, {})

    def answer(self, status, about):
        data = json.dumps(about).encode()
        self.send_response(status)
        if status == 401:
            self.send_header("X-Error-Message", "Invalid credentials in Authorization header")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *arguments):
        pass


@pytest.fixture
def hub_server(monkeypatch):
    """A hub of our own in the place of the real one."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    server.asked = []
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    monkeypatch.setenv("no_proxy", "*")
    yield server
    server.shutdown()
    server.server_close()


def test_a_tuned_model_is_uploaded_and_a_wrong_token_is_said(small, hub_server, monkeypatch):
    pushed = small | {"max_steps": 1, "eval_steps": 0, "best_metric": "loss", "push_to_hub": "someone/tiny"}
    monkeypatch.setenv("HF_TOKEN", "right")
    folder = train(SFTSettings(**pushed))
    paths = [path for path, _ in hub_server.asked]
    assert paths[0] == "/api/repos/create" and paths[-1] == "/api/models/someone/tiny/commit/main"
    commit = [json.loads(line) for line in hub_server.asked[-1][1].splitlines()]
    sent = {part["value"]["path"]: part["value"]["content"] for part in commit if part["key"] == "file"}
    assert sorted(sent) == sorted(path.name for path in folder.iterdir())
    assert base64.b64decode(sent["model.safetensors"]) == (folder / "model.safetensors").read_bytes()

    monkeypatch.setenv("HF_TOKEN", "wrong")
    with pytest.raises(
        OutputError, match=r"is written, but cannot be uploaded to someone/tiny: .*401"
    ) as caught:
        train(SFTSettings(**pushed))
    assert str(caught.value).endswith("set HF_TOKEN and upload the folder with: hf upload")
    assert "\n" not in str(caught.value)
    assert len(hub_server.asked) == len(paths) + 1  # and asked for nothing else


def test_data_without_the_columns_is_named(small, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    pq.write_table(pa.table({"text": ["a"]}), other / "train-00000.parquet")
    with pytest.raises(FormatError, match="has the columns text; it needs captions and bricks"):
        train(SFTSettings(**small | {"data": str(other)}))


def test_trackers_write_into_the_folder_and_what_is_not_installed_is_named(small, tmp_path, monkeypatch):
    pytest.importorskip("tensorboard")
    one = small | {"max_steps": 1, "eval_steps": 0, "best_metric": "loss"}
    before = dict(os.environ)
    train(SFTSettings(**one | {"report_to": ("tensorboard",)}))
    assert all(os.environ.get(name) == before.get(name) for name in _VARIABLES)
    assert list((tmp_path / "run" / "tensorboard").rglob("events.out.*"))
    monkeypatch.setattr("training.sft.run.find_spec", lambda name: None)
    asked = {"report_to": ("wandb",), "wandb_mode": "offline", "out": str(tmp_path / "other")}
    with pytest.raises(ConfigError, match="report_to wandb needs a package; pip install wandb"):
        train(SFTSettings(**one | asked))
    told = _tracked_to(tmp_path / "other", SFTSettings(**one | asked))
    assert (told["WANDB_MODE"], told["WANDB_PROJECT"]) == ("offline", "brickgpt-sft")
    assert told["WANDB_DIR"] == str(tmp_path / "other")


def test_the_environment_of_weights_and_biases_counts_where_no_setting_says_otherwise(
    small, tmp_path, monkeypatch
):
    """What the library's callback would read while the run goes on."""
    seen = {}
    monkeypatch.setattr("training.sft.run._fit", lambda *_: seen.update(os.environ))
    monkeypatch.setattr("training.sft.run._finish", lambda *_: tmp_path)
    exported = {"WANDB_MODE": "offline", "WANDB_PROJECT": "toys", "WANDB_DIR": "there"}
    for name, value in exported.items():
        monkeypatch.setenv(name, value)
    one = small | {"eval_steps": 0, "best_metric": "loss"}
    train(SFTSettings(**one))
    assert {name: seen[name] for name in exported} == exported
    train(SFTSettings(**one | {"wandb_mode": "online", "wandb_project": "set"}))
    assert (seen["WANDB_MODE"], seen["WANDB_PROJECT"]) == ("online", "set")
    assert {name: os.environ[name] for name in exported} == exported


def test_another_run_is_not_gone_on_with(small):
    train(SFTSettings(**small | {"max_steps": 1, "eval_steps": 0, "best_metric": "loss"}))
    with pytest.raises(ConfigError, match="holds a run with action_space absolute, not pivot"):
        train(SFTSettings(**small | {"action_space": "pivot"}))


def test_memory_that_runs_out_is_said_with_what_to_change(small, monkeypatch):
    def exhausted(*_, **__):
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory")

    monkeypatch.setattr("training.sft.trainer.BrickTrainer.train", exhausted)
    with pytest.raises(ModelError, match=r"lower per_device_batch_size \(8; batch_size may stay\)"):
        train(SFTSettings(**small))


@pytest.mark.parametrize("path", sorted((CONFIGS / "accelerate").glob("*.yaml")), ids=lambda path: path.name)
def test_accelerate_takes_its_configs(path):
    from accelerate.commands.config.config_args import load_config_from_file

    found = load_config_from_file(str(path))
    assert found.mixed_precision == "bf16" and found.num_processes >= 8


def test_shipped_configs_can_be_read(capsys, tmp_path, monkeypatch):
    from training.sft.__main__ import main

    monkeypatch.chdir(tmp_path)

    for path in [*CONFIGS.glob("sft-*.yaml"), *CONFIGS.glob("brickgpt-*.yaml")]:
        read_settings(SFTSettings, "sft", "", ["--config", str(path)])
    with pytest.raises(SystemExit) as stopped:
        main(["--learning-rat", "1"])
    assert stopped.value.code == 2
    assert "--learning-rat is no option; did you mean learning_rate?" in capsys.readouterr().err
    with pytest.raises(SystemExit) as stopped:
        main(["--data", "/nowhere", "--model-name-or-path", "nano", "--device", "cpu"])
    assert stopped.value.code == 3 and "no such folder or file" in capsys.readouterr().err
