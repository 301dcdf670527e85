"""Rollouts: many structures written at once, each with random numbers of its own.

What a row draws depends on its own seed alone, not on who shares its batch, so a run gives the same
rollouts however many processes share it, and goes on exactly where it was stopped.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch

from brickgpt_engine.bricks import BrickStructure
from brickgpt_engine.decoding.tokenizer import TextTokenizer
from training.actions import ActionSpace, Cursor
from training.grpo.decoder import BatchDecoder
from training.rewards.attempt import Written

Seed = tuple[int, ...]
_CLOSE_UP = 0.8
"""Rows close up once fewer than this share of them are still being written."""


@dataclass(frozen=True)
class SamplingConfig:
    """How rollouts are drawn.

    Attributes:
        temperature: of the softmax.
        top_k: most likely tokens kept; 0 keeps all.
        top_p: probability mass kept.
        use_logit_masking: only tokens that the action space's grammar allows.
        max_brick_rejections: how often a brick that cannot be placed is drawn again; 0 never looks.
        max_bricks: lines after which a text is cut off.
        max_tokens: tokens after which a text is cut off.
        world_dim: cells of a side of the world.
    """

    temperature: float = 1.0
    top_k: int = 0
    top_p: float = 1.0
    use_logit_masking: bool = False
    max_brick_rejections: int = 0
    max_bricks: int = 100
    max_tokens: int = 1001
    world_dim: int = 20


@dataclass(frozen=True, slots=True)
class Rollout:
    """One written structure.

    Attributes:
        prompt: ids read before it.
        tokens: ids written, with the end token where the model ended the text itself.
        lines: what the lines say.
        line_ends: for each line, how many tokens there are up to its end.
        ended: whether the model ended the text itself.
        rejections: lines that were taken back.
    """

    prompt: tuple[int, ...]
    tokens: tuple[int, ...]
    lines: tuple[Written, ...]
    line_ends: tuple[int, ...]
    ended: bool
    rejections: int = 0


@dataclass(slots=True)
class _Row:
    """A text that is being written.

    ``start`` holds the logits at the beginning of the current line, where lines may be taken back.
    """

    prompt: tuple[int, ...]
    rng: np.random.Generator
    tokens: list[int] = field(default_factory=list)
    line_ends: list[int] = field(default_factory=list)
    lines: list[Written] = field(default_factory=list)
    structure: BrickStructure | None = None
    cursor: Cursor | None = None
    start: torch.Tensor | None = None
    attempts: int = 0
    rejections: int = 0
    ended: bool = False

    @property
    def line_start(self) -> int:
        """Tokens before the current line."""
        return self.line_ends[-1] if self.line_ends else 0


class Sampler:
    """Writes rollouts with a decoder.

    Args:
        tokenizer: the model's.
        space: how lines are read, and the grammar where tokens are masked.
        config: how to draw.
    """

    def __init__(self, tokenizer: TextTokenizer, space: ActionSpace, config: SamplingConfig) -> None:
        self._tokenizer, self._space, self.config = tokenizer, space, config
        self._breaks = frozenset(
            token for token in range(tokenizer.vocab_size) if "\n" in tokenizer.decode([token])
        )

    @torch.inference_mode()
    def sample(
        self,
        new_decoder: Callable[[int], BatchDecoder],
        prompts: Sequence[Sequence[int]],
        seeds: Sequence[Sequence[Seed]],
    ) -> list[list[Rollout]]:
        """Rollouts of each prompt, one for each of its seeds.

        Args:
            new_decoder: makes a decoder of the model for so many columns.
            prompts: ids of each prompt.
            seeds: for each prompt, the seeds of its rollouts.
        """
        decoder = new_decoder(max(map(len, prompts)) + self.column_limit)
        logits = decoder.prefill(prompts)
        copies = torch.tensor([number for number, each in enumerate(seeds) for _ in each])
        decoder.keep(copies)
        rows = [self._row(prompts[number], seed) for number, each in enumerate(seeds) for seed in each]
        self._write(decoder, logits[copies.to(logits.device)], rows)
        finished = iter(rows)
        return [[self._rollout(next(finished)) for _ in each] for each in seeds]

    @property
    def column_limit(self) -> int:
        """Most cache columns that a text takes: lines that were taken back keep theirs."""
        spare = self._space.line_tokens() * self.config.max_brick_rejections if self._checks else 0
        return self.config.max_tokens + spare

    @property
    def _checks(self) -> bool:
        return self.config.max_brick_rejections > 0

    def _row(self, prompt: Sequence[int], seed: Seed) -> _Row:
        row = _Row(tuple(prompt), np.random.default_rng(list(seed)))
        if self._checks:
            row.structure = BrickStructure(world_dim=self.config.world_dim)
        if self.config.use_logit_masking:
            row.cursor = self._space.cursor(0)
        return row

    def _write(self, decoder: BatchDecoder, logits: torch.Tensor, rows: Sequence[_Row]) -> None:
        """Write until every row is done. ``slots`` are the decoder's rows, with None for finished ones."""
        slots: list[_Row | None] = list(rows)
        columns = 0
        while True:
            self._note_starts(logits, slots)
            tokens = self._draw(logits, slots)
            for place, row in enumerate(slots):
                if row is not None:
                    tokens[place], done = self._take(row, tokens[place], place, decoder)
                    slots[place] = None if done else row
            left = [place for place, row in enumerate(slots) if row is not None]
            columns += 1
            if not left or columns >= self.column_limit:
                return
            if len(left) < _CLOSE_UP * len(slots):
                decoder.keep(torch.tensor(left))
                slots, tokens = [slots[place] for place in left], [tokens[place] for place in left]
            logits = decoder.step(torch.tensor(tokens))

    def _note_starts(self, logits: torch.Tensor, slots: Sequence[_Row | None]) -> None:
        """Keep the logits of rows that stand at the start of a line, where lines may be taken back."""
        if self._checks:
            for place, row in enumerate(slots):
                if row is not None and len(row.tokens) == row.line_start:
                    row.start = logits[place].clone()

    def _draw(self, logits: torch.Tensor, slots: Sequence[_Row | None]) -> list[int]:
        """One token for each row; for finished rows whatever, as nobody looks."""
        uniform = torch.tensor([0.5 if row is None else row.rng.random() for row in slots])
        scaled = logits / self.config.temperature
        if self.config.use_logit_masking:
            scaled = _allowed_only(scaled, slots)
        return draw(scaled, uniform, self.config.top_k, self.config.top_p)

    def _take(self, row: _Row, token: int, place: int, decoder: BatchDecoder) -> tuple[int, bool]:
        """Give a row its token; answers the token that it kept, and whether the row is done."""
        while True:
            row.tokens.append(token)
            if token == self._tokenizer.eos_id:
                row.ended = True
                return token, True
            if row.cursor is not None:
                row.cursor.step(token)
            if token not in self._breaks:
                return token, len(row.tokens) >= self.config.max_tokens
            if self._accepted(row):
                full = len(row.line_ends) >= self.config.max_bricks
                return token, full or len(row.tokens) >= self.config.max_tokens
            decoder.take_back(place, len(row.tokens) - row.line_start - 1)  # the last one is not read yet
            del row.tokens[row.line_start :]
            if row.attempts > self.config.max_brick_rejections or row.start is None:
                return token, True
            self._reopen(row)
            token = self._draw(row.start[None], [row])[0]

    def _accepted(self, row: _Row) -> bool:
        """Close the line that was just written, unless its brick has to be taken back."""
        if row.structure is not None:
            text = self._tokenizer.decode(row.tokens[row.line_start :])
            line = self._space.read(text, row.lines)[-1]
            if isinstance(line, str) or row.structure.add(line) is not None:
                row.attempts += 1
                row.rejections += 1
                return False
            row.lines.append(line)
        row.line_ends.append(len(row.tokens))
        row.attempts = 0
        self._reopen(row)
        return True

    def _reopen(self, row: _Row) -> None:
        if row.cursor is not None:
            row.cursor = self._space.cursor(len(row.line_ends))

    def _rollout(self, row: _Row) -> Rollout:
        written = row.tokens[:-1] if row.ended else row.tokens
        lines = self._space.read(self._tokenizer.decode(written)) if written else []
        ends = (row.line_ends + [len(row.tokens)] * len(lines))[: len(lines)]
        return Rollout(row.prompt, tuple(row.tokens), tuple(lines), tuple(ends), row.ended, row.rejections)


def draw(logits: torch.Tensor, uniform: torch.Tensor, top_k: int = 0, top_p: float = 1.0) -> list[int]:
    """One token a row by inverting the distribution function.

    Args:
        logits: (rows, vocab), divided by the temperature.
        uniform: (rows,) in [0, 1).
        top_k: most likely tokens kept; 0 keeps all.
        top_p: the smallest set of likely tokens with at least this mass is kept.
    """
    if top_k and top_k < logits.shape[-1]:
        least = logits.topk(top_k, dim=-1).values[:, -1:]
        logits = logits.masked_fill(logits < least, -torch.inf)
    share = logits.softmax(-1)
    if top_p < 1:
        ordered, _ = share.sort(dim=-1, descending=True)
        before = ordered.cumsum(-1) - ordered
        least = ordered.masked_fill(before >= top_p, torch.inf).amin(-1, keepdim=True)
        share = share.masked_fill(share < least, 0.0)
    steps = share.cumsum(-1)
    goal = uniform.to(share.device, share.dtype)[:, None] * steps[:, -1:]
    found = torch.searchsorted(steps, goal, right=True).clamp(max=logits.shape[-1] - 1)
    tokens: list[int] = found[:, 0].tolist()
    return tokens


def _allowed_only(logits: torch.Tensor, slots: Sequence[_Row | None]) -> torch.Tensor:
    """The logits with all but what each row's grammar allows at minus infinity."""
    masked = torch.full_like(logits, -torch.inf)
    for place, row in enumerate(slots):
        if row is None or row.cursor is None:
            masked[place, 0] = 0.0
        else:
            allowed = torch.from_numpy(row.cursor.allowed).to(logits.device)
            masked[place, allowed] = logits[place, allowed]
    return masked
