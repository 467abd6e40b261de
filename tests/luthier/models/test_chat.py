"""What is learned of a conversation: every answer with its stop token, and nothing else."""

import shutil

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from luthier.errors import ModelError
from luthier.models.base import load_tokenizer
from luthier.models.chat import IGNORED, _inside, encode, encode_all, encode_answer, prompt_ids, stop_ids
from luthier.models.template import moves_system

# Drops the reasoning of earlier answers, as reasoning models' templates do.
REWRITING = """{% for m in messages %}<|im_start|>{{ m['role'] }}
{% if m['role'] == 'assistant' and not loop.last -%}
{{ m['content'].split('</think>')[-1] }}
{%- else %}{{ m['content'] }}{% endif %}<|im_end|>
{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant
{% endif %}"""

# Knows user and assistant only, in turns, as many templates do.
STRICT = """{% for m in messages %}{% if (m['role'] == 'user') != (loop.index0 % 2 == 0) -%}
{{ raise_exception('user and assistant take turns') }}{% endif %}<|im_start|>{{ m['role'] }}
{{ m['content'] }}<|im_end|>
{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant
{% endif %}"""

# Passes over roles it does not know.
DROPPING = """{% for m in messages %}{% if m['role'] in ('user', 'assistant') %}<|im_start|>{{ m['role'] }}
{{ m['content'] }}<|im_end|>
{% endif %}{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant
{% endif %}"""

TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30).filter(
    lambda text: text.strip() == text and "<|" not in text
)


@pytest.fixture(scope="module")
def tokenizer(tiny_model):
    return load_tokenizer(tiny_model)


def conversation(*turns: str) -> list[dict]:
    return [{"role": "user" if number % 2 == 0 else "assistant", "content": turn} for number, turn in enumerate(turns)]


def learned(tokenizer, encoded) -> str:
    return tokenizer.decode([label for label in encoded.labels if label != IGNORED])


def test_every_answer_is_learned_with_its_stop_token(tokenizer):
    encoded = encode(tokenizer, conversation("Hi", "Hello", "Bye", "See you"), 500)
    assert learned(tokenizer, encoded) == "Hello<|im_end|>See you<|im_end|>"
    assert encoded.input_ids[-1] == tokenizer.eos_token_id and not encoded.truncated


@settings(max_examples=60, deadline=None)
@given(turns=st.lists(TEXT, min_size=2, max_size=6).filter(lambda turns: len(turns) % 2 == 0))
def test_learned_text_is_the_answers_whatever_they_say(tokenizer, turns):
    encoded = encode(tokenizer, conversation(*turns), 10_000)
    assert learned(tokenizer, encoded) == "".join(f"{answer}<|im_end|>" for answer in turns[1::2])
    assert all(label in (IGNORED, token) for token, label in zip(encoded.input_ids, encoded.labels, strict=True))


@settings(max_examples=60, deadline=None)
@given(turns=st.tuples(TEXT, TEXT), room=st.integers(1, 80))
def test_cutting_keeps_the_beginning(tokenizer, turns, room):
    whole, cut = encode(tokenizer, conversation(*turns), 10_000), encode(tokenizer, conversation(*turns), room)
    assert cut.input_ids == whole.input_ids[:room] and cut.labels == whole.labels[:room]
    assert cut.truncated == (len(whole.input_ids) > room)


@settings(max_examples=60, deadline=None)
@given(
    conversations=st.lists(
        st.lists(TEXT, min_size=2, max_size=6).filter(lambda turns: len(turns) % 2 == 0), max_size=5
    ),
    rewriting=st.booleans(),
    last_only=st.booleans(),
)
def test_many_at_once_are_as_by_definition(tiny_model, conversations, rewriting, last_only):
    """An answer lies between what is rendered up to it and through it; a rewriting template has only the last."""
    tokenizer = load_tokenizer(tiny_model)
    if rewriting:
        tokenizer.chat_template = REWRITING

    def render(messages, prompt=False):
        return tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=prompt)

    def by_definition(messages):
        whole = render(messages)
        answers = [number for number, message in enumerate(messages) if message["role"] == "assistant"]
        spans = [(render(messages[:n], prompt=True), render(messages[: n + 1]).rstrip()) for n in answers]
        if last_only or not all(whole.startswith(through) and through.startswith(before) for before, through in spans):
            spans = spans[-1:]
        text = spans[-1][1]
        tokens = tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
        learned = [
            any(start < len(through) and end > len(before) for before, through in spans)
            for start, end in tokens["offset_mapping"]
        ]
        ids = tokens["input_ids"]
        return ids[:50], [i if learn else IGNORED for i, learn in zip(ids, learned, strict=True)][:50], len(ids) > 50

    conversations = [conversation(*turns) for turns in conversations]
    assert encode_all(tokenizer, conversations, 50, last_only) == [by_definition(each) for each in conversations]


def test_of_a_long_conversation_the_last_answer_is_found_without_the_others(tokenizer, monkeypatch):
    asked = []
    render = tokenizer.apply_chat_template
    monkeypatch.setattr(tokenizer, "apply_chat_template", lambda *a, **k: asked.append(len(a[0])) or render(*a, **k))
    stop_ids(tokenizer)  # asks the template for its habits
    asked.clear()
    messages = conversation(*(f"turn {number}" for number in range(200)))
    ids, start = encode_answer(tokenizer, messages, 100_000)
    assert learned(tokenizer, encode(tokenizer, messages, 100_000, last_only=True)) == "turn 199<|im_end|>"
    assert tokenizer.decode(ids[start:]) == "turn 199<|im_end|>" and asked == [200, 199] * 2


SPANS = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=8)


@given(offsets=SPANS, spans=SPANS)
def test_tokens_inside_any_spans(offsets, spans):
    plainly = [any(start < to and end > since for since, to in spans) for start, end in offsets]
    assert _inside(offsets, spans) == plainly


def test_work_grows_as_the_number_of_spans():
    """A million tokens, 100,000 spans: each token against each would take hours."""
    spans = [(10 * number, 10 * number + 5) for number in range(100_000)]
    assert sum(_inside([(at, at + 1) for at in range(1_000_000)], spans)) == 500_000


def test_prompt_and_scored_answer_make_the_conversation(tokenizer):
    messages = conversation("Hi", "Hello", "Bye", "See you")
    ids, start = encode_answer(tokenizer, messages, 500)
    assert ids[:start] == prompt_ids(tokenizer, messages, 500)
    assert tokenizer.decode(ids[start:]) == "See you<|im_end|>"


def test_long_prompt_keeps_the_question(tokenizer):
    ids = prompt_ids(tokenizer, conversation("x" * 300 + "Why?", "Because"), 40)
    assert len(ids) == 40 and tokenizer.decode(ids).endswith("Why?<|im_end|>\n<|im_start|>assistant\n")


def test_stop_token_is_not_the_padding(tokenizer):
    assert stop_ids(tokenizer) == [tokenizer.convert_tokens_to_ids("<|im_end|>")]
    assert tokenizer.pad_token_id not in stop_ids(tokenizer)


def test_template_that_rewrites_history_trains_the_last_answer(tiny_model):
    tokenizer = load_tokenizer(tiny_model)
    tokenizer.chat_template = REWRITING
    encoded = encode(tokenizer, conversation("a", "<think>x</think>b", "c", "<think>y</think>d"), 500)
    assert learned(tokenizer, encoded) == "<think>y</think>d<|im_end|>"


def test_template_whose_answers_begin_otherwise_is_refused(tiny_model):
    tokenizer = load_tokenizer(tiny_model)
    tokenizer.chat_template = tokenizer.chat_template.replace("assistant\n{% endif %}", "assistant\n<think>{% endif %}")
    with pytest.raises(ModelError, match="otherwise than it asks"):
        encode(tokenizer, conversation("a", "b"), 500)


def test_template_without_end_of_turn_is_refused(tiny_model):
    tokenizer = load_tokenizer(tiny_model)
    tokenizer.chat_template = tokenizer.chat_template.replace("<|im_end|>", "")
    with pytest.raises(ModelError, match="does not end the assistant's turn"):
        stop_ids(tokenizer)


def test_template_that_refuses_a_role_says_so(tiny_model):
    tokenizer = load_tokenizer(tiny_model)
    tokenizer.chat_template = "{{ raise_exception('no system role here') }}"
    with pytest.raises(ModelError, match="refuses a conversation of user, assistant.*no system role here"):
        encode(tokenizer, conversation("a", "b"), 500)


CALL = '<tool_call>\n{"name":"weather","arguments":{}}\n</tool_call>'
WITH_TOOLS = [
    {"role": "user", "content": "Weather?"},
    {"role": "assistant", "content": CALL},
    {"role": "tool", "content": "4 C"},
    {"role": "tool", "content": "rain"},
    {"role": "assistant", "content": "Cold."},
]
AS_USER = (
    "<|im_start|>user\n<tool_response>\n4 C\n</tool_response>\n"
    "<tool_response>\nrain\n</tool_response><|im_end|>\n<|im_start|>assistant\n"
)


def test_template_that_shows_results_of_tools_gets_them(tokenizer):
    encoded = encode(tokenizer, WITH_TOOLS, 500)
    assert learned(tokenizer, encoded) == f"{CALL}<|im_end|>Cold.<|im_end|>"
    assert "<|im_start|>tool\n4 C<|im_end|>" in tokenizer.decode(encoded.input_ids)


@pytest.mark.parametrize("template", [STRICT, DROPPING])
def test_other_templates_get_results_of_tools_from_the_user(tiny_model, template):
    tokenizer = load_tokenizer(tiny_model)
    tokenizer.chat_template = template
    encoded = encode(tokenizer, WITH_TOOLS, 500)
    assert learned(tokenizer, encoded) == f"{CALL}<|im_end|>Cold.<|im_end|>"
    assert AS_USER in tokenizer.decode(encoded.input_ids)
    assert tokenizer.decode(prompt_ids(tokenizer, WITH_TOOLS, 500)).endswith(AS_USER)
    ids, start = encode_answer(tokenizer, WITH_TOOLS, 500)
    assert tokenizer.decode(ids[start:]) == "Cold.<|im_end|>"


def test_templates_are_asked_once(tiny_model, monkeypatch):
    tokenizer = load_tokenizer(tiny_model)
    tokenizer.chat_template = STRICT + "{# asked once #}"
    asked = []
    render = tokenizer.apply_chat_template
    monkeypatch.setattr(tokenizer, "apply_chat_template", lambda *a, **k: asked.append(len(a[0])) or render(*a, **k))
    encode(tokenizer, conversation("a", "b"), 500)
    assert asked.count(2) > 1 and asked[-1] == 1
    asked.clear()
    encode_all(tokenizer, [WITH_TOOLS] * 3, 500)
    assert len(asked) == 3 * 4  # each: the whole, before and through, before


@pytest.mark.parametrize("template", [STRICT, DROPPING])
def test_a_system_prompt_without_a_place_stands_before_the_question(tiny_model, template):
    tokenizer = load_tokenizer(tiny_model)
    tokenizer.chat_template = template
    messages = [{"role": "system", "content": "Be brief."}, *conversation("Hi", "Hello", "Bye", "See you")]
    moved = conversation("Be brief.\n\nHi", "Hello", "Bye", "See you")
    assert moves_system(tokenizer, messages) and not moves_system(tokenizer, moved)
    assert encode(tokenizer, messages, 500) == encode(tokenizer, moved, 500)
    assert prompt_ids(tokenizer, messages, 500) == prompt_ids(tokenizer, moved, 500)
    assert encode_answer(tokenizer, messages, 500) == encode_answer(tokenizer, moved, 500)


def test_a_template_is_not_told_the_day(tiny_model, tmp_path):
    """A run that goes on after midnight asks the same questions."""
    tokenizer = load_tokenizer(tiny_model)
    tokenizer.chat_template = "Today is {{ strftime_now('%d %B %Y') }}." + tokenizer.chat_template
    shutil.copytree(tiny_model, tmp_path / "model")
    for _ in range(2):  # also where it was saved with the day in it
        tokenizer.save_pretrained(tmp_path / "model")
        tokenizer = load_tokenizer(tmp_path / "model")
        text = tokenizer.decode(prompt_ids(tokenizer, conversation("Hi", "Hello"), 500))
        assert text.startswith("Today is 26 Jul 2024.<|im_start|>user")
