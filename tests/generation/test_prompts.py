import hashlib

import pytest
from tokenizers import Tokenizer

from brickgpt_engine.bricks import Brick, BrickStructure
from brickgpt_engine.decoding import TextTokenizer, as_tokenizer
from brickgpt_engine.errors import ModelError, PromptError
from brickgpt_engine.generation import prompts
from brickgpt_engine.physics import StabilityAnalyzer

# SHA-256 of what the published program makes of "A tall chair."; few_shot with one example, "a" and "b\n".
PUBLISHED = {
    "brickgpt": "44bd750407539f54d4ade129f5a8b2e247cd34da13e16ccb8cc905afd48d1a52",
    "zero_shot": "1c94366501d17efa6fc2816eb238e4c1218a5c8dd67018c03bb87e6e3da0b0b3",
    "few_shot": "67d8dc442a5b3b9c3ccfb5b11d99610893be1f97686ccd14cd9d70dcfc076bac",
}
LLAMA3_MARKS = ["<|begin_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"]

# The layout of Llama 3.2's stock template, cut down to what a system and a user message need.
STOCK = (
    "{{- bos_token }}{%- if not date_string is defined %}{%- set date_string = 'today' %}{%- endif %}"
    "{%- set system_message = messages[0]['content']|trim %}{%- set messages = messages[1:] %}"
    '{{- "<|start_header_id|>system<|end_header_id|>\\n\\n" }}'
    '{{- "Cutting Knowledge Date: December 2023\\n" }}{{- "Today Date: " + date_string + "\\n\\n" }}'
    '{{- system_message }}{{- "<|eot_id|>" }}'
    "{%- for message in messages %}"
    "{{- '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n' + message['content']|trim"
    " + '<|eot_id|>' }}{%- endfor %}"
    "{%- if add_generation_prompt %}"
    "{{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}{%- endif %}"
)


@pytest.mark.parametrize("style", PUBLISHED)
def test_the_instruction_is_the_published_one_to_the_letter(style, monkeypatch):
    monkeypatch.setattr(prompts, "FEW_SHOT_EXAMPLES", (("a", "b\n"),))
    text = prompts.create_instruction("A tall chair.", style)
    assert hashlib.sha256(text.encode()).hexdigest() == PUBLISHED[style]


@pytest.mark.parametrize(("caption", "bricks"), prompts.FEW_SHOT_EXAMPLES)
def test_every_example_shown_stands(caption, bricks):
    structure = BrickStructure(Brick.parse(line) for line in bricks.splitlines())
    assert StabilityAnalyzer(solver="highs").analyze(structure).stable
    assert caption in prompts.create_instruction("x", "few_shot")
    assert bricks in prompts.create_instruction("x", "few_shot")
    assert [b.z for b in structure] == sorted(b.z for b in structure)


@pytest.mark.parametrize(
    ("caption", "normal"),
    [
        ("A  Wooden\tBookshelf.\n", "a wooden bookshelf"),
        ("ﬁne ＣＨＡＩＲ", "fine chair"),
        ("No. 5 table...", "no. 5 table"),
        ("already normal", "already normal"),
        ("a\r\n red\vchair\u0085", "a red chair"),
    ],
)
def test_normalise(caption, normal):
    assert prompts.normalise(caption) == normal
    assert prompts.normalise(normal) == normal


@pytest.mark.parametrize("caption", ["a\tred\r\nchair", "un fauteuil à bascule", "椅子 🪑", "صندلی\u200cها"])
def test_text_in_any_script_is_a_caption(nano_tokenizer, caption):
    assert len(prompts.encode_prompt(nano_tokenizer, caption, "nano")) > 2


def test_the_embedded_models_prompt_and_a_training_example(nano_tokenizer):
    ids = prompts.encode_prompt(nano_tokenizer, "  A Chair. ", "nano")
    assert nano_tokenizer.decode(ids, skip_special_tokens=False) == "<s>a chair<bricks>"
    assert [nano_tokenizer.id_to_token(i) for i in (ids[0], ids[-1])] == ["<s>", "<bricks>"]
    bricks = [Brick(2, 4, 0, 12, 0), Brick(1, 1, 3, 3, 1)]
    prompt, answer = prompts.encode_example(nano_tokenizer, "a chair", bricks, "nano")
    assert prompt == ids
    assert len(answer) == 9
    text = nano_tokenizer.decode(answer, skip_special_tokens=False)
    assert text == "2x4 (0,12,0)\n1x1 (3,3,1)\n</s>"


@pytest.mark.parametrize(
    ("caption", "style", "message"),
    [
        ("", "nano", "empty"),
        ("  \n", "brickgpt", "empty"),
        ("...", "nano", "no words"),
        ("x" * 2001, "nano", "2,001 characters; at most 2,000"),
        ("a <bricks> chair", "nano", "control tokens"),
        ("a chair", "sonnet", "'sonnet'"),
        ("a \udcff chair", "nano", "not UTF-8 text"),
        ("a \ud800 chair", "brickgpt", "not UTF-8 text"),
        ("a chair\x00", "nano", r"control character U\+0000"),
        ("a \x1b[Dchair", "brickgpt", r"control character U\+001B"),
        ("a \x9b chair", "nano", r"control character U\+009B"),
    ],
)
def test_bad_prompts(nano_tokenizer, caption, style, message):
    with pytest.raises(PromptError, match=message) as caught:
        prompts.encode_prompt(nano_tokenizer, caption, style)
    assert "\n" not in str(caught.value)


@pytest.fixture
def chat_tokenizer(nano_tokenizer):
    def make(template=None, marks=LLAMA3_MARKS):
        backend = Tokenizer.from_str(nano_tokenizer.to_str())
        backend.add_special_tokens(marks)
        bos = backend.token_to_id(marks[0])
        return TextTokenizer(backend, backend.token_to_id(marks[-1]), bos, template)

    return make


def llama3_conversation(dates):
    return (
        "<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\n"
        f"{dates}You are a helpful assistant.<|eot_id|>"
        "<|start_header_id|>user<|end_header_id|>\n\n"
        f"{prompts.create_instruction('a chair')}<|eot_id|>"
        "<|start_header_id|>assistant<|end_header_id|>\n\n"
    )


DATES = "Cutting Knowledge Date: December 2023\nToday Date: 26 Jul 2024\n\n"


@pytest.mark.parametrize("with_jinja", [True, False])
@pytest.mark.parametrize(("template", "dates"), [(STOCK, DATES), (None, "")])
def test_llama3_chat_layout(chat_tokenizer, monkeypatch, with_jinja, template, dates):
    if with_jinja:
        pytest.importorskip("jinja2")
    else:
        monkeypatch.setitem(__import__("sys").modules, "jinja2.sandbox", None)
    tokenizer = chat_tokenizer(template)
    ids = prompts.encode_prompt(tokenizer, "a chair", "brickgpt")
    assert tokenizer.decode(ids) == llama3_conversation(dates)
    assert ids.count(tokenizer.eos_id) == 2  # marks are single tokens, not spelled out


def test_another_models_template_is_rendered_or_what_is_missing_is_said(chat_tokenizer, monkeypatch):
    template = "{% for m in messages %}[{{ m.role }}]{{ m.content }}{% endfor %}{{ eos_token }}"
    tokenizer = chat_tokenizer(template, ["<s>", "</s>"])
    pytest.importorskip("jinja2")
    text = prompts.chat_text(tokenizer, "hello")
    assert text == "[system]You are a helpful assistant.[user]hello</s>"
    with pytest.raises(ModelError, match="cannot be rendered"):
        prompts.chat_text(chat_tokenizer("{% oops %}", ["<s>", "</s>"]), "hello")
    monkeypatch.setitem(__import__("sys").modules, "jinja2.sandbox", None)
    with pytest.raises(ModelError, match="pip install jinja2"):
        prompts.chat_text(tokenizer, "hello")


def test_a_model_with_neither_template_nor_marks_is_told_so(nano_tokenizer):
    with pytest.raises(ModelError, match="chat template"):
        prompts.encode_prompt(nano_tokenizer, "a chair", "brickgpt")


def test_a_tokenizer_without_the_nano_marks_is_told_so(chat_tokenizer, nano_tokenizer):
    renamed = Tokenizer.from_str(nano_tokenizer.to_str().replace("<bricks>", "<other>"))
    with pytest.raises(ModelError, match="<bricks>"):
        prompts.encode_prompt(as_tokenizer(renamed), "a chair", "nano")
