"""Models that write pivot lines: every backend, both samplings, rollback, the command line."""

import json
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from safetensors.numpy import save_file
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

from brickgpt_engine.bricks import FOOTPRINTS, Brick, BrickStructure, Rejection
from brickgpt_engine.cli import main
from brickgpt_engine.decoding import hub, load_model
from brickgpt_engine.errors import ModelError
from brickgpt_engine.formats.pivot import PivotFormat
from brickgpt_engine.generation import (
    BrickGenerator,
    BrickPlaced,
    BrickRejected,
    Finished,
    GenerationConfig,
    RolledBack,
    Started,
)

FORM = PivotFormat(5, 12)
LINES = ["0/2x4 (4,7,0)", "1/2x2 (5,6,6)"]
"""Pivot lines of which no token comes twice."""
BRICKS = [Brick(2, 4, 4, 7, 0), Brick(2, 2, 4, 8, 1)]
GREEDY = {"temperature": 0.01, "literal": True, "seed": 0}


def folder_of(path, marker, head_of):
    """A Llama that sees only its last token: that token's column of ``head_of(tokenizer)`` are the logits."""
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE(vocab={letter: n for n, letter in enumerate(letters)}, merges=[]))
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.add_special_tokens(["<pad>", "<s>", "<bricks>", "</s>"])
    fields = [f"{h}x{w} (" for h, w in FOOTPRINTS] + [f"{n}/" for n in range(13)]
    fields += [f"{n}{end}" for n in range(20) for end in (",", ")\n")]
    tokenizer.add_tokens([AddedToken(text, normalized=False) for text in fields])
    head = head_of(tokenizer)
    size = len(head)
    config = {
        "architectures": ["LlamaForCausalLM"], "model_type": "llama", "vocab_size": size, "hidden_size": size,
        "intermediate_size": 2, "num_hidden_layers": 1, "num_attention_heads": 1, "num_key_value_heads": 1,
        "head_dim": 2, "max_position_embeddings": 600, "tie_word_embeddings": False, "rms_norm_eps": 1e-6,
        "eos_token_id": tokenizer.token_to_id("</s>"), "bos_token_id": tokenizer.token_to_id("<s>"),
    }  # fmt: skip
    layer = "model.layers.0."
    tensors = {f"{layer}self_attn.{name}_proj.weight": np.zeros((2, size)) for name in "qkv"}
    tensors |= {f"{layer}mlp.{name}_proj.weight": np.zeros((2, size)) for name in ("gate", "up")}
    tensors |= {f"{layer}{name}_proj.weight": np.zeros((size, 2)) for name in ("self_attn.o", "mlp.down")}
    norms = (f"{layer}input_layernorm", f"{layer}post_attention_layernorm", "model.norm")
    tensors |= {f"{name}.weight": np.ones(size) for name in norms}
    tensors |= {"model.embed_tokens.weight": np.eye(size), "lm_head.weight": head}
    path.mkdir()
    save_file({name: array.astype(np.float32) for name, array in tensors.items()}, path / "model.safetensors")
    tokenizer.save(str(path / "tokenizer.json"))
    special = {"eos_token": "</s>", "bos_token": "<s>", "tokenizer_class": "PreTrainedTokenizerFast"}
    (path / "tokenizer_config.json").write_text(json.dumps(special))
    (path / "config.json").write_text(json.dumps(config))
    (path / "brickgpt.json").write_text(json.dumps({"prompt_style": "nano", "format_version": 1} | marker))
    return path


MARKER = {"action_space": "pivot", "max_offset": 5, "max_back": 12}


@pytest.fixture
def certain(tmp_path):
    """A folder whose model writes :data:`LINES`, whatever it is asked."""

    def head(tokenizer):
        text = "".join(f"{line}\n" for line in LINES)
        chain = ["<bricks>", *tokenizer.encode(text).tokens, "</s>"]
        ids = [tokenizer.token_to_id(token) for token in chain]
        weight = np.zeros((tokenizer.get_vocab_size(),) * 2)
        for token, follower in pairwise(ids):
            weight[follower, token] = 2.0
        return weight

    return folder_of(tmp_path / "certain", MARKER, head)


@pytest.fixture
def guessing(tmp_path):
    """A folder whose model draws any line, each token with a share of its own."""

    def head(tokenizer):
        size = tokenizer.get_vocab_size()
        weight = np.random.default_rng(5).normal(0, 0.05, (size, size))
        weight[tokenizer.token_to_id("</s>")] = -1.0
        return weight

    return folder_of(tmp_path / "guessing", MARKER, head)


def built(folder, **options):
    config = GenerationConfig(**{"max_regenerations": 0, "literal": True, "seed": 3} | options)
    return BrickGenerator(load_model(str(folder))).run("a table", config)


def test_the_folder_says_how_its_lines_are_read(certain):
    model = load_model(str(certain))
    assert (model.pivot, model.info["action_space"]) == ((5, 12), "pivot")
    result = built(certain, **GREEDY)
    assert list(result.structure) == BRICKS and result.stop_reason == "end"
    marker = json.loads((certain / "brickgpt.json").read_text())
    (certain / "brickgpt.json").write_text(json.dumps(marker | {"action_space": "absolute"}))
    assert load_model(str(certain)).pivot is None
    assert load_model("nano").info["action_space"] == "absolute"


@pytest.mark.parametrize(
    ("marker", "words"),
    [
        ({"action_space": "polar"}, "action_space 'polar'; known are absolute, pivot"),
        ({"action_space": "pivot", "max_offset": 5}, "max_back None; give the number from 1 on"),
        ({"action_space": "pivot", "max_offset": 0, "max_back": 9}, "max_offset 0; give the number"),
        ({"action_space": "pivot", "max_offset": True, "max_back": 9}, "max_offset True; give the number"),
    ],
)
def test_what_a_folder_cannot_say_is_named(certain, marker, words):
    (certain / "brickgpt.json").write_text(json.dumps({"prompt_style": "nano"} | marker))
    with pytest.raises(ModelError, match=words):
        load_model(str(certain))


@pytest.mark.parametrize("sampling", ["exact", "rejection"])
@pytest.mark.parametrize(
    "rules", [{}, {"contact": "attached"}, {"region": "2,2,0:12,12,9"}, {"budget": "2x4=1"}]
)
def test_any_text_is_valid_bricks_within_the_rules(guessing, sampling, rules):
    result = built(guessing, sampling=sampling, max_bricks=25, temperature=1.0, **rules)
    structure = result.structure
    assert len(structure) > 5
    assert BrickStructure(structure.bricks) == structure
    assert FORM.read(FORM.write(structure)) == structure
    if sampling == "exact":
        assert not result.invalid and not sum(result.rejections.values())
    else:
        assert sum(result.rejections.values()) > 0
    if "contact" in rules:
        assert all(n == 0 or b.z == 0 or structure.neighbours_below(n) or structure.neighbours_above(n)
                   for n, b in enumerate(structure))  # fmt: skip
    if "region" in rules:
        assert all(b.x >= 2 and b.x + b.h <= 13 and b.z <= 9 for b in structure)
    if "budget" in rules:
        assert sum({b.h, b.w} == {2, 4} for b in structure) <= 1


def test_the_same_seed_writes_the_same_and_cancelling_keeps_what_there_is(guessing):
    generator = BrickGenerator(load_model(str(guessing)))
    config = GenerationConfig(seed=8, max_bricks=10, max_regenerations=0, literal=True, temperature=1.0)
    assert generator.run("a table", config).structure == generator.run("a table", config).structure
    events = generator.generate("a table", config)
    assert isinstance(next(events), Started)
    first, second = (next(events), next(events))
    assert isinstance(first, BrickPlaced) and second.index == 1
    events.close()
    assert generator.current.bricks == (first.brick, second.brick)


def test_without_masks_lines_are_read_after_the_lines_before(pivot_scripted):
    lines = [*LINES, "9/2x2 (5,5,5)"]
    model = pivot_scripted(lambda done: {[*lines, "</s>"][min(len(done), 3)]: 1.0})
    free = GenerationConfig(use_logit_masking=False, max_brick_rejections=3, seed=0, literal=True)
    result = BrickGenerator(model).run("a table", free)
    assert list(result.structure) == BRICKS
    assert result.stop_reason == "max_brick_rejections"
    assert result.rejections[Rejection.ILL_FORMED.value] >= 1


def test_a_raw_text_counts_back_over_bricks_that_were_not_placed(pivot_scripted):
    """As training reads it: what a line says follows from the text alone."""
    lines = ["0/2x2 (4,4,0)", "0/2x2 (5,5,0)", "1/2x2 (5,7,5)", "3/2x2 (3,5,5)"]
    raw = GenerationConfig(max_brick_rejections=0, max_regenerations=0, seed=0, literal=True)
    events = list(BrickGenerator(pivot_scripted(lines)).generate("a table", raw))
    result = events[-1].result
    said = [Brick(2, 2, 4, 4, 0), Brick(2, 2, 5, 5, 0), Brick(2, 2, 5, 7, 0), Brick(2, 2, 2, 4, 0)]
    assert list(result.raw_bricks) == said
    assert list(result.structure) == [said[0], *said[2:]]
    assert result.invalid == ((said[1], Rejection.COLLISION),)
    (rejected,) = (event for event in events if isinstance(event, BrickRejected))
    assert (rejected.text, rejected.brick) == ("2x2 (5,5,0)", said[1])


def test_a_line_that_leads_out_of_the_world_is_no_brick_there(pivot_scripted):
    raw = GenerationConfig(max_brick_rejections=0, max_regenerations=0, seed=0, literal=True)
    result = BrickGenerator(pivot_scripted(["0/2x2 (0,4,0)", "1/2x2 (4,5,5)"])).run("a table", raw)
    assert result.invalid == ((Brick(2, 2, -1, 4, 0), Rejection.OUT_OF_BOUNDS),)


def test_rollback_takes_pivots_away_with_their_bricks(pivot_scripted):
    """The second brick hangs in the air; after it was taken down, 1 back is the first one again."""
    tries = iter(["1/2x2 (5,5,9)", "1/2x2 (5,5,6)"])

    def script(done):
        if not done:
            return {"0/2x4 (4,5,0)": 1.0}
        return {next(tries): 1.0} if len(done) == 1 else {"</s>": 1.0}

    events = list(
        BrickGenerator(pivot_scripted(script)).generate("x", GenerationConfig(seed=0, literal=True))
    )
    (back,) = (event for event in events if isinstance(event, RolledBack))
    assert back.removed == (Brick(2, 2, 4, 5, 4),)
    assert isinstance(events[-1], Finished)
    assert list(events[-1].result.structure) == [Brick(2, 4, 4, 5, 0), Brick(2, 2, 4, 5, 1)]
    assert events[-1].result.report.stable


def test_a_structure_is_continued_and_its_brick_may_be_taken_down(pivot_scripted):
    start = BrickStructure([Brick(2, 4, 4, 5, 0), Brick(2, 2, 12, 12, 3)])
    seen = []

    def script(done):
        seen.append(list(done))
        return {"1/2x2 (5,6,6)": 1.0} if len(done) < 2 or done[-1].startswith("0") else {"</s>": 1.0}

    generator = BrickGenerator(pivot_scripted(script))
    result = generator.run("x", GenerationConfig(seed=0, literal=True), start=start)
    assert seen[0] == ["0/2x4 (4,5,0)", "0/2x2 (12,12,3)"]
    assert list(result.structure) == [start[0], Brick(2, 2, 4, 6, 1)]
    assert result.regenerations == 1


def test_the_command_line_uses_such_a_model(certain, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    options = ["--model", str(certain), "--seed", "0", "--literal", "--temperature", "0.01"]
    assert main(["generate", "a table", *options, "--formats", "txt", "--out", "t"]) == 0
    assert (tmp_path / "t.txt").read_text() == "2x4 (4,7,0)\n2x2 (4,8,1)\n"


@pytest.mark.torch
def test_torch_and_numpy_write_the_same(certain, guessing):
    pytest.importorskip("transformers")
    from brickgpt_engine.decoding.torch_llama import load_torch_model

    for folder in (certain, guessing):
        loaded = load_model(str(folder))
        theirs = replace(loaded, token_model=load_torch_model(str(folder), "cpu"))
        config = GenerationConfig(**GREEDY, max_bricks=12, max_regenerations=0)
        ours = BrickGenerator(loaded).run("a table", config).structure
        assert BrickGenerator(theirs).run("a table", config).structure == ours and len(ours) > 1


@pytest.mark.torch
def test_a_model_of_the_hub_says_so_too(certain, monkeypatch):
    pytest.importorskip("transformers")
    monkeypatch.setattr(hub, "resolve", lambda name: str(certain))  # as with a copy that is cached
    loaded = load_model("someone/brick-model", "cpu")
    assert (loaded.info["backend"], loaded.prompt_style, loaded.pivot) == ("torch", "nano", (5, 12))
    (certain / "brickgpt.json").unlink()
    loaded = load_model("someone/brick-model", "cpu")
    assert (loaded.prompt_style, loaded.pivot) == ("chat", None)


@pytest.mark.llama
def test_a_gguf_file_carries_the_action_space_along(certain, guessing, tmp_path):
    pytest.importorskip("gguf")
    pytest.importorskip("llama_cpp")
    from brickgpt_engine.decoding.gguf_export import export_gguf

    for folder in (certain, guessing):
        assert export_gguf(str(folder), tmp_path / f"{folder.name}.gguf").checked
        theirs = load_model(str(tmp_path / f"{folder.name}.gguf"))
        assert (theirs.info["backend"], theirs.pivot) == ("llama.cpp", (5, 12))
        config = GenerationConfig(**GREEDY, max_bricks=12, max_regenerations=0)
        ours = BrickGenerator(load_model(str(folder))).run("a table", config).structure
        assert BrickGenerator(theirs).run("a table", config).structure == ours
