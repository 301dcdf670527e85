"""GGUF: what is exported tokenizes, answers and builds as the original does, through llama.cpp."""

import json
import shutil

import numpy as np
import pytest
from safetensors.numpy import save_file

from brickgpt_engine.bricks import FOOTPRINTS, Brick
from brickgpt_engine.cli import main
from brickgpt_engine.decoding import BrickGrammar, gguf_export, gguf_tokenizer, hub, llama_cpp, load_model
from brickgpt_engine.decoding.gguf_export import QUANTS, export_gguf
from brickgpt_engine.decoding.loader import SETTINGS_KEY, embedded_folder
from brickgpt_engine.decoding.numpy_llama import NumpyLlama
from brickgpt_engine.decoding.tokenizer import load_tokenizer
from brickgpt_engine.errors import ModelError, OutputError
from brickgpt_engine.generation import BrickGenerator, GenerationConfig
from brickgpt_engine.generation.prompts import encode_prompt

TOKENIZERS = ("nano_tokenizer", "llama3_tokenizer", "gpt2_tokenizer", "digit_tokenizer")
PROMPT = "a small table with four legs"


@pytest.fixture(scope="module")
def binding():
    """llama.cpp's binding and the container's package."""
    pytest.importorskip("gguf")
    return pytest.importorskip("llama_cpp")


@pytest.fixture(scope="module")
def embedded(binding, tmp_path_factory):
    """The embedded model in every kind of weights."""
    folder = tmp_path_factory.mktemp("gguf")
    files = {quant: folder / f"nano-{quant}.gguf" for quant in QUANTS}
    facts = {quant: export_gguf("nano", path, quant) for quant, path in files.items()}
    assert all(fact.checked for fact in facts.values())
    assert [fact.size for fact in facts.values()] == [path.stat().st_size for path in files.values()]
    return files


def _texts(seed=0):
    """1,000 brick lines, and captions of all sorts."""
    rng = np.random.default_rng(seed)
    shapes = [FOOTPRINTS[n] for n in rng.integers(0, len(FOOTPRINTS), 1000)]
    lines = [Brick(h, w, *rng.integers(0, 20, 3).tolist()) for (h, w) in shapes]
    yield from (f"{brick}\n" for brick in lines)
    yield "".join(f"{brick}\n" for brick in lines)
    words = list(json.loads((embedded_folder() / "brickgpt.json").read_text())["vocabulary"])
    for _ in range(300):
        caption = " ".join(rng.choice(words, int(rng.integers(1, 12))))
        yield caption
        yield caption.title() + ", it's 12 studs (or 3) wide; isn't it?"
    yield from ("", " ", "  two  spaces ", "tab\there", "naïve café, 東京の塔", "🏰 castle!!", "a\n\nb\r\n")


def _walk(model, reference, seed=1, turns=24):
    """Largest difference of logits while both read, draft and go back alike."""
    rng = np.random.default_rng(seed)
    worst = 0.0
    for turn in range(turns):
        if turn and rng.random() < 0.4:
            length = int(rng.integers(0, reference.length + 1))
            model.rewind(length)
            reference.rewind(length)
        count = 600 if turn == turns - 1 else int(rng.integers(1, 40))
        ids = rng.integers(0, model.vocab_size, count).tolist()
        keep = int(rng.integers(1, min(count, 12) + 1))
        expected, answer = reference.extend_each(ids, keep), model.extend_each(ids, keep)
        worst = max(worst, float(abs(expected - answer).max()))
        assert model.length == reference.length
    return worst


@pytest.mark.llama
@pytest.mark.parametrize("name", TOKENIZERS)
def test_every_kind_of_tokenizer_splits_as_the_original(binding, llama_folder, tmp_path, request, name):
    backend = request.getfixturevalue(name)
    folder, _ = llama_folder(vocab_size=backend.get_vocab_size() + 3)
    backend.save(str(folder / "tokenizer.json"))
    export_gguf(str(folder), tmp_path / "m.gguf")
    original = load_tokenizer(folder)
    tokenizer = load_model(str(tmp_path / "m.gguf")).tokenizer
    for text in _texts():
        assert tokenizer.encode(text) == original.encode(text), text
        assert tokenizer.decode(tokenizer.encode(text)) == text
    assert (tokenizer.eos_id, tokenizer.bos_id) == (original.eos_id, original.bos_id)
    assert tokenizer.special_ids() == original.special_ids()
    assert tokenizer.token(tokenizer.eos_id) == original.token(original.eos_id)
    mine, theirs = BrickGrammar(tokenizer, 20), BrickGrammar(original, 20)
    assert mine.token_ids.tolist() == theirs.token_ids.tolist()


@pytest.mark.llama
def test_the_embedded_model_keeps_its_tokens_its_style_and_its_words(embedded):
    original = load_model("nano")
    model = load_model(str(embedded["q8_0"]), "cpu")
    for text in _texts(3):
        assert model.tokenizer.encode(text) == original.tokenizer.encode(text), text
    assert encode_prompt(model.tokenizer, PROMPT, "nano") == encode_prompt(original.tokenizer, PROMPT, "nano")
    assert (model.prompt_style, model.vocabulary) == (original.prompt_style, original.vocabulary)
    assert model.info["backend"] == "llama.cpp"
    assert model.info["parameters"] == original.info["parameters"]
    assert model.token_model.handle.text(SETTINGS_KEY) == (embedded_folder() / "brickgpt.json").read_text()


@pytest.mark.llama
def test_sixteen_bits_answer_as_numpy_does(embedded):
    assert _walk(load_model(str(embedded["f16"]), "cpu").token_model, load_model("nano").token_model) < 1e-3


@pytest.mark.llama
@pytest.mark.parametrize(
    "changes",
    [
        {"hidden_size": 64, "head_dim": 16, "tie_word_embeddings": False},
        {"hidden_size": 32, "head_dim": 16, "attention_bias": True, "mlp_bias": True, "rope_theta": 5e5},
        {"hidden_size": 32, "head_dim": 8, "rope_scaling": {"rope_type": "linear", "factor": 2.0}},
        {
            "hidden_size": 32,
            "head_dim": 16,
            "rope_theta": 5e5,
            "rope_scaling": {
                "rope_type": "llama3",
                "factor": 8.0,
                "low_freq_factor": 1.0,
                "high_freq_factor": 4.0,
                "original_max_position_embeddings": 256,
            },
        },
    ],
)
def test_all_that_a_llama_may_have_goes_along(binding, llama_folder, tmp_path, changes):
    folder, tensors = llama_folder(**changes)
    save_file({name: t.astype(np.float16) for name, t in tensors.items()}, folder / "model.safetensors")
    export_gguf(str(folder), tmp_path / "m.gguf")
    model, reference = load_model(str(tmp_path / "m.gguf")).token_model, NumpyLlama.from_folder(folder)
    scale = float(abs(reference.prefill([5, 6, 7])).max())
    reference.rewind(0)
    assert _walk(model, reference, turns=12) < 1e-3 * max(scale, 1.0)


@pytest.mark.llama
def test_fewer_bits_are_smaller_and_nearly_the_same(embedded):
    sizes = [embedded[quant].stat().st_size for quant in QUANTS]
    assert sizes[0] > 1.4 * sizes[1] > 1.4 * sizes[2]
    reference = load_model("nano").token_model
    ids = encode_prompt(load_model("nano").tokenizer, PROMPT, "nano")
    expected = reference.prefill(ids)
    off = [abs(load_model(str(embedded[q]), "cpu").token_model.prefill(ids) - expected).max() for q in QUANTS]
    assert off[0] < off[1] < off[2] < 2.0


@pytest.mark.llama
def test_the_same_seed_builds_the_same_model_as_on_numpy(embedded):
    config = GenerationConfig(seed=4, max_bricks=25, physics=False)
    mine = BrickGenerator(load_model(str(embedded["f16"]), "cpu")).run(PROMPT, config)
    assert mine.structure == BrickGenerator(load_model("nano")).run(PROMPT, config).structure
    assert mine.accepted > 0


@pytest.mark.llama
def test_tools_built_on_llama_cpp_chat_with_it(binding, embedded):
    """The package's own high-level interface, as any user of it would call it."""
    tool = binding.Llama(str(embedded["q8_0"]), n_ctx=512, verbose=False)
    assert "<bricks>" in tool.metadata["tokenizer.chat_template"]
    answer = tool.create_chat_completion([{"role": "user", "content": PROMPT}], temperature=0, max_tokens=40)
    lines = answer["choices"][0]["message"]["content"].splitlines(keepends=True)
    assert len(lines) > 5
    assert all(Brick.parse(line) for line in lines[:5])


@pytest.mark.llama
def test_a_full_context_and_foreign_tokens_are_refused(binding, llama_folder, tmp_path, monkeypatch):
    folder, _ = llama_folder()
    export_gguf(str(folder), tmp_path / "m.gguf")
    monkeypatch.setattr(llama_cpp, "MAX_CONTEXT", 64)
    model = load_model(str(tmp_path / "m.gguf")).token_model
    assert model.context_length == 64
    model.prefill(list(range(60)))
    with pytest.raises(ModelError, match="context is full: 65 tokens"):
        model.extend([1] * 5)
    with pytest.raises(ModelError, match="outside the model's vocabulary"):
        model.extend([10_000])
    with pytest.raises(ModelError, match="cannot rewind to 61"):
        model.rewind(61)


@pytest.mark.llama
def test_damaged_files_are_named(binding, embedded, tmp_path):
    (tmp_path / "text.gguf").write_text("not a model")
    with pytest.raises(ModelError, match="is no GGUF file"):
        load_model(str(tmp_path / "text.gguf"))
    data = embedded["q8_0"].read_bytes()
    (tmp_path / "short.gguf").write_bytes(data[: len(data) // 2])
    with pytest.raises(ModelError, match=r"llama\.cpp cannot read .*short\.gguf") as caught:
        load_model(str(tmp_path / "short.gguf"))
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 500


@pytest.mark.llama
def test_a_tokenizer_that_llama_cpp_would_apply_otherwise_is_refused(
    binding, llama_folder, tmp_path, monkeypatch
):
    folder, _ = llama_folder()
    monkeypatch.setattr(gguf_tokenizer, "_split_name", lambda *_: "smollm")
    monkeypatch.setattr(gguf_tokenizer, "_CAPTIONS", ("in 1984",))
    tokenizer = json.loads((folder / "tokenizer.json").read_text())
    tokenizer["model"]["merges"].append(["1", "9"])
    tokenizer["model"]["vocab"]["19"] = 255
    del tokenizer["model"]["vocab"][next(k for k, v in tokenizer["model"]["vocab"].items() if v == 255)]
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer))
    with pytest.raises(ModelError, match=r"would split .* differently"):
        export_gguf(str(folder), tmp_path / "m.gguf")
    assert list(tmp_path.glob("*.gguf*")) == []


@pytest.mark.llama
def test_the_commands_export_and_build(binding, llama_folder, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["export", "gguf", "nano", "--quant", "q8_0"]) == 0
    assert "nano-q8_0.gguf: 5.4 M parameters" in capsys.readouterr().out
    assert main(["export", "gguf", "nano", "--quant", "q8_0"]) == 6
    assert "exists; choose another name or add --force" in capsys.readouterr().err
    assert main(["export", "gguf", "nano", "--quant", "q8_0", "--force"]) == 0
    command = [
        "generate",
        PROMPT,
        "--model",
        "nano-q8_0.gguf",
        "--max-bricks",
        "8",
        "--max-regenerations",
        "0",
    ]
    assert main([*command, "--seed", "1", "--formats", "txt", "--gpu-layers", "0", "--out", "t"]) in (0, 1)
    assert 1 <= (tmp_path / "t.txt").read_text().count("\n") <= 8


def test_what_is_missing_or_cannot_be_written_is_said(llama_folder, tmp_path, monkeypatch):
    folder, _ = llama_folder()
    (tmp_path / "there.gguf").write_bytes(b"GGUF")
    monkeypatch.setattr(llama_cpp, "find_spec", lambda name: None)
    with pytest.raises(
        ModelError, match=r"needs llama.cpp; install it with: pip install 'brickgpt-studio\[llama\]'"
    ):
        load_model(str(tmp_path / "there.gguf"))
    with pytest.raises(ModelError, match="quant is 'q2'"):
        export_gguf(str(folder), tmp_path / "m.gguf", "q2")
    monkeypatch.setattr(gguf_export, "find_spec", lambda name: None)
    with pytest.raises(
        ModelError, match=r"needs gguf; install it with: pip install 'brickgpt-studio\[llama\]'"
    ):
        export_gguf(str(folder), tmp_path / "m.gguf")
    monkeypatch.setattr(gguf_export, "find_spec", lambda name: object() if name == "gguf" else None)
    with pytest.raises(ModelError, match="as q4_k_m needs llama_cpp"):
        export_gguf(str(folder), tmp_path / "m.gguf", "q4_k_m")
    with pytest.raises(OutputError, match="exists"):
        export_gguf(str(folder), tmp_path / "there.gguf")
    with pytest.raises(ModelError, match="there is no model folder nowhere at all"):
        export_gguf("nowhere at all", tmp_path / "m.gguf")


@pytest.mark.parametrize(
    ("break_it", "message"),
    [
        (lambda f: _change(f, "config.json", architectures=["GPT2LMHeadModel"]), "holds a GPT2LMHeadModel"),
        (lambda f: _change(f, "tokenizer.json", pre_tokenizer={"type": "Whitespace"}), "has no name here"),
        (lambda f: _change(f, "tokenizer.json", normalizer={"type": "Lowercase"}), "has no name here"),
        (lambda f: _change(f, "config.json", vocab_size=100), "mixes two models"),
    ],
)
def test_models_that_are_not_written_are_refused_without_a_trace(llama_folder, tmp_path, break_it, message):
    pytest.importorskip("gguf")
    folder, _ = llama_folder()
    break_it(folder)
    with pytest.raises(ModelError, match=message) as caught:
        export_gguf(str(folder), tmp_path / "m.gguf")
    assert "\n" not in str(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == [folder.name]


def _change(folder, name, **changes):
    path = folder / name
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


@pytest.mark.torch
@pytest.mark.llama
def test_an_adapter_is_merged_before_it_is_written(binding, llama_folder, tmp_path, monkeypatch):
    torch = pytest.importorskip("torch")
    peft = pytest.importorskip("peft")
    transformers = pytest.importorskip("transformers")
    folder, _ = llama_folder(hidden_size=32)
    base = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    settings = peft.LoraConfig(r=4, target_modules=["q_proj", "v_proj"], init_lora_weights=False)
    torch.manual_seed(2)
    adapted = peft.get_peft_model(base, settings)
    adapted.save_pretrained(tmp_path / "adapter")
    shutil.copy(folder / "brickgpt.json", tmp_path / "adapter")
    monkeypatch.setattr(hub, "hub_answers", lambda: False)
    export_gguf(str(tmp_path / "adapter"), tmp_path / "m.gguf")
    loaded = load_model(str(tmp_path / "m.gguf"))
    assert loaded.prompt_style == "nano"
    with torch.no_grad():
        expected = adapted(torch.tensor([[1, 5, 9]])).logits[0, -1].numpy()
    plain = NumpyLlama.from_folder(folder).prefill([1, 5, 9])
    assert abs(expected - plain).max() > 0.05
    assert abs(loaded.token_model.prefill([1, 5, 9]) - expected).max() < 1e-3 * max(1.0, abs(expected).max())
