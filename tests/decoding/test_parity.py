"""One folder, three backends: the same numbers and the same bricks."""

from dataclasses import replace

import numpy as np
import pytest

from brickgpt_engine.bricks import Brick
from brickgpt_engine.decoding import BrickGrammar, LineCursor, as_tokenizer, load_model
from brickgpt_engine.decoding.gguf_export import export_gguf
from brickgpt_engine.decoding.loader import embedded_folder
from brickgpt_engine.decoding.tokenizer import load_tokenizer
from brickgpt_engine.generation import BrickGenerator, GenerationConfig
from brickgpt_engine.generation.prompts import encode_prompt

PROMPT = "a wooden bookshelf with four tiers"
GREEDY = GenerationConfig(temperature=0.01, max_temperature=0.01, max_bricks=30, physics=False, seed=1)


@pytest.fixture(scope="module")
def numpy_model():
    return load_model("nano")


@pytest.fixture(scope="module", params=["torch", "llama.cpp"])
def other(request, numpy_model, tmp_path_factory):
    """The embedded model on another backend."""
    if request.param == "torch":
        pytest.importorskip("transformers")
        from brickgpt_engine.decoding.torch_llama import load_torch_model

        return replace(numpy_model, token_model=load_torch_model(str(embedded_folder()), "cpu"))
    pytest.importorskip("gguf")
    pytest.importorskip("llama_cpp")
    path = tmp_path_factory.mktemp("parity") / "nano.gguf"
    export_gguf("nano", path, "f16")
    return load_model(str(path), "cpu")


@pytest.mark.torch
@pytest.mark.llama
def test_every_backend_gives_numpys_logits_along_a_text(numpy_model, other):
    result = BrickGenerator(numpy_model).run(PROMPT, GREEDY)
    text = "".join(f"{brick}\n" for brick in result.structure)
    ids = encode_prompt(numpy_model.tokenizer, PROMPT, "nano") + numpy_model.tokenizer.encode(text)
    assert other.tokenizer.encode(text) == numpy_model.tokenizer.encode(text)
    expected, found = (one.token_model.prefill(ids[:1]).copy() for one in (numpy_model, other))
    worst = [abs(expected - found).max()]
    for begin in range(1, len(ids), 5):
        part = ids[begin : begin + 5]
        expected = numpy_model.token_model.extend_each(part, len(part))
        worst.append(abs(expected - other.token_model.extend_each(part, len(part))).max())
    assert max(worst) < 1e-3
    assert abs(expected).max() > 3.0  # logits worth comparing


@pytest.mark.torch
@pytest.mark.llama
def test_every_backend_builds_the_same_greedy_model(numpy_model, other):
    expected = BrickGenerator(numpy_model).run(PROMPT, GREEDY).structure
    assert len(expected) > 3
    assert BrickGenerator(other).run(PROMPT, GREEDY).structure == expected


def test_the_grammar_works_with_llama_3s_own_tokenizer(real_llama3_tokenizer):
    tokenizer = as_tokenizer(real_llama3_tokenizer)
    grammar = BrickGrammar(tokenizer, 20)
    assert grammar.max_line_tokens == 10
    rng = np.random.default_rng(2)
    for h, w in grammar.footprints:
        brick = Brick(h, w, *rng.integers(0, 20, 3).tolist())
        ids = grammar.encode([brick])
        assert ids == tokenizer.encode(f"{brick}\n")
        assert [tokenizer.decode([token]) for token in ids][1:4] == ["x", str(w), " ("]
        cursor, taken = LineCursor(grammar), []
        while not cursor.complete:
            taken += cursor.advance(ids[len(taken)])
        assert (taken, cursor.brick()) == (ids, brick)


@pytest.mark.slow
@pytest.mark.llama
def test_llama_3s_own_tokenizer_survives_the_export(real_llama3_tokenizer, llama_folder, tmp_path):
    pytest.importorskip("gguf")
    pytest.importorskip("llama_cpp")
    folder, _ = llama_folder(vocab_size=real_llama3_tokenizer.get_vocab_size())
    real_llama3_tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "brickgpt.json").unlink()
    export_gguf(str(folder), tmp_path / "m.gguf", "q8_0")
    loaded, original = load_model(str(tmp_path / "m.gguf"), "cpu"), load_tokenizer(folder)
    assert loaded.prompt_style == "chat"
    for text in ("2x4 (12,3,0)\n1x1 (0,19,7)\n", "A chair, 12 studs wide; it's naïve 東京!\n\n", "  x\ty  "):
        assert loaded.tokenizer.encode(text) == original.encode(text)
    assert encode_prompt(loaded.tokenizer, PROMPT, "brickgpt") == encode_prompt(original, PROMPT, "brickgpt")
