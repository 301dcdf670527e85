"""GGUF files through llama.cpp (the ``llama`` extra): quantised weights, and a GPU if it was built for one.

llama.cpp is driven through its C interface, as ``llama-cpp-python`` binds it: one sequence, logits for
the positions that are asked for, and going back by removing the end of the sequence.
"""

from __future__ import annotations

import ctypes
import os
import tempfile
import weakref
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from brickgpt_engine.decoding.tokenizer import TextTokenizer
from brickgpt_engine.decoding.tokens import Logits, Rows, TokenIds, check_room
from brickgpt_engine.errors import ModelError

LLAMA_INSTALL = "pip install 'brickgpt-studio[llama]'"
MAX_CONTEXT = 16_384
"""Longest context that room is made for; a 1B model's cache takes half a gigabyte then."""
ALL_LAYERS = -1
_MAGIC = b"GGUF"
_BATCH = 512
"""Tokens per pass of a long prompt."""
_ONE_THREAD_BELOW = 50_000_000
"""Weights up to which handing work to threads costs more than it saves."""
_WIDEN_BELOW = 2 * _ONE_THREAD_BELOW
"""Bytes of a file up to which 16-bit weights are widened on loading."""
_F16 = "1"
"""llama.cpp's number of 16-bit files, as metadata has it."""
_LONGEST_VALUE = 1 << 22
_CONTROL = 1 << 3
"""llama.cpp's attribute of control tokens (``LLAMA_TOKEN_ATTR_CONTROL``)."""


def llama_missing() -> bool:
    """Whether llama.cpp's Python binding is absent."""
    return find_spec("llama_cpp") is None


class LlamaCppModel:
    """A GGUF model; see :class:`~brickgpt_engine.decoding.tokens.DraftModel`.

    Args:
        path: the file.
        gpu_layers: layers that go to the GPU, :data:`ALL_LAYERS` for all; without effect where llama.cpp
            was built for the processor alone.

    Raises:
        ModelError: the binding is missing, or the file is none that llama.cpp can read.
    """

    def __init__(self, path: Path, gpu_layers: int = ALL_LAYERS) -> None:
        on_gpu = gpu_layers != 0 and not llama_missing() and bool(quiet().llama_supports_gpu_offload())
        self.handle = _open(path, gpu_layers) if on_gpu else _open_wide(path)
        lib, model = self.handle.lib, self.handle.model
        self.parameters = int(lib.llama_model_n_params(model))
        """Number of weights."""
        self._vocab = int(lib.llama_vocab_n_tokens(self.handle.vocab))
        self._context = min(int(lib.llama_model_n_ctx_train(model)), MAX_CONTEXT)
        self._length = 0
        self.device = "gpu" if on_gpu else "cpu"
        """Where the layers are: ``gpu`` or ``cpu``."""
        options = lib.llama_context_default_params()
        options.n_ctx, options.n_batch, options.n_ubatch = self._context, _BATCH, _BATCH
        options.n_threads = options.n_threads_batch = self._threads()
        if not on_gpu:  # as exact as the weights are, and no slower
            options.type_k = options.type_v = lib.GGML_TYPE_F32
            options.flash_attn_type = lib.LLAMA_FLASH_ATTN_TYPE_DISABLED
        self._run = lib.llama_init_from_model(model, options)
        if not self._run:
            raise ModelError(
                f"llama.cpp has no memory for {path} with {self._context} tokens; "
                "use a smaller quantisation or fewer --gpu-layers"
            )
        weakref.finalize(self, _free_context, lib, self._run, self.handle)
        self._memory = lib.llama_get_memory(self._run)
        self._batch = lib.llama_batch_init(_BATCH, 0, 1)
        weakref.finalize(self, lib.llama_batch_free, self._batch)

    @property
    def length(self) -> int:
        """Tokens in the cache."""
        return self._length

    @property
    def vocab_size(self) -> int:
        """Length of a logits vector."""
        return self._vocab

    @property
    def context_length(self) -> int:
        """Most tokens that the cache can hold."""
        return self._context

    @property
    def dtype(self) -> str:
        """How the weights are kept, in llama.cpp's words, such as ``llama 1B Q8_0``."""
        buffer = ctypes.create_string_buffer(256)
        self.handle.lib.llama_model_desc(self.handle.model, buffer, len(buffer))
        return buffer.value.decode("utf-8", errors="replace")

    @property
    def draft_cost(self) -> float:
        """What one more token makes a short pass longer: more where weights fit into the cache."""
        if self.device == "gpu":
            return 0.04
        return 0.3 if self.parameters < _ONE_THREAD_BELOW else 0.15

    def prefill(self, ids: Sequence[int]) -> Logits:
        """Forget everything, read ``ids``, and return the logits after the last, shape (vocab_size,)."""
        self.rewind(0)
        return self.extend(ids)

    def extend(self, ids: Sequence[int]) -> Logits:
        """Read ``ids`` after what is cached, in one pass; return the logits after the last.

        Raises:
            ModelError: no ids, unknown ids, a full context, or llama.cpp gave up.
        """
        return np.asarray(self.extend_each(ids, 1)[0])

    def extend_each(self, ids: Sequence[int], keep: int, only: TokenIds | None = None) -> Rows:
        """Read ``ids`` in one pass; the logits after each of the last ``keep``, shape (keep, vocab_size).

        llama.cpp always computes all logits of a position, so ``only`` saves nothing here.

        Raises:
            ModelError: no ids, unknown ids, a full context, or llama.cpp gave up.
        """
        check_room(ids, self._length, self)
        rows = np.empty((keep, self._vocab), dtype=np.float32)
        first_kept = len(ids) - keep
        for begin in range(0, len(ids), _BATCH):
            part = ids[begin : begin + _BATCH]
            self._decode(part, first_kept - begin)
            for place in range(max(first_kept - begin, 0), len(part)):
                pointer = self.handle.lib.llama_get_logits_ith(self._run, place)
                rows[begin + place - first_kept] = np.ctypeslib.as_array(pointer, shape=(self._vocab,))
        return rows

    def rewind(self, length: int) -> None:
        """Forget all but the first ``length`` tokens.

        Raises:
            ModelError: there are not that many.
        """
        if not 0 <= length <= self._length:
            raise ModelError(f"cannot rewind to {length} tokens: the model holds {self._length}")
        if length < self._length:
            self.handle.lib.llama_memory_seq_rm(self._memory, 0, length, -1)
        self._length = length

    def _decode(self, ids: Sequence[int], first_kept: int) -> None:
        """One call of llama.cpp; logits are wanted from position ``first_kept`` of ``ids`` on."""
        batch = self._batch
        batch.n_tokens = len(ids)
        for place, token in enumerate(ids):
            batch.token[place] = token
            batch.pos[place] = self._length + place
            batch.n_seq_id[place] = 1
            batch.seq_id[place][0] = 0
            batch.logits[place] = place >= first_kept
        status = self.handle.lib.llama_decode(self._run, batch)
        if status != 0:
            raise ModelError(
                f"llama.cpp could not read {len(ids)} more tokens (status {status}); the device may be out "
                "of memory: use a smaller quantisation or fewer --gpu-layers"
            )
        self._length += len(ids)

    def _threads(self) -> int:
        if self.parameters < _ONE_THREAD_BELOW:
            return 1
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass(frozen=True, eq=False)
class Handle:
    """An open GGUF file: llama.cpp, its model and its vocabulary; closed with the last reference."""

    lib: Any
    model: Any
    vocab: Any

    def text(self, key: str) -> str | None:
        """A metadata value as text, or None."""
        name = key.encode()
        size = self.lib.llama_model_meta_val_str(self.model, name, ctypes.create_string_buffer(1), 1)
        if not 0 <= size < _LONGEST_VALUE:
            return None
        buffer = ctypes.create_string_buffer(size + 1)
        self.lib.llama_model_meta_val_str(self.model, name, buffer, size + 1)
        return buffer.value.decode("utf-8", errors="replace")


def read_vocabulary(path: Path) -> Handle:
    """Open ``path`` for its tokenizer and metadata alone.

    Raises:
        ModelError: as :class:`LlamaCppModel`.
    """
    return _open(path, 0, vocab_only=True)


def _open(path: Path, gpu_layers: int, *, vocab_only: bool = False, mapped: bool = True) -> Handle:
    if llama_missing():
        raise ModelError(f"{path} is a GGUF file, which needs llama.cpp; install it with: {LLAMA_INSTALL}")
    with path.open("rb") as file:
        if file.read(4) != _MAGIC:
            raise ModelError(
                f"{path} is no GGUF file; download it again, or export one with 'brickgpt export'"
            )
    lib = quiet()
    options = lib.llama_model_default_params()
    options.vocab_only, options.use_mmap = vocab_only, mapped
    options.n_gpu_layers = 10_000 if gpu_layers == ALL_LAYERS else gpu_layers
    _SAID.clear()
    model = lib.llama_model_load_from_file(os.fsencode(path), options)
    if not model:
        said = f" ({_SAID[0]})" if _SAID else ""
        raise ModelError(f"llama.cpp cannot read {path}{said}; download or export it again")
    handle = Handle(lib, model, lib.llama_model_get_vocab(model))
    weakref.finalize(handle, lib.llama_model_free, model)
    return handle


def _open_wide(path: Path) -> Handle:
    """Open a file for the processor; small 16-bit ones are widened to 32 bits on the way.

    llama.cpp multiplies 16-bit weights with activations rounded to 16 bits, which moves the logits of
    the embedded model by up to 0.01; for a model that small, exactness costs 60 ms and 20 MB.
    """
    if llama_missing() or path.stat().st_size > _WIDEN_BELOW:
        return _open(path, 0)
    if read_vocabulary(path).text("general.file_type") != _F16:
        return _open(path, 0)
    lib = quiet()
    options = lib.llama_model_quantize_default_params()
    options.ftype, options.nthread = lib.LLAMA_FTYPE_ALL_F32, 1
    with tempfile.TemporaryDirectory(prefix="brickgpt-") as folder:
        wide = Path(folder) / path.name
        if lib.llama_model_quantize(os.fsencode(path), os.fsencode(wide), options) != 0:
            return _open(path, 0)
        return _open(wide, 0, mapped=False)


def _free_context(lib: Any, run: Any, handle: Handle) -> None:
    """Free a context while the model that it uses is still there."""
    lib.llama_free(run)
    del handle


_SAID: list[str] = []
"""What llama.cpp complains about, the cause first."""
_ERROR_LEVEL = 4
_MOST_SAID = 8


@cache
def quiet() -> Any:
    """llama.cpp's binding, initialised, its log kept to the complaints."""
    import llama_cpp

    def note(level: int, text: bytes, data: Any) -> None:
        if level == _ERROR_LEVEL:
            _SAID.append(" ".join(text.decode("utf-8", errors="replace").split())[:200])
            del _SAID[_MOST_SAID:]

    callback = llama_cpp.llama_log_callback(note)
    llama_cpp.llama_log_set(callback, ctypes.c_void_p())
    llama_cpp.brickgpt_log = callback  # it must outlive this function
    llama_cpp.llama_backend_init()
    return llama_cpp


@dataclass(frozen=True)
class GgufTokenizer(TextTokenizer):
    """The tokenizer inside a GGUF file, as llama.cpp applies it."""

    handle: Handle | None = None
    _pieces: dict[int, bytes] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def of(cls, handle: Handle) -> GgufTokenizer:
        """The tokenizer of an open file.

        Raises:
            ModelError: it names no end token.
        """
        eos, bos = (handle.text(f"tokenizer.ggml.{name}_token_id") for name in ("eos", "bos"))
        if eos is None:  # llama.cpp would take a number of its own
            raise ModelError("the GGUF file names no end-of-text token; export it again")
        template = handle.text("tokenizer.chat_template")
        nothing: Any = None  # every method that would ask the backend is llama.cpp's here
        return cls(nothing, int(eos), None if bos is None else int(bos), template, handle)

    @property
    def vocab_size(self) -> int:
        """Number of token ids."""
        return int(self._lib.llama_vocab_n_tokens(self._handle.vocab))

    @property
    def _handle(self) -> Handle:
        if self.handle is None:
            raise ModelError("this tokenizer belongs to no open GGUF file")
        return self.handle

    @property
    def _lib(self) -> Any:
        return self._handle.lib

    def encode(self, text: str) -> list[int]:
        """Token ids of ``text``; special tokens are added only where the text names them."""
        data = text.encode("utf-8", errors="replace")
        if not data:
            return []
        room = len(data) + 8
        ids = (ctypes.c_int32 * room)()
        count = self._lib.llama_tokenize(self._handle.vocab, data, len(data), ids, room, False, True)
        if count < 0:
            raise ModelError(f"llama.cpp cannot split a text of {len(data)} bytes into tokens")
        return list(ids[:count])

    def decode(self, ids: Sequence[int]) -> str:
        """Text of ``ids``, special tokens spelled out."""
        return b"".join(map(self._piece, ids)).decode("utf-8", errors="replace")

    def token_id(self, token: str) -> int | None:
        """Id of the token written ``token``, or None."""
        found = self.encode(token)
        return found[0] if len(found) == 1 and self.token(found[0]) == token else None

    def token(self, token_id: int) -> str:
        """How token ``token_id`` is written."""
        return self.decode([token_id])

    def special_ids(self) -> frozenset[int]:
        """Ids of the control tokens, which ordinary text must not contain."""
        attributes = self._lib.llama_vocab_get_attr
        vocab = self._handle.vocab
        return frozenset(n for n in range(self.vocab_size) if int(attributes(vocab, n)) & _CONTROL)

    def _piece(self, token_id: int) -> bytes:
        found = self._pieces.get(token_id)
        if found is None:
            buffer = ctypes.create_string_buffer(512)
            size = self._lib.llama_token_to_piece(self._handle.vocab, token_id, buffer, 512, 0, True)
            found = self._pieces[token_id] = buffer.raw[: max(size, 0)]
        return found
