"""GRPO: the mathematics by hand, decoders against the library, rollouts, and runs that learn and resume."""

import json
import shutil
from collections import Counter
from dataclasses import fields
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")
pytest.importorskip("yaml")
pa = pytest.importorskip("pyarrow")

import pyarrow.parquet as pq

from brickgpt_engine.bricks import BrickStructure
from brickgpt_engine.decoding import load_model
from brickgpt_engine.errors import ConfigError, FormatError, ModelError
from training.actions import AbsoluteSpace, PivotSpace, footprints_of
from training.grpo import GRPOConfig, GRPOTrainer
from training.grpo.decoder import LibraryDecoder, LlamaDecoder, decoder_for, is_plain_llama
from training.grpo.objective import clipped_loss, credit, group_advantages, kl_estimate, token_weights
from training.grpo.optimizers import rate_factor
from training.grpo.sampling import Sampler, SamplingConfig, draw
from training.grpo.tasks import Course, Entry
from training.memory import memory_for
from training.options import read_settings
from training.policies import load_policy
from training.rewards import Attempt, StabilityConfig, read_attempt
from training.trackers import read_log, wandb_environment

pytestmark = pytest.mark.torch

ROWS = [
    {"captions": ["a table", "a low table"], "category_id": "table", "bricks": "2x2 (0,0,0)\n2x2 (0,0,1)\n"},
    {"captions": ["a chair"], "category_id": "chair", "bricks": "2x4 (0,0,0)\n"},
] * 4


@pytest.fixture
def data(tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    for split in ("train", "test"):
        pq.write_table(pa.Table.from_pylist(ROWS), folder / f"{split}-00000.parquet")
    return folder


@pytest.fixture
def small(guessing_model, data, tmp_path):
    """Settings of a run that takes a second or two."""
    return {
        "model_name_or_path": str(guessing_model), "data": str(data), "out": str(tmp_path / "run"),
        "group_size": 4, "batch_size": 2, "gradient_accumulation_steps": 1, "max_bricks": 8,
        "max_brick_rejections": 0, "warmup_steps": 0, "logging_steps": 1, "max_steps": 4, "beta": 0.05,
        "use_gurobi": False, "criterion": "connectivity", "learning_rate": 1e-2, "device": "cpu",
        "lr_scheduler_type": "constant",
    }  # fmt: skip


def test_names_and_defaults_are_the_published_ones():
    published = {
        "world_dim": 20, "max_bricks": 100, "max_brick_rejections": 50, "group_size": 8,
        "learning_rate": 1e-5, "beta": 0.1, "gamma": 0.99, "clip_ratio": 0.2, "num_epochs": 10,
        "batch_size": 4,
        "gradient_accumulation_steps": 4, "warmup_steps": 100, "save_steps": 500, "logging_steps": 50,
        "use_gurobi": True, "stability_weight": 1.0, "connectivity_weight": 0.5, "max_offset_distance": 5,
        "num_brick_types": 14, "model_name_or_path": "AvaLovelace/BrickGPT",
    }  # fmt: skip
    config = GRPOConfig()
    assert {name: getattr(config, name) for name in published} == published


def test_advantages_are_relative_to_the_group():
    rewards = torch.tensor([[1.0, 2.0, 3.0], [5.0, 5.0, 5.0]], dtype=torch.float64)
    spread = np.std([1, 2, 3])
    wanted = torch.tensor([[-1 / spread, 0, 1 / spread], [0, 0, 0]], dtype=torch.float64)
    torch.testing.assert_close(group_advantages(rewards), wanted)
    torch.testing.assert_close(group_advantages(rewards, scale=False)[0], torch.tensor([-1.0, 0, 1]).double())


def test_credit_is_discounted_for_each_brick_and_ends_at_a_fault():
    ends = [2, 4, 6]
    whole = credit(ends, 7, None, 0.5)  # three lines of two tokens and the end token
    torch.testing.assert_close(whole, torch.tensor([0.125, 0.125, 0.25, 0.25, 0.5, 0.5, 1.0]))
    broken = credit(ends, 7, 1, 0.5)
    torch.testing.assert_close(broken, torch.tensor([0.5, 0.5, 1.0, 1.0, 0.0, 0.0, 0.0]))
    weak = credit(ends, 7, None, 0.5, weak=1)  # what comes after might have held it
    torch.testing.assert_close(weak, torch.tensor([0.5, 0.5, 1.0, 1.0, 0.5, 0.5, 0.25]))
    torch.testing.assert_close(credit(ends, 7, 1, 0.5, weak=0), broken)
    assert credit(ends, 7, None, 1.0).eq(1).all()


def test_the_objective_clips_only_what_would_pay():
    old = torch.zeros(4)
    new = torch.log(torch.tensor([1.5, 1.5, 0.5, 0.5]))
    gain = torch.tensor([1.0, -1.0, 1.0, -1.0])
    torch.testing.assert_close(clipped_loss(new, old, gain, 0.2), torch.tensor([-1.2, 1.5, -0.5, 0.8]))


def test_the_kl_estimate_is_zero_only_where_both_agree():
    policy, reference = torch.tensor([-1.0, -2.0]), torch.tensor([-1.0, -1.0])
    torch.testing.assert_close(kl_estimate(policy, reference), torch.tensor([0.0, np.e - 2]).float())


@pytest.mark.parametrize("loss_type", ["grpo", "dapo"])
def test_the_weights_of_all_tokens_sum_to_one(loss_type):
    lengths = [3, 5, 9]
    weights = token_weights(lengths, loss_type, 3, 17)
    assert float((weights * torch.tensor(lengths)).sum()) == pytest.approx(1)
    assert (weights[0] == weights[2]) == (loss_type == "dapo")


def test_the_learning_rate_rises_and_falls():
    assert [rate_factor(step, 10, 2, "linear") for step in (0, 1, 2, 6, 10)] == [0.5, 1.0, 1.0, 0.5, 0.0]
    assert rate_factor(6, 10, 2, "cosine") == pytest.approx(0.5)
    assert rate_factor(9, 10, 2, "constant") == 1.0


def test_drawing_inverts_the_distribution():
    logits = torch.log(torch.tensor([[0.1, 0.6, 0.3]])).expand(4, -1)
    assert draw(logits, torch.tensor([0.05, 0.15, 0.69, 0.71])) == [0, 1, 1, 2]
    assert draw(logits, torch.tensor([0.0, 0.5, 0.66, 0.67]), top_k=2) == [1, 1, 1, 2]
    assert draw(logits, torch.tensor([0.0, 0.5, 0.9, 0.99]), top_p=0.5) == [1, 1, 1, 1]


@pytest.fixture(scope="module")
def llama():
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(1)
    return LlamaForCausalLM(
        LlamaConfig(vocab_size=50, hidden_size=32, intermediate_size=48, num_hidden_layers=2,
                    num_attention_heads=4, num_key_value_heads=2, max_position_embeddings=64)
    ).eval()  # fmt: skip


@pytest.mark.parametrize("kind", [LlamaDecoder, LibraryDecoder])
def test_rows_of_a_decoder_go_their_own_ways(llama, kind):
    """Prompts of several lengths, lines taken back, rows dropped and doubled: as if each were read alone."""
    decoder = kind(llama, 40)
    texts = [[3, 4, 5, 6, 7], [8, 9], [10, 11, 12]]

    def check(logits):
        for text, row in zip(texts, logits, strict=True):
            with torch.inference_mode():
                alone = llama(torch.tensor([text])).logits[0, -1]
            torch.testing.assert_close(row, alone, atol=1e-5, rtol=1e-4)

    check(decoder.prefill(texts))
    for token in (13, 14, 15):
        texts = [[*text, token + place] for place, text in enumerate(texts)]
        logits = decoder.step(torch.tensor([text[-1] for text in texts]))
    check(logits)
    decoder.take_back(1, 2)
    texts[1] = texts[1][:-2]
    decoder.keep(torch.tensor([1, 2, 2]))
    texts = [[*texts[1], 20], [*texts[2], 21], [*texts[2], 22]]
    assert decoder.rows == 3
    check(decoder.step(torch.tensor([20, 21, 22])))


def test_the_fast_decoder_is_for_plain_llamas_alone(llama):
    assert is_plain_llama(llama) and isinstance(decoder_for(llama, 64, None), LlamaDecoder)
    with pytest.raises(ConfigError, match="65 tokens and the model's context is 64"):
        decoder_for(llama, 65, None)
    peft = pytest.importorskip("peft")
    import copy

    adapted = peft.get_peft_model(copy.deepcopy(llama), peft.LoraConfig(target_modules=["q_proj"]))
    assert isinstance(decoder_for(adapted, 64, None), LibraryDecoder)


def rollouts_of(policy, seeds, **options):
    space = AbsoluteSpace(policy.tokenizer)
    config = SamplingConfig(max_bricks=8, max_tokens=40, **options)
    prompts = [policy.prompt("a chair"), policy.prompt("a table of some sort")][: len(seeds)]
    decoder = lambda columns: decoder_for(policy.model, columns, None)  # noqa: E731
    return Sampler(policy.tokenizer, space, config).sample(decoder, prompts, seeds)


@pytest.fixture(scope="module")
def policy(guessing_model):
    return load_policy(str(guessing_model), device="cpu")


def test_a_rollout_follows_from_its_seed_whatever_its_company(policy):
    several = rollouts_of(policy, [[(0, n) for n in range(6)], [(1, n) for n in range(3)]])
    alone = rollouts_of(policy, [[(0, 4)]])[0][0]
    assert several[0][4] == alone
    assert len({rollout.tokens for group in several for rollout in group}) > 6
    for rollout in (rollout for group in several for rollout in group):
        text = policy.tokenizer.decode(rollout.tokens).removesuffix("</s>")
        assert text.count("\n") == len(rollout.lines) and rollout.ended == (
            rollout.tokens[-1] == policy.tokenizer.eos_id
        )
        assert len(rollout.line_ends) == len(rollout.lines) <= 8


def test_masks_keep_the_syntax_and_rejections_the_world(policy):
    raw = [r for g in rollouts_of(policy, [[(0, n) for n in range(40)]]) for r in g]
    masked = [
        r for g in rollouts_of(policy, [[(0, n) for n in range(40)]], use_logit_masking=True) for r in g
    ]
    checked = [
        r for g in rollouts_of(policy, [[(0, n) for n in range(40)]], max_brick_rejections=20) for r in g
    ]
    assert not any(isinstance(line, str) for rollout in masked for line in rollout.lines)

    def faults(rollouts):
        return sum(len(read_attempt(rollout.lines).faults) for rollout in rollouts)

    assert faults(raw) > 0 and faults(checked) == 0
    assert sum(rollout.rejections for rollout in checked) > 0
    assert all(len(policy.tokenizer.decode(r.tokens).split("\n")) == len(r.lines) + 1 for r in checked)


def test_rejected_lines_leave_no_trace_in_the_model(guessing_model, llama):
    """With a model that looks at all it has read, a row with rejections goes on as if they had not been."""
    import copy

    policy = load_policy(str(guessing_model), device="cpu")
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    size = policy.tokenizer.vocab_size
    policy.model = LlamaForCausalLM(
        LlamaConfig(vocab_size=size, hidden_size=32, intermediate_size=48, num_hidden_layers=2,
                    num_attention_heads=4, num_key_value_heads=2, max_position_embeddings=2000)
    ).eval()  # fmt: skip
    found = rollouts_of(
        policy, [[(0, n) for n in range(4)]], use_logit_masking=True, max_brick_rejections=40
    )[0]
    assert sum(rollout.rejections for rollout in found) > 0
    replayed = copy.deepcopy(policy.model)
    for rollout in found:
        with torch.inference_mode():
            logits = replayed(torch.tensor([[*rollout.prompt, *rollout.tokens]])).logits[0]
        decoder = LlamaDecoder(policy.model, 400)
        last = decoder.prefill([[*rollout.prompt, *rollout.tokens[:-1]]])[0]
        torch.testing.assert_close(last, logits[-2], atol=1e-5, rtol=1e-4)


def test_pivot_rollouts_under_masks_are_bricks_that_can_be_placed(guessing_model):
    from transformers import LlamaConfig, LlamaForCausalLM

    policy = load_policy(str(guessing_model), device="cpu")
    torch.manual_seed(0)
    policy.model = LlamaForCausalLM(
        LlamaConfig(vocab_size=policy.tokenizer.vocab_size, hidden_size=32, intermediate_size=48,
                    num_hidden_layers=1, num_attention_heads=2, max_position_embeddings=2000)
    ).eval()  # fmt: skip
    space = PivotSpace(policy.tokenizer, max_bricks=8)
    config = SamplingConfig(max_bricks=8, max_tokens=120, use_logit_masking=True, max_brick_rejections=30)
    decoder = lambda columns: decoder_for(policy.model, columns, None)  # noqa: E731
    found = Sampler(policy.tokenizer, space, config).sample(
        decoder, [policy.prompt("a chair")], [[(0, n) for n in range(6)]]
    )[0]
    assert sum(len(rollout.lines) for rollout in found) > 6
    for rollout in found:
        assert not read_attempt(rollout.lines).faults
        text = policy.tokenizer.decode(rollout.tokens).removesuffix("</s>")
        assert space.read(text) == list(rollout.lines) and space.write(rollout.lines).count(
            "\n"
        ) == text.count("\n")


def test_the_config_names_the_action_space(small):
    pivot = small | {"action_space": "pivot", "max_offset_distance": 3, "num_brick_types": 5, "max_steps": 1}
    trainer = GRPOTrainer(GRPOConfig(**pivot | {"use_logit_masking": True, "max_bricks": 4}))
    assert (trainer.space.name, trainer.space.format.max_offset, trainer.space.format.max_back) == (
        "pivot",
        3,
        4,
    )
    assert footprints_of(3) == ((1, 1), (1, 2), (2, 1)) and len(footprints_of(14)) == 14
    trainer.train()
    trained = str(trainer.out / "model")
    assert load_model(trained).pivot == (3, 4)  # so that generation reads its lines as they were written
    with pytest.raises(ConfigError, match="writes in the action space pivot; set action_space to that"):
        GRPOTrainer(GRPOConfig(**small | {"model_name_or_path": trained, "out": small["out"] + "-on"}))
    with pytest.raises(ConfigError, match="num_brick_types is 15"):
        GRPOConfig(num_brick_types=15)


def rewards_of(folder):
    return [line["reward"] for line in read_log(folder) if "reward" in line]


def test_a_run_learns_what_is_rewarded(small, tmp_path):
    """The model guesses at random and often leaves bricks out; the reward is for lines that can be placed."""
    settings = small | {
        "max_steps": 25, "num_epochs": 20, "group_size": 8, "quality_weight": 1.0, "length_weight": 0,
        "connectivity_weight": 1.0, "beta": 0.0, "eval_steps": 25, "eval_prompts": 4,
    }  # fmt: skip
    target = GRPOTrainer(GRPOConfig(**settings)).train()
    rewards = rewards_of(tmp_path / "run")
    assert np.mean(rewards[-5:]) > np.mean(rewards[:5]) + 0.2
    assert load_policy(str(target), device="cpu").style == "nano"
    assert (tmp_path / "run" / "best" / "model.safetensors").is_file()
    assert any("eval/reward" in line for line in read_log(tmp_path / "run"))


def comparable(folder):
    lines = [line for line in read_log(folder) if "reward" in line]
    return [{k: v for k, v in line.items() if not k.startswith("seconds/")} for line in lines]


def weights_of(folder):
    from safetensors.torch import load_file

    return load_file(folder / "model.safetensors")


def test_captions_are_drawn_for_the_categories_that_fall():
    entries = [Entry((f"{name} {n}",), name, "") for name in ("airplane", "tower", "bed") for n in range(20)]
    course = Course(entries, 10, seed=3, focus=0.6)
    assert course.steps_per_epoch == 15  # four in turn, six drawn
    for _ in range(40):
        course.note([("airplane", 0.5), ("tower", 1.0), ("bed", 0.9), ("unheard of", 0.0)])
    assert course.misses == pytest.approx({"airplane": 0.5, "bed": 0.1, "tower": 0.0}, abs=1e-3)
    epoch = [course.tasks(step) for step in range(15)]
    assert epoch == [course.tasks(step) for step in range(15)] and {len(tasks) for tasks in epoch} == {10}
    counts = Counter(task.category for tasks in epoch for task in tasks)
    # of 90 drawn, airplanes take 0.51 in 0.63 and towers 0.01; 20 of each come in turn
    assert 20 + 60 <= counts["airplane"] <= 20 + 86 and 20 <= counts["tower"] <= 20 + 6
    asked = Counter(task.caption for tasks in epoch for task in tasks)
    assert set(asked) == {entry.captions[0] for entry in entries}  # every structure had its turn
    with pytest.raises(
        ConfigError, match=r"focus is 0\.6 and the data has no column category_id; set focus to 0"
    ):
        Course([Entry(("a chair",), "", "")] * 10, 10, seed=3, focus=0.6)
    plain = Course(entries, 10, seed=3)
    assert Counter(t.category for step in range(6) for t in plain.tasks(step)) == dict.fromkeys(counts, 20)


@pytest.mark.parametrize(
    "more",
    [
        {"focus": 0.5, "criterion": "paper"},
        {"optimizer": "muon", "num_iterations": 2, "loss_type": "dapo"},
    ],
)
def test_stop_and_resume_is_the_same_run(small, tmp_path, more):
    config = small | more | {"max_steps": 4, "save_steps": 2, "lr_scheduler_type": "linear", "num_epochs": 2}
    whole = GRPOTrainer(GRPOConfig(**config)).train()

    class Stopping(GRPOTrainer):
        def update(self):
            if self.step == 3:
                raise KeyboardInterrupt
            super().update()

    half = config | {"out": str(tmp_path / "half")}
    with pytest.raises(KeyboardInterrupt):
        Stopping(GRPOConfig(**half)).train()
    resumed = GRPOTrainer(GRPOConfig(**half)).train()
    assert comparable(tmp_path / "half") == comparable(tmp_path / "run")
    ours, theirs = weights_of(resumed), weights_of(whole)
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)


def test_an_interrupted_checkpoint_is_named_and_the_one_before_it_loads(small, tmp_path, caplog):
    config = small | {"save_steps": 1, "max_steps": 3}
    GRPOTrainer(GRPOConfig(**config)).train()
    run = tmp_path / "run"
    (run / "checkpoint-000003" / "state.pt").write_bytes(b"cut")
    (run / "checkpoint-000002" / "complete.json").unlink()
    (run / ".checkpoint-000009.partial").mkdir()
    with caplog.at_level("INFO"):
        trainer = GRPOTrainer(GRPOConfig(**config))
        trainer._resume()
    assert trainer.step == 1
    assert "checkpoint-000003 is not whole" in caplog.text and "complete.json is missing" in caplog.text
    assert "was not finished when a run was interrupted" in caplog.text
    shutil.rmtree(run / "checkpoint-000001")
    with pytest.raises(ConfigError, match=r"no checkpoint in .* can be read"):
        GRPOTrainer(GRPOConfig(**config))._resume()


def test_a_run_goes_on_only_with_its_own_settings(small):
    GRPOTrainer(GRPOConfig(**small | {"max_steps": 1})).train()
    with pytest.raises(ConfigError, match="run with group_size 4, not 2"):
        GRPOTrainer(GRPOConfig(**small | {"group_size": 2})).train()


def test_rewards_and_action_spaces_can_be_overridden(small, tmp_path):
    class Mine(GRPOTrainer):
        def _calculate_reward(self, bricks: BrickStructure) -> float:
            if len(bricks) == 2:
                raise RuntimeError("I do not like two")
            return 10.0 + len(bricks)

        def _setup_action_space(self):
            self.seen = True
            return AbsoluteSpace(self.policy.tokenizer, 20, [(2, 2)])

    config = small | {"use_logit_masking": True, "max_steps": 2}
    trainer = Mine(GRPOConfig(**config))
    scored = []
    plain = trainer._scores
    trainer._scores = lambda tasks, rollouts: scored.extend(found := plain(tasks, rollouts)) or found
    trainer.train()
    assert trainer.seen and all(line["reward"] != 0 for line in comparable(tmp_path / "run"))
    assert {score.total for score in scored if score.bricks != 2} <= {10.0 + n for n in range(9)}
    bad = [score for score in scored if score.bricks == 2]
    assert all(
        score.total == 0 and score.reason == "_calculate_reward: RuntimeError: I do not like two"
        for score in bad
    )
    assert GRPOTrainer._calculate_reward(trainer, read_attempt([]).structure) == pytest.approx(-0.5)


def test_the_published_examples_of_overriding_run_as_they_are_written(small, tmp_path):
    class Published(GRPOTrainer):
        def __init__(self, config):
            super().__init__(config)
            self.stability_config = StabilityConfig(
                world_dimension=(config.world_dim,) * 3,
                g=9.8,  # Gravity
                T=100,  # Tension threshold
                print_log=False,
            )

        def _setup_action_space(self):
            pass

        def _calculate_reward(self, bricks: BrickStructure) -> float:
            return float(len(bricks))

    trainer = Published(GRPOConfig(**small | {"max_steps": 1, "criterion": "paper"}))
    assert isinstance(trainer.space, AbsoluteSpace)
    trainer.train()
    (line,) = comparable(tmp_path / "run")
    assert line["reward"] == line["bricks"] > 0

    class Sets(GRPOTrainer):
        def _setup_action_space(self):
            self.space = mine

    mine = AbsoluteSpace(trainer.policy.tokenizer, 20, [(2, 2)])
    assert Sets(GRPOConfig(**small)).space is mine


def test_a_reward_of_ones_own_that_is_no_number_is_said(small, tmp_path, caplog):
    class Mine(GRPOTrainer):
        def _calculate_reward(self, bricks):
            return float("nan") if len(bricks) else None

    with caplog.at_level("INFO"):
        target = Mine(GRPOConfig(**small | {"max_steps": 1})).train()
    assert comparable(tmp_path / "run")[0]["reward"] == 0
    assert "not one of 8 structures got a reward, _calculate_reward: " in caplog.text
    assert all(torch.isfinite(weight).all() for weight in weights_of(target).values())


def test_other_worlds_are_drawn_and_scored(small, tmp_path):
    for side in (10, 30):
        out = str(tmp_path / str(side))
        more = {
            "world_dim": side,
            "max_steps": 1,
            "out": out,
            "use_logit_masking": True,
            "criterion": "paper",
        }
        GRPOTrainer(GRPOConfig(**small | more)).train()
        assert (tmp_path / str(side) / "pictures" / "examples-000001.png").is_file()


def test_logs_go_to_tensorboard_and_files(small, tmp_path):
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    GRPOTrainer(
        GRPOConfig(**small | {"max_steps": 2, "report_to": ("tensorboard",), "criterion": "paper"})
    ).train()
    events = EventAccumulator(str(tmp_path / "run" / "tensorboard"))
    events.Reload()
    tags = events.Tags()
    assert {"loss", "kl", "learning_rate", "reward", "reward/stability", "stable"} <= set(tags["scalars"])
    assert "stability" in tags["histograms"] and "examples" in tags["images"]
    line = comparable(tmp_path / "run")[0]
    assert {"loss", "kl", "reward", "reward/stability", "reward/quality", "learning_rate", "valid"} <= set(
        line
    )
    assert (tmp_path / "run" / "pictures" / "examples-000001.png").read_bytes().startswith(b"\x89PNG")


def test_a_model_is_written_in_the_type_that_it_came_in(guessing_model, tmp_path):
    folder = tmp_path / "older"
    shutil.copytree(guessing_model, folder)
    for name in ("dtype", "torch_dtype"):
        config = json.loads((guessing_model / "config.json").read_text()) | {name: "bfloat16"}
        (folder / "config.json").write_text(json.dumps(config))
        assert load_policy(str(folder), device="cpu").first_type is torch.bfloat16


def test_weights_and_biases_gets_the_same(small, monkeypatch):
    import sys

    logged, opened = [], {}
    run = SimpleNamespace(log=logged.append, finish=lambda: logged.append("finished"))
    fake = SimpleNamespace(
        init=lambda **options: opened.update(options) or run,
        Histogram=lambda values: ("histogram", len(values)),
        Image=lambda pixels, caption: ("image", pixels.shape[2], caption),
        __spec__=ModuleSpec("wandb", None),  # libraries look whether it is installed
    )
    monkeypatch.setitem(sys.modules, "wandb", fake)
    GRPOTrainer(GRPOConfig(**small | {"max_steps": 1, "report_to": ("wandb",), "wandb_mode": "offline",
                                      "criterion": "paper"})).train()  # fmt: skip
    assert opened["mode"] == "offline" and opened["config"]["group_size"] == 4
    merged = {key: value for entry in logged[:-1] for key, value in entry.items()}
    assert merged["stability"][0] == "histogram" and merged["examples"][0] == "image" and "kl" in merged
    assert logged[-1] == "finished"
    began = opened["id"]
    GRPOTrainer(GRPOConfig(**small | {"max_steps": 2, "report_to": ("wandb",)})).train()
    assert opened["id"] == began and opened["mode"] is None  # which leaves it to W&B
    monkeypatch.setitem(sys.modules, "wandb", None)
    with pytest.raises(ConfigError, match="pip install wandb"):
        GRPOTrainer(GRPOConfig(**small | {"report_to": ("wandb",), "resume": False})).train()


def test_weights_and_biases_itself_writes_a_run_without_a_connection(small, tmp_path):
    pytest.importorskip("wandb")
    more = {"max_steps": 1, "report_to": ("wandb",), "wandb_mode": "offline", "criterion": "paper"}
    GRPOTrainer(GRPOConfig(**small | more)).train()
    (run,) = (tmp_path / "run" / "wandb").glob("offline-run-*")
    (file,) = run.glob("*.wandb")
    written = file.read_bytes()
    assert all(
        name in written for name in (b"reward/quality", b"learning_rate", b"kl", b"histogram", b"examples")
    )
    assert list(run.glob("files/media/images/*.png"))


def test_the_environment_of_weights_and_biases_counts_where_no_setting_says_otherwise(
    small, tmp_path, monkeypatch
):
    wandb = pytest.importorskip("wandb")
    wandb.teardown()  # it reads the environment once in a process
    for name, value in (("MODE", "offline"), ("PROJECT", "toys"), ("NAME", "a-name"), ("DIR", "elsewhere")):
        monkeypatch.setenv(f"WANDB_{name}", str(tmp_path / value) if name == "DIR" else value)
    (tmp_path / "elsewhere").mkdir()
    more = small | {"max_steps": 1, "report_to": ("wandb",)}
    GRPOTrainer(GRPOConfig(**more)).train()
    (run,) = (tmp_path / "elsewhere" / "wandb").glob("offline-run-*")
    (file,) = run.glob("*.wandb")
    assert b"toys" in file.read_bytes() and b"a-name" in file.read_bytes()
    assert not (tmp_path / "run" / "wandb").exists()
    wandb.teardown()
    monkeypatch.setenv("WANDB_MODE", "online")
    asked = {"wandb_mode": "offline", "wandb_project": "set", "out": str(tmp_path / "second")}
    GRPOTrainer(GRPOConfig(**more | asked)).train()
    (other,) = set((tmp_path / "elsewhere" / "wandb").glob("offline-run-*")) - {run}
    (file,) = other.glob("*.wandb")
    assert b"set" in file.read_bytes() and b"toys" not in file.read_bytes()


@pytest.mark.parametrize(
    ("settings", "environment", "expected"),
    [
        ((None, None), {}, {"WANDB_PROJECT": "usual", "WANDB_DIR": "run"}),
        (("mine", "offline"), {}, {"WANDB_PROJECT": "mine", "WANDB_DIR": "run", "WANDB_MODE": "offline"}),
        ((None, None), {"PROJECT": "toys", "MODE": "offline"}, {"WANDB_PROJECT": "toys", "WANDB_DIR": "run"}),
        (
            ("mine", "online"),
            {"PROJECT": "toys", "MODE": "offline", "DIR": "there"},
            {"WANDB_PROJECT": "mine", "WANDB_DIR": "there", "WANDB_MODE": "online"},
        ),
    ],
    ids=("neither", "settings", "environment", "both"),
)
def test_a_setting_beats_the_environment_and_that_our_default(settings, environment, expected, monkeypatch):
    for name in ("PROJECT", "MODE", "DIR"):
        monkeypatch.delenv(f"WANDB_{name}", raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(f"WANDB_{name}", value)
    assert wandb_environment(Path("run"), *settings, "usual") == expected


def test_a_default_of_the_environment_is_no_choice_and_others_are_checked():
    assert GRPOConfig().wandb_mode is None
    with pytest.raises(ConfigError, match="wandb_mode is 'of'; it must be one of online, offline"):
        GRPOConfig(wandb_mode="of")
    with pytest.raises(ConfigError, match="criterion is None; it must be one of"):
        GRPOConfig(criterion=None)


@pytest.mark.slow
@pytest.mark.timeout(3600)  # half a minute of work, which a busy machine may take long for
def test_scoring_takes_under_a_tenth_of_an_update(small, tmp_path):
    """The embedded model, eight structures for each of four captions, judged by the physics."""
    captions = ["a low table with four legs", "a high-backed chair", "a bench", "a tower with three storeys"]
    rows = [{"captions": [caption], "bricks": "2x2 (0,0,0)\n"} for caption in captions]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "data" / "train-00000.parquet")
    more = {"model_name_or_path": "nano", "group_size": 8, "batch_size": 4, "max_bricks": 150, "max_steps": 2,
            "num_epochs": 2, "criterion": "paper", "statements_weight": 1.0, "temperature": 0.8}  # fmt: skip
    GRPOTrainer(GRPOConfig(**small | more)).train()
    seconds = {name: sum(line[f"seconds/{name}"] for line in read_log(tmp_path / "run") if "reward" in line)
               for name in ("rollouts", "scoring", "update")}  # fmt: skip
    print(seconds)
    assert 0 < seconds["scoring"] < 0.1 * sum(seconds.values())


def test_adapters_checkpointing_and_bf16_train_too(small, tmp_path):
    pytest.importorskip("peft")
    more = {"lora_rank": 2, "gradient_checkpointing": True, "mixed_precision": "bf16", "max_steps": 2,
            "skip_even_groups": True, "num_iterations": 2}  # fmt: skip
    target = GRPOTrainer(GRPOConfig(**small | more)).train()
    assert not (target / "adapter_config.json").exists()
    assert np.isfinite([line["loss"] for line in comparable(tmp_path / "run")]).all()
    load_policy(str(target), device="cpu")


def test_pieces_of_an_update_add_up_to_the_whole(small, tmp_path):
    whole = GRPOTrainer(GRPOConfig(**small | {"max_steps": 1})).train()
    pieces = GRPOTrainer(
        GRPOConfig(**small | {"max_steps": 1, "micro_batch_tokens": 1, "out": str(tmp_path / "pieces")})
    ).train()
    assert set(weights_of(whole)) == set(weights_of(pieces))
    one, many = comparable(tmp_path / "run")[0], comparable(tmp_path / "pieces")[0]
    assert many == pytest.approx(one, rel=1e-4, abs=1e-6)  # of them the norm of all gradients


def test_two_processes_give_the_curve_of_one(small, tmp_path):
    """The same global batch, by gloo; sums in another order differ in the last digits of float32."""
    import os
    import socket
    import subprocess
    import sys

    config = small | {
        "max_steps": 3, "learning_rate": 1e-3, "batch_size": 2, "gradient_accumulation_steps": 2,
        "focus": 0.5, "criterion": "paper",
    }  # fmt: skip
    GRPOTrainer(GRPOConfig(**config)).train()
    file = tmp_path / "two.yaml"
    file.write_text(json.dumps(config | {"out": str(tmp_path / "two")}))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    shared = os.environ | {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    command = [sys.executable, "-m", "training", "grpo", "--config", str(file)]
    both = [subprocess.Popen(command, env=shared | {"RANK": str(rank)}) for rank in (0, 1)]
    assert [process.wait(timeout=300) for process in both] == [0, 0]
    one, two = comparable(tmp_path / "run"), comparable(tmp_path / "two")
    assert len(one) == 3
    for mine, theirs in zip(one, two, strict=True):
        assert theirs == pytest.approx(mine, rel=1e-4, abs=1e-6)


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("updater.log_probs", "in a pass over .* lower micro_batch_tokens"),
        ("sampler.sample", "in writing 8 structures at once; lower batch_size"),
        ("optimizers.step", "in the optimizer's step; train adapters with lora_rank"),
    ],
)
def test_memory_that_runs_out_is_said_with_what_to_change(small, monkeypatch, place, words):
    trainer = GRPOTrainer(GRPOConfig(**small))

    def exhausted(*_):
        raise RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to allocate")

    part, name = place.split(".")
    monkeypatch.setattr(getattr(trainer, part), name, exhausted)
    with pytest.raises(ModelError, match=f"out of memory {words}"):
        trainer.train()


def test_memory_for_the_reference_and_what_is_no_lack_of_memory(small, monkeypatch):
    def exhausted(_):
        raise MemoryError

    monkeypatch.setattr("training.grpo.trainer.copy", SimpleNamespace(deepcopy=exhausted))
    with pytest.raises(
        ModelError, match="second copy of the model, as reference; set beta to 0, or lora_rank"
    ):
        GRPOTrainer(GRPOConfig(**small))
    with pytest.raises(RuntimeError, match="sizes differ"), memory_for("nothing", "nothing"):
        raise RuntimeError("sizes differ")


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"batch_size": 3, "gradient_accumulation_steps": 5}, "update takes 15 captions .* the data has 8"),
        ({"mixed_precision": "fp16"}, "fp16 needs a CUDA device"),
        ({"max_bricks": 500}, "max_bricks"),
        ({"model_name_or_path": "runs/sft/model"}, "runs/sft/model: no such folder; name a model folder"),
    ],
)
def test_what_cannot_work_is_named(small, more, words):
    with pytest.raises((ConfigError, ModelError), match=words):
        GRPOTrainer(GRPOConfig(**small | more)).train()


def test_a_batch_must_divide_among_processes(small, monkeypatch):
    monkeypatch.setattr(
        "training.grpo.trainer.Team", lambda device: type("Three", (), {"size": 3, "rank": 0})()
    )
    with pytest.raises(
        ConfigError, match="batch_size 2 does not divide among 3 processes; make it a multiple of 3"
    ):
        GRPOTrainer(GRPOConfig(**small))


def test_data_without_the_columns_is_named(small, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    pq.write_table(pa.table({"caption": ["a"]}), other / "train-00000.parquet")
    with pytest.raises(FormatError, match="has the columns caption; it needs captions and bricks"):
        GRPOTrainer(GRPOConfig(**small | {"data": str(other)}))


def test_a_config_file_is_read_and_flags_override_it(tmp_path, capsys):
    file = tmp_path / "run.yaml"
    file.write_text("learning_rate: 1e-4\ngroup_size: 4\nreport_to: [tensorboard]\nuse_gurobi: no\n")
    config = read_settings(
        GRPOConfig, "grpo", "", ["--config", str(file), "--group_size", "6", "--resume", "false"]
    )
    assert (config.learning_rate, config.group_size, config.report_to) == (1e-4, 6, ("tensorboard",))
    assert (config.use_gurobi, config.resume) == (False, False)
    file.write_text("learning_rat: 1e-4\n")
    with pytest.raises(
        ConfigError, match=r"run.yaml: learning_rat is no setting; did you mean learning_rate\?"
    ):
        read_settings(GRPOConfig, "grpo", "", ["--config", str(file)])
    file.write_text("group_size: many\n")
    with pytest.raises(ConfigError, match="group_size is 'many'; it must be a whole number"):
        read_settings(GRPOConfig, "grpo", "", ["--config", str(file)])
    for value in ("inf", "nan"):
        with pytest.raises(ConfigError, match=f"group_size is '{value}'; it must be a whole number"):
            read_settings(GRPOConfig, "grpo", "", ["--group-size", value])
        with pytest.raises(ConfigError, match=f"quality_weight is '{value}'; it must be a number"):
            read_settings(GRPOConfig, "grpo", "", ["--quality-weight", value])
        with pytest.raises(ConfigError, match=f"quality_weight is {value}; it must be a number"):
            GRPOConfig(quality_weight=float(value))
    file.write_text("mixed_precision: no\n")  # which YAML reads as false
    assert read_settings(GRPOConfig, "grpo", "", ["--config", str(file)]).mixed_precision == "no"
    with pytest.raises(ConfigError, match=r"mixed_precision is 'bf61'; .* did you mean bf16\?"):
        GRPOConfig(mixed_precision="bf61")
    with pytest.raises(ConfigError, match="group_size is 1"):
        GRPOConfig(group_size=1)
    with pytest.raises(SystemExit):
        read_settings(GRPOConfig, "grpo", "", ["--help"])
    shown = capsys.readouterr().out
    assert all(f"--{item.name.replace('_', '-')}" in shown for item in fields(GRPOConfig))


def test_every_config_in_the_folder_can_be_read():
    from pathlib import Path

    folder = Path(__file__).resolve().parents[2] / "training" / "configs"
    paths = sorted(folder.glob("grpo-*.yaml"))
    assert {"grpo-nano.yaml", "grpo-small.yaml"} <= {path.name for path in paths}
    for path in paths:
        assert read_settings(GRPOConfig, "grpo", "", ["--config", str(path)])


def test_the_command_says_errors_in_one_line(small, tmp_path, capsys):
    from training.grpo.__main__ import main

    file = tmp_path / "run.yaml"
    file.write_text(json.dumps(small | {"max_steps": 1}))
    main(["--config", str(file)])
    assert capsys.readouterr().out.strip().endswith("model")
    with pytest.raises(SystemExit) as stopped:
        main(["--config", str(file), "--data", str(tmp_path / "nowhere")])
    assert stopped.value.code == 3 and "error: " in capsys.readouterr().err
    assert isinstance(read_attempt([]), Attempt)
