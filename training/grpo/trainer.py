"""The GRPO trainer: write groups of structures, score them, move the policy towards the better ones.

One update, in :meth:`GRPOTrainer.update`, fits on a screen. What it is made of lives beside it: rollouts in
:mod:`.sampling`, rewards in :mod:`training.rewards`, the mathematics in :mod:`.objective`.
"""

from __future__ import annotations

import copy
import logging
import math
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from brickgpt_engine.bricks import BrickStructure
from brickgpt_engine.decoding.torch_llama import pick_device
from brickgpt_engine.errors import ConfigError, OutputError
from training.actions import AbsoluteSpace, ActionSpace, footprints_of, mark
from training.checkpoints import newest_checkpoint, restore_rng, rng_states, write_checkpoint
from training.distributed import Team
from training.grpo.config import GRPOConfig
from training.grpo.decoder import BatchDecoder, decoder_for
from training.grpo.objective import credit, group_advantages, token_weights
from training.grpo.optimizers import Optimizers
from training.grpo.report import facts, means, merged, sheet
from training.grpo.sampling import Rollout, Sampler, SamplingConfig, Seed
from training.grpo.tasks import Course, read_entries
from training.grpo.update import Example, Sums, Updater
from training.memory import keep_freed_memory, memory_for
from training.options import dumped
from training.policies import Policy, load_policy
from training.rewards import Judge, Sample, Score, Scorer, StabilityConfig, Task, choose_physics
from training.trackers import Trackers

_LOG = logging.getLogger(__name__)
_FIXED = ("model_name_or_path", "data", "split", "action_space", "group_size", "batch_size",
          "gradient_accumulation_steps", "focus", "optimizer", "lora_rank", "seed")  # fmt: skip
"""Settings that a run cannot change when it goes on."""
_NO_REWARD = "_calculate_reward"
"""How the reason of a sample begins whose own reward could not be computed."""


class GRPOTrainer:
    """Tunes a model by the rewards of what it writes.

    Override :meth:`_calculate_reward` for another reward and :meth:`_setup_action_space` for another way
    to write bricks; set :attr:`stability_config` in a subclass's ``__init__`` for other physical constants.

    Args:
        config: all settings.

    Attributes:
        policy: the model that is trained, with its tokenizer.
        stability_config: constants of the force model.
        space: the action space.
        step: updates made so far.

    Raises:
        BrickGPTError: settings, data or model that cannot be used; the message says what to change.
    """

    def __init__(self, config: GRPOConfig) -> None:
        self.config = config
        if config.threads:
            torch.set_num_threads(config.threads)
        torch.manual_seed(config.seed)
        device = pick_device(config.device)
        if device == "cpu":
            keep_freed_memory()
        self.team = Team(device)
        self.policy = load_policy(config.model_name_or_path, device=device, style=config.instruction_format)
        self._check_division()
        self.out = Path(config.out)
        self.stability_config = StabilityConfig(world_dimension=(config.world_dim,) * 3)
        own = self._setup_action_space() or getattr(self, "space", None)
        self.space: ActionSpace = own or GRPOTrainer._setup_action_space(self)
        entries = read_entries(config.data, config.split, config.max_prompts)
        self.course = Course(entries, config.step_prompts, config.seed, config.focus)
        self.steps = self.course.steps_per_epoch * config.num_epochs
        self.steps = min(self.steps, config.max_steps or self.steps)
        self._reference = self._prepare_model()
        self.updater = Updater(self.policy.model, self._reference, config, self.policy.device)
        self.optimizers = Optimizers(self.policy.model, config, self.steps)
        self.sampler = Sampler(self.policy.tokenizer, self.space, self._sampling())
        self._judge: Judge | None = None
        self._held_out = self._held_out_tasks() if config.eval_steps else []
        self.step = 0
        self.best = float("-inf")

    def _check_division(self) -> None:
        if self.config.batch_size % self.team.size:
            raise ConfigError(
                f"batch_size {self.config.batch_size} does not divide among {self.team.size} processes; "
                f"make it a multiple of {self.team.size}"
            )

    def _setup_action_space(self) -> ActionSpace:
        """How bricks are written: the space that the config names.

        Override it to answer with another, or to set :attr:`space`; one that does neither keeps this one.
        """
        config = self.config
        if self.policy.action_space not in ("", config.action_space):
            raise ConfigError(
                f"{config.model_name_or_path} writes in the action space {self.policy.action_space}; set "
                f"action_space to that, not {config.action_space}"
            )
        footprints = footprints_of(config.num_brick_types)
        if config.action_space == "pivot":
            from training.actions import PivotSpace

            return PivotSpace(
                self.policy.tokenizer,
                config.world_dim,
                footprints,
                max_offset=config.max_offset_distance,
                max_bricks=config.max_bricks,
            )
        return AbsoluteSpace(self.policy.tokenizer, config.world_dim, footprints)

    def _calculate_reward(self, bricks: BrickStructure) -> float:
        """The reward of a structure. Override it for another; what it raises costs that sample its reward.

        As it stands it scores the structure alone, without caption or faults: the trainer scores
        rollouts with all parts of :mod:`training.rewards`, in parallel, unless this is overridden.
        """
        return self.judge.score(Sample(bricks.bricks, True, Task())).total

    @property
    def judge(self) -> Judge:
        """How samples are scored: the config's weights, and the best physics that this machine has."""
        if self._judge is None:
            config = self.config
            physics, words = choose_physics(config.criterion, config.use_gurobi, self.stability_config)
            if words:
                self._tell(words)
            self._judge = Judge(config.weights, physics, config.world_dim, config.length_target)
        return self._judge

    def _prepare_model(self) -> Any:
        """Adapters, checkpointing and the reference model; answers that, or None."""
        config = self.config
        if config.lora_rank:
            self.policy.model = _with_adapters(self.policy.model, config.lora_rank)
        reference = None
        if config.beta and not config.lora_rank:
            with memory_for("a second copy of the model, as reference", "set beta to 0, or lora_rank"):
                reference = copy.deepcopy(self.policy.model).eval().requires_grad_(False)
        if config.gradient_checkpointing:
            self.policy.model.gradient_checkpointing_enable({"use_reentrant": False})
            self.policy.model.enable_input_require_grads()
            self.policy.model.train()
        else:
            self.policy.model.eval()  # no dropout: the policy that writes is the policy that learns
        return reference

    def _sampling(self) -> SamplingConfig:
        config = self.config
        most = config.max_completion_length or config.max_bricks * self.space.line_tokens() + 1
        return SamplingConfig(
            temperature=config.temperature,
            top_k=config.top_k,
            top_p=config.top_p,
            use_logit_masking=config.use_logit_masking,
            max_brick_rejections=config.max_brick_rejections,
            max_bricks=config.max_bricks,
            max_tokens=most,
            world_dim=config.world_dim,
        )

    def train(self) -> Path:
        """Train to the end; answers the folder of the tuned model.

        Raises:
            BrickGPTError: memory or disk ran out, or a checkpoint cannot be used.
        """
        self._resume()
        self._trackers = self._open_trackers()
        with Scorer(self.judge, self.config.reward_workers) as self._scorer:
            while self.step < self.steps:
                self.update()
        if not (self.out / f"checkpoint-{self.step:06d}").exists():
            self._save()
        target = self.out / "model"
        if self.team.first:
            self._export(target)
            self._trackers.close() if self._trackers else None
        self.team.wait()
        self.team.close()
        return target

    def update(self) -> None:
        """One update of the policy: write, score, compare within groups, step."""
        config, began = self.config, time.perf_counter()
        tasks, rollouts, scores = self._experience()
        wrote = time.perf_counter()
        rewards = torch.tensor([score.total for score in scores], dtype=torch.float64)
        advantages = group_advantages(rewards.view(-1, config.group_size), config.scale_rewards).flatten()
        examples = self._examples(rollouts, scores, advantages)
        rate = self.optimizers.rate
        for _ in range(config.num_iterations):
            sums = self.updater.accumulate(examples)
            norm = self._apply()
        self.step += 1
        self._note(tasks, scores)
        seconds = {"rollouts": wrote - began - self._scoring_s, "scoring": self._scoring_s,
                   "update": time.perf_counter() - wrote}  # fmt: skip
        self._report(tasks, rollouts, scores, sums, {"learning_rate": rate, "gradient_norm": norm}, seconds)
        if config.eval_steps and self.step % config.eval_steps == 0:
            self.evaluate()
        if self.step % config.save_steps == 0:
            self._save()

    def _experience(self) -> tuple[list[Task], list[Rollout], list[Score]]:
        """This process's rollouts of an update, with their tasks and scores, group after group."""
        config = self.config
        wanted = self.course.tasks(self.step)
        tasks: list[Task] = []
        rollouts: list[Rollout] = []
        places, batch = self._places(), config.batch_size // self.team.size
        for start in range(0, len(places), batch):
            mine = places[start : start + batch]
            seeds = [
                [(config.seed, self.step, place, copy_) for copy_ in range(config.group_size)]
                for place in mine
            ]
            prompts = [self.policy.prompt(wanted[place].caption) for place in mine]
            for place, group in zip(mine, self._written(prompts, seeds), strict=True):
                rollouts += group
                tasks += [wanted[place]] * len(group)
        began = time.perf_counter()
        scores = self._scores(tasks, rollouts)
        self._scoring_s = time.perf_counter() - began
        return tasks, rollouts, scores

    def _note(self, tasks: Sequence[Task], scores: Sequence[Score]) -> None:
        """Tell the course which groups of all processes stood, in one order for everybody."""
        if not self.config.focus:
            return
        size = self.config.group_size
        stood = [
            sum(score.stable for score in scores[place : place + size]) / size
            for place in range(0, len(scores), size)
        ]
        mine = list(zip(self._places(), (task.category for task in tasks[::size]), stood, strict=True))
        together = sorted(result for each in self.team.gather(mine) for result in each)
        self.course.note([(category, share) for _, category, share in together])

    def _places(self) -> list[int]:
        """Which of an update's captions are this process's, in the order in which it writes for them."""
        size = self.config.batch_size
        return [
            batch * size + place
            for batch in range(self.config.gradient_accumulation_steps)
            for place in self.team.share(size)
        ]

    def _written(
        self, prompts: Sequence[Sequence[int]], seeds: Sequence[Sequence[Seed]]
    ) -> list[list[Rollout]]:
        """Rollouts of each prompt, one for each of its seeds."""
        advice = (
            "lower batch_size (and raise gradient_accumulation_steps for it), group_size, max_bricks or "
            "max_brick_rejections"
        )
        with memory_for(f"writing {sum(map(len, seeds))} structures at once", advice):
            return self.sampler.sample(self._decoder, prompts, seeds)

    def _decoder(self, columns: int) -> BatchDecoder:
        return decoder_for(self.policy.model, columns, self.updater.dtype)

    def _scores(self, tasks: Sequence[Task], rollouts: Sequence[Rollout]) -> list[Score]:
        """Scores in parallel; by :meth:`_calculate_reward` where a subclass has its own."""
        samples = [
            Sample(rollout.lines, rollout.ended, task) for task, rollout in zip(tasks, rollouts, strict=True)
        ]
        scores = self._scorer.score(samples)
        if type(self)._calculate_reward is not GRPOTrainer._calculate_reward:
            scores = [self._custom(sample, score) for sample, score in zip(samples, scores, strict=True)]
            if scores and all(score.reason.startswith(_NO_REWARD) for score in scores):
                self._tell(f"not one of {len(scores)} structures got a reward, {scores[0].reason}")
        return scores

    def _custom(self, sample: Sample, score: Score) -> Score:
        """The score with its total by the overridden reward; what that raises is the sample's reason."""
        from dataclasses import replace

        from training.rewards import read_attempt

        structure = read_attempt(sample.lines, world_dim=self.config.world_dim).structure
        try:
            total = float(self._calculate_reward(structure))
            if not math.isfinite(total):
                raise ValueError(f"the reward is {total}")
            return replace(score, total=total)
        except Exception as error:  # noqa: BLE001  (somebody's reward may raise anything: the sample is data)
            return replace(score, total=0.0, reason=f"{_NO_REWARD}: {type(error).__name__}: {error}")

    def _examples(
        self, rollouts: Sequence[Rollout], scores: Sequence[Score], advantages: torch.Tensor
    ) -> list[Example]:
        """What the update learns from; the weights are those of the whole update, over all processes."""
        chosen = [
            place
            for place in range(len(rollouts))
            if not self.config.skip_even_groups or advantages[place] != 0
        ]
        lengths = [len(rollouts[place].tokens) for place in chosen]
        sequences, tokens = self.team.total([float(len(chosen)), float(sum(lengths))])
        weights = token_weights(lengths, self.config.loss_type, int(sequences), int(tokens))
        return [
            Example(
                rollouts[place],
                advantages[place].float() * self._credit(rollouts[place], scores[place]),
                float(weight),
            )
            for place, weight in zip(chosen, weights, strict=True)
        ]

    def _credit(self, rollout: Rollout, score: Score) -> torch.Tensor:
        """The share of its advantage that each token of a rollout gets."""
        return credit(rollout.line_ends, len(rollout.tokens), score.fault, self.config.gamma, score.weak)

    def _apply(self) -> float:
        """Sum gradients over processes, clip them, and step; answers their norm."""
        parameters = list(self.policy.model.parameters())
        self.team.sum_gradients(parameters)
        for optimizer in self.optimizers.each:
            self.updater.scaler.unscale_(optimizer)
        norm = torch.nn.utils.clip_grad_norm_(parameters, self.config.max_grad_norm or float("inf"))
        with memory_for("the optimizer's step", "train adapters with lora_rank"):
            self.optimizers.step(self.updater.scaler)
        return float(norm)

    def _held_out_tasks(self) -> list[tuple[int, Task]]:
        """This process's held-out captions, with their numbers among all."""
        config = self.config
        entries = read_entries(config.data, config.eval_split, config.eval_prompts)
        numbered = [(number, entry.task(0)) for number, entry in enumerate(entries)]
        return numbered[self.team.rank :: self.team.size]

    @torch.no_grad()
    def evaluate(self) -> dict[str, float]:
        """Means over held-out captions, one rollout each; the best model so far is kept in ``best``."""
        config = self.config
        tasks = [task for _, task in self._held_out]
        rollouts: list[Rollout] = []
        for start in range(0, len(tasks), 32):
            prompts = [self.policy.prompt(task.caption) for task in tasks[start : start + 32]]
            numbers = [number for number, _ in self._held_out[start : start + 32]]
            seeds: list[list[Seed]] = [[(config.seed, 2**31, number)] for number in numbers]
            for group in self._written(prompts, seeds):
                rollouts += group
        measures = merged(self.team.gather(facts(rollouts, self._scores(tasks, rollouts))))
        found = {f"eval/{name}": value for name, value in means(measures).items()}
        self._keep_best(found)
        return found

    def _keep_best(self, found: dict[str, float]) -> None:
        if not self.team.first:
            return
        if self._trackers:
            self._trackers.numbers(self.step, found)
        self._tell("held out: " + ", ".join(f"{k.removeprefix('eval/')} {v:.3f}" for k, v in found.items()))
        if found["eval/reward"] > self.best:
            self.best = found["eval/reward"]
            self._export(self.out / "best")

    def _report(
        self,
        tasks: Sequence[Task],
        rollouts: Sequence[Rollout],
        scores: Sequence[Score],
        sums: Sums,
        more: dict[str, float],
        seconds: dict[str, float],
    ) -> None:
        """Log an update where one is due: the mean over all processes of everything measured."""
        if self.step % self.config.logging_steps and self.step != 1:
            return
        measures = merged(self.team.gather(facts(rollouts, scores)))
        loss, kl, clipped, tokens = self.team.total([sums.loss, sums.kl, sums.clipped, sums.tokens])
        values = {
            "loss": loss,
            "kl": kl / max(tokens, 1),
            "clipped": clipped / max(tokens, 1),
            **more,
            **means(measures),
            **{f"seconds/{name}": value for name, value in seconds.items()},
        }
        if not self.team.first or self._trackers is None:
            return
        self._trackers.numbers(self.step, values)
        self._trackers.spread(self.step, "stability", measures["min_stability"])
        size = self.config.group_size
        shown = range(0, len(tasks), size)
        picked = ([items[place] for place in shown] for items in (tasks, rollouts, scores))
        png = sheet(*picked, self.config.world_dim)  # type: ignore[arg-type]
        self._trackers.picture(self.step, "examples", png, f"update {self.step}")
        shown_names = ("loss", "kl", "reward", "valid", "stable", "bricks")
        self._tell(
            f"update {self.step}/{self.steps}: "
            + ", ".join(f"{name} {values.get(name, 0):.3f}" for name in shown_names)
            + f", {sum(seconds.values()):.1f} s ({seconds['scoring'] / sum(seconds.values()):.0%} scoring)"
        )

    def _open_trackers(self) -> Trackers | None:
        if not self.team.first:
            return None
        config = self.config
        return Trackers(
            self.out,
            config.report_to,
            project=config.wandb_project,
            mode=config.wandb_mode,
            settings=dumped(config),
            after=self.step,
        )

    def _save(self) -> None:
        """Write a checkpoint: model, tokenizer, optimizer, scheduler, generators, progress."""
        states = self.team.gather(rng_states())
        if self.team.first:
            state = {
                "step": self.step,
                "best": self.best,
                "misses": self.course.misses,
                "rng": states,
                "weights": self.policy.model.state_dict(),
                "settings": dumped(self.config),
                "scaler": self.updater.scaler.state_dict(),
                **self.optimizers.state(),
            }
            write_checkpoint(self.out, self.step, self._save_model, state, self.config.save_total_limit)
        self.team.wait()

    def _save_model(self, folder: Path) -> None:
        self.policy.save(folder)
        mark(folder, self.space)

    def _resume(self) -> None:
        """Go on from the newest whole checkpoint, where there is one and the config lets it."""
        try:
            self.out.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(
                f"cannot make the folder {self.out}: {error.strerror}; choose another out"
            ) from error
        found = newest_checkpoint(self.out, self._tell) if self.config.resume else None
        if found is None:
            return
        path, state = found
        mine = dumped(self.config)
        for name in _FIXED:
            if state["settings"].get(name, mine[name]) != mine[name]:
                raise ConfigError(
                    f"{path} is of a run with {name} {state['settings'].get(name)}, not {mine[name]}; "
                    "give the same settings, another out, or resume: false"
                )
        self.policy.model.load_state_dict(state["weights"])
        self.optimizers.load(state)
        self.updater.scaler.load_state_dict(state["scaler"])
        restore_rng(state["rng"][min(self.team.rank, len(state["rng"]) - 1)])
        self.step, self.best = state["step"], state["best"]
        self.course.misses.update(state.get("misses", {}))
        self._tell(f"going on from {path}")

    def _export(self, target: Path) -> None:
        """A model folder as the model came: adapters merged, weights in their first type."""
        policy = self.policy
        if self.config.lora_rank:
            merged_model = copy.deepcopy(policy.model).merge_and_unload()
            policy = Policy(merged_model, policy.tokenizer, policy.style, policy.source)
        policy.save(target, policy.first_type)
        mark(target, self.space)

    def _tell(self, words: str) -> None:
        if self.team.first:
            _LOG.info(words)


def _with_adapters(model: Any, rank: int) -> Any:
    """``model`` with LoRA adapters on queries and values, as the published weights have them."""
    from peft import LoraConfig, get_peft_model

    settings = LoraConfig(
        r=rank,
        lora_alpha=rank // 2 or 1,
        lora_dropout=0.0,
        target_modules=["q_proj", "v_proj"],
        task_type="CAUSAL_LM",
    )
    return get_peft_model(model, settings)
