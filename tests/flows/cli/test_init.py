"""luthier init: what it sees, what it asks, and that every spec it writes reads and holds its data."""

import json
import os
import pty
import re
import select
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from flows.cli import main
from luthier.recipes import fill, recipe_names
from luthier.spec_file import load_spec

LUTHIER = [sys.executable, "-m", "flows.cli"]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LUTHIER_HOME", str(tmp_path / "home"))
    return tmp_path


def init(*arguments: object):
    return CliRunner().invoke(main, ["init", *map(str, arguments)])


def lines(path: str, rows: list[dict]) -> Path:
    Path(path).write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return Path(path)


def pairs(asked: str, answered: str, number: int = 40, **more: object) -> list[dict]:
    return [{"prompt": asked.format(n=n), "completion": answered.format(n=n), **more} for n in range(number)]


WORDS = re.findall(
    r"\w+",
    "parcel invoice password bicycle umbrella teapot ladder piano candle garden window elephant notebook compass "
    "lantern mirror pillow rocket saddle tunnel violin walnut yacht zebra anchor basket cactus dolphin emerald falcon",
)
LABELS = [{"prompt": f"text {n}", "completion": ["billing", "login"][n % 2]} for n in range(60)]
CODE = pairs("Write a function that adds {n}.", "```python\ndef add(x):\n    return x + {n}\n```")
FACTS = pairs("How high is tower {n}?", "Tower {n} is {n}0 metres high.")
TICKETS = pairs("I cannot find the invoice of order {n}.", "You find invoice {n} under Account, then Orders. " * 5)
STORIES = pairs("Write a story about lighthouse {n}.", "Once there was a lighthouse, number {n}. " * 40)
CLINICAL = pairs("The patient was admitted with symptoms {n}. " * 9, "Admitted with {n}; chronic, under medication.")
MONEY = pairs("Should I sell fund {n} for my pension?", "A fund like {n} may fall as well as rise; it depends. " * 5)


@pytest.mark.parametrize(
    ("rows", "recipe", "metric"),
    [
        (LABELS, "classification", "exact_match"),
        (CODE, "code-generation", "chrf"),
        (FACTS, "question-answering", "token_f1"),
        (TICKETS, "customer-support", "chrf"),
        (STORIES, "creative-writing", "chrf"),
        (CLINICAL, "clinical-summaries", "rouge_l"),
        (MONEY, "brand-voice", "chrf"),
        (pairs("Say {n}.", "Well, {n}, then. " * 20), "customer-support", "chrf"),
    ],
)
def test_the_data_decides_on_the_recipe(rows, recipe, metric):
    lines("data.jsonl", rows)
    done = init("--data", "data.jsonl", "--json")
    assert done.exit_code == 0, done.stderr
    assert json.loads(done.stdout)["recipe"] == recipe and f"Recipe {recipe}: " in done.stderr
    spec = load_spec(Path("luthier.yaml"))
    assert spec.evaluation.primary_metric == metric and spec.name == "data"
    assert spec.data.path == Path("data.jsonl").absolute()


def test_it_says_what_it_sees_in_three_lines_and_what_comes_next():
    lines("data.jsonl", [*LABELS, {"prompt": "no answer"}])
    said = init("--data", "data.jsonl").stderr.splitlines()
    assert said[0] == "data.jsonl: 61 rows, prompt_completion (prompt, completion)"
    assert said[1] == "  the answers are labels: billing, login"
    assert said[2].startswith('  1 cannot be used; the first: data.jsonl:61: missing "completion"')
    assert [line.strip() for line in said[-3:]] == [
        "luthier check luthier.yaml",
        "luthier run luthier.yaml --sample 30",
        "luthier run luthier.yaml",
    ]


def test_faulty_rows_are_set_aside_and_it_says_why():
    lines("data.jsonl", [*CLINICAL, {"prompt": "no answer"}])
    assert init("--data", "data.jsonl").exit_code == 0
    text = Path("luthier.yaml").read_text()
    assert load_spec(Path("luthier.yaml")).data.on_bad_rows == "quarantine"
    assert text.count("on_bad_rows:") == 1 and "# 1 of the first 41 rows are faulty" in text


def test_lengths_fit_the_answers():
    lines("short.jsonl", LABELS)
    lines("long.jsonl", pairs("Write a story about {n}.", "And then it went on and on. " * 200))
    init("--data", "short.jsonl", "--out", "short.yaml")
    init("--data", "long.jsonl", "--out", "long.yaml")
    short, long = load_spec(Path("short.yaml")), load_spec(Path("long.yaml"))
    assert short.evaluation.max_new_tokens == 16 and short.training.max_length is None
    assert long.evaluation.max_new_tokens == 1024 and long.training.max_length == 2048


def test_labels_are_compared_whole_whatever_the_recipe():
    for recipe in recipe_names():
        lines("data.jsonl", LABELS)
        done = init(recipe, "--data", "data.jsonl", "--out", f"{recipe}.yaml")
        assert done.exit_code == 0, done.stderr
        assert load_spec(Path(f"{recipe}.yaml")).evaluation.primary_metric == "exact_match"


def test_columns_with_other_names_are_guessed_and_told():
    rows = [{"id": n, "customer_text": f"Where is order {n}?", "agent_reply": f"At {n}."} for n in range(30)]
    lines("export.jsonl", rows)
    done = init("--data", "export.jsonl")
    assert done.exit_code == 0 and "a guess" in done.stderr, done.stderr
    assert load_spec(Path("luthier.yaml")).data.columns == {"prompt": "customer_text", "completion": "agent_reply"}
    assert "# a guess by their names" in Path("luthier.yaml").read_text()


def test_of_columns_that_tell_nothing_the_likeliest_are_taken_where_nobody_can_be_asked():
    lines("odd.jsonl", [{"left": f"Where is order {n}?", "right": f"It is at {n}, dear."} for n in range(30)])
    done = init("--data", "odd.jsonl")
    assert "Guessed: left is asked, right is the answer" in done.stderr, done.stderr
    assert load_spec(Path("luthier.yaml")).data.columns == {"prompt": "left", "completion": "right"}


def table(*names: str, people: tuple[str, ...] = ("agent",)) -> list[dict]:
    """Texts in every column but those of people."""
    return [
        {name: ["Anna", "Tom"][n % 2] if name in people else f"{name}: the {word}, dear." for name in names}
        for n, word in enumerate(WORDS)
    ]


@pytest.mark.parametrize(
    ("names", "asked", "taken", "passed", "why"),
    [
        (("question", "draft answer", "final answer", "agent"), 0, 2, 1, "final one by its name"),
        (("question", "final answer", "draft answer", "agent"), 0, 1, 2, "final one by its name"),
        (("question", "answer_draft", "answer_final"), 0, 2, 1, "final one by its name"),
        (("question", "first_response", "last_response"), 0, 2, 1, "final one by its name"),
        (("message", "Agent reply", "Suggested reply", "agent"), 0, 1, 2, "final one by its name"),
        (("question", "answer one", "answer two"), 0, 2, 1, "last of them in the file"),
        (("answer one", "answer two", "remark"), 2, 1, 0, "last of them in the file"),
        (("question", "support reply", "support agent"), 0, 1, 2, "the only one that holds more than names"),
    ],
)
def test_of_two_answers_the_last_is_taken_and_the_other_named(names, asked, taken, passed, why, tiny_model):
    lines("two.jsonl", table(*names, people=("agent", "support agent")))
    bare = fill("customer-support", "two", Path("two.jsonl").absolute())
    Path("bare.yaml").write_text(bare)
    refused = CliRunner().invoke(main, ["check", "bare.yaml", "--set", f"model.base={tiny_model}"]).stderr
    done = init("--data", "two.jsonl", "--json")
    assert done.exit_code == 0, done.stderr
    asked, taken, passed = (names[at] for at in (asked, taken, passed))
    if asked != "remark":
        listed = ", ".join(f'"{name}"' for name in sorted((taken, passed), key=names.index))
        assert f"two columns could be the answer: {listed}" in refused
        assert f"Two columns could be the answer: {listed}. " in done.stderr
    assert f'The default is "{taken}": ' in done.stderr and why in done.stderr
    assert f'{asked} is asked, {taken} is the answer. Passed over: "{passed}".' in done.stderr
    line = f"  columns: {{prompt: {asked}, completion: {passed}}}"
    assert line in done.stderr.splitlines()
    text = Path("luthier.yaml").read_text()
    assert load_spec(Path("luthier.yaml")).data.columns == {"prompt": asked, "completion": taken}
    assert f"passed over: {passed}" in text and json.loads(done.stdout)["recipe"] != "classification"
    old = next(row for row in text.splitlines() if row.startswith("  columns: "))
    Path("luthier.yaml").write_text(text.replace(old, line))
    assert load_spec(Path("luthier.yaml")).data.columns == {"prompt": asked, "completion": passed}


def test_of_two_questions_the_other_is_named():
    lines("two.jsonl", table("query", "problem", "reply"))
    done = init("--data", "two.jsonl")
    assert "Guessed: query is asked, reply is the answer" in done.stderr, done.stderr
    assert 'Could be what is asked too: "problem".' in done.stderr


@pytest.mark.parametrize("who", ["agent", "owner", "Assignee", "assigned_to", "author"])
def test_names_of_people_are_not_the_answer(who):
    lines("who.jsonl", table("left", "right", who, people=(who,)))
    done = init("--data", "who.jsonl")
    assert "Guessed: left is asked, right is the answer" in done.stderr, done.stderr


def test_a_chat_whose_authors_tell_who_answers_needs_nothing_more():
    lines("chat.jsonl", chat("Visitor", "Helpdesk"))
    done = init("--data", "chat.jsonl")
    assert done.exit_code == 0 and "message_table" in done.stderr, done.stderr
    spec = load_spec(Path("luthier.yaml"))
    assert spec.data.assistant is None and spec.data.split.by == "time"


def chat(*authors: str) -> list[dict]:
    return [
        {
            "chat": n // 2,
            "author": authors[n % 2],
            "text": f"message {n}",
            "time": f"2026-01-{1 + n // 4:02}T10:{n:02}:00Z",
        }
        for n in range(60)
    ]


@pytest.mark.parametrize("names", [("left", "right"), ("prompt", "completion"), ("Kunde", "Antwort")])
def test_what_it_writes_can_be_checked(names, tiny_model):
    rows = [
        dict(zip(names, (f"Where is the {word}?", f"The {word} is at {len(word)}."), strict=True)) for word in WORDS
    ]
    lines("data.jsonl", [*rows, {names[0]: "no answer"}])
    assert init("--data", "data.jsonl").exit_code == 0
    done = CliRunner().invoke(main, ["check", "luthier.yaml", "--set", f"model.base={tiny_model}", "--json"])
    found = json.loads(done.stdout)
    assert (done.exit_code, found["accepted"], found["quarantined"]) == (0, len(WORDS), 1), done.stderr


def test_a_folder_is_looked_at_too(tmp_path):
    (tmp_path / "many").mkdir()
    lines("many/a.jsonl", [{"a": 1}] * 3)
    lines("many/b.jsonl", LABELS)
    (tmp_path / "none").mkdir()
    done = init("--data", "many")
    assert done.exit_code == 0 and "60 rows" in done.stderr and "Recipe classification" in done.stderr, done.stderr
    assert load_spec(Path("luthier.yaml")).data.path == tmp_path / "many"
    assert init("--data", "none", "--out", "none.yaml").exit_code == 2


def test_a_link_that_leads_nowhere_is_refused():
    Path("data.jsonl").symlink_to("gone.jsonl")
    done = init("--data", "data.jsonl")
    assert done.exit_code == 2 and "data.jsonl" in done.stderr and not Path("luthier.yaml").exists()


def test_a_file_of_which_nothing_can_be_learned_is_refused():
    lines("numbers.jsonl", [{"a": 1, "b": 2}] * 3)
    Path("broken.json").write_text("[{")
    Path("picture.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    for name, told in (("numbers.jsonl", "no known format"), ("broken.json", "broken.json"), ("picture.png", ".png")):
        done = init("--data", name)
        assert done.exit_code == 2 and told in done.stderr and "Traceback" not in done.stderr
        assert not Path("luthier.yaml").exists()


@pytest.mark.parametrize("content", [None, b""])
def test_without_data_the_recipe_is_written_all_the_same(content):
    if content is not None:
        Path("data.jsonl").write_bytes(content)
    done = init("classification", "--data", "data.jsonl", "--json")
    assert done.exit_code == 0 and "without a look at it" in done.stderr
    assert json.loads(done.stdout)["seen"] is None
    assert load_spec(Path("luthier.yaml")).evaluation.primary_metric == "exact_match"


def test_the_help_names_every_recipe():
    text = init("--help").stdout
    assert [name for name in recipe_names() if name not in text] == []


@pytest.mark.parametrize("recipe", recipe_names())
@pytest.mark.parametrize("name", ['A "quoted": name', "# no comment", "schön 📦", "a\tb\x7f", "{x: y}", "null"])
def test_any_name_and_any_change_read_back(recipe, name):
    changes = {
        "data.columns": ({"prompt": name, "completion": "b"}, "why: because"),
        "data.split.by": ("time", "newest"),
        "evaluation.max_new_tokens": (7, "short"),
        "compute.provider": ("runpod", ""),
        "report.brand.name": (name, ""),
    }
    Path("spec.yaml").write_text(fill(recipe, name, Path(f"{name}.jsonl"), changes), encoding="utf-8")
    spec = load_spec(Path("spec.yaml"))
    assert (spec.name, spec.data.path.name) == (name, f"{name}.jsonl")
    assert spec.data.columns == {"prompt": name, "completion": "b"} and spec.data.split.by == "time"
    assert (spec.evaluation.max_new_tokens, spec.compute.provider) == (7, "runpod")
    assert spec.report.brand.name == name
    before = yaml.safe_load(fill(recipe, name, Path("x")))
    assert (
        spec.training.preset == before["training"]["preset"]
        and spec.evaluation.accept == before["evaluation"]["accept"]
    )


@pytest.mark.parametrize("recipe", recipe_names())
def test_every_knob_of_a_recipe_has_a_comment(recipe):
    bare = [line for line in fill(recipe, "x", Path("y")).splitlines() if line.startswith("  ") and "#" not in line]
    told_by_their_section = (
        "path:",
        "perplexity:",
        "chrf:",
        "token_f1:",
        "rouge_l:",
        "exact_match:",
        "task:",
        "split:",
    )
    assert [line for line in bare if not line.strip().startswith(told_by_their_section)] == []


class Terminal:
    """`luthier` at a terminal that a test types on."""

    def __init__(self, *arguments: str):
        self.ours, theirs = pty.openpty()
        environment = {**os.environ, "PYTHONPATH": str(Path(main.callback.__code__.co_filename).parents[2])}
        self.process = subprocess.Popen(
            [*LUTHIER, *arguments], stdin=theirs, stdout=theirs, stderr=theirs, env=environment, start_new_session=True
        )
        os.close(theirs)
        self.said = ""

    def answer(self, question: str, text: str) -> None:
        """Wait for the question, then type."""
        self.wait_for(lambda: question in self.said)
        assert question in self.said, self.said
        self.said = ""
        os.write(self.ours, f"{text}\n".encode())

    def end(self) -> str:
        self.wait_for(lambda: False)
        assert self.process.wait(30) == 0, self.said
        os.close(self.ours)
        return self.said

    def wait_for(self, condition) -> None:
        """Until `condition()` holds or all is said."""
        deadline = time.monotonic() + 60
        while not condition() and time.monotonic() < deadline:
            if not select.select([self.ours], [], [], 1)[0]:
                continue
            try:
                said = os.read(self.ours, 4096).decode(errors="replace")
            except OSError:  # the other end is closed
                return
            self.said += said.replace("\r\n", "\n")


def test_a_person_is_asked_for_what_cannot_be_seen():
    rows = [
        {"mail": f"Where is order {n}?", "draft": f"It is at {n}.", "sent": f"Order {n} is here."} for n in range(30)
    ]
    lines("mails.jsonl", rows)
    terminal = Terminal("init", "--data", "mails.jsonl")
    terminal.answer("Which column is the answer:\n  1. mail\n  2. draft\n  3. sent\nNumber or name", "nothing")
    terminal.answer("Choose 1 to 3.\nNumber or name", "3")
    terminal.answer("Which column is asked:\n  1. mail\n  2. draft\nNumber or name", "mail")
    terminal.answer("Name of the run [mails]", "Mail robot")
    terminal.answer("Where to train:\n  1. local\n  2. runpod\nNumber or name [local]", "2")
    assert "luthier run luthier.yaml --sample 30" in terminal.end()
    spec = load_spec(Path("luthier.yaml"))
    assert spec.data.columns == {"prompt": "mail", "completion": "sent"}
    assert (spec.name, spec.compute.provider) == ("Mail robot", "runpod")


def test_a_person_chooses_between_the_two_answers_only_and_asks_with_neither_unawares():
    lines("two.jsonl", table("draft answer", "final answer", "agent", "question"))
    terminal = Terminal("init", "customer-support", "--data", "two.jsonl", "--name", "two")
    answers = "Which column is the answer:\n  1. draft answer\n  2. final answer\nNumber or name [final answer]"
    terminal.wait_for(lambda: answers in terminal.said)
    assert 'The default is "final answer": the final one by its name.' in terminal.said
    terminal.answer(answers, "")
    asks = "Which column is asked:\n  1. question\n  2. draft answer\n  3. agent\nNumber or name [question]"
    terminal.answer(asks, "2")
    terminal.answer("draft answer looks like an answer. Is it what is asked [y/N]", "")
    terminal.answer(asks, "")
    terminal.answer("Where to train", "")
    terminal.end()
    assert load_spec(Path("luthier.yaml")).data.columns == {"prompt": "question", "completion": "final answer"}


def test_a_person_says_who_the_assistant_is():
    lines("chat.jsonl", chat("Bob", "Ada"))
    terminal = Terminal("init", "customer-support", "--data", "chat.jsonl", "--name", "chat")
    terminal.answer("Whose messages are the answers:\n  1. Bob\n  2. Ada\nNumber or name", "Ada")
    terminal.answer("Where to train", "")
    terminal.end()
    assert load_spec(Path("luthier.yaml")).data.assistant == "Ada"


def test_nobody_is_asked_what_the_file_tells():
    lines("data.jsonl", FACTS)
    terminal = Terminal("init", "--data", "data.jsonl", "--name", "facts")
    terminal.wait_for(lambda: "Number or name [local]" in terminal.said)
    assert "column" not in terminal.said and "Whose" not in terminal.said
    terminal.answer("Number or name [local]", "")
    assert "Wrote luthier.yaml" in terminal.end()
