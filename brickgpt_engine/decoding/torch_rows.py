"""Several sequences of one transformers model in one preallocated cache, read in common passes.

Each sequence has a row. A pass takes new tokens of any rows, writes their keys and values where the row
stands, and lets each look at its own past; a row that has nothing to read computes along without
harm, since what it writes lies beyond its length. Going back is therefore nothing but a shorter length.
On CUDA short passes are replayed as graphs, one per number of tokens: launching a small model's
kernels one by one takes longer than running them.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from brickgpt_engine.decoding.tokens import Rows, TokenIds
from brickgpt_engine.errors import ModelError

LONG = 32
"""From so many new tokens on, a row is read alone; others would wait for its padding."""
_FIRST_CAPACITY = 1024
_PLAIN_HEADS = ("LlamaForCausalLM", "MistralForCausalLM", "Qwen2ForCausalLM", "Qwen3ForCausalLM")
"""Models whose logits are hidden states times the output matrix, so that a part of it can be taken."""


@dataclass(frozen=True, slots=True)
class Request:
    """Tokens that a row reads: the last ``keep`` of them want logits, of the tokens ``only`` (None: all)."""

    row: int
    ids: Sequence[int]
    keep: int = 1
    only: TokenIds | None = None


def has_plain_cache(model: Any) -> bool:
    """Whether every layer of a transformers model sees its whole past and nothing else."""
    from transformers import DynamicCache
    from transformers.cache_utils import DynamicLayer

    layers = DynamicCache(config=model.config).layers
    return bool(layers) and all(type(layer) is DynamicLayer for layer in layers)


def _cache_name(model: Any) -> str:
    """What the cache is called in a call of ``model``; transformers renames it."""
    return "cache" if "cache" in inspect.signature(model.forward).parameters else "past_key_values"


class TorchRows:
    """A transformers model with a cache of ``count`` rows.

    Args:
        model: a causal language model in evaluation mode, for which :func:`has_plain_cache` holds.
        device: where it is.
        count: most sequences.
        context: most tokens of each.

    Attributes:
        lengths: tokens in each row, shape (count,); shortened by whoever goes back.
    """

    def __init__(self, model: Any, device: str, count: int, context: int) -> None:
        import torch

        self._torch: Any = torch
        self._model, self._device, self.count = model, device, count
        self._most = context + LONG  # a row may be padded beyond its end
        self.lengths = np.zeros(count, dtype=np.int64)
        self._capacity = 0
        self._cache: Any = None
        self._place = _Place()
        self._graphs: dict[int, Any] = {}
        self._head = model.get_output_embeddings()
        self._plain = type(model).__name__ in _PLAIN_HEADS and hasattr(model, "model")
        self._part: tuple[TokenIds, Any, Any] | None = None
        target = model.model if self._plain else model
        self._target, self._cache_name = target, _cache_name(target)

    def run(self, requests: Sequence[Request]) -> list[Rows]:
        """Read all requests, at most one a row; the logits of each, shape (keep, vocab_size).

        Raises:
            ModelError: the device has no memory left.
        """
        torch = self._torch
        short = [number for number, request in enumerate(requests) if len(request.ids) < LONG]
        alone = [number for number in range(len(requests)) if number not in short]
        groups = [[number] for number in alone] + ([short] if short else [])
        answers: list[Rows | None] = [None] * len(requests)
        with one_line_errors(), torch.inference_mode():
            for group in groups:
                found = self._together([requests[number] for number in group])
                for number, rows in zip(group, found, strict=True):
                    answers[number] = rows
        return [rows for rows in answers if rows is not None]

    def shorten(self, row: int, length: int) -> None:
        """Forget all but the first ``length`` tokens of ``row``."""
        self.lengths[row] = length

    # -- one pass -------------------------------------------------------------------------

    def _together(self, requests: Sequence[Request]) -> list[Rows]:
        """One pass over ``requests``."""
        width = max(len(request.ids) for request in requests)
        if len(requests) == 1:
            first, rows = requests[0].row, 1
        else:
            first, rows = 0, max(request.row for request in requests) + 1
        ids = np.zeros((rows, width), dtype=np.int64)
        for request in requests:
            ids[request.row - first, : len(request.ids)] = request.ids
        starts = self.lengths[first : first + rows]
        self._reserve(int(starts.max()) + width)
        hidden = self._forward(ids, starts[:, None] + np.arange(width), first)
        answers = self._logits(hidden, requests, first)
        for request in requests:
            self.lengths[request.row] += len(request.ids)
        return answers

    def _forward(self, ids: TokenIds, positions: TokenIds, first: int) -> Any:
        """Hidden states, or logits where the model has no plain head, shape (rows, width, …)."""
        torch = self._torch
        if self._device == "cuda" and ids.shape[1] < LONG:
            return self._replay(ids, positions, first)
        place = self._place
        place.first, place.rows, place.span = first, len(ids), int(positions.max()) + 1
        place.positions = torch.from_numpy(positions).to(self._device)
        return self._call(torch.from_numpy(ids).to(self._device))

    def _call(self, ids: Any) -> Any:
        """The model on ``ids`` (rows, width) at the place that is set."""
        torch, place = self._torch, self._place
        later = torch.arange(place.span, device=self._device) > place.positions[:, None, :, None]
        mask = torch.zeros(later.shape, dtype=self._model.dtype, device=self._device)
        mask.masked_fill_(later, torch.finfo(self._model.dtype).min)
        answer = self._target(
            input_ids=ids,
            attention_mask=mask,
            position_ids=place.positions,
            use_cache=True,
            **{self._cache_name: self._cache},
        )
        return answer.last_hidden_state if self._plain else answer.logits

    def _logits(self, hidden: Any, requests: Sequence[Request], first: int) -> list[Rows]:
        """Cut out the positions that are wanted; they leave the device in one transfer."""
        torch = self._torch
        only = requests[0].only
        if any(request.only is not only for request in requests):
            only = None
        rows = [request.row - first for request in requests for _ in range(request.keep)]
        columns = [len(r.ids) - r.keep + place for r in requests for place in range(r.keep)]
        wanted = hidden[torch.tensor(rows), torch.tensor(columns)]
        wanted = self._headed(wanted, only)
        flat = wanted.float().cpu().numpy()
        vocab = int(self._head.weight.shape[0])
        answers, begin = [], 0
        for request in requests:
            part = flat[begin : begin + request.keep]
            begin += request.keep
            if only is not None:
                full = np.full((request.keep, vocab), -np.inf, dtype=np.float32)
                full[:, only] = part
                part = full
            answers.append(np.asarray(part, dtype=np.float32))
        return answers

    def _headed(self, wanted: Any, only: TokenIds | None) -> Any:
        """Logits (n, tokens) of hidden states (n, width), with the output matrix cut down to ``only``."""
        torch = self._torch
        if not self._plain:
            return wanted if only is None else wanted[:, torch.from_numpy(only).to(self._device)]
        if only is None:
            return self._head(wanted)
        if self._part is None or self._part[0] is not only:
            places = torch.from_numpy(only).to(self._device)
            bias = getattr(self._head, "bias", None)
            self._part = only, self._head.weight[places], None if bias is None else bias[places]
        return torch.nn.functional.linear(wanted, self._part[1], self._part[2])

    # -- memory ---------------------------------------------------------------------------

    def _reserve(self, needed: int) -> None:
        """Room for ``needed`` tokens in every row, at least doubling."""
        if needed <= self._capacity:
            return
        capacity = min(max(needed, 2 * self._capacity, _FIRST_CAPACITY), self._most)
        self._graphs = {}
        if self._cache is None:
            self._cache = _make_cache(self._model, self._place, self.count)
        self._capacity = max(capacity, needed)
        for layer in self._cache.layers:
            layer.grow(self._capacity)

    # -- CUDA graphs ----------------------------------------------------------------------

    def _replay(self, ids: TokenIds, positions: TokenIds, first: int) -> Any:
        """The same pass from a recorded graph over all rows; recorded where it is the first of its width."""
        width = 1
        while width < ids.shape[1]:
            width *= 2
        self._reserve(int(self.lengths.max()) + width)
        if width not in self._graphs:
            self._graphs[width] = _Graph(self, width)
        graph = self._graphs[width]
        all_ids = np.zeros((self.count, width), dtype=np.int64)
        all_ids[first : first + len(ids), : ids.shape[1]] = ids
        hidden = graph.run(all_ids, self.lengths[:, None] + np.arange(width))
        return hidden[first : first + len(ids), : ids.shape[1]]

    def record(self, ids: Any, positions: Any) -> Any:
        """The pass that a graph records: all rows, over the whole capacity."""
        place = self._place
        place.first, place.rows, place.span, place.positions = 0, self.count, self._capacity, positions
        return self._call(ids)


class CroppedCache:
    """One sequence in transformers' own cache, for models whose layers remember in special ways.

    Args:
        model: a causal language model in evaluation mode.
        device: where it is.

    Attributes:
        lengths: tokens in the cache, shape (1,).
    """

    def __init__(self, model: Any, device: str) -> None:
        self._model, self._device = model, device
        self.lengths = np.zeros(1, dtype=np.int64)
        self._cache: Any = None

    def run(self, requests: Sequence[Request]) -> list[Rows]:
        """Read the one request; its logits, shape (keep, vocab_size)."""
        import torch
        from transformers import DynamicCache

        (request,) = requests
        if not self.lengths[0]:
            self._cache = DynamicCache()
        with one_line_errors(), torch.inference_mode():
            batch = torch.tensor([list(request.ids)], device=self._device)
            known = {_cache_name(self._model): self._cache}
            answer = self._model(batch, use_cache=True, logits_to_keep=request.keep, **known)
            found = answer.logits[0].float().cpu().numpy()
        self.lengths[0] += len(request.ids)
        return [np.asarray(found, dtype=np.float32)]

    def shorten(self, row: int, length: int) -> None:
        """Forget all but the first ``length`` tokens."""
        if 0 < length < self.lengths[row]:
            self._cache.crop(length - int(self.lengths[row]))  # negative: so many tokens off the end
        self.lengths[row] = length


@contextmanager
def one_line_errors() -> Iterator[None]:
    """Turn PyTorch's errors into one line; where memory is short, it says what to lower."""
    try:
        yield
    except RuntimeError as error:  # the class for CUDA, the words elsewhere
        said = " ".join(str(error).split())
        if "out of memory" in said or "not enough memory" in said:
            raise ModelError(
                "the device is out of memory; decode fewer structures together (--batch), use --device cpu "
                "or a smaller model, or close other programs"
            ) from error
        raise ModelError(f"PyTorch cannot run the model: {said[:200]}") from error


class _Graph:
    """A recorded pass of ``width`` tokens a row, with tensors that stay where they are."""

    def __init__(self, rows: TorchRows, width: int) -> None:
        import torch

        self._ids = torch.zeros((rows.count, width), dtype=torch.int64, device="cuda")
        self._positions = torch.zeros_like(self._ids)
        self._positions += torch.from_numpy(rows.lengths[:, None] + np.arange(width)).to("cuda")
        side = torch.cuda.Stream()
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            for _ in range(2):  # libraries choose their kernels in the first calls, which cannot be recorded
                rows.record(self._ids, self._positions)
        torch.cuda.current_stream().wait_stream(side)
        self._graph: Any = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self._graph):
            self._hidden = rows.record(self._ids, self._positions)

    def run(self, ids: TokenIds, positions: TokenIds) -> Any:
        """Replay; the result is overwritten by the next run."""
        import torch

        self._ids.copy_(torch.from_numpy(ids))
        self._positions.copy_(torch.from_numpy(positions))
        self._graph.replay()
        return self._hidden


class _Place:
    """Where a pass writes: rows ``first`` to ``first + rows``, at ``positions`` (rows, width) of ``span``."""

    first = 0
    rows = 1
    span = 0
    positions: Any = None


def _grown(before: Any, like: Any, count: int, capacity: int) -> Any:
    """Zeros of shape (count, heads, capacity, width) as ``like`` has them, with ``before`` in front."""
    after = like.new_zeros((count, like.shape[1], capacity, like.shape[3]))
    if before is not None:
        after[:, :, : before.shape[2]] = before
    return after


def _layer_type(place: _Place, count: int) -> type:
    """A cache layer with ``count`` rows that writes at ``place``."""
    import torch
    from transformers.cache_utils import CacheLayerMixin

    class Layer(CacheLayerMixin):  # type: ignore[misc,unused-ignore]
        """Keys and values of one layer, shape (count, heads, capacity, width)."""

        capacity = 0

        def lazy_initialization(self, key_states: Any, value_states: Any) -> None:
            self.keys = _grown(None, key_states, count, self.capacity)
            self.values = _grown(None, value_states, count, self.capacity)
            self.is_initialized = True

        def grow(self, capacity: int) -> None:
            self.capacity = capacity
            if self.is_initialized:
                self.keys = _grown(self.keys, self.keys, count, capacity)
                self.values = _grown(self.values, self.values, count, capacity)

        def update(self, key_states: Any, value_states: Any, *_: Any, **__: Any) -> tuple[Any, Any]:
            if not self.is_initialized:
                self.lazy_initialization(key_states, value_states)
            end = place.first + place.rows
            rows = torch.arange(place.first, end, device=key_states.device)[:, None]
            self.keys[rows, :, place.positions] = key_states.transpose(1, 2)
            self.values[rows, :, place.positions] = value_states.transpose(1, 2)
            seen = slice(place.first, end), slice(None), slice(0, place.span)
            return self.keys[seen], self.values[seen]

        def get_mask_sizes(self, *_: Any) -> tuple[int, int]:
            return place.span, 0

        def get_seq_length(self, *_: Any) -> int:
            return 0  # positions and masks are given with every pass

        def get_max_length(self) -> int:
            return self.capacity

        get_max_cache_shape = get_max_length

    return Layer


def _make_cache(model: Any, place: _Place, count: int) -> Any:
    """A transformers cache of ``count`` rows that writes at ``place``."""
    from transformers.cache_utils import Cache

    layer = _layer_type(place, count)
    number = int(model.config.get_text_config(decoder=True).num_hidden_layers)
    return Cache(layers=[layer() for _ in range(number)])
